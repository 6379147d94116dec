"""Lives of Home Assistant, one after the other, in the same files: killed, started, killed."""

from collections.abc import AsyncIterator, Callable, Iterable
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_test_home_assistant,
    mock_restore_cache_with_extra_data,
)

from homeassistant import loader
from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.const import (
    EVENT_HOMEASSISTANT_FINAL_WRITE,
    EVENT_HOMEASSISTANT_STOP,
)
from homeassistant.core import State

from .air import Air
from .clock import Clock
from .home import Home

RADIO = "00:00:00:00:00:01"

type Entries = Iterable[ConfigEntry[Any]]
type Life = Callable[[Entries, dict[str, float]], AbstractAsyncContextManager[Home]]


def again(entry: ConfigEntry[Any]) -> MockConfigEntry:
    """Return an entry as it is read at the next start."""
    return MockConfigEntry(
        domain=entry.domain,
        title=entry.title,
        data={**entry.data},
        options={**entry.options},
        unique_id=entry.unique_id,
        entry_id=entry.entry_id,
        version=entry.version,
        minor_version=entry.minor_version,
        disabled_by=entry.disabled_by,
    )


@pytest.fixture
def life(frozen: FrozenDateTimeFactory, busy: set[Future[Any]], alone: None) -> Life:
    """Return a way to start Home Assistant anew, with entries and with what was recorded in kWh."""

    @asynccontextmanager
    async def start(
        entries: Entries, recorded: dict[str, float]
    ) -> AsyncIterator[Home]:
        async with async_test_home_assistant() as hass:
            hass.data.pop(loader.DATA_CUSTOM_COMPONENTS, None)
            clock = Clock(hass, frozen, busy)
            radio = MockConfigEntry(domain="bluetooth", unique_id=RADIO)
            radio.add_to_hass(hass)
            await clock.wait(hass.config_entries.async_setup(radio.entry_id))
            rows = [
                (
                    State(name, str(value)),
                    {"native_value": value, "native_unit_of_measurement": "kWh"},
                )
                for name, value in recorded.items()
            ]
            mock_restore_cache_with_extra_data(hass, rows)
            home = Home(hass, clock, Air(hass))
            for one in [again(entry) for entry in entries]:
                one.add_to_hass(hass)
            for one in hass.config_entries.async_entries("mi_bms"):
                if one.state is ConfigEntryState.NOT_LOADED:
                    await clock.wait(hass.config_entries.async_setup(one.entry_id))
            await clock.settle()
            try:
                yield home
            finally:
                await ended(home)
                await clock.wait(hass.config_entries.async_unload(radio.entry_id))
                await hass.async_stop(force=True)

    return start


async def ended(home: Home) -> None:
    """Take a house down, so that nothing of it goes on; what it writes then is not looked at."""
    for one in home.hass.config_entries.async_entries("mi_bms"):
        if one.state is ConfigEntryState.LOADED:
            await home.clock.wait(home.hass.config_entries.async_unload(one.entry_id))
    home.air.close()
    for event in (EVENT_HOMEASSISTANT_STOP, EVENT_HOMEASSISTANT_FINAL_WRITE):
        home.hass.bus.async_fire(event)
        await home.clock.run(1)
