"""Activations against virtual devices in virtual time: the carrier, and one fault at one message.

The air takes 30 ms each way. A message is any write or notification on the two characteristics of the
authentication; it is named by its direction and its place in the conversation.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterator
import contextlib
from dataclasses import dataclass, field
from enum import StrEnum
import random
from typing import Any, override

from custom_components.mi_bms.proto.activation.activation import Activation
from custom_components.mi_bms.proto.activation.contract import ActivationResult, Stage
from custom_components.mi_bms.proto.activation.frames import (
    Ack,
    AckCode,
    Begin,
    Fragment,
    Parcel,
    Single,
    parse,
)
from custom_components.mi_bms.proto.gatt.activation import activate
from custom_components.mi_bms.proto.gatt.link import GattLink, Notified
from custom_components.mi_bms.proto.model.errors import (
    ActivationError,
    MiBmsError,
    Unreachable,
)
from tests.world.faults import Faults
from tests.world.link import Link
from tests.world.peripheral import GattError, Peripheral

from .batteries import run

LATENCY = 0.03
DELAY = 3.0
REORDER = 0.1


class Fault(StrEnum):
    """Name what may happen to one message."""

    DROP = "drop"
    DUPLICATE = "duplicate"
    REORDER = "reorder"
    DELAY = "delay"
    GARBAGE = "garbage"
    DISCONNECT = "disconnect"


@dataclass
class Trouble:
    """Spoil the n-th message (from 1) of the first connection; count and name all messages.

    ``loss`` is the share of notifications that get lost at any time.
    """

    fault: Fault | None = None
    at: int = 0
    loss: float = 0.0
    rng: random.Random = field(default_factory=lambda: random.Random(1))
    names: list[str] = field(default_factory=list)

    def strikes(self, name: str) -> Fault | None:
        """Take one message; give what happens to it."""
        self.names.append(name)
        return self.fault if len(self.names) == self.at else None


def name_of(uuid: str, data: bytes, *, outgoing: bool) -> str:
    """Name a message for a table."""
    arrow = "app →" if outgoing else "← dev"
    if uuid[4:8] != "0019":
        return f"{arrow} {data[:1].hex()}"
    match parse(data):
        case Begin(kind, count):
            what = f"begin {Parcel(kind).name.lower()} ({count})"
        case Ack(code):
            what = AckCode(code).name
        case Fragment(number):
            what = f"fragment {number}"
        case Single(kind):
            what = f"single {Parcel(kind).name.lower()}"
        case _:
            what = "?"
    return f"{arrow} {what}"


class PeripheralLink(GattLink):
    """Be a connection to a virtual device, with 20-byte frames unless the device takes more."""

    def __init__(
        self, peripheral: Peripheral, faults: Faults, trouble: Trouble
    ) -> None:
        """Open it; ``lost`` is done when the device has gone."""
        self.lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._trouble = trouble
        self._listeners: dict[int, tuple[str, Notified]] = {}
        self.link = Link(
            peripheral,
            faults,
            trouble.rng,
            notified=self._notified,
            lost=lambda _reason: self.end(),
        )
        self._known = {
            one.uuid: one
            for service in peripheral.services
            for one in service.characteristics
        }
        self.written: list[tuple[str, bytes, bool]] = []

    def end(self) -> None:
        """Be lost."""
        if not self.lost.done():
            self.lost.set_result(None)

    @property
    @override
    def characteristics(self) -> Collection[str]:
        return self._known

    @override
    def properties(self, uuid: str) -> Collection[str]:
        return self._known[uuid].properties

    @override
    def max_write(self, uuid: str) -> int:
        return self.link.mtu - 3

    @override
    async def subscribe(self, uuid: str, notified: Notified) -> None:
        one = self._known[uuid]
        self._listeners[one.handle] = (uuid, notified)
        self.link.register(one.handle, enable=True)
        with self._gone():
            await self.link.write_descriptor(one.descriptors[0].handle, b"\x01\x00")

    @override
    async def read(self, uuid: str) -> bytes:
        with self._gone():
            return await self.link.read(self._known[uuid].handle)

    @override
    async def write(self, uuid: str, data: bytes, *, response: bool) -> None:
        self.written.append((uuid, data, response))
        handle = self._known[uuid].handle
        copies = 1
        match self._trouble.strikes(name_of(uuid, data, outgoing=True)):
            case Fault.DROP:
                copies = 0
            case Fault.DUPLICATE:
                copies = 2
            case Fault.DELAY:
                await asyncio.sleep(DELAY)
            case Fault.GARBAGE:
                data = self._trouble.rng.randbytes(len(data))
            case Fault.DISCONNECT:
                self.link.lose(8)
        for _ in range(copies):
            with self._gone():
                await self.link.write(handle, data, response=response)

    @contextlib.contextmanager
    def _gone(self) -> Iterator[None]:
        try:
            yield
        except GattError as error:
            raise Unreachable("link") from error

    def _notified(self, handle: int, data: bytes) -> None:
        uuid, notified = self._listeners[handle]
        loop = asyncio.get_running_loop()
        if self._trouble.rng.random() < self._trouble.loss:
            return
        match self._trouble.strikes(name_of(uuid, data, outgoing=False)):
            case Fault.DROP:
                return
            case Fault.DUPLICATE:
                notified(data)
            case Fault.REORDER:
                loop.call_later(REORDER, notified, data)
                return
            case Fault.DELAY:
                loop.call_later(DELAY, notified, data)
                return
            case Fault.GARBAGE:
                data = self._trouble.rng.randbytes(len(data))
            case Fault.DISCONNECT:
                self.link.lose(8)
                return
        notified(data)


class Air:
    """Connect to one virtual device, as the transport does it."""

    def __init__(self, peripheral: Peripheral, trouble: Trouble | None = None) -> None:
        """Take the device and what happens on the way."""
        self.peripheral = peripheral
        self.trouble = trouble or Trouble()
        self.connections = 0
        self.links: list[PeripheralLink] = []

    async def use[T](self, work: Callable[[GattLink], Awaitable[T]]) -> T:
        """Connect, work, disconnect."""
        loop = asyncio.get_running_loop()
        self.connections += 1
        link = PeripheralLink(self.peripheral, Faults(latency=LATENCY), self.trouble)
        self.links.append(link)
        self.peripheral.connected(loop.time())
        task = asyncio.ensure_future(work(link))
        try:
            both: set[asyncio.Future[Any]] = {task, link.lost}
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            if not task.done():
                raise Unreachable("lost")
            return task.result()
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError, MiBmsError):
                await task
            link.link.close()
            self.peripheral.disconnected(loop.time())


@dataclass
class Outcome:
    """Hold how an activation ended: connections used, seconds, result or error."""

    connections: int
    seconds: float
    result: ActivationResult | None
    error: MiBmsError | None
    stages: list[Stage]

    @property
    def text(self) -> str:
        """Say it in a few letters."""
        if self.result is not None:
            return f"ok {self.connections}" + (
                "" if self.result.checked else " unchecked"
            )
        reason = (
            self.error.reason
            if isinstance(self.error, ActivationError | Unreachable)
            else ""
        )
        return f"{type(self.error).__name__} {reason}"


def activate_in(air: Air, activation: Activation, **options: int) -> Outcome:
    """Run an activation to its end in virtual time."""
    stages: list[Stage] = []

    async def work() -> Outcome:
        loop = asyncio.get_running_loop()
        result = error = None
        try:
            result = await activate(
                air.use, activation, progress=stages.append, **options
            )
        except MiBmsError as failure:
            error = failure
        return Outcome(air.connections, loop.time(), result, error, stages)

    return run(work())


def start(
    address: str, product_id: int | None = None, *, seed: int = 1, resends: int = 3
) -> Activation:
    """Begin an activation with repeatable chance."""
    chance = random.Random(f"app {seed}").randbytes
    return Activation(address, product_id, resends=resends, chance=chance)
