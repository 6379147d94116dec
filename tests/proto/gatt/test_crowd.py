"""Order boards about over a line that loses frames: what is said of it is so, and little stays unknown."""

import asyncio
from collections import Counter
from random import Random
from typing import Any, Final, override

from custom_components.mi_bms.proto.bms.control import Effect, Target
from custom_components.mi_bms.proto.gatt.session import Device, Memory, Session
from custom_components.mi_bms.proto.model.errors import MiBmsError
from custom_components.mi_bms.proto.model.sample import BmsSample
from tests.replay.batteries import run

from .boards import (
    ANSWERS_AFTER,
    Ant,
    Board,
    Daly,
    DalyLegacy,
    Jbd,
    JbdNew,
    Jikong,
    Line,
    Redodo,
    released,
)

KINDS: Final = (Jbd, JbdNew, Jikong, Daly, DalyLegacy, Ant, Redodo)
DEVICE: Final = Device("Battery", "11:22:33:44:55:66")
LOSS: Final = 0.05
ORDERS: Final = 30  # to each kind
BUDGET: Final = 18.0
MOODS: Final = {
    "faithful": 45,
    "protection": 25,
    "phone": 6,
    "mute": 6,
    "idle": 6,
    "late": 6,
    "refuses": 6,
}


class Lossy(Line):
    """Lose a share of all frames, either way."""

    def __init__(self, board: Board, rng: Random) -> None:
        super().__init__(board)
        self.rng = rng

    @override
    async def write(self, uuid: str, data: bytes, *, response: bool) -> None:
        if self.rng.random() < LOSS:
            return
        loop, after = asyncio.get_running_loop(), ANSWERS_AFTER
        for frame in self.board.answers(data):
            if self.rng.random() < LOSS:
                continue
            for at in range(0, len(frame), 20):
                loop.call_later(after, self._notify, frame[at : at + 20])
                after += 0.001


def troubled(board: Board, mood: str, target: str, rng: Random) -> list[Any]:
    """Give a board its mood; return what is to happen during the order, each with its time in s."""
    board.mute = 9 if mood == "mute" else 0
    board.late = {"idle": None, "late": 3.0}.get(mood, 0.0)
    board.refuses = mood == "refuses"
    other = rng.choice([one for one in board.orders if one in {"charge", "discharge"}])
    if mood == "protection":
        begins = rng.uniform(0, 4)
        ends = begins + rng.uniform(1, 8)
        return [(begins, board.held.add, other), (ends, board.held.discard, other)]
    if mood == "phone" and other != target:
        return [(rng.uniform(0, 4), board.orders.update, {other: rng.random() < 0.5})]
    return []


async def order(
    board: Board, session: Session, secret: str | None, rng: Random
) -> tuple[str, int]:
    """Give one order; return what was said of it, and how often it was written. What was said has to be so."""
    target, on = rng.choice(["charge", "discharge"]), rng.random() < 0.5
    mood = rng.choices([*MOODS], weights=[*MOODS.values()])[0]
    line, loop = Lossy(board, rng), asyncio.get_running_loop()
    before = BmsSample()
    for _ in range(3):
        try:
            before = await session.read(line, DEVICE)
        except MiBmsError:
            continue
        break
    stood = dict(board.orders)
    events = troubled(board, mood, target, rng)
    timers = [loop.call_later(at, act, what) for at, act, what in events]
    phone = {name for _, _, what in events if isinstance(what, dict) for name in what}
    try:
        result = await session.switch(
            line, DEVICE, Target(target), on, before, secret, budget=BUDGET
        )
    except Exception as err:  # noqa: BLE001
        # What was refused was not written.
        assert board.orders == stood or phone
        return type(err).__name__, 0
    finally:
        for timer in timers:
            timer.cancel()
        board.held.clear()
    told = f"{type(board).__name__} {target} {on} {mood}: {result}"
    if result.effect in {Effect.CONFIRMED, Effect.HELD}:
        assert board.orders[target] is on, told
    if result.effect is Effect.FAILED:
        assert board.orders[target] is stood[target], told
    untouched = stood.keys() - {target} - phone
    assert all(board.orders[one] is stood[one] for one in untouched), told
    return result.effect.value, result.sent


def test_a_line_that_loses_one_frame_in_twenty() -> None:
    found: Counter[str] = Counter()

    async def play(kind: type[Board]) -> None:
        rng, board = Random(kind.__name__), released(kind)
        memory = Memory()
        session = Session(board.family, memory=memory, clock=lambda: 1.7e9)
        secret = "123456789abc" if kind is Ant else None
        for _ in range(ORDERS):
            effect, writes = await order(board, session, secret, rng)
            assert writes <= 2
            found[effect] += 1
            await asyncio.sleep(60)

    for kind in KINDS:
        run(play(kind))
    assert found["confirmed"] > found.total() * 0.6, found
    assert found["unknown"] <= found.total() * 0.02, found
    assert found["AuthRejected"] == 0, found
