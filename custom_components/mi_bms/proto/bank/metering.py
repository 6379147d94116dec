"""Count what goes into a bank and out of it: the sum of all powers, so that what circulates inside is not counted.

A point of the bank's meter needs all members. While one is missing there is none; when it is back, what
all of them counted meanwhile, each by itself, bridges the gap.

Pure: times are those of ``Meter``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ..energy.day import Basis
from ..energy.measures import Measure
from ..energy.meter import Meter
from ..energy.point import Moved, Point
from ..model.fields import Field
from .board import LastSample
from .totals import finite
from .view import BankView

# In the order of ``Moved``, with how many of its units one of the meter's is.
_FLOWS: Final[tuple[tuple[Measure, float], ...]] = (
    (Measure.ENERGY_CHARGED, 1000.0),
    (Measure.ENERGY_DISCHARGED, 1000.0),
    (Measure.CHARGE_IN, 1.0),
    (Measure.CHARGE_OUT, 1.0),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Instant:
    """One time: on a clock that runs on, in unix seconds, and when the local day began, in these."""

    mono: float
    wall: float
    midnight: float

    def at(self, mono: float) -> float:
        """Return the unix time of another time of the clock that runs on."""
        return self.wall - (self.mono - mono)


class BankMetering:
    """Feed the meter of a bank, and one of each member for what happens while another is missing."""

    def __init__(self, members: tuple[str, ...], *, in_a_row: int = 1) -> None:
        """Begin without a point; the same charge passes through all that are ``in_a_row``."""
        self.meter = Meter()
        self._shares = in_a_row
        self._own = {one: Meter() for one in members}
        self._seen: dict[str, float] = {}
        self._counted = dict.fromkeys(members, Moved())
        self._bridged = self._slept = False

    def take(
        self, last: Mapping[str, LastSample], view: BankView, now: Instant
    ) -> None:
        """Take what is new: the samples of members, and what the bank is with them."""
        for member, said in last.items():
            self._take_member(member, said, now)
        awake = [said for one in view.read if not (said := last[one]).asleep]
        self._slept = self._slept or (bool(view.read) and not awake)
        newest = max((said.at for said in awake), default=None)
        if newest is None or (point := self._point(view, newest, now)) is None:
            return
        before = self.meter.last
        if before is not None and before.mono is not None and newest <= before.mono:
            return
        self.meter.feed(
            point,
            interval=max(said.interval for said in awake),
            midnight=now.midnight,
            slept=self._slept,
            bridge=self._moved() if self._bridged else None,
        )
        self._slept, self._bridged = False, True
        self._counted = {one: _total(meter) for one, meter in self._own.items()}

    def _take_member(self, member: str, said: LastSample, now: Instant) -> None:
        if said.asleep or said.at <= self._seen.get(member, float("-inf")):
            return
        self._seen[member] = said.at
        point = Point.of(said.sample, said.at, now.at(said.at), said.factor)
        if point is None:
            return
        basis = self._own[member].feed(
            point, interval=said.interval, midnight=now.midnight
        )
        # Of a sum without one of its parts nobody knows how much it lacks.
        if basis is Basis.LEFT_OUT:
            self._bridged = False

    def _moved(self) -> Moved:
        """Return what all members counted since the last point of the bank."""
        whole = Moved()
        for one, meter in self._own.items():
            before, after = self._counted[one], _total(meter)
            whole = whole.plus(
                Moved(*(b - a for a, b in zip(before, after, strict=True)))
            )
        return whole._replace(
            charge_in=whole.charge_in / self._shares,
            charge_out=whole.charge_out / self._shares,
        )

    def _point(self, view: BankView, mono: float, now: Instant) -> Point | None:
        power, current, voltage = (
            finite(view.sample, name)
            for name in (Field.POWER, Field.CURRENT, Field.VOLTAGE)
        )
        if power is None or current is None or voltage is None:
            return None
        known = [one.last for one in self._own.values() if one.last is not None]
        return Point(
            mono=mono,
            wall=now.at(mono),
            power=power,
            current=current,
            voltage=voltage,
            charge=finite(view.sample, Field.CYCLE_CHARGE),
            step=sum(one.step for one in known),
            counted=len(known) == len(self._own) and all(one.counted for one in known),
            capacity=finite(view.sample, Field.FULL_CHARGE),
            level=finite(view.sample, Field.BATTERY_LEVEL),
        )


def _total(meter: Meter) -> Moved:
    return Moved(*(meter.total(name) * factor for name, factor in _FLOWS))
