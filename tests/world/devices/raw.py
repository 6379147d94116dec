"""Any device that puts one plain layout into service data: plant sensor HHCCJCY10, scales, captures.

``parts`` are those of ``signals``; a script of captured bytes replays a recording.
"""

from collections.abc import Mapping
from typing import Any, Final

from .beacon import Beacon, make_block, make_message, no_header
from .signals import Quantities

PLANT: Final[Mapping[str, Any]] = {
    "service": 0xFD50,
    "parts": [
        {
            "kind": "u8",
            "field": "moisture",
            "start": 31,
            "drift": 0.3,
            "low": 0,
            "high": 100,
        },
        {
            "kind": "s16",
            "big": True,
            "scale": 0.1,
            "field": "temperature",
            "start": 18.4,
            "drift": 0.2,
        },
        {
            "kind": "u24",
            "big": True,
            "field": "illuminance",
            "start": 640,
            "drift": 20,
            "low": 0,
        },
        {"kind": "u8", "field": "battery", "start": 66},
        {
            "kind": "u16",
            "big": True,
            "field": "conductivity",
            "start": 130,
            "drift": 3,
            "low": 0,
        },
    ],
}


def raw(
    *,
    address: str,
    name: str | None = None,
    service: int,
    parts: object,
    seed: int = 1,
    interval: float = 1.0,
    repeats: int = 1,
    start: Mapping[str, float] | None = None,
) -> Beacon:
    """Make a device whose adverts carry ``parts`` under the 16-bit UUID ``service``."""
    if not isinstance(service, int) or not 0 <= service <= 0xFFFF:
        raise ValueError(f"{address}: service = {service!r} is not a 16-bit UUID")
    quantities = Quantities(f"{seed} {address}")
    block = make_block({"parts": parts}, no_header, quantities, address)
    message = make_message([block], lambda body: [(service, body)], {}, address)
    return Beacon(
        [message],
        quantities,
        address=address,
        name=name,
        interval=interval,
        repeats=repeats,
        start=start,
    )


def hhccjcy10(*, address: str, name: str | None = None, **params: Any) -> Beacon:
    """Make the plant sensor with a format of its own."""
    return raw(address=address, name=name, **(dict(PLANT) | params))
