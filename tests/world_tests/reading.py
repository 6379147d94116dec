"""Read a virtual battery with the real session, through the real link, in virtual time."""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from random import Random

from custom_components.mi_bms.proto.bms import registry
from custom_components.mi_bms.proto.bms.matching import (
    BatteryAdvert,
    Candidate,
    recognise,
)
from custom_components.mi_bms.proto.gatt.link import Notified
from custom_components.mi_bms.proto.gatt.session import Device, Session
from custom_components.mi_bms.proto.model.sample import BmsSample
from tests.replay.batteries import run, values_of
from tests.world import ad
from tests.world.devices.recorded import truth_of
from tests.world.faults import Faults
from tests.world.link import CCCD, Link, full_uuid
from tests.world.peripheral import Characteristic, Peripheral

DAY_ZERO = 1_700_000_000.0  # unix time that devices are told


class Client:
    """Be the client's end of a connection; of a repeated UUID the one that can do it is taken."""

    def __init__(self, peripheral: Peripheral) -> None:
        self._listeners: dict[int, Notified] = {}
        self.link = Link(
            peripheral, Faults(), Random(1), notified=self._notified, lost=print
        )
        self._known: dict[str, list[Characteristic]] = {}
        for service in peripheral.services:
            for one in service.characteristics:
                self._known.setdefault(full_uuid(one.uuid), []).append(one)

    def _notified(self, handle: int, data: bytes) -> None:
        self._listeners[handle](data)

    def _pick(self, uuid: str, *wanted: str) -> Characteristic:
        several = self._known[uuid]
        able = [one for one in several if one.properties & set(wanted)]
        return (able or several)[0]

    @property
    def characteristics(self) -> Collection[str]:
        return self._known

    def properties(self, uuid: str) -> Collection[str]:
        return {name for one in self._known[uuid] for name in one.properties}

    def max_write(self, uuid: str) -> int:
        return self.link.mtu - 3

    async def subscribe(self, uuid: str, notified: Notified) -> None:
        one = self._pick(uuid, "notify", "indicate")
        self._listeners[one.handle] = notified
        self.link.register(one.handle, enable=True)
        told = b"\x01\x00" if "notify" in one.properties else b"\x02\x00"
        cccd = next(d.handle for d in one.descriptors if full_uuid(d.uuid) == CCCD)
        await self.link.write_descriptor(cccd, told)

    async def read(self, uuid: str) -> bytes:
        return await self.link.read(self._pick(uuid, "read").handle)

    async def write(self, uuid: str, data: bytes, *, response: bool) -> None:
        kind = "write" if response else "write-without-response"
        await self.link.write(self._pick(uuid, kind).handle, data, response=response)


def with_client[T](peripheral: Peripheral, use: Callable[[Client], Awaitable[T]]) -> T:
    """Connect in virtual time, let time pass for the device, and disconnect."""

    async def body() -> T:
        loop = asyncio.get_running_loop()

        async def pass_time() -> None:
            while True:
                peripheral.tick(loop.time())
                await asyncio.sleep(1)

        ticking = loop.create_task(pass_time())
        client = Client(peripheral)
        client.link.closing.append(lambda: peripheral.disconnected(loop.time()))
        peripheral.connected(loop.time())
        try:
            return await use(client)
        finally:
            client.link.close()
            ticking.cancel()

    return run(body())


def read_battery(
    peripheral: Peripheral, family: str, secret: str | None = None, polls: int = 1
) -> list[BmsSample]:
    """Poll a battery so many times over one connection, half a minute apart."""
    session = Session(registry.load(family), clock=lambda: DAY_ZERO)
    device = Device(name=peripheral.name or "", address=peripheral.address)

    async def use(client: Client) -> list[BmsSample]:
        samples = []
        for number in range(polls):
            if number:
                await asyncio.sleep(30)
            samples.append(await session.read(client, device, secret))
        return samples

    return with_client(peripheral, use)


def shown(sample: BmsSample) -> dict[str, object]:
    """Return a sample under the names that a device's truth uses."""
    return truth_of(values_of(sample))


def advert_of(peripheral: Peripheral, now: float = 0.0) -> BatteryAdvert | None:
    """Take apart what a device advertises, if anything."""
    if (said := peripheral.advertisement(now)) is None:
        return None
    name, services = None, []
    makers: dict[int, bytes] = {}
    service_data: dict[str, bytes] = {}
    for kind, data in ad.structures(said[0]) + ad.structures(said[1]):
        number = int.from_bytes(data[:2], "little")
        if kind == ad.NAME_COMPLETE:
            name = data.decode()
        elif kind == ad.UUIDS16_COMPLETE:
            pairs = (data[at : at + 2] for at in range(0, len(data), 2))
            services += [ad.BASE_UUID.format(pair[::-1].hex()) for pair in pairs]
        elif kind == ad.UUIDS128_COMPLETE:
            text = data[::-1].hex()
            cuts = (text[:8], text[8:12], text[12:16], text[16:20], text[20:])
            services.append("-".join(cuts))
        elif kind == ad.MANUFACTURER:
            makers[number] = data[2:]
        elif kind == ad.SERVICE_DATA16:
            service_data[ad.BASE_UUID.format(f"{number:04x}")] = data[2:]
    return BatteryAdvert(
        address=peripheral.address,
        name=name,
        service_uuids=tuple(services),
        manufacturer_data=makers,
        service_data=service_data,
    )


def families_of(peripheral: Peripheral) -> list[Candidate]:
    """Return the families that a device's advert fits, best first."""
    advert = advert_of(peripheral)
    assert advert is not None
    return recognise(advert)
