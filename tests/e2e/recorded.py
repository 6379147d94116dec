"""What Home Assistant's database says of meters, and what of that cannot be.

The truth is how many kWh had flowed at some moments; what the meters had counted of it is known at some of them.
"""

from collections.abc import Iterable, Mapping, Sequence
import contextlib
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
import sqlite3
from typing import Final, NamedTuple

SHARE: Final = 0.01  # of the truth that may be missing or too much
STEP: Final = 0.03  # kWh that may not be written down or not be read yet
DIGITS: Final = 6
SLOT: Final = {"statistics_short_term": 300.0, "statistics": 3600.0}  # s

type Truth = dict[str, float]


class Row(NamedTuple):
    """Hold one row of statistics."""

    meter: str
    begin: float
    state: float
    total: float


class Mark(NamedTuple):
    """Hold how many kWh had flowed at a moment at most, by meter, and how many the meters had counted by then."""

    at: float
    flowed: Truth
    counted: Truth


def too_little(counted: float, flowed: float) -> bool:
    """Return whether energy is missing."""
    return counted < flowed * (1 - SHARE) - STEP


def too_much(counted: float, flowed: float) -> bool:
    """Return whether energy was counted that did not flow."""
    return counted > flowed * (1 + SHARE) + STEP


@dataclass
class Database:
    """Hold what the database says of the meters: statistics, what they are measured in, all states."""

    rows: dict[str, list[Row]]
    units: dict[str, tuple[object, ...]]
    states: dict[str, list[float]]


def read(folder: Path, names: Mapping[str, str]) -> Database:
    """Read the database of a Home Assistant that has ended."""
    meter = {entity_id: name for name, entity_id in names.items()}
    with contextlib.closing(sqlite3.connect(folder / "home-assistant_v2.db")) as base:
        rows = {
            table: [
                Row(meter[one[0]], *map(float, one[1:]))
                for one in base.execute(
                    "SELECT m.statistic_id, s.start_ts, s.state, s.sum"  # noqa: S608 - a name of ours
                    f" FROM {table} s JOIN statistics_meta m ON m.id = s.metadata_id"
                    " WHERE s.sum IS NOT NULL ORDER BY s.start_ts"
                )
                if one[0] in meter
            ]
            for table in SLOT
        }
        units = {
            meter[one[0]]: one
            for one in base.execute(
                "SELECT statistic_id, source, unit_of_measurement, unit_class, has_sum, mean_type"
                " FROM statistics_meta"
            )
            if one[0] in meter
        }
        told: dict[str, list[float]] = {name: [] for name in names}
        for entity_id, state in base.execute(
            "SELECT m.entity_id, s.state FROM states s JOIN states_meta m USING (metadata_id)"
            " ORDER BY s.last_updated_ts"
        ):
            with contextlib.suppress(KeyError, TypeError, ValueError):
                told[meter[entity_id]].append(float(state))
    return Database(rows, units, told)


def judged(found: Database, marks: Sequence[Mark]) -> list[str]:
    """Return what of the states and the statistics cannot be."""
    problems = [
        f"{name} falls: {told}" for name, told in found.states.items() if falls(told)
    ]
    for table, slot in SLOT.items():
        for name in found.states:
            rows = [one for one in found.rows[table] if one.meter == name]
            faults = [*_of_all(rows, slot), *_against(rows, slot, marks)]
            problems += [f"{table} {name}: {one}" for one in faults]
    return problems


def falls(values: Iterable[float]) -> bool:
    """Return whether values fall."""
    return any(new < old for old, new in pairwise(values))


def _of_all(rows: Sequence[Row], slot: float) -> Iterable[str]:
    if len(rows) < 2:
        yield f"{len(rows)} rows"
    if falls(one.total for one in rows) or falls(one.state for one in rows):
        yield f"falls: {rows}"
    if any(new.begin != old.begin + slot for old, new in pairwise(rows)):
        yield f"a row is missing: {rows}"
    # The recorder begins at zero; from there on the two only part where it believes in a new meter.
    if len({round(one.total - one.state, DIGITS) for one in rows}) > 1:
        yield f"was counted anew: {rows}"


def _against(rows: Sequence[Row], slot: float, marks: Sequence[Mark]) -> Iterable[str]:
    """Compare rows with what had been counted, and what had flowed, by their end."""
    for row in rows:
        if row.meter not in marks[0].flowed:
            continue
        end = row.begin + slot
        counted = [
            one.counted[row.meter] for one in marks if one.counted and one.at < end
        ]
        least = max(counted, default=0.0)
        most = min(one.flowed[row.meter] for one in marks if one.at >= end)
        if too_little(row.state, least):
            yield f"{least:.3f} kWh had been counted: {row}"
        if too_much(row.state, most):
            yield f"{most:.3f} kWh had flowed: {row}"
