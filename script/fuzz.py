"""Throw random and mutated adverts at the decoder, many millions of them.

Nothing may raise, no value may lie outside its declared range, and memory must stay flat although
the same decoders live for the whole run. Work is done in chunks that follow from seed and number
alone; the state file keeps how far it got, so the same command goes on after a break.
"""

import argparse
from collections import Counter
from collections.abc import Callable, Mapping
import contextlib
from dataclasses import dataclass, field
import gc
import json
import math
from pathlib import Path
import random
import sys
import tempfile
import time
import traceback
from typing import Any, Final

from custom_components.mi_bms.proto.mibeacon.decoder import Decoder
from custom_components.mi_bms.proto.mibeacon.devices import DEVICES
from custom_components.mi_bms.proto.mibeacon.formats import (
    BAND_COMPANY,
    SCALE_LOW_BYTE,
    SERVICES,
)
from custom_components.mi_bms.proto.mibeacon.limits import plausible
from custom_components.mi_bms.proto.mibeacon.objects import OBJECTS
from custom_components.mi_bms.proto.model.fields import Field
from custom_components.mi_bms.proto.model.reading import Reading
from tests.world.devices.xiaomi import seal

ROOT: Final = Path(__file__).resolve().parent.parent
FIXTURES: Final = ROOT / "tests" / "fixtures" / "mibeacon"
COUNT: Final = 10_000_000
CHUNK: Final = 50_000
KEPT: Final = 20  # findings that are written down
FLAT: Final = 2.0  # MiB that the process may grow after its first chunks
WARM: Final = 20  # chunks until the decoders remember as much as they ever do
FE95: Final = 0xFE95
XIAOMI: Final = 0x038F
KEY: Final = bytes(range(16))
DECODERS: Final = 8  # few, so that what they remember is soon complete

type Data = dict[int, bytes]  # by 16-bit service or by company


@dataclass(frozen=True, slots=True)
class Advert:
    """Hold one advert and who takes it."""

    taker: int
    services: Data = field(default_factory=dict)
    makers: Data = field(default_factory=dict)


@dataclass(slots=True)
class State:
    """Hold how far the work got and what was found."""

    seed: int
    done: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    findings: list[dict[str, Any]] = field(default_factory=list)
    found: int = 0

    def note(self, what: str, advert: Advert) -> None:
        """Count a finding and keep the first ones."""
        self.found += 1
        if len(self.findings) < KEPT:
            shown = {
                name: {f"{number:04x}": data.hex() for number, data in part.items()}
                for name, part in (
                    ("services", advert.services),
                    ("makers", advert.makers),
                )
            }
            self.findings.append({"what": what, "taker": advert.taker, **shown})


class Source:
    """Make adverts: from recorded ones, from tables of the decoder, and out of nothing."""

    def __init__(self) -> None:
        """Read the fixtures, and make a decoder for each device of them and for some more."""
        self.samples: list[Advert] = []
        self.decoders: list[Decoder] = []
        self.macs: list[bytes] = []
        for path in sorted(FIXTURES.glob("*.json")):
            for vector in json.loads(path.read_text(encoding="utf-8")):
                self._learn(vector)
        self.recorded = len(self.decoders)
        for number in range(DECODERS):
            mac = (0xA4C1_3800_0000 + number).to_bytes(6)
            self._add(mac, KEY if number % 4 else None)
        self._sealed = 0
        self.products = list(DEVICES)
        self.objects = list(OBJECTS)

    def _learn(self, vector: Mapping[str, Any]) -> None:
        services, makers = {}, {}
        if vector["service_uuid"]:
            number = int(vector["service_uuid"], 16)
            services[number] = bytes.fromhex(vector["service_data"])
        for company, data in (vector["manufacturer_data"] or {}).items():
            makers[int(company, 16)] = bytes.fromhex(data)
        self.samples.append(Advert(len(self.decoders), services, makers))
        key = bytes.fromhex(vector["bindkey"] or "") or None
        self._add(bytes.fromhex(vector["address"].replace(":", "")), key)

    def _add(self, mac: bytes, key: bytes | None) -> None:
        self.macs.append(mac)
        self.decoders.append(Decoder(mac.hex(":").upper(), key))

    def _anybody(self, rng: random.Random) -> int:
        return rng.randrange(self.recorded, len(self.decoders))

    def make(self, rng: random.Random) -> Advert:
        """Make the next advert."""
        (maker,) = rng.choices(MAKERS, WEIGHTS)
        return maker(self, rng)

    def mutated(self, rng: random.Random) -> Advert:
        """Damage a recorded advert, sometimes beyond recognition, sometimes not at all."""
        sample = rng.choice(self.samples)
        for_others = rng.random() < 0.05
        taker = self._anybody(rng) if for_others else sample.taker
        return Advert(
            taker,
            {number: damage(data, rng) for number, data in sample.services.items()},
            {number: damage(data, rng) for number, data in sample.makers.items()},
        )

    def _head(self, rng: random.Random, mac: bytes, *, sealed: bool) -> bytes:
        known = rng.random() < 0.9
        product = rng.choice(self.products) if known else rng.randrange(0x10000)
        version = rng.choice((4, 5)) if sealed else rng.choice((2, 3, 4, 5))
        control = 0x40 | 0x10 | version << 12 | (0x08 if sealed else 0)
        return (
            control.to_bytes(2, "little")
            + product.to_bytes(2, "little")
            + bytes((rng.randrange(256),))
            + mac[::-1]
        )

    def _objects(self, rng: random.Random) -> bytes:
        data = b""
        for _ in range(rng.choice((1, 1, 1, 2, 3))):
            known = rng.random() < 0.9
            number = rng.choice(self.objects) if known else rng.randrange(0x10000)
            lengths = OBJECTS[number].decode if number in OBJECTS else {}
            fits = lengths and rng.random() < 0.8
            length = rng.choice(list(lengths)) if fits else rng.randrange(12)
            data += number.to_bytes(2, "little") + bytes((length,)) + noise(rng, length)
        return data

    def clear(self, rng: random.Random) -> Advert:
        """Make a clear frame of random objects."""
        taker = self._anybody(rng)
        head = self._head(rng, self.macs[taker], sealed=False)
        return Advert(taker, {FE95: head + self._objects(rng)})

    def sealed(self, rng: random.Random) -> Advert:
        """Make a frame of random objects that the key opens."""
        taker = self._anybody(rng)
        mac = self.macs[taker]
        # A counter that goes up, or most frames would be taken for replayed ones.
        self._sealed += 1
        head = self._head(rng, mac, sealed=True)
        head = head[:4] + bytes((self._sealed & 0xFF,)) + head[5:]
        extended = (self._sealed >> 8).to_bytes(3, "little")
        tail = seal(KEY, mac, head, self._objects(rng), extended)
        return Advert(taker, {FE95: head + tail})

    def nonsense(self, rng: random.Random) -> Advert:
        """Make random bytes at places that are looked at."""
        taker = self._anybody(rng)
        data = noise(rng, rng.randrange(32))
        if rng.random() < 0.8:
            return Advert(taker, {rng.choice((FE95, *SERVICES)): data})
        counter = rng.randrange(256) << 8 | SCALE_LOW_BYTE
        return Advert(taker, {}, {rng.choice((XIAOMI, BAND_COMPANY, counter)): data})


MAKERS: Final[tuple[Callable[[Source, random.Random], Advert], ...]] = (
    Source.mutated,
    Source.clear,
    Source.sealed,
    Source.nonsense,
)
WEIGHTS: Final = (40, 25, 20, 15)


def noise(rng: random.Random, length: int) -> bytes:
    """Make random bytes, often of the kind that numbers are made of."""
    if rng.random() < 0.3:
        return bytes(rng.choice((0x00, 0x01, 0x7F, 0x80, 0xFF)) for _ in range(length))
    return rng.randbytes(length)


def damage(data: bytes, rng: random.Random) -> bytes:
    """Change, cut, lengthen or keep bytes."""
    way = rng.randrange(8)
    if way == 0 or not data:
        return data
    at = rng.randrange(len(data))
    if way == 1:
        return data[:at]
    if way == 2:
        return data + noise(rng, rng.randrange(1, 12))
    if way == 3:
        return data[:at] + noise(rng, rng.randrange(1, 4)) + data[at:]
    if way == 4:
        return data[:at] + data[at + rng.randrange(1, 4) :]
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 4))):
        spot = rng.randrange(len(changed))
        changed[spot] = (
            rng.randrange(256) if way > 5 else changed[spot] ^ 1 << rng.randrange(8)
        )
    return bytes(changed)


def complaint(reading: Reading) -> str | None:
    """Return what is wrong with a reading."""
    for name, value in reading.values.items():
        if not isinstance(name, Field):
            return f"{name!r} is no field"
        if isinstance(value, (bool, str)):
            continue
        if not isinstance(value, (int, float)) or not math.isfinite(value):
            return f"{name} = {value!r} is no number"
        if not plausible(name, value):
            return f"{name} = {value!r} is out of range"
    for event in reading.events:
        if not event.key or not event.type:
            return f"{event} has no key or type"
        if not all(isinstance(one, (int, str)) for one in event.properties.values()):
            return f"{event} has a property that is neither number nor text"
    return None


def run_chunk(source: Source, state: State, size: int) -> None:
    """Feed one chunk."""
    rng = random.Random(f"{state.seed} {state.done}")  # noqa: S311 - wants repeatable chance
    outcomes: Counter[str] = Counter()
    base = "0000{:04x}-0000-1000-8000-00805f9b34fb"
    for number in range(size):
        advert = source.make(rng)
        services = {base.format(one): data for one, data in advert.services.items()}
        now = (state.done + number) * 0.01
        try:
            decoder = source.decoders[advert.taker]
            reading = decoder.feed(services, advert.makers, now, "receiver")
        except Exception as err:  # noqa: BLE001 - whatever it is, it is a finding
            where = traceback.extract_tb(err.__traceback__)[-1]
            what = f"{type(err).__name__}: {err} ({Path(where.filename).name}:{where.lineno})"
            state.note(what, advert)
            continue
        outcomes[reading.outcome] += 1
        if what := complaint(reading):
            state.note(what, advert)
    state.outcomes.update(outcomes)
    state.done += size


def memory() -> float:
    """Return the resident memory in MiB; 0 where the system does not say."""
    gc.collect()
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/status").read_text("ascii").splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
    return 0.0


def load(path: Path, seed: int) -> State:
    """Go on where an earlier run of the same seed stopped."""
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        if kept["seed"] != seed:
            return State(seed)
        return State(**kept | {"outcomes": Counter(kept["outcomes"])})
    except FileNotFoundError:
        return State(seed)
    except (ValueError, TypeError, KeyError, OSError) as err:
        sys.exit(f"script/fuzz: {path} is no state of ours ({err}); remove it")


def save(path: Path, state: State) -> None:
    """Write down how far it got."""
    text = json.dumps({name: getattr(state, name) for name in State.__slots__})
    fresh = path.with_suffix(".new")
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(path)


def number(text: str) -> int:
    """Read a positive number; underscores are allowed."""
    try:
        value = int(text)
    except ValueError:
        value = 0
    if value <= 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no positive number")
    return value


def main() -> int:
    """Work until the count is reached or somebody stops it; 1 if anything was found."""
    parser = argparse.ArgumentParser(
        prog="script/fuzz",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--count", type=number, default=COUNT, metavar="N")
    parser.add_argument("--seed", type=number, default=1, metavar="N")
    default = Path(tempfile.gettempdir()) / "mi_bms_fuzz.json"
    parser.add_argument("--state", type=Path, default=default, metavar="FILE")
    options = parser.parse_args()
    state = load(options.state, options.seed)
    source = Source()
    start, first, begun = time.monotonic(), state.done, []
    with contextlib.suppress(KeyboardInterrupt):
        while state.done < options.count:
            run_chunk(source, state, min(CHUNK, options.count - state.done))
            save(options.state, state)
            begun.append(memory())
            rate = (state.done - first) / (time.monotonic() - start)
            print(
                f"\r{state.done:12,} adverts, {rate:,.0f}/s, {begun[-1]:.1f} MiB,"
                f" {state.found} findings ",
                end="",
                flush=True,
            )
    return report(state, begun)


def report(state: State, used: list[float]) -> int:
    """Print what was found; 1 if it is anything."""
    print()
    for outcome, count in state.outcomes.most_common():
        print(f"{outcome:12}{count:12,}")
    grown = used[-1] - used[WARM - 1] if len(used) >= WARM else 0.0
    print(f"memory grew by {grown:.1f} MiB after the first {WARM} chunks of this run")
    for one in state.findings:
        print(json.dumps(one))
    if state.found or grown > FLAT:
        print(f"FAILED: {state.found} findings")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
