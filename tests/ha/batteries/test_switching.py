"""Switch a battery that obeys: what is written, what is refused and why, and what is known afterwards."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from custom_components.mi_bms.proto.control.rate import MOST
from tests.world.devices.orders import Order

from ..home import Home
from .guarded import CHARGE_OFF, DISCHARGE_OFF, RELEASED, Guarded, armed, guarded
from .test_batteries import ADDRESS, WORD, poll, report, still


async def test_a_command_is_read_written_and_read_back(home: Home) -> None:
    one = await armed(home)
    assert await one.act("charge", "off") == "confirmed"
    assert one.locked == {"charge"}
    assert one.orders == [CHARGE_OFF]
    assert home.value(one.device, "chrg_mosfet") == "off"
    assert home.value(one.device, "charging_allowed") == "off"
    assert home.value(one.device, "discharging_allowed") == "on"
    assert one.happened() == ["command", "outcome"]
    assert one.told[0] == {
        "device_id": one.told[0]["device_id"],
        "happening": "command",
        "target": "charge",
        "state": "off",
        "by": "automation",
    }
    assert one.told[1]["outcome"] == "confirmed"
    await home.clock.run(10)
    assert await one.act("charge", "on") == "confirmed"
    assert one.locked == set()
    assert one.orders == [CHARGE_OFF, RELEASED]


async def test_a_board_of_the_other_language(home: Home) -> None:
    one = await armed(home, still(orders="fb"))
    assert await one.act("charge", "off") == "confirmed"
    assert one.locked == {"charge"}
    assert one.orders == [CHARGE_OFF, "dd5afb020101ff0177"]


async def test_what_is_off_stays_off_when_the_other_one_is_switched(home: Home) -> None:
    """The board has one word for both: nobody is switched along."""
    one = await armed(home)
    await one.act("charge", "off")
    await home.clock.run(10)
    assert await one.act("discharge", "off") == "confirmed"
    assert one.locked == {"charge", "discharge"}
    await home.clock.run(10)
    assert await one.act("charge", "on") == "confirmed"
    assert one.locked == {"discharge"}


async def test_what_a_protection_holds_is_not_locked_along(home: Home) -> None:
    one = await armed(home)
    one.device.pack.trip("charge_overtemperature", 1e9)
    assert await one.act("discharge", "off") == "confirmed"
    assert one.locked == {"discharge"}


# --- refused before anything is read ------------------------------------------------------------


async def test_not_armed(home: Home) -> None:
    one = await guarded(home)
    assert await one.act("charge", "off") == "switch_not_armed"
    assert one.told[-1]["happening"] == "refused"
    assert one.told[-1]["refusal"] == "not_armed"
    assert one.orders == []


async def test_arming_ends_by_itself_and_with_a_reload(home: Home) -> None:
    one = await guarded(home, arm_minutes=2)
    await one.arm()
    await home.clock.run(119)
    assert home.value(one.device, "allow_commands") == "on"
    await home.clock.run(2)
    assert home.value(one.device, "allow_commands") == "off"
    assert one.happened() == ["armed", "disarmed"]
    assert one.told[0]["minutes"] == 2
    assert await one.act("charge", "off") == "switch_not_armed"
    await one.arm()
    await one.reload()
    await home.clock.run(3)
    assert home.value(one.device, "allow_commands") == "off"
    assert await one.act("charge", "off") == "switch_not_armed"
    assert one.orders == []


async def test_not_allowed_any_more(home: Home) -> None:
    one = await armed(home)
    options = {**one.entry.options, "allow_switching": False}
    home.hass.config_entries.async_update_entry(one.entry, options=options)
    one.entry.runtime_data.async_take_options()
    assert await one.act("charge", "off") == "switch_not_allowed"
    assert one.happened() == ["disarmed", "refused"]
    assert one.orders == []


async def test_what_this_type_does_not_have(home: Home) -> None:
    one = await armed(home)
    assert await one.act("balancer", "off") == "switch_not_offered"
    # Clearing alarms is experimental.
    assert await one.act("alarm", "off") == "switch_not_offered"
    assert one.orders == []


async def test_left_to_the_app(home: Home) -> None:
    one = await armed(home)
    one.entry.runtime_data.async_release_for(5)
    assert await one.act("charge", "off") == "switch_released"
    assert one.orders == []


async def test_another_type_of_battery_by_now(home: Home) -> None:
    one = await armed(home)
    home.hass.config_entries.async_update_entry(
        one.entry, data={**one.entry.data, "family": "daly"}
    )
    assert await one.act("charge", "off") == "switch_other_family"
    assert one.orders == []


async def test_too_soon_and_too_many(home: Home) -> None:
    one = await armed(home, arm_minutes=60)
    for n in range(MOST):
        assert await one.act("charge", ("off", "on")[n % 2]) == "confirmed"
        if not n:
            assert await one.act("charge", "off") == "switch_too_soon"
        await home.clock.run(6)
    assert len(one.orders) == MOST
    assert await one.act("charge", "off") == "switch_too_many"
    await one.reload()
    await home.clock.run(3)
    await one.arm()
    assert await one.act("charge", "off") == "switch_too_many"
    await one.listen(3600, every=30)
    await one.arm()
    assert await one.act("charge", "off") == "confirmed"


# --- refused by what the battery says ------------------------------------------------------------


async def test_a_load_is_cut_off_by_force_only(home: Home) -> None:
    one = await armed(home)
    one.device.pack.current = -25.0
    assert await one.act("discharge", "off") == "switch_load_flows"
    assert one.orders == []
    assert await one.act("discharge", "off", force=True) == "confirmed"
    assert one.orders == [DISCHARGE_OFF]


async def test_it_is_judged_by_what_it_says_now(home: Home) -> None:
    """What was read before is never good enough."""
    one = await armed(home)
    await poll(home, one.device)
    await home.clock.run(8)
    one.device.pack.current = -25.0
    assert home.value(one.device, "current") == "0.0"
    assert await one.act("discharge", "off") == "switch_load_flows"
    assert home.value(one.device, "current") == "-25.0"


async def test_what_home_assistant_runs_on(home: Home) -> None:
    one = await armed(home, powers_home=True)
    assert await one.act("discharge", "off") == "switch_powers_home"
    found = await one.act("discharge", "off", force=True, minutes=31)
    assert found == "switch_powers_home_too_long"
    assert one.orders == []
    assert await one.act("discharge", "off", force=True, minutes=30) == "confirmed"


@pytest.mark.parametrize(
    ("trip", "what", "refusal"),
    [
        ("cell_overvoltage", "charge", "switch_charge_protection"),
        ("cell_undervoltage", "discharge", "switch_undervoltage"),
    ],
)
async def test_a_protection_refuses_what_it_holds(
    home: Home, trip: str, what: str, refusal: str
) -> None:
    one = await armed(home)
    one.device.pack.locked = {"charge", "discharge"}
    one.device.pack.trip(trip, 1e9)
    assert await one.act(what, "on") == refusal
    assert one.orders == []


async def test_too_cold_to_charge(home: Home) -> None:
    device = still()
    device.pack.temperature = -5.0
    one = await armed(home, device)
    assert await one.act("charge", "on") == "switch_too_cold"
    assert one.orders == []


async def test_whether_the_other_one_is_locked_cannot_be_known(home: Home) -> None:
    one = await armed(home)
    one.device.pack.locked = {"discharge"}
    one.device.pack.trip("charge_overtemperature", 1e9)
    assert await one.act("discharge", "on") == "switch_other_unknown"
    assert one.orders == []
    assert one.locked == {"discharge"}
    assert one.happened() == ["command", "refused"]


async def test_what_it_says_cannot_be(home: Home) -> None:
    one = await armed(home)
    one.device.pack.temperature = 140.0
    assert await one.act("charge", "off") == "switch_implausible"
    assert one.orders == []


# --- reached, or not -----------------------------------------------------------------------------


async def test_one_that_cannot_be_reached(home: Home) -> None:
    one = await armed(home)
    home.air.refuse.add(ADDRESS)
    begun = home.clock.time
    failures = (await report(home, one.entry))["failures"]
    assert not failures
    assert await one.act("charge", "off") == "switch_unreachable"
    assert home.clock.time - begun < 13
    # It was tried more than once, but not without a break: that would make it wait for long.
    assert 2 <= (await report(home, one.entry))["failures"]["connect"] <= 5
    # Nothing is written when it comes back.
    home.air.refuse.clear()
    await one.listen(60)
    assert one.orders == []
    assert one.told[-1]["refusal"] == "unreachable"


async def test_one_that_falls_silent(home: Home) -> None:
    one = await armed(home)
    home.air.faults[ADDRESS].mute = True
    assert await one.act("charge", "off") == "switch_unreachable"
    home.air.faults[ADDRESS].mute = False
    await one.listen(60)
    assert one.orders == []


async def test_a_reading_that_fails_once_is_made_again(home: Home) -> None:
    one = await armed(home)
    home.air.refuse.add(ADDRESS)
    done = one.later("charge", "off")
    await home.clock.run(3)
    home.air.refuse.clear()
    assert await home.clock.wait(done) == "confirmed"


async def test_released_while_it_waits(home: Home) -> None:
    one = await armed(home)
    home.air.refuse.add(ADDRESS)
    done = one.later("charge", "off")
    await home.clock.run(2)
    one.entry.runtime_data.async_release_for(1)
    home.air.refuse.clear()
    assert await home.clock.wait(done) == "switch_released"
    await one.listen(120)
    assert one.orders == []


async def test_disarmed_while_it_waits(home: Home) -> None:
    one = await armed(home)
    home.air.refuse.add(ADDRESS)
    done = one.later("charge", "off")
    await home.clock.run(2)
    name = {"entity_id": home.entity_id(one.device, "allow_commands")}
    await home.hass.services.async_call("switch", "turn_off", name, blocking=True)
    home.air.refuse.clear()
    assert await home.clock.wait(done) == "switch_not_armed"
    assert one.orders == []


async def test_the_time_it_takes_is_no_time_of_a_reading(home: Home) -> None:
    one = await armed(home)
    before = (await report(home, one.entry))["poll_time"]
    one.device.obedience.manner.idle = True
    await one.act("charge", "off")
    after = (await report(home, one.entry))["poll_time"]
    assert abs(after - before) < 0.5


# --- what came of it ------------------------------------------------------------------------------


async def test_an_acknowledgement_that_is_lost(home: Home) -> None:
    one = await armed(home)
    one.device.obedience.manner.lose_ack = 1.0
    assert await one.act("charge", "off") == "confirmed"
    assert one.locked == {"charge"}


async def test_an_acknowledgement_proves_nothing(home: Home) -> None:
    one = await armed(home)
    one.device.obedience.manner.idle = True
    assert await one.act("discharge", "off") == "switch_failed"
    assert one.told[-1]["outcome"] == "failed"
    # What was not switched is not put back.
    assert (
        home.state(one.device, "discharging_allowed").attributes["returns_at"] is None
    )
    assert home.value(one.device, "discharging_allowed") == "on"


async def test_one_that_acts_late(home: Home) -> None:
    one = await armed(home)
    one.device.obedience.manner.idle = True
    done = one.later("charge", "off")
    await home.clock.until(lambda: one.orders)
    home.hass.loop.call_later(
        3, lambda: one.device.obedience.change({"charge": False}, "order")
    )
    assert await home.clock.wait(done) == "confirmed"


async def test_a_reading_that_cannot_be_is_not_the_last_word(home: Home) -> None:
    one = await armed(home)
    taken, cells = one.device.obedience.carry_out, one.device.pack.stack

    def shift(volts: float) -> None:
        for cell in cells:
            cell.offset += volts

    def obey(order: Order, frame: bytes) -> list[bytes]:
        said = taken(order, frame)
        shift(9.0)
        home.hass.loop.call_later(1.5, shift, -9.0)
        return said

    one.device.obedience.carry_out = obey  # type: ignore[method-assign]
    assert await one.act("charge", "off") == "confirmed"
    assert len(one.orders) == 1


async def test_one_that_refuses(home: Home) -> None:
    one = await armed(home)
    one.device.obedience.manner.refuse = 0x81
    assert await one.act("charge", "off") == "switch_rejected"
    assert one.told[-1]["outcome"] == "failed"
    assert one.told[-1]["refusal"]


async def test_released_but_held_by_a_protection(home: Home) -> None:
    one = await armed(home)
    one.device.pack.locked = {"discharge"}
    await home.clock.run(40)
    one.device.pack.trip("discharge_overtemperature", 1e9)
    assert await one.act("discharge", "on") == "held"
    assert one.locked == set()
    assert one.told[-1]["held_by"] == ["discharge_overtemperature"]
    shown = home.state(one.device, "discharging_allowed").attributes
    assert shown["conducts"] is False


def cut(home: Home, one: Guarded, *, back: bool) -> None:
    """Let the link break as soon as an order was carried out."""
    taken = one.device.obedience.carry_out

    def carry_out(order: Any, frame: bytes) -> list[bytes]:
        taken(order, frame)
        one.device.obedience.carry_out = taken
        if not back:
            home.air.refuse.add(ADDRESS)
        home.hass.loop.call_soon(lambda: home.air.links[ADDRESS].lose(8))
        return []

    one.device.obedience.carry_out = carry_out


async def test_a_link_that_breaks_is_opened_once_more(home: Home) -> None:
    one = await armed(home)
    cut(home, one, back=True)
    assert await one.act("charge", "off") == "confirmed"
    assert one.orders == [CHARGE_OFF]
    await home.clock.run(2)
    assert not home.air.links


async def test_what_is_not_known_is_found_out_later(home: Home) -> None:
    one = await armed(home)
    cut(home, one, back=False)
    assert await one.act("charge", "off", minutes=10) == "switch_unknown"
    assert one.told[-1]["outcome"] == "unknown"
    home.air.refuse.clear()
    await one.listen(60)
    assert one.told[-1]["outcome"] == "confirmed"
    assert one.orders == [CHARGE_OFF]
    assert home.state(one.device, "charging_allowed").attributes["returns_at"]
    # The battery is read as before.
    assert home.value(one.device, "chrg_mosfet") == "off"


async def test_what_is_not_known_may_have_come_to_nothing(home: Home) -> None:
    one = await armed(home)
    one.device.obedience.manner.idle = True
    cut(home, one, back=False)
    assert await one.act("charge", "off", minutes=10) == "switch_unknown"
    home.air.refuse.clear()
    await one.listen(60)
    assert one.told[-1]["outcome"] == "failed"
    shown = home.state(one.device, "charging_allowed").attributes
    assert shown["returns_at"] is None


def when_ordered(home: Home, one: Guarded, happens: Callable[[], object]) -> None:
    """Let something happen as soon as an order was carried out."""
    taken = one.device.obedience.carry_out

    def carry_out(order: Any, frame: bytes) -> list[bytes]:
        found: list[bytes] = taken(order, frame)
        one.device.obedience.carry_out = taken
        happens()
        return found

    one.device.obedience.carry_out = carry_out


async def test_one_that_falls_silent_after_the_write(home: Home) -> None:
    one = await armed(home)
    faults = home.air.faults[ADDRESS]
    when_ordered(home, one, lambda: setattr(faults, "mute", True))
    assert await one.act("charge", "off") == "switch_unknown"
    faults.mute = False
    await one.listen(60)
    assert one.told[-1]["outcome"] == "confirmed"


async def test_what_it_says_afterwards_cannot_be(home: Home) -> None:
    """That proves nothing: it is looked at once more."""
    one = await armed(home)
    pack, seen = one.device.pack, []
    usual = pack.temperature

    def lie() -> None:
        pack.temperature = 140.0
        home.hass.loop.call_later(1.8, lambda: setattr(pack, "temperature", usual))

    when_ordered(home, one, lie)
    home.hass.bus.async_listen(
        "state_changed", lambda event: seen.append(event.data["new_state"])
    )
    assert await one.act("charge", "off") == "confirmed"
    name = home.entity_id(one.device, "temperature")
    assert not [state for state in seen if state and state.entity_id == name]


async def test_released_in_the_middle_of_it(home: Home) -> None:
    """The app has it at once; what is switched for a time is put back afterwards."""
    one = await armed(home)
    release = one.entry.runtime_data.async_release_for
    when_ordered(home, one, lambda: home.hass.loop.call_soon(release, 5))
    assert await one.act("charge", "off", minutes=1) == "switch_unknown"
    await home.clock.run(2)
    assert not home.air.links
    await one.listen(200)
    assert one.locked == {"charge"}
    await one.listen(240)
    assert one.locked == set()
    # It was read as before in between.
    assert home.value(one.device, "chrg_mosfet") == "on"


async def test_unloaded_in_the_middle_of_it(home: Home) -> None:
    one = await armed(home)
    done = one.later("discharge", "off", minutes=2)
    await home.clock.until(lambda: one.orders)
    entries = home.hass.config_entries
    await home.clock.wait(entries.async_unload(one.entry.entry_id))
    assert await home.clock.wait(done, 1) == "switch_unknown"
    assert not home.air.links
    await home.clock.wait(entries.async_setup(one.entry.entry_id))
    await one.listen(60)
    assert one.locked == {"discharge"}
    await one.listen(90)
    assert one.locked == set()


async def test_one_that_wants_another_password_by_now(home: Home) -> None:
    one = await armed(home)
    one.device.password = WORD
    assert await one.act("charge", "off") == "switch_unreachable"
    assert one.orders == []


# --- several, and those who give up ----------------------------------------------------------------


async def test_two_at_once_are_carried_out_one_after_the_other(home: Home) -> None:
    one = await armed(home)
    first, second = one.later("charge", "off"), one.later("discharge", "off")
    assert await home.clock.wait(first) == "confirmed"
    assert await home.clock.wait(second) == "confirmed"
    assert one.locked == {"charge", "discharge"}
    times = [entry["at"] for entry in one.device.obedience.ledger if entry["frame"]]
    assert times[1] - times[0] >= 5


async def test_more_than_fit_into_the_time_are_busy(home: Home) -> None:
    one = await armed(home)
    one.device.obedience.manner.idle = True
    tasks = [one.later("charge", "off") for _ in range(4)]
    done = [await home.clock.wait(task) for task in tasks]
    assert done[0] == "switch_failed"
    assert done[-1] == "switch_busy"


async def test_who_gives_up_before_it_is_written(home: Home) -> None:
    one = await armed(home)
    home.air.delay = 4.0
    done = one.later("charge", "off")
    await home.clock.run(1)
    done.cancel()
    await one.listen(60)
    assert one.orders == []


async def test_who_gives_up_after_it_was_written(home: Home) -> None:
    """It is carried to its end all the same."""
    one = await armed(home)
    done = one.later("charge", "off", minutes=1)
    await home.clock.until(lambda: one.orders)
    done.cancel()
    await asyncio.wait([done])
    await home.clock.run(10)
    assert one.told[-1]["outcome"] == "confirmed"
    await one.listen(90)
    assert one.locked == set()


async def test_an_entry_that_is_unloaded_leaves_nobody_waiting(home: Home) -> None:
    one = await armed(home)
    home.air.refuse.add(ADDRESS)
    done = one.later("charge", "off")
    await home.clock.run(2)
    entries = home.hass.config_entries
    await home.clock.wait(entries.async_unload(one.entry.entry_id))
    assert await home.clock.wait(done, 1) == "switch_released"
    assert one.orders == []


async def test_the_last_fifty_are_in_diagnostics(home: Home) -> None:
    one = await armed(home)
    for _ in range(30):
        await one.act("balancer", "off")
        await one.arm()
    log = (await report(home, one.entry))["switching"]
    assert len(log) == 50
    assert {row["happening"] for row in log} == {"armed", "refused"}
    assert ADDRESS not in str(log)
