"""What a user sees of a battery with a loose probe, restless loads, or none that answers."""

import pytest

from custom_components.mi_bms.diagnostics import async_get_config_entry_diagnostics

from ..home import Home
from .test_batteries import ADDRESS, added, still
from .test_healing import polled


async def test_a_loose_probe_takes_only_itself_away(home: Home) -> None:
    device = still()
    entry = await added(home, device)
    await home.set_options(await home.options(entry), {"recording": "all"})
    assert home.value(device, "probe_temperature_2") != "unknown"
    good = float(home.value(device, "probe_temperature_1"))
    device.pack.offsets[1] = -200.0
    await home.listen(device, 8, every=10)
    assert home.value(device, "voltage") == "13.18"
    assert home.value(device, "probe_temperature_2") == "unknown"
    assert float(home.value(device, "probe_temperature_1")) == good
    assert float(home.value(device, "temperature")) == good
    told = (await async_get_config_entry_diagnostics(home.hass, entry))["battery"]
    assert list(told["left_out"]) == ["probe_temperature_2"]
    assert not told["refused"]


async def test_a_probe_that_was_never_good_is_no_reason_to_refuse(home: Home) -> None:
    device = still()
    device.pack.offsets[0] = 160.0
    await added(home, device)
    assert home.value(device, "probe_temperature_1") == "unknown"
    second = home.value(device, "probe_temperature_2")
    assert home.value(device, "temperature") == second


async def test_the_coldest_of_several_cells(home: Home) -> None:
    device = still()
    device.pack.offsets[:] = [3.0, -4.0]
    await added(home, device)
    lowest = float(home.value(device, "min_cell_temperature"))
    assert lowest == float(home.value(device, "probe_temperature_2"))
    state = home.state(device, "min_cell_temperature")
    assert state.name.endswith("Lowest temperature")


async def test_the_time_to_empty_outlives_a_moment_without_load(home: Home) -> None:
    device = still()
    device.pack.current = -10.0
    await added(home, device)
    await home.listen(device, 30, every=10)
    before = float(home.value(device, "runtime"))
    assert home.state(device, "runtime").attributes["unit_of_measurement"] == "h"
    device.pack.current = 0.3
    await home.listen(device, 9, every=10)
    after = home.value(device, "runtime")
    assert len(after) <= 6
    assert before <= float(after) <= 2 * before
    assert home.entity_id(device, "time_to_full") is not None
    # Nothing to wait for, and no fault: it is simply not on its way there.
    assert home.value(device, "time_to_full") == "unavailable"


@pytest.mark.usefixtures("all_entities_on")
async def test_when_it_was_last_read_is_known_above_all_of_one_that_is_lost(
    home: Home,
) -> None:
    device = polled()
    await added(home, device)
    read = home.state(device, "last_read")
    assert read.attributes["device_class"] == "timestamp"
    await home.listen(device, 10, every=10)
    assert home.value(device, "last_read") == read.state, "moved without need"
    home.air.refuse.add(ADDRESS)
    await home.listen(device, 30, every=10)
    assert home.value(device, "voltage") == "unavailable"
    exact = home.read_at(device)
    assert exact is not None
    assert home.value(device, "last_read") == exact.isoformat(timespec="seconds")
    assert home.value(device, "last_read") > read.state


@pytest.mark.usefixtures("all_entities_on")
async def test_when_it_was_last_read_moves_in_steps(home: Home) -> None:
    device = polled()
    await added(home, device)
    shown = {home.value(device, "last_read")}
    for _ in range(60):
        await home.listen(device, 1, every=60)
        shown.add(home.value(device, "last_read"))
    assert 4 <= len(shown) <= 5
