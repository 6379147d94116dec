"""Home Assistant with files of its own, which is killed at any moment and started from what was written."""

from collections.abc import AsyncIterator, Callable, Iterable
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager, asynccontextmanager
import copy
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_test_home_assistant,
)

from homeassistant import bootstrap, loader
from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.const import EVENT_HOMEASSISTANT_STARTED
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.helpers import (
    area_registry as ar,
    category_registry as cr,
    device_registry as dr,
    entity_registry as er,
    floor_registry as fr,
    issue_registry as ir,
    label_registry as lr,
    restore_state as rs,
)
from tests.ha.air import Air
from tests.ha.clock import Clock
from tests.ha.home import Home
from tests.ha.lives import RADIO, again, ended

ENTITIES, DEVICES, JOURNAL = (
    "core.entity_registry",
    "core.device_registry",
    "mi_bms.takeover",
)

type Files = dict[str, Any]
type House = Callable[[Files], AbstractAsyncContextManager[Home]]


@pytest.fixture
def disk(hass_storage: Files) -> Files:
    """Return the files of whatever Home Assistant runs."""
    return hass_storage


@pytest.fixture
def house(
    frozen: FrozenDateTimeFactory,
    busy: set[Future[Any]],
    alone: None,
    disk: Files,
) -> House:
    """Return a way to start Home Assistant with files."""

    @asynccontextmanager
    async def start(files: Files) -> AsyncIterator[Home]:
        disk.clear()
        disk.update(written(files))
        async with async_test_home_assistant(
            load_registries=False, initial_state=CoreState.starting
        ) as hass:
            hass.data.pop(loader.DATA_CUSTOM_COMPONENTS, None)
            await _load(hass)
            clock = Clock(hass, frozen, busy)
            radio = MockConfigEntry(domain="bluetooth", unique_id=RADIO)
            radio.add_to_hass(hass)
            await clock.wait(hass.config_entries.async_setup(radio.entry_id))
            home = Home(hass, clock, Air(hass))
            try:
                yield home
            finally:
                await ended(home)
                await clock.wait(hass.config_entries.async_unload(radio.entry_id))
                await hass.async_stop(force=True)

    return start


async def _load(hass: HomeAssistant) -> None:
    dr.async_setup(hass)
    for registry in (ar, cr, dr, er, fr, ir, lr, rs):
        await registry.async_load(hass)
    hass.data[bootstrap.DATA_REGISTRIES_LOADED] = None


def written(files: Files) -> Files:
    """Return what stands in the files now."""
    return copy.deepcopy(files)


def as_stored(entry: ConfigEntry[Any]) -> MockConfigEntry:
    """Return an entry as it is read at the next start, switched off where it was."""
    made = again(entry)
    object.__setattr__(made, "disabled_by", entry.disabled_by)
    return made


async def come_up(home: Home, entries: Iterable[MockConfigEntry]) -> None:
    """Set entries up as at a start: all are known before the first comes up."""
    entries = list(entries)
    for one in entries:
        one.add_to_hass(home.hass)
    for one in entries:
        if one.disabled_by is None and one.state is ConfigEntryState.NOT_LOADED:
            await home.clock.wait(home.hass.config_entries.async_setup(one.entry_id))
    home.hass.set_state(CoreState.running)
    home.hass.bus.async_fire(EVENT_HOMEASSISTANT_STARTED)
    await home.clock.settle()
