"""Readings as JSON: one message for a battery, one line for a log file.

A battery's message begins with the names that small readers of JBD batteries use (``battery_id``,
``capacity_remain_ah`` …); everything else has the names of ``Field``. Times are ISO 8601 with offset.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, tzinfo
import json
from math import isfinite
from typing import Any, Final

from ..model.fields import Field
from ..model.reading import Reading, Value
from ..model.sample import BmsSample, fold

_NAMES: Final[Mapping[Field, str]] = {
    Field.VOLTAGE: "voltage",
    Field.CURRENT: "current",
    Field.POWER: "power",
    Field.CYCLE_CHARGE: "capacity_remain_ah",
    Field.FULL_CHARGE: "capacity_total_ah",
    Field.BATTERY_LEVEL: "capacity_percent",
    Field.CYCLES: "cycles",
}


def stamp(at: float, zone: tzinfo = UTC) -> str:
    """Write a Unix time in seconds with milliseconds and offset."""
    return datetime.fromtimestamp(at, zone).isoformat(timespec="milliseconds")


def dump(content: Mapping[str, Any]) -> bytes:
    """Write compact JSON in ASCII, which no odd name can break."""
    return json.dumps(content, separators=(",", ":"), allow_nan=False).encode()


def battery_message(name: str, at: float, zone: tzinfo, sample: BmsSample) -> bytes:
    """Write the message of one battery reading; what the battery does not say is left out."""
    return dump({"battery_id": name, "timestamp": stamp(at, zone), **_battery(sample)})


def sensor_line(
    name: str, address: str, at: float, reading: Reading, rssi: int | None
) -> bytes:
    """Write the line of one advert; ``at`` is a Unix time in seconds, ``rssi`` is in dBm."""
    return _line(
        name,
        address,
        at,
        values=plain(reading.values) | _further(reading),
        events=[
            {"source": one.key, "type": one.type, **one.properties}
            for one in reading.events
        ],
        rssi=rssi,
    )


def battery_line(name: str, address: str, at: float, sample: BmsSample) -> bytes:
    """Write the line of one battery reading."""
    return _line(name, address, at, values=plain(sample.values), **_parts(sample))


def plain(values: Mapping[Field, Value]) -> dict[str, Value]:
    """Return values under their names; a number that is none is absent, a wide code is folded to 64 bits."""
    return {
        name.value: fold(value)
        if type(value) is int and name is Field.PROBLEM_CODE
        else value
        for name, value in values.items()
        if not isinstance(value, float) or isfinite(value)
    }


def _further(reading: Reading) -> dict[str, Value]:
    return {
        f"{name}_{number}": value
        for (field, number), value in reading.further.items()
        for name, value in plain({field: value}).items()
    }


def _line(name: str, address: str, at: float, **content: Any) -> bytes:
    head = {"time": stamp(at), "device": name, "address": address}
    return dump(head | _present(content.items())) + b"\n"


def _battery(sample: BmsSample) -> dict[str, Any]:
    values = plain(sample.values)
    total = Field.DESIGN_CAPACITY
    if Field.FULL_CHARGE not in values and total in values:
        values[Field.FULL_CHARGE.value] = values[total]
    named = {
        name: values.pop(field) for field, name in _NAMES.items() if field in values
    }
    return named | _parts(sample) | values


def _parts(sample: BmsSample) -> dict[str, Any]:
    """Return what there is several of; packs look like batteries."""
    return _present(
        {
            "cells": list(sample.cells),
            "temperatures": [
                {"place": one.place, "celsius": one.celsius} for one in sample.probes
            ],
            "alarms": sorted(sample.alarms),
            "packs": [_battery(pack) for pack in sample.packs],
        }.items()
    )


def _present(content: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    return {name: value for name, value in content if value not in (None, [], {})}
