"""What the proof of taking over calls a loss, and what not."""

from pathlib import Path
import sqlite3
from typing import Any

import pytest

from tests.e2e.takeover_house import Snapshot
from tests.e2e.takeover_judge import (
    Span,
    doubled,
    gaps,
    not_kept,
    read,
    unlike,
    without_value,
)

ROW = {
    "id": "one",
    "entity_id": "sensor.cellar",
    "platform": "bms_ble",
    "unique_id": "bms_ble-a5-voltage",
    "name": "Mine",
    "disabled_by": None,
    "options": {"sensor": {"unit_of_measurement": "mV"}},
    "modified_at": 1.0,
}


def registries(*rows: dict[str, Any]) -> Snapshot:
    return Snapshot({one["id"]: one for one in rows}, {}, {})


def test_what_its_user_made_of_a_row_has_to_stay() -> None:
    before = registries(ROW)
    ours = ROW | {"platform": "mi_bms", "unique_id": "A5-voltage", "modified_at": 2.0}
    assert not_kept(before, registries(ours), ["one"]) == []
    private = {**ROW["options"], "sensor.private": {"suggested": "V"}}  # type: ignore[dict-item]
    assert not_kept(before, registries(ours | {"options": private}), ["one"]) == []
    for change in ({"name": None}, {"options": {}}, {"disabled_by": "user"}):
        assert len(not_kept(before, registries(ours | change), ["one"])) == 1
    assert not_kept(before, registries(), ["one"]) == ["sensor.cellar is gone"]


def test_what_the_integration_had_disabled_may_be_shown() -> None:
    before = registries(ROW | {"disabled_by": "integration"})
    assert not_kept(before, registries(ROW), ["one"]) == []


def test_what_an_assistant_noted_since_is_nobodys_choice() -> None:
    noted = {**ROW["options"], "conversation": {"should_expose": False}}  # type: ignore[dict-item]
    now = ROW | {"options": noted}
    assert not_kept(registries(ROW), registries(now), ["one"]) == []
    assert unlike({"one": ROW}, {"one": now}, "row") == []
    assert len(unlike({"one": now}, {"one": ROW}, "row")) == 1


def test_only_time_stamps_may_differ_in_the_end() -> None:
    assert unlike({"one": ROW}, {"one": ROW | {"modified_at": 9.0}}, "row") == []
    assert len(unlike({"one": ROW}, {"one": ROW | {"icon": "mdi:star"}}, "row")) == 1
    first, second = ROW | {"labels": ["a", "b"]}, ROW | {"labels": ["b", "a"]}
    assert unlike({"one": first}, {"one": second}, "row") == []
    assert unlike({"one": ROW}, {}, "row") == ["row sensor.cellar is gone"]
    assert unlike({}, {"one": ROW}, "row") == ["row sensor.cellar came"]


@pytest.mark.parametrize(
    ("more", "count"),
    [
        ({"unique_id": "other"}, 0),
        ({"disabled_by": "user"}, 0),
        ({}, 1),
        ({"unique_id": "other", "entity_id": "sensor.cellar_2"}, 1),
    ],
)
def test_what_stands_there_twice_is_seen(more: dict[str, Any], count: int) -> None:
    ours = ROW | {"platform": "mi_bms"}
    again = ROW | {"id": "two", "entity_id": "sensor.new"} | more
    assert len(doubled(registries(ROW), registries(ours, again), ["one"])) == count


def test_seconds_without_a_value_are_counted_from_the_yes() -> None:
    spans = [Span(90.0, "1"), Span(100.5, "unavailable"), Span(101.5, "2")]
    assert without_value(spans, 100.0) == 1.0
    assert without_value([*spans, Span(130.0, None)], 100.0) == 61.0
    assert without_value(spans[:1], 100.0) == 0.0
    assert without_value([Span(90.0, "unknown")], 100.0) is None
    assert without_value([], 100.0) is None


def test_a_period_that_is_missing_is_found() -> None:
    assert gaps([0.0, 300.0, 600.0]) == []
    assert gaps([0.0, 300.0, 900.0]) == [(300.0, 900.0)]


def test_the_database_is_read(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "home-assistant_v2.db") as base:
        base.executescript(
            "CREATE TABLE statistics_meta (id, statistic_id, unit_of_measurement, has_sum, mean_type);"
            "CREATE TABLE statistics (metadata_id, start_ts, mean, sum);"
            "CREATE TABLE statistics_short_term (metadata_id, start_ts);"
            "CREATE TABLE states_meta (metadata_id, entity_id);"
            "CREATE TABLE states (metadata_id, state, last_updated_ts);"
            "INSERT INTO statistics_meta VALUES (7, 'sensor.cellar', 'V', 0, 1);"
            "INSERT INTO statistics VALUES (7, 0, 2.5, NULL), (7, 3600, 3.5, NULL), (7, 7200, 9, NULL);"
            "INSERT INTO statistics_short_term VALUES (7, 300), (7, 0);"
            "INSERT INTO states_meta VALUES (1, 'sensor.cellar');"
            "INSERT INTO states VALUES (1, '3.3', 5), (1, NULL, 4);"
        )
    base.close()
    found = read(tmp_path, 7200)
    assert found.metas["sensor.cellar"].number == 7
    assert found.hours == {7: (2, 6.0)}
    assert found.slots == {7: [0, 300]}
    assert found.states == {"sensor.cellar": [Span(4, None), Span(5, "3.3")]}
