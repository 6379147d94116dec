"""Numbers that spare the database: of a restless one, small moves are written once a minute.

A thermometer speaks every few seconds, and its last digit comes and goes with the air. A move that is
smaller than ``Quantity.small`` says is written at once, as any other is, until several came within as many
minutes; the next one waits for its minute, and the newest value is written then. So a state is never wrong
by more than that, nor for longer. Only what Home Assistant is told waits: derived values and outputs take
every reading.
"""

from datetime import datetime
from typing import Any, Final, override

from homeassistant.core import CALLBACK_TYPE, HassJob, callback
from homeassistant.helpers.event import async_call_later

from ..proto.model.fields import Field
from ..proto.model.rows import worth_a_row
from .coordinator import SensorCoordinator
from .quick_number import QUICK, QuickNumber

MOMENT: Final = 60.0  # s in which a restless number has one small move written
AT_ONCE: Final = 5  # small moves after a quiet time that do not wait
# What such an entity keeps, for the slots of its class (``lean``).
SPARING: Final = (*QUICK, "_later", "_used_until")


class Sparing(QuickNumber):
    """An entity whose number may wait; whoever writes its state calls ``async_write_if_news``."""

    _coordinator: SensorCoordinator
    _field: Field | None

    def __init__(self, *args: Any) -> None:
        """Begin with nothing written."""
        super().__init__(*args)
        self._later: CALLBACK_TYPE | None = None
        # Time of the loop at which the small moves written so far have had a moment each.
        self._used_until = 0.0

    @callback
    def async_write_if_news(self) -> None:
        """Write the state, a small move of a restless number in its moment."""
        # The option first: whoever wants every change has nothing compared.
        if self._coordinator.options.every_change or self._is_news():
            self.async_write_number()
        else:
            self.async_write_small()

    @callback
    def async_write_small(self) -> None:
        """Write a small move, if there is one, in its moment."""
        if self._later is None and self.newest != self._written:
            spare = self._used_until - (AT_ONCE - 1) * MOMENT
            if (wait := spare - self.hass.loop.time()) <= 0:
                self._write_small()
            else:
                job = HassJob(self._write_late, cancel_on_shutdown=True)
                self._later = async_call_later(self.hass, wait, job)

    def _is_news(self) -> bool:
        """Return whether the newest value is told at once."""
        before = self._written
        if not isinstance(before, int | float) or self._field is None:
            return True
        small = self._field.quantity.small(before)
        return not small or worth_a_row(self.newest, before, small)

    @callback
    def _write_late(self, _now: datetime) -> None:
        self._later = None
        if self.newest != self._written:
            self._write_small()

    @callback
    def _write_small(self) -> None:
        self._used_until = max(self._used_until, self.hass.loop.time()) + MOMENT
        self.async_write_number()

    @override
    async def async_will_remove_from_hass(self) -> None:
        """Let nothing wait that nobody asks for any more."""
        await super().async_will_remove_from_hass()
        if self._later is not None:
            self._later()
            self._later = None
