"""The charge window of one battery: its charge as the window needs it."""

from typing import TYPE_CHECKING, Final

from ..proto.bms.control import Effect, Target, held_by
from ..proto.bms.limits import number
from ..proto.control.command import Command, Issuer
from ..proto.control.refusal import SwitchRefused
from ..proto.control.window import Level
from ..proto.model.fields import Field

if TYPE_CHECKING:
    from .coordinator import BatteryCoordinator

_CONFIRMED: Final = {Effect.CONFIRMED, Effect.HELD}


class BatteryCharge:
    """The charge of one battery."""

    def __init__(self, coordinator: BatteryCoordinator) -> None:
        """Take the battery."""
        self._battery = coordinator

    @property
    def offered(self) -> bool:
        """Return whether charging can be switched."""
        offers = self._battery.switching.offers
        return any(one.target is Target.CHARGE for one in offers)

    @property
    def comes_back(self) -> bool:
        """Return whether charging is to be allowed again by itself."""
        returns = self._battery.switching.returns_at(Target.CHARGE)
        return returns is not None and returns[1]

    def level(self) -> Level:
        """Return what is known of the battery now."""
        battery = self._battery.battery
        return Level(
            percent=number(self._battery.data, Field.BATTERY_LEVEL),
            at=battery.read_at,
            interval=battery.effective,
            allowed=self._allowed(),
        )

    def _allowed(self) -> bool | None:
        allowed = self._battery.switching.command(Target.CHARGE)
        if allowed is False and not self._told:
            # It only does not conduct: what a protection holds nobody has blocked.
            return None if held_by(Target.CHARGE, self._battery.data) else False
        return allowed

    @property
    def _told(self) -> bool:
        offers = self._battery.switching.offers
        return any(one.told for one in offers if one.target is Target.CHARGE)

    def postpone(self, minutes: float) -> None:
        """Have charging allowed again after so many minutes from now."""
        self._battery.switching.postpone(Target.CHARGE, minutes)

    async def async_switch(self, *, on: bool, minutes: float | None) -> str | None:
        """Allow or block charging; return why that is not certain, None where it is."""
        command = Command(
            target=Target.CHARGE, on=on, minutes=minutes, by=Issuer.WINDOW
        )
        try:
            result = await self._battery.switching.act(command, None)
        except SwitchRefused as refused:
            return refused.refusal.value
        return None if result.effect in _CONFIRMED else result.effect.value

    def show(self) -> None:
        """Have what shows the window look at it again."""
        self._battery.async_update_listeners()
