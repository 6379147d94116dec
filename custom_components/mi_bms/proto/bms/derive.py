"""Fill in what follows from other values, judge ``problem`` and make the sample of a draft.

Only absent fields are derived, in the order of the table: voltage, extremes, charge, level, count,
energy, cycles, power, direction, times, temperatures. A value that a battery never sends and that does
not follow from others stays absent, and so does one that no battery can have.
"""

from collections.abc import Callable, Collection, Iterable
from itertools import takewhile
from typing import Final

from ..model.fields import Field
from ..model.reading import Value
from ..model.sample import BmsSample, DeviceInfo, Place, Probe
from .alarms import Alarm
from .codec import Draft
from .limits import RANGES
from .sift import disown, emptied, possible, sift, sift_packs

CELL_LIMIT: Final = (
    5.906  # V; no cell chemistry reaches it, and no two cells differ by more
)

OVERSHOOT: Final = 0.25  # of the capacity; a count may run over it by so much

LEAST_CURRENT: Final = 0.001  # A; less is no current that anything could be divided by

_Rule = Callable[[Draft], Value | None]


def _known(draft: Draft) -> list[float]:
    """Return the voltages of the cells that have one."""
    return [volts for volts in draft.cells if volts is not None]


def _voltage(draft: Draft) -> Value | None:
    return round(sum(_known(draft)), 3) if _known(draft) else None


def _highest(draft: Draft) -> Value | None:
    return max(_known(draft), default=None)


def _lowest(draft: Draft) -> Value | None:
    return min(_known(draft), default=None)


def _highest_number(draft: Draft) -> Value | None:
    return draft.cells.index(max(_known(draft))) + 1 if _known(draft) else None


def _lowest_number(draft: Draft) -> Value | None:
    return draft.cells.index(min(_known(draft))) + 1 if _known(draft) else None


def _delta(draft: Draft) -> Value | None:
    highest, lowest = (
        draft.number(Field.MAX_CELL_VOLTAGE),
        draft.number(Field.MIN_CELL_VOLTAGE),
    )
    return None if highest is None or lowest is None else round(highest - lowest, 3)


def _charge(draft: Draft) -> Value | None:
    capacity, level = (
        draft.number(Field.DESIGN_CAPACITY),
        draft.number(Field.BATTERY_LEVEL),
    )
    return (
        None if capacity is None or level is None else round(capacity * level / 100, 3)
    )


def _level(draft: Draft) -> Value | None:
    capacity, charge = (
        draft.number(Field.DESIGN_CAPACITY),
        draft.number(Field.CYCLE_CHARGE),
    )
    if not capacity or charge is None:
        return None
    share = charge / capacity
    if not -OVERSHOOT <= share <= 1 + OVERSHOOT:
        return None
    # Counts run a little over at both ends.
    return round(min(max(share, 0.0), 1.0) * 100, 1)


def _cell_count(draft: Draft) -> Value | None:
    return len(draft.cells) or None


def _energy(draft: Draft) -> Value | None:
    voltage, charge = draft.number(Field.VOLTAGE), draft.number(Field.CYCLE_CHARGE)
    return None if voltage is None or charge is None else round(voltage * charge, 3)


def _cycles(draft: Draft) -> Value | None:
    total, capacity = (
        draft.number(Field.TOTAL_CHARGE),
        draft.number(Field.DESIGN_CAPACITY),
    )
    return int(total // capacity) if capacity and total is not None else None


def _power(draft: Draft) -> Value | None:
    voltage, current = draft.number(Field.VOLTAGE), draft.number(Field.CURRENT)
    return None if voltage is None or current is None else round(voltage * current, 3)


def _charging(draft: Draft) -> Value | None:
    current = draft.number(Field.CURRENT)
    return None if current is None else current > 0


def time_to_empty(charge: float | None, current: float | None) -> int | None:
    """Return the seconds until ``charge`` (Ah) is used up, only while discharging (A)."""
    if charge is None or current is None or current > -LEAST_CURRENT:
        return None
    return int(max(charge, 0) / -current * 3600)


def time_to_full(
    charge: float | None, full: float | None, current: float | None
) -> int | None:
    """Return the seconds until ``charge`` reaches ``full`` (Ah), only while charging (A)."""
    if charge is None or not full or current is None or current < LEAST_CURRENT:
        return None
    return int(max(full - charge, 0) / current * 3600)


def _runtime(draft: Draft) -> Value | None:
    return time_to_empty(draft.number(Field.CYCLE_CHARGE), draft.number(Field.CURRENT))


def _time_to_full(draft: Draft) -> Value | None:
    return time_to_full(
        draft.number(Field.CYCLE_CHARGE),
        draft.number(Field.FULL_CHARGE) or draft.number(Field.DESIGN_CAPACITY),
        draft.number(Field.CURRENT),
    )


def cell_temperatures(probes: Iterable[Probe]) -> list[float]:
    """Return the temperatures of the cells, in the best way that the battery knows them."""
    all_probes = tuple(probes)
    for places in _CELL_PLACES:
        found = [probe for probe in all_probes if probe.place in places]
        if found:
            return [probe.celsius for probe in found if probe.celsius is not None]
    return []


def _temperature(draft: Draft) -> Value | None:
    return _mean(cell_temperatures(draft.probes))


def _lowest_temperature(draft: Draft) -> Value | None:
    found = cell_temperatures(draft.probes)
    return min(found) if len(found) > 1 else None


_RULES: Final[tuple[tuple[Field, _Rule], ...]] = (
    (Field.VOLTAGE, _voltage),
    (Field.MAX_CELL_VOLTAGE, _highest),
    (Field.MIN_CELL_VOLTAGE, _lowest),
    (Field.MAX_CELL, _highest_number),
    (Field.MIN_CELL, _lowest_number),
    (Field.DELTA_VOLTAGE, _delta),
    (Field.CYCLE_CHARGE, _charge),
    (Field.BATTERY_LEVEL, _level),
    (Field.CELL_COUNT, _cell_count),
    (Field.CYCLE_CAPACITY, _energy),
    (Field.CYCLES, _cycles),
    (Field.POWER, _power),
    (Field.BATTERY_CHARGING, _charging),
    (Field.RUNTIME, _runtime),
    (Field.TIME_TO_FULL, _time_to_full),
    (Field.TEMPERATURE, _temperature),
    (Field.MIN_CELL_TEMPERATURE, _lowest_temperature),
)

# Probes that stand for the cells, the best first; never those of electronics, heaters and the air.
_CELL_PLACES: Final = (
    frozenset({Place.CELL}),
    frozenset({Place.CELL_MAX, Place.CELL_MIN}),
    frozenset({Place.GENERIC}),
)

_SUMS: Final = (Field.CURRENT, Field.CYCLE_CHARGE, Field.DESIGN_CAPACITY)
# Packs are in parallel: the system has as many cells in a row as its longest pack.
_HIGHEST: Final = (Field.CYCLES, Field.DELTA_VOLTAGE, Field.CELL_COUNT)


def finish(draft: Draft, never: Collection[Field] = ()) -> BmsSample:
    """Make the sample of a complete draft; fields in ``never`` are not derived."""
    left_out = sift(draft)
    packs = _finish_packs(draft, never, left_out)
    sent = frozenset(draft.values)
    if packs:
        _join(draft, packs)
    if any(place.startswith(Field.CELL_VOLTAGE) for place in left_out):
        # A sum without one of its parts would be a wrong value, not a rough one.
        never = {Field.VOLTAGE, *never}
    for name, rule in _RULES:
        if name not in draft.values and name not in never:
            _derive(draft, name, rule(draft))
    _judge(draft)
    return BmsSample(
        values=dict(draft.values),
        cells=tuple(draft.cells),
        probes=tuple(draft.probes),
        packs=packs,
        alarms=frozenset(draft.alarms),
        counters=dict(draft.counters),
        info=DeviceInfo(**draft.info),
        left_out=left_out,
        switches={str(target): on for target, on in draft.switches.items()},
        derived=_derived(draft, packs, sent),
    )


def _derived(
    draft: Draft, packs: tuple[BmsSample, ...], sent: frozenset[Field]
) -> frozenset[Field]:
    """Return what was not sent: neither by the battery nor, for a sum of them, by each of its packs."""
    not_sent = {name for name, _ in _RULES if name in draft.values} - sent
    sums = [{*_SUMS} & (pack.values.keys() - pack.derived) for pack in packs]
    return frozenset(not_sent - set[Field]().union(*sums[:1]).intersection(*sums))


def _judge(draft: Draft) -> None:
    """Judge whether there is a problem; nothing when the battery did not tell and its values are sound."""
    problem = (
        bool(draft.values.pop(Field.PROBLEM, False))
        or any(alarm.severity.is_problem for alarm in draft.alarms)
        or _unsound(draft)
    )
    # A pack that said nothing keeps its place, and does not say that all is well.
    told = draft.values or draft.cells or draft.probes or draft.alarms
    if problem or (told and Field.PROBLEM not in draft.unknown):
        draft.values[Field.PROBLEM] = problem


def _derive(draft: Draft, name: Field, value: Value | None) -> None:
    """Take a derived value that can be."""
    if isinstance(value, int | float) and name in RANGES and not possible(name, value):
        return
    draft.put(name, value)


def _finish_packs(
    draft: Draft, never: Collection[Field], left_out: dict[str, Value]
) -> tuple[BmsSample, ...]:
    """Make the samples of the packs; one that cannot be keeps its place, and is named."""
    packs = [finish(pack, never) for pack in draft.packs]
    for place, pack in enumerate(packs):
        for part, said in pack.left_out.items():
            left_out[f"pack_{place + 1}_{part}"] = said
            disown(draft, part)
    for place, name in sift_packs(packs).items():
        left_out[f"pack_{place + 1}"] = str(name)
        packs[place] = emptied(packs[place])
        for part in (Field.CELL_VOLTAGE, Field.PROBE_TEMPERATURE):
            disown(draft, part)
    return tuple(packs)


def _join(draft: Draft, packs: tuple[BmsSample, ...]) -> None:
    """Take from the packs what the system as a whole did not say."""
    draft.values.setdefault(Field.PACK_COUNT, len(packs))
    # Behind a pack that did not tell its own, the numbers of the others would move.
    if not draft.cells:
        told = takewhile(lambda pack: pack.cells, packs)
        draft.cells = [volts for pack in told for volts in pack.cells]
    if not draft.probes:
        told = takewhile(lambda pack: pack.probes, packs)
        draft.probes = [probe for pack in told for probe in pack.probes]
    joined: dict[Field, float | None] = {
        Field.VOLTAGE: _mean(_numbers(packs, Field.VOLTAGE)),
        Field.BATTERY_LEVEL: _weighted_level(packs),
        Field.BATTERY_HEALTH: min(_numbers(packs, Field.BATTERY_HEALTH), default=None),
    }
    for name in _SUMS:
        found = _numbers(packs, name)
        # A sum without one of its parts would be a wrong value, not a rough one.
        joined[name] = round(sum(found), 3) if len(found) == len(packs) else None
    for name in _HIGHEST:
        joined[name] = max(_numbers(packs, name), default=None)
    for name, value in joined.items():
        if name not in draft.values:
            draft.put(name, value)
    _join_alarms(draft, packs)


def _join_alarms(draft: Draft, packs: tuple[BmsSample, ...]) -> None:
    """Take the alarms of the packs, and what they say of problems."""
    for pack in packs:
        draft.alarms |= {Alarm(alarm) for alarm in pack.alarms}
        if pack.values.get(Field.PROBLEM):
            draft.values[Field.PROBLEM] = True
        elif Field.PROBLEM not in pack.values and Field.PROBLEM not in draft.values:
            draft.unknown.add(Field.PROBLEM)


def _numbers(packs: tuple[BmsSample, ...], name: Field) -> list[float]:
    """Return a field of all packs that know it."""
    return [
        value
        for pack in packs
        if isinstance(value := pack.values.get(name), int | float)
    ]


def _mean(values: list[float]) -> float | None:
    return round(sum(values) / len(values), 3) if values else None


def _weighted_level(packs: tuple[BmsSample, ...]) -> float | None:
    """Return the level of all packs together, each counted by its capacity."""
    levels, sizes = (
        _numbers(packs, Field.BATTERY_LEVEL),
        _numbers(packs, Field.DESIGN_CAPACITY),
    )
    if len(levels) != len(packs):
        return None
    if len(sizes) != len(packs) or not sum(sizes):
        return _mean(levels)
    return round(
        sum(level * size for level, size in zip(levels, sizes, strict=True))
        / sum(sizes),
        1,
    )


def _unsound(draft: Draft) -> bool:
    """Return whether the values themselves show a defect, whatever the battery's own bits say.

    An empty battery (nothing left and a level of 0 or 1 %) is no defect; nothing left at any other
    level is one.
    """
    voltage, level = draft.number(Field.VOLTAGE), draft.number(Field.BATTERY_LEVEL)
    charge, delta = draft.number(Field.CYCLE_CHARGE), draft.number(Field.DELTA_VOLTAGE)
    return (
        (voltage is not None and voltage <= 0)
        or any(not 0 < volts <= CELL_LIMIT for volts in _known(draft))
        or (delta is not None and delta > CELL_LIMIT)
        or (charge is not None and charge <= 0 and level is not None and level > 1)
        or (level is not None and level > 100)
    )
