"""Quantities that follow from what a sensor says: one row each, with its formula and where that is from.

Units and limits are those of the fields. What is missing or impossible gives nothing.

Sources: the saturation pressure of water vapour by the Magnus formula with the coefficients of the WMO's
Guide to Instruments and Methods of Observation (No. 8, annex 4.B), over water, -45 to 60 °C; vapour as an
ideal gas with 461.5 J/(kg K).
"""

from collections.abc import Callable, Mapping
from math import exp, log
from typing import Final, NamedTuple

from .fields import Field, Limits
from .reading import Value

_PRESSURE: Final = 6.112  # hPa at 0 °C
_SLOPE: Final = 17.62
_OFFSET: Final = 243.12  # °C
_ZERO: Final = 273.15  # K
_VAPOUR: Final = 461.5  # J/(kg K)


def dew_point(celsius: float, humidity: float) -> float | None:
    """Return the temperature (°C) at which air would be saturated; None for air without any water."""
    saturated = humidity / 100
    if saturated <= 0:
        return None
    share = log(saturated) + _SLOPE * celsius / (_OFFSET + celsius)
    return _OFFSET * share / (_SLOPE - share)


def absolute_humidity(celsius: float, humidity: float) -> float:
    """Return how much water is in the air, in g/m³."""
    saturated = _PRESSURE * exp(_SLOPE * celsius / (_OFFSET + celsius))  # hPa
    # hPa to Pa and kg to g, less the hundred of the percentage.
    return 1000 * saturated * humidity / (_VAPOUR * (celsius + _ZERO))


class Derived(NamedTuple):
    """Say what a number is made of; ``digits`` are those that mean something."""

    field: Field
    inputs: tuple[Field, ...]
    formula: Callable[..., float | None]
    digits: int

    def of(self, values: Mapping[str, Value]) -> float | None:
        """Return the number that follows from the values of a sensor."""
        given = [values.get(name) for name in self.inputs]
        if not all(isinstance(one, int | float) for one in given):
            return None
        found = self.formula(*given)
        low, high = self.field.quantity.sensor or (1, 0)
        if found is None or not low <= found <= high:
            return None
        return round(found, self.digits)


_AIR: Final = (Field.TEMPERATURE, Field.HUMIDITY)
DERIVED: Final = (
    Derived(Field.DEW_POINT, _AIR, dew_point, 1),
    Derived(Field.ABSOLUTE_HUMIDITY, _AIR, absolute_humidity, 1),
)

# How moist the soil of a plant is to be, in %: below the first it needs water, from the second on it
# has enough. The middle one begins at the default of Home Assistant's own plant monitor.
CARE: Final[Mapping[str, Limits]] = {
    "dry": (10, 15),
    "normal": (20, 25),
    "wet": (35, 40),
}


def needs_water(moisture: float, limits: Limits, before: bool | None) -> bool:
    """Return whether a plant needs water; between the limits it is as before, so that it does not flicker."""
    low, high = limits
    if moisture < low:
        return True
    return moisture < high and bool(before)
