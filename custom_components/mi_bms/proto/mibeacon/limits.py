"""What a sensor can truthfully report; a field without limits in its row is no number of a sensor."""

from collections.abc import Mapping
from typing import Final

from ..model.fields import Field, Limits

_NONE: Final[Limits] = (1, 0)
LIMITS: Final[Mapping[Field, Limits]] = {
    field: limits for field in Field if (limits := field.quantity.sensor)
}


def plausible(field: Field, value: float) -> bool:
    """Return whether a number can be true; NaN never is, nor any number of a field that has none."""
    low, high = LIMITS.get(field, _NONE)
    return low <= value <= high
