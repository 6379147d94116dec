"""Home Assistant's own ``tasmota``: an ESP32 that hears sensors; the entry holds all that Tasmota does.

Ids are ``{ESP32}_sensor_sensor_{sensor}_{quantity}``. A sensor is called by its model and the last three
bytes of its address, with a hyphen between or without, or as the user called it; such a one names nobody.

Source: https://github.com/emontnemery/hatasmota, ``hatasmota/sensor.py``; https://github.com/arendst/Tasmota,
``tasmota/tasmota_xsns_sensor/xsns_62_esp32_mi.ino``; ``homeassistant/components/tasmota`` of Home Assistant 2026.10.
"""

import re
from typing import Final

from ...model.fields import Field
from ..model import Named, Peer, Recipe
from ..rows import measured, none, told

_ID: Final = re.compile(
    r"[0-9A-F]{12}_sensor_sensor_.+?-?(?P<bytes>[0-9A-F]{6})_(?P<quantity>[A-Za-z]+)",
    re.IGNORECASE,
)


def _named(unique_id: str) -> Named | None:
    """Return the last three bytes of the address as the device."""
    found = _ID.fullmatch(unique_id)
    return Named(None, found["bytes"].upper(), found["quantity"]) if found else None


PEER: Final = Peer(
    domain="tasmota",
    title="Tasmota",
    platform="tasmota",
    recipe=Recipe.SHARED,
    named=_named,
    rows=(
        measured("Temperature", Field.TEMPERATURE, "°C"),
        measured("Humidity", Field.HUMIDITY, "%"),
        measured("DewPoint", Field.DEW_POINT, "°C"),
        measured("Battery", Field.BATTERY, "%"),
        measured("Illuminance", Field.ILLUMINANCE, "lx"),
        told("Moisture", Field.MOISTURE, "%"),
        told("Conductivity", Field.CONDUCTIVITY),
        told("Fertility", Field.CONDUCTIVITY),
        told("RSSI", Field.RSSI),
        none("sensor", "NMT"),
        none("sensor", "Events"),
        none("sensor", "Firmware"),
    ),
)
