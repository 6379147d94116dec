"""A house with batteries, and what its owner does with them as one."""

from typing import Any

import pytest

from custom_components.mi_bms.const import DOMAIN
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import State
from homeassistant.helpers import device_registry as dr, entity_registry as er
from tests.world.devices import KINDS
from tests.world.devices.server import GattBattery

from ..home import Home, Result


def address(number: int) -> str:
    """Return the address of one of the batteries."""
    return f"A5:C2:37:00:01:{number:02X}"


def named(number: int) -> str:
    """Return what one of the batteries is called."""
    return f"Battery JBD-{number} 01{number:02X}"


def battery(
    number: int,
    amps: float = 0.0,
    soc: float = 0.5,
    capacity: float = 100.0,
    orders: str = "e1",
    **pack: Any,
) -> Any:
    """Make a battery whose values stay as they are set."""
    device: Any = KINDS["JBD"](
        orders=orders,
        address=address(number),
        name=f"JBD-{number}",
        pack={"capacity": capacity, "soc": soc, "spread": 0, **pack},
    )
    device.pack.step = lambda _seconds: None
    device.pack.current = amps
    return device


class Owner:
    """Do with batteries what their owner does."""

    def __init__(self, home: Home) -> None:
        """Take the house."""
        self.home = home

    async def add(self, *devices: GattBattery) -> list[ConfigEntry[Any]]:
        """Add batteries, each of which is read once."""
        entries = [await self.home.add(device) for device in devices]
        await self.home.clock.run(5)
        return entries

    async def form(self) -> Result:
        """Open the form that combines batteries."""
        return await self.home.choose(await self.home.start(), "bank")

    async def send(self, form: Result, members: list[str], **more: Any) -> Result:
        """Fill the form in."""
        given = {"name": "Bank", "wiring": "parallel", "string_length": 1}
        return await self.home.answer(form, {**given, "members": members, **more})

    async def combine(self, *members: str, **more: Any) -> ConfigEntry[Any]:
        """Make a bank."""
        done = await self.send(await self.form(), [*members], **more)
        assert done["type"] == "create_entry", done
        await self.home.clock.run(2)
        entry: ConfigEntry[Any] = done["result"]
        return entry

    def state(self, bank: ConfigEntry[Any], field: str) -> State:
        """Return the state of a quantity of a bank."""
        registry = er.async_get(self.home.hass)
        found = next(
            one.entity_id
            for one in er.async_entries_for_config_entry(registry, bank.entry_id)
            if one.unique_id == f"{bank.unique_id}-{field}"
        )
        state = self.home.hass.states.get(found)
        assert state is not None
        return state

    def value(self, bank: ConfigEntry[Any], field: str) -> str:
        """Return what is shown of a bank."""
        return self.state(bank, field).state

    def device(self, entry: ConfigEntry[Any]) -> dr.DeviceEntry:
        """Return the device of an entry."""
        found = dr.async_get(self.home.hass).async_get_device_by_identifier(
            (DOMAIN, str(entry.unique_id)), entry.entry_id
        )
        assert found is not None
        return found


@pytest.fixture
def owner(home: Home) -> Owner:
    """Return somebody with several batteries."""
    return Owner(home)
