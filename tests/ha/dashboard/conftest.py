"""A house with a database and an Energy dashboard, and a battery that has meters."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
from tests.world.devices import KINDS
from tests.world.peripheral import Peripheral

from ..database import written_database
from ..home import Home, Result

__all__ = ["written_database"]  # a fixture

type Ask = Callable[..., Awaitable[Any]]


@pytest.fixture
async def dashboard(hass: HomeAssistant) -> None:
    """Set up the Energy dashboard."""
    assert await async_setup_component(hass, "energy", {})
    await hass.async_block_till_done()


@pytest.fixture
async def ask(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator, dashboard: None
) -> Ask:
    """Return how the dashboard's own page asks for something."""
    client = await hass_ws_client(hass)

    async def command(kind: str, **content: Any) -> Any:
        await client.send_json_auto_id({"type": f"energy/{kind}", **content})
        answer = await client.receive_json()
        return answer["result"] if answer["success"] else answer["error"]["code"]

    return command


class Owner:
    """Do with a battery what its owner does."""

    def __init__(
        self, home: Home, device: Peripheral, entry: ConfigEntry[Any], ask: Ask
    ) -> None:
        """Take the house, the battery and the dashboard."""
        self.home, self.device, self.entry, self.ask = home, device, entry, ask
        self.registry = er.async_get(home.hass)

    def id(self, key: str) -> str:
        """Return the entity of a quantity."""
        entity_id = self.home.entity_id(self.device, key)
        assert entity_id is not None, key
        return entity_id

    async def open(self) -> Result:
        """Open the step of the dashboard."""
        menu = await self.home.options(self.entry, None)
        assert menu["menu_options"] == ["reading", "switching", "energy"]
        return await self.answer(menu, {"next_step_id": "energy"})

    async def answer(self, flow: Result, data: dict[str, Any]) -> Result:
        """Answer a step."""
        options = self.home.hass.config_entries.options
        done: Result = await self.home.clock.wait(
            options.async_configure(flow["flow_id"], data)
        )
        return done

    async def put_in(self) -> Result:
        """Put the battery in, as it is proposed."""
        form = await self.open()
        assert form["step_id"] == "energy_in", form
        field = next(iter(form["data_schema"].schema))
        done = await self.answer(
            form, {"capacity": field.description["suggested_value"]}
        )
        assert done["reason"] == "energy_written", done
        return form

    async def sources(self) -> Any:
        """Return what energy comes from and goes to."""
        prefs = await self.ask("get_prefs")
        return [] if prefs == "not_found" else prefs["energy_sources"]

    async def rename(self, key: str, entity_id: str) -> None:
        """Give an entity another id."""
        self.registry.async_update_entity(self.id(key), new_entity_id=entity_id)
        await self.home.clock.settle()


@pytest.fixture
async def owner(home: Home, ask: Ask) -> Owner:
    """Add a battery with meters."""
    device: Any = KINDS["JBD"](address="A5:C2:37:00:00:04", name="JBD-mine")
    device.pack.step = lambda _seconds: None
    device.pack.current = -12.5
    entry = await home.add(device)
    await home.clock.run(3)
    return Owner(home, device, entry, ask)
