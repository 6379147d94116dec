"""What is switched for a time comes back: once, whatever happens, unless somebody else has decided."""

from copy import deepcopy
from datetime import datetime
from typing import Any

import pytest

from custom_components.mi_bms.diagnostics import async_get_config_entry_diagnostics
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import dt as dt_util

from ..home import Home
from ..lives import Life, life
from .command_boards import Board, Jbd, Jk
from .command_boards_more import Daly, DalyLegacy
from .command_house import STOPPED, Owner, owned, sentence

__all__ = ["life"]  # a fixture


def due(told: Any) -> float:
    """Return in how many seconds the return is told to come."""
    return (
        datetime.fromisoformat(told["returns_at"]) - dt_util.utcnow()
    ).total_seconds()


# --- it comes, and once ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "what"), [(Jbd, "charge"), (Jk, "discharge"), (Daly, "charge")]
)
async def test_it_comes_at_its_time_and_once(home: Home, make: Any, what: str) -> None:
    owner = await owned(home, make())
    told = await owner.order(what, "off", minutes=5)
    assert 270 <= due(told) <= 300
    await owner.passes(240)
    assert owner.board.locked == {what}
    await owner.passes(90)
    assert not owner.board.locked
    await owner.passes(900)
    assert len(owner.board.orders) == 2


async def test_it_needs_no_commands_to_be_allowed_any_more(home: Home) -> None:
    owner = await owned(home, Daly(), arm_minutes=1)
    await owner.order("charge", "off", minutes=4)
    await owner.passes(300)
    assert owner.shown("allow_commands") == "off" and not owner.board.locked


async def test_discharging_comes_back_after_an_hour_if_nobody_says_otherwise(
    home: Home,
) -> None:
    owner = await owned(home, Daly())
    told = await owner.order("discharge", "off")
    assert 3560 <= due(told) <= 3600
    await owner.passes(3500)
    assert owner.board.locked
    await owner.passes(150)
    assert not owner.board.locked


async def test_what_powers_home_assistant_needs_force_and_half_an_hour(
    home: Home,
) -> None:
    owner = await owned(home, Daly(), powers_home=True)
    assert await owner.refused("discharge", "off") == "switch_powers_home"
    told = await owner.refused("discharge", "off", force=True, minutes=31)
    assert told == "switch_powers_home_too_long"
    assert not owner.board.orders
    await owner.clock.run(STOPPED)
    assert due(await owner.order("discharge", "off", force=True)) <= 1800


async def test_two_returns_of_one_word_do_not_touch_each_other(home: Home) -> None:
    owner = await owned(home, Jbd())
    await owner.order("charge", "off", minutes=3)
    await owner.clock.run(STOPPED)
    await owner.order("discharge", "off", minutes=8)
    await owner.passes(240)
    assert owner.board.locked == {"discharge"}
    await owner.passes(330)
    assert not owner.board.locked
    assert len(owner.board.orders) == 4


async def test_back_to_off_too(home: Home) -> None:
    owner = await owned(home, Daly())
    owner.board.locked = {"charge"}
    await owner.order("charge", "on", minutes=3)
    assert not owner.board.locked
    await owner.passes(240)
    assert owner.board.locked == {"charge"}


async def test_a_lost_acknowledgement_of_the_return_is_no_second_return(
    home: Home,
) -> None:
    owner = await owned(home, Daly())
    await owner.order("charge", "off", minutes=2)
    owner.board.lose_acks = 5
    await owner.passes(400)
    assert not owner.board.locked and len(owner.board.orders) == 2


# --- what happens in between -------------------------------------------------------------------


async def test_it_outlives_a_reload(home: Home) -> None:
    owner = await owned(home, Daly())
    await owner.order("charge", "off", minutes=5)
    for _ in range(3):
        await home.clock.wait(
            home.hass.config_entries.async_reload(owner.entry.entry_id)
        )
        await owner.clock.run(20)
    assert owner.board.locked
    await owner.passes(300)
    assert not owner.board.locked and len(owner.board.orders) == 2


@pytest.mark.parametrize("away", [60, 600], ids=["back in time", "back too late"])
async def test_it_outlives_a_time_without_the_entry(home: Home, away: int) -> None:
    owner = await owned(home, Daly())
    await owner.order("charge", "off", minutes=5)
    entries, wanted = home.hass.config_entries, owner.entry.entry_id
    await home.clock.wait(entries.async_unload(wanted))
    await owner.passes(away)
    await home.clock.wait(entries.async_setup(wanted))
    await owner.passes(330 if away < 300 else 60)
    assert not owner.board.locked and len(owner.board.orders) == 2


async def test_it_outlives_the_option(home: Home) -> None:
    owner = await owned(home, Daly())
    await owner.order("charge", "off", minutes=5)
    await owner.allow(allow_switching=False)
    await owner.passes(330)
    assert not owner.board.locked and len(owner.board.orders) == 2


async def test_an_outage_delays_it_and_a_repair_says_so(home: Home) -> None:
    owner = await owned(home, Daly())
    await owner.order("charge", "off", minutes=2)
    home.air.refuse.add(owner.board.address)
    await owner.passes(600)
    assert "return_overdue" in owner.issues()
    assert owner.board.locked
    home.air.refuse.clear()
    await owner.passes(300)
    assert not owner.board.locked and len(owner.board.orders) == 2
    assert "return_overdue" not in owner.issues()


async def test_a_day_that_is_missing_makes_it_late_and_not_lost(home: Home) -> None:
    owner = await owned(home, Daly())
    await owner.order("charge", "off", minutes=5)
    await owner.clock.leap(86_400)
    await owner.passes(120)
    assert not owner.board.locked and len(owner.board.orders) == 2


@pytest.mark.parametrize("away", [60.0, 86_400.0], ids=["in time", "a day later"])
async def test_it_outlives_a_kill(
    hass_storage: dict[str, Any], life: Life, away: float
) -> None:
    board = Daly()
    async with life([], {}) as home:
        owner = await owned(home, board)
        await owner.order("charge", "off", minutes=5)
        disk, entry = deepcopy(hass_storage), owner.entry
        home.air.refuse.add(board.address)
        home.air.close()
    assert board.locked == {"charge"}
    board.orders.clear()
    hass_storage.clear()
    hass_storage.update(disk)
    async with life([entry], {}) as home:
        home.air.add(board)
        home.shout(board)
        again = Owner(home, board, home.hass.config_entries.async_entries("mi_bms")[0])
        if away > 300:
            await again.clock.leap(away)
        assert again.shown("allow_commands") in {"off", "none", "unavailable"}
        await again.passes(400)
        assert not board.locked and len(board.orders) == 1


async def test_a_kill_between_writing_and_reading_back_loses_no_return(
    hass_storage: dict[str, Any], life: Life
) -> None:
    board, disk = Daly(), dict[str, Any]()
    async with life([], {}) as home:
        owner = await owned(home, board)
        board.ordered = lambda _order: disk.update(deepcopy(hass_storage))
        await owner.order("discharge", "off", minutes=3)
        entry = owner.entry
        home.air.refuse.add(board.address)
        home.air.close()
    board.orders.clear()
    board.ordered = lambda _order: None
    hass_storage.clear()
    hass_storage.update(disk)
    async with life([entry], {}) as home:
        home.air.add(board)
        home.shout(board)
        (loaded,) = home.hass.config_entries.async_entries("mi_bms")
        await Owner(home, board, loaded).passes(400)
        assert not board.locked and len(board.orders) == 1


# --- somebody else decides ---------------------------------------------------------------------


@pytest.mark.parametrize("make", [Jbd, Jk, Daly], ids=["jbd", "jk", "daly"])
async def test_a_phone_has_the_last_word(home: Home, make: Any) -> None:
    owner = await owned(home, make())
    await owner.order("charge", "off", minutes=10)
    await owner.passes(60)
    owner.board.do({"charge": True})
    await owner.passes(120)
    owner.board.do({"charge": False})
    await owner.passes(900)
    assert owner.board.locked == {"charge"}
    assert len(owner.board.orders) == 1


async def test_a_command_without_a_time_ends_an_older_one(home: Home) -> None:
    owner = await owned(home, Daly())
    await owner.order("charge", "off", minutes=3)
    await owner.clock.run(STOPPED)
    await owner.order("charge", "on")
    await owner.clock.run(STOPPED)
    await owner.order("charge", "off")
    await owner.passes(600)
    assert owner.board.locked == {"charge"} and len(owner.board.orders) == 3


async def test_a_later_time_takes_the_place_of_an_earlier_one(home: Home) -> None:
    owner = await owned(home, Daly())
    await owner.order("charge", "off", minutes=3)
    await owner.clock.run(STOPPED)
    await owner.outcome("charge", "off", minutes=10)
    await owner.passes(300)
    assert owner.board.locked == {"charge"}
    await owner.passes(400)
    assert not owner.board.locked


def _late(board: Board, old: bytes, question: bytes) -> list[int]:
    """Let one old answer come first, when the question is asked the next time."""
    left = [1]

    def tamper(asked: bytes, answers: list[bytes]) -> list[bytes]:
        if left[0] and asked.startswith(question):
            left[0] -= 1
            return [old, *answers]
        return answers

    board.tamper = tamper
    return left


async def test_one_old_answer_of_a_poll_is_no_change_made_elsewhere(home: Home) -> None:
    board = Jbd()
    owner = await owned(home, board)
    old = board.report(0x03)
    await owner.order("charge", "off", minutes=5)
    left = _late(board, old, b"\xdd\xa5\x03")
    await owner.passes(120)
    assert left == [0]
    await owner.passes(300)
    assert not board.locked, "the return was lost to an old answer"


async def test_one_old_answer_at_the_return_does_not_fulfil_it(home: Home) -> None:
    board = Jbd()
    owner = await owned(home, board)
    old = board.report(0x03)
    told = await owner.order("charge", "off", minutes=5)
    await owner.passes(due(told) // 10 * 10 - 10)
    left = _late(board, old, b"\xdd\xa5\x03")
    await owner.passes(30)
    assert left == [0]
    await owner.passes(300)
    assert not board.locked, "the return was lost to an old answer"


async def test_one_old_record_of_a_stream_is_no_change_made_elsewhere(
    home: Home,
) -> None:
    board = Jk()
    owner = await owned(home, board)
    old = [*board.settings(), board.cells()]
    await owner.order("charge", "off", minutes=5)
    left = [1]

    def tamper(asked: bytes, answers: list[bytes]) -> list[bytes]:
        if left[0] and asked[4:5] == b"\x96":
            left[0] -= 1
            return [*old, *answers]
        return answers

    board.tamper = tamper
    await owner.passes(400)
    assert left == [0]
    assert not board.locked, "the return was lost to an old record"


# --- a battery that no longer tells its alarms ---------------------------------------------------


async def test_without_alarms_the_sentence_says_what_is_missing(home: Home) -> None:
    owner = await owned(home, DalyLegacy(), experimental=True)
    owner.board.locked, owner.board.silent = {"charge"}, {0x98}
    await owner.passes(60)
    with pytest.raises(HomeAssistantError) as caught:
        await owner.order("charge", "on")
    said = sentence(caught.value)
    assert "alarm" in said.lower(), said


async def test_a_return_does_not_wait_for_alarms(home: Home) -> None:
    """It gives back what was so before; the battery's own protections guard it."""
    owner = await owned(home, DalyLegacy(), experimental=True)
    await owner.order("charge", "off", minutes=2)
    owner.board.silent = {0x98}
    await owner.passes(200)
    assert not owner.board.locked and len(owner.board.orders) == 2


async def test_what_happened_is_written_down(home: Home) -> None:
    events: list[Any] = []
    home.hass.bus.async_listen("mi_bms_control", events.append)
    owner = await owned(home, Daly())
    await owner.order("charge", "off", minutes=2)
    await owner.refused("charge", "on")
    await owner.passes(200)
    assert len(events) >= 3
    told = await async_get_config_entry_diagnostics(home.hass, owner.entry)
    assert "too_soon" in str(told)
