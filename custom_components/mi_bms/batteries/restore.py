"""What is stored of a battery over a restart: the wishes of the user, how it sleeps, and its last reading."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import inf
from typing import Any, Self

from homeassistant.util import dt as dt_util

from ..const import CLOCKS_APART, CONF_SWITCHING, MAX_RELEASE
from ..proto.bms.sift import purged
from ..proto.model.sample import BmsSample
from ..proto.scheduler.battery import Battery
from ..proto.scheduler.events import Learned, Restored
from ..proto.scheduler.pace import Flow, flow


@dataclass(frozen=True, slots=True, kw_only=True)
class LastReading:
    """A sample, when it was read, and what its values depend on beside the battery."""

    sample: BmsSample
    at: datetime
    read_as: dict[str, Any]

    @property
    def age(self) -> float:
        """Return how many seconds ago that was, by wall time."""
        return (dt_util.utcnow() - self.at).total_seconds()


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What an earlier run stored; ``away_for`` (s) is infinite where reading is switched off."""

    away_for: float = 0.0
    habits: Mapping[str, tuple[float, int]]
    last: LastReading | None = None

    @classmethod
    def of(cls, stored: Mapping[str, Any], read_as: dict[str, Any]) -> Self:
        """Read what is stored; ``read_as`` is what values depend on now."""
        now = dt_util.utcnow()
        learned = stored.get("learned", {})
        return cls(
            away_for=inf if stored.get("paused", False) else _left(stored, now),
            habits={name: tuple(value) for name, value in learned.items()},
            last=_last(stored, read_as),
        )

    def tell(self, battery: Battery, now: float) -> None:
        """Tell a battery what an earlier run knew of it."""
        battery.apply(Learned(self.habits), now)
        if self.last is not None:
            idle = flow(self.last.sample) is Flow.IDLE
            battery.apply(Restored(age=self.last.age, idle=idle), now)


def _left(stored: Mapping[str, Any], now: datetime) -> float:
    """Return how many seconds of a release are left, 0 where there is none."""
    until = dt_util.parse_datetime(stored.get("left_until") or "")
    left = (until - now).total_seconds() if until else 0.0
    # Longer than anybody can ask for: the clock was in the future.
    return left if 0 < left <= MAX_RELEASE * 60 + CLOCKS_APART else 0.0


def _last(stored: Mapping[str, Any], read_as: dict[str, Any]) -> LastReading | None:
    was_read_as = stored.get("read_as", read_as)
    at = dt_util.parse_datetime(stored.get("read_at") or "")
    # What another family made of the same bytes means nothing.
    if at is None or was_read_as.get("family") != read_as["family"]:
        return None
    sample = purged(BmsSample.from_json(stored))
    last = LastReading(sample=sample, at=at, read_as=was_read_as)
    # Else the clock was in the future: nobody knows how old that is.
    return last if last.age >= -CLOCKS_APART else None


def to_store(battery: Battery, now: float, last: LastReading) -> dict[str, Any]:
    """Return what is kept of a battery for the next start."""
    return last.sample.to_json() | {
        "read_at": last.at.isoformat(),
        "read_as": last.read_as,
        "learned": battery.learned(),
        **_wishes(battery, now),
    }


def first_to_store(sample: BmsSample, read_as: dict[str, Any]) -> dict[str, Any]:
    """Return what is kept of a battery that was read just now, before it had an entry."""
    return sample.to_json() | {
        "read_at": dt_util.utcnow().isoformat(),
        "read_as": read_as,
    }


def wishes_to_store(
    battery: Battery,
    now: float,
    before: Mapping[str, Any],
    switching: Mapping[str, Any],
) -> dict[str, Any] | None:
    """Return what is kept of one that was never read, None where there is nothing.

    ``before`` is what is stored: what was wished before must not come back, the rest is still true.
    ``switching`` is what is to be put back.
    """
    wishes = _wishes(battery, now)
    if not (before or switching or any(wishes.values())):
        return None
    rest = {name: value for name, value in before.items() if name != CONF_SWITCHING}
    return {**rest, **wishes, **switching}


def _wishes(battery: Battery, now: float) -> dict[str, Any]:
    return {"paused": battery.paused, "left_until": _end_of_release(battery, now)}


def _end_of_release(battery: Battery, now: float) -> str | None:
    """Return the wall time at which a release ends: the scheduler's clock starts anew with the machine."""
    left = battery.away_until - now
    if battery.paused or left <= 0:
        return None
    return (dt_util.utcnow() + timedelta(seconds=left)).isoformat()
