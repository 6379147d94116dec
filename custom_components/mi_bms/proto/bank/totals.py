"""Add batteries up: in series first, and what that gives in parallel.

What one battery counts with is a ``Share``; a string of them and the whole bank are ``Totals``. A
value that one part lacks is lacking in the sum: a sum without one of its parts would be a wrong value,
not a rough one.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from math import isfinite
from statistics import mean
from typing import Final

from ..model.fields import Field
from ..model.sample import BmsSample
from .board import LastSample

AGREE: Final = 1.0  # A; currents of one string differ by no more than that
AGREE_PART: Final = 0.05  # or than this part of them


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What one battery brings into its bank; None is what it does not tell.

    ``blocked``: neither charge nor discharge passes. ``estimated``: its charge is its state of
    charge times its capacity. ``at`` is when (s) it was measured, ``asleep``: nothing flows since.
    """

    volts: float | None = None
    amps: float | None = None
    watts: float | None = None
    level: float | None = None
    charge: float | None = None
    capacity: float | None = None
    blocked: bool = False
    estimated: bool = False
    at: float = 0.0
    asleep: bool = False

    @property
    def lacks(self) -> tuple[Field, ...]:
        """Return what of it sums lack."""
        charged = self.charge is not None and self.capacity is not None
        told = (
            (Field.CURRENT, self.amps is not None),
            (Field.VOLTAGE, self.volts is not None),
            (Field.CYCLE_CHARGE, charged),
        )
        return tuple(name for name, there in told if not there)

    @property
    def room(self) -> float | None:
        """Return the charge in Ah that still fits."""
        if self.charge is None or self.capacity is None:
            return None
        return max(self.capacity - self.charge, 0.0)

    @classmethod
    def of(cls, said: LastSample) -> Share:
        """Return what a sample is worth; of a battery that is asleep nothing flows."""
        sample, asleep = said.sample, said.asleep
        volts = finite(sample, Field.VOLTAGE)
        amps, watts = (0.0, 0.0) if asleep else _flow(sample, volts)
        level, charge = (
            finite(sample, Field.BATTERY_LEVEL),
            finite(sample, Field.CYCLE_CHARGE),
        )
        # Zero is what a board says that was never told: it is no capacity.
        sizes = (Field.FULL_CHARGE, Field.DESIGN_CAPACITY)
        found = known(finite(sample, name) for name in sizes)
        capacity = next((size for size in found if size > 0), None)
        estimated = False
        if charge is None and level is not None and capacity is not None:
            charge, estimated = level * capacity / 100, True
        fets = (Field.CHRG_MOSFET, Field.DISCHRG_MOSFET)
        return cls(
            volts=volts,
            amps=amps,
            watts=watts,
            level=level,
            # Counts run a little below zero.
            charge=None if charge is None else max(charge, 0.0),
            capacity=capacity,
            blocked=all(sample.values.get(name) is False for name in fets),
            estimated=estimated,
            at=said.at,
            asleep=asleep,
        )


def carries(said: LastSample) -> bool:
    """Return whether a battery that is awake tells of a current that is more than nothing."""
    if said.asleep:
        return False
    amps, _ = _flow(said.sample, finite(said.sample, Field.VOLTAGE))
    return amps is not None and abs(amps) > AGREE


def _flow(sample: BmsSample, volts: float | None) -> tuple[float | None, float | None]:
    """Return current and power; of two that belong to a voltage one follows from the other."""
    amps, watts = finite(sample, Field.CURRENT), finite(sample, Field.POWER)
    if volts and amps is None and watts is not None:
        amps = watts / volts
    elif volts is not None and watts is None and amps is not None:
        watts = volts * amps
    return amps, watts


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """What a string of batteries, or a whole bank, is.

    ``odd`` are the places in a string of those that tell another current than the others.
    """

    volts: float | None = None
    amps: float | None = None
    watts: float | None = None
    charge: float | None = None
    room: float | None = None
    energy: float | None = None
    usable: float | None = None
    fits: float | None = None
    odd: tuple[int, ...] = ()

    @property
    def capacity(self) -> float | None:
        """Return the capacity in Ah."""
        return total((self.charge, self.room))


_NOTHING: Final = Totals()


def finite(sample: BmsSample, name: Field) -> float | None:
    """Return a number of a sample that is one."""
    value = sample.values.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if isfinite(value) else None


def total(values: Iterable[float | None]) -> float | None:
    """Return a sum; None where a part is not known, and where there is none."""
    found = known(parts := tuple(values))
    return sum(found) if found and len(found) == len(parts) else None


def known(values: Iterable[float | None]) -> list[float]:
    """Return the values that are known."""
    return [value for value in values if value is not None]


def _least(values: Collection[float | None]) -> float | None:
    found = known(values)
    return min(found) if found and len(found) == len(values) else None


def series(string: Sequence[Share | None], *, partial: bool) -> Totals:
    """Return what batteries in series are together.

    None stands for one that is left out; with ``partial`` it does not count. The current goes on
    without it, since the same flows in all.
    """
    parts = [one for one in string if one is not None]
    if not parts:
        return _NOTHING
    amps = _common(parts)
    odd = _odd(string, amps)
    if len(parts) < len(string) and not partial:
        return Totals(amps=amps, odd=odd)
    volts = total(one.volts for one in parts)
    # Where the currents disagree, one of the powers is wrong, too.
    watts = _product(volts, amps) if odd else total(_watts(one, amps) for one in parts)
    # The emptiest ends the discharge, the fullest the charge.
    charge = _least([one.charge for one in parts])
    room = _least([one.room for one in parts])
    blocked = any(one.blocked for one in parts)
    return Totals(
        volts=volts,
        amps=amps,
        watts=watts,
        charge=charge,
        room=room,
        energy=_product(volts, charge),
        usable=0.0 if blocked else charge,
        fits=0.0 if blocked else room,
        odd=odd,
    )


def _watts(one: Share, amps: float | None) -> float | None:
    """Return the power of a battery; through one that is asleep the little flows that others measure."""
    return _product(one.volts, amps) if one.asleep else one.watts


def _product(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one * other


def parallel(strings: Sequence[Totals]) -> Totals:
    """Return what strings are together, side by side."""
    volts = known(one.volts for one in strings)
    return Totals(
        # They hang on the same rails: what one of them does not tell, the others do.
        volts=mean(volts) if volts else None,
        amps=total(one.amps for one in strings),
        watts=total(one.watts for one in strings),
        charge=total(one.charge for one in strings),
        room=total(one.room for one in strings),
        energy=total(one.energy for one in strings),
        usable=total(one.usable for one in strings),
        fits=total(one.fits for one in strings),
    )


def _common(parts: Sequence[Share]) -> float | None:
    """Return the current of a string, as those tell it that are awake, None where nobody does.

    A mean of currents that disagree would be one that flows nowhere: it is the median then, and of two
    in the middle the newer one.
    """
    if len(parts) == 1:
        return parts[0].amps
    told = [one for one in parts if one.amps is not None]
    told = [one for one in told if not one.asleep] or told
    told.sort(key=_amps)
    if not told:
        return None
    middle = told[(len(told) - 1) // 2 : len(told) // 2 + 1]
    amps = _amps(max(middle, key=lambda one: one.at))
    if _amps(told[-1]) - _amps(told[0]) <= _tolerance(amps):
        return mean(_amps(one) for one in told)
    return amps


def _odd(string: Sequence[Share | None], amps: float | None) -> tuple[int, ...]:
    """Return the places of those that tell another current; of two nobody knows who is right."""
    if amps is None or len(string) == 1:
        return ()
    told = {
        place: one.amps
        for place, one in enumerate(string)
        if one is not None and one.amps is not None and not one.asleep
    }
    if not told or max(told.values()) - min(told.values()) <= _tolerance(amps):
        return ()
    odd = tuple(
        place for place, one in told.items() if abs(one - amps) > _tolerance(amps)
    )
    return odd if 2 * len(odd) < len(told) else tuple(told)


def _amps(one: Share) -> float:
    return one.amps or 0.0


def _tolerance(amps: float) -> float:
    return max(AGREE, AGREE_PART * abs(amps))
