"""Order simulated boards about through a real Home Assistant, and compare what it says with their ledgers.

    python -m tests.bench.control [--orders 1026] [--at-once 8] [--loss 0.05] [--seed 1] [--only JBD]

Boards of ``control_crowd.toml`` are added through their discovery over proxies and allowed to be
switched. Of all frames, either way, a share gets lost; protections come and go meanwhile, a phone orders
in between, boards acknowledge nothing, or everything and do nothing, act late, or refuse. Goals: nothing
is called confirmed that is not so; nothing is locked or released that nobody asked for; the outcome is
known of 99 in 100; no call takes longer than 20 s; nothing is written more than twice for one order.
"""

import argparse
import asyncio
from collections import Counter, defaultdict
import contextlib
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from statistics import median
import sys
import time
from typing import Any, Final

from tests.e2e.__main__ import bring_up, configuration
from tests.e2e.check import Check
from tests.e2e.control import TOLD
from tests.e2e.home_assistant import HomeAssistant, prepare, unexpected
from tests.e2e.process import Trouble
from tests.e2e.proof import say
from tests.e2e.switching import Answer, Switchboard
from tests.e2e.world_client import WorldProcess
from tests.ports import free_port

SCENARIO: Final = (
    Path(__file__).parents[1] / "world" / "scenarios" / "control_crowd.toml"
)
TARGETS: Final = ("charge", "discharge", "balancer", "heater")
MOST: Final = 19  # orders of one board: twenty an hour are taken
PAUSE: Final = 5.5  # s between two of them
LONGEST: Final = 20.0  # s of a call
SLACK: Final = 0.5  # s of the way to Home Assistant and back
WRITES: Final = 2
KNOWN: Final = 0.99
UNKNOWN: Final = "unknown"
DONE: Final = ("confirmed", "held", "failed", "rejected", UNKNOWN)

# What happens meanwhile, with how often, and how the board takes orders then.
MOODS: Final[dict[str, tuple[int, dict[str, Any]]]] = {
    "faithful": (45, {}),
    "protection": (25, {}),
    "phone": (6, {}),
    "lost acknowledgement": (6, {"lose_ack": 1.0}),
    "idle": (6, {"idle": True}),
    "late": (6, {"delay": 3.0}),
    "refuses 80": (3, {"refuse": 0x80}),
    "refuses 81": (3, {"refuse": 0x81}),
}
# Protections that come and go.
TRIPS: Final = (
    "cell_overvoltage",
    "charge_overtemperature",
    "charge_overcurrent",
    "cell_undervoltage",
    "discharge_overtemperature",
    "discharge_overcurrent",
)

type Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Hold one order, what Home Assistant said, and what the board knows of it."""

    kind: str
    target: str
    on: bool
    mood: str
    answer: Answer
    before: frozenset[str]
    after: frozenset[str]
    entries: tuple[Json, ...]

    @property
    def orders(self) -> list[Json]:
        """Return what was written, also what got lost on the way."""
        return [one for one in self.entries if one["by"] == "order" and one["frame"]]

    @property
    def writes(self) -> int:
        """Return how often was written what the board could act on: one that it refused it did not know."""
        return sum(one["outcome"] != "refused" for one in self.orders)

    @property
    def phone(self) -> set[str]:
        """Return what somebody else switched meanwhile."""
        theirs = (one["wishes"] for one in self.entries if one["by"] == "phone")
        return {name for wishes in theirs for name in wishes}

    @property
    def is_so(self) -> bool:
        """Tell whether the board is as ordered; while a phone took part, whether it once was."""
        ways = [self.after]
        if self.target in self.phone:
            ways += [frozenset(one["locked"]) for one in self.entries] + [self.before]
        return any((self.target not in locked) == self.on for locked in ways)

    @property
    def wrong(self) -> bool:
        """Tell whether what was said is not so."""
        word = self.answer.outcome
        if word in {"confirmed", "held"}:
            return not self.is_so
        if word == "rejected":
            return not any(one["outcome"] == "refused" for one in self.orders)
        if word == "failed":
            return (self.target not in self.after) == self.on and not self.phone
        return word != UNKNOWN and any(
            one["outcome"] in {"done", "later"} for one in self.orders
        )

    @property
    def unasked(self) -> set[str]:
        """Return what has changed though neither we nor a phone have asked for it."""
        changed = set(self.before ^ self.after) - self.phone
        if (self.target not in self.after) == self.on:
            changed.discard(self.target)
        return changed


@dataclass(slots=True)
class Found:
    """Collect all orders; ``absent`` is what Home Assistant does not offer."""

    cases: list[Case] = field(default_factory=list)
    absent: Counter[str] = field(default_factory=Counter)
    log: list[str] = field(default_factory=list)


class Worker:
    """Order one board about."""

    def __init__(
        self, world: WorldProcess, board: Switchboard, address: str, seed: int
    ) -> None:
        """Take the world, the way to Home Assistant, the board, and the seed of all chance."""
        self._world, self._board, self._address = world, board, address
        self._rng = Random(f"{seed} {address}")
        self._last = 0.0

    async def hold(self) -> Json:
        """Return what the board holds."""
        return (await self._world.holds(self._address))[self._address]

    async def order(self, kind: str, loss: float, found: Found) -> None:
        """Give one order and note what came of it."""
        await asyncio.sleep(self._last + PAUSE - time.monotonic())
        rng, before = self._rng, await self.hold()
        target = rng.choice([one for one in TARGETS if one in before["switches"]])
        allowed = target not in before["locked"]
        on = not allowed if rng.random() < 0.7 else allowed
        mood = rng.choices([*MOODS], weights=[share for share, _ in MOODS.values()])[0]
        manner = {"lose_frame": loss} | MOODS[mood][1]
        await self._world.press(self._address, faithful=True, manner=manner)
        begun = len(before["ledger"])
        meanwhile = asyncio.create_task(self._meanwhile(mood, before["switches"]))
        answer = await self._board.act(self._address, target, on=on)
        await meanwhile
        self._last = time.monotonic()
        after = await self.hold()
        if answer.outcome == "not_offered":
            found.absent[f"{kind}: {target}"] += 1
            return
        case = Case(
            kind=kind,
            target=target,
            on=on,
            mood=mood,
            answer=answer,
            before=frozenset(before["locked"]),
            after=frozenset(after["locked"]),
            entries=tuple(after["ledger"][begun:]),
        )
        found.cases.append(case)
        if case.wrong or case.unasked or answer.outcome == UNKNOWN:
            say(describe(case))

    async def _meanwhile(self, mood: str, switches: list[str]) -> None:
        rng = self._rng
        if mood == "protection":
            await asyncio.sleep(rng.uniform(0, 4))
            trip = {rng.choice(TRIPS): rng.uniform(1, 8)}
            await self._world.press(self._address, trip=trip)
        elif mood == "phone":
            await asyncio.sleep(rng.uniform(0, 4))
            wishes = {rng.choice(switches): rng.random() < 0.5}
            await self._world.press(self._address, phone=wishes)


def describe(case: Case) -> str:
    """Return one order in a line."""
    word = "on" if case.on else "off"
    told = [f"{one['by']} {one['wishes']} {one['outcome']}" for one in case.entries]
    return (
        f"{case.kind} {case.target} {word} ({case.mood}): {case.answer.outcome} after"
        f" {case.answer.seconds:.1f} s, locked {sorted(case.before)} to {sorted(case.after)}; {told}"
    )


async def play(folder: Path, options: argparse.Namespace) -> Found:
    """Do all of it."""
    port, found = free_port(), Found()
    async with contextlib.AsyncExitStack() as stack:
        world = await WorldProcess.start(SCENARIO, folder)
        stack.push_async_callback(world.stop)
        prepare(folder, port, usual=False)
        home = await HomeAssistant.start(folder, port)
        stack.push_async_callback(home.stop)
        await bring_up(home, world)
        truth = await world.truth(time.time())
        wanted = {
            address: device
            for address, device in list(truth.items())[:: options.every]
            if options.only in device["name"]
        }
        check = Check(home, world, say)
        await check._discover_and_add(wanted)
        if check.outcome.problems:
            raise Trouble("; ".join(check.outcome.problems))
        say(f"{len(wanted)} boards are added")
        board = Switchboard(home.api)
        await board.know()
        for address in wanted:
            await board.allow(address)
        await asyncio.sleep(PAUSE)
        for address in wanted:
            await board.arm(address)
        say("all of them may be switched")
        await ply(world, board, wanted, options, found)
        # Each refusal and failure that a caller is told is logged, too.
        log = unexpected(home.log_text())
        found.log = [line for line in log if TOLD not in line]
    return found


async def ply(
    world: WorldProcess,
    board: Switchboard,
    wanted: dict[str, Json],
    options: argparse.Namespace,
    found: Found,
) -> None:
    """Give all orders, several at once, to all boards in turn."""
    gate = asyncio.Semaphore(options.at_once)
    workers = {one: Worker(world, board, one, options.seed) for one in wanted}
    rounds = min(MOST, -(-options.orders // len(wanted)))

    async def one(address: str) -> None:
        async with gate:
            device = wanted[address]
            await workers[address].order(device["name"], options.loss, found)

    for number in range(rounds):
        await asyncio.gather(*(one(address) for address in wanted))
        say(f"round {number + 1} of {rounds}: {len(found.cases)} orders")


COLUMNS: Final = (
    ("board", 22),
    ("orders", 7),
    ("confirmed", 10),
    ("held", 5),
    ("failed", 7),
    ("unknown", 8),
    ("refused", 8),
    ("not so", 7),
    ("unasked", 8),
    ("writes", 7),
    ("median s", 9),
    ("longest s", 9),
)


def row(title: str, cases: list[Case]) -> str:
    """Return one line of the table."""
    words = Counter(case.answer.outcome for case in cases)
    seconds = [case.answer.seconds for case in cases]
    cells = [
        title,
        len(cases),
        words["confirmed"],
        words["held"],
        words["failed"] + words["rejected"],
        words[UNKNOWN],
        sum(count for word, count in words.items() if word not in DONE),
        sum(case.wrong for case in cases),
        sum(bool(case.unasked) for case in cases),
        max(case.writes for case in cases),
        f"{median(seconds):.1f}",
        f"{max(seconds):.1f}",
    ]
    return " ".join(
        f"{cell!s:<{width}}" if at == 0 else f"{cell!s:>{width}}"
        for at, (cell, (_, width)) in enumerate(zip(cells, COLUMNS, strict=True))
    )


def lines(found: Found) -> list[str]:
    """Return the tables."""
    head = " ".join(
        f"{name:<{width}}" if at == 0 else f"{name:>{width}}"
        for at, (name, width) in enumerate(COLUMNS)
    )
    out = []
    for sort in ("kind", "mood"):
        groups = defaultdict(list)
        for case in found.cases:
            group = getattr(case, sort)
            groups[group].append(case)
        out += [head, *(row(name, groups[name]) for name in sorted(groups)), ""]
    out += [head, row("all", found.cases), ""]
    refused = Counter(
        case.answer.outcome for case in found.cases if case.answer.outcome not in DONE
    )
    out.append(
        "refused: " + ", ".join(f"{n} {word}" for word, n in refused.most_common())
    )
    if found.absent:
        out.append("not offered: " + ", ".join(sorted(found.absent)))
    return out


def problems(found: Found) -> list[str]:
    """Return which goals are missed."""
    cases = found.cases
    confirmed = [
        one for one in cases if one.wrong and one.answer.outcome == "confirmed"
    ]
    unasked = [one for one in cases if one.unasked]
    known = 1 - sum(one.answer.outcome == UNKNOWN for one in cases) / len(cases)
    longest = max(one.answer.seconds for one in cases)
    most = max(one.writes for one in cases)
    goals = {
        f"{len(confirmed)} are called confirmed and are not so": not confirmed,
        f"{len(unasked)} changed what nobody asked for": not unasked,
        f"the outcome is known of {known:.1%}": known >= KNOWN,
        f"a call took {longest:.1f} s": longest <= LONGEST + SLACK,
        f"{most} writes for one order": most <= WRITES,
    }
    return [text for text, met in goals.items() if not met] + [
        f"log: {one}" for one in found.log
    ]


def main() -> int:
    """Run it, print the tables, and tell whether all goals are met."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.control")
    parser.add_argument("--orders", type=int, default=1026)
    parser.add_argument("--at-once", type=int, default=8)
    parser.add_argument("--loss", type=float, default=0.05)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--every", type=int, default=1, help="only every so many-th board"
    )
    parser.add_argument("--only", default="", help="boards with this in their name")
    parser.add_argument("--config", help="keep Home Assistant's configuration here")
    options = parser.parse_args()
    try:
        with configuration({"config": options.config}) as folder:
            found = asyncio.run(play(folder, options))
    except (Trouble, OSError) as err:
        sys.stderr.write(f"{err}\n")
        return 1
    missed = problems(found)
    out = [*lines(found), *(f"PROBLEM {one}" for one in missed)]
    out.append("all goals met" if not missed else f"{len(missed)} problems")
    sys.stdout.write("\n".join(out) + "\n")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
