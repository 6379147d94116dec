"""A stranger takes frames and links away: half a reading decides nothing, and nothing is written later."""

from typing import Any

import pytest

from ..home import Home
from .command_boards import Jbd
from .command_boards_more import Ant, DalyLegacy
from .command_house import owned
from .test_strangers_commands import EACH, Make


def words(make: Make) -> set[str]:
    """Return what else may come of a lost link: where a password is said last, it counts as said in vain."""
    return {"switch_failed", "switch_wrong_password"} if make is Ant else set()


@pytest.mark.parametrize("gone", [0x90, 0x93, 0x98], ids=hex)
async def test_a_reading_without_current_switches_or_alarms_decides_nothing(
    home: Home, gone: int
) -> None:
    owner = await owned(home, DalyLegacy(), experimental=True)
    board = owner.board
    refusal = "switch_unreachable" if gone == 0x90 else "switch_incomplete"
    for what, state in (("charge", "on"), ("discharge", "off"), ("discharge", "on")):
        board.silent, board.locked = set(), {what} if state == "on" else set()
        await owner.passes(60)
        board.silent = {gone}
        told = await owner.refused(what, state)
        assert not board.orders
        assert told == refusal


async def test_charging_is_not_allowed_by_a_reading_that_lost_its_temperature(
    home: Home,
) -> None:
    owner = await owned(home, DalyLegacy(), experimental=True)
    owner.board.locked, owner.board.silent = {"charge"}, {0x92, 0x96}
    owner.board.celsius = -12
    told = await owner.refused("charge", "on")
    assert not owner.board.orders
    assert told == "switch_incomplete"


async def test_a_probe_that_told_nothing_for_an_hour_is_broken_and_not_waited_for(
    home: Home,
) -> None:
    board = DalyLegacy()
    board.locked = {"charge"}
    owner = await owned(home, board, experimental=True)
    board.silent = {0x92, 0x96}
    await owner.passes(3500)
    await owner.arm()
    assert await owner.refused("charge", "on") == "switch_incomplete"
    await owner.passes(120)
    assert await owner.outcome("charge", "on") == "confirmed"


async def test_a_frame_with_a_wrong_check_is_no_reading(home: Home) -> None:
    owner = await owned(home, Jbd())
    owner.board.tamper = lambda asked, answers: (
        [one[:-2] + b"\x00\x77" for one in answers] if asked[1] == 0xA5 else answers
    )
    assert await owner.refused("discharge", "off") == "switch_unreachable"
    assert not owner.board.orders


@EACH
async def test_a_link_lost_after_any_answer_writes_nothing_later(
    home: Home, make: Make, options: dict[str, Any]
) -> None:
    owner = await owned(home, make(), **options)
    board, told = owner.board, []
    for leaves_in in (1, 2, 3, 4):
        before, board.leaves_in = len(board.orders), leaves_in
        told.append(await owner.outcome("charge", "off"))
        board.leaves_in = 0
        written = len(board.orders)
        if told[-1] == "confirmed":
            assert board.locked == {"charge"}
        elif told[-1] in {"switch_unreachable", "switch_wrong_password"}:
            assert written == before
        elif told[-1] == "switch_failed":
            assert not board.locked
        assert written - before <= 2
        await owner.clock.run(40)
        assert len(board.orders) == written
    assert {*told} <= {
        "confirmed",
        "switch_unreachable",
        "switch_unknown",
        *words(make),
    }


@EACH
async def test_links_that_all_break_write_nothing_then_or_later(
    home: Home, make: Make, options: dict[str, Any]
) -> None:
    owner = await owned(home, make(), **options)
    board = owner.board
    board.breaks = True
    # Whether anything was written into a link that just broke, nobody can know.
    told = await owner.refused("charge", "off")
    assert told in {"switch_unreachable", "switch_unknown", *words(make)}
    board.breaks = False
    await owner.passes(600)
    assert not board.orders and not board.locked
