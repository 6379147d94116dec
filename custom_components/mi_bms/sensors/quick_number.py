"""A number that is written anew with what stood beside it.

Home Assistant asks an entity for some twenty properties with each state. Of a number that a sensor says
every few seconds one of them changes, the value; the others change when somebody renames the sensor,
chooses another unit, or the sensor goes. Home Assistant has the whole state written then.
"""

from abc import abstractmethod
from collections.abc import Mapping
from math import isfinite
from typing import Any, Final, override

from homeassistant.components.sensor import SensorEntity
from homeassistant.core import Context, callback
from homeassistant.core_config import DATA_CUSTOMIZE
from homeassistant.helpers.entity_values import EntityValues
from homeassistant.util.unit_system import UnitSystem

# What such an entity keeps, for the slots of its class (``lean``).
QUICK: Final = ("_beside", "_customized", "_units", "_written")


class QuickNumber(SensorEntity):
    """Write the newest value, and leave the rest of the state as it was written last.

    That takes half of the time of a whole state, 7 instead of 13 µs, and an advert brings one to three
    (``tests/bench/ha_path.py``). Whatever is not surely the same goes Home Assistant's way: what is no
    number, or converted to another unit; the first value after anything else was written, be it by
    somebody else; and what Home Assistant has not written anew by itself though it would say something
    else now, after its units or its customizing changed.
    """

    _written: object  # the newest value when a state was written last
    # What the last whole state had beside its number, and what it was made with.
    _beside: Mapping[str, Any] | None
    _customized: EntityValues | None
    _units: UnitSystem

    def __init__(self, *args: Any) -> None:
        """Begin with nothing written."""
        super().__init__(*args)
        self._beside = self._written = None

    @property
    @abstractmethod
    def newest(self) -> object:
        """Return the newest value, None while there is none to be shown."""

    @callback
    def async_write_number(self) -> None:
        """Write the newest value."""
        hass, entity_id, value = self.hass, self.entity_id, self.newest
        before = hass.states.get(entity_id)
        if (
            before is None
            or before.attributes is not self._beside
            or before.state_info is None
            or hass.config.units is not self._units
            or hass.data.get(DATA_CUSTOMIZE) is not self._customized
            or (text := _text(value)) is None
        ):
            self.async_write_ha_state()
            return
        self._written = value
        hass.states.async_set(
            entity_id, text, self._beside, state_info=before.state_info
        )

    @callback
    @override
    def _async_write_ha_state(self) -> None:
        """Write a whole state, and keep what stands beside its number."""
        hass, value = self.hass, self.newest
        self._written = value
        self._units = hass.config.units
        self._customized = hass.data.get(DATA_CUSTOMIZE)
        super()._async_write_ha_state()
        state = hass.states.get(self.entity_id)
        plain = (
            state is not None
            # Who hears of the state may have written another one; only an entity's own has this.
            and state.state_info is not None
            and state.state == _text(value)
            # Some numbers are the same in both, 0 of nearly all.
            and self.unit_of_measurement == self.native_unit_of_measurement
        )
        self._beside = state.attributes if state and plain else None

    @callback
    @override
    def async_set_context(self, context: Context) -> None:
        """Take who is to blame for the next state, which is written whole."""
        super().async_set_context(context)
        self._beside = None


def _text(value: object) -> str | None:
    """Return a number as Home Assistant writes it; None of anything else."""
    if type(value) is float and isfinite(value):
        return f"{value:.15}"
    return str(value) if type(value) is int else None
