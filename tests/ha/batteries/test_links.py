"""Modules that have one UUID several times: the characteristic that can do what is wanted is used."""

from collections.abc import Callable
from typing import Any

from bleak.assigned_numbers import gatt_char_props_to_strs
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.backends.service import BleakGATTService, BleakGATTServiceCollection
import pytest

from custom_components.mi_bms.bluetooth.connection import BleakLink
from custom_components.mi_bms.proto.bms.uuids import expand
from custom_components.mi_bms.proto.model.errors import Unsupported

READ, SILENT, WRITE, NOTIFY = 2, 4, 8, 16


class Client:
    """Be an open client that notes by which characteristic it was used."""

    def __init__(self, *rows: tuple[str, str, int]) -> None:
        """Take service, characteristic and property bits; handles count from 1."""
        self.used: list[int] = []
        self.services = BleakGATTServiceCollection()
        parents: dict[str, BleakGATTService] = {}
        for handle, (service, uuid, bits) in enumerate(rows, 1):
            if service not in parents:
                parents[service] = BleakGATTService(None, 100 + handle, expand(service))
                self.services.add_service(parents[service])
            self.services.add_characteristic(
                BleakGATTCharacteristic(
                    None,
                    handle,
                    expand(uuid),
                    gatt_char_props_to_strs(bits),
                    lambda handle=handle: 20 * handle,
                    parents[service],
                )
            )

    async def start_notify(
        self, one: BleakGATTCharacteristic, _call: Callable[..., None]
    ) -> None:
        self.used.append(one.handle)

    async def read_gatt_char(self, one: BleakGATTCharacteristic) -> bytearray:
        self.used.append(one.handle)
        return bytearray(b"x")

    async def write_gatt_char(
        self, one: BleakGATTCharacteristic, _data: bytes, response: bool
    ) -> None:
        self.used.append(one.handle)


async def use(client: Any, uuid: str) -> list[int]:
    """Listen, read, write with and without response."""
    link, name = BleakLink(client), expand(uuid)
    await link.subscribe(name, lambda _data: None)
    assert await link.read(name) == b"x"
    await link.write(name, b"", response=True)
    await link.write(name, b"", response=False)
    return client.used


@pytest.mark.parametrize(
    ("bits", "used"),
    [
        ((SILENT, READ | NOTIFY), [2, 2, 1, 1]),
        ((READ | NOTIFY, SILENT | WRITE), [1, 1, 2, 2]),
        ((WRITE | NOTIFY, SILENT | READ), [1, 2, 1, 2]),
        # All can do all: the first one.
        ((30, 30), [1, 1, 1, 1]),
    ],
)
async def test_the_property_decides(bits: tuple[int, int], used: list[int]) -> None:
    client = Client(*(("ffe0", "ffe1", one) for one in bits))
    assert await use(client, "ffe1") == used


async def test_a_service_can_be_named() -> None:
    client = Client(("ffc0", "fff1", 30), ("fff0", "fff1", 30), ("fff0", "fff2", 30))
    assert await use(client, "fff0/fff1") == [2, 2, 2, 2]
    link = BleakLink(client)  # type: ignore[arg-type]
    assert link.max_write(expand("fff0/fff1")) == 40
    assert link.max_write(expand("fff1")) == 20
    assert expand("ffc0/fff1") in link.characteristics
    assert expand("ffc0/fff2") not in link.characteristics


async def test_properties_are_those_of_all_of_a_name() -> None:
    client = Client(("ffe0", "ffe1", SILENT), ("ffe0", "ffe1", NOTIFY))
    link = BleakLink(client)  # type: ignore[arg-type]
    assert set(link.properties(expand("ffe1"))) == {"write-without-response", "notify"}


async def test_what_is_missing_is_not_supported() -> None:
    link = BleakLink(Client(("ffe0", "ffe1", 30)))  # type: ignore[arg-type]
    with pytest.raises(Unsupported):
        link.properties(expand("ffe2"))
    with pytest.raises(Unsupported):
        await link.write(expand("ffe2"), b"", response=True)
