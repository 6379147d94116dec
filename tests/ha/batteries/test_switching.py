"""Switch a battery that obeys: armed, read before and after, put back by itself, written down."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pytest_homeassistant_custom_component.common import async_capture_events

from custom_components.mi_bms.const import EVENT_CONTROL
from custom_components.mi_bms.proto.bms.control import Effect, Result, Target
from custom_components.mi_bms.proto.control.command import Command
from custom_components.mi_bms.proto.control.refusal import SwitchRefused
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import Context, Event

from ..home import Home
from .test_batteries import still

ALLOWED = {"allow_switching": True}


@dataclass
class House:
    """A battery that may be switched, and what Home Assistant says of that."""

    home: Home
    device: Any
    entry: ConfigEntry[Any]
    events: list[Event]

    @property
    def switching(self) -> Any:
        return self.entry.runtime_data.switching

    def arm(self, minutes: float | None = None) -> None:
        self.switching.arm(minutes, Context(user_id="somebody"))

    async def act(
        self, target: Target, on: bool, most: float = 20.0, **more: Any
    ) -> Result | str:
        """Give a command; return its result, or the word of the refusal. It never takes longer than 20 s."""
        command = Command(target=target, on=on, **more)
        work = self.switching.act(command, Context(user_id="somebody"))
        try:
            done: Result = await self.home.clock.wait(work, most)
        except SwitchRefused as err:
            return err.refusal.value
        return done

    async def cut(self, **more: Any) -> Result | str:
        return await self.act(Target.DISCHARGE, False, **more)

    @property
    def orders(self) -> list[str]:
        """Return the frames of orders that the board was given."""
        return [
            str(one["frame"])
            for one in self.device.obedience.ledger
            if one["by"] == "order" and one["frame"]
        ]

    @property
    def locked(self) -> set[str]:
        return set(self.device.pack.locked)

    def told(self) -> list[Mapping[str, Any]]:
        """Return what the bus was told."""
        return [one.data for one in self.events]

    async def listen(self, seconds: float, every: float = 5.0) -> None:
        await self.home.listen(self.device, round(seconds / every), every)


def effect(found: Result | str) -> Effect | str:
    return found if isinstance(found, str) else found.effect


async def house(
    home: Home, device: Any | None = None, options: dict[str, Any] | None = None
) -> House:
    """Set up a battery that may be switched."""
    device = still() if device is None else device
    entry = await home.add(device)
    await home.clock.run(2)
    home.hass.config_entries.async_update_entry(
        entry, options={**entry.options, **(ALLOWED if options is None else options)}
    )
    await home.clock.wait(home.hass.config_entries.async_reload(entry.entry_id))
    await home.clock.run(5)
    events = async_capture_events(home.hass, EVENT_CONTROL)
    return House(home, device, entry, events)


async def test_a_command_is_read_written_and_read_back(home: Home) -> None:
    one = await house(home)
    one.arm()
    done = await one.act(Target.CHARGE, False)
    assert effect(done) is Effect.CONFIRMED
    assert one.locked == {"charge"}
    assert one.orders == ["dd5ae1020001ff1c77"]
    assert home.value(one.device, "chrg_mosfet") == "off"
    assert one.switching.command(Target.CHARGE) is False
    assert one.switching.returns_at(Target.CHARGE) is None
