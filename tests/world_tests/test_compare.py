"""The judgement of an end-to-end check: what counts as right."""

from typing import Any

import pytest

from tests.e2e.check import answers, menu_choice
from tests.e2e.compare import coarse, decimals, fits, judge, summary, table
from tests.e2e.home_assistant import leaked, unexpected, unexpected_of_killed
from tests.e2e.process import Trouble

ADDRESS = "A4:C1:38:00:00:01"
NOW = 1_800_000_000.0


def iso(moment: float) -> str:
    from datetime import UTC, datetime  # noqa: PLC0415

    return datetime.fromtimestamp(moment, UTC).isoformat()


def world(key: str, *values: Any, category: str = "sensor") -> dict[str, Any]:
    """Return a truth whose values follow each other, the last one holding now, each for 10 s."""
    runs = [
        (NOW - 10 * (at + 1), NOW - 10 * at, {key: value})
        for at, value in enumerate(reversed(values))
    ]
    device = {
        "kind": "K",
        "name": "n",
        "category": category,
        "truth": {key: values[-1]},
        "history": runs[::-1],
    }
    return {ADDRESS: device}


def verdict(
    truth: dict[str, Any], state: str, unique: str, age: float = 1, **attributes: Any
) -> str | None:
    entity = {
        "unique_id": f"{ADDRESS}-{unique}",
        "entity_id": "sensor.x",
        "disabled_by": None,
    }
    shown = {
        "entity_id": "sensor.x",
        "state": state,
        "attributes": attributes,
        "last_reported": iso(NOW - age),
    }
    (row,) = judge(truth, [entity], [shown], NOW)
    return row.problem


@pytest.mark.parametrize(
    ("key", "values", "state", "attributes", "right"),
    [
        ("temperature", (21.5,), "21.5", {}, True),
        ("temperature", (21.5,), "21.6", {}, True),
        ("temperature", (21.5,), "21.9", {}, False),
        ("temperature", (21.5,), "unknown", {}, False),
        ("temperature", (21.5,), "unavailable", {}, False),
        ("temperature", (21.5,), "warm", {}, False),
        ("cell_voltage_3", (3.312,), "3.312", {}, True),
        ("cell_voltage_3", (3.312,), "3.3", {}, False),
        ("motion", (True,), "on", {}, True),
        ("motion", (True,), "off", {}, False),
        ("battery_mode", ("float",), "float", {}, True),
        ("battery_mode", ("float",), "bulk", {}, False),
        ("runtime", (7200,), "2.0", {"unit_of_measurement": "h"}, True),
        ("runtime", (7200,), "3.0", {"unit_of_measurement": "h"}, False),
        ("duration_cleared", (5,), "5", {"unit_of_measurement": "min"}, True),
        ("pressure", (101325,), "1013.25", {"unit_of_measurement": "hPa"}, True),
        # Held until 10 s ago: too old.
        ("temperature", (10.0, 20.0), "10.0", {}, False),
    ],
)
def test_values(
    key: str,
    values: tuple[Any, ...],
    state: str,
    attributes: dict[str, Any],
    right: bool,
) -> None:
    assert (verdict(world(key, *values), state, key, **attributes) is None) is right


def test_poll_that_was_right_when_it_was_reported() -> None:
    truth = world("current", 10.0, 20.0, 30.0, 40.0, category="battery")
    assert verdict(truth, "10.0", "current", age=31) is None
    assert verdict(truth, "30.0", "current", age=31) is not None
    # Nothing was reported for longer than two polls: only right if it is still true.
    long_ago = [
        (NOW - 200, NOW - 95, {"current": 1.0}),
        (NOW - 95, NOW, {"current": 9.0}),
    ]
    truth[ADDRESS]["history"] = long_ago
    assert verdict(truth, "1.0", "current", age=150) is not None
    assert verdict(truth, "9.0", "current", age=150) is None


def test_poll_that_changes_nothing_counts() -> None:
    truth = world("current", 10.0, 20.0, category="battery")
    truth[ADDRESS]["truth"]["voltage"] = 13.0
    truth[ADDRESS]["history"] = [(NOW - 60, NOW, {"current": 20.0, "voltage": 13.0})]
    ids = {"current": 60, "voltage": 2}
    entities = [{"unique_id": f"{ADDRESS}-{key}", "entity_id": key} for key in ids]
    states = [
        {
            "entity_id": key,
            "state": {"current": "20.0", "voltage": "13.0"}[key],
            "attributes": {},
            "last_reported": iso(NOW - age),
        }
        for key, age in ids.items()
    ]
    rows = judge(truth, entities, states, NOW)
    assert [row.problem for row in rows] == [None, None]
    assert [row.age for row in rows] == [2.0, 2.0]


@pytest.mark.parametrize(
    ("key", "state", "right"),
    [
        ("cell_voltage_3", "3.296", True),
        ("cell_voltage_3", "3.290", False),
        ("voltage", "3.315", True),
        ("cycles", "3", True),
        ("cycles", "4.1", False),
    ],
)
def test_smaller_changes_of_a_battery_are_not_shown(
    key: str, state: str, right: bool
) -> None:
    held = world(key, 3 if key == "cycles" else 3.301, category="battery")
    assert (verdict(held, state, key) is None) is right


def test_sensor_that_got_stuck() -> None:
    truth = world("temperature", 10.0, 20.0)
    assert verdict(truth, "10.0", "temperature", age=12) is not None


def test_battery_may_lie_between_two_moments() -> None:
    truth = world("current", 10.0, 20.0, category="battery")
    assert verdict(truth, "15.0", "current") is None
    assert verdict(truth, "25.0", "current") is not None


def event_verdict(key: str, held: str, shown: str | None) -> str | None:
    truth = world(f"event:{key}", held)
    return verdict(truth, "2026-11-21T01:00:00", f"event_{key}", event_type=shown)


def test_events_compare_their_type() -> None:
    assert event_verdict("dimmer", "press", "press_end") is None
    assert event_verdict("dimmer", "press", "long_press_end") is not None
    assert event_verdict("dimmer", "press", None) == "is None"
    assert event_verdict("button_left", "double_press", "multi_press_end") is None
    assert event_verdict("button_left", "press", "press") is not None
    truth = world("event:lock", "locked")
    assert verdict(truth, "unknown", "event_lock") == "is unknown"


def test_missing_disabled_and_foreign() -> None:
    truth = world("temperature", 20.0)
    (row,) = judge(truth, [], [], NOW)
    assert row.problem == "no such entity"
    entity = {
        "unique_id": f"{ADDRESS}-temperature",
        "entity_id": "sensor.x",
        "disabled_by": None,
    }
    (row,) = judge(truth, [entity], [], NOW)
    assert row.problem == "no state"
    assert judge(truth, [{**entity, "disabled_by": "integration"}], [], NOW) == []
    truth[ADDRESS]["foreign"] = True
    assert judge(truth, [], [], NOW) == []
    assert judge(world("temperature", None), [], [], NOW) == []


def test_table_and_words() -> None:
    rows = judge(world("temperature", 20.0), [], [], NOW)
    assert "WRONG: no such entity" in table(rows)[1]
    assert summary([1, 2, 2]) == "1 / 2"
    assert summary([1, 2, 3, 4]) == "1 … 4"
    assert (decimals("3.312"), decimals("3"), decimals("1e-05")) == (3, 0, 6)


def form(*fields: dict[str, Any], step: str = "key") -> dict[str, Any]:
    return {"step_id": step, "data_schema": list(fields)}


def test_flow_answers() -> None:
    device = {"key": "00ff", "password": "1234", "family": "jbd"}
    assert answers(form(step="confirm"), device) == {}
    assert answers(form({"name": "key", "required": True}), device) == {"key": "00ff"}
    assert answers(form({"name": "password", "optional": True}), device) == {
        "password": "1234"
    }
    assert answers(form({"name": "family", "required": True}), device) == {
        "family": "jbd"
    }
    assert answers(form({"name": "family", "optional": True}), device) == {}
    assert (
        answers(form({"name": "interval", "required": True, "default": 30}), device)
        == {}
    )
    with pytest.raises(Trouble, match="'interval'"):
        answers(form({"name": "interval", "required": True}), device)


def test_menus() -> None:
    menu = {"step_id": "m", "menu_options": ["cloud", "key", "confirm"]}
    assert menu_choice(menu, {"key": "00"}) == "key"
    assert menu_choice(menu, {}) == "confirm"
    with pytest.raises(Trouble, match="cloud"):
        menu_choice({"step_id": "m", "menu_options": {"cloud": "Cloud"}}, {})


def test_log_lines() -> None:
    stamp = "2026-11-21 01:00:00.000+00:00"
    broken = f"{stamp} ERROR (MainThread) [custom_components.mi_bms] broken"
    log = "\n".join(
        [
            "a line ahead of all",
            f"{stamp} INFO (MainThread) [x] fine",
            f"{stamp} WARNING (MainThread) [x] We found a custom integration mi_bms …",
            *(broken, "Traceback (most recent call last):", "ValueError: 5"),
            *(broken, "Traceback (most recent call last):", "ValueError: 5"),
            f"{stamp} WARNING (MainThread) [x] late",
        ]
    )
    assert unexpected(log) == [
        "ERROR (MainThread) [custom_components.mi_bms] broken … ValueError: 5 (2 times)",
        "WARNING (MainThread) [x] late",
    ]
    assert leaked(
        "… KEY=00AABBCC …", {"key of x": "00aabbcc", "password of y": "1234"}
    ) == ["key of x"]


def test_of_the_recorder_of_a_killed_house_only_two_lines_are_usual() -> None:
    begin = "2026-11-21 01:00:00.000+00:00 WARNING (Recorder) [homeassistant.components"
    told = "The system could not validate that the sqlite3 database at"
    unit = f"{begin}.sensor.recorder] The unit of sensor.a is changing"
    log = "\n".join(
        [
            f"{begin}.recorder.util] {told} //tmp/a/home-assistant_v2.db was shutdown cleanly",
            f"{begin}.recorder.util] Ended unfinished session (id=2 from 2026-11-30)",
            unit,
        ]
    )
    assert unexpected_of_killed(log) == [unit.partition("+00:00 ")[2]]
    assert len(unexpected(log)) == 3


def test_what_took_long_by_the_clock_says_nothing_of_us() -> None:
    begin = "2026-11-21 01:00:00.000+00:00 WARNING (MainThread) [homeassistant."
    setup = "Setup of sensor platform mi_bms is"
    log = "\n".join(
        [
            f"{begin}helpers.entity] Updating state for sensor.a (<class 'x'>) took 0.402 seconds. Please report",
            f"{begin}components.sensor] {setup} taking over 10 seconds.",
            f"{begin}components.sensor] {setup} not allowed",
        ]
    )
    assert [one.partition("] ")[2] for one in unexpected(log)] == [
        f"{setup} not allowed"
    ]


def unconfirmed(kind: str, unique: str, state: str) -> list[str]:
    truth = world("voltage", 13.0, category="battery")
    truth[ADDRESS]["kind"] = kind
    entities = [
        {"unique_id": f"{ADDRESS}-{key}", "entity_id": f"sensor.{key}"}
        for key in ("voltage", unique)
    ]
    states = [
        {
            "entity_id": f"sensor.{key}",
            "state": value,
            "attributes": {},
            "last_reported": iso(NOW - 1),
        }
        for key, value in (("voltage", "13.0"), (unique, state))
    ]
    rows = judge(truth, entities, states, NOW)
    return [row.key for row in rows if row.problem]


def test_a_value_that_no_device_holds_is_told() -> None:
    assert unconfirmed("EJ", "balancer", "on") == ["balancer"]
    assert unconfirmed("SEPLOS", "pack_2_balancer", "on") == ["pack_2_balancer"]
    assert unconfirmed("EJ", "cell_voltage_5", "3.3") == ["cell_voltage_5"]


@pytest.mark.parametrize(
    ("kind", "unique", "state"),
    [
        ("EJ", "balancer", "unknown"),
        ("EJ", "balancer", "unavailable"),
        ("RECORDED", "balancer", "on"),
        ("EJ", "runtime", "20"),
        ("EJ", "connection", "awake"),
        ("EJ", "production_date", "2023-05-17"),
    ],
)
def test_what_nobody_claims_or_the_house_makes_is_not_told(
    kind: str, unique: str, state: str
) -> None:
    assert unconfirmed(kind, unique, state) == []


def test_a_state_made_of_an_event_is_not_told() -> None:
    truth = world("event:motion", "motion_detected")
    entity = {"unique_id": f"{ADDRESS}-motion", "entity_id": "binary_sensor.motion"}
    state = {
        "entity_id": "binary_sensor.motion",
        "state": "on",
        "attributes": {},
        "last_reported": iso(NOW - 1),
    }
    rows = judge(truth, [entity], [state], NOW)
    assert [row.key for row in rows if row.problem] == ["event:motion"]


@pytest.mark.parametrize(
    ("held", "state", "right"),
    [
        (78684, "22.0", True),
        (78684, "20.0", False),
        (12000, "3.3", True),
        (12000, "3.7", False),
        (1800, "0.5", True),
        (1800, "0.7", False),
    ],
)
def test_times_that_remain_are_shown_in_steps(
    held: int, state: str, right: bool
) -> None:
    assert fits(state, 3600.0, [held], span=True, step=coarse([held])) is right
