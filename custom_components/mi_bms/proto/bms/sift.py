"""Take out of a poll what single places say and no battery can have, so that the rest still counts.

A loose probe, an unread cell or a pack that answers rubbish is left out and named. What the battery
itself computed over such a place goes with it, so that it is derived anew from the rest. Where most
places are impossible it is the answer that is wrong: it stays as it is, for the gate to refuse.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from math import isfinite
from typing import Final

from ..model.fields import Field
from ..model.reading import Value
from ..model.sample import BmsSample
from .codec import Draft
from .limits import C_RATE, CELLS, HIGHEST, PROBE, RANGES, Chemistry, capacity, number

# Without one of these nothing else can be believed.
_CORE: Final = frozenset(
    {
        Field.VOLTAGE,
        Field.CURRENT,
        Field.POWER,
        Field.BATTERY_LEVEL,
        Field.CYCLE_CHARGE,
        Field.DESIGN_CAPACITY,
        Field.CELL_COUNT,
        Field.PACK_COUNT,
    }
)
# What each tells of itself only.
_SINGLE: Final = (RANGES.keys() | CELLS) - _CORE
_OF_CELLS: Final = (
    Field.DELTA_VOLTAGE,
    Field.MAX_CELL_VOLTAGE,
    Field.MIN_CELL_VOLTAGE,
    Field.MAX_CELL,
    Field.MIN_CELL,
)
_OF_PROBES: Final = (Field.TEMPERATURE, Field.MIN_CELL_TEMPERATURE)


def possible(
    name: Field, value: float, chemistry: Chemistry = Chemistry.UNKNOWN
) -> bool:
    """Return whether a battery can have a value at all."""
    if name in CELLS:
        low, high = 0.0, HIGHEST[chemistry]
    else:
        low, high = RANGES.get(name, (value, value))
    return isfinite(value) and low <= value <= high


def impossible(sample: BmsSample, chemistry: Chemistry) -> Field | None:
    """Return a field whose value no battery can have."""
    for name, value in _numbers(sample.values):
        if not possible(name, value, chemistry):
            return name
    if any(volts is not None and not _cell(volts, chemistry) for volts in sample.cells):
        return Field.CELL_VOLTAGE
    if any(
        probe.celsius is not None and not _probe(probe.celsius)
        for probe in sample.probes
    ):
        return Field.PROBE_TEMPERATURE
    size, current = capacity(sample), number(sample, Field.CURRENT)
    if size is not None and current is not None and abs(current) > size * C_RATE:
        return Field.CURRENT
    found = (impossible(pack, chemistry) for pack in sample.packs)
    return next((name for name in found if name is not None), None)


def dead(sample: BmsSample) -> bool:
    """Return whether there is no voltage at all: nothing would be left for the board to answer with."""
    voltage = number(sample, Field.VOLTAGE)
    known = voltage is not None or any(volts is not None for volts in sample.cells)
    return known and not voltage and not any(sample.cells)


def sift(draft: Draft) -> dict[str, Value]:
    """Leave out of a draft what single places cannot have; return what they said, by place."""
    found = _sift_cells(draft) | _sift_probes(draft)
    for name, value in tuple(_numbers(draft.values)):
        if name in _SINGLE and not possible(name, value):
            del draft.values[name]
            found[name] = value
    return found


def sift_packs(packs: Sequence[BmsSample]) -> dict[int, Field]:
    """Return which of several packs, from 0, cannot be, and what gives each away."""
    found = {}
    for place, pack in enumerate(packs):
        name = Field.VOLTAGE if dead(pack) else impossible(pack, Chemistry.UNKNOWN)
        if name is not None:
            found[place] = name
    return found if _few(len(found), len(packs)) else {}


def disown(draft: Draft, part: str) -> None:
    """Take out of a battery what it computed over a part of one of its packs that was left out."""
    if part.startswith(Field.CELL_VOLTAGE) or part in _OF_CELLS:
        _drop(draft, _OF_CELLS)
    if part.startswith(Field.PROBE_TEMPERATURE) or part in _OF_PROBES:
        _drop(draft, _OF_PROBES)


def purged(sample: BmsSample) -> BmsSample:
    """Return a sample, such as one that was stored, without what no battery can have."""
    numbers = dict(_numbers(sample.values))
    return replace(
        sample,
        values={
            name: value
            for name, value in sample.values.items()
            if name not in numbers or possible(name, numbers[name])
        },
        cells=tuple(
            None if volts is None or not _cell(volts) else volts
            for volts in sample.cells
        ),
        probes=tuple(
            probe
            if probe.celsius is None or _probe(probe.celsius)
            else replace(probe, celsius=None)
            for probe in sample.probes
        ),
        packs=tuple(purged(pack) for pack in sample.packs),
    )


def emptied(sample: BmsSample) -> BmsSample:
    """Return a pack that is left out: its places without a value."""
    return BmsSample(
        cells=(None,) * len(sample.cells),
        probes=tuple(replace(probe, celsius=None) for probe in sample.probes),
    )


def _few(bad: int, places: int) -> bool:
    """Return whether the places that are wrong, and not the answer, are to blame."""
    return 2 * bad <= places


def _numbers(values: Mapping[Field, Value]) -> Iterator[tuple[Field, float]]:
    return (
        (name, value)
        for name, value in values.items()
        if isinstance(value, int | float)
    )


def _cell(volts: float, chemistry: Chemistry = Chemistry.UNKNOWN) -> bool:
    return 0 <= volts <= HIGHEST[chemistry]


def _probe(celsius: float) -> bool:
    return PROBE[0] <= celsius <= PROBE[1]


def _sift_cells(draft: Draft) -> dict[str, Value]:
    known = [volts for volts in draft.cells if volts is not None]
    bad = {
        place: volts
        for place, volts in enumerate(draft.cells)
        if volts is not None and not _cell(volts)
    }
    if not bad or not _few(len(bad), len(known)):
        return {}
    for place in bad:
        draft.cells[place] = None
    _drop(draft, _OF_CELLS)
    return {f"{Field.CELL_VOLTAGE}_{place + 1}": said for place, said in bad.items()}


def _sift_probes(draft: Draft) -> dict[str, Value]:
    bad = {
        place: probe.celsius
        for place, probe in enumerate(draft.probes)
        if probe.celsius is not None and not _probe(probe.celsius)
    }
    for place in bad:
        draft.probes[place] = replace(draft.probes[place], celsius=None)
    if bad:
        _drop(draft, _OF_PROBES)
    return {
        f"{Field.PROBE_TEMPERATURE}_{place + 1}": said for place, said in bad.items()
    }


def _drop(draft: Draft, names: Iterable[Field]) -> None:
    for name in names:
        draft.values.pop(name, None)
