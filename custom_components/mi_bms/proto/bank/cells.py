"""What all cells of a bank show together, and what its batteries complain of, each with the battery it is of."""

from collections.abc import Collection, Iterator, Mapping
from math import isfinite

from ..bms.alarms import Alarm
from ..bms.derive import cell_temperatures
from ..bms.limits import Chemistry
from ..model.fields import Field
from ..model.sample import BmsSample
from .board import LastSample
from .totals import finite, known
from .view import BankDraft, Trouble, Where


def judge_cells(draft: BankDraft, made: Collection[Chemistry]) -> None:
    """Put in the extremes of all cells and temperatures; ``made`` is what the cells are made of."""
    cells = [
        (volts, Where(members=(member,), cell=number))
        for member, said in draft.last.items()
        for number, volts in _cells(said.sample)
    ]
    mixed = len({*made} - {Chemistry.UNKNOWN}) > 1
    if mixed:
        draft.troubles.append(Trouble.CHEMISTRIES_DIFFER)
    if cells:
        lowest, highest = min(cells, key=_first), max(cells, key=_first)
        draft.put(Field.MIN_CELL_VOLTAGE, lowest[0])
        draft.put(Field.MAX_CELL_VOLTAGE, highest[0])
        draft.where[Field.MIN_CELL_VOLTAGE] = lowest[1]
        draft.where[Field.MAX_CELL_VOLTAGE] = highest[1]
        # Cells of two kinds differ by nature: that is no imbalance.
        if not mixed:
            draft.put(Field.DELTA_VOLTAGE, highest[0] - lowest[0])
    apart = [
        (delta, Where(members=(member,)))
        for member, said in draft.last.items()
        if (delta := finite(said.sample, Field.DELTA_VOLTAGE)) is not None
    ]
    warmth = [
        (celsius, Where(members=(member,)))
        for member, said in draft.last.items()
        for celsius in _warmth(said.sample)
    ]
    for name, found, choose in (
        (Field.PACK_DELTA_VOLTAGE, apart, max),
        (Field.MIN_CELL_TEMPERATURE, warmth, min),
        (Field.MAX_CELL_TEMPERATURE, warmth, max),
    ):
        if found:
            value, draft.where[name] = choose(found, key=_first)
            draft.put(name, value)


def alarms_of(last: Mapping[str, LastSample]) -> dict[Alarm, tuple[str, ...]]:
    """Return the alarms of all members, with those that have them."""
    found: dict[Alarm, tuple[str, ...]] = {}
    words = {word for said in last.values() for word in said.sample.alarms}
    for alarm in (one for one in Alarm if one in words):
        found[alarm] = tuple(
            member for member, said in last.items() if alarm in said.sample.alarms
        )
    return found


def judge_problem(draft: BankDraft) -> None:
    """Put in whether there is a problem; not where nobody says that all is well."""
    said = [one.sample.values.get(Field.PROBLEM) for one in draft.last.values()]
    if draft.troubles or any(said):
        draft.values[Field.PROBLEM] = True
    elif all(one is not None for one in said):
        draft.values[Field.PROBLEM] = False


def _first(found: tuple[float, Where]) -> float:
    return found[0]


def _cells(sample: BmsSample) -> Iterator[tuple[int | None, float]]:
    """Return the cells of a member with their numbers; of one that tells only the extremes, these."""
    if sample.cells:
        for number, volts in enumerate(sample.cells, 1):
            if volts is not None and isfinite(volts):
                yield number, volts
        return
    for name, place in (
        (Field.MAX_CELL_VOLTAGE, Field.MAX_CELL),
        (Field.MIN_CELL_VOLTAGE, Field.MIN_CELL),
    ):
        if (volts := finite(sample, name)) is not None:
            said = finite(sample, place)
            yield None if said is None else int(said), volts


def _warmth(sample: BmsSample) -> list[float]:
    if found := [one for one in cell_temperatures(sample.probes) if isfinite(one)]:
        return found
    return known(
        finite(sample, name) for name in (Field.TEMPERATURE, Field.MIN_CELL_TEMPERATURE)
    )
