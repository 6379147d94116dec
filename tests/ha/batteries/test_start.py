"""What is said of a battery just after a start, with any clock, and while its options are saved."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest

from homeassistant.core import Event, EventStateChangedData, callback
from homeassistant.util import dt as dt_util

from ..home import Home
from ..sensors.test_sensors import STATE
from .test_batteries import ADDRESS, KEPT, added, entry_of_last_time, jbd, still

IDLE = KEPT | {"values": {"voltage": 13.2, "current": 0.0, "battery_level": 44}}
type Keep = Callable[..., None]


@pytest.fixture
def keep(frozen: FrozenDateTimeFactory, hass_storage: dict[str, Any]) -> Keep:
    """Leave what a former run has stored: times in seconds before now."""

    def store(kept: dict[str, Any], **ago: float) -> None:
        now = dt_util.utcnow()
        times = {
            name: (now - timedelta(seconds=seconds)).isoformat()
            for name, seconds in ago.items()
        }
        hass_storage[STATE] = {
            "version": 1,
            "minor_version": 1,
            "key": STATE,
            "data": {ADDRESS: kept | times},
        }

    return store


@pytest.fixture
def seen(request: pytest.FixtureRequest) -> list[tuple[str, str]]:
    """Collect each state that is written from now on."""
    home: Home = request.getfixturevalue("home")
    states: list[tuple[str, str]] = []

    @callback
    def changed(event: Event[EventStateChangedData]) -> None:
        if (new := event.data["new_state"]) is not None:
            states.append((new.entity_id, new.state))

    home.hass.bus.async_listen("state_changed", changed)
    return states


async def started(home: Home) -> Any:
    entry = entry_of_last_time()
    entry.add_to_hass(home.hass)
    await home.clock.wait(home.hass.config_entries.async_setup(entry.entry_id))
    await home.clock.settle()
    return still()


async def test_nobody_knows_how_it_stands_before_it_could_be_heard(
    keep: Keep, home: Home, seen: list[tuple[str, str]]
) -> None:
    keep(IDLE, read_at=30)
    device = await started(home)
    assert home.value(device, "connection") == "unknown"
    assert home.value(device, "voltage") == "13.2"
    await home.clock.run(3)
    home.air.add(device)
    home.shout(device)
    await home.clock.run(3)
    assert home.value(device, "connection") == "awake"
    connection = home.entity_id(device, "connection")
    assert {state for name, state in seen if name == connection} == {"unknown", "awake"}


async def test_one_that_sleeps_is_told_when_that_can_be_known(
    keep: Keep, home: Home
) -> None:
    keep(IDLE, read_at=3000)
    device = await started(home)
    # It may well sleep: until that is known its values stay.
    assert home.value(device, "connection") == "unknown"
    assert home.value(device, "voltage") == "13.2"
    await home.clock.run(200)
    assert home.value(device, "connection") == "asleep"
    assert home.value(device, "voltage") == "13.2"


async def test_one_that_is_gone_is_told_when_that_can_be_known(
    keep: Keep, home: Home
) -> None:
    keep(KEPT, read_at=3000)
    device = await started(home)
    assert home.value(device, "connection") == "unknown"
    await home.clock.run(200)
    assert home.value(device, "connection") == "no_receiver"


async def test_a_place_without_a_value_is_kept_as_one(keep: Keep, home: Home) -> None:
    keep(IDLE | {"probes": [[18.5, "mosfet"], [None, "cell"]]}, read_at=30)
    device = await started(home)
    assert home.value(device, "probe_temperature_1") == "18.5"


@pytest.mark.parametrize("ahead", [3_600.0, 300_000_000.0])
async def test_a_time_in_the_future_is_as_good_as_none(
    keep: Keep, home: Home, ahead: float
) -> None:
    keep(IDLE, read_at=-ahead)
    device = await started(home)
    assert home.value(device, "voltage") == "unavailable"
    assert home.read_at(device) is None
    home.air.add(device)
    await home.listen(device, 5)
    assert home.value(device, "voltage") == "13.18"


async def test_a_clock_that_is_set_a_little_is_usual(keep: Keep, home: Home) -> None:
    keep(IDLE, read_at=-20)
    device = await started(home)
    assert home.value(device, "voltage") == "13.2"


@pytest.mark.parametrize(
    ("ahead", "state"), [(600, "paused"), (300_000_000, "unknown")]
)
async def test_a_release_ends_when_it_can_have_been_meant(
    keep: Keep, home: Home, ahead: float, state: str
) -> None:
    keep(IDLE, read_at=30, left_until=-ahead)
    device = await started(home)
    assert home.value(device, "connection") == state


@pytest.mark.parametrize(
    "kept",
    [
        {},
        {"read_at": None},
        {"read_at": "yesterday"},
        {"learned": {}},
        {"learned": {"naps": [100.0, 3]}, "paused": False},
        {"read_as": {}, "read_at": "2020-01-01T00:00:00+00:00"},
    ],
)
async def test_what_is_lacking_in_what_was_kept(
    keep: Keep, home: Home, kept: dict[str, Any]
) -> None:
    keep(kept)
    device = await started(home)
    home.air.add(device)
    await home.listen(device, 5)
    assert home.value(device, "voltage") == "13.18"


@pytest.mark.parametrize(
    ("kept", "lost"),
    [
        ({"values": {"voltage": 13.2, "battery_level": 440}}, "battery_level"),
        ({"values": {"voltage": -3, "battery_level": 44}}, "voltage"),
        ({"probes": [[900, "cell"]]}, "probe_temperature_1"),
        ({"cells": [9.9, 3.3]}, "cell_voltage_1"),
    ],
)
async def test_what_no_battery_can_have_is_not_shown_from_the_last_run(
    keep: Keep, home: Home, kept: dict[str, Any], lost: str
) -> None:
    keep(IDLE | kept, read_at=30)
    device = await started(home)
    assert home.value(device, lost) == "unknown"
    other = "voltage" if lost != "voltage" else "battery_level"
    assert (
        home.value(device, other) == {"voltage": "13.2", "battery_level": "44"}[other]
    )


async def test_saving_options_disturbs_nobody(
    home: Home, seen: list[tuple[str, str]]
) -> None:
    device = still()
    device.pack.current = -12.5
    entry = await added(home, device)
    await home.listen(device, 3)
    seen.clear()
    charge = float(home.value(device, "cycle_charge"))
    capacity = float(home.value(device, "design_capacity"))
    form = await home.options(entry)
    data = {
        "interval": 60,
        "grace": 600,
        "capacity": 2 * capacity,
        "current_gain": 2,
    }
    await home.set_options(form, data)
    await home.listen(device, 5)
    assert not {state for _, state in seen} & {"unavailable", "unknown", "no_receiver"}
    assert home.value(device, "read_interval") == "60"
    assert home.value(device, "current") == "-25.0"
    assert float(home.value(device, "cycle_charge")) == pytest.approx(2 * charge)
    assert home.value(device, "connection") == "awake"
    # Others that are the user's business: how long values hold.
    home.air.refuse.add(ADDRESS)
    await home.listen(device, 45, every=10)
    assert home.value(device, "voltage") == "13.15"


async def test_options_of_one_that_is_not_set_up(home: Home) -> None:
    entry = await added(home, device := jbd())
    await home.clock.wait(home.hass.config_entries.async_unload(entry.entry_id))
    await home.set_options(await home.options(entry), {"interval": 90})
    await home.clock.wait(home.hass.config_entries.async_setup(entry.entry_id))
    await home.listen(device, 3)
    assert home.value(device, "read_interval") == "90"


async def test_loading_anew_claims_nothing(
    home: Home, seen: list[tuple[str, str]]
) -> None:
    device = still()
    entry = await added(home, device)
    seen.clear()
    await home.clock.wait(home.hass.config_entries.async_reload(entry.entry_id))
    await home.clock.run(2)
    await home.listen(device, 3)
    connection = home.entity_id(device, "connection")
    states = [state for name, state in seen if name == connection]
    assert set(states) <= {"unavailable", "unknown", "awake"}
    assert states[-1] == "awake"
