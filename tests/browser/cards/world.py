"""Devices as the integration tells of them, with the states of their entities."""

from datetime import UTC, datetime
import math
import time
from typing import Any

type States = dict[str, tuple[object, dict[str, Any]]]
DAY = 86400
REFRESH = {
    "word": "refresh",
    "action": {
        "action": "perform-action",
        "perform_action": "button.press",
        "target": {"entity_id": "button.a_refresh"},
    },
}
CONFIGURE = {
    "word": "configure",
    "action": {
        "action": "navigate",
        "navigation_path": "/config/integrations/integration/mi_bms#config_entry=01J",
    },
}
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


def switchable(key: str, minutes: float | None = None) -> States:
    """Return what a battery may be told, with commands allowed for some minutes."""

    def at(seconds: float) -> str:
        return datetime.fromtimestamp(NOW + seconds, UTC).isoformat()

    def switch(label: str, state: str = "on", **more: Any) -> tuple[object, Any]:
        return state, {"label": label, "returns_at": None, "held_by": [], **more}

    until = minutes and at(60 * minutes)
    held = {"held_by": ["cell_overvoltage"], "said": {"held_by": "Cell over-voltage"}}
    return {
        f"switch.{key}_allow_commands": (
            "on" if minutes else "off",
            {"label": "Allow commands", "until": until},
        ),
        f"switch.{key}_charge_switch": switch("Charging allowed", **held),
        f"switch.{key}_discharge_switch": switch("Discharging allowed"),
        f"switch.{key}_balancer_switch": switch(
            "Balancer allowed", "off", returns_at=at(3600)
        ),
    }


def commanded(
    key: str = "a", minutes: float | None = None
) -> tuple[dict[str, Any], States]:
    """Return a battery whose options allow switching, and its states."""
    device, states = battery(key)
    own = switchable(key, minutes)
    roles = {entity.split(f"{key}_", 1)[1]: entity for entity in own}
    return device | {"roles": device["roles"] | roles}, states | own


STANDINGS: dict[str, dict[str, Any]] = {
    "fresh": {},
    "old": {
        "cause": "It was not read for 12 minutes.",
        "remedy": "Wait, or read it now.",
        "act": REFRESH,
    },
    "asleep": {
        "cause": "The battery sleeps while nothing flows.",
        "remedy": "Switch on a load.",
    },
    "held": {
        "cause": "Another app is connected to the battery.",
        "remedy": "Close the app.",
        "act": REFRESH,
    },
    "paused": {
        "cause": "It was left to the app.",
        "act": REFRESH,
    },
    "unreachable": {
        "cause": "No receiver hears the battery.",
        "remedy": "Put a receiver closer to it.",
        "dead": True,
    },
    "no_key": {
        "cause": "The key is missing.",
        "act": CONFIGURE,
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


def device(
    key: str, kind: str, face: str, roles: dict[str, str], **more: Any
) -> dict[str, Any]:
    """Return what the integration tells of a device that is no single battery."""
    return {
        "id": key,
        "kind": kind,
        "face": face,
        "name": key.replace("_", " ").capitalize(),
        "area": None,
        "model": None,
        "chemistry": None,
        "limits": None,
        "capacity": None,
        "packs": [],
        "roles": roles,
        "read_at": NOW - 30,
        "stale_after": 600,
        "standing": "fresh",
        "cause": None,
        "remedy": None,
        "act": None,
        "until": None,
        "members": [],
        "left_out": [],
        "wiring": None,
    } | more


def sensor(key: str, face: str, **values: Any) -> tuple[dict[str, Any], States]:
    """Return a sensor; a bare word is the state of something that is on or off, or happened."""
    states: States = {}
    roles: dict[str, str] = {}
    for role, value in values.items():
        domain = (
            "sensor"
            if isinstance(value[1], dict) and "unit_of_measurement" in value[1]
            else "binary_sensor"
        )
        entity = f"{'event' if role.startswith('event_') else domain}.{key}_{role}"
        roles[role] = entity
        states[entity] = value
    return device(key, "sensor", face, roles), states


STAMP = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(NOW - 300))
SENSORS = [
    sensor(
        "living_room",
        "climate",
        temperature=number(21.4, "°C", 1, "Temperature"),
        humidity=number(48, "%", 0, "Humidity"),
        dew_point=number(9.9, "°C", 1, "Dew point"),
        battery=number(88, "%", 0, "Battery"),
    ),
    sensor(
        "front_door",
        "contact",
        opening=words("on", "Opening", on="Open", off="Closed"),
        battery=number(71, "%", 0, "Battery"),
    ),
    sensor(
        "cellar_leak",
        "leak",
        moisture_detected=words("off", "Moisture", on="Wet", off="Dry"),
    ),
    sensor(
        "hall",
        "motion",
        motion=words("on", "Motion", on="Detected", off="Clear"),
        illuminance=number(120, "lx", 0, "Illuminance"),
    ),
    sensor(
        "ficus",
        "plant",
        moisture=number(18, "%", 0, "Moisture"),
        conductivity=number(420, "µS/cm", 0, "Conductivity"),
        illuminance=number(2300, "lx", 0, "Illuminance"),
        temperature=number(22.1, "°C", 1, "Temperature"),
    ),
    sensor(
        "bedside_remote",
        "remote",
        event_button=(
            STAMP,
            {
                "label": "Button",
                "event_type": "long_press",
                "words": {"long_press": "Long press"},
            },
        ),
    ),
    sensor(
        "bathroom_scale",
        "scale",
        weight=number(72.4, "kg", 1, "Weight"),
        impedance=number(480, "Ω", 0, "Impedance"),
    ),
    sensor("flat_lock", "lock", lock=words("off", "Lock", on="Unlocked", off="Locked")),
    sensor(
        "study_air",
        "air",
        pm25=number(7, "µg/m³", 0, "PM2.5"),
        co2=number(820, "ppm", 0, "Carbon dioxide"),
    ),
    sensor(
        "kitchen_smoke",
        "smoke",
        smoke=words("off", "Smoke", on="Detected", off="Clear"),
    ),
    sensor("something", "other", speed=number(3, "m/s", 1, "Speed")),
]
SENSORS[4][0]["limits_of"] = {"moisture": {"low": 20, "high": 60}}


def bank(key: str = "bank") -> list[tuple[dict[str, Any], States]]:
    """Return three batteries and what they are together."""
    members = [
        battery(f"{key}_{name}", name=f"Battery {name.upper()}", **more)
        for name, more in (
            ("a", {}),
            ("b", {}),
            ("c", {"standing": "unreachable", "dead": True}),
        )
    ]
    members[1][1][f"sensor.{key}_b_level"] = number(58, "%")
    members[1][1][f"sensor.{key}_b_current"] = number(-9.1, "A", 1)
    whole, states = battery(
        key,
        packs=0,
        name="House bank",
        kind="bank",
        face="bank",
        wiring="parallel",
        members=[one["id"] for one, _ in members],
        left_out=[{"device": f"{key}_c", "why": "It was last read too long ago."}],
    )
    extra = {
        f"sensor.{key}_circulating_current": number(0.4, "A", 1, "Circulating current"),
        f"sensor.{key}_level_spread": number(18, "%", 0, "Level spread"),
    }
    whole["roles"] |= {entity.split(f"{key}_")[1]: entity for entity in extra}
    return [(whole, states | extra), *members]


RECEPTION = {
    "receivers": [
        {"id": "r1", "name": "Proxy cellar"},
        {"id": "r2", "name": "Proxy attic"},
    ],
    "sensors": {
        "living_room": {
            "hours": [60 + index % 7 for index in range(24)],
            "expected": 66,
            "share": 0.98,
            "rssi": {"r1": -71, "r2": -58},
            "best": "r2",
            "why": None,
        },
        "ficus": {
            "hours": [0] * 5 + [7] * 19,
            "expected": 60,
            "share": 0.12,
            "rssi": {"r1": -96},
            "best": "r1",
            "why": "It is heard at the edge of what a receiver hears.",
        },
        "front_door": {
            "hours": [3] * 24,
            "expected": None,
            "share": None,
            "rssi": {},
            "best": None,
            "why": None,
        },
    },
    "advice": "A receiver near Ficus would help most.",
}
