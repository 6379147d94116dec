"""Set up one output: the shape of its messages and what hands them over, by its type."""

from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ConfigEntryNotReady

from ..const import DOMAIN
from .file import FileOutput
from .output import Output, OutputConfigEntry
from .settings import CONF_TYPE, FILE, TASMOTA
from .shapes import BatteryShape, TasmotaShape

MQTT: Final = "mqtt"


def has_mqtt(hass: HomeAssistant) -> bool:
    """Return whether Home Assistant's MQTT integration is there; its broker may be away."""
    return bool(hass.config_entries.async_loaded_entries(MQTT))


async def async_setup_output(hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
    """Begin to pass on what the output wants; ``ConfigEntryNotReady`` without MQTT."""
    output = entry.runtime_data = _output(hass, entry)
    await output.async_start()


async def async_stop_output(entry: ConfigEntry[Any]) -> None:
    """Hand over what can be, and keep the rest for the next start."""
    await entry.runtime_data.async_stop()


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
