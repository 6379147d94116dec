"""Fixtures for tests through Home Assistant's public doors."""

from collections.abc import AsyncIterator

from habluetooth.usage import install_multiple_bleak_catcher
import pytest

from homeassistant.core import HomeAssistant

from .air import Air

# Home Assistant swaps bleak's classes when its Bluetooth starts; test modules are imported before.
install_multiple_bleak_catcher()


@pytest.fixture(autouse=True)
def _our_integration(enable_custom_integrations: None) -> None:
    """Let Home Assistant find the integration."""


@pytest.fixture
async def air(hass: HomeAssistant, enable_bluetooth: None) -> AsyncIterator[Air]:
    """Give a receiver that carries virtual devices."""
    receiver = Air(hass)
    yield receiver
    receiver.close()
