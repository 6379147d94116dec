"""What was found on a device over a connection, as plain records for scripts: bytes are hex digits."""

from collections.abc import Sequence
from typing import Any

from .explore import Characteristic, Descriptor, Service
from .operations import Do, Operation

type Record = dict[str, Any]


def answer(one: Operation, brought: Sequence[bytes]) -> Record:
    """Return what an operation brought."""
    said: Record = {"do": str(one.do), "characteristic": one.characteristic}
    if one.do is Do.READ:
        said |= _value(brought[0])
    if one.do is Do.NOTIFY:
        said["messages"] = [_value(data) for data in brought]
    return said


def service(one: Service) -> Record:
    """Return a service with all that it has."""
    return {
        "uuid": one.uuid,
        "handle": one.handle,
        "name": one.name,
        "characteristics": [_characteristic(each) for each in one.characteristics],
    }


def _characteristic(one: Characteristic) -> Record:
    return {
        "uuid": one.uuid,
        "handle": one.handle,
        "name": one.name,
        "properties": list(one.properties),
        "value": None if one.value is None else _value(one.value),
        "refused": one.refused,
        "descriptors": [_descriptor(each) for each in one.descriptors],
    }


def _descriptor(one: Descriptor) -> Record:
    return {
        "uuid": one.uuid,
        "handle": one.handle,
        "value": None if one.value is None else _value(one.value),
    }


def _value(data: bytes) -> Record:
    """Return bytes as digits, and as text where they are one."""
    text = data.rstrip(b"\0")
    readable = text.isascii() and text.decode("ascii", "replace").isprintable()
    return {"data": data.hex(), "text": text.decode() if text and readable else None}
