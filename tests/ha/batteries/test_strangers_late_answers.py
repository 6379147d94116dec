"""Old answers that come late, phones and clocks: what is told of an order is so, and what was to come back does."""

import asyncio
from collections.abc import Iterable
from datetime import timedelta
import struct
from typing import Any, override

import pytest

from homeassistant.util import dt as dt_util
from tests.world import ad

from ..home import Home
from .command_boards import Board, Jbd, Jk
from .command_boards_more import Ant, Daly
from .command_house import STOPPED, Owner, owned
from .test_strangers_commands import EACH, Make


class Litime(Board):
    """Speak LiTime: one frame tells all, and nothing acknowledges an order."""

    advertised = 0xFFE0
    uuids = ("ffe0", "ffe1", "ffe2")
    ORDERS = {
        10: ("charge", True),
        11: ("charge", False),
        12: ("discharge", True),
        13: ("discharge", False),
    }

    def __init__(self, number: int = 1) -> None:
        super().__init__(f"C8:47:80:0C:00:{number:02X}", f"L-12100own{number}")
        self.mtu = 247

    @override
    def marks(self) -> Iterable[bytes]:
        return (ad.manufacturer(0x585A, bytes(2)),)

    def _send(self, frame: bytes) -> None:
        if self.notify:
            self.notify(self.uuids[1], frame)

    @override
    def answer(self, data: bytes) -> list[bytes]:
        if data[4] in self.ORDERS:
            what, on = self.ORDERS[data[4]]
            return self.obey(data, {what: on}, [])
        return [self.status()] if data[4] == 0x13 else []

    def status(self) -> bytes:
        """Return its one frame."""
        body = bytearray(104)
        body[:3] = b"\0\0\x65"
        struct.pack_into("<II4H", body, 8, 13166, 13166, 3290, 3291, 3292, 3293)
        struct.pack_into(
            "<i2h", body, 48, round(self.amps * 1000), self.celsius, self.celsius
        )
        struct.pack_into("<HI", body, 62, self.level * 100, 10000)
        struct.pack_into("<I", body, 68, 0x80 * ("discharge" in self.locked))
        struct.pack_into(
            "<2H2I", body, 88, 4 if "charge" in self.locked else 1, self.level, 100, 5
        )
        return bytes(body) + bytes((sum(body) & 0xFF,))


class AntOld(Board):
    """Speak DB DB: F9 and FA take effect with FF, and nothing acknowledges an order."""

    advertised = 0xFFE0
    uuids = ("ffe0", "ffe1", "ffe1")

    def __init__(self, number: int = 1) -> None:
        super().__init__(f"AA:BB:CC:0D:00:{number:02X}", f"ANT-BLE16own{number}")
        self.wishes: dict[str, bool] = {}
        self.chosen = {"family": "ant_leg"}

    @override
    def answer(self, data: bytes) -> list[bytes]:
        if data[0] == 0xDB:
            return [self.status()]
        if data[2] in (0xF9, 0xFA):
            what = "discharge" if data[2] == 0xF9 else "charge"
            self.wishes = {what: bool(data[4])}
        return self.obey(data, self.wishes, []) if data[2] == 0xFF else []

    def status(self) -> bytes:
        """Return its one frame."""
        body = bytearray(140)
        body[:4] = b"\xaa\x55\xaa\xff"
        struct.pack_into(">H4H", body, 4, 132, 3290, 3291, 3292, 3293)
        charge = self.level * 1_000_000
        struct.pack_into(">iB3I", body, 70, 0, self.level, 100_000_000, charge, 500_000)
        struct.pack_into(">I6h", body, 87, 1000, *[self.celsius] * 4, -40, -40)
        codes = (0x0F if one in self.locked else 1 for one in ("charge", "discharge"))
        body[103:106] = bytes((*codes, 0))
        struct.pack_into(">BHBHHB", body, 115, 4, 3293, 1, 3290, 3291, 4)
        struct.pack_into(">H", body, 138, sum(body[4:138]) & 0xFFFF)
        return bytes(body)


ALL = pytest.mark.parametrize(
    ("make", "options"),
    [
        *EACH.args[1],
        pytest.param(Litime, {"experimental": True}, id="litime"),
        pytest.param(AntOld, {"experimental": True}, id="ant-old"),
    ],
)


def as_if(board: Any, asked: bytes, locked: set[str]) -> list[bytes]:
    """Return what it would answer if it stood otherwise."""
    before, board.locked = board.locked, locked
    try:
        found: list[bytes] = board.answer(asked)
    finally:
        board.locked = before
    return found


# --- answers to what was asked before the order --------------------------------------------------


def late_answers(board: Any, how: str) -> None:
    """Let an old answer come with the first one to each question after an order: charging was off then."""
    asked: list[bytes] | None = None

    def tamper(question: bytes, answers: list[bytes]) -> list[bytes]:
        if asked is None or not answers or not question or question in asked:
            return answers
        asked.append(question)
        old = as_if(board, question, {"charge"})
        return {
            "before": old + answers,
            "instead": old,
            "twice": old + old + answers,
            "after": answers + old,
        }[how]

    def ordered(_order: bytes) -> None:
        nonlocal asked
        asked = []

    board.tamper, board.ordered = tamper, ordered


@ALL
@pytest.mark.parametrize("how", ["before", "instead", "twice", "after"])
async def test_an_old_answer_confirms_no_lost_order(
    home: Home, make: Make, options: dict[str, Any], how: str
) -> None:
    owner = await owned(home, make(), **options)
    board = owner.board
    board.lose_orders = 99
    late_answers(board, how)
    assert await owner.refused("charge", "off") == "switch_failed"
    await owner.passes(60)
    assert not board.locked and owner.shown("charging_allowed") == "on"


@ALL
async def test_no_time_at_which_old_answers_come_confirms_a_lost_order(
    home: Home, make: Make, options: dict[str, Any]
) -> None:
    owner = await owned(home, make(), **options)
    board = owner.board
    board.lose_orders = 99
    questions: dict[bytes, None] = {}

    def tamper(question: bytes, answers: list[bytes]) -> list[bytes]:
        if question and answers:
            questions[question] = None
        return answers

    def send() -> None:
        for one in questions:
            for frame in as_if(board, one, {"charge"}):
                board._send(frame)

    board.tamper = tamper
    for number in range(12):
        loop, after = asyncio.get_running_loop(), 0.1 + 0.47 * number
        board.ordered = lambda _order: loop.call_later(after, send)  # noqa: B023
        await owner.arm()
        assert await owner.refused("charge", "off") == "switch_failed"
        await owner.passes(10)


@ALL
async def test_an_old_answer_does_not_hide_that_it_was_obeyed(
    home: Home, make: Make, options: dict[str, Any]
) -> None:
    owner = await owned(home, make(), **options)
    board = owner.board
    board.lose_acks = 99
    first: list[bytes] = []

    def tamper(question: bytes, answers: list[bytes]) -> list[bytes]:
        if not board.orders or not question or question in first:
            return answers
        first.append(question)
        return as_if(board, question, set()) + answers

    board.tamper = tamper
    assert await owner.outcome("charge", "off") == "confirmed"
    assert board.locked == {"charge"}


# --- clocks ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("lost", [False, True], ids=["obeys", "lost"])
@pytest.mark.parametrize("days", [-400, 400])
async def test_a_wall_clock_that_jumps_during_a_command(
    home: Home, monkeypatch: pytest.MonkeyPatch, days: int, lost: bool
) -> None:
    owner = await owned(home, Daly())
    board, real = owner.board, dt_util.utcnow
    board.lose_orders = 99 * lost
    board.ordered = lambda _order: monkeypatch.setattr(
        "homeassistant.util.dt.utcnow", lambda: real() + timedelta(days=days)
    )
    told = await owner.outcome("charge", "off", minutes=5)
    assert told == ("switch_failed" if lost else "confirmed")
    assert bool(board.locked) is not lost
    await owner.passes(200)
    assert bool(board.locked) is not lost
    await owner.passes(150)
    assert not board.locked


# --- phones ---------------------------------------------------------------------------------------

PHONES = pytest.mark.parametrize("make", [Jbd, Jk, Daly, Ant])


async def shown(owner: Owner) -> None:
    """Expect that what is shown is so."""
    await owner.passes(400)
    for what in ("charge", "discharge"):
        so = "off" if what in owner.board.locked else "on"
        assert owner.shown(f"{what.removesuffix('e')}ing_allowed") == so, what


@PHONES
@pytest.mark.parametrize("after", [0.0, 60.0])
async def test_a_phone_that_thinks_better_of_it_loses_no_return(
    home: Home, make: Make, after: float
) -> None:
    owner = await owned(home, make())
    board = owner.board
    await owner.order("charge", "off", minutes=8)
    await owner.passes(after)
    await owner.clock.run(1)
    board.do({"charge": True})
    await owner.clock.run(3)
    board.do({"charge": False})
    await shown(owner)
    await owner.passes(400)
    assert not board.locked and len(board.orders) == 2


@PHONES
async def test_a_phone_that_switches_the_other_one_during_a_command(
    home: Home, make: Make
) -> None:
    owner = await owned(home, make())
    board, loop = owner.board, asyncio.get_running_loop()
    board.ordered = lambda _order: loop.call_later(0.3, board.do, {"discharge": False})
    told = await owner.outcome("charge", "off", minutes=12)
    assert told == "confirmed" and board.locked == {"charge", "discharge"}
    await shown(owner)
    board.ordered = lambda _order: None
    await owner.passes(400)
    assert board.locked == {"discharge"} and len(board.orders) == 2


@PHONES
async def test_a_phone_that_undoes_what_was_acknowledged_is_not_overruled(
    home: Home, make: Make
) -> None:
    owner = await owned(home, make())
    board, loop = owner.board, asyncio.get_running_loop()
    board.ordered = lambda _order: loop.call_later(0.5, board.do, {"charge": True})
    assert await owner.refused("charge", "off") == "switch_failed"
    assert len(board.orders) == 1 and not board.locked
    await shown(owner)


@PHONES
async def test_a_phone_that_does_for_a_moment_what_got_lost(
    home: Home, make: Make
) -> None:
    owner = await owned(home, make())
    board, loop = owner.board, asyncio.get_running_loop()
    board.lose_orders = 99

    def ordered(_order: bytes) -> None:
        for after, on in ((0.8, False), (2.9, True)):
            loop.call_later(after, board.do, {"charge": on})

    board.ordered = ordered
    await owner.outcome("charge", "off", minutes=5)
    board.ordered = lambda _order: None
    await shown(owner)
    assert not board.locked
    await owner.clock.run(STOPPED)
