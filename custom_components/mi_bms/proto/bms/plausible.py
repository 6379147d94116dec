"""Refuse samples that physics forbids, so that one broken answer never reaches a history.

Pure: samples and times in, the sample or ``Implausible`` out. Three kinds of doubt:

- impossible: out of the range that any battery, or one of this chemistry, can have. Never accepted.
- strange: a change since the last good sample that is faster than the battery can (its charge is
  compared with the current that flowed). Refused once; a next sample that agrees with the refused one
  shows a true step (the board corrected its count, a sensor broke) and is accepted.
- odd: values of one sample that contradict each other, the first one included. Accepted when three in
  a row contradict each other in the same way, and from then on it is the battery's habit.

What single cells, probes and packs cannot have was left out before (``sift``); here it is the last guard.

A sensor of temperature that jumps three times in a row is broken, whatever it says: all else still counts.
What the cells of a battery were taken for is forgotten when three samples in a row agree otherwise.
"""

from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Final, NamedTuple

from ..model.errors import Implausible
from ..model.fields import Field
from ..model.sample import BmsSample
from .derive import OVERSHOOT
from .limits import CELL_JUMP, JUMPS, PROBE_JUMP, Chemistry, Guess, capacity, number
from .sift import dead, impossible

KEPT: Final = 5  # refused samples kept for a person to look at
STEP: Final = 2  # samples that show a step
HABIT: Final = 3  # samples that show a habit

# The sum of the cells and the pack voltage come from two measurements and two moments.
_SUM_SHARE: Final = 0.1
_SUM_VOLTS: Final = 1.0
_CELL_VOLTS: Final = 0.2
_POWER_SHARE: Final = 0.5
_POWER_WATTS: Final = 200.0
_COUNTED: Final = 0.5  # Ah; what rounding may add to a count

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

    def forget(self) -> None:
        """Take no sample so far as a measure for the next one."""
        self.good = self._doubt = None

    def take(
        self, sample: BmsSample, now: float, raw: Iterable[bytes] = ()
    ) -> BmsSample:
        """Return the sample, or raise ``Implausible`` naming the field that gives it away.

        ``raw`` is what the battery said; of a refused sample it is kept.
        """
        name = impossible(sample, Chemistry.UNKNOWN)
        if name is None and dead(sample):
            name = Field.VOLTAGE
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
        """Return the field that cells of the supposed chemistry cannot have, unless others agree with it."""
        name = impossible(sample, self.guess.chemistry)
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
        """Return the field that speaks against a possible sample, unless others agree with it."""
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
            self._habit |= {
                key: off
                for key, (off, tolerance) in _oddities(sample).items()
                if abs(off) > tolerance
            }
            return None
        self._doubt = _Doubt(sample, now, count, erratic)
        return name

    def _erratic(self, sample: BmsSample, name: Field, now: float) -> bool:
        """Return whether it is temperatures only that speak against a sample."""
        if self.good is None or name not in _WARMTH:
            return False
        values = {key: one for key, one in sample.values.items() if key not in _WARMTH}
        rest = replace(sample, values=values, probes=())
        return _step(rest, self.good, now - self.at) is None

    def _odd(self, sample: BmsSample) -> Field | None:
        """Return a field that contradicts others of the same sample in an unusual way."""
        for key, (off, tolerance) in _oddities(sample).items():
            if min(abs(off), abs(off - self._habit.get(key, 0.0))) > tolerance:
                return key[1]
        # Some boards are late with their power: from then on it is compared with the sample before.
        if self.good is None and any(map(_disagrees, (sample, *sample.packs))):
            return Field.POWER
        return None


def credible(sample: BmsSample) -> bool:
    """Return whether a sample with nothing before it would be taken."""
    try:
        Gate().take(sample, 0.0)
    except Implausible:
        return False
    return True


def _oddities(sample: BmsSample) -> _Oddities:
    """Return by how much values contradict each other, and how much is normal, by pack and field."""
    return {
        (place, name): odd
        for place, one in enumerate(chain((sample,), sample.packs))
        for name, odd in (_counts(one) | _sums(one)).items()
    }


def _counts(one: BmsSample) -> dict[Field, tuple[float, float]]:
    """Say of counts whether they contradict: by how much may change from sample to sample."""
    voltage, charge = number(one, Field.VOLTAGE), number(one, Field.CYCLE_CHARGE)
    sizes = (number(one, Field.FULL_CHARGE), number(one, Field.DESIGN_CAPACITY))
    size = max(filter(None, sizes), default=None)
    over = size and charge and charge > size * (1 + OVERSHOOT) + _COUNTED
    none = number(one, Field.CELL_COUNT) == 0
    return {
        name: (float(contradicts), 0.5)
        for name, contradicts in (
            (Field.VOLTAGE, voltage == 0),
            (Field.CYCLE_CHARGE, bool(over)),
            (Field.CELL_COUNT, none),
        )
    }


def _sums(one: BmsSample) -> dict[Field, tuple[float, float]]:
    """Compare the cells with what the battery says of all of them together."""
    cells = [volts for volts in one.cells if volts]
    # Without every single cell a sum says nothing; packs in parallel have none in common.
    if one.packs or not cells or len(cells) != number(one, Field.CELL_COUNT):
        return {}
    found: dict[Field, tuple[float, float]] = {}
    voltage = number(one, Field.VOLTAGE)
    if voltage is not None:
        normal = max(_SUM_VOLTS, _SUM_SHARE * voltage)
        found[Field.VOLTAGE] = (sum(cells) - voltage, normal)
    for name, expected in (
        (Field.DELTA_VOLTAGE, max(cells) - min(cells)),
        (Field.MAX_CELL_VOLTAGE, max(cells)),
        (Field.MIN_CELL_VOLTAGE, min(cells)),
    ):
        value = number(one, name)
        if value is not None:
            found[name] = (expected - value, _CELL_VOLTS)
    return found


def _agree(sample: BmsSample, doubt: _Doubt, now: float) -> bool:
    """Return whether a sample tells the same as one that was refused."""
    before = _oddities(doubt.sample)
    return _step(sample, doubt.sample, now - doubt.at) is None and all(
        abs(off - before.get(key, (0.0, 0.0))[0]) <= tolerance
        for key, (off, tolerance) in _oddities(sample).items()
    )


def _step(sample: BmsSample, before: BmsSample, seconds: float) -> Field | None:
    """Return a field that changed more than it can within a time."""
    passed = max(0.0, seconds)
    jumped = _jumped(sample, before, passed) or _part_jumped(sample, before, passed)
    if jumped is not None:
        return jumped
    found = chain(
        (_charge(sample, before, passed), _power(sample, before)),
        (
            _step(pack, was, passed)
            for pack, was in zip(sample.packs, before.packs, strict=False)
        ),
    )
    return next((name for name in found if name is not None), None)


def _jumped(sample: BmsSample, before: BmsSample, passed: float) -> Field | None:
    """Return a number of the whole battery that changed more than it can within a time."""
    for name, jump in JUMPS.items():
        new, old = number(sample, name), number(before, name)
        if name is Field.TEMPERATURE and _fitted(sample) != _fitted(before):
            # A mean of other probes; each is compared with itself below.
            continue
        if new is not None and old is not None and not jump.allows(old, new, passed):
            return name
    return None


def _part_jumped(sample: BmsSample, before: BmsSample, passed: float) -> Field | None:
    """Return what of the cells and probes changed more than it can within a time."""
    if len(sample.cells) != len(before.cells):
        return Field.CELL_COUNT
    for one, other in zip(sample.cells, before.cells, strict=True):
        if one and other and not CELL_JUMP.allows(other, one, passed):
            return Field.CELL_VOLTAGE
    for probe, last in zip(sample.probes, before.probes, strict=False):
        new, old = probe.celsius, last.celsius
        if new is not None and old is not None:
            if not PROBE_JUMP.allows(old, new, passed):
                return Field.PROBE_TEMPERATURE
    return None


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


def _fitted(sample: BmsSample) -> list[bool]:
    return [probe.celsius is not None for probe in sample.probes]


def _power(sample: BmsSample, before: BmsSample) -> Field | None:
    """Compare the power with voltage and current; some boards are a sample late with it."""
    # A contradiction as before is no news.
    news = _exceeds(sample, (sample, before)) and not _exceeds(before, (before,))
    return Field.POWER if news else None


def _product(one: BmsSample) -> float | None:
    volts, current = number(one, Field.VOLTAGE), number(one, Field.CURRENT)
    return None if volts is None or current is None else abs(volts * current)


def _exceeds(sample: BmsSample, around: Iterable[BmsSample]) -> bool:
    """Return whether a power is more than voltage and current of any of some samples explain."""
    power = number(sample, Field.POWER)
    products = [found for one in around if (found := _product(one)) is not None]
    if power is None or not products:
        return False
    return abs(power) > (1 + _POWER_SHARE) * max(products) + _POWER_WATTS


def _disagrees(sample: BmsSample) -> bool:
    """Return whether a power is not that of voltage and current; its sign is told in either way."""
    power, product = number(sample, Field.POWER), _product(sample)
    if power is None or product is None:
        return False
    return abs(abs(power) - product) > _POWER_SHARE * product + _POWER_WATTS
