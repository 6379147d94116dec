"""An advert as a plain record for scripts and automations: bytes are hex digits."""

from typing import Any

from ..model.names import clean_name
from .adverts import AirAdvert, address_type
from .structures import Structure


def record(advert: AirAdvert, details: object) -> dict[str, Any]:
    """Return everything that an advert says; ``details`` are what the scanner tells of the device."""
    payload = advert.payload
    kind = address_type(advert.address, details)
    return {
        "address": advert.address,
        "address_type": kind.type,
        "address_kind": kind.kind,
        "name": clean_name(advert.name or "") or None,
        "rssi": advert.rssi,
        "tx_power": advert.tx_power,
        "services": sorted(advert.services),
        "service_data": {
            uuid: data.hex() for uuid, data in advert.service_data.items()
        },
        "manufacturer_data": {
            f"{company:04x}": data.hex()
            for company, data in advert.manufacturer_data.items()
        },
        "raw": advert.raw.hex() if advert.raw is not None else None,
        "structures": [_structure(one) for one in payload.structures],
        "unread": payload.rest.hex() or None,
        "rebuilt": advert.raw is None,
    }


def _structure(one: Structure) -> dict[str, Any]:
    return {
        "type": f"{one.type:02x}",
        "name": one.name,
        "data": one.data.hex(),
        "value": one.value,
    }
