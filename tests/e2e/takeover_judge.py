"""What has to be the same after a move and after the way back. No I/O but reading a database."""

from collections.abc import Callable, Iterable, Mapping
import contextlib
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
import sqlite3
from typing import Any, Final, NamedTuple

from .api import Json
from .takeover_house import Snapshot

DOMAIN: Final = "mi_bms"
# What stays of a row that moved: what it is known by, and what its user made of it.
KEPT: Final = (
    "id",
    "entity_id",
    "name",
    "icon",
    "area_id",
    "labels",
    "aliases",
    "categories",
    "hidden_by",
    "disabled_by",
    "options",
)
STAMPS: Final = frozenset({"created_at", "modified_at"})
SETS: Final = frozenset({"aliases", "connections", "identifiers", "labels"})
# Home Assistant's own note of the unit that an entity is shown in.
PRIVATE: Final = "sensor.private"
# Each assistant notes what it may see when it first does.
ASSISTANTS: Final = ("conversation", "cloud.alexa", "cloud.google_assistant")
SLOT: Final = 300.0  # s
NOTHING: Final = frozenset({None, "", "unavailable", "unknown"})
WATCHED: Final = 90.0  # s after a yes


def kept(row: Json) -> dict[str, Any]:
    """Return what has to stay of a row."""
    found = {name: row.get(name) for name in KEPT}
    options = {name: dict(one) for name, one in (row.get("options") or {}).items()}
    options.pop(PRIVATE, None)
    # How many digits an integration proposes is no choice of the user.
    own = options.get("sensor", {})
    own.pop("suggested_display_precision", None)
    found["options"] = {name: one for name, one in options.items() if one}
    if found["disabled_by"] == "integration":
        found["disabled_by"] = None
    return found


def changed(before: Json, after: Json, names: Iterable[str]) -> list[str]:
    """Return what differs between two states of one thing."""
    return [
        f"{name}: {before.get(name)!r} became {after.get(name)!r}"
        for name in names
        if before.get(name) != after.get(name)
    ]


def not_kept(before: Snapshot, after: Snapshot, rows: Iterable[str]) -> list[str]:
    """Return what was lost of rows that moved."""
    problems = []
    for key in rows:
        old, new = before.rows[key], after.rows.get(key)
        if new is None:
            problems.append(f"{old['entity_id']} is gone")
        else:
            found = changed(kept(old), kept(unasked(old, new)), KEPT)
            problems += [f"{old['entity_id']}: {one}" for one in found]
    return problems


def _plain(thing: Json) -> Json:
    """Return a thing without time stamps, and what is a set in order."""
    return {
        name: sorted(value, key=str) if name in SETS else value
        for name, value in thing.items()
        if name not in STAMPS
    }


def unasked(before: Json, after: Json) -> Json:
    """Return a row without what assistants have noted of it since."""
    then = before.get("options") or {}
    now = {
        name: one
        for name, one in (after.get("options") or {}).items()
        if name in then or name not in ASSISTANTS
    }
    return after | {"options": now} if "options" in after else after


def unlike(
    before: Mapping[str, Json], after: Mapping[str, Json], what: str
) -> list[str]:
    """Return how two states of one registry differ, time stamps apart."""
    problems = []
    for key in before.keys() | after.keys():
        old, new = before.get(key), after.get(key)
        name = str(
            (old or new or {}).get("entity_id") or (old or new or {}).get("name")
        )
        if old is None or new is None:
            problems.append(f"{what} {name} {'came' if old is None else 'is gone'}")
        else:
            names = sorted(old.keys() | new.keys())
            found = changed(_plain(old), _plain(unasked(old, new)), names)
            problems += [f"{what} {name}: {one}" for one in found]
    return problems


def doubled(before: Snapshot, seen: Snapshot, moved: Iterable[str]) -> list[str]:
    """Return what stands there twice after rows have moved, by their ids."""
    problems, named = [], set[str]()
    gone = {
        (before.rows[key]["platform"], before.rows[key]["unique_id"]) for key in moved
    }
    ids = {row["entity_id"] for row in seen.rows.values()}
    for row in seen.rows.values():
        domain, _, _ = row["entity_id"].partition(".")
        spot = f"{domain} {row['platform']} {row['unique_id']}"
        if spot in named:
            problems.append(f"{row['entity_id']} is {spot} once more")
        named.add(spot)
        if row["disabled_by"] is not None:
            continue
        if (row["platform"], row["unique_id"]) in gone and row["platform"] != DOMAIN:
            problems.append(f"{row['entity_id']} came back")
        begin, _, end = row["entity_id"].rpartition("_")
        if end == "2" and begin in ids and row["entity_id"] not in before.names:
            problems.append(f"{row['entity_id']} stands beside {begin}")
    return problems


# --- the database --------------------------------------------------------------------------


class Meta(NamedTuple):
    """Hold what is known of one statistic."""

    number: int
    unit: str | None
    has_sum: int
    mean_type: int


class Span(NamedTuple):
    """Hold one state of an entity and when it began."""

    begin: float
    state: str | None


@dataclass
class Database:
    """Hold statistics and states: how many old hours with which sum, when each five minutes began, states."""

    metas: dict[str, Meta]
    hours: dict[int, tuple[int, float]]
    slots: dict[int, list[float]]
    states: dict[str, list[Span]]


def read(folder: Path, until: float) -> Database:
    """Read a database; hours are those that ended before ``until``."""
    file = folder / "home-assistant_v2.db"
    with contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as base:
        metas = {
            one[0]: Meta(*one[1:])
            for one in base.execute(
                "SELECT statistic_id, id, unit_of_measurement, has_sum, mean_type FROM statistics_meta"
            )
        }
        hours = {
            one[0]: (one[1], round(one[2], 3))
            for one in base.execute(
                "SELECT metadata_id, COUNT(*), SUM(COALESCE(mean, sum)) FROM statistics"
                " WHERE start_ts < ? GROUP BY metadata_id",
                (until,),
            )
        }
        slots: dict[int, list[float]] = {}
        for number, begin in base.execute(
            "SELECT metadata_id, start_ts FROM statistics_short_term ORDER BY start_ts"
        ):
            slots.setdefault(number, []).append(begin)
        states: dict[str, list[Span]] = {}
        for entity_id, state, begin in base.execute(
            "SELECT m.entity_id, s.state, s.last_updated_ts FROM states s"
            " JOIN states_meta m USING (metadata_id) ORDER BY s.last_updated_ts"
        ):
            states.setdefault(entity_id, []).append(Span(begin, state))
    return Database(metas, hours, slots, states)


def last_state(folder: Path, entity_id: str) -> str | None:
    """Return what the database says that an entity showed last."""
    file = folder / "home-assistant_v2.db"
    with contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as base:
        found = base.execute(
            "SELECT s.state FROM states s JOIN states_meta m USING (metadata_id)"
            " WHERE m.entity_id = ? ORDER BY s.state_id DESC LIMIT 1",
            (entity_id,),
        ).fetchone()
    return str(found[0]) if found else None


def gaps(slots: Iterable[float]) -> list[tuple[float, float]]:
    """Return between which periods some are missing."""
    return [(old, new) for old, new in pairwise(slots) if new - old > SLOT]


def without_value(
    spans: Iterable[Span],
    yes: float,
    clock: Callable[[float], float] = lambda moment: moment,
) -> float | None:
    """Return for how many seconds after a yes there was no value; None where there was none before it.

    ``clock`` tells how far things had come at a moment.
    """
    end, total = yes + WATCHED, 0.0
    spans = [one for one in spans if one.begin < end]
    before = [one for one in spans if one.begin <= yes]
    if not before or before[-1].state in NOTHING:
        return None
    last = Span(end, None)
    for old, new in pairwise([*(one for one in spans if one.begin > yes), last]):
        if old.state in NOTHING:
            total += clock(new.begin) - clock(old.begin)
    return total
