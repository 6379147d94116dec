"""Readings as JSON."""

import json
from typing import Any
from zoneinfo import ZoneInfo

from custom_components.mi_bms.proto.model.fields import Field
from custom_components.mi_bms.proto.model.reading import Event, Outcome, Reading
from custom_components.mi_bms.proto.model.sample import BmsSample, Place, Probe
from custom_components.mi_bms.proto.publish.shape import (
    battery_line,
    battery_message,
    plain,
    sensor_line,
    stamp,
)

AT = 1_645_351_200.25  # 2022-02-20 10:00:00.25 UTC
ADDRESS = "A4:C1:37:23:D0:5E"
SAMPLE = BmsSample(
    values={
        Field.VOLTAGE: 13.18,
        Field.CURRENT: -2.5,
        Field.POWER: -32.95,
        Field.CYCLE_CHARGE: 81.2,
        Field.DESIGN_CAPACITY: 100.0,
        Field.BATTERY_LEVEL: 81,
        Field.CYCLES: 37,
        Field.PROBLEM: False,
        Field.DELTA_VOLTAGE: 0.006,
    },
    cells=(3.298, None, 3.292),
    probes=(Probe(21.5, Place.CELL),),
    alarms=frozenset({"cell_high"}),
    packs=(BmsSample(values={Field.VOLTAGE: 13.1}),),
)


def told(line: bytes) -> dict[str, Any]:
    content = json.loads(line)
    assert isinstance(content, dict)
    return content


def test_a_battery_message() -> None:
    message = told(battery_message("BATT1", AT, ZoneInfo("Europe/Berlin"), SAMPLE))
    assert message == {
        "battery_id": "BATT1",
        "timestamp": "2022-02-20T11:00:00.250+01:00",
        "voltage": 13.18,
        "current": -2.5,
        "power": -32.95,
        "capacity_remain_ah": 81.2,
        "capacity_total_ah": 100.0,
        "capacity_percent": 81,
        "cycles": 37,
        "cells": [3.298, None, 3.292],
        "temperatures": [{"place": "cell", "celsius": 21.5}],
        "alarms": ["cell_high"],
        "packs": [{"voltage": 13.1}],
        "design_capacity": 100.0,
        "problem": False,
        "delta_voltage": 0.006,
    }
    assert list(message)[:9] == [
        "battery_id",
        "timestamp",
        "voltage",
        "current",
        "power",
        "capacity_remain_ah",
        "capacity_total_ah",
        "capacity_percent",
        "cycles",
    ]


def test_the_learned_capacity_comes_before_the_printed_one() -> None:
    values = {Field.FULL_CHARGE: 96.5, Field.DESIGN_CAPACITY: 100.0}
    message = told(battery_message("b", AT, ZoneInfo("UTC"), BmsSample(values=values)))
    assert message["capacity_total_ah"] == 96.5
    assert message["design_capacity"] == 100.0
    assert "cells" not in message


def test_a_line_of_a_battery() -> None:
    line = battery_line("Boat", ADDRESS, AT, SAMPLE)
    assert line.endswith(b"}\n")
    content = told(line)
    assert list(content)[:3] == ["time", "device", "address"]
    assert content["time"] == "2022-02-20T10:00:00.250+00:00"
    assert content["values"]["battery_level"] == 81
    assert content["values"]["problem"] is False
    assert content["cells"] == [3.298, None, 3.292]


def test_a_line_of_a_sensor() -> None:
    reading = Reading(
        Outcome.DECODED,
        {Field.TEMPERATURE: 21.1, Field.MOTION: False},
        (Event("dimmer", "rotate_left", {"steps": 3}),),
        further={(Field.TEMPERATURE, 2): 19.5, (Field.TEMPERATURE, 3): float("nan")},
    )
    assert told(sensor_line("Bü\nro", ADDRESS, AT, reading, -70)) == {
        "time": "2022-02-20T10:00:00.250+00:00",
        "device": "Bü\nro",
        "address": ADDRESS,
        "values": {"temperature": 21.1, "motion": False, "temperature_2": 19.5},
        "events": [{"source": "dimmer", "type": "rotate_left", "steps": 3}],
        "rssi": -70,
    }
    bare = told(sensor_line("x", ADDRESS, AT, Reading(Outcome.DECODED), None))
    assert set(bare) == {"time", "device", "address"}


def test_an_odd_name_stays_on_one_line() -> None:
    reading = Reading(Outcome.DECODED, {Field.TEMPERATURE: 1.0})
    line = sensor_line('"\n\ud800\u2028\0', ADDRESS, AT, reading, None)
    assert line.count(b"\n") == 1
    assert line.isascii()
    assert told(line)["device"] == '"\n\ud800\u2028\0'


def test_no_number_is_no_value() -> None:
    values = {
        Field.VOLTAGE: float("nan"),
        Field.CURRENT: float("inf"),
        Field.POWER: 0.0,
        Field.PROBLEM_CODE: 1 << 64,
        Field.PROBLEM: True,
    }
    assert plain(values) == {"power": 0.0, "problem_code": 1, "problem": True}


def test_a_time_in_the_hour_that_comes_twice() -> None:
    zone = ZoneInfo("Europe/Berlin")
    assert stamp(1_635_640_200, zone) == "2021-10-31T02:30:00.000+02:00"
    assert stamp(1_635_643_800, zone) == "2021-10-31T02:30:00.000+01:00"
