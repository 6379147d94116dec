"""Count what goes into a bank and out of it: the sum of all powers, so that what circulates inside is not counted.

A point of the bank's meter needs all members, whatever is shown without some. While one is missing there
is none; when it is back, what all of them counted meanwhile, each by itself, bridges the gap: added up
slice by slice of time before it is parted into in and out, so that what circulated is not counted either.

Pure: times are those of ``Meter``.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import inf
from typing import Final

from ..energy.day import Basis
from ..energy.measures import Measure
from ..energy.meter import FORGOTTEN, Meter
from ..energy.point import Moved, Point
from ..model.fields import Field
from .board import LastSample
from .totals import finite
from .view import BankView

_SLICE: Final = 300.0  # s; of a gap nobody knows it finer
_MOST: Final = int(FORGOTTEN / _SLICE) + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Instant:
    """One time: on a clock that runs on, in unix seconds, and when the local day began, in these."""

    mono: float
    wall: float
    midnight: float

    def at(self, mono: float) -> float:
        """Return the unix time of another time of the clock that runs on."""
        return self.wall - (self.mono - mono)


class _Net:
    """What went into all members less what came out of them since a time, by slices: Wh and Ah."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._slices: dict[int, tuple[float, float]] = {}
        self._since = -inf

    def add(self, begin: float, end: float, energy: float, charge: float) -> None:
        """Add what flowed evenly between two times; what of it was before the last one is counted already."""
        first = max(begin, self._since)
        for number in range(int(first // _SLICE), int(end // _SLICE) + 1):
            start, stop = max(first, number * _SLICE), min(end, (number + 1) * _SLICE)
            part = max(0.0, stop - start) / (end - begin)
            before = self._slices.get(number, (0.0, 0.0))
            self._slices[number] = before[0] + energy * part, before[1] + charge * part
        while len(self._slices) > _MOST:
            # Of a gap that is longer nothing is counted.
            del self._slices[min(self._slices)]

    def moved(self, shares: int) -> Moved:
        """Return what flowed in and out; the same charge passes through so many ``shares``."""
        nets = self._slices.values()
        charge_in, charge_out = _parted(charge / shares for _, charge in nets)
        return Moved(*_parted(energy for energy, _ in nets), charge_in, charge_out)

    def clear(self, now: float) -> None:
        """Begin anew."""
        self._slices.clear()
        self._since = now


def _parted(nets: Iterable[float]) -> tuple[float, float]:
    ins, outs = 0.0, 0.0
    for net in nets:
        ins, outs = ins + max(net, 0.0), outs + max(-net, 0.0)
    return ins, outs


class BankMetering:
    """Feed the meter of a bank, and one of each member for what happens while another is missing."""

    def __init__(self, members: tuple[str, ...], *, in_a_row: int = 1) -> None:
        """Begin without a point; the same charge passes through all that are ``in_a_row``."""
        self.meter = Meter()
        self._shares = in_a_row
        self._own = {one: Meter() for one in members}
        self._seen: dict[str, float] = {}
        self._net = _Net()
        self._bridged = self._slept = False

    def take(
        self, last: Mapping[str, LastSample], view: BankView, now: Instant
    ) -> None:
        """Take what is new: the samples of members, and what the bank is with them."""
        for member, said in last.items():
            self._take_member(member, said, now)
        awake = [said for one in view.read if not (said := last[one]).asleep]
        self._slept = self._slept or (bool(view.read) and not awake)
        if view.left_out or not awake:
            return
        newest = max(said.at for said in awake)
        interval = max(said.interval for said in awake)
        before, point = self.meter.last, self._point(view, newest, now)
        latest = before.mono if before else None
        if point is None or (latest is not None and newest <= latest):
            # Nothing is new but how often they are read.
            self.meter.paced(interval)
            return
        self.meter.feed(
            point,
            interval=interval,
            midnight=now.midnight,
            slept=self._slept,
            bridge=self._net.moved(self._shares) if self._bridged else None,
        )
        self._slept, self._bridged = False, True
        self._net.clear(newest)

    def _take_member(self, member: str, said: LastSample, now: Instant) -> None:
        meter = self._own[member]
        if said.asleep or said.at <= self._seen.get(member, float("-inf")):
            meter.paced(said.interval)
            return
        self._seen[member] = said.at
        point = Point.of(said.sample, said.at, now.at(said.at), said.factor)
        if point is None:
            return
        before, energy, charge = meter.last, *_net_of(meter)
        basis = meter.feed(point, interval=said.interval, midnight=now.midnight)
        # Of a sum without one of its parts nobody knows how much it lacks.
        if basis is Basis.LEFT_OUT:
            self._bridged = False
        elif basis is not None and before and before.mono is not None:
            energy_now, charge_now = _net_of(meter)
            self._net.add(
                before.mono, said.at, energy_now - energy, charge_now - charge
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


def _net_of(meter: Meter) -> tuple[float, float]:
    """Return what went in less what came out, in Wh and Ah."""
    energy = meter.total(Measure.ENERGY_CHARGED) - meter.total(
        Measure.ENERGY_DISCHARGED
    )
    charge = meter.total(Measure.CHARGE_IN) - meter.total(Measure.CHARGE_OUT)
    return 1000 * energy, charge
