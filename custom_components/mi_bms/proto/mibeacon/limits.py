"""What a sensor can truthfully report: values outside are dropped, never clipped.

The bounds are those of physics and of the sensors themselves, wide enough for a sauna, a kettle or
a freezer. A field that is not named here has no bounds of its own.
"""

from collections.abc import Mapping
from sys import float_info
from typing import Final

from ..model.fields import Field

type Limits = tuple[float, float]

# Any finite number.
UNLIMITED: Final[Limits] = (-float_info.max, float_info.max)

PERCENT: Final[Limits] = (0, 100)

LIMITS: Final[Mapping[Field, Limits]] = {
    Field.TEMPERATURE: (-40, 125),
    Field.DEW_POINT: (-100, 125),
    Field.HUMIDITY: PERCENT,
    Field.PRESSURE: (30_000, 120_000),
    Field.ILLUMINANCE: (0, 200_000),
    Field.FORMALDEHYDE: (0, 100),
    Field.CO2: (0, 40_000),
    Field.TVOC: (0, 65_000),
    Field.PM25: (0, 10_000),
    Field.PM10: (0, 10_000),
    Field.MOISTURE: PERCENT,
    Field.CONDUCTIVITY: (0, 30_000),
    Field.UV_INDEX: (0, 20),
    Field.BATTERY: PERCENT,
    Field.VOLTAGE: (0, 1_000),
    Field.WEIGHT: (0, 350),
    Field.WEIGHT_RAW: (0, 350),
    Field.IMPEDANCE: (0, 6_000),
    Field.IMPEDANCE_LOW: (0, 6_000),
    Field.IMPEDANCE_HIGH: (0, 6_000),
    Field.HEART_RATE: (20, 250),
    Field.CONSUMABLE: PERCENT,
    Field.SCORE: PERCENT,
    Field.DIRECTION: (0, 360),
}


def plausible(field: Field, value: float) -> bool:
    """Say whether a value can be true; NaN never is."""
    low, high = LIMITS.get(field, UNLIMITED)
    return low <= value <= high
