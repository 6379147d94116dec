"""Home Assistant's own ``xiaomi_ble``: MiBeacon sensors, an entry for each.

Ids are ``{ADDRESS}-{key}`` with the address in capitals; the key is a word of the library xiaomi-ble.

Source: ``homeassistant/components/xiaomi_ble`` of Home Assistant 2026.10 and 2026.11, xiaomi-ble 1.16 and 1.21.
"""

from dataclasses import replace
from functools import partial
from typing import Final

from ...model.fields import Field
from ..model import Peer, Recipe, Statistic
from ..rows import (
    flag,
    happens,
    measured,
    named_by_address,
    none,
    pressed,
    told,
    trigger_of,
)

_SOURCES: Final = ("button", "cube", "dimmer", "error", "fingerprint", "lock", "motion")
_BUTTONS: Final = (
    "left",
    "middle",
    "mid_left",
    "mid_right",
    "right",
    "on",
    "off",
    "brightness",
    "plus",
    "min",
    "m",
    "heat",
    "air_exchange",
    "dry",
    "fan",
    "swing",
    "decrease_speed",
    "increase_speed",
    "stop",
    "light",
    "wind_speed",
    "wind_mode",
    "color_temperature",
    "power",
    "timer_30_minutes",
    "timer_60_minutes",
    "increase_wind_speed",
    "decrease_wind_speed",
)

PEER: Final = Peer(
    domain="xiaomi_ble",
    title="Xiaomi BLE",
    platform="xiaomi_ble",
    recipe=Recipe.OWN,
    named=named_by_address,
    trigger=partial(trigger_of, _SOURCES),
    rows=(
        measured("battery", Field.BATTERY, "%"),
        measured("conductivity", Field.CONDUCTIVITY, "μS/cm"),
        measured("formaldehyde", Field.FORMALDEHYDE, "mg/m³"),
        measured("humidity", Field.HUMIDITY, "%"),
        measured("illuminance", Field.ILLUMINANCE, "lx"),
        measured("impedance", Field.IMPEDANCE, "ohm"),
        measured("impedance_low", Field.IMPEDANCE_LOW, "ohm"),
        measured("impedance_high", Field.IMPEDANCE_HIGH, "ohm"),
        measured("mass", Field.WEIGHT, "kg"),
        measured("mass_non_stabilized", Field.WEIGHT_RAW, "kg"),
        measured("moisture", Field.MOISTURE, "%"),
        measured("pressure", Field.PRESSURE, "mbar"),
        measured("signal_strength", Field.RSSI, "dBm"),
        measured("temperature", Field.TEMPERATURE, "°C"),
        # The library works it out of the level of the battery; no device says it.
        replace(none("sensor", "voltage"), unit="V", statistic=Statistic.MEAN),
        measured("consumable", Field.CONSUMABLE, "%"),
        measured("score", Field.SCORE),
        measured("counter", Field.COUNTER),
        told("key_id", Field.KEY_ID),
        told("lock_method", Field.LOCK_METHOD),
        measured("duration_detected", Field.DURATION_DETECTED, "min"),
        measured("duration_cleared", Field.DURATION_CLEARED, "min"),
        measured("pressure_present_duration", Field.PRESSURE_PRESENT_DURATION, "s"),
        measured(
            "pressure_not_present_duration", Field.PRESSURE_NOT_PRESENT_DURATION, "s"
        ),
        measured("heart_rate", Field.HEART_RATE, "bpm"),
        told("profile_id", Field.PROFILE_ID),
        flag("battery", Field.BATTERY_LOW),
        flag("door"),
        flag("light"),
        flag("lock"),
        flag("moisture", Field.MOISTURE_DETECTED),
        flag("motion"),
        flag("occupancy"),
        flag("opening"),
        flag("power"),
        flag("smoke"),
        flag("antilock"),
        flag("armed"),
        flag("childlock"),
        flag("device_forcibly_removed"),
        flag("door_left_open"),
        flag("door_stuck"),
        flag("fingerprint"),
        flag("knock_on_the_door"),
        flag("pry_the_door"),
        flag("stabilized"),
        flag("toothbrush"),
        flag("bottom_submersion"),
        flag("top_splash"),
        pressed("button"),
        pressed("button_M", "button_m"),
        pressed("button_{n}"),
        *(pressed(f"button_{name}") for name in _BUTTONS),
        happens("cube"),
        pressed("dimmer"),
        happens("error"),
        happens("fingerprint"),
        happens("lock"),
        happens("motion"),
    ),
)
