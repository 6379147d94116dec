"""Keep of read settings what can be, and lay it over the polls that follow.

Nobody sees a wrong setting jump, so each is compared with another one: what switches off when high lies
above what switches off when low, a release lies between them, and a pack is as many cells as it has.
"""

from collections.abc import Mapping
from math import inf
from typing import Final

from ...model.fields import Field
from ...model.reading import Value
from ...model.sample import BmsSample
from ..codec import Draft
from ..sift import possible

type Settings = Mapping[Field, Value]

_CELL: Final = (Field.CELL_UNDERVOLTAGE_LIMIT, Field.CELL_OVERVOLTAGE_LIMIT)
_PACK: Final = (Field.PACK_UNDERVOLTAGE_LIMIT, Field.PACK_OVERVOLTAGE_LIMIT)
_PAIRS: Final = (
    _CELL,
    _PACK,
    (Field.CHARGE_UNDERTEMPERATURE_LIMIT, Field.CHARGE_OVERTEMPERATURE_LIMIT),
    (Field.DISCHARGE_UNDERTEMPERATURE_LIMIT, Field.DISCHARGE_OVERTEMPERATURE_LIMIT),
)
_BETWEEN: Final = (
    Field.CELL_UNDERVOLTAGE_RELEASE,
    Field.CELL_OVERVOLTAGE_RELEASE,
    Field.BALANCE_START_VOLTAGE,
)
# Boards write the current of one direction with a sign.
_CURRENTS: Final = (Field.CHARGE_CURRENT_LIMIT, Field.DISCHARGE_CURRENT_LIMIT)

SETTINGS: Final = frozenset(
    {
        *_BETWEEN,
        *_CURRENTS,
        *(name for pair in _PAIRS for name in pair),
        Field.CELL_SHUTDOWN_VOLTAGE,
        Field.BALANCE_START_DIFFERENCE,
    }
)
# By how much the limits of a pack and of its cells may disagree: a wrong unit is wrong by ten.
_APART: Final = 2.0


def believed(found: Draft, polled: Draft) -> Settings:
    """Return what can be of the settings that were found, of a battery as a poll describes it."""
    numbers = {
        name: abs(value) if name in _CURRENTS else value
        for name in SETTINGS
        if (value := found.number(name)) is not None
    }
    sound = {name: value for name, value in numbers.items() if possible(name, value)}
    for low, high in _PAIRS:
        if low in sound and high in sound and sound[low] >= sound[high]:
            del sound[low], sound[high]
    cells = len(polled.cells) or polled.number(Field.CELL_COUNT)
    doubtful = _outside(sound) | (_of_other_cells(sound, cells) if cells else set())
    return {name: value for name, value in sound.items() if name not in doubtful}


def _outside(sound: Mapping[Field, float]) -> set[Field]:
    """Return what does not lie between the limits of a cell."""
    low, high = _CELL
    lowest, highest = sound.get(low, 0.0), sound.get(high, inf)
    return {
        name
        for name in _BETWEEN
        if name in sound and not lowest <= sound[name] <= highest
    }


def _of_other_cells(sound: Mapping[Field, float], cells: float) -> set[Field]:
    """Return the limits of a pack that do not fit those of its cells."""
    return {
        of_pack
        for of_cell, of_pack in zip(_CELL, _PACK, strict=True)
        if of_cell in sound
        and of_pack in sound
        and not 1 / _APART <= sound[of_pack] / (cells * sound[of_cell]) <= _APART
    }


def kept(sample: BmsSample) -> Settings:
    """Return the settings in a sample of an earlier run."""
    return {name: value for name, value in sample.values.items() if name in SETTINGS}
