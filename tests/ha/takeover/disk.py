"""A house with a disk: killed at any moment, it starts again from what had been written until then."""

from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
import copy
from typing import Any, Final
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_test_home_assistant,
)

from homeassistant import bootstrap, loader
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
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
from homeassistant.helpers.storage import Store

from ..air import Air
from ..clock import Clock
from ..home import Home
from ..lives import RADIO, ended

type Disk = dict[str, Any]
type Start = Callable[[Disk], AbstractAsyncContextManager[Home]]

READ: Final = ("xiaomi_ble", "mi_bms")


async def load(hass: HomeAssistant) -> None:
    """Read the registries and the entries, as Home Assistant does when it starts."""
    dr.async_setup(hass)
    for registry in (ar, cr, dr, er, fr, ir, lr, rs):
        await registry.async_load(hass)
    hass.data[bootstrap.DATA_REGISTRIES_LOADED] = None
    hass.config_entries._initialized.clear()
    await hass.config_entries.async_initialize()


@contextmanager
def written(disk: Disk) -> Iterator[list[Disk]]:
    """Return what the disk held after each time that something was written."""
    states = [copy.deepcopy(disk)]
    real = Store._async_write_data

    async def write(store: Store[Any], data: dict[str, Any]) -> None:
        await real(store, data)
        states.append(copy.deepcopy(disk))

    with patch.object(Store, "_async_write_data", write):
        yield states


@pytest.fixture
def start(
    frozen: FrozenDateTimeFactory,
    busy: set[Future[Any]],
    alone: None,
    hass_storage: Disk,
) -> Start:
    """Return a way to start Home Assistant from a disk, which it goes on to write."""

    @asynccontextmanager
    async def life(disk: Disk) -> AsyncIterator[Home]:
        hass_storage.clear()
        hass_storage.update(copy.deepcopy(disk))
        async with async_test_home_assistant(load_registries=False) as hass:
            hass.data.pop(loader.DATA_CUSTOM_COMPONENTS, None)
            clock = Clock(hass, frozen, busy)
            await load(hass)
            if not hass.config_entries.async_entries("bluetooth"):
                radio = MockConfigEntry(domain="bluetooth", unique_id=RADIO)
                await clock.wait(hass.config_entries.async_add(radio))
            home = Home(hass, clock, await heard(hass, clock))
            try:
                yield home
            finally:
                await ended(home)
                for domain in ("xiaomi_ble", "bluetooth"):
                    await unloaded(home, domain)
                await hass.async_stop(force=True)
                await clock.settle()  # no helper thread is left at work

    return life


async def heard(hass: HomeAssistant, clock: Clock) -> Air:
    """Set all entries up that are on, and return the receiver."""
    await set_up(hass, clock, "bluetooth")
    air = Air(hass)
    for domain in READ:
        await set_up(hass, clock, domain)
    await clock.settle()
    return air


async def set_up(hass: HomeAssistant, clock: Clock, domain: str) -> None:
    for entry in hass.config_entries.async_entries(domain):
        if entry.state is ConfigEntryState.NOT_LOADED and not entry.disabled_by:
            await clock.wait(hass.config_entries.async_setup(entry.entry_id))


async def unloaded(home: Home, domain: str) -> None:
    for entry in home.hass.config_entries.async_entries(domain):
        if entry.state is ConfigEntryState.LOADED:
            await home.clock.wait(home.hass.config_entries.async_unload(entry.entry_id))
