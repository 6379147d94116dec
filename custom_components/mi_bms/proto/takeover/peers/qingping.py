"""Home Assistant's own ``qingping``: an entry for each sensor.

Ids are ``{ADDRESS}-{key}`` with the address in capitals.

Source: ``homeassistant/components/qingping`` of Home Assistant 2026.10 and 2026.11.
"""

from typing import Final

from ...model.fields import Field
from ..model import Peer, Recipe
from ..rows import flag, measured, named_by_address

PEER: Final = Peer(
    domain="qingping",
    title="Qingping",
    platform="qingping",
    recipe=Recipe.OWN,
    named=named_by_address,
    rows=(
        measured("battery", Field.BATTERY, "%"),
        measured("carbon_dioxide", Field.CO2, "ppm"),
        measured("humidity", Field.HUMIDITY, "%"),
        measured("illuminance", Field.ILLUMINANCE, "lx"),
        measured("pm10", Field.PM10, "μg/m³"),
        measured("pm25", Field.PM25, "μg/m³"),
        measured("pressure", Field.PRESSURE, "mbar"),
        measured("signal_strength", Field.RSSI, "dBm"),
        measured("temperature", Field.TEMPERATURE, "°C"),
        flag("motion"),
        flag("light"),
        flag("door"),
        flag("problem", Field.FAULT),
    ),
)
