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


def replay(vector: Mapping[str, Any]) -> dict[str, Any]:
    """Decode one vector; a malformed one gives outcome ``error`` and says why in ``error``."""
    result: dict[str, Any] = {
        "id": vector.get("id") if isinstance(vector, Mapping) else None,
        "outcome": "error",
        "values": {},
        "events": [],
        "error": None,
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
    return result


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
