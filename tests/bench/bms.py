"""Measure the battery families: frames per second, time from bytes to a sample, lines of code.

    python tests/bench/bms.py [rounds]

Bytes are those of the recorded exchanges of the fixtures. A sample is made by the real session in
virtual time, so the figure is work without any waiting; the best of the rounds counts.
"""

from collections.abc import Mapping
from dataclasses import dataclass
import json
from pathlib import Path
from statistics import median
import sys
from time import perf_counter
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).parents[2]))

from custom_components.mi_bms.proto.bms import registry
from custom_components.mi_bms.proto.bms.contract import Context, Family
from custom_components.mi_bms.proto.bms.uuids import expand
from custom_components.mi_bms.proto.gatt.session import Device, Session
from tests.replay.batteries import VectorLink, judge, run

ROOT: Final = Path(__file__).parents[2]
FIXTURES: Final = ROOT / "tests" / "fixtures" / "bms"
FAMILIES: Final = ROOT / "custom_components" / "mi_bms" / "proto" / "bms" / "families"
ROUNDS: Final = 5
REPEATS: Final = 40
LONG: Final = 120  # lines that want a reason

type Vector = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Figures:
    """Hold what was measured of one family."""

    family: str
    lines: int
    frames: float  # per second
    sample: float  # µs
    size: int  # bytes of one poll's answers


def vectors(family_id: str) -> list[Vector]:
    """Return the recorded polls of a family that end in a sample."""
    path = FIXTURES / f"{family_id}.json"
    found: list[Vector] = json.loads(path.read_text(encoding="utf-8"))
    polls = [one for one in found if one["kind"] == "decode"]
    return [one for one in polls if not one.get("expect_error") and judge(one) is None]


def chunks(vector: Vector) -> list[tuple[str | None, bytes]]:
    """Return all notifications of a poll with the characteristic that is named for them."""
    return [
        (expand(entry["source"]) if entry.get("source") else None, bytes.fromhex(part))
        for entry in vector["exchange"]
        for part in entry.get("notify", ())
    ]


def context(family: Family, vector: Vector) -> Context:
    """Make the context that framers are made for."""
    name, address = device(vector).name, device(vector).address
    return Context(
        name=name,
        address=address,
        secret=None,
        wire=family.wires[0],
        now=0,
        characteristics=(),
    )


def device(vector: Vector) -> Device:
    """Return the device of a poll."""
    where = vector.get("device", {}) | vector.get("advertisement", {})
    name = where.get("name") or where.get("local_name") or ""
    return Device(name, where.get("address") or "00:00:00:00:00:00")


def time_frames(family: Family, vector: Vector) -> tuple[int, float]:
    """Feed the notifications of a poll many times; give frames and seconds."""
    said = chunks(vector)
    makes = {uuid: family.framers.get(uuid or "", family.framer) for uuid, _ in said}
    where = context(family, vector)
    framers = {uuid: make(where) for uuid, make in makes.items()}
    count = 0
    start = perf_counter()
    for _ in range(REPEATS):
        for uuid, chunk in said:
            for _frame in framers[uuid].feed(chunk):
                count += 1
    return count, perf_counter() - start


def time_samples(family: Family, vector: Vector) -> float:
    """Poll many fresh connections; give seconds for one."""
    links = [VectorLink(family, vector.get("exchange", [])) for _ in range(REPEATS)]
    who, secret = device(vector), vector.get("secret")

    async def polls() -> float:
        start = perf_counter()
        for link in links:
            await Session(family, clock=lambda: 1.7e9).read(link, who, secret)
        return (perf_counter() - start) / REPEATS

    return run(polls())


def measure(family_id: str, rounds: int) -> Figures | None:
    """Measure a family; None if it has no recorded poll."""
    family = registry.load(family_id)
    polls = vectors(family_id)
    if not polls:
        return None
    best_frames = 0.0
    best_sample = float("inf")
    for _ in range(rounds):
        timed = [time_frames(family, one) for one in polls]
        seconds = sum(taken for _, taken in timed)
        best_frames = max(best_frames, sum(count for count, _ in timed) / seconds)
        samples = median(time_samples(family, one) for one in polls)
        best_sample = min(best_sample, samples)
    lines = len((FAMILIES / f"{family_id}.py").read_text("utf-8").splitlines())
    size = round(median(sum(len(part) for _, part in chunks(one)) for one in polls))
    return Figures(family_id, lines, best_frames, best_sample * 1e6, size)


def main() -> int:
    """Print the table."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    ids = sorted(path.stem for path in FAMILIES.glob("[a-z]*.py"))
    lines = [f"{'family':14}{'lines':>7}{'frames/s':>12}{'µs/sample':>12}{'bytes':>8}"]
    found = []
    for family_id in ids:
        figures = measure(family_id, rounds)
        if figures is None:
            lines.append(f"{family_id:14}   no recorded poll")
            continue
        found.append(figures)
        mark = "  long" if figures.lines > LONG else ""
        lines.append(
            f"{family_id:14}{figures.lines:7}{figures.frames:12,.0f}{figures.sample:12,.0f}{figures.size:8}{mark}"
        )
    for title, choose in (("median", median), ("max", max), ("min", min)):
        columns = zip(
            *((one.lines, one.frames, one.sample, one.size) for one in found),
            strict=True,
        )
        count, frames, sample, size = (choose(column) for column in columns)
        lines.append(f"{title:14}{count:7.0f}{frames:12,.0f}{sample:12,.0f}{size:8.0f}")
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
