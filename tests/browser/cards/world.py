"""Devices as the integration tells of them, with the states of their entities."""

import math
import time
from typing import Any

type States = dict[str, tuple[object, dict[str, Any]]]
DAY = 86400
NOW = time.time()


def number(
    value: object, unit: str, digits: int = 0, label: str = ""
) -> tuple[object, dict[str, Any]]:
    return value, {"unit_of_measurement": unit, "digits": digits, "label": label}


def words(value: str, label: str, **said: str) -> tuple[object, dict[str, Any]]:
    return value, {"label": label, "words": said}


def volts(count: int, seed: int = 0) -> list[float]:
    """Return cells that differ a little, each in its own way."""
    return [
        round(3.312 + 0.006 * math.sin(index * 2.4 + seed), 3) for index in range(count)
    ]


def battery(
    key: str,
    cells: int = 16,
    packs: int = 1,
    standing: str = "fresh",
    dead: bool = False,
    **more: Any,
) -> tuple[dict[str, Any], States]:
    """Return a battery and its states; of a dead one all entities are unavailable."""
    states: States = {
        f"sensor.{key}_level": number(76, "%", label="Battery"),
        f"sensor.{key}_power": number(-1234, "W", label="Power"),
        f"sensor.{key}_current": number(-23.2, "A", 1, label="Current"),
        f"sensor.{key}_voltage": number(53.12, "V", 2, label="Voltage"),
        f"sensor.{key}_difference": number(
            0.012, "V", 3, label="Cell voltage difference"
        ),
        f"sensor.{key}_charge_left": number(213, "Ah", 1, label="Charge left"),
        f"sensor.{key}_time_to_empty": number(9.2 * 3600, "s", label="Time to empty"),
        f"sensor.{key}_cycles": number(123, "", label="Cycles"),
        f"sensor.{key}_alarm": words(
            "none", "Alarm", cell_overvoltage="Cell over-voltage"
        ),
        f"binary_sensor.{key}_charge_fet": words("on", "Charge switch"),
        f"binary_sensor.{key}_discharge_fet": words("on", "Discharge switch"),
        f"binary_sensor.{key}_balancing": words("on", "Balancing"),
        f"button.{key}_refresh": words("unknown", "Refresh now"),
        f"button.{key}_release": words("unknown", "Release for the app"),
    }
    roles = {entity.split(f"{key}_")[1]: entity for entity in states}
    rows: list[dict[str, Any]] = []
    for pack in range(packs):
        own = [f"sensor.{key}_{pack}_cell_{index}" for index in range(cells)]
        states |= {
            entity: number(value, "V", 3, label="Cell")
            for entity, value in zip(own, volts(cells, pack), strict=True)
        }
        probes = [f"sensor.{key}_{pack}_probe_{index}" for index in range(2)]
        states |= {
            entity: number(21.4 + index * 1.7, "°C", 1, label="Temperature")
            for index, entity in enumerate(probes)
        }
        rows.append(
            {
                "device": None,
                "name": None,
                "cells": own,
                "probes": probes,
            }
        )
    if dead:
        states = {
            entity: ("unavailable", attributes)
            for entity, (_, attributes) in states.items()
        }
    device = {
        "id": key,
        "kind": "battery",
        "face": "battery",
        "name": "House battery",
        "area": "cellar",
        "model": "JK-BMS",
        "chemistry": "lfp",
        "limits": {"low": 2.5, "high": 3.65},
        "capacity": 280,
        "packs": rows,
        "roles": roles,
        "read_at": NOW - 12,
        "stale_after": 300,
        "standing": standing,
        "cause": None,
        "remedy": None,
        "act": None,
        "until": None,
        "balancing": [[8] if cells > 7 else [] for _ in range(packs)],
    }
    return device | more, states


STANDINGS: dict[str, dict[str, Any]] = {
    "fresh": {},
    "old": {
        "cause": "It was not read for 12 minutes.",
        "remedy": "Wait, or read it now.",
        "act": {"kind": "press", "entity_id": "button.a_refresh"},
    },
    "asleep": {
        "cause": "The battery sleeps while nothing flows.",
        "remedy": "Switch on a load.",
    },
    "held": {
        "cause": "Another app is connected to the battery.",
        "remedy": "Close the app.",
        "act": {"kind": "press", "entity_id": "button.a_refresh"},
    },
    "paused": {
        "cause": "It was left to the app.",
        "act": {"kind": "press", "entity_id": "button.a_refresh"},
    },
    "unreachable": {
        "cause": "No receiver hears the battery.",
        "remedy": "Put a receiver closer to it.",
        "dead": True,
    },
    "no_key": {
        "cause": "The key is missing.",
        "act": {"kind": "configure", "entry": "01J"},
        "dead": True,
    },
    "starting": {"read_at": None, "dead": True},
}


def standing(how: str, key: str = "a", **more: Any) -> tuple[dict[str, Any], States]:
    """Return a battery that stands so."""
    until = {"until": NOW + 272} if how == "paused" else {}
    return battery(key, standing=how, **{**STANDINGS[how], **until, **more})


def day(value: Any, gap: bool = False, step: int = 300) -> list[dict[str, Any]]:
    """Return a day of states, as the history has them; with a gap of three hours."""
    points: list[dict[str, Any]] = []
    for index in range(DAY // step):
        at = NOW - DAY + index * step
        hour = index * step / 3600
        if gap and 9 <= hour < 12:
            if not points or points[-1]["s"] != "unavailable":
                points.append({"s": "unavailable", "lu": at})
            continue
        points.append({"s": str(value(hour)), "lu": at})
    return points


def level(hour: float) -> float:
    return round(62 + 26 * math.sin((hour - 7) / 24 * 2 * math.pi), 1)


def power(hour: float) -> int:
    sun = max(0.0, math.sin((hour - 6) / 12 * math.pi)) if 6 < hour < 18 else 0
    return round(2600 * sun - 450 - 250 * math.sin(hour * 2.1))
