"""Who may command, when, and with which word: passwords, guests, the time that commands are allowed."""

import asyncio
from itertools import pairwise
import json
import logging
from typing import Any

import pytest

from custom_components.mi_bms.diagnostics import async_get_config_entry_diagnostics
from homeassistant.config_entries import ConfigEntryDisabler
from homeassistant.core import Context, Event
from homeassistant.exceptions import HomeAssistantError

from ..banks.conftest import Owner as BankOwner
from ..home import Home
from .command_boards import Jbd
from .command_boards_more import Ant, Daly
from .command_house import STOPPED, Owner, owned, sentence

WRONG = "Hx4-barracud"


async def together(owner: Owner, *calls: Any) -> list[str]:
    """Give commands at once; return the outcome or the refusal of each."""
    told = await owner.clock.wait(asyncio.gather(*calls, return_exceptions=True))
    return [
        str(one.translation_key) if isinstance(one, HomeAssistantError) else "done"
        for one in told
    ]


# --- the password ----------------------------------------------------------------------------


async def test_the_right_password_is_spoken_before_the_order(home: Home) -> None:
    owner = await owned(home, Ant())
    await owner.order("charge", "off")
    links = [(link, data[2]) for _, link, data in owner.board.heard if data[0] == 0x7E]
    (at,) = [link for link, function in links if function == 0x51]
    here = [function for link, function in links if link == at]
    assert here.index(0x23) < here.index(0x51)
    assert owner.board.locked == {"charge"}


async def test_no_password_without_consent(home: Home) -> None:
    board = Ant()
    entry = await home.add(board)
    owner = Owner(home, board, entry)
    form = await owner.allow()
    assert form["errors"] and "password_needed" in form["errors"].values()
    form = await owner.allow(control_password=WRONG, factory_password=True)
    assert form["errors"] and "password_twice" in form["errors"].values()
    assert not board.spoken and owner.entity("allow_commands") is None


async def test_the_factory_password_is_used_where_it_is_ticked(home: Home) -> None:
    owner = await owned(home, Ant(word="123456789abc"), factory_password=True)
    assert (await owner.order("discharge", "off"))["outcome"] == "confirmed"


async def test_a_wrong_password_is_told_and_not_tried_a_third_time(home: Home) -> None:
    owner = await owned(home, Ant(), control_password=WRONG)
    assert await owner.refused("charge", "off") == "switch_wrong_password"
    assert "control_password_wrong" in owner.issues()
    for _ in range(3):
        await owner.clock.run(STOPPED)
        assert await owner.refused("charge", "off") == "switch_wrong_password"
    await home.clock.wait(home.hass.config_entries.async_reload(owner.entry.entry_id))
    await owner.clock.run(5)
    await owner.arm()
    assert await owner.refused("discharge", "off") == "switch_wrong_password"
    await owner.passes(600)
    assert len(owner.board.spoken) <= 2
    assert not owner.board.orders and not owner.board.locked


async def test_a_wrong_password_given_again_is_still_wrong(home: Home) -> None:
    """The same word in the options is no new one to a board that locks itself."""
    owner = await owned(home, Ant(), control_password=WRONG)
    await owner.refused("charge", "off")
    await owner.allow(arm_minutes=20)
    await owner.arm()
    await owner.clock.run(STOPPED)
    assert await owner.refused("charge", "off") == "switch_wrong_password"
    assert len(owner.board.spoken) <= 2


async def test_a_password_that_is_typed_again_is_tried_again(home: Home) -> None:
    owner = await owned(home, Ant())
    right = owner.board.word
    owner.board.word, owner.board.falls_silent = WRONG, False
    assert await owner.refused("charge", "off") == "switch_wrong_password"
    assert len(owner.board.spoken) == 2
    owner.board.word, owner.board.spoken[:] = right, []
    await owner.clock.run(STOPPED)
    assert await owner.refused("charge", "off") == "switch_wrong_password"
    assert not owner.board.spoken
    await owner.allow(control_password=right)
    await owner.arm()
    await owner.clock.run(STOPPED)
    assert "control_password_wrong" not in owner.issues()
    assert (await owner.order("charge", "off"))["outcome"] == "confirmed"


async def test_a_password_that_was_right_and_gets_lost_twice_is_no_wrong_one(
    home: Home,
) -> None:
    owner = await owned(home, Ant())
    assert await owner.outcome("charge", "off") == "confirmed"
    # As if it had not been heard: the board goes on answering, and obeys nothing.
    right, owner.board.word, owner.board.falls_silent = owner.board.word, "", False
    for _ in range(3):
        await owner.clock.run(STOPPED)
        spoken = len(owner.board.spoken)
        assert await owner.outcome("charge", "on") == "switch_failed"
        assert len(owner.board.spoken) == spoken + 2
    owner.board.word = right
    await owner.clock.run(STOPPED)
    assert await owner.outcome("charge", "on") == "confirmed"


async def test_a_new_password_is_tried_and_ends_the_repair(home: Home) -> None:
    owner = await owned(home, Ant(), control_password=WRONG)
    await owner.refused("charge", "off")
    await owner.allow(control_password=owner.board.word)
    await owner.arm()
    await owner.clock.run(STOPPED)
    assert (await owner.order("charge", "off"))["outcome"] == "confirmed"
    assert "control_password_wrong" not in owner.issues()


async def test_a_lost_answer_to_a_right_password_locks_nobody_out(home: Home) -> None:
    owner = await owned(home, Ant())
    owner.board.tamper = lambda asked, answers: [] if asked[2] == 0x23 else answers
    assert await owner.outcome("charge", "off") == "confirmed"
    assert owner.board.locked == {"charge"}
    owner.board.tamper = lambda _asked, answers: answers
    await owner.clock.run(STOPPED)
    assert await owner.outcome("discharge", "off") == "confirmed"


async def test_a_board_that_passes_over_a_wrong_password_hears_no_second_command(
    home: Home,
) -> None:
    """Its page says that it falls silent: one that does not may have lost the frame, but not twice."""
    owner = await owned(home, Ant(), control_password=WRONG)
    owner.board.falls_silent = False
    assert await owner.refused("charge", "off") == "switch_wrong_password"
    spoken = len(owner.board.spoken)
    assert spoken <= 2
    await owner.clock.run(STOPPED)
    assert await owner.refused("charge", "off") == "switch_wrong_password"
    assert len(owner.board.spoken) == spoken and not owner.board.locked


@pytest.mark.parametrize("word", [WRONG, ""])
async def test_the_password_is_shown_nowhere(
    home: Home, caplog: pytest.LogCaptureFixture, word: str
) -> None:
    caplog.set_level(logging.DEBUG)
    events: list[Event] = []
    home.hass.bus.async_listen("*", events.append)
    board = Ant()
    owner = await owned(home, board, **({"control_password": word} if word else {}))
    secrets = [one for one in (word, board.word) if one]
    try:
        await owner.order("charge", "off")
    except HomeAssistantError as err:
        shown = [sentence(err), str(err), repr(err.__cause__), repr(err.__context__)]
    else:
        shown = []
    told = await async_get_config_entry_diagnostics(home.hass, owner.entry)
    shown += [json.dumps(told, default=str), caplog.text]
    shown += [str(one.as_dict()) for one in home.hass.states.async_all()]
    # What Home Assistant itself tells of an entry has its title and no data.
    shown += [str(one.data) for one in events if one.event_type != "call_service"]
    shown.append(str(await home.options(owner.entry, "switching")))
    for secret in secrets:
        for text in (secret, secret.encode().hex(), secret.encode().hex(" ")):
            assert not [one for one in shown if text.lower() in one.lower()], text


# --- the time in which commands are allowed ------------------------------------------------------


@pytest.mark.parametrize("minutes", [1, 10])
async def test_nothing_after_the_time_ran_out(home: Home, minutes: int) -> None:
    owner = await owned(home, Daly(), arm_minutes=minutes)
    await owner.passes(minutes * 60 + 10)
    assert owner.shown("allow_commands") == "off"
    assert await owner.refused("charge", "off") == "switch_not_armed"
    assert not owner.board.orders


async def test_nothing_when_the_time_runs_out_during_the_connection(home: Home) -> None:
    owner = await owned(home, Daly(), arm_minutes=1)
    await owner.passes(50)
    await owner.clock.run(6)
    assert owner.shown("allow_commands") == "on"
    home.air.delay = 5
    told = await owner.refused("charge", "off")
    assert told == "switch_not_armed" and not owner.board.orders


async def test_nothing_when_somebody_takes_it_back_meanwhile(home: Home) -> None:
    owner = await owned(home, Daly())
    home.air.delay = 8
    told, _ = await together(
        owner, owner.call("charge", "off"), owner.turn("allow_commands", on=False)
    )
    assert told == "switch_not_armed"
    await owner.passes(60)
    assert not owner.board.orders


async def test_nothing_when_the_option_goes_meanwhile(home: Home) -> None:
    owner = await owned(home, Daly())
    home.air.delay = 8
    device = owner.device
    told, _ = await together(
        owner, owner.call("charge", "off"), owner.allow(allow_switching=False)
    )
    assert told != "done"
    home.air.delay = 0
    await owner.passes(60)
    assert not owner.board.orders
    assert owner.entity("charging_allowed") is None
    assert await owner.refused("charge", "off", device_id=device) == (
        "switch_not_allowed"
    )


@pytest.mark.parametrize("way", ["reload", "unload", "disable"])
async def test_nothing_when_the_entry_goes_meanwhile(home: Home, way: str) -> None:
    owner = await owned(home, Daly())
    entries, wanted = home.hass.config_entries, owner.entry.entry_id
    home.air.delay = 8
    gone = {
        "reload": lambda: entries.async_reload(wanted),
        "unload": lambda: entries.async_unload(wanted),
        "disable": lambda: entries.async_set_disabled_by(
            wanted, ConfigEntryDisabler.USER
        ),
    }[way]
    told, _ = await together(owner, owner.call("charge", "off"), gone())
    assert told != "done"
    home.air.delay = 0
    await owner.passes(120)
    assert not owner.board.orders
    if way == "reload":
        assert owner.shown("allow_commands") == "off"
        assert await owner.refused("charge", "off") == "switch_not_armed"


async def test_arming_again_takes_new_time_and_off_ends_it_at_once(home: Home) -> None:
    owner = await owned(home, Daly(), arm_minutes=1)
    await owner.passes(50)
    await owner.arm()
    await owner.passes(30)
    assert (await owner.order("charge", "off"))["outcome"] == "confirmed"
    await owner.turn("allow_commands", on=False)
    await owner.clock.run(STOPPED)
    assert await owner.refused("charge", "on") == "switch_not_armed"
    assert await _by_entity(owner, on=True) == "switch_not_armed"
    assert len(owner.board.orders) == 1


async def test_five_seconds_between_two_and_twenty_within_an_hour(home: Home) -> None:
    owner = await owned(home, Daly(), arm_minutes=60)
    await owner.order("charge", "off")
    assert await owner.refused("charge", "on") == "switch_too_soon"
    for number in range(19):
        await owner.clock.run(STOPPED)
        await owner.order("charge", "off" if number % 2 else "on")
    await owner.clock.run(STOPPED)
    assert await owner.refused("charge", "off") == "switch_too_many"
    assert len(owner.board.orders) == 20


async def _by_entity(owner: Owner, *, on: bool, context: Context | None = None) -> str:
    try:
        await owner.turn("charging_allowed", on=on, context=context)
    except HomeAssistantError as err:
        return str(err.translation_key)
    return "done"


# --- two at once -----------------------------------------------------------------------------


async def test_two_at_once_are_one_after_the_other(home: Home) -> None:
    """The second is judged by a reading of its own, five seconds later, or refused."""
    owner = await owned(home, Daly())
    told = await together(
        owner, owner.call("charge", "off"), owner.call("discharge", "off")
    )
    assert "done" in told
    await owner.passes(60)
    wanted = {
        what
        for what, one in zip(("charge", "discharge"), told, strict=True)
        if one == "done"
    }
    assert owner.board.locked == wanted
    written = [at for at, _, data in owner.board.heard if data[1] == 0x06]
    assert len(written) == len(wanted)
    assert all(later - at >= 5 for at, later in pairwise(written))


async def test_switch_and_action_at_once_end_as_the_last_order_says(home: Home) -> None:
    owner = await owned(home, Daly())
    told = await together(
        owner, owner.turn("charging_allowed", on=False), owner.call("charge", "on")
    )
    assert "done" in told and {*told} <= {"done", "switch_busy"}
    last = {"charge"} if owner.board.orders[-1][5] == 0 else set[str]()
    assert owner.board.locked == last
    assert len(owner.board.orders) <= 2


async def bank_of_two(home: Home) -> tuple[Owner, Owner, Owner]:
    """Return two batteries that may be switched, and their bank."""
    one, two = await owned(home, Jbd(1)), await owned(home, Jbd(2))
    owner = BankOwner(home)
    bank = await owner.combine(one.board.address, two.board.address)
    return one, two, Owner(home, None, bank)


async def test_two_batteries_of_a_bank_at_once_do_not_mix(home: Home) -> None:
    one, two, _ = await bank_of_two(home)
    told = await together(
        one, one.call("charge", "off"), two.call("discharge", "off", minutes=5)
    )
    assert told == ["done", "done"]
    assert (one.board.locked, two.board.locked) == ({"charge"}, {"discharge"})


async def test_a_bank_and_one_of_it_at_once_do_what_is_told_of_them(
    home: Home,
) -> None:
    one, two, bank = await bank_of_two(home)
    whole, alone = await together(
        one, bank.call("charge", "off"), one.call("discharge", "off")
    )
    await one.passes(60)
    assert [one.board.locked, two.board.locked] == [
        ({"charge"} if whole == "done" else set())
        | ({"discharge"} if alone == "done" else set()),
        {"charge"} if whole == "done" else set(),
    ]
    at = [when for when, _, data in one.board.heard if data[1] == 0x5A]
    assert all(later - when >= 5 for when, later in pairwise(at)), (whole, alone, at)


async def test_a_bank_with_one_that_is_not_armed_switches_none(home: Home) -> None:
    one, two, bank = await bank_of_two(home)
    await two.turn("allow_commands", on=False)
    assert await bank.refused("charge", "off") == "switch_not_armed"
    assert not one.board.orders and not two.board.orders
