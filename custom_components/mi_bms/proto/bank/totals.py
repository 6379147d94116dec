"""Add batteries up: in series first, and what that gives in parallel.

What one battery counts with is a ``Share``; a string of them and the whole bank are ``Totals``. A
value that one part lacks is lacking in the sum: a sum without one of its parts would be a wrong value,
not a rough one.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from math import isfinite
from statistics import mean, median
from typing import Final

from ..model.fields import Field
from ..model.sample import BmsSample

AGREE: Final = 1.0  # A; currents of one string differ by no more than that
AGREE_PART: Final = 0.05  # or than this part of them


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What one battery brings into its bank; None is what it does not tell.

    ``blocked``: neither charge nor discharge passes. ``estimated``: its charge is its state of
    charge times its capacity.
    """

    volts: float | None = None
    amps: float | None = None
    watts: float | None = None
    level: float | None = None
    charge: float | None = None
    capacity: float | None = None
    blocked: bool = False
    estimated: bool = False

    @property
    def room(self) -> float | None:
        """Return the charge in Ah that still fits."""
        if self.charge is None or self.capacity is None:
            return None
        return max(self.capacity - self.charge, 0.0)

    @classmethod
    def of(cls, sample: BmsSample, *, asleep: bool) -> Share:
        """Return what a sample is worth; of a battery that is asleep nothing flows."""
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
        )


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
    """What a string of batteries, or a whole bank, is; ``agree``: one current flows in each string."""

    volts: float | None = None
    amps: float | None = None
    watts: float | None = None
    charge: float | None = None
    room: float | None = None
    energy: float | None = None
    usable: float | None = None
    fits: float | None = None
    agree: bool = True

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
    amps, agree = _common([one.amps for one in parts])
    if len(parts) < len(string) and not partial:
        return Totals(amps=amps, agree=agree)
    volts = total(one.volts for one in parts)
    # Where the currents disagree, one of the powers is wrong, too.
    watts = total(one.watts for one in parts) if agree else _product(volts, amps)
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
        agree=agree,
    )


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
        agree=all(one.agree for one in strings),
    )


def _common(values: Sequence[float | None]) -> tuple[float | None, bool]:
    """Return the current of a string, and whether all that tell one agree."""
    found = known(values)
    if not found:
        return None, True
    middle = median(found)
    most = max(AGREE, AGREE_PART * abs(middle))
    if max(found) - min(found) <= most:
        return mean(found), True
    return middle, False
