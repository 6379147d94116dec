"""Home Assistant's own ``bthome``: an entry for each device.

Ids are ``{ADDRESS}-{key}`` with the address in capitals. Where an advert holds several of a kind, theirs
are numbered from 1; with us the first has no number.

Source: ``homeassistant/components/bthome`` of Home Assistant 2026.10 and 2026.11, bthome-ble 3.23 and 3.25.
"""

from dataclasses import replace
from functools import partial
from typing import Final

from ...model.fields import Field
from ..model import Peer, PeerRow, Recipe, Statistic, Why
from ..rows import (
    flag,
    happens,
    measured,
    named_by_address,
    none,
    pressed,
    summed,
    told,
    trigger_of,
)

_SOURCES: Final = ("button", "dimmer", "command")


def _several(*rows: PeerRow) -> tuple[PeerRow, ...]:
    """Return rows with those of the second and further ones of a kind."""
    return tuple(
        one
        for row in rows
        for one in (
            row,
            replace(row, key=f"{row.key}_1"),
            replace(row, key=f"{row.key}_{{n}}", ours=f"{row.ours}_{{n}}"),
        )
    )


PEER: Final = Peer(
    domain="bthome",
    title="BTHome",
    platform="bthome",
    recipe=Recipe.OWN,
    named=named_by_address,
    trigger=partial(trigger_of, _SOURCES),
    rows=(
        *_several(
            measured("acceleration", Field.ACCELERATION, "m/s²"),
            measured("battery", Field.BATTERY, "%"),
            measured("channel", Field.CHANNEL),
            measured("conductivity", Field.CONDUCTIVITY, "μS/cm"),
            measured("count", Field.COUNT),
            measured("carbon_dioxide", Field.CO2, "ppm"),
            measured("current", Field.CURRENT, "A"),
            measured("dew_point", Field.DEW_POINT, "°C"),
            measured("direction", Field.DIRECTION, "°"),
            measured("distance", Field.DISTANCE, "m"),
            measured("duration", Field.DURATION, "s"),
            summed("energy", Field.ENERGY, "kWh"),
            summed("gas", Field.GAS_VOLUME, "m³"),
            measured("gyroscope", Field.GYROSCOPE, "°/s"),
            measured("humidity", Field.HUMIDITY, "%"),
            measured("illuminance", Field.ILLUMINANCE, "lx"),
            measured("light_level", Field.LIGHT_LEVEL),
            measured("mass", Field.WEIGHT, "kg"),
            measured("moisture", Field.MOISTURE, "%"),
            measured("pm10", Field.PM10, "μg/m³"),
            measured("pm25", Field.PM25, "μg/m³"),
            measured("power", Field.POWER, "W"),
            measured("precipitation", Field.PRECIPITATION, "mm"),
            measured("pressure", Field.PRESSURE, "mbar"),
            told("raw", Field.RAW),
            measured("rotation", Field.ROTATION, "°"),
            measured("rotational_speed", Field.ROTATIONAL_SPEED, "rpm"),
            told("settings_revision", Field.SETTINGS_REVISION),
            measured("speed", Field.SPEED, "m/s"),
            measured("temperature", Field.TEMPERATURE, "°C"),
            told("text", Field.TEXT),
            told("timestamp", Field.TIMESTAMP),
            measured("uv_index", Field.UV_INDEX),
            measured("volatile_organic_compounds", Field.TVOC, "μg/m³"),
            measured("voltage", Field.VOLTAGE, "V"),
            summed("volume", Field.VOLUME, "L"),
            measured("volume_flow_rate", Field.FLOW_RATE, "m³/h"),
            measured("volume_storage", Field.VOLUME_STORAGE, "L"),
            summed("water", Field.WATER, "L"),
            flag("battery", Field.BATTERY_LOW),
            flag("carbon_monoxide"),
            flag("cold"),
            flag("connectivity"),
            flag("door"),
            flag("heat"),
            flag("garage_door"),
            flag("gas"),
            flag("generic"),
            flag("light"),
            flag("lock"),
            flag("moisture", Field.MOISTURE_DETECTED),
            flag("motion"),
            flag("moving"),
            flag("occupancy"),
            flag("opening"),
            flag("plug"),
            flag("power", Field.SWITCH),
            flag("presence"),
            flag("problem", Field.FAULT),
            flag("running"),
            flag("safety"),
            flag("smoke"),
            flag("sound"),
            flag("tamper"),
            flag("vibration"),
            flag("window"),
        ),
        measured("signal_strength", Field.RSSI, "dBm"),
        replace(none("sensor", "packet_id"), statistic=Statistic.MEAN),
        # Ours is a word, with how full it is.
        none("binary_sensor", "battery_charging", Why.OTHER_DOMAIN),
        none("binary_sensor", "battery_charging_{n}", Why.OTHER_DOMAIN),
        pressed("button"),
        pressed("button_{n}"),
        happens("dimmer"),
        happens("command"),
        # With us all of these are one.
        none("event", "dimmer_{n}"),
        none("event", "command_{n}"),
    ),
)
