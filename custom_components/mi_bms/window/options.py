"""What the user may set for a charge window, of a battery or of a bank."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from homeassistant.const import PERCENTAGE

from ..options import Bounds, Option
from ..proto.control.window import Window


def _percent(key: str, default: float, low: float, high: float) -> Option:
    return Option(key=key, default=default, bounds=Bounds(low, high), unit=PERCENTAGE)


WINDOW: Final = Option(key="charge_window", default=False)
LOW: Final = _percent("window_low", 60, 0, 95)
HIGH: Final = _percent("window_high", 80, 5, 100)
WEEKLY_FULL: Final = Option(key="weekly_full", default=False)
HOLIDAY_LOW: Final = _percent("holiday_low", 40, 0, 95)
HOLIDAY_HIGH: Final = _percent("holiday_high", 60, 5, 100)
# In a form of their own, in its order.
WINDOW_ROWS: Final = (WINDOW, LOW, HIGH, WEEKLY_FULL, HOLIDAY_LOW, HOLIDAY_HIGH)


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowSettings:
    """What is set; ``holiday`` is the window while nobody needs the battery."""

    wanted: bool = False
    usual: Window
    holiday: Window

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Self:
        """Return stored options; absent ones, and bounds too close, have their defaults."""
        weekly = WEEKLY_FULL.of(stored)
        return cls(
            wanted=WINDOW.of(stored),
            usual=_window(stored, LOW, HIGH, weekly=weekly),
            holiday=_window(stored, HOLIDAY_LOW, HOLIDAY_HIGH, weekly=False),
        )


def _window(
    stored: Mapping[str, Any], low: Option, high: Option, *, weekly: bool
) -> Window:
    try:
        return Window(low=low.of(stored), high=high.of(stored), weekly_full=weekly)
    except ValueError:
        return Window(low=low.default, high=high.default, weekly_full=weekly)


def too_close(given: Mapping[str, Any]) -> bool:
    """Return whether bounds that were entered would switch all day, or never."""
    for low, high in ((LOW, HIGH), (HOLIDAY_LOW, HOLIDAY_HIGH)):
        try:
            Window(low=given[low.key], high=given[high.key])
        except ValueError:
            return True
    return False
