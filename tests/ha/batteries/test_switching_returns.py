"""What is switched for a time is put back by itself: after a restart, a crash, an outage, a reload."""

import asyncio
from copy import deepcopy
from datetime import datetime, timedelta
from typing import Any

import pytest

from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util
from homeassistant.util.file import WriteError

from ..home import Home
from ..lives import Life, ended, life
from ..sensors.test_sensors import STATE
from .allowing import turn
from .guarded import CHARGE_OFF, DISCHARGE_OFF, RELEASED, Guarded, armed
from .test_batteries import ADDRESS, OTHER, still

__all__ = ["life"]  # a fixture


async def cut_for(home: Home, minutes: float | None = None) -> Guarded:
    """Switch discharging off for so many minutes."""
    one = await armed(home)
    more = {} if minutes is None else {"minutes": minutes}
    assert await one.act("discharge", "off", **more) == "confirmed"
    one.events.clear()
    return one


def returns_at(one: Guarded) -> Any:
    shown = one.home.state(one.device, "discharging_allowed")
    return shown.attributes["returns_at"]


async def test_discharging_is_never_off_for_good_by_mistake(home: Home) -> None:
    one = await cut_for(home)
    assert returns_at(one) is not None
    await one.listen(3500, every=20)
    assert one.locked == {"discharge"}
    await one.listen(140)
    assert one.locked == set()
    assert one.orders == [DISCHARGE_OFF, RELEASED]
    # Nobody had to arm for it.
    ours = [row for row in one.told if row.get("by") == "return"]
    assert [row["happening"] for row in ours] == ["command", "outcome"]
    assert ours[-1]["outcome"] == "confirmed"
    assert returns_at(one) is None
    assert home.value(one.device, "discharging_allowed") == "on"
    await one.listen(7200, every=30)
    assert len(one.orders) == 2


async def test_what_has_no_end_stays(home: Home) -> None:
    one = await armed(home)
    await one.act("charge", "off")
    await one.listen(7200, every=30)
    assert one.orders == [CHARGE_OFF]


async def test_charging_for_a_time(home: Home) -> None:
    device = still()
    device.pack.locked = {"charge"}
    one = await armed(home, device)
    assert await one.act("charge", "on", minutes=5) == "confirmed"
    await one.listen(360)
    assert one.locked == {"charge"}


async def test_it_outlives_a_reload_and_counts_on(home: Home) -> None:
    one = await cut_for(home, 10)
    await one.listen(300)
    await one.reload()
    await one.listen(240)
    assert one.locked == {"discharge"}
    await one.listen(90)
    assert one.locked == set()


async def test_it_comes_after_an_outage_that_was_longer(home: Home) -> None:
    one = await cut_for(home, 10)
    entries = home.hass.config_entries
    await home.clock.wait(entries.async_unload(one.entry.entry_id))
    await home.clock.leap(3600)
    assert one.locked == {"discharge"}
    await home.clock.wait(entries.async_setup(one.entry.entry_id))
    await one.listen(20)
    assert one.locked == set()


@pytest.mark.parametrize("written", [False, True])
async def test_it_outlives_a_crash_right_before_or_after_the_write(
    home: Home, hass_storage: dict[str, Any], life: Life, written: bool
) -> None:
    """What is on the disk when the order leaves is enough."""
    one = await armed(home)
    files: list[Any] = []
    taken = one.device.obedience.carry_out

    def carry_out(order: Any, frame: bytes) -> list[bytes]:
        files.append(deepcopy(hass_storage))
        found: list[bytes] = taken(order, frame) if written else []
        return found

    one.device.obedience.carry_out = carry_out
    await one.act("discharge", "off", minutes=10)
    one.device.obedience.carry_out = taken
    assert files[0][STATE]["data"][ADDRESS]["switching"]["returns"]
    await ended(home)
    hass_storage.clear()
    hass_storage.update(files[0])
    async with life([one.entry], {}) as house:
        house.air.add(one.device)
        await house.listen(one.device, 60, 5)
        assert one.locked == ({"discharge"} if written else set())
        sent = len(one.orders)
        await house.listen(one.device, 80, 5)
        assert one.locked == set()
        # What came to nothing is not put back.
        assert len(one.orders) - sent == written


async def test_it_is_tried_until_it_works_and_a_person_is_told(home: Home) -> None:
    one = await cut_for(home, 5)
    home.air.refuse.add(ADDRESS)
    await one.listen(360)
    assert not one.overdue
    await one.listen(90)
    assert one.overdue
    await one.listen(7200, every=30)
    assert one.overdue
    home.air.refuse.clear()
    await one.listen(310)
    assert one.locked == set()
    assert not one.overdue


async def test_a_board_that_refuses_is_tried_ever_more_rarely(home: Home) -> None:
    one = await cut_for(home, 5)
    one.device.obedience.manner.refuse = 0x81
    before = len(one.orders)
    await one.listen(300 + 3600, every=10)
    assert 12 <= len(one.orders) - before <= 30
    assert one.overdue
    one.device.obedience.manner.clear()
    await one.listen(360)
    assert one.locked == set()
    assert not one.overdue


async def test_it_waits_while_the_battery_is_left_to_the_app(home: Home) -> None:
    one = await cut_for(home, 5)
    await one.listen(240)
    one.entry.runtime_data.async_release_for(10)
    await one.listen(300)
    assert one.locked == {"discharge"}
    await one.listen(420)
    assert one.locked == set()


async def test_somebody_else_who_switches_ends_it(home: Home) -> None:
    one = await cut_for(home, 5)
    one.device.obedience.change({"discharge": True}, "phone")
    await one.listen(60)
    assert one.happened() == ["return_ended"]
    assert returns_at(one) is None
    one.device.obedience.change({"discharge": False}, "phone")
    await one.listen(600)
    assert one.locked == {"discharge"}
    assert one.orders == [DISCHARGE_OFF]


async def test_a_new_command_replaces_it(home: Home) -> None:
    one = await cut_for(home, 5)
    await one.listen(60)
    assert await one.act("discharge", "off", minutes=20) == "confirmed"
    await one.listen(900)
    assert one.locked == {"discharge"}
    await one.listen(330)
    assert one.locked == set()
    assert one.orders == [DISCHARGE_OFF, DISCHARGE_OFF, RELEASED]


async def test_switching_it_on_by_hand_ends_it(home: Home) -> None:
    one = await cut_for(home, 5)
    await one.listen(60)
    assert await one.act("discharge", "on") == "confirmed"
    await one.listen(600)
    assert one.orders == [DISCHARGE_OFF, RELEASED]


async def test_what_was_off_before_is_not_switched_on(home: Home) -> None:
    """Somebody locked it in the app: that is not ours to undo."""
    device = still()
    device.pack.locked = {"discharge"}
    one = await armed(home, device)
    assert await one.act("discharge", "off") == "confirmed"
    await one.listen(3700, every=20)
    assert one.locked == {"discharge"}
    assert returns_at(one) is None


async def test_it_comes_although_switching_is_no_longer_allowed(home: Home) -> None:
    one = await cut_for(home, 5)
    options = {**one.entry.options, "allow_switching": False}
    home.hass.config_entries.async_update_entry(one.entry, options=options)
    one.entry.runtime_data.async_take_options()
    await one.reload()
    await one.listen(360)
    assert one.locked == set()


async def test_a_board_that_acts_after_everybody_gave_up(home: Home) -> None:
    """It said that nothing had happened: what it does afterwards is put back all the same."""
    one = await armed(home)
    one.device.obedience.manner.idle = True
    done = one.later("discharge", "off", minutes=5)
    await home.clock.until(lambda: one.orders)
    home.hass.loop.call_later(
        9, lambda: one.device.obedience.change({"discharge": False}, "order")
    )
    assert await home.clock.wait(done) == "switch_failed"
    assert returns_at(one) is None
    one.device.obedience.manner.clear()
    await one.listen(60)
    assert one.locked == {"discharge"}
    assert returns_at(one) is not None
    await one.listen(300)
    assert one.locked == set()


async def removed(one: Guarded) -> bool:
    """Remove the battery; return whether a person is told that it is left as it was."""
    work = one.home.hass.config_entries.async_remove(one.entry.entry_id)
    await one.home.clock.wait(work, 30)
    await one.home.clock.settle()
    registry = ir.async_get(one.home.hass)
    return registry.async_get_issue("mi_bms", f"return_left_{ADDRESS}") is not None


async def test_a_battery_that_is_removed_is_put_back_first(
    home: Home, hass_storage: dict[str, Any]
) -> None:
    one = await cut_for(home)
    assert not await removed(one)
    assert one.locked == set()
    await home.clock.run(10)
    assert ADDRESS not in hass_storage.get(STATE, {"data": {}})["data"]


@pytest.mark.parametrize("others", [0, 1])
async def test_one_that_is_removed_out_of_reach_is_put_back_when_it_is_there_again(
    home: Home, hass_storage: dict[str, Any], others: int
) -> None:
    for _ in range(others):
        await home.add(still(address=OTHER))
    one = await cut_for(home, 10)
    home.air.refuse.add(ADDRESS)
    assert await removed(one)
    assert one.locked == {"discharge"}
    await home.clock.run(10)
    assert [*hass_storage[STATE]["data"][ADDRESS]] == ["switching"]
    home.air.refuse.clear()
    await home.clock.run(300)
    again = Guarded(home, one.device, await home.add(one.device), [])
    registry = ir.async_get(home.hass)
    assert registry.async_get_issue("mi_bms", f"return_left_{ADDRESS}") is None
    await again.listen(200)
    assert one.locked == {"discharge"}
    await again.listen(150)
    assert one.locked == set()


async def test_a_battery_without_anything_to_put_back_is_just_forgotten(
    home: Home,
) -> None:
    one = await armed(home)
    await one.act("charge", "off")
    before = home.air.connects
    assert not await removed(one)
    assert home.air.connects == before
    assert one.locked == {"charge"}


async def test_a_frozen_battery_is_charged_again_when_it_is_warmer(home: Home) -> None:
    device = still()
    device.pack.temperature = 1.0
    one = await armed(home, device)
    assert await one.act("charge", "off", minutes=5) == "confirmed"
    device.pack.temperature = -2.0
    await one.listen(450)
    assert one.locked == {"charge"}
    assert one.overdue
    refusals = [row["refusal"] for row in one.told if "refusal" in row]
    assert refusals == ["too_cold"]
    device.pack.temperature = 3.0
    await one.listen(360)
    assert one.locked == set()
    assert not one.overdue


@pytest.mark.parametrize("jump", [-1e8, 1e8])
async def test_a_clock_that_jumps_while_it_runs_changes_nothing(
    home: Home, jump: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = await cut_for(home, 10)
    real = dt_util.utcnow

    def wrong() -> datetime:
        return real() + timedelta(seconds=jump)

    monkeypatch.setattr("homeassistant.util.dt.utcnow", wrong)
    await one.listen(540)
    assert one.locked == {"discharge"}
    await one.listen(90)
    assert one.locked == set()


async def test_what_would_be_lost_in_a_crash_is_not_begun(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that cannot be written is told, and nothing is switched that could stay so."""
    one = await armed(home)

    async def full(*_: object) -> None:
        raise WriteError("no space left")

    with monkeypatch.context() as disk:
        disk.setattr("homeassistant.helpers.storage.Store._async_write_data", full)
        assert await one.act("discharge", "off", minutes=5) == "switch_not_stored"
        await one.listen(10)
        # What stays anyway needs no disk.
        assert await one.act("charge", "off") == "confirmed"
    assert one.orders == [CHARGE_OFF]
    assert (
        home.state(one.device, "discharging_allowed").attributes["returns_at"] is None
    )
    await one.listen(400, every=20)
    assert one.locked == {"charge"}
    assert await one.act("discharge", "off", minutes=5) == "confirmed"


@pytest.mark.parametrize("minutes", [None, 5])
async def test_who_forbids_it_while_the_disk_is_slow_is_heard(
    home: Home, monkeypatch: pytest.MonkeyPatch, minutes: float | None
) -> None:
    one = await armed(home)
    writing = asyncio.Event()

    async def slow(*_: object) -> None:
        writing.set()
        await asyncio.sleep(2)

    with monkeypatch.context() as disk:
        disk.setattr("homeassistant.helpers.storage.Store._async_write_data", slow)
        more = {} if minutes is None else {"minutes": minutes}
        done = one.later("charge", "off", **more)
        await home.clock.until(writing.is_set)
        await turn(home, one.device, "allow_commands", "off")
        assert await home.clock.wait(done) == "switch_not_armed"
    await one.listen(60)
    assert one.orders == []
    shown = home.state(one.device, "charging_allowed").attributes
    assert shown["returns_at"] is None
