"""A person who writes automations."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import async_mock_service

from homeassistant.core import ServiceCall
from homeassistant.setup import async_setup_component

from ..home import Home

type Automate = Callable[..., Awaitable[list[ServiceCall]]]


@pytest.fixture
def automate(home: Home) -> Automate:
    """Return what sets up one automation and gives what it has done so far."""
    calls = async_mock_service(home.hass, "test", "automation")

    async def setup(
        trigger: dict[str, Any], *conditions: dict[str, Any]
    ) -> list[ServiceCall]:
        done = async_setup_component(
            home.hass,
            "automation",
            {
                "automation": {
                    "alias": "of the test",
                    "triggers": trigger,
                    "conditions": list(conditions),
                    "actions": {"action": "test.automation"},
                }
            },
        )
        assert await home.clock.wait(done)
        state = home.hass.states.get("automation.of_the_test")
        assert state is not None
        assert state.state == "on", state
        return calls

    return setup
