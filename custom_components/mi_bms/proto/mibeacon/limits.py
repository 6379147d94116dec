"""What a sensor can truthfully report: values outside are dropped, never clipped.

The bounds are those of physics and of the sensors themselves, wide enough for a sauna, a kettle or
a freezer. Every number that a sensor can report is named here; a field that is not is no number.
"""

from collections.abc import Mapping
from typing import Final

from ..model.fields import Field

type Limits = tuple[float, float]

PERCENT: Final[Limits] = (0, 100)
_YEAR: Final = 31_536_000  # s
_BYTE: Final[Limits] = (0, 0xFF)
# Meters of a house count thousandths in four bytes, and millionths with a sign.
_METER: Final[Limits] = (0, 0xFFFFFFFF / 1000)
_FINE: Final[Limits] = (-0x80000000 / 1_000_000, 0x7FFFFFFF / 1_000_000)

_NONE: Final[Limits] = (1, 0)

LIMITS: Final[Mapping[Field, Limits]] = {
    Field.TEMPERATURE: (-40, 125),
    Field.DEW_POINT: (-100, 125),
    Field.HUMIDITY: PERCENT,
    Field.PRESSURE: (30_000, 120_000),
    Field.ILLUMINANCE: (0, 200_000),
    # Below what a number with every bit set would say, in thousandths; so are the weights, in each unit.
    Field.FORMALDEHYDE: (0, 60),
    Field.CO2: (0, 40_000),
    Field.TVOC: (0, 65_000),
    Field.PM25: (0, 10_000),
    Field.PM10: (0, 10_000),
    Field.MOISTURE: PERCENT,
    Field.CONDUCTIVITY: (0, 30_000),
    Field.UV_INDEX: (0, 20),
    Field.BATTERY: PERCENT,
    Field.VOLTAGE: (0, 1_000),
    Field.WEIGHT: (0, 290),
    Field.WEIGHT_RAW: (0, 290),
    Field.IMPEDANCE: (0, 6_000),
    Field.IMPEDANCE_LOW: (0, 6_000),
    Field.IMPEDANCE_HIGH: (0, 6_000),
    Field.HEART_RATE: (20, 250),
    Field.CONSUMABLE: PERCENT,
    Field.SCORE: PERCENT,
    Field.DIRECTION: (0, 360),
    Field.PRECIPITATION: (0, 10_000),
    Field.IDLE_TIME: (0, _YEAR),
    Field.DURATION_DETECTED: _BYTE,
    Field.DURATION_CLEARED: _BYTE,
    Field.PRESSURE_PRESENT_DURATION: (0, _YEAR),
    Field.PRESSURE_NOT_PRESENT_DURATION: (0, _YEAR),
    Field.PRESSURE_PRESENT_TIME_SET: (0, _YEAR),
    Field.PRESSURE_NOT_PRESENT_TIME_SET: (0, _YEAR),
    Field.PROFILE_ID: _BYTE,
    Field.STEPS: (0, 1_000_000),
    Field.COUNTER: _BYTE,
    Field.COUNT: (-0x80000000, 0xFFFFFFFF),
    Field.GEAR: _BYTE,
    Field.ENERGY: _METER,
    Field.GAS_VOLUME: _METER,
    Field.WATER: _METER,
    Field.VOLUME: _METER,
    Field.VOLUME_STORAGE: _METER,
    Field.FLOW_RATE: (0, 100),
    Field.DISTANCE: (0, 10_000),
    Field.DURATION: (0, 100_000),
    Field.SPEED: _FINE,
    Field.ACCELERATION: _FINE,
    Field.ROTATION: (-3_600, 3_600),
    Field.GYROSCOPE: (-2_000, 2_000),
    Field.ROTATIONAL_SPEED: (0, 100_000),
    Field.LIGHT_LEVEL: _BYTE,
    Field.TIMESTAMP: (0, 0xFFFFFFFF),
    Field.CHANNEL: _BYTE,
    Field.SETTINGS_REVISION: _BYTE,
    Field.DEVICE_TYPE: (0, 0xFFFF),
    Field.CURRENT: (-1_000, 1_000),
    Field.POWER: (-1_000_000, 1_000_000),
}


def plausible(field: Field, value: float) -> bool:
    """Return whether a number can be true; NaN never is, nor any number of a field that has none."""
    low, high = LIMITS.get(field, _NONE)
    return low <= value <= high
