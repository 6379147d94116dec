"""Tell of a sensor that waits to be paired: it shows that it is there, and says nothing until then."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from ..const import CONF_KEY, DOMAIN
from ..proto.mibeacon.decoder import Decoder
from ..proto.model.reading import Outcome, Reading
from ..quantities import NOT_PAIRED
from .questions import async_ask

LASTS: Final = 300.0  # s; a device that is being paired right now needs nobody

type Later = Callable[[float, Callable[[datetime], None]], CALLBACK_TYPE]


def issue_id(entry_id: str) -> str:
    """Return the id of the issue of a sensor that is not paired."""
    return f"{NOT_PAIRED}_{entry_id}"


class Unpaired:
    """Watch one sensor."""

    __slots__ = (
        "_cancel",
        "_decoder",
        "_entry",
        "_hass",
        "_later",
        "_once",
        "_told",
        "settled",
    )

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry[Any],
        decoder: Decoder,
        later: Later,
    ) -> None:
        """Take the sensor's entry and decoder, and how to wait."""
        self._hass, self._entry, self._decoder = hass, entry, decoder
        self._later = later
        self._cancel: CALLBACK_TYPE | None = None
        self._once = CONF_KEY in entry.data  # it has been paired before
        self._told = False
        # True while another advert that says something changes nothing here.
        self.settled = False

    @property
    def waits(self) -> bool:
        """Return whether the sensor waits to be paired, as far as is known."""
        return self._told or (self._decoder.paired is False and not self._once)

    @callback
    def async_take(self, reading: Reading) -> None:
        """Take what became of an advert."""
        if reading.outcome is Outcome.DECODED or self._decoder.paired:
            self._once = True
            self.async_stop()
            self.settled = True
        elif self._decoder.paired is False and not self._told and not self._cancel:
            # Anybody can send that a sensor is not paired: one that has spoken gets its usual time to.
            usual = self._decoder.availability if self._once else 0.0
            self.settled = False
            self._cancel = self._later(max(LASTS, usual), self._due)

    @callback
    def _due(self, _now: datetime) -> None:
        self._cancel = None
        self._told = True
        async_ask(self._hass, self._entry, NOT_PAIRED)

    @callback
    def async_stop(self) -> None:
        """Tell no more."""
        if self._cancel:
            self._cancel()
            self._cancel = None
        if self._told:
            self._told = False
            ir.async_delete_issue(self._hass, DOMAIN, issue_id(self._entry.entry_id))
