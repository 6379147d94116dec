"""Tell of a sensor that waits to be paired: it shows that it is there, and says nothing until then."""

from datetime import datetime
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback

from ..const import CONF_KEY
from ..proto.mibeacon.decoder import Decoder
from ..proto.model.reading import Outcome, Reading
from ..quantities import NOT_PAIRED
from .capture import Later
from .questions import Question

LASTS: Final = 300.0  # s; a device that is being paired right now needs nobody


class Unpaired:
    """Whether one sensor waits to be paired, and the repair that says so."""

    __slots__ = ("_cancel", "_decoder", "_later", "_once", "_question", "settled")

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry[Any],
        decoder: Decoder,
        later: Later,
    ) -> None:
        """Take the sensor's entry and decoder, and how to wait."""
        self._decoder, self._later = decoder, later
        self._question = Question(hass, entry, NOT_PAIRED)
        self._cancel: CALLBACK_TYPE | None = None
        self._once = CONF_KEY in entry.data  # it has been paired before
        # True while another advert that says something changes nothing here.
        self.settled = False

    @property
    def waits(self) -> bool:
        """Return whether the sensor waits to be paired, as far as is known."""
        return self._question.asked or (
            self._decoder.paired is False and not self._once
        )

    @callback
    def async_take(self, reading: Reading) -> None:
        """Take what became of an advert."""
        if reading.outcome is Outcome.DECODED or self._decoder.paired:
            self._once = True
            self.async_stop()
            self.settled = True
        elif (
            self._decoder.paired is False
            and not self._question.asked
            and not self._cancel
        ):
            # Anybody can send that a sensor is not paired: one that has spoken gets its usual time to.
            usual = self._decoder.availability if self._once else 0.0
            self.settled = False
            self._cancel = self._later(max(LASTS, usual), self._due)

    @callback
    def _due(self, _now: datetime) -> None:
        self._cancel = None
        self._question.async_set(asked=True)

    @callback
    def async_stop(self) -> None:
        """Tell no more."""
        if self._cancel:
            self._cancel()
            self._cancel = None
        self._question.async_set(asked=False)
