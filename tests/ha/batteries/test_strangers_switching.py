"""Strangers try to break the switching of batteries, with boards of their own."""

import asyncio
from collections import Counter
from copy import deepcopy
from datetime import timedelta
from itertools import pairwise, product
from math import inf, nan
from typing import Any

from probatio import Invalid
import pytest

from custom_components.mi_bms.diagnostics import async_get_config_entry_diagnostics
from homeassistant.config_entries import ConfigEntryDisabler
from homeassistant.const import MATCH_ALL
from homeassistant.core import Context, Event
from homeassistant.exceptions import HomeAssistantError, Unauthorized
from homeassistant.helpers.json import json_bytes
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from tests.world.devices import KINDS

from ..banks.conftest import Owner
from ..face.conftest import Open, look
from ..home import Home
from ..lives import Life, ended, life
from ..people import limit, person
from ..secrets import Secrets
from .allowing import allow, arm, command, device_id, turn
from .strange_boards import CHARGE, DISCHARGE, Ant, Board, Jbd

ONE, TWO = "A5:C2:37:00:5A:01", "A5:C2:37:00:5A:02"
__all__ = ["life", "look"]  # fixtures


class House:
    """Hold a battery that may be switched and who lives with it."""

    def __init__(self, home: Home, board: Board, entry: Any) -> None:
        self.home, self.board, self.entry = home, board, entry

    async def arm(self) -> None:
        await arm(self.home, self.board)

    async def act(self, what: str, state: str, **more: Any) -> str:
        """Return the outcome, or the key of the refusal; within 20 s."""
        begun = self.home.clock.time
        try:
            done = await command(self.home, self.board, what, state, **more)
        except HomeAssistantError as err:
            return str(err.translation_key)
        finally:
            assert self.home.clock.time - begun <= 20.1
        return str(done["outcome"])

    async def listen(self, seconds: float, every: float = 10) -> None:
        await self.home.listen(self.board, round(seconds / every), every)


async def moved_in(home: Home, board: Board, answer: Any = None, **more: Any) -> House:
    entry = await home.add(board, answer)
    await home.clock.run(3)
    done = await allow(home, entry, **more)
    assert done["type"] == "create_entry"
    await home.clock.run(2)
    return House(home, board, entry)


# --- nothing is written unless it was allowed ----------------------------------------------------


async def test_nothing_is_there_until_it_is_allowed(home: Home) -> None:
    board = Jbd(ONE)
    entry = await home.add(board)
    await home.clock.run(3)
    for name in ("allow_commands", "charging_allowed", "discharging_allowed"):
        assert home.entity_id(board, name) is None
    house = House(home, board, entry)
    for what in ("charge", "discharge", "alarm", "heater", "balancer"):
        for state in ("on", "off"):
            assert await house.act(what, state, force=True) == "switch_not_allowed"
    await house.listen(120)
    assert board.frames == []


async def test_allowed_again_is_not_armed(home: Home) -> None:
    house = await moved_in(home, Jbd(ONE))
    await house.arm()
    await allow(home, house.entry, allow_switching=False)
    await home.clock.run(2)
    assert await house.act("charge", "off") == "switch_not_allowed"
    await allow(home, house.entry)
    await home.clock.run(2)
    assert home.value(house.board, "allow_commands") == "off"
    assert await house.act("charge", "off") == "switch_not_armed"
    with pytest.raises(HomeAssistantError):
        await turn(home, house.board, "charging_allowed", "off")
    assert house.board.frames == []


async def test_a_restart_is_not_armed(home: Home, life: Life) -> None:
    house = await moved_in(home, Jbd(ONE), arm_minutes=60)
    await house.arm()
    await ended(home)
    async with life([house.entry], {}) as second:
        second.air.add(house.board)
        await second.listen(house.board, 5, 5)
        again = House(second, house.board, house.entry)
        assert second.value(house.board, "allow_commands") == "off"
        assert await again.act("charge", "off") == "switch_not_armed"
    assert house.board.frames == []


@pytest.mark.parametrize(
    "door",
    ["disarm", "forbid", "release", "reading", "reload", "unload", "remove", "expire"],
)
async def test_who_forbids_it_while_it_is_connecting_is_heard(
    home: Home, door: str
) -> None:
    house = await moved_in(home, Jbd(ONE), arm_minutes=1)
    await home.clock.run(30)
    await house.arm()
    if door == "expire":
        await home.clock.run(57)
    home.air.delay = 6.0
    task = asyncio.ensure_future(house.act("charge", "off"))
    await home.clock.run(1)
    entries, entry = home.hass.config_entries, house.entry
    if door == "disarm":
        await turn(home, house.board, "allow_commands", "off")
    elif door == "forbid":
        await allow(home, entry, allow_switching=False)
    elif door == "release":
        data = {"device_id": device_id(home, house.board), "minutes": 10}
        await home.hass.services.async_call("mi_bms", "release", data, blocking=True)
    elif door == "reading":
        await turn(home, house.board, "reading", "off")
    elif door == "reload":
        await home.clock.wait(entries.async_reload(entry.entry_id))
    elif door == "unload":
        await home.clock.wait(entries.async_unload(entry.entry_id))
    elif door == "remove":
        await home.clock.wait(entries.async_remove(entry.entry_id))
    await home.clock.run(25)
    assert task.done()
    assert house.board.frames == []


DOORS = {
    "arm": ("switch", "turn_on", "allow_commands"),
    "switch": ("switch", "turn_off", "charging_allowed"),
    "toggle": ("switch", "toggle", "charging_allowed"),
    "all": ("homeassistant", "turn_off", "charging_allowed"),
    "action": ("mi_bms", "switch", None),
}


@pytest.mark.parametrize("kind", ["guest", "user"])
@pytest.mark.parametrize("door", DOORS)
async def test_who_may_not_control_it(home: Home, kind: str, door: str) -> None:
    house = await moved_in(home, Jbd(ONE))
    assert await async_setup_component(home.hass, "homeassistant", {})
    user, _ = await person(home.hass, kind)
    if kind == "user":
        limit(home.hass, user, {"entity_ids": {"light.other": True}})
    if door != "arm":
        await house.arm()
    domain, service, field = DOORS[door]
    data = {"device_id": device_id(home, house.board), "what": "charge", "state": "off"}
    if field is not None:
        data = {"entity_id": str(home.entity_id(house.board, field))}
    call = home.hass.services.async_call(
        domain, service, data, blocking=True, context=Context(user_id=user.id)
    )
    with pytest.raises(Unauthorized):
        await home.clock.wait(call)
    await home.clock.run(10)
    assert house.board.frames == []
    armed = home.value(house.board, "allow_commands")
    assert armed == ("off" if door == "arm" else "on")


def torn(question: bytes, answer: bytes) -> bytes:
    return answer[:-4] + bytes(4) if question[2] == 3 else answer


def silent(question: bytes, answer: bytes) -> bytes:
    return b"" if question[2] == 3 else answer


def cut(question: bytes, answer: bytes) -> bytes:
    return answer[:17] if question[2] == 3 else answer


def stranger(question: bytes, answer: bytes) -> bytes:
    return bytes.fromhex("d2037c0d1e") + bytes(40)


def refusing(question: bytes, answer: bytes) -> bytes:
    return bytes.fromhex("dd038000ff8077") if question[2] == 3 else answer


def cells_missing(question: bytes, answer: bytes) -> bytes:
    return b"" if question[2] == 4 else answer


@pytest.mark.parametrize(
    "spoil", [torn, silent, cut, stranger, refusing, cells_missing]
)
async def test_without_a_whole_reading_nothing_is_written(
    home: Home, spoil: Any
) -> None:
    house = await moved_in(home, Jbd(ONE))
    await house.listen(40)
    await house.arm()
    house.board.spoil = spoil
    found = await house.act("charge", "off")
    assert house.board.frames == []
    assert found in {"switch_unreachable", "switch_implausible"}


IMPOSSIBLE: dict[str, dict[str, Any]] = {
    "volts": {"volts": 650.0},
    "no volts": {"volts": 0.0},
    "percent": {"percent": 251},
    "too few cells": {"cells": 32},
}


@pytest.mark.parametrize("values", IMPOSSIBLE.values(), ids=IMPOSSIBLE)
async def test_an_impossible_reading(home: Home, values: dict[str, Any]) -> None:
    house = await moved_in(home, Jbd(ONE))
    await house.arm()
    for name, value in values.items():
        setattr(house.board, name, value)
    found = await house.act("charge", "off")
    assert house.board.frames == []
    assert found in {"switch_unreachable", "switch_implausible"}


async def test_another_board_under_the_address(home: Home) -> None:
    house = await moved_in(home, Jbd(ONE))
    await house.arm()
    other = Ant(ONE, "123456789abc")
    home.air.devices[ONE] = other
    home.shout(other)
    found = await house.act("charge", "off")
    assert other.frames == house.board.frames == []
    assert found == "switch_other_family"


async def test_asleep_or_gone(home: Home) -> None:
    house = await moved_in(home, Jbd(ONE))
    await house.arm()
    home.air.refuse.add(ONE)
    assert await house.act("charge", "off") == "switch_unreachable"
    await home.clock.run(30)
    home.air.refuse.clear()
    await house.listen(60)
    assert house.board.frames == []


async def test_of_two_batteries_only_the_one_meant(home: Home) -> None:
    first, second = await moved_in(home, Jbd(ONE)), await moved_in(home, Jbd(TWO))
    await first.arm()
    assert await second.act("charge", "off") == "switch_not_armed"
    assert await first.act("charge", "off") == "confirmed"
    assert second.board.frames == []
    assert len(first.board.frames) == 1


# --- what is written, and what is said of it -----------------------------------------------------

# Protections of either way alone and together, of both ways, and none.
WORDS = [0, 0x01, 0x02, 0x10, 0x40, 0x400, 0x800, 0x41, 0x3FF]
BITS = {"charge": CHARGE, "discharge": DISCHARGE}


def untrue(board: Jbd, what: str, state: str, found: str, before: int) -> str | None:
    """Return what is wrong with an outcome, None for nothing."""
    bit = BITS[what]
    if (board.locked ^ before) & ~bit:
        return "the other one was switched along"
    if len(board.frames) > 2:
        return "too many orders"
    if found in {"confirmed", "held"} and bool(board.locked & bit) != (state == "off"):
        return "said to be done"
    if found == "confirmed" and bool(board.conducting & bit) != (state == "on"):
        return "said to conduct"
    return None


@pytest.mark.parametrize("acts", [True, False])
@pytest.mark.parametrize("orders", ["e1", "fb"])
async def test_no_protection_becomes_a_lock(
    home: Home, orders: str, acts: bool
) -> None:
    board = Jbd(ONE, orders=orders)
    house = await moved_in(home, board)
    wrong, seen = [], Counter[str]()
    cases = product(WORDS, range(4), BITS, ("on", "off"))
    for word, locked, what, state in cases:
        board.locked = board.protections = 0
        board.acts = True
        await home.clock.leap(3700)
        # What the last one left to be put back is over.
        await house.listen(20)
        await house.arm()
        board.acts, board.locked, board.protections = acts, locked, word
        board.orders.clear()
        found = await house.act(what, state)
        seen[found] += 1
        if bad := untrue(board, what, state, found, locked):
            wrong.append((hex(word), locked, what, state, found, bad))
    assert not wrong
    assert seen["confirmed"] > 10
    assert seen["switch_other_unknown"] > 20 or orders == "fb"


async def test_a_second_try_knows_what_a_phone_did_meanwhile(home: Home) -> None:
    board = Jbd(ONE)
    house = await moved_in(home, board)
    await house.arm()
    board.acts = board.acknowledges = False

    def phone(_: str) -> None:
        board.acts, board.locked = True, board.locked | DISCHARGE
        board.after = lambda _: None

    board.after = phone
    found = await house.act("charge", "off")
    assert board.locked & DISCHARGE
    assert (found == "confirmed") == (board.locked == 3)
    assert len(board.frames) <= 2


@pytest.mark.parametrize("late", [0.5, 2.0, 4.0, 8.0, 30.0])
@pytest.mark.parametrize("acknowledges", [True, False])
@pytest.mark.parametrize("orders", ["e1", "fb"])
async def test_one_that_acts_late(
    home: Home, orders: str, late: float, acknowledges: bool
) -> None:
    board = Jbd(ONE, orders=orders)
    house = await moved_in(home, board)
    await house.arm()
    board.late, board.acknowledges = late, acknowledges
    found = await house.act("charge", "off")
    assert found == ("confirmed" if board.locked else "switch_failed")
    await house.listen(90)
    assert board.locked == CHARGE
    assert home.value(board, "charging_allowed") == "off"


async def test_a_board_that_never_tells_its_commands(home: Home) -> None:
    """Under a protection nobody can see whether it obeyed: it is tried until that has passed."""
    board: Any = KINDS["REDODO"](address=ONE, name="R-12100BNN100-A1")
    board.pack.step = lambda _seconds: None
    board.pack.current = 0.0
    house = await moved_in(home, board, experimental=True)
    await house.arm()
    assert await house.act("discharge", "off", minutes=3) == "confirmed"
    board.pack.trip("discharge_overtemperature", 1e9)
    board.obedience.manner.idle = True
    assert await house.act("discharge", "on") == "switch_too_soon"
    await home.clock.run(6)
    assert await house.act("discharge", "on") == "switch_unknown"
    await house.listen(300)
    assert board.pack.locked == {"discharge"}
    board.obedience.manner.idle = False
    board.pack.protections.clear()
    await house.listen(400)
    assert board.pack.locked == set()


@pytest.mark.parametrize("acts", [True, False])
@pytest.mark.parametrize("back", [True, False])
@pytest.mark.parametrize("orders", ["e1", "fb"])
async def test_a_link_lost_at_any_point(
    home: Home, orders: str, back: bool, acts: bool
) -> None:
    board = Jbd(ONE, orders=orders)
    house = await moved_in(home, board)
    board.acts = acts
    for count in range(14):
        await home.clock.leap(3700)
        home.air.refuse.clear()
        home.shout(board)
        await home.clock.run(10)
        board.locked = 0
        board.orders.clear()
        await house.arm()
        left = count

        def lose(question: bytes, answer: bytes) -> bytes:
            nonlocal left
            left -= 1
            if left < 0:
                board.spoil = lambda _, answer: answer
                if not back:
                    home.air.refuse.add(ONE)
                assert board.leave is not None
                board.leave()
                return b""
            return answer

        board.spoil = lose
        found = await house.act("discharge", "off", minutes=1)
        board.spoil = lambda _, answer: answer
        assert len(board.frames) <= 2
        if found == "confirmed":
            assert board.locked == DISCHARGE
        if found in {"switch_failed", "switch_unreachable"}:
            assert board.locked == 0
        home.air.refuse.clear()
        await house.listen(150)
        assert board.locked == 0


async def test_ten_at_once(home: Home) -> None:
    board = Jbd(ONE)
    house = await moved_in(home, board)
    await house.arm()
    tasks = [
        asyncio.ensure_future(house.act(what, state))
        for what in BITS
        for state in ("off", "on", "off", "on", "off")
    ]
    found = [await home.clock.wait(one) for one in tasks]
    times = [one.at for one in board.orders]
    assert all(b - a >= 5 for a, b in pairwise(times))
    assert set(found) <= {"confirmed", "switch_busy", "switch_too_soon"}
    assert found.count("confirmed") == len(board.frames)


async def test_a_switch_that_is_played_with(home: Home) -> None:
    board = Jbd(ONE)
    house = await moved_in(home, board)
    await house.arm()
    target = {"entity_id": home.entity_id(board, "charging_allowed")}
    services = home.hass.services
    tasks = []
    for _ in range(15):
        call = services.async_call("switch", "toggle", target, blocking=True)
        tasks.append(asyncio.ensure_future(call))
        await home.clock.run(0.3)
    await home.clock.run(25)
    done, late = await asyncio.wait(tasks, timeout=0)
    assert not late
    good = [one for one in done if one.exception() is None]
    assert len(good) == len(board.frames) >= 1
    assert len(board.frames) <= 5
    await house.listen(60)
    shown = home.value(board, "charging_allowed")
    assert shown == ("off" if board.locked & CHARGE else "on")


async def test_limits_hold_over_a_reload_and_a_restart(home: Home, life: Life) -> None:
    board = Jbd(ONE)
    house = await moved_in(home, board, arm_minutes=60)
    await house.arm()
    for n in range(20):
        found = await house.act("charge", ("off", "on")[n % 2])
        assert found == "confirmed", n
        await home.clock.run(5.1)
        if n % 7 == 6:
            await home.clock.wait(
                home.hass.config_entries.async_reload(house.entry.entry_id)
            )
            await home.clock.run(3)
            await house.arm()
    assert await house.act("charge", "off") == "switch_too_many"
    await ended(home)
    async with life([house.entry], {}) as second:
        second.air.add(board)
        await second.listen(board, 4, 5)
        again = House(second, board, house.entry)
        await again.arm()
        assert await again.act("charge", "off") == "switch_too_many"
    assert len(board.frames) == 20


async def test_too_soon_over_a_reload(home: Home) -> None:
    board = Jbd(ONE)
    house = await moved_in(home, board)
    await house.arm()
    assert await house.act("charge", "off") == "confirmed"
    await home.clock.wait(home.hass.config_entries.async_reload(house.entry.entry_id))
    await home.clock.settle()
    await house.arm()
    begun = board.orders[-1].at
    found = await house.act("charge", "on")
    assert found == "switch_too_soon" or board.orders[-1].at - begun >= 5


# --- what was switched for a time comes back -----------------------------------------------------


async def cut_off(home: Home, board: Jbd, minutes: float = 5, **more: Any) -> House:
    house = await moved_in(home, board, **more)
    await house.arm()
    assert await house.act("discharge", "off", minutes=minutes) == "confirmed"
    return house


@pytest.mark.parametrize("late", [8.0])
@pytest.mark.parametrize("acknowledges", [True, False])
async def test_one_that_acts_after_it_was_given_up_comes_back_too(
    home: Home, late: float, acknowledges: bool
) -> None:
    board = Jbd(ONE)
    house = await moved_in(home, board)
    await house.arm()
    board.late, board.acknowledges = late, acknowledges
    await house.act("discharge", "off", minutes=5)
    await house.listen(60)
    board.late = 0
    assert board.locked == DISCHARGE
    await house.listen(420)
    assert board.locked == 0


@pytest.mark.parametrize("days", [-3650, -1, 1, 3650])
async def test_a_clock_that_was_wrong_when_it_was_switched(
    home: Home, life: Life, days: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    board = Jbd(ONE)
    real = dt_util.utcnow
    with monkeypatch.context() as patch:
        patch.setattr(
            "homeassistant.util.dt.utcnow", lambda: real() + timedelta(days=days)
        )
        house = await cut_off(home, board, 10)
        await home.clock.run(60)
        await ended(home)
    async with life([house.entry], {}) as second:
        second.air.add(board)
        await second.listen(board, 80, 10)
        assert board.locked == 0


@pytest.mark.parametrize("days", [-3650, 3650])
async def test_a_clock_that_is_wrong_after_a_restart(
    home: Home, life: Life, days: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    board = Jbd(ONE)
    house = await cut_off(home, board, 10)
    await home.clock.run(60)
    await ended(home)
    real = dt_util.utcnow
    monkeypatch.setattr(
        "homeassistant.util.dt.utcnow", lambda: real() + timedelta(days=days)
    )
    async with life([house.entry], {}) as second:
        second.air.add(board)
        await second.listen(board, 80, 10)
        assert board.locked == 0


async def test_killed_and_options_off_and_asleep_and_back(
    home: Home, hass_storage: dict[str, Any], life: Life
) -> None:
    board = Jbd(ONE)
    house = await cut_off(home, board, 5)
    await allow(home, house.entry, allow_switching=False)
    await home.clock.run(5)
    files = deepcopy(hass_storage)
    await ended(home)
    hass_storage.clear()
    hass_storage.update(files)
    async with life([house.entry], {}) as second:
        second.air.add(board)
        second.air.refuse.add(ONE)
        await second.clock.run(1800)
        assert board.locked == DISCHARGE
        second.air.refuse.clear()
        await second.listen(board, 60, 10)
        assert board.locked == 0


async def test_a_phone_locks_the_other_one_before_it_comes_back(home: Home) -> None:
    board = Jbd(ONE)
    house = await cut_off(home, board)
    board.locked |= CHARGE
    await house.listen(400)
    assert board.locked == CHARGE


@pytest.mark.parametrize("word", [1 << bit for bit in range(12)])
async def test_it_comes_back_under_a_protection_without_locking(
    home: Home, word: int
) -> None:
    board = Jbd(ONE)
    house = await cut_off(home, board)
    await house.listen(30)
    board.protections = word
    await house.listen(400)
    board.protections = 0
    await house.listen(400)
    assert board.locked == 0


async def test_removed_asleep_and_added_again(home: Home) -> None:
    await home.add(Jbd(TWO))
    board = Jbd(ONE)
    house = await cut_off(home, board, 5)
    home.air.refuse.add(ONE)
    await home.clock.wait(home.hass.config_entries.async_remove(house.entry.entry_id))
    await home.clock.leap(86400)
    home.air.refuse.clear()
    await home.clock.run(30)
    again = House(home, board, await home.add(board))
    await again.listen(120)
    assert board.locked == 0


async def test_disabled_and_enabled(home: Home) -> None:
    board = Jbd(ONE)
    house = await cut_off(home, board, 5)
    entries = home.hass.config_entries
    await home.clock.wait(
        entries.async_set_disabled_by(house.entry.entry_id, ConfigEntryDisabler.USER)
    )
    await home.clock.leap(3600)
    await home.clock.wait(entries.async_set_disabled_by(house.entry.entry_id, None))
    await house.listen(60)
    assert board.locked == 0


async def test_reading_off_does_not_keep_it(home: Home) -> None:
    board = Jbd(ONE)
    house = await cut_off(home, board, 5)
    await turn(home, board, "reading", "off")
    await house.listen(420)
    await turn(home, board, "reading", "on")
    await house.listen(60)
    assert board.locked == 0


async def test_a_phone_while_it_was_not_heard(home: Home, life: Life) -> None:
    """On by a phone and off again by a phone, while nobody looked: nobody can know."""
    board = Jbd(ONE)
    house = await cut_off(home, board, 5)
    await ended(home)
    board.locked = 0
    async with life([house.entry], {}) as second:
        second.air.add(board)
        await second.listen(board, 6, 10)
        board.locked = DISCHARGE
        await second.listen(board, 60, 10)
        assert board.locked == DISCHARGE


async def test_two_returns_at_once(home: Home) -> None:
    board = Jbd(ONE)
    house = await cut_off(home, board, 5)
    await home.clock.run(6)
    assert await house.act("charge", "off", minutes=5) == "confirmed"
    assert board.locked == 3
    await house.listen(420)
    assert board.locked == 0
    assert len(board.frames) == 4


async def test_the_return_at_the_hourly_limit(home: Home) -> None:
    board = Jbd(ONE)
    house = await moved_in(home, board, arm_minutes=60)
    await house.arm()
    for n in range(19):
        await house.act("charge", ("off", "on")[n % 2])
        await home.clock.run(5.1)
    await house.act("discharge", "off", minutes=1)
    await house.listen(200)
    assert not board.locked & DISCHARGE


# --- passwords -----------------------------------------------------------------------------------

WORD, WRONG_WORD = "q7Zp3kVxW1mB", "n0tTh3R1ghtW"


async def everywhere(house: House, secrets: Secrets) -> None:
    """Look through what a house shows of a battery."""
    hass, entry = house.home.hass, house.entry
    secrets.look_at_states(hass)
    told = await async_get_config_entry_diagnostics(hass, entry)
    secrets.look("diagnostics", told)
    form = await house.home.options(entry, "switching")
    fields = form["data_schema"].schema
    for one, kind in fields.items():
        given = one.default() if callable(one.default) else None
        secrets.look("form", [vars(one), repr(given), repr(kind)])
    secrets.look("placeholders", form["description_placeholders"])
    secrets.look(
        "title", [entry.title, repr(entry), json_bytes(entry.as_json_fragment).decode()]
    )


@pytest.mark.parametrize("given", [WORD, WRONG_WORD])
async def test_a_password_is_never_shown(
    home: Home,
    look: Open,
    caplog: pytest.LogCaptureFixture,
    given: str,
) -> None:
    caplog.set_level("DEBUG")
    secrets = Secrets()
    secrets.add(WORD, WRONG_WORD)
    events: list[Event] = []
    home.hass.bus.async_listen(MATCH_ALL, events.append)
    board = Ant(ONE, WORD)
    house = await moved_in(home, board, control_password=given)
    guest = await look("guest")
    await guest.subscribe()
    await house.arm()
    for state in ("off", "on", "off"):
        try:
            secrets.look("answer", await command(home, board, "charge", state))
        except HomeAssistantError as err:
            secrets.look("error", [str(err), repr(err.translation_placeholders)])
        await home.clock.run(30)
    # A link that breaks in the middle of it.
    board.before = lambda _: board.leave and board.leave()
    await house.act("charge", "on")
    await house.listen(60)
    if given == WRONG_WORD:
        assert board.tries.said == [WRONG_WORD] * 2
    else:
        assert set(board.tries.said) == {WORD}
        assert len(board.frames) >= 3
    await guest.news()
    secrets.look("websocket", guest.messages)
    secrets.look("events", [one.as_dict() for one in events])
    await everywhere(house, secrets)
    await home.clock.wait(home.hass.config_entries.async_reload(house.entry.entry_id))
    await everywhere(house, secrets)
    secrets.look_at_log(caplog.records)
    assert secrets.hits == []
    assert secrets.looked > 10_000


@pytest.mark.parametrize("word", ["ü" * 12, "x" * 500, "a\x00b", "' OR 1=1", "{name}"])
async def test_a_strange_password_is_refused_or_wrong(home: Home, word: str) -> None:
    board = Ant(ONE, WORD)
    entry = await home.add(board)
    await home.clock.run(3)
    done = await allow(home, entry, control_password=word)
    house = House(home, board, entry)
    if done["type"] == "form":
        assert done["errors"]
        return
    await house.arm()
    found = await house.act("charge", "off")
    assert found in {"switch_wrong_password", "switch_unreachable"}
    assert board.frames == []


# --- what nobody should be able to ask for --------------------------------------------------------

HOSTILE: list[dict[str, Any]] = [
    {"minutes": one}
    for one in (
        nan,
        inf,
        -inf,
        -1,
        0,
        1e308,
        10**400,
        -(10**400),
        "1" * 400,
        10081,
        "nan",
        "5; off",
        [],
        {},
        None,
        "",
    )
]
HOSTILE += [
    {"what": one}
    for one in (
        "CHARGE",
        "charge ",
        "restart",
        "shutdown",
        "",
        None,
        1,
        ["charge"],
        {"a": 1},
        "chargé",
        "alarm\n",
    )
]
HOSTILE += [{"state": one} for one in ("toggle", "", None, [], "offf", {"on": 1})]
HOSTILE += [
    {"device_id": one} for one in ("", "none", None, 5, [], {}, "../..", "x" * 9999)
]
HOSTILE += [{"force": one} for one in ("perhaps", [], 2.5, {})]
HOSTILE += [{"frame": "dd5a0a020300fff177"}, {"address": TWO}]


async def test_hostile_words(home: Home) -> None:
    board = Jbd(ONE)
    house = await moved_in(home, board)
    await house.arm()
    usual = {"device_id": device_id(home, board), "what": "charge", "state": "off"}
    wrong = []
    for more in HOSTILE:
        call = home.hass.services.async_call(
            "mi_bms", "switch", usual | more, blocking=True, return_response=True
        )
        try:
            await home.clock.wait(call)
        except Invalid, HomeAssistantError:
            pass
        except Exception as err:  # noqa: BLE001
            wrong.append((str(more)[:80], repr(err)[:200]))
        else:
            wrong.append((str(more)[:80], "taken", board.frames))
        await home.clock.run(6)
    assert wrong == []
    assert board.frames == []


async def test_devices_that_are_no_battery(home: Home) -> None:
    sensor = KINDS["ATC1441"](address="A4:C1:38:00:5A:03")
    await home.add(sensor)
    board = Jbd(ONE)
    house = await moved_in(home, board)
    await house.arm()
    data = {
        "device_id": device_id(home, sensor),
        "what": "charge",
        "state": "off",
    }
    call = home.hass.services.async_call("mi_bms", "switch", data, blocking=True)
    with pytest.raises(HomeAssistantError) as caught:
        await home.clock.wait(call)
    assert caught.value.translation_key
    assert board.frames == []


async def test_a_hostile_name(home: Home) -> None:
    board = Jbd(ONE, name="JBD-{0.__x__}<b>%s")
    house = await moved_in(home, board)
    assert await house.act("charge", "off") == "switch_not_armed"
    await house.arm()
    assert await house.act("charge", "off") == "confirmed"
    with pytest.raises(HomeAssistantError) as caught:
        await command(home, board, "charge", "on")
    assert caught.value.translation_key == "switch_too_soon"


async def test_words_that_a_switch_does_not_know(home: Home) -> None:
    board = Jbd(ONE)
    house = await moved_in(home, board)
    target = {"entity_id": home.entity_id(board, "charging_allowed")}
    automation = Context(parent_id=Context().id)
    for context in (None, automation, Context(user_id="nobody")):
        call = home.hass.services.async_call(
            "switch", "turn_off", target, blocking=True, context=context
        )
        with pytest.raises((HomeAssistantError, Unauthorized)):
            await home.clock.wait(call)
    assert board.frames == []
    await house.arm()
    call = home.hass.services.async_call(
        "switch", "turn_off", target, blocking=True, context=automation
    )
    await home.clock.wait(call)
    assert len(board.frames) == 1


# --- a charge window, and several as one ---------------------------------------------------------

WINDOW: dict[str, Any] = {
    "charge_window": True,
    "window_low": 60,
    "window_high": 80,
    "weekly_full": False,
    "holiday_low": 40,
    "holiday_high": 60,
}


async def windowed(home: Home, board: Jbd) -> House:
    house = await moved_in(home, board)
    form = await home.options(house.entry, "charge_window")
    done = await home.set_options(form, WINDOW)
    assert done["type"] == "create_entry", done
    await house.listen(60)
    return house


@pytest.mark.parametrize("orders", ["e1", "fb"])
async def test_a_window_lets_go_without_fresh_readings(home: Home, orders: str) -> None:
    board = Jbd(ONE, orders=orders)
    house = await windowed(home, board)
    board.percent = 85
    await house.listen(90)
    assert board.locked == CHARGE
    # It still connects, but nothing that it says can be read.
    board.spoil = torn
    await house.listen(900)
    board.spoil = lambda _, answer: answer
    await house.listen(60)
    if board.locked:
        # Read again before it was let go: it is above the limit, and may be blocked.
        assert home.value(board, "window_status") == "blocked"
    home.air.refuse.add(ONE)
    await home.clock.run(1800)
    assert home.value(board, "window_status") in {"releasing", "no_reading"}
    board.percent = 70
    home.air.refuse.clear()
    await house.listen(120)
    assert board.locked == 0


@pytest.mark.parametrize("door", ["option", "forbid", "unload", "remove", "switch"])
async def test_a_window_that_ends_leaves_charging_allowed(
    home: Home, door: str
) -> None:
    board = Jbd(ONE)
    house = await windowed(home, board)
    board.percent = 85
    await house.listen(90)
    assert board.locked == CHARGE
    entries, entry = home.hass.config_entries, house.entry
    if door == "option":
        form = await home.options(entry, "charge_window")
        await home.set_options(form, WINDOW | {"charge_window": False})
    elif door == "forbid":
        await allow(home, entry, allow_switching=False)
    elif door == "switch":
        await turn(home, board, "charge_window", "off")
    elif door == "unload":
        await home.clock.wait(entries.async_unload(entry.entry_id))
    else:
        await home.clock.wait(entries.async_remove(entry.entry_id))
    await house.listen(90)
    assert board.locked == 0


async def test_a_window_does_nothing_to_what_is_not_charging(home: Home) -> None:
    """Discharging is never touched, whatever a phone did to it."""
    board = Jbd(ONE)
    house = await windowed(home, board)
    board.locked = DISCHARGE
    for percent in (85, 50, 85, 50):
        board.percent = percent
        await house.listen(120)
        assert board.locked & DISCHARGE
    assert board.locked == DISCHARGE


@pytest.mark.parametrize("fault", ["idle", "gone", "refuses", "mute after"])
async def test_all_of_a_bank_or_none(home: Home, fault: str) -> None:
    boards = [
        Jbd(f"A5:C2:37:00:5B:0{n}", orders="fb", name=f"JBD-S{n}") for n in (1, 2, 3)
    ]
    houses = [await moved_in(home, board) for board in boards]
    owner = Owner(home)
    bank = await owner.combine(*(board.address for board in boards))
    for house in houses:
        await house.arm()
    await home.clock.run(30)
    last = boards[-1]

    def gone(_: str) -> None:
        home.air.refuse.add(last.address)
        assert last.leave is not None
        last.leave()

    if fault == "idle":
        last.acts = False
    elif fault == "refuses":
        last.status = 0x81
    elif fault == "gone":
        home.air.refuse.add(last.address)
    else:
        last.after = gone
    data = {"device_id": owner.device(bank).id, "what": "discharge", "state": "off"}
    call = home.hass.services.async_call("mi_bms", "switch", data, blocking=True)
    begun = home.clock.time
    with pytest.raises(HomeAssistantError):
        await home.clock.wait(call)
    assert home.clock.time - begun <= 21 * len(boards)
    last.after = lambda _: None
    last.status = 0
    home.air.refuse.clear()
    for _ in range(40):
        for house in houses:
            home.shout(house.board)
        await home.clock.run(10)
    assert [board.locked for board in boards] == [0, 0, 0]
