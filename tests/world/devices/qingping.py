"""Qingping's own adverts (service data FDCD): control, type, MAC reversed, then TLVs. Never encrypted.

Source: published captures of each product. The CGG1 sends this and MiBeacon in turn.
"""

from collections.abc import Mapping
from typing import Any, Final

from . import xiaomi
from .beacon import Beacon, Form, Header, mac_of, make_messages
from .signals import Quantities

SERVICE: Final = 0xFDCD
DATA: Final = 0x08

type Table = dict[str, object]

CLIMATE: Final[Table] = {
    "id": 0x01,
    "frame": "all",
    "parts": [
        {
            "kind": "s16",
            "scale": 0.1,
            "field": "temperature",
            "start": 22.3,
            "drift": 0.2,
            "low": -20,
            "high": 50,
        },
        {
            "kind": "u16",
            "scale": 0.1,
            "field": "humidity",
            "start": 44.0,
            "drift": 0.8,
            "low": 5,
            "high": 95,
        },
    ],
}
BATTERY: Final[Table] = {
    "id": 0x02,
    "frame": "all",
    "kind": "u8",
    "field": "battery",
    "start": 79,
    "slope": -0.05,
}

# model → (type byte, advertised name)
TYPES: Final[Mapping[str, tuple[int, str]]] = {
    "CGG1": (0x07, "ClearGrass Temp & RH"),
    "CGD1": (0x0C, "Qingping Alarm Clock"),
    "CGDK2": (0x10, "Qingping Temp RH Lite"),
}


def tlv_header(number: int) -> Header:
    """Return the header of a TLV: type and length."""
    return lambda length: bytes((number, length))


def form_of(address: str, type_byte: int, control: int = DATA) -> Form:
    """Return what puts TLVs behind control byte, type and MAC."""
    head = bytes((control, type_byte)) + mac_of(address)[::-1]
    return lambda body: [(SERVICE, head + body)]


def qingping(
    *,
    address: str,
    name: str | None = None,
    type_byte: int,
    control: int = DATA,
    objects: object = (CLIMATE, BATTERY),
    seed: int = 1,
    interval: float = 1.0,
    repeats: int = 1,
    start: Mapping[str, float] | None = None,
) -> Beacon:
    """Make any device of this format; ``objects`` are tables as for MiBeacon, with TLV types as ids."""
    if not 0 <= type_byte <= 0xFF or not 0 <= control <= 0xFF:
        raise ValueError(f"{address}: type_byte and control must be within 0 … 255")
    quantities = Quantities(f"{seed} {address}")
    form = form_of(address, type_byte, control)
    messages = make_messages(
        objects, tlv_header, 0xFF, form=form, quantities=quantities, where=address
    )
    return Beacon(
        messages,
        quantities,
        address=address,
        name=name,
        interval=interval,
        repeats=repeats,
        start=start,
    )


def cgd1(*, address: str, name: str | None = None, **params: Any) -> Beacon:
    """Make the alarm clock, which sends this format only."""
    type_byte, own = TYPES["CGD1"]
    return qingping(
        address=address,
        name=own if name is None else name,
        type_byte=type_byte,
        **params,
    )


def cgg1(**params: Any) -> Beacon:
    """Make the older thermometer, which sends MiBeacon and this format in turn, with the same values."""
    device = xiaomi.model("CGG1")(**params)
    form = form_of(device.address, TYPES["CGG1"][0])
    where = device.address
    for message in make_messages(
        (CLIMATE, BATTERY),
        tlv_header,
        0xFF,
        form=form,
        quantities=device.quantities,
        where=where,
    ):
        device.add(message)
    return device
