"""What a sensor does over a connection, beside what it advertises: the base of all of them.

Times are Unix seconds from ``clock``; those that the world hands to ``tick`` are its own.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
import time
from typing import Final, Protocol

from tests.world import ad
from tests.world.peripheral import Characteristic, Descriptor, GattError, Service, Truth

from .signals import Quantities

CCCD: Final = ad.BASE_UUID.format("2902")
DESCRIPTION: Final = ad.BASE_UUID.format("2901")
NAME: Final = ad.BASE_UUID.format("2a00")
BATTERY_LEVEL: Final = ad.BASE_UUID.format("2a19")
MODEL: Final = ad.BASE_UUID.format("2a24")
SERIAL: Final = ad.BASE_UUID.format("2a25")
FIRMWARE: Final = ad.BASE_UUID.format("2a26")
MAKER: Final = ad.BASE_UUID.format("2a29")

READ_NOT_PERMITTED: Final = 2
WRITE_NOT_PERMITTED: Final = 3
INVALID_LENGTH: Final = 13
AT_ONCE: Final = 0.05  # s
HOUR: Final = 3600

type Clock = Callable[[], float]
type Reads = Mapping[str, Callable[[], bytes]]
type Span = tuple[float, float]  # lowest, highest


@dataclass(frozen=True, slots=True)
class Row:
    """Be one characteristic of a table: properties in one text, its value's handle (0 = the next one)."""

    uuid: str
    properties: str
    handle: int = 0
    text: str = ""  # what it says of itself


def table(*services: tuple[str, tuple[Row, ...]]) -> tuple[Service, ...]:
    """Return services with handles in the order of the table."""
    found, handle = [], 0
    for uuid, rows in services:
        start = max(handle + 1, rows[0].handle - 2)
        handle, ones = start, []
        for row in rows:
            one, handle = _characteristic(row, handle)
            ones.append(one)
        found.append(Service(uuid, start, tuple(ones)))
    return tuple(found)


def _characteristic(row: Row, last: int) -> tuple[Characteristic, int]:
    """Return a characteristic behind the last handle in use, and the last one of its own."""
    properties = frozenset(row.properties.split())
    handle = row.handle or last + 2
    if handle <= last:
        raise ValueError(f"{row.uuid}: handle {handle} is taken")
    last, more = handle, []
    for uuid, value, wanted in (
        (CCCD, b"", not properties.isdisjoint({"notify", "indicate"})),
        (DESCRIPTION, row.text.encode(), bool(row.text)),
    ):
        if wanted:
            last += 1
            more.append(Descriptor(uuid, last, value))
    return Characteristic(row.uuid, handle, properties, tuple(more)), last


ACCESS: Final = (ad.BASE_UUID.format("1800"), (Row(NAME, "read", 3),))
BATTERY: Final = (ad.BASE_UUID.format("180f"), (Row(BATTERY_LEVEL, "read notify"),))
INFORMATION: Final = (
    ad.BASE_UUID.format("180a"),
    tuple(Row(one, "read") for one in (MODEL, SERIAL, FIRMWARE, MAKER)),
)


class Owner(Protocol):
    """Be the device around it, as far as it is needed here."""

    address: str
    name: str | None
    quantities: Quantities
    notify: Callable[[str, bytes], None] | None
    leave: Callable[[], None] | None

    def tell(self, told: Truth) -> None:
        """Note what a receiver knows by now."""


class Inside:
    """Serve a table: ``reads`` gives what each characteristic holds.

    Each ``leaves_every``-th connection ends at once (0 = none); ``firmware`` is what it says of itself.
    """

    owner: Owner

    def __init__(
        self,
        services: tuple[Service, ...],
        *,
        clock: Clock = time.time,
        firmware: str = "1.0.0_0130",
        leaves_every: int = 0,
    ) -> None:
        """Take the table and how it behaves."""
        self.services, self.clock = services, clock
        self.firmware = firmware
        self.connects = 0
        self.told: dict[str, object] = {}  # over connections, the last of each
        self.listened: set[str] = set()
        self._leaves_every = leaves_every

    def reads(self) -> Reads:
        """Return what each readable characteristic holds now."""
        return {
            NAME: (self.owner.name or "").encode,
            FIRMWARE: self._read_firmware,
            MODEL: (self.owner.name or "").encode,
            SERIAL: lambda: b"F2.0-CFMK-LB-JHBD-03",
            MAKER: lambda: b"miaomiaoce.com",
        }

    def _read_firmware(self) -> bytes:
        self.tell({"firmware": self.firmware})
        return self.firmware.encode()

    def measured(self, field: str, start: float) -> float:
        """Return what the device measures; ``start`` where its adverts do not tell it."""
        return self.owner.quantities.walk(field, {"start": start}).value

    def holds(self) -> Truth:
        """Return what it holds besides what a receiver shows, and what it has told over connections."""
        return {"told": self.told}

    def tell(self, told: Truth) -> None:
        """Note what a receiver knows by now."""
        self.told |= told
        self.owner.tell(told)

    def connected(self, now: float) -> None:
        """Learn that a client has connected; perhaps leave."""
        self.connects += 1
        self.listened.clear()
        if self._leaves_every and self.connects % self._leaves_every == 0:
            self.hang_up()

    def disconnected(self, now: float) -> None:
        """Learn that the client has gone."""
        self.listened.clear()

    def subscribed(self, uuid: str, enabled: bool) -> None:
        """Learn that a client switched notifications on or off."""
        (self.listened.add if enabled else self.listened.discard)(uuid)

    def tick(self, now: float) -> None:
        """Let time pass."""

    def read(self, uuid: str) -> bytes:
        """Answer a read; raise ``GattError``."""
        if (give := self.reads().get(uuid)) is None:
            raise GattError(READ_NOT_PERMITTED)
        return give()

    def write(self, uuid: str, data: bytes) -> None:
        """Take a write; raise ``GattError``."""
        raise GattError(WRITE_NOT_PERMITTED)

    def say(self, uuid: str, data: bytes) -> None:
        """Notify, if somebody listens."""
        if uuid in self.listened and self.owner.notify is not None:
            self.owner.notify(uuid, data)

    def hang_up(self, after: float = AT_ONCE) -> None:
        """End this link a little later; 0 = now."""
        leave = self.owner.leave
        if leave is None:
            return
        if not after:
            leave()
            return

        def end() -> None:
            # By then it may be another one's.
            if self.owner.leave is leave:
                leave()

        asyncio.get_running_loop().call_later(after, end)


def hourly(address: str, index: int, *means: tuple[float, float, int]) -> list[Span]:
    """Return what an hour measured of each quantity: mean, spread, digits."""
    rng = Random(f"{address} {index}")
    found = []
    for mean, spread, digits in means:
        ends = (mean + rng.uniform(-spread, spread) for _ in range(2))
        low, high = sorted(round(one, digits) for one in ends)
        found.append((low, high))
    return found
