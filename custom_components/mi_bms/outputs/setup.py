"""The entry of one output: the shape of its messages and what hands them over, by its type."""

from collections.abc import Callable
from typing import Any, Final

from probatio import Any as Either, In, Invalid, Required, Schema

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ConfigEntryNotReady

from ..const import DOMAIN
from ..proto.publish.place import path_fault, topic_fault
from ..stored import at_least
from .file import FileOutput
from .options import BATTERY, CONF_PATH, CONF_TOPIC, CONF_TYPE, FILE, TASMOTA
from .output import Output, OutputConfigEntry
from .shapes import BatteryShape, TasmotaShape

MQTT: Final = "mqtt"


def has_mqtt(hass: HomeAssistant) -> bool:
    """Return whether Home Assistant's MQTT integration is there; its broker may be away."""
    return bool(hass.config_entries.async_loaded_entries(MQTT))


def _place(value: Any, error: Callable[[str], object]) -> str:
    if not isinstance(value, str) or error(value):
        raise Invalid("no place")
    return value


DATA: Final = Schema(
    Either(
        at_least(
            {
                Required(CONF_TYPE): In({TASMOTA, BATTERY}),
                Required(CONF_TOPIC): lambda value: _place(value, topic_fault),
            }
        ),
        at_least(
            {
                Required(CONF_TYPE): FILE,
                Required(CONF_PATH): lambda value: _place(value, path_fault),
            }
        ),
    )
)


async def async_prepare(hass: HomeAssistant, entry: OutputConfigEntry) -> None:
    """Begin to pass on what the output wants; raise ``ConfigEntryNotReady`` without MQTT."""
    output = entry.runtime_data = _output(hass, entry)
    await output.async_start()


async def async_stop(entry: OutputConfigEntry) -> None:
    """Hand over what can be, and keep the rest for the next start."""
    await entry.runtime_data.async_stop()


async def async_report(
    _hass: HomeAssistant, entry: OutputConfigEntry
) -> dict[str, Any]:
    """Return the figures of an output; where it goes to and whose readings may name a person."""
    return entry.runtime_data.describe()


def _output(hass: HomeAssistant, entry: OutputConfigEntry) -> Output:
    if entry.data[CONF_TYPE] == FILE:
        return FileOutput(hass, entry)
    if not has_mqtt(hass):
        raise ConfigEntryNotReady(
            translation_domain=DOMAIN,
            translation_key="mqtt_missing",
            translation_placeholders={"name": entry.title},
        )
    # Its library comes with the MQTT integration.
    from .mqtt import MqttOutput  # noqa: PLC0415

    tasmota = entry.data[CONF_TYPE] == TASMOTA
    shape = TasmotaShape(hass, entry) if tasmota else BatteryShape(hass, entry)
    return MqttOutput(hass, entry, shape)
