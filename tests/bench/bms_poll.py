"""Measure whole polls against aiobmsble on the same simulated batteries.

    python tests/bench/bms_poll.py [polls]

A poll connects, reads and disconnects, or uses a link that is kept. Both talk through bleak to the
same kind of link: each operation and each notification takes 30 ms. Time is virtual, so the figures
are exact; they are means over the polls, the first apart, since both learn from it. The protection
counters of a JBD board, which the peer does not read, stand in a line of their own: they are asked
for with the second poll and when a protection comes or goes.

JBD and E&J cannot be cheaper: each question brings values that a sample needs, a JBD board loses
what is asked before it has answered, and the seconds are those of the notifications.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from importlib import import_module
import logging
from pathlib import Path
import random
import sys
from typing import Any, Final, override

sys.path.insert(0, str(Path(__file__).parents[2]))

from aiobmsble import BMSConfig, basebms
from bleak import BleakClient
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.backends.client import BaseBleakClient
from bleak.backends.device import BLEDevice
from bleak.exc import BleakError

from custom_components.mi_bms.bluetooth.connection import BleakLink
from custom_components.mi_bms.proto.bms import registry
from custom_components.mi_bms.proto.gatt.session import Device, Memory, Session
from tests.replay.batteries import run
from tests.world.bleak_table import table
from tests.world.devices import KINDS
from tests.world.faults import Faults
from tests.world.link import CCCD, Link, full_uuid
from tests.world.peripheral import GattError, Peripheral

ROUND_TRIP: Final = 0.03  # s
POLLS: Final = 20
EVERY: Final = 30.0  # s between polls
ADDRESS: Final = "A4:C1:38:00:00:01"
AIM: Final = 0.8
TOLERANCE: Final = 1.01  # polls that take longer hear more of a stream
# Name of the simulated battery, our family, the peer's module, the battery's name.
BATTERIES: Final = (
    ("JBD", "jbd", "jbd_bms", "JBD-SP04S020"),
    ("EJ", "ej", "ej_bms", "LT-12V-1234"),
    ("JIKONG", "jikong", "jikong_bms", "JK-B2A8S20P"),
    ("DALY", "daly", "daly_bms", "DL-41181201189F"),
)


@dataclass(slots=True)
class Bill:
    """Count what polls cost."""

    operations: int = 0
    size: int = 0
    seconds: float = 0.0
    kinds: dict[str, int] = field(default_factory=dict)

    def note(self, kind: str, size: int = 0) -> None:
        """Count one operation and its bytes."""
        self.operations += 1
        self.size += size
        self.kinds[kind] = self.kinds.get(kind, 0) + 1


class Backend(BaseBleakClient):
    """Be bleak's way to one simulated battery, and keep the bill."""

    battery: Peripheral
    bill: Bill
    links: list[Link] = []

    def __init__(self, address_or_ble_device: BLEDevice | str, **kwargs: Any) -> None:
        super().__init__(address_or_ble_device, **kwargs)
        self._link: Link | None = None
        self._calls: dict[int, Callable[[bytearray], None]] = {}

    @property
    @override
    def name(self) -> str:
        return self.battery.name or ""

    @property
    @override
    def mtu_size(self) -> int:
        return self.battery.mtu

    @property
    @override
    def is_connected(self) -> bool:
        return self._link is not None and not self._link.closed

    @override
    async def connect(self, pair: bool = False, **kwargs: Any) -> None:
        self.bill.note("connect")
        await asyncio.sleep(ROUND_TRIP)
        self._link = Link(
            self.battery,
            Faults(latency=ROUND_TRIP),
            random.Random(1),
            notified=self._notified,
            lost=lambda _: None,
        )
        self.links.append(self._link)
        self.battery.connected(asyncio.get_running_loop().time())
        self.services = table(self.battery, lambda: self.mtu_size)

    @override
    async def disconnect(self) -> None:
        link, self._link = self._link, None
        if link is not None:
            self.bill.note("disconnect")
            await asyncio.sleep(ROUND_TRIP)
            link.close()
            self.battery.disconnected(asyncio.get_running_loop().time())

    def _notified(self, handle: int, data: bytes) -> None:
        self.bill.size += len(data)
        if call := self._calls.get(handle):
            call(bytearray(data))

    async def _do[T](self, work: Callable[[Link], Awaitable[T]]) -> T:
        if self._link is None or self._link.closed:
            raise BleakError("Not connected")
        try:
            return await work(self._link)
        except GattError as err:
            raise BleakError(f"GATT error {err.code}") from err

    @override
    async def read_gatt_char(
        self, characteristic: BleakGATTCharacteristic, **kwargs: Any
    ) -> bytearray:
        data = await self._do(lambda link: link.read(characteristic.handle))
        self.bill.note("read", len(data))
        return bytearray(data)

    @override
    async def write_gatt_char(
        self, characteristic: BleakGATTCharacteristic, data: Any, response: bool
    ) -> None:
        self.bill.note("write", len(data))
        await self._do(
            lambda link: link.write(
                characteristic.handle, bytes(data), response=response
            )
        )

    @override
    async def start_notify(
        self,
        characteristic: BleakGATTCharacteristic,
        callback: Callable[[bytearray], None],
        **kwargs: Any,
    ) -> None:
        self.bill.note("subscribe")
        self._calls[characteristic.handle] = callback

        async def enable(link: Link) -> None:
            link.register(characteristic.handle, enable=True)
            for service in link.services:
                for one in service.characteristics:
                    for descriptor in one.descriptors:
                        if one.handle == characteristic.handle and (
                            full_uuid(descriptor.uuid) == CCCD
                        ):
                            await link.write_descriptor(descriptor.handle, b"\1\0")

        await self._do(enable)

    @override
    async def stop_notify(self, characteristic: BleakGATTCharacteristic) -> None:
        self._calls.pop(characteristic.handle, None)

    @override
    async def pair(self, *args: Any, **kwargs: Any) -> None:
        raise NotImplementedError

    @override
    async def unpair(self) -> None:
        raise NotImplementedError

    @override
    async def read_gatt_descriptor(self, descriptor: Any, **kwargs: Any) -> bytearray:
        raise NotImplementedError

    @override
    async def write_gatt_descriptor(self, descriptor: Any, data: Any) -> None:
        raise NotImplementedError


class Client(BleakClient):
    """Be bleak's client on this link."""

    def __init__(self, device: BLEDevice | str, *args: Any, **kwargs: Any) -> None:
        super().__init__(device, *args, backend=Backend, **kwargs)


type Poll = Callable[[], Awaitable[Mapping[str, Any]]]


def ours(family_id: str, name: str, *, keep: bool, counters: bool = False) -> Poll:
    """Return our way of polling: a session with a memory over any number of connections."""
    family = registry.load(family_id)
    if not counters:
        family = replace(family, diagnose=None)
    session, device = Session(family, memory=Memory()), Device(name, ADDRESS)
    link: BleakLink | None = None

    async def poll() -> Mapping[str, Any]:
        nonlocal link
        client = None
        if link is None:
            client = Client(BLEDevice(ADDRESS, name, {}))
            await client.connect()
            link = BleakLink(client)
        sample = await session.read(link, device)
        if client and not keep:
            await client.disconnect()
            link = None
        return {**sample.values, "cells": len(sample.cells)}

    return poll


def theirs(module: str, name: str, *, keep: bool) -> Poll:
    """Return the peer's way of polling: one object that connects when it is asked."""
    basebms.BleakClient = Client
    bms = import_module(f"aiobmsble.bms.{module}").BMS(
        BLEDevice(ADDRESS, name, {}), BMSConfig(keep_alive=keep)
    )

    async def poll() -> Mapping[str, Any]:
        sample = await bms.async_update()
        return {**sample, "cells": len(sample.get("cell_voltages", ()))}

    return poll


async def measure(kind: str, name: str, polls: int, poll: Poll) -> tuple[Bill, Bill]:
    """Poll a fresh battery; give the bill of the first poll and that of all others."""
    Backend.battery = battery = KINDS[kind](address=ADDRESS, name=name)
    loop = asyncio.get_running_loop()

    async def tick() -> None:
        while True:
            battery.tick(loop.time())
            await asyncio.sleep(1.0)

    ticking = asyncio.create_task(tick())
    bills = Bill(), Bill()
    for number in range(polls + 1):
        Backend.bill = bill = bills[min(number, 1)]
        start = loop.time()
        shown = await poll()
        bill.seconds += loop.time() - start
        # Nobody shall be quicker by reading nothing.
        if not shown["cells"] or not {"voltage", "current"} <= shown.keys():
            raise RuntimeError(f"{kind}: incomplete {shown}")
        await asyncio.sleep(EVERY)
    ticking.cancel()
    for link in Backend.links:
        link.close()
    await asyncio.sleep(EVERY)
    return bills


def row(title: str, count: int, one: Bill, other: Bill) -> tuple[str, bool]:
    """Make one line of the table, and say whether we cost more."""
    cells = []
    more = False
    for mine, peer, form in (
        (one.operations, other.operations, ".1f"),
        (one.seconds, other.seconds, ".2f"),
        (one.size, other.size, ".0f"),
    ):
        ratio = f"{mine / peer:6.2f}" if peer else f"{'-':>6}"
        more |= bool(peer) and mine > peer * TOLERANCE
        cells.append(f"{mine / count:8{form}}{peer / count:8{form}}{ratio}")
    return f"{title:18}{'  '.join(cells)}", more


def counters_line() -> str:
    """Return what the protection counters cost, once."""
    kind, family_id, _, name = BATTERIES[0]
    with_them, without = (
        run(measure(kind, name, 1, ours(family_id, name, keep=True, counters=one)))[1]
        for one in (True, False)
    )
    return (
        f"{kind} counters: {with_them.operations - without.operations} operation, "
        f"{with_them.seconds - without.seconds:.2f} s, {with_them.size - without.size} bytes"
        " with the second poll"
    )


def main() -> int:
    """Print the table; 1 if we cost more anywhere."""
    logging.disable(logging.CRITICAL)
    polls = int(sys.argv[1]) if len(sys.argv) > 1 else POLLS
    lines = [
        f"{'per poll':18}{'operations':^22}  {'seconds':^22}  {'bytes':^22}",
        f"{'':18}" + "  ".join([f"{'ours':>8}{'peer':>8}{'ratio':>6}"] * 3),
    ]
    worse = False
    for kind, family_id, module, name in BATTERIES:
        for keep, then in ((False, "again"), (True, "kept link")):
            mine = run(measure(kind, name, polls, ours(family_id, name, keep=keep)))
            peer = run(measure(kind, name, polls, theirs(module, name, keep=keep)))
            bills = [(then, 1, polls)] if keep else [("first", 0, 1), (then, 1, polls)]
            for title, place, count in bills:
                line, more = row(f"{kind} {title}", count, mine[place], peer[place])
                worse |= more
                lines.append(line)
    lines += [counters_line(), f"aim: never more, {AIM} where it can be"]
    sys.stdout.write("\n".join(lines) + "\n")
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main())
