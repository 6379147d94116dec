"""Compare what Home Assistant shows with what the devices held. No I/O."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
import re
from typing import Any, Final

from custom_components.mi_bms.proto.model.fields import Field
from custom_components.mi_bms.proto.model.rows import DEAD_BANDS

type Json = dict[str, Any]
type Run = tuple[float, float, Mapping[str, Any]]

# A sensor pushes: what is shown must have been true within the last seconds (adverts travel in
# batches, and some get lost). A battery is polled: what is shown must have been true around its
# last report (a poll takes some seconds and reads its parts one after the other), and the last
# report is never older than two polls.
SENSOR_LAG: Final = 8.0
POLL_TIME: Final = 15.0
POLL_AGE: Final = 75.0

# A turn is told when it has lasted: what the current is at the moment says nothing of it.
STEADIED: Final = frozenset({Field.BATTERY_STATE, Field.BATTERY_CHARGING})

# Times that a battery says remain are shown to a minute below an hour, to a tenth of one below ten, else
# to an hour, and stay until they differ by a fiftieth: the README says so.
REMAINING: Final = frozenset({"runtime", "time_to_full"})
STEPS: Final = ((3600, 60), (36_000, 360))
LONG_STEP: Final = 3600
DEAD_BAND: Final = 0.02

# Home Assistant's standard words for what a button, a dimmer or a doorbell did.
STANDARD_WORDS: Final[Mapping[str, str]] = {
    "press": "press_end",
    "double_press": "multi_press_end",
    "triple_press": "multi_press_end",
    "long_press": "long_press_end",
    "long_double_press": "long_press_end",
    "long_triple_press": "long_press_end",
    "hold_press": "long_press_start",
    "hold_release": "long_press_end",
    "rings": "ring",
}

# State units that differ from the fields' own units: factor to the field's unit.
FACTORS: Final[Mapping[str, float]] = {
    "min": 60.0,
    "h": 3600.0,
    "d": 86400.0,
    "hPa": 100.0,
    "kPa": 1000.0,
    "mbar": 100.0,
    "kWh": 1000.0,
    "kW": 1000.0,
    "mV": 0.001,
    "mA": 0.001,
}
# Fields whose own unit is among those above: nothing to convert.
NATIVE: Final[Mapping[str, str]] = {
    "duration_detected": "min",
    "duration_cleared": "min",
    "energy": "kWh",
    "energy_2": "kWh",
}


# What the house makes of many readings, knows by itself or asks for once: the world does not tell it.
HOUSE_MADE: Final = frozenset(
    {
        Field.RUNTIME,
        Field.TIME_TO_FULL,
        Field.PROBLEM_CODE,
        Field.RSSI,
        Field.LAST_SEEN,
        Field.LAST_READ,
        Field.ALARM,
        Field.PRODUCTION_DATE,
        Field.CLOCK_DRIFT,
    }
)
TOLD: Final = frozenset(map(str, frozenset(Field) - HOUSE_MADE))
# Played recordings come from readers that do not look at everything.
PARTLY_KNOWN: Final = "RECORDED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Hold one line of the result; ``problem`` None means right."""

    address: str
    device: str
    key: str
    entity: str | None = None
    state: str | None = None
    unit: str = ""
    age: float | None = None
    problem: str | None = None


def unique_id(address: str, key: str) -> str:
    """Return the unique id of the entity that shows a key of ``truth``."""
    if not key.startswith("event:"):
        return f"{address}-{key}"
    # Some makers print capital letters on their buttons; translation keys know none.
    return f"{address}-event_{key[6:].lower()}"


def judge(
    truth: Mapping[str, Json],
    entities: Iterable[Json],
    states: Iterable[Json],
    now: float,
) -> list[Row]:
    """Compare all devices of a world with the entity registry and the states of one moment.

    ``truth`` is the world's answer with history; ``now`` and all times are seconds since the epoch.
    Keys whose entity is disabled are left out. A value that the world cannot confirm is a problem.
    """
    registry = {one["unique_id"]: one for one in entities}
    shown = {one["entity_id"]: one for one in states}
    rows: list[Row] = []
    for address, device in truth.items():
        if device.get("foreign"):
            continue
        title = f"{device['kind']} {device.get('name') or ''}".strip()
        told = {key for key, value in device["truth"].items() if value is not None}
        keys = [key for key in device["truth"] if key in told - STEADIED]
        found = {key: registry.get(unique_id(address, key)) for key in keys}
        mine = [shown.get(one["entity_id"]) for one in found.values() if one]
        # A report that changes nothing leaves no trace in a state: take the device's newest one.
        newest = max((reported(state) for state in mine if state), default=0.0)
        for key, entity in found.items():
            if entity is None:
                row: Json = {"problem": "no such entity"}
            elif entity.get("disabled_by"):
                continue
            else:
                state = shown.get(entity["entity_id"])
                row = {"entity": entity["entity_id"]}
                row |= _row(device, key, state, newest, now)
            rows.append(Row(address=address, device=title, key=key, **row))
        if device["kind"] != PARTLY_KNOWN:
            rows += _unconfirmed(address, title, told, registry, shown)
    return rows


def _unconfirmed(
    address: str,
    title: str,
    told: set[str],
    registry: Mapping[str, Json],
    shown: Mapping[str, Json],
) -> list[Row]:
    """Find the entities that show a value of a device which the device did not hold."""
    rows = []
    for unique, entity in registry.items():
        key = unique.removeprefix(f"{address}-")
        if key == unique or key in told or entity.get("disabled_by"):
            continue
        name = re.sub(r"^pack_\d+_|_\d+$", "", key)
        if f"event:{name}" in told:
            # A state that the house makes of an event, and ends by itself.
            continue
        state = shown.get(entity["entity_id"], {}).get("state", "unknown")
        if name in TOLD and state not in {"unknown", "unavailable"}:
            rows.append(
                Row(
                    address=address,
                    device=title,
                    key=key,
                    entity=entity["entity_id"],
                    state=state,
                    problem="the device holds no such value",
                )
            )
    return rows


def reported(state: Json) -> float:
    """Return when a state was last reported, as far as Home Assistant tells."""
    return stamp(state.get("last_reported") or state["last_updated"])


def _row(device: Json, key: str, state: Json | None, newest: float, now: float) -> Json:
    if state is None:
        return {"problem": "no state"}
    attributes = state["attributes"]
    battery = device["category"] == "battery"
    row: Json = {
        "state": state["state"],
        "unit": attributes.get("unit_of_measurement") or "",
        "age": max(0.0, now - (newest if battery else reported(state))),
    }
    event = key.startswith("event:")
    if event and state["state"] not in {"unknown", "unavailable"}:
        row["state"] = str(attributes.get("event_type"))
    if row["state"] in {"unknown", "unavailable", "None"}:
        return row | {"problem": f"is {row['state']}"}
    if key == "timestamp":
        row["state"] = f"{stamp(row['state']):.0f}"
    start, end = _polled(newest, now) if battery else (now - SENSOR_LAG, now)
    held = [
        run[2][key]
        for run in device["history"]
        if run[1] >= start and run[0] <= end and run[2].get(key) is not None
    ]
    if key.startswith(("event:button", "event:dimmer", "event:doorbell")):
        held = [STANDARD_WORDS.get(word, word) for word in held]
    if not held:
        return row | {"problem": "the device held no value then"}
    step = (dead_band(key) if battery else small(key, held)) + (
        coarse(held) if key in REMAINING else 0.0
    )
    factor = convert_to(key, row["unit"])
    if not fits(row["state"], factor, held, span=battery, step=step):
        row["problem"] = f"the device held {summary(held)}"
    return row


def _polled(newest: float, now: float) -> tuple[float, float]:
    """Return the time in which the newest poll of a battery must have taken place."""
    if now - newest > POLL_AGE:
        return now - POLL_AGE - POLL_TIME, now
    return newest - POLL_TIME, newest + 1


def stamp(text: str) -> float:
    """Return an ISO time as seconds since the epoch."""
    return datetime.fromisoformat(text).timestamp()


def convert_to(key: str, unit: str) -> float:
    """Return the factor from a state's unit to the field's own."""
    return 1.0 if NATIVE.get(key) == unit else FACTORS.get(unit, 1.0)


def dead_band(key: str) -> float:
    """Return how far a value of a battery may be from what is held: smaller changes are not shown."""
    name = key.rstrip("0123456789").rstrip("_")
    return DEAD_BANDS.get(Field(name), 0.0) if name in set(Field) else 0.0


def small(key: str, held: list[Any]) -> float:
    """Return how far a value of a sensor may be from what is held: a small move waits a minute."""
    if key not in set(Field) or not all(isinstance(one, int | float) for one in held):
        return 0.0
    return Field(key).quantity.small(max(map(abs, held)))


def coarse(held: list[Any]) -> float:
    """Return how far (s) a remaining time may be from what is held: half a step, and the dead-band."""
    longest = max(held)
    step = next((step for least, step in STEPS if longest < least), LONG_STEP)
    return step / 2 + DEAD_BAND * longest


def fits(
    state: str, factor: float, held: list[Any], *, span: bool, step: float = 0.0
) -> bool:
    """Tell whether a state shows one of the held values, or with ``span`` one between them.

    ``step``: it is shown in steps, and may be so far from what is held, in the field's own unit.
    """
    if all(isinstance(value, bool) for value in held):
        return state in {"on" if value else "off" for value in held}
    numbers = [
        value
        for value in held
        if isinstance(value, int | float) and not isinstance(value, bool)
    ]
    if len(numbers) != len(held):
        return state in {str(value) for value in held}
    try:
        value = float(state) * factor
    except ValueError:
        return False
    # One unit of the last digit that the device itself knows, or of what a converted state shows.
    places = max(decimals(str(one)) for one in numbers)
    unit = 10.0**-places
    if factor != 1.0:
        unit = max(unit, factor * 10.0 ** -decimals(state))
    slack = step + unit * 1.001
    if span:
        return min(numbers) - slack <= value <= max(numbers) + slack
    return any(abs(value - one) <= slack for one in numbers)


def decimals(text: str) -> int:
    """Count the digits behind the point."""
    return len(text.partition(".")[2]) if "e" not in text.lower() else 6


def summary(held: list[Any]) -> str:
    """Return which values were held, shortly."""
    seen = list(dict.fromkeys(str(value) for value in held))
    return " / ".join(seen) if len(seen) <= 3 else f"{seen[0]} … {seen[-1]}"


def table(rows: list[Row]) -> list[str]:
    """Lay rows out as lines of text."""
    head = ("device", "entity", "state", "unit", "age", "")
    cells = [
        (
            f"{row.device} ({row.address})",
            row.entity or row.key,
            row.state or "-",
            row.unit,
            "-" if row.age is None else f"{row.age:.1f} s",
            "" if row.problem is None else f"WRONG: {row.problem}",
        )
        for row in rows
    ]
    widths = [max(len(line[at]) for line in [head, *cells]) for at in range(len(head))]
    return [
        "  ".join(
            f"{cell:<{width}}" for cell, width in zip(line, widths, strict=True)
        ).rstrip()
        for line in [head, *cells]
    ]
