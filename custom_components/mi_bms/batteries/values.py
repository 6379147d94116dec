"""What a battery measures: one entity for each field, cell, probe or count of it and of its packs.

The coordinator keeps the sample of the last poll; an entity picks its spot out of it and writes what
the user wants recorded.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Final, override

from homeassistant.components.binary_sensor import BinarySensorEntity
from homeassistant.components.sensor import SensorEntity
from homeassistant.core import callback
from homeassistant.util import dt as dt_util

from ..proto.bms.alarms import Alarm
from ..proto.bms.profile import Spot
from ..proto.model.fields import Field
from ..proto.model.reading import Value
from ..proto.model.rows import time_to_tell, worth_a_row
from ..proto.model.sample import Place
from ..quantities import BINARY_SENSORS, CELL_BALANCING, PROTECTION_COUNTS, SENSORS
from .coordinator import BatteryCoordinator
from .entity import BatteryEntity

# Fields that a battery reports as numbers and that mean a word.
_WORDS: Final[Mapping[Field, Mapping[Value, str]]] = {
    Field.BATTERY_MODE: {-1: "unknown", 0: "bulk", 1: "absorption", 2: "float"},
}
# Times that a battery reports in seconds -> seconds of the unit in which they are shown. Home Assistant
# would convert them with all digits of a division.
_SHOWN_IN: Final[Mapping[Field, float]] = {
    Field.RUNTIME: 3600.0,
    Field.TIME_TO_FULL: 3600.0,
    Field.UPTIME: 86_400.0,
}
_SHOWN_DIGITS: Final = 4
# Nothing is empty before long that is being charged.
_ONE_WAY: Final = frozenset({Field.RUNTIME, Field.TIME_TO_FULL})


def _probe_of(places: tuple[Place, ...], index: int) -> tuple[str, int]:
    """Return the translation key of a probe, which names its place, and its number among those of that place."""
    place = places[index - 1]
    number = places[:index].count(place)
    if place is Place.GENERIC:
        return Field.PROBE_TEMPERATURE, number
    several = "_n" if places.count(place) > 1 else ""
    return f"{place}_temperature{several}", number


class BatterySensor(BatteryEntity, SensorEntity):
    """A field, a cell, a probe or a count of a battery or of one of its packs."""

    _written: object = None
    _was_available: bool | None = None

    def __init__(self, coordinator: BatteryCoordinator, spot: Spot) -> None:
        """Take the row of the field; probes are named after their place."""
        if spot.field is Field.PROTECTION_COUNT:
            row = PROTECTION_COUNTS[Alarm(str(spot.part))]
        else:
            row = SENSORS[spot.field]
        super().__init__(coordinator, row, spot)
        if spot.field is Field.PROBE_TEMPERATURE and isinstance(spot.part, int):
            key, number = _probe_of(self.profile.probes, spot.part)
            self._attr_translation_key = key
            self._attr_translation_placeholders = {"number": str(number)}

    @property
    @override
    def available(self) -> bool:
        """Return whether there is a value; of the two times there is none while it goes the other way.

        That is no fault and nothing to wait for, as "unknown" would say.
        """
        if not super().available:
            return False
        return self.spot.field not in _ONE_WAY or self._said is not None

    @property
    @override
    def native_value(self) -> Value | datetime | date | None:
        """Return the value of the last good sample, in the unit of its row."""
        value, seconds = self._said, _SHOWN_IN.get(self.spot.field)
        if seconds is None or not isinstance(value, int | float):
            return value
        return round(value / seconds, _SHOWN_DIGITS)

    @property
    def _said(self) -> Value | datetime | date | None:
        """Return what the battery said."""
        sample = self.sample
        if sample is None:
            return None
        if self.spot.field is Field.PRODUCTION_DATE:
            return dt_util.parse_date(self.profile.info.production_date or "")
        value, words = self.spot.value(sample), _WORDS.get(self.spot.field)
        return value if words is None or value is None else words.get(value)

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        """Write what is worth a row: a change that the user wants recorded, or a change of availability."""
        available = self.available
        new = self._said if available else None
        band = self.coordinator.settings.bands.get(self.spot.field, 0.0)
        turned = available is not self._was_available
        if not band or turned or worth_a_row(new, self._written, band):
            self._written, self._was_available = new, available
            super()._handle_coordinator_update()


class LastReadSensor(BatterySensor):
    """When a battery was last read, also and above all when it no longer is."""

    _told: datetime | None = None

    @property
    @override
    def available(self) -> bool:
        """Stay available: it is asked for above all when no reading comes."""
        return True

    @property
    @override
    def native_value(self) -> datetime | None:
        """Return the time; while the battery is read it moves in steps, to spare the database."""
        late = not super().available
        self._told = time_to_tell(self.coordinator.read_at, self._told, late=late)
        return self._told

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        """Write it; the same time once more is no row."""
        self.async_write_ha_state()


class BatteryFlag(BatteryEntity, BinarySensorEntity):
    """A flag of a battery, of one of its packs or of one of their cells."""

    def __init__(self, coordinator: BatteryCoordinator, spot: Spot) -> None:
        """Take the row of the field."""
        row = BINARY_SENSORS[spot.field] if spot.part is None else CELL_BALANCING
        super().__init__(coordinator, row, spot)

    @property
    @override
    def is_on(self) -> bool | None:
        """Return the state of the last good sample; a mask is on while any bit is set."""
        value = self.spot.value(self.sample) if self.sample else None
        return None if value is None else bool(value)
