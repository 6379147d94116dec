"""Refuse samples that physics forbids, so that one broken answer never reaches a history.

Pure: samples and times in, the sample or ``Implausible`` out. Three kinds of doubt:

- impossible: out of the range that any battery, or one of this chemistry, can have. Never accepted.
- strange: a change since the last good sample that is faster than the battery can (its charge is
  compared with the current that flowed). Refused once; a next sample that agrees with the refused one
  shows a true step (the board corrected its count, a sensor broke) and is accepted.
- odd: values of one sample that contradict each other. Accepted when three in a row contradict each
  other in the same way, and from then on it is the battery's habit.

A sensor of temperature that jumps three times in a row is broken, whatever it says: all else still counts.
What the cells of a battery were taken for is forgotten when three samples in a row agree otherwise.
"""

from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import chain
from math import isfinite
from typing import Final, NamedTuple

from ..model.errors import Implausible
from ..model.fields import Field
from ..model.sample import BmsSample
from .limits import (
    C_RATE,
    CELL_JUMP,
    CELLS,
    HIGHEST,
    JUMPS,
    PROBE,
    PROBE_JUMP,
    RANGES,
    Chemistry,
    Guess,
    Jump,
    capacity,
    number,
)

KEPT: Final = 5  # refused samples kept for a person to look at
STEP: Final = 2  # samples that show a step
HABIT: Final = 3  # samples that show a habit

# The sum of the cells and the pack voltage come from two measurements and two moments.
_SUM_SHARE: Final = 0.1
_SUM_VOLTS: Final = 1.0
_CELL_VOLTS: Final = 0.2
_POWER_SHARE: Final = 1.5
_POWER_WATTS: Final = 200.0
_SAME_POWER: Final = Jump(20.0, 0.05)

_LEVEL: Final = 3.0  # % by which a count may move without current
_FLOW: Final = 1.5  # the current between two samples may have been higher than at both
_UNSEEN: Final = 0.5  # part of the capacity per hour that may have flowed unseen
_UNKNOWN: Final = 1.0  # the same for a battery without a current
_ENERGY: Final = 4.0  # times as restless as the charge, since the voltage moves too

_WARMTH: Final = frozenset({Field.TEMPERATURE, Field.PROBE_TEMPERATURE})

type _Oddities = dict[tuple[int, Field], tuple[float, float]]


class Refused(NamedTuple):
    """Hold a refused sample, when it came, the field that gave it away, and the bytes it came from."""

    at: float
    field: Field
    sample: BmsSample
    raw: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class _Doubt:
    """Hold the last refused sample that may turn out to be true, and how many agreed so far."""

    sample: BmsSample
    at: float
    count: int
    erratic: bool = False


@dataclass(slots=True)
class Gate:
    """Judge the samples of one battery, one after the other; ``good`` is the last accepted one."""

    good: BmsSample | None = None
    at: float = 0.0
    refused: Counter[Field] = field(default_factory=Counter)
    kept: deque[Refused] = field(default_factory=lambda: deque(maxlen=KEPT))
    guess: Guess = field(default_factory=Guess)
    _habit: dict[tuple[int, Field], float] = field(default_factory=dict)
    _doubt: _Doubt | None = None

    def restore(self, sample: BmsSample, at: float) -> None:
        """Take the last good sample of an earlier run and when it was read, in seconds of ``take``."""
        self.good, self.at = sample, at

    def take(
        self, sample: BmsSample, now: float, raw: Iterable[bytes] = ()
    ) -> BmsSample:
        """Give the sample back, or raise ``Implausible`` naming the field that gives it away.

        ``raw`` is what the battery said; of a refused sample it is kept.
        """
        name = _dead(sample) or _impossible(sample, Chemistry.UNKNOWN)
        if name is None:
            name = self._foreign(sample, now)
        if name is None:
            name = self._strange(sample, now)
        if name is not None:
            self.refused[name] += 1
            self.kept.append(Refused(now, name, sample, tuple(raw)))
            raise Implausible(name)
        self.good, self.at, self._doubt = sample, now, None
        self.guess.learn(sample)
        return sample

    def _foreign(self, sample: BmsSample, now: float) -> Field | None:
        """Give the field that cells of the supposed chemistry cannot have, unless others agree with it."""
        name = _impossible(sample, self.guess.chemistry)
        if name is None:
            return None
        agrees = self._doubt is not None and _agree(sample, self._doubt, now)
        count = 1 + (self._doubt.count if self._doubt and agrees else 0)
        self._doubt = _Doubt(sample, now, count)
        if count < HABIT:
            return name
        self.guess = Guess()
        return None

    def _strange(self, sample: BmsSample, now: float) -> Field | None:
        """Give the field that speaks against a possible sample, unless others agree with it."""
        odd = self._odd(sample)
        name = odd
        if name is None and self.good is not None:
            name = _step(sample, self.good, now - self.at)
        if name is None:
            return None
        erratic = odd is None and self._erratic(sample, name, now)
        doubt, count, needed = self._doubt, 1, STEP if odd is None else HABIT
        if doubt is not None and _agree(sample, doubt, now):
            count += doubt.count
        elif doubt is not None and erratic and doubt.erratic:
            count, needed = count + doubt.count, HABIT
        if count >= needed:
            self._habit |= {key: off for key, (off, _) in _oddities(sample).items()}
            return None
        self._doubt = _Doubt(sample, now, count, erratic)
        return name

    def _erratic(self, sample: BmsSample, name: Field, now: float) -> bool:
        """Say whether it is temperatures only that speak against a sample."""
        if self.good is None or name not in _WARMTH:
            return False
        values = {key: one for key, one in sample.values.items() if key not in _WARMTH}
        rest = replace(sample, values=values, probes=())
        return _step(rest, self.good, now - self.at) is None

    def _odd(self, sample: BmsSample) -> Field | None:
        """Give a field that contradicts others of the same sample in an unusual way."""
        for key, (off, tolerance) in _oddities(sample).items():
            if min(abs(off), abs(off - self._habit.get(key, 0.0))) > tolerance:
                return key[1]
        return None


def _numbers(sample: BmsSample) -> Iterator[tuple[Field, float]]:
    return (
        (name, value)
        for name, value in sample.values.items()
        if isinstance(value, int | float)
    )


def _dead(sample: BmsSample) -> Field | None:
    """Give the voltage when there is none at all: nothing would be left for the board to answer with."""
    cells = [volts for volts in sample.cells if volts is not None]
    dead = cells and not any(cells) and not number(sample, Field.VOLTAGE)
    return Field.VOLTAGE if dead else None


def _impossible(sample: BmsSample, chemistry: Chemistry) -> Field | None:
    """Give a field whose value no battery can have."""
    highest = HIGHEST[chemistry]
    for name, value in _numbers(sample):
        low, high = (0, highest) if name in CELLS else RANGES.get(name, (value, value))
        if not isfinite(value) or not low <= value <= high:
            return name
    if any(volts is not None and not 0 <= volts <= highest for volts in sample.cells):
        return Field.CELL_VOLTAGE
    if any(not PROBE[0] <= probe.celsius <= PROBE[1] for probe in sample.probes):
        return Field.PROBE_TEMPERATURE
    size, current = capacity(sample), number(sample, Field.CURRENT)
    if size is not None and current is not None and abs(current) > size * C_RATE:
        return Field.CURRENT
    found = (_impossible(pack, chemistry) for pack in sample.packs)
    return next((name for name in found if name is not None), None)


def _oddities(sample: BmsSample) -> _Oddities:
    """Give by how much values contradict each other, and how much is normal, by pack and field."""
    found: _Oddities = {}
    for place, one in enumerate(chain((sample,), sample.packs)):
        cells = [volts for volts in one.cells if volts]
        # Without every single cell a sum says nothing; packs in parallel have none in common.
        if one.packs or not cells or len(cells) != number(one, Field.CELL_COUNT):
            continue
        voltage = number(one, Field.VOLTAGE)
        if voltage is not None:
            found[place, Field.VOLTAGE] = (
                sum(cells) - voltage,
                max(_SUM_VOLTS, _SUM_SHARE * voltage),
            )
        for name, expected in (
            (Field.DELTA_VOLTAGE, max(cells) - min(cells)),
            (Field.MAX_CELL_VOLTAGE, max(cells)),
            (Field.MIN_CELL_VOLTAGE, min(cells)),
        ):
            value = number(one, name)
            if value is not None:
                found[place, name] = (expected - value, _CELL_VOLTS)
    return found


def _agree(sample: BmsSample, doubt: _Doubt, now: float) -> bool:
    """Say whether a sample tells the same as one that was refused."""
    before = _oddities(doubt.sample)
    return _step(sample, doubt.sample, now - doubt.at) is None and all(
        abs(off - before.get(key, (0.0, 0.0))[0]) <= tolerance
        for key, (off, tolerance) in _oddities(sample).items()
    )


def _step(sample: BmsSample, before: BmsSample, seconds: float) -> Field | None:
    """Give a field that changed more than it can within a time."""
    passed = max(0.0, seconds)
    for name, jump in JUMPS.items():
        new, old = number(sample, name), number(before, name)
        if new is not None and old is not None and not jump.allows(old, new, passed):
            return name
    if len(sample.cells) != len(before.cells):
        return Field.CELL_COUNT
    for one, other in zip(sample.cells, before.cells, strict=True):
        if one and other and not CELL_JUMP.allows(other, one, passed):
            return Field.CELL_VOLTAGE
    for probe, last in zip(sample.probes, before.probes, strict=False):
        if not PROBE_JUMP.allows(last.celsius, probe.celsius, passed):
            return Field.PROBE_TEMPERATURE
    found = chain(
        (_charge(sample, before, passed), _power(sample, before)),
        (
            _step(pack, was, passed)
            for pack, was in zip(sample.packs, before.packs, strict=False)
        ),
    )
    return next((name for name in found if name is not None), None)


def _charge(sample: BmsSample, before: BmsSample, seconds: float) -> Field | None:
    """Compare what the battery counts with the current that flowed."""
    size = capacity(sample) or capacity(before)
    flows = [
        abs(flow)
        for one in (sample, before)
        if (flow := number(one, Field.CURRENT)) is not None
    ]
    rate = max(_FLOW * max(flows) / size, _UNSEEN) if flows and size else _UNKNOWN
    share = _LEVEL / 100 + rate * seconds / 3600
    volts = max(number(one, Field.VOLTAGE) or 0.0 for one in (sample, before))
    for name, full in (
        (Field.BATTERY_LEVEL, 100.0),
        (Field.CYCLE_CHARGE, size),
        (Field.CYCLE_CAPACITY, size and size * volts * _ENERGY),
    ):
        new, old = number(sample, name), number(before, name)
        if (
            full is not None
            and new is not None
            and old is not None
            and abs(new - old) > share * full
        ):
            return name
    return None


def _power(sample: BmsSample, before: BmsSample) -> Field | None:
    """Compare the power with voltage and current; some boards are a sample late with it."""
    power, old = number(sample, Field.POWER), number(before, Field.POWER)
    products = [
        abs(volts * current)
        for one in (sample, before)
        if (volts := number(one, Field.VOLTAGE)) is not None
        and (current := number(one, Field.CURRENT)) is not None
    ]
    if power is None or not products:
        return None
    if abs(power) <= _POWER_SHARE * max(products) + _POWER_WATTS:
        return None
    # The same contradiction as before is no news.
    return (
        None if old is not None and _SAME_POWER.allows(old, power, 0) else Field.POWER
    )
