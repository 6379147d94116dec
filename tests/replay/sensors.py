"""Replay one recorded advert of a sensor: a fresh decoder, one feed, a plain dictionary back.

A vector holds ``id``, ``address``, ``service_uuid`` and ``service_data`` (or ``manufacturer_data``)
and ``bindkey``, numbers and bytes in hex.
"""

from collections.abc import Mapping
from typing import Any, Final

from custom_components.mi_bms.proto.mibeacon.decoder import Decoder
from custom_components.mi_bms.proto.mibeacon.devices import DEVICES
from custom_components.mi_bms.proto.model.reading import Outcome, Reading, Reason

# What a fresh decoder rejects is either no frame of ours at all or a frame that is of no use.
_NOT_OURS: Final = frozenset(
    {Reason.SHORT, Reason.LONG, Reason.VERSION, Reason.FOREIGN_MAC}
)
# Why an advert gave nothing, for whoever recorded it.
_OUTCOMES: Final[Mapping[Outcome, str]] = {
    Outcome.NEEDS_KEY: "key: it is encrypted and the vector has none in bindkey",
    Outcome.WRONG_KEY: "key: the one in bindkey does not open it",
    Outcome.NO_PAYLOAD: "no object in it, it only says that the device is there",
    Outcome.IGNORED: "no object in it that is known (proto/mibeacon/objects.py)",
    Outcome.NOT_OURS: "no format that is known",
}
_REASONS: Final[Mapping[Reason, str]] = {
    Reason.SHORT: "length: it ends before what it announces",
    Reason.LONG: "length: longer than any frame of its kind",
    Reason.VERSION: "version: of MiBeacon, it is none that is known",
    Reason.MESH: "mesh: a frame between devices of a mesh",
    Reason.FOREIGN_MAC: "address: the one inside it is not the sender's",
    Reason.NO_MAC: "address: it needs one and has none",
    Reason.CORRUPT: "length: its objects do not fill it",
    Reason.RANGE: "range: a value that no such sensor can measure was left out",
    Reason.RECURRING: "counter: it came round, and the frame was heard before",
    Reason.UNCHECKED: "checksum: its check byte is wrong",
}


def replay(vector: Mapping[str, Any]) -> dict[str, Any]:
    """Decode one vector; a malformed one gives outcome ``error`` and says why in ``error``.

    ``remarks`` say why a frame was refused or gave nothing.
    """
    result: dict[str, Any] = {
        "id": vector.get("id") if isinstance(vector, Mapping) else None,
        "outcome": "error",
        "values": {},
        "events": [],
        "error": None,
        "remarks": [],
    }
    try:
        reading = _feed(vector)
    except (AttributeError, KeyError, TypeError, ValueError) as err:
        result["error"] = f"{type(err).__name__}: {err}"
        return result
    result["outcome"] = _outcome(reading)
    result["values"] = {str(field): value for field, value in reading.values.items()}
    # The second and later ones of a kind, numbered as their entities are.
    for (field, number), value in reading.further.items():
        result["values"][f"{field}_{number}"] = value
    result["events"] = [
        {"key": event.key, "type": event.type, "properties": dict(event.properties)}
        for event in reading.events
    ]
    result["remarks"] = _remarks(reading)
    return result


def model_of(vector: Mapping[str, Any]) -> str | None:
    """Return the model that a vector's advert is taken for; None for one that tells none."""
    reading = _feed(vector)
    if reading.product_id in DEVICES:
        return DEVICES[reading.product_id].model
    return reading.model


def _remarks(reading: Reading) -> list[str]:
    """Say why a reading is not all that was hoped for."""
    said = [_REASONS.get(reading.reason, reading.reason)] if reading.reason else []
    if not (said or reading.values or reading.events):
        said = [_OUTCOMES.get(reading.outcome, reading.outcome)]
    unknown = reading.product_id is not None and reading.product_id not in DEVICES
    if unknown:
        said.append(
            f"product 0x{reading.product_id:04X} has no row in proto/mibeacon/devices.py"
        )
    return [str(one) for one in said]


# Optional by agreement: the seconds that stand behind "no motion".
OPTIONAL: Final = frozenset({"idle_time"})
_FINE: Final = {"weight": 0.005, "weight_raw": 0.005, "voltage": 0.005}


def equal(name: str, expected: Any, found: Any) -> bool:
    """Compare a value with the one that a vector expects, as exactly as the sensor measures."""
    if isinstance(expected, (bool, str)) or isinstance(found, (bool, str)):
        return expected == found and type(expected) is type(found)
    return found is not None and abs(expected - found) <= _FINE.get(name, 0.05)


def judge(vector: Mapping[str, Any]) -> str | None:
    """Return what is wrong with the replay of a vector; None when it agrees."""
    result = replay(vector)
    if result["outcome"] != vector.get("outcome"):
        return f"{result['outcome']}, expected: {vector.get('outcome')}"
    expect, accepted = vector.get("expect", {}), vector.get("also_accept", {})
    values = result["values"]
    wrong = {
        name: (values.get(name), expect.get(name))
        for name in (values.keys() ^ expect.keys()) - OPTIONAL
    } | {
        name: (values[name], expected)
        for name, expected in expect.items()
        if name in values
        and not equal(name, expected, values[name])
        and not (name in accepted and equal(name, accepted[name], values[name]))
    }
    if wrong:
        return f"found, expected: {wrong}"
    wanted = [{"properties": {}, **event} for event in vector.get("events", ())]
    return None if result["events"] == wanted else f"events {result['events']}"


def _feed(vector: Mapping[str, Any]) -> Reading:
    key = vector["bindkey"]
    decoder = Decoder(vector["address"], bytes.fromhex(key) if key else None)
    service_data = {}
    if (uuid := vector["service_uuid"]) is not None:
        full = f"0000{int(uuid, 16):04x}-0000-1000-8000-00805f9b34fb"
        service_data[full] = bytes.fromhex(vector["service_data"])
    manufacturer_data = {
        int(company, 16): bytes.fromhex(data)
        for company, data in (vector.get("manufacturer_data") or {}).items()
    }
    if not service_data and not manufacturer_data:
        raise ValueError("neither service data nor manufacturer data")
    return decoder.feed(service_data, manufacturer_data, 0.0)


def _outcome(reading: Reading) -> str:
    outcome = reading.outcome
    if outcome is Outcome.REJECTED:
        outcome = Outcome.NOT_OURS if reading.reason in _NOT_OURS else Outcome.IGNORED
    if (
        outcome is Outcome.IGNORED
        and reading.product_id is not None
        and reading.product_id not in DEVICES
    ):
        return "unsupported"
    return str(outcome)
