"""The charge window: between which states of charge a battery is kept by allowing and blocking its charge.

Charging is allowed until the battery reaches *high*, and blocked until it has fallen to *low*. Between the
two nothing is written: it stays as it is, whoever made it so. What somebody else switches meanwhile counts
until the battery reaches a bound again. Once a week it may be filled up, so that its cells are balanced.

A battery must never stay blocked because nobody looks: without a fresh reading for a quarter of an hour
charging is allowed again. After a start the first fresh reading decides, not what was before.

Pure: ``now`` is seconds of one even clock, ``wall`` seconds since the epoch, states of charge are percent.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import inf
from typing import Final

HYSTERESIS: Final = 5.0  # %; a narrower window would switch all day
FRESH_INTERVALS: Final = 2
FAIL_SAFE: Final = 15 * 60.0  # s
FULL: Final = 99.5  # %; who tells whole percents tells 100
FILL_EVERY: Final = 7 * 86_400.0  # s
# Cells are balanced while they are full; a battery that is used again before is as full as it got.
BALANCE_FOR: Final = 30 * 60.0  # s
FILL_FOR: Final = (
    2 * 86_400.0
)  # s; one that never tells to be full must not stay without its window
# s between two tries to write; the pause doubles as long as they fail.
PAUSE: Final = 10.0
LONGEST_PAUSE: Final = 300.0
_NOTCH: Final = (
    2.0  # %; a bound is reached anew once the battery was so far away from it
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The bounds, and whether the battery is filled up once a week; raise ``ValueError`` for bounds too close."""

    low: float
    high: float
    weekly_full: bool = False

    def __post_init__(self) -> None:
        """Refuse what would switch all day, or never."""
        if not 0 <= self.low <= self.high - HYSTERESIS <= 100 - HYSTERESIS:
            raise ValueError("bounds of a charge window")


class Doing(StrEnum):
    """What a window does at a moment."""

    WAITING = "waiting"  # nothing was read since it began
    CHARGING = "charging"
    BLOCKED = "blocked"
    SWITCHING = "switching"  # what is wanted is not so yet
    FILLING = "filling"
    BALANCING = "balancing"
    BY_HAND = "by_hand"
    NO_READING = "no_reading"
    RELEASING = "releasing"  # nothing is read, and charging may still be blocked


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """What is known of a battery: its state of charge, when that was read, how often it is read (s).

    ``allowed`` is the command of its charge; None where that cannot be told from a protection that holds it.
    """

    percent: float | None = None
    at: float | None = None
    interval: float = 0.0
    allowed: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What a window does, and what is to be written for it: charging allowed or blocked, None for nothing."""

    doing: Doing
    charge: bool | None = None


class ChargeWindow:
    """A window at work; ``by_hand``: somebody else's command counts until a bound is reached."""

    def __init__(self, window: Window, now: float) -> None:
        """Begin to look at a battery of which nothing is known."""
        self._window = window
        self._since = now  # of the last reading, or when it began
        self._known = False  # whether a fresh reading has decided
        self._zone = (
            0  # -1 since low was reached, 1 since high was, 0 since it was left
        )
        self._allows = True  # what the bounds say
        self._wanted = True  # what they and the weekly full charge say
        self._reached = True  # what is wanted was so
        self.by_hand = False
        self._full_at: float | None = None  # wall time
        self._filling: float | None = None  # wall time at which that began
        self._full_since: float | None = None
        self._pause, self._again = PAUSE, -inf
        self._done_at = -inf

    @property
    def window(self) -> Window:
        """Return the bounds."""
        return self._window

    @window.setter
    def window(self, window: Window) -> None:
        """Take bounds; where they are others, the next fresh reading decides anew."""
        self._known &= window == self._window
        self._window = window

    def to_json(self) -> dict[str, float | None]:
        """Return what a restart must not forget."""
        return {"full_at": self._full_at, "filling": self._filling}

    def restore(self, stored: Mapping[str, float | None]) -> None:
        """Go on with the weekly full charge from what is stored."""
        self._full_at, self._filling = stored.get("full_at"), stored.get("filling")

    def look(self, level: Level, now: float, wall: float) -> Decided:
        """Return what is to be done about a battery as it is now."""
        at, percent = level.at, level.percent
        within = FRESH_INTERVALS * level.interval
        if at is None or percent is None or now - at > within:
            if now - self._since > max(FAIL_SAFE, within):
                return self._let_go(level, now)
            return self._decided()
        self._since = max(self._since, at)
        self._fill(percent, now, wall)
        self._follow(percent, level.allowed)
        if at > self._done_at:
            self._compare(level.allowed)
        return self._decided(now)

    def done(self, now: float) -> None:
        """Take it that what was wanted is so, as the battery has confirmed; older readings tell nothing of it."""
        self._reached, self._done_at = True, now
        self._try_at_once()

    def failed(self, now: float) -> None:
        """Take it that it could not be written; it is tried again after a while."""
        self._again = now + self._pause
        self._pause = min(2 * self._pause, LONGEST_PAUSE)

    def _try_at_once(self) -> None:
        self._pause, self._again = PAUSE, -inf

    def _let_go(self, level: Level, now: float) -> Decided:
        """Allow charging, since nobody knows how full the battery is."""
        if self.by_hand:
            return Decided(doing=Doing.BY_HAND)
        if self._known:
            self._known = False
            self._try_at_once()
        if level.allowed is False:
            charge = True if now >= self._again else None
            return Decided(doing=Doing.RELEASING, charge=charge)
        return Decided(doing=Doing.NO_READING)

    def _zone_of(self, percent: float) -> int:
        """Return which bound the battery has reached; it leaves one by more than its readings wander."""
        low, high = self._window.low, self._window.high
        if percent >= high:
            return 1
        if percent <= low:
            return -1
        if self._known and not low + _NOTCH <= percent <= high - _NOTCH:
            return self._zone
        return 0

    def _follow(self, percent: float, allowed: bool | None) -> None:
        """Follow the state of charge across the bounds."""
        zone = self._zone_of(percent)
        crossed = zone != 0 and not (self._known and zone == self._zone)
        if crossed:
            self._allows = zone < 0
        elif not self._known:
            # Between the bounds it stays as it is.
            self._allows = allowed is not False
        wanted = self._allows or self._filling is not None
        if crossed or not self._known or wanted != self._wanted:
            self._try_at_once()
            self.by_hand = False
            self._reached = not self._known and not crossed and wanted == self._allows
        self._known, self._zone, self._wanted = True, zone, wanted

    def _compare(self, allowed: bool | None) -> None:
        """Notice that what was wanted is so, or that it was and somebody else has changed it."""
        if allowed is self._wanted:
            self._reached, self.by_hand = True, False
        elif allowed is not None and self._reached:
            self.by_hand = True

    def _fill(self, percent: float, now: float, wall: float) -> None:
        """Follow the weekly full charge."""
        if self._full_at is None or self._full_at > wall:
            self._full_at = wall
        if not self._window.weekly_full:
            self._filling = None
        elif self._filling is None and wall - self._full_at >= FILL_EVERY:
            self._filling = wall
        if percent >= FULL and self._full_since is None:
            self._full_since = now
        if self._full_since is not None:
            left = percent < FULL - HYSTERESIS
            if left or now - self._full_since >= BALANCE_FOR:
                self._full_at, self._filling = wall, None
            if left:
                self._full_since = None
        begun = self._filling
        if begun is not None and not 0 <= wall - begun < FILL_FOR:
            self._full_at, self._filling = wall, None

    def _decided(self, fresh_at: float | None = None) -> Decided:
        """Return what is done; something is written only with a fresh reading, at whose time this is."""
        if not self._known:
            return Decided(doing=Doing.WAITING)
        if self.by_hand:
            return Decided(doing=Doing.BY_HAND)
        if not self._reached:
            due = fresh_at is not None and fresh_at >= self._again
            charge = self._wanted if due else None
            return Decided(doing=Doing.SWITCHING, charge=charge)
        if self._filling is not None:
            full = self._full_since is not None
            return Decided(doing=Doing.BALANCING if full else Doing.FILLING)
        return Decided(doing=Doing.CHARGING if self._wanted else Doing.BLOCKED)
