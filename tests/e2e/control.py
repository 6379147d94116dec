"""Prove that switching does what it says, and that what was switched for a time comes back whatever happens.

Each board of ``control.toml`` is switched through a real Home Assistant and compared with the ledger of
the world. Then Home Assistant is killed (SIGKILL) between a command and its read-back, and while it puts
something back: after the next start it has to come back, and nothing else may be locked.
"""

import asyncio
from collections.abc import Mapping
import contextlib
from dataclasses import dataclass, field
from pathlib import Path
import sys
import time
from typing import Any, Final

from tests.ports import free_port

from .check import Check
from .home_assistant import HomeAssistant, unexpected_of_killed
from .meters import kill
from .process import PATIENCE, Trouble, until
from .proof import prove, say, start, verdict
from .pulse import Pulse
from .switching import Answer, Switchboard
from .world_client import WorldProcess

SCENARIO: Final = Path(__file__).parents[1] / "world" / "scenarios" / "control.toml"
PAUSE: Final = 5.2  # s between two commands to one board
LONGEST: Final = 20.5  # s of a call, with the way to Home Assistant, on a machine with nothing else to do
STOOD: Final = 2.0  # s; where a machine stood for so long, what Home Assistant waits for may have come too late
TRIES: Final = 5
FOREVER: Final = 86_400.0  # s
MINUTES: Final = 1.0
# Of all else nothing is.
WRITTEN: Final = ("confirmed", "held", "failed", "rejected", "unknown")
# It has obeyed; of one that does not tell its commands that cannot be known under a protection.
OBEYED: Final = ("confirmed", "held", "unknown")
# Home Assistant logs each refusal and failure that a caller is told.
TOLD: Final = "components.websocket_api."

JBD_E1, JBD_FB, JBD_BOTH = (f"A5:C2:37:00:17:0{one}" for one in (1, 2, 3))
JK, JK_SMALL = "C8:47:80:00:17:04", "C8:47:8C:00:17:05"
DALY, DALY_LEGACY = "96:2A:51:00:17:06", "96:2A:51:00:17:07"
ANT, REDODO = "20:A1:11:00:17:08", "C8:47:80:15:17:09"

type Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Step:
    """Hold one command and what has to come of it; ``first`` is what happens to the board before."""

    what: str
    on: bool
    outcome: str = "confirmed"
    first: Mapping[str, Any] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """Return it in words."""
        manner = ", ".join(
            f"{key} {value}"
            for one in self.first.values()
            if isinstance(one, Mapping)
            for key, value in one.items()
        )
        word = f"{self.what} {'on' if self.on else 'off'}"
        return f"{word} ({manner})" if manner else word


def board(**manner: object) -> dict[str, Any]:
    """Return how a board takes commands from now on."""
    return {"faithful": True, "manner": manner}


def there_and_back(what: str) -> tuple[Step, Step]:
    """Return the steps that switch something off and on."""
    return Step(what, False), Step(what, True)


HOT: Final = {"trip": {"discharge_overtemperature": FOREVER}}
PLAN: Final[Mapping[str, tuple[Step, ...]]] = {
    JBD_E1: (
        *there_and_back("charge"),
        # One word for both switches: what a protection holds must not become a lock, nor a lock be lifted.
        Step("discharge", False, first={"trip": {"cell_overvoltage": FOREVER}}),
        Step("discharge", True, "other_unknown"),
        Step("discharge", True, first={"trip": {"cell_overvoltage": 0.0}}),
    ),
    JBD_FB: (
        *there_and_back("charge"),
        Step("discharge", False, "rejected", first=board(refuse=0x81)),
        Step("discharge", False, first=board()),
        Step("discharge", True),
    ),
    JBD_BOTH: (
        Step("charge", False, "failed", first=board(idle=True)),
        Step("charge", False, first=board()),
        Step("charge", True),
    ),
    JK: (*there_and_back("charge"), *there_and_back("balancer")),
    JK_SMALL: (
        Step("charge", False, first=board(delay=3.0)),
        Step("charge", True),
        Step("discharge", False, first=board(lose_ack=1.0)),
        Step("discharge", True),
    ),
    DALY: (
        Step("charge", False, first=board(lose_ack=1.0)),
        Step("charge", True, first=board()),
        *there_and_back("balancer"),
    ),
    DALY_LEGACY: (
        *there_and_back("charge"),
        Step("discharge", False),
        Step("discharge", True, "unknown", first=HOT),
    ),
    ANT: (
        *there_and_back("charge"),
        Step("discharge", False),
        Step("discharge", True, "held", first=HOT),
    ),
    REDODO: (*there_and_back("charge"), *there_and_back("discharge")),
}


class Proof:
    """Do all of it."""

    def __init__(self, folder: Path, world: WorldProcess) -> None:
        """Take a scratch folder and the world."""
        self._folder, self._world = folder, world
        self._port = free_port()
        self._pulse = Pulse(folder, world, time.monotonic)
        self.problems: list[str] = []
        self.home: HomeAssistant
        self.board: Switchboard

    async def live(self) -> None:
        """Start Home Assistant, the first time or again."""
        self.home = await start(self._folder, self._world, self._port)
        self.board = Switchboard(self.home.api)
        self._pulse.begin(self.home.api)

    async def close(self) -> None:
        """End the last life."""
        await self._pulse.end()
        await self.home.stop()

    async def move_in(self) -> None:
        """Add all boards, and allow that they are switched."""
        check = Check(self.home, self._world, say)
        await check._discover_and_add(await self._world.truth(time.time()))
        if check.outcome.problems:
            raise Trouble("; ".join(check.outcome.problems))
        await self.board.know()
        for address in PLAN:
            await self.board.allow(address)
        for address in PLAN:
            await self.board.arm(address)
        say(f"{len(PLAN)} boards are added and may be switched")

    async def held(self, address: str) -> Json:
        """Return what the world knows of a board."""
        found: Json = (await self._world.holds(address))[address]
        return found

    # --- commands ----------------------------------------------------------------------

    async def switch_all(self) -> None:
        """Switch all boards, several at once, each one step after the other."""
        await asyncio.gather(*(self._switch(one) for one in PLAN))

    async def _switch(self, address: str) -> None:
        last = 0.0
        for step in PLAN[address]:
            for left in reversed(range(TRIES)):
                await asyncio.sleep(last + PAUSE - time.monotonic())
                before = await self.held(address)
                if step.first:
                    await self._world.press(address, **step.first)
                begun = time.monotonic()
                answer = await self.board.act(address, step.what, on=step.on)
                last = time.monotonic()
                passed = self._pulse.at(last) - self._pulse.at(begun)
                line = await self._judge(address, step, answer, before, passed)
                if not line or not left or last - begun - passed < STOOD:
                    break
                say(f"{line}  once more: the machine stood")
                await self._as_before(address, before)
            if line:
                say(f"{line}  WRONG")
                self.problems.append(f"{line} {answer.said}")

    async def _as_before(self, address: str, before: Json) -> None:
        """Have somebody else switch a board back."""
        locked = set(before["locked"])
        phone = {one: one not in locked for one in before["switches"]}
        await self._world.press(address, phone=phone)

    async def _judge(
        self, address: str, step: Step, answer: Answer, before: Json, passed: float
    ) -> str:
        """Return what is wrong, empty if nothing is; ``passed`` is how long it took, by the pulse."""
        after = await self.held(address)
        locked = set(before["locked"])
        if step.outcome in OBEYED:
            (locked.discard if step.on else locked.add)(step.what)
        writes = [
            one
            for one in after["ledger"][len(before["ledger"]) :]
            if one["by"] == "order" and one["frame"]
        ]
        fewest, most = (1, 2) if step.outcome in WRITTEN else (0, 0)
        right = (
            answer.outcome == step.outcome
            and locked == set(after["locked"])
            and fewest <= len(writes) <= most
            and passed <= LONGEST
        )
        line = (
            f"{address}  {step.title:<42} {answer.outcome:<10} {answer.seconds:4.1f} s"
            f"  {len(writes)} written  locked: {', '.join(after['locked']) or '-'}"
        )
        if right:
            say(line)
            return ""
        return f"{line}  wanted {step.outcome}, {sorted(locked)}"

    # --- kills -------------------------------------------------------------------------

    async def die_twice(self) -> None:
        """Be killed between command and read-back, and in a return; see that all comes back."""
        before = {one: (await self.held(one))["locked"] for one in PLAN}
        await asyncio.sleep(PAUSE)
        await self._want(REDODO, "charge")
        before[REDODO] = sorted({*before[REDODO], "charge"})
        due = {DALY: await self._want(DALY, "discharge", minutes=MINUTES)}
        # It says yes to what puts it back, and does nothing: killed there, nothing has come back yet.
        await self._world.press(DALY, **board(idle=True))
        # It acts late, so that nothing can have been read back before the kill.
        await self._world.press(JK, **board(delay=3.0))
        count = len((await self.held(JK))["ledger"])
        due[JK] = time.time() + 60 * MINUTES
        order = asyncio.create_task(
            self.board.act(JK, "charge", on=False, minutes=MINUTES)
        )
        await self._ordered(JK, count)
        await self._kill("between a command and its read-back")
        with contextlib.suppress(Trouble):
            await order
        count = len((await self.held(DALY))["ledger"])
        await self._live_again()
        await self._ordered(DALY, count)
        await self._kill("while something is put back")
        for one in (DALY, JK):
            await self._world.press(one, **board())
        await self._live_again()
        for address, what in ((DALY, "discharge"), (JK, "charge")):
            await self._back(address, what, due[address])
        for address, locked in before.items():
            now = (await self.held(address))["locked"]
            if now != locked:
                self.problems.append(
                    f"{address}: {now} locked in the end, not {locked}"
                )
        say("nothing else is locked" if not self.problems else "see the problems")

    async def _want(self, address: str, what: str, **how: float) -> float:
        """Have something switched off; return when it is to come back at the earliest."""
        for _ in range(TRIES):
            begun = time.time()
            answer = await self.board.act(address, what, on=False, **how)
            if answer.outcome == "confirmed":
                return begun + 60 * how.get("minutes", 0.0)
            await asyncio.sleep(PAUSE)
        raise Trouble(f"{address}: {what} off: {answer.outcome} {answer.said}")

    async def _ordered(self, address: str, count: int) -> None:
        async def told() -> bool:
            return len((await self.held(address))["ledger"]) > count

        children = (self.home.child,)
        await until(
            f"a command to {address}", PATIENCE, told, children=children, pause=0.02
        )

    async def _kill(self, when: str) -> None:
        await self._pulse.end()
        await kill(self.home)
        say(f"Home Assistant is killed {when}")

    async def _live_again(self) -> None:
        self.problems += self.complaints()
        await self.live()
        await self.board.know()

    def complaints(self) -> list[str]:
        """Return what the log of this life should not hold."""
        found = unexpected_of_killed(self.home.log_text())
        return [f"log: {one}" for one in found if TOLD not in one]

    async def _back(self, address: str, what: str, due: float) -> None:
        async def back() -> bool:
            return what not in (await self.held(address))["locked"]

        try:
            await until(f"the return of {what}", PATIENCE, back)
        except Trouble as err:
            self.problems.append(f"{address}: {err}")
            return
        entries = (await self.held(address))["ledger"]
        done = [one for one in entries if one["outcome"] == "changed"][-1]
        late = done["at"] - due
        say(f"{address}  {what} came back {late:+.1f} s after it was due")
        if done["by"] != "order" or late < 0:
            self.problems.append(f"{address}: {what} came back {late:+.1f} s after due")


async def run(folder: Path) -> int:
    """Do all of it; 0 when all is right."""
    async with contextlib.AsyncExitStack() as stack:
        world = await WorldProcess.start(SCENARIO, folder)
        stack.push_async_callback(world.stop)
        proof = Proof(folder, world)
        await proof.live()
        try:
            await proof.move_in()
            await proof.switch_all()
            await proof.die_twice()
            proof.problems += proof.complaints()
        finally:
            await proof.close()
    return verdict("control", proof.problems)


if __name__ == "__main__":
    sys.exit(prove("control", run))
