"""A battery that may be switched, what its owner does with it, and what Home Assistant says of that."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pytest_homeassistant_custom_component.common import async_capture_events

from custom_components.mi_bms.const import EVENT_CONTROL
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import Event
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir

from ..home import Home
from .allowing import allow, arm, device_id
from .test_batteries import still

# The frames of the vendor's E1: both released, charge off, discharge off.
RELEASED, CHARGE_OFF, DISCHARGE_OFF = (
    "dd5ae1020000ff1d77",
    "dd5ae1020001ff1c77",
    "dd5ae1020002ff1b77",
)


@dataclass
class Guarded:
    """Hold a house with such a battery."""

    home: Home
    device: Any
    entry: ConfigEntry[Any]
    events: list[Event]

    async def arm(self) -> None:
        await arm(self.home, self.device)

    async def act(self, what: str, state: str, **more: Any) -> str:
        """Call the action; return the outcome, or the key of the sentence why there is none."""
        found = await self.home.clock.wait(self.later(what, state, **more))
        await self.home.clock.settle()
        return found

    def later(self, what: str, state: str, **more: Any) -> asyncio.Task[str]:
        """Call the action without waiting for it."""
        return asyncio.ensure_future(self._call(what, state, more))

    async def _call(self, what: str, state: str, more: dict[str, Any]) -> str:
        data = {"device_id": device_id(self.home, self.device), "what": what} | more
        begun = self.home.clock.time
        try:
            answer: Any = await self.home.hass.services.async_call(
                "mi_bms",
                "switch",
                {**data, "state": state},
                blocking=True,
                return_response=True,
            )
        except HomeAssistantError as err:
            return str(err.translation_key)
        finally:
            assert self.home.clock.time - begun <= 20, "it took too long"
        return str(answer["outcome"])

    @property
    def orders(self) -> list[str]:
        """Return the orders that reached the board."""
        return [
            str(one["frame"]) for one in self.device.obedience.ledger if one["frame"]
        ]

    @property
    def locked(self) -> set[str]:
        """Return what is switched off in truth."""
        return set(self.device.pack.locked)

    @property
    def told(self) -> list[Mapping[str, Any]]:
        """Return what the bus was told."""
        return [one.data for one in self.events]

    def happened(self) -> list[str]:
        return [one["happening"] for one in self.told]

    async def listen(self, seconds: float, every: float = 5.0) -> None:
        """Let time pass in which the battery advertises."""
        await self.home.listen(self.device, round(seconds / every), every)

    async def reload(self) -> None:
        entries = self.home.hass.config_entries
        await self.home.clock.wait(entries.async_reload(self.entry.entry_id))

    @property
    def overdue(self) -> bool:
        """Return whether a person is told that something could not be put back."""
        registry = ir.async_get(self.home.hass)
        key = f"return_overdue_{self.entry.entry_id}"
        return registry.async_get_issue("mi_bms", key) is not None


async def guarded(
    home: Home, device: Any | None = None, answer: Any = None, **options: Any
) -> Guarded:
    """Add a battery that may be switched; commands are not armed yet."""
    device = still() if device is None else device
    entry = await home.add(device, answer)
    await home.clock.run(3)
    await allow(home, entry, **options)
    await home.clock.run(2)
    return Guarded(home, device, entry, async_capture_events(home.hass, EVENT_CONTROL))


async def armed(home: Home, *args: Any, **options: Any) -> Guarded:
    """Add one that may be switched right away."""
    one = await guarded(home, *args, **options)
    await one.arm()
    one.events.clear()
    return one
