"""The entry of one output: the shape of its messages and what hands them over, by its type."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from probatio import Any as Either, Invalid, Required, Schema

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ConfigEntryNotReady

from ..const import DOMAIN
from ..stored import at_least
from .file import FileOutput
from .options import BATTERY, CONF_TYPE, FILE, PLACES, TASMOTA, TYPES, OutputType
from .output import Output, OutputConfigEntry
from .shapes import BatteryShape, Shape, TasmotaShape

MQTT: Final = "mqtt"


def has_mqtt(hass: HomeAssistant) -> bool:
    """Return whether Home Assistant's MQTT integration is there; its broker may be away."""
    return bool(hass.config_entries.async_loaded_entries(MQTT))


def _data(kind: str, row: OutputType) -> Schema:
    """Return what the data of an entry of a type may be."""
    fault = PLACES[row.place].fault

    def check(value: Any) -> str:
        if not isinstance(value, str) or fault(value):
            raise Invalid("no place")
        return value

    return at_least({Required(CONF_TYPE): kind, Required(row.place): check})


DATA: Final = Schema(Either(*(_data(kind, row) for kind, row in TYPES.items())))


async def async_prepare(hass: HomeAssistant, entry: OutputConfigEntry) -> None:
    """Begin to pass on what the output wants; raise ``ConfigEntryNotReady`` without MQTT."""
    output = entry.runtime_data = OUTPUTS[entry.data[CONF_TYPE]](hass, entry)
    await output.async_start()


async def async_stop(entry: OutputConfigEntry) -> None:
    """Hand over what can be, and keep the rest for the next start."""
    await entry.runtime_data.async_stop()


async def async_report(
    _hass: HomeAssistant, entry: OutputConfigEntry
) -> dict[str, Any]:
    """Return the figures of an output; where it goes to and whose readings may name a person."""
    return entry.runtime_data.describe()


def _over_mqtt(
    shape: Callable[[HomeAssistant, OutputConfigEntry], Shape],
) -> Callable[[HomeAssistant, OutputConfigEntry], Output]:
    """Return what makes an output that publishes messages of a shape."""

    def make(hass: HomeAssistant, entry: OutputConfigEntry) -> Output:
        if not has_mqtt(hass):
            raise ConfigEntryNotReady(
                translation_domain=DOMAIN,
                translation_key="mqtt_missing",
                translation_placeholders={"name": entry.title},
            )
        # Its library comes with the MQTT integration.
        from .mqtt import MqttOutput  # noqa: PLC0415

        return MqttOutput(hass, entry, shape(hass, entry))

    return make


# Type -> what hands its messages over.
OUTPUTS: Final[Mapping[str, Callable[[HomeAssistant, OutputConfigEntry], Output]]] = {
    TASMOTA: _over_mqtt(TasmotaShape),
    BATTERY: _over_mqtt(BatteryShape),
    FILE: FileOutput,
}
