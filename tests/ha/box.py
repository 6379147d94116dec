"""A device that is none of ours, with a table of everything that an action may meet."""

from typing import override

from tests.world import ad
from tests.world.peripheral import (
    Characteristic,
    Descriptor,
    GattError,
    Peripheral,
    Service,
)

ADDRESS = "C4:12:34:56:78:9A"
CCCD = "2902"


class Box(Peripheral):
    """Be a box: it counts what is written, echoes what it is asked, and refuses one value."""

    def __init__(self, address: str = ADDRESS) -> None:
        super().__init__(address=address, name="Strange box", connectable=True)
        self.written: list[tuple[str, bytes, bool]] = []
        self.heard: set[str] = set()
        self.deaf = False
        self.leaves = False
        self.connects = 0
        self.gone = 0
        can = frozenset
        told = Descriptor("2901", 21, b"Level")
        self.services = (
            Service("180f", 1, (
                Characteristic("2a19", 2, can({"read", "notify"}), (
                    Descriptor(CCCD, 3),
                    told,
                )),
                Characteristic("2a29", 5, can({"read"})),
            )),
            Service("fff0", 6, (
                Characteristic("fff1", 7, can({"write"})),
                Characteristic("fff2", 9, can({"notify"}), (Descriptor(CCCD, 10),)),
                Characteristic("fff3", 12, can({"write-without-response"})),
                Characteristic("fff4", 14, can({"read", "indicate"}), (
                    Descriptor(CCCD, 15),
                )),
            )),
        )  # fmt: skip

    @override
    def advertisement(self, now: float) -> tuple[bytes, bytes] | None:
        return (
            ad.payload(
                ad.flags(), ad.services16(0x180F), ad.manufacturer(0x0499, b"\x05\x06")
            ),
            ad.payload(ad.name("Strange box")),
        )

    @override
    def connected(self, now: float) -> None:
        self.connects += 1

    @override
    def disconnected(self, now: float) -> None:
        self.gone += 1
        self.heard.clear()

    @override
    def subscribed(self, uuid: str, enabled: bool) -> None:
        (self.heard.add if enabled else self.heard.discard)(uuid)

    @override
    def read(self, uuid: str) -> bytes:
        if uuid == "2a29":
            raise GattError(5)
        return {"2a19": b"\x64", "fff4": b"Box 1\0"}[uuid]

    @override
    def write(self, uuid: str, data: bytes, response: bool) -> None:
        if self.leaves and self.leave:
            self.leave()
            return
        if self.deaf:
            raise GattError(14)
        self.written.append((uuid, data, response))
        if self.notify and "fff2" in self.heard:
            self.notify("fff2", b"1" + data)
            self.notify("fff2", b"2" + data)
