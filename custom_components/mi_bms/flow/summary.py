"""What a device says now, and what it measures, in one line of a list or a form.

Names come from Home Assistant's translations, units are those of the house.
"""

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Final

from homeassistant.components.binary_sensor import BinarySensorDeviceClass
from homeassistant.components.sensor import SensorDeviceClass, SensorEntityDescription
from homeassistant.components.sensor.const import UNIT_CONVERTERS
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity import EntityDescription
from homeassistant.helpers.translation import async_get_translations

from ..bluetooth.discovery import Heard
from ..const import DOMAIN
from ..keys.ring import Frames
from ..proto.mibeacon.decoder import Decoder
from ..proto.model.fields import Field
from ..proto.model.reading import Value
from ..quantities import BINARY_SENSORS, PASSIVE_SENSORS
from ..texts import Words, async_words

_MOST: Final = 4  # values in a line
_PLATFORMS: Final = ("sensor", "binary_sensor")
# As many as tell devices apart; a row's own digits elsewhere.
_DIGITS: Final = {"%": 0, "V": 1, "A": 1}

# "Closed" says enough, and "Opening Closed" nothing.
_TOLD_BY_STATE: Final = frozenset(
    {
        BinarySensorDeviceClass.DOOR,
        BinarySensorDeviceClass.GARAGE_DOOR,
        BinarySensorDeviceClass.LOCK,
        BinarySensorDeviceClass.OPENING,
        BinarySensorDeviceClass.WINDOW,
    }
)


def _is_main(field: Field) -> bool:
    row = PASSIVE_SENSORS.get(field) or BINARY_SENSORS.get(field)
    return row is not None and row.entity_category is None


class Summary:
    """Say values and quantities in the language and the units of the house."""

    def __init__(
        self, hass: HomeAssistant, words: Words, texts: Mapping[str, str]
    ) -> None:
        """Take the words, and the names of entities and states as Home Assistant has them."""
        self._units = hass.config.units
        self._words, self._texts = words, texts

    def values(self, values: Mapping[Field, Value]) -> str:
        """Return what a sensor says, empty where it says nothing that can be shown."""
        main = (field for field in Field if field in values and _is_main(field))
        shown = (self._value(field, values[field]) for field in main)
        return " · ".join(islice(filter(None, shown), _MOST))

    def names(self, fields: Iterable[Field]) -> str:
        """Return the main quantities that a device measures, by their names."""
        names = (self._name(field) for field in fields if _is_main(field))
        return self._words.listed(dict.fromkeys(filter(None, names)))

    def _value(self, field: Field, value: Value) -> str:
        if row := PASSIVE_SENSORS.get(field):
            number = isinstance(value, (int, float)) and not isinstance(value, bool)
            said = number and row.native_unit_of_measurement
            return self._number(row, float(value)) if said else ""
        flag = BINARY_SENSORS[field]
        state = self._find("binary_sensor", flag, f"state.{'on' if value else 'off'}")
        told = flag.device_class in _TOLD_BY_STATE
        return state if told or not state else f"{self._name(field)} {state}"

    def _number(self, row: SensorEntityDescription, value: float) -> str:
        unit = row.native_unit_of_measurement
        kind = row.device_class
        wanted = row.suggested_unit_of_measurement
        wanted = self._units.get_converted_unit(kind, unit) or wanted
        if kind is SensorDeviceClass.TEMPERATURE:
            # Home Assistant keeps this unit apart from its table.
            wanted = self._units.temperature_unit
        if wanted and wanted != unit and kind in UNIT_CONVERTERS:
            value = UNIT_CONVERTERS[kind].convert(value, unit, wanted)
            unit = wanted
        digits = _DIGITS.get(unit or "", row.suggested_display_precision or 0)
        return f"{self._words.number(value, digits)} {unit}"

    def _name(self, field: Field) -> str:
        if row := PASSIVE_SENSORS.get(field):
            return self._find("sensor", row, "name")
        flag = BINARY_SENSORS.get(field)
        return self._find("binary_sensor", flag, "name") if flag else ""

    def _find(self, platform: str, row: EntityDescription, what: str) -> str:
        own = f"component.{DOMAIN}.entity.{platform}.{row.translation_key}.{what}"
        common = f"component.{platform}.entity_component.{row.device_class}.{what}"
        return self._texts.get(own) or self._texts.get(common, "")


async def async_summary(hass: HomeAssistant) -> Summary:
    """Load what values are called."""
    language: str = hass.config.language
    names = await async_get_translations(hass, language, "entity", [DOMAIN])
    common = await async_get_translations(
        hass, language, "entity_component", _PLATFORMS
    )
    return Summary(hass, await async_words(hass), {**common, **names})


def values_of(
    heard: Heard, key: bytes | None, frames: Frames, before: Mapping[Field, Value]
) -> dict[Field, Value]:
    """Return what a sensor says now: its last advert, over what it said ``before``."""
    if heard.sighting is None:
        return {}
    decoder, info = Decoder(heard.address, key), heard.info
    values: dict[Field, Value] = dict(before)
    if key:
        for entry, data in frames:
            values.update(decoder.feed_one(entry, data, info.time).values)
    reading = decoder.feed(info.service_data, info.manufacturer_data, info.time)
    values.update(reading.values)
    spec = heard.sighting.spec
    # What only some have built in is said of all; of most it is wrong.
    doubtful = {*spec.untrusted, *spec.optional} if spec else set()
    return {name: one for name, one in values.items() if name not in doubtful}
