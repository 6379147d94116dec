"""Fixtures for tests through Home Assistant's public doors."""

from collections.abc import AsyncIterator
from concurrent.futures import Future
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from habluetooth.usage import install_multiple_bleak_catcher
import pytest

from custom_components.mi_bms.const import DOMAIN
from homeassistant.config_entries import HANDLERS, ConfigFlow
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity import Entity
from homeassistant.loader import BluetoothMatcher, async_get_bluetooth

from .air import Air
from .clock import Clock, helpers, one_clock
from .home import Home

# Home Assistant swaps bleak's classes when its Bluetooth starts; test modules are imported before.
install_multiple_bleak_catcher()


@pytest.fixture(autouse=True)
def _our_integration(enable_custom_integrations: None) -> None:
    """Let Home Assistant find the integration."""


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep other integrations that know the same devices from discovering them, too."""

    async def ours(hass: HomeAssistant) -> list[BluetoothMatcher]:
        return [
            one for one in await async_get_bluetooth(hass) if one["domain"] == DOMAIN
        ]

    monkeypatch.setattr("homeassistant.components.bluetooth.async_get_bluetooth", ours)


@pytest.fixture
def frozen(
    freezer: FrozenDateTimeFactory, monkeypatch: pytest.MonkeyPatch
) -> FrozenDateTimeFactory:
    """Stop every clock; asked for before ``hass``, so that all its timers live in this time."""
    one_clock(monkeypatch)
    return freezer


@pytest.fixture
def busy(monkeypatch: pytest.MonkeyPatch) -> set[Future[Any]]:
    """Return what helper threads are at; asked for before ``hass``, so that nothing is missed."""
    return helpers(monkeypatch)


@pytest.fixture
def clock(
    frozen: FrozenDateTimeFactory, busy: set[Future[Any]], hass: HomeAssistant
) -> Clock:
    """Return the hands of the clock."""
    return Clock(hass, frozen, busy)


@pytest.fixture
async def air(
    clock: Clock, hass: HomeAssistant, alone: None, enable_bluetooth: None
) -> AsyncIterator[Air]:
    """Return a receiver that carries virtual devices."""
    receiver = Air(hass)
    yield receiver
    # Out of reach a battery that has to be told something last would be waited for, by a real clock.
    for entry in hass.config_entries.async_loaded_entries(DOMAIN):
        await clock.wait(hass.config_entries.async_unload(entry.entry_id))
    receiver.close()


@pytest.fixture
def home(hass: HomeAssistant, clock: Clock, air: Air) -> Home:
    """Return a house with one receiver, and short ways to do what its owner does."""
    return Home(hass, clock, air)


@pytest.fixture
def all_entities_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let entities be on that are off at first."""
    monkeypatch.setattr(Entity, "entity_registry_enabled_default", True)


@pytest.fixture
def other_integrations(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let entries of integrations that only pretend to be there be set up."""
    for domain in ("xiaomi_ble", "bthome", "bms_ble", "mqtt"):
        monkeypatch.setitem(HANDLERS, domain, ConfigFlow)
