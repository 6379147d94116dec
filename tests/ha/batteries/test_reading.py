"""Options of how a battery is read and of what is recorded."""

from collections.abc import Mapping
import re
from typing import Any

import pytest

from homeassistant.config_entries import ConfigEntryState

from ..home import Home
from ..sensors.test_sensors import STATE
from .test_batteries import ADDRESS, added, jbd

OTHER = "A5:C2:37:00:00:05"


@pytest.mark.parametrize(
    ("data", "error", "low", "high"),
    [
        ({"interval": 4.9}, "interval", "5", "3600"),
        ({"interval": float("nan")}, "interval", "5", "3600"),
        ({"release_minutes": 0}, "release", "1", "240"),
        ({"release_minutes": 241}, "release", "1", "240"),
        ({"grace": 59}, "grace", "60", "86400"),
        ({"grace": 119, "adaptive": True}, "grace", "120", "86400"),
        ({"grace": 86401}, "grace", "60", "86400"),
        ({"grace": 0}, "grace", "60", "86400"),
        ({"reserve": -1}, "reserve", "0", "3"),
        ({"reserve": 4}, "reserve", "0", "3"),
    ],
)
async def test_bounds_are_named(
    home: Home, data: dict[str, Any], error: str, low: str, high: str
) -> None:
    entry = await added(home, jbd())
    form = await home.set_options(await home.options(entry), data)
    field = next(iter(data)) if error == "interval" else "base"
    assert form["errors"] == {field: f"{error}_bounds"}
    named = form["description_placeholders"]
    assert (named[f"{error}_low"], named[f"{error}_high"]) == (low, high)
    assert not entry.options
    # What was typed is still there.
    assert all(
        repr(float(_suggested(form, one))) == repr(float(data[one])) for one in data
    )


async def test_values_hold_as_long_as_is_set(home: Home) -> None:
    device = jbd()
    entry = await added(home, device)
    await home.set_options(await home.options(entry), {"grace": 600})
    await home.clock.run(3)
    home.air.refuse.add(ADDRESS)
    await home.listen(device, 55, every=10)
    assert home.value(device, "voltage") == "13.18"
    await home.listen(device, 7, every=10)
    assert home.value(device, "voltage") == "unavailable"


async def test_an_interval_that_adapts(home: Home) -> None:
    device = jbd()
    device.pack.step = lambda _seconds: None
    device.pack.current = 80.0
    entry = await added(home, device)
    assert float(home.value(device, "read_interval")) == 30
    done = await home.set_options(await home.options(entry), {"adaptive": True})
    assert done["data"]["adaptive"] is True
    await home.listen(device, 4)
    assert float(home.value(device, "read_interval")) == 10
    device.pack.current = 0.0
    await home.listen(device, 40)
    assert float(home.value(device, "read_interval")) == 60


async def test_slots_that_stay_free_are_the_same_for_all(
    home: Home, hass_storage: dict[str, Any]
) -> None:
    entry = await added(home, jbd())
    other = await added(home, jbd(address=OTHER))
    form = await home.options(entry)
    assert _suggested(form, "reserve") == 1
    done = await home.set_options(form, {"reserve": 2})
    assert "reserve" not in done["data"]
    await home.clock.run(10)
    assert hass_storage[STATE]["data"]["settings"]["reserve"] == 2
    assert _suggested(await home.options(other), "reserve") == 2


@pytest.fixture
def set_last_time(hass_storage: dict[str, Any]) -> None:
    """Leave what a former run has stored."""
    hass_storage[STATE] = {
        "version": 1,
        "minor_version": 1,
        "key": STATE,
        "data": {"settings": {"reserve": 3}},
    }


async def test_they_outlive_a_restart(set_last_time: None, home: Home) -> None:
    entry = await added(home, jbd())
    assert _suggested(await home.options(entry), "reserve") == 3


def _suggested(form: Any, name: str) -> Any:
    fields = form["data_schema"].schema
    return next(
        one.description["suggested_value"]
        for one in (*fields, *fields["sharing"].schema.schema)
        if one == name
    )


async def test_less_detail_writes_less(home: Home) -> None:
    device = jbd()
    device.pack.step = lambda _seconds: None
    device.pack.current = -12.5
    entry = await added(home, device)
    await home.set_options(await home.options(entry), {"recording": "sparing"})
    await home.listen(device, 3)
    assert home.value(device, "current") == "-12.5"
    device.pack.current = -12.8  # less than half an ampere
    await home.listen(device, 35)
    assert home.value(device, "current") == "-12.5"
    device.pack.current = -13.1
    await home.listen(device, 35)
    assert float(home.value(device, "current")) == -13.1
    # Going away and coming back are always worth a row.
    home.air.refuse.add(ADDRESS)
    await home.listen(device, 40, every=5)
    assert home.value(device, "current") == "unavailable"
    home.air.refuse.clear()
    await home.listen(device, 80, every=5)
    assert float(home.value(device, "current")) == -13.1


async def test_each_quantity_has_a_dead_band_of_its_own(home: Home) -> None:
    device = jbd()
    device.pack.step = lambda _seconds: None
    device.pack.current, device.pack.temperature = -12.5, 21.0
    entry = await added(home, device)
    await home.set_options(
        await home.options(entry),
        {"recording": "own", "current": 2.0, "temperature": 0},
    )
    await home.listen(device, 3)
    before = float(home.value(device, "probe_temperature_1"))
    device.pack.current, device.pack.temperature = -13.5, 21.1
    await home.listen(device, 35)
    assert home.value(device, "current") == "-12.5"
    after = float(home.value(device, "probe_temperature_1"))
    assert after == pytest.approx(before + 0.1)
    device.pack.current = -14.5
    await home.listen(device, 35)
    assert float(home.value(device, "current")) == -14.5


def rows(told: Mapping[str, str]) -> int:
    """Return the rows a day that a form tells."""
    return int("".join(re.findall(r"\d+", told["rows"])))


async def test_the_form_tells_how_many_rows_that_makes(home: Home) -> None:
    device = jbd()
    entry = await added(home, device)
    few = (await home.options(entry))["description_placeholders"]
    assert "will be known after a few minutes" in few["rows"]
    device.pack.step = lambda _seconds: None
    for number in range(15):
        device.pack.current = -12.5 - number % 2 * 0.2
        await home.listen(device, 3, every=10)
    told = (await home.options(entry))["description_placeholders"]
    now = rows(told)
    assert now
    data = {"recording": "own", "current": 1.0, "interval": 4}
    refused = await home.set_options(await home.options(entry), data)
    told = refused["description_placeholders"]
    assert rows(told) < now
    assert told["pace"].startswith("A reading of this battery takes 0.")


async def test_the_form_of_a_battery_that_is_not_set_up(home: Home) -> None:
    entry = await added(home, jbd())
    await home.clock.wait(home.hass.config_entries.async_unload(entry.entry_id))
    assert entry.state is ConfigEntryState.NOT_LOADED
    told = (await home.options(entry))["description_placeholders"]
    assert "will be known" in told["rows"]
    assert told["pace"] == "How long a reading takes is not known yet."
