"""Corrections at run time, times while asleep, packs with a bad probe: the last seconds: no value is lost or invented."""

from typing import Any

import pytest

from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE
from tests.world.devices import KINDS

from ..home import Home
from ..sensors.test_sensors import STATE
from .test_batteries import ADDRESS, added, report, still

# They tell how much a full charge is, beside the design capacity.
FULL_TELLERS = {
    "EJ": {"name": "LT-12V-1544", "manufacturer": 33384},
    "SEPLOS": {"name": "SP14B0001"},
}


@pytest.mark.parametrize("kind", FULL_TELLERS)
async def test_a_capacity_takes_no_value_away(home: Home, kind: str) -> None:
    device: Any = KINDS[kind](address=ADDRESS, **FULL_TELLERS[kind])
    entry = await home.add(device)
    await home.clock.run(5)
    shares = {
        name: float(home.value(device, name))
        / float(home.value(device, "design_capacity"))
        for name in ("full_charge", "cycle_charge")
    }
    await home.set_options(await home.options(entry), {"capacity": 40})
    await home.listen(device, 7, every=10)
    assert home.value(device, "design_capacity") == "40.0"
    for name, share in shares.items():
        assert float(home.value(device, name)) == pytest.approx(40 * share, rel=0.01)
    assert not (await report(home, entry))["refused"]


async def test_a_battery_whose_packs_tell_a_level_only(home: Home) -> None:
    device = KINDS["RECORDED"](address=ADDRESS, vector="dometic:update")
    entry = await home.add(device)
    await home.clock.run(8)
    level = float(home.value(device, "battery_level"))
    await home.set_options(await home.options(entry), {"capacity": 7})
    await home.listen(device, 8, every=10)
    assert float(home.value(device, "cycle_charge")) == pytest.approx(0.07 * level)
    assert not (await report(home, entry))["refused"]


@pytest.mark.parametrize("wish", [{"temperature_offset": 2}, {"capacity": 50}])
async def test_corrections_leave_the_mean_current_alone(
    home: Home, wish: dict[str, float]
) -> None:
    """The compressor is off in that moment: its current would tell 300 hours."""
    device = still()
    device.pack.current = -10.0
    entry = await added(home, device)
    await home.listen(device, 60, every=10)
    before = float(home.value(device, "runtime"))
    device.pack.current = -0.2
    await home.set_options(await home.options(entry), wish)
    await home.listen(device, 4, every=10)
    expected = before * wish.get("capacity", 100) / 100
    assert float(home.value(device, "runtime")) == pytest.approx(expected, rel=0.3)


async def test_the_time_of_one_that_sleeps_ends_after_a_quarter_of_an_hour(
    home: Home,
) -> None:
    device = still()
    device.pack.current = -10.0
    await added(home, device)
    await home.listen(device, 60, every=10)
    device.pack.current = 0.0
    await home.listen(device, 6, every=10)
    home.air.refuse.add(ADDRESS)
    await home.clock.run(600)
    assert home.value(device, "connection") == "asleep"
    assert float(home.value(device, "runtime")) < 10
    await home.clock.run(400)
    assert home.value(device, "runtime") == "unavailable"
    assert home.value(device, "current") == "0.0"
    home.air.refuse.clear()
    device.pack.current = -10.0
    await home.listen(device, 6, every=10)
    assert 5 < float(home.value(device, "runtime")) < 10


async def test_a_bad_probe_of_one_pack_is_no_fire(home: Home) -> None:
    """The rack sends a mean of its own, into which it has taken the probe."""
    device: Any = KINDS["SEPLOS"](address=ADDRESS, name="SP14B0001", packs=2)
    await home.add(device)
    await home.clock.run(6)
    before = float(home.value(device, "temperature"))
    device.packs[1].offsets[0] = 400.0
    await home.listen(device, 10, every=10)
    assert home.value(device, "pack_2_probe_temperature_1") == "unknown"
    assert float(home.value(device, "temperature")) == pytest.approx(before, abs=1)


@pytest.mark.parametrize("detail", ["all", "normal", "sparing"])
async def test_a_time_is_there_while_the_battery_goes_that_way(
    home: Home, detail: str
) -> None:
    """However little is recorded."""
    device = still()
    device.pack.current = -10.0
    entry = await added(home, device)
    await home.set_options(await home.options(entry), {"recording": detail})
    device.pack.current = 30.0
    await home.clock.until(lambda: home.value(device, "runtime") == "unavailable", 900)
    assert float(home.value(device, "time_to_full")) > 0
    home.air.refuse.add(ADDRESS)
    await home.listen(device, 20, every=10)
    assert home.value(device, "voltage") == "unavailable"
    assert home.value(device, "time_to_full") == "unavailable"
    home.air.refuse.clear()
    await home.listen(device, 20, every=10)
    assert home.value(device, "voltage") != "unavailable"
    assert home.value(device, "runtime") == "unavailable"
    assert float(home.value(device, "time_to_full")) > 0
    device.pack.current = -30.0
    await home.listen(device, 60, every=10)
    assert home.value(device, "time_to_full") == "unavailable"
    assert float(home.value(device, "runtime")) > 0


async def test_a_wish_just_before_the_end_is_written_without_a_complaint(
    home: Home, hass_storage: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    entry = await added(home, still())
    entry.runtime_data.async_pause()
    home.hass.bus.async_fire(EVENT_HOMEASSISTANT_FINAL_WRITE)
    await home.clock.run(1)
    assert hass_storage[STATE]["data"][ADDRESS]["paused"]
    assert "Unable to remove" not in caplog.text
