"""Boards that take commands, written from what is published of them alone, and how they can misbehave.

Each keeps what it was told (``locked``), what its protections hold (``held``) and what was written to it.
"""

import asyncio
from collections.abc import Callable, Iterable
import struct
from typing import Final, override

from tests.world import ad
from tests.world.peripheral import Characteristic, Descriptor, Peripheral, Service

from ..clock import now

CCCD: Final = "2902"
THINKS: Final = 0.05  # s
SWITCHES: Final = ("charge", "discharge")

type Tamper = Callable[[bytes, list[bytes]], list[bytes]]


class Board(Peripheral):
    """Take writes, answer them, and obey or not.

    ``orders`` are the writes that would change it; ``lose_orders`` of them never arrive,
    ``lose_acks`` are carried out and not acknowledged; ``acts`` False acknowledges and does nothing,
    ``acts_after`` is how long it takes. ``tamper`` gets a question and its answers and returns what is sent.
    """

    advertised: int
    uuids: tuple[str, str, str]  # service, notify, write

    def __init__(self, address: str, name: str) -> None:
        super().__init__(address, name=name, connectable=True)
        service, notify, write = self.uuids
        ways = frozenset({"write-without-response"})
        both = frozenset({"notify", "read"}) | (ways if write == notify else set())
        line = [Characteristic(notify, 18, both, (Descriptor(CCCD, 19),))]
        if write != notify:
            line.append(Characteristic(write, 21, ways))
        self.services = (Service(service, 16, tuple(line)),)
        self.heard: list[tuple[float, int, bytes]] = []
        self.orders: list[bytes] = []
        self.links = 0
        self.locked: set[str] = set()
        self.held: set[str] = set()
        self.amps, self.level, self.celsius = 0.0, 55, 21
        self.lose_orders = self.lose_acks = 0
        self.acts, self.acts_after = True, 0.0
        self.tamper: Tamper = lambda _asked, answers: answers
        self.ordered: Callable[[bytes], None] = lambda _order: None
        self.leaves_in = 0  # answers
        self.breaks = False  # each link, with its first answer
        self.waiting: list[asyncio.TimerHandle] = []

    def conducts(self, what: str) -> bool:
        """Tell whether a switch lets current through."""
        return what not in self.locked | self.held

    @override
    def advertisement(self, now: float) -> tuple[bytes, bytes] | None:
        data = ad.payload(ad.flags(), ad.services16(self.advertised), *self.marks())
        return data, ad.payload(ad.name(self.name or ""))

    def marks(self) -> Iterable[bytes]:
        """Return what else it advertises."""
        return ()

    @override
    def connected(self, now: float) -> None:
        self.links += 1

    @override
    def write(self, uuid: str, data: bytes, response: bool) -> None:
        self.heard.append((now(), self.links, data))
        for frame in self.tamper(data, self.answer(data)):
            self.say(frame)
        self.leaves_in -= 1
        if (self.leaves_in == 0 or self.breaks) and self.leave:
            loop = asyncio.get_running_loop()
            self.waiting.append(loop.call_later(THINKS + 0.0001, self.leave))

    def say(self, frame: bytes) -> None:
        """Send a frame a little later, if somebody is still there."""
        loop = asyncio.get_running_loop()
        self.waiting = [one for one in self.waiting if one.when() > loop.time()]
        self.waiting.append(loop.call_later(THINKS, self._send, frame))

    @override
    def disconnected(self, now: float) -> None:
        for one in self.waiting:
            one.cancel()

    def _send(self, frame: bytes) -> None:
        for at in range(0, len(frame), 20):
            if self.notify:
                self.notify(self.uuids[1], frame[at : at + 20])

    def answer(self, data: bytes) -> list[bytes]:
        """Return what follows a write."""
        raise NotImplementedError

    def obey(
        self, order: bytes, wishes: dict[str, bool], ack: list[bytes]
    ) -> list[bytes]:
        """Carry an order out, as far as it does, and return the acknowledgement."""
        self.orders.append(order)
        self.ordered(order)
        if self.lose_orders:
            self.lose_orders -= 1
            return []
        if self.acts:
            asyncio.get_running_loop().call_later(self.acts_after, self.do, wishes)
        if self.lose_acks:
            self.lose_acks -= 1
            return []
        return ack

    def do(self, wishes: dict[str, bool]) -> None:
        """Be switched, by whom ever."""
        for what, allowed in wishes.items():
            (self.locked.discard if allowed else self.locked.add)(what)


class Jbd(Board):
    """Speak JBD; ``knows`` are the registers for its switches, ``word`` its protections."""

    advertised = 0xFF00
    uuids = ("ff00", "ff01", "ff02")
    CHARGE, DISCHARGE = 0b100110101, 0b11011001010

    def __init__(self, number: int = 1, knows: Iterable[int] = (0xE1,)) -> None:
        super().__init__(f"A5:C2:37:0C:00:{number:02X}", f"JBD-own{number}")
        self.knows, self.word, self.refusal = set(knows), 0, 0x80

    @override
    def conducts(self, what: str) -> bool:
        mask = self.CHARGE if what == "charge" else self.DISCHARGE
        return what not in self.locked and not self.word & mask

    @staticmethod
    def frame(register: int, data: bytes = b"", status: int = 0) -> bytes:
        """Return a reply."""
        body = bytes((status, len(data))) + data
        check = (-sum(body) & 0xFFFF).to_bytes(2)
        return bytes((0xDD, register)) + body + check + b"\x77"

    @override
    def answer(self, data: bytes) -> list[bytes]:
        register = data[2]
        if data[1] == 0xA5:
            return [self.report(register)]
        value = data[4:-3]
        if register == 0xE1 and register in self.knows:
            bits = dict(zip(SWITCHES, (0x01, 0x02), strict=True))
            wishes = {what: not value[1] & bit for what, bit in bits.items()}
        elif register == 0xFB and register in self.knows:
            parts = {0: ("discharge",), 1: ("charge",), 10: SWITCHES}[value[0]]
            wishes = dict.fromkeys(parts, not value[1])
        elif register == 0x0A:
            wishes = {}
        else:
            self.orders.append(data)
            return [self.frame(register, status=self.refusal)]
        return self.obey(data, wishes, [self.frame(register)])

    def report(self, register: int) -> bytes:
        """Return what a register holds."""
        if register == 0x03:
            return self.frame(register, self.basic())
        if register == 0x04:
            return self.frame(register, struct.pack(">4H", 3290, 3291, 3292, 3293))
        return self.frame(register, status=0x80)

    def basic(self) -> bytes:
        """Return voltage, current, switches and so on."""
        word = self.word | bool(self.locked) << 12
        fets = self.conducts("charge") | self.conducts("discharge") << 1
        kelvin = 2731 + self.celsius * 10
        head = (1317, round(self.amps * 100), self.level * 100, 10000, 5, 0x2C71, 0, 0)
        tail = (word, 0x25, self.level, fets, 4, 2, kelvin, kelvin)
        return struct.pack(">Hh6H", *head) + struct.pack(">H5B2H", *tail)


class Jk(Board):
    """Speak JK02 with 32 places: it streams its records, and its answer to an order names none."""

    advertised = 0xFFE0
    uuids = ("ffe0", "ffe1", "ffe1")
    READY = bytes.fromhex("AA5590EBC801010000000000000000000000000044")[:19] + b"\x44"
    REGISTERS = {0x1D: "charge", 0x1E: "discharge", 0x1F: "balancer"}

    def __init__(self, number: int = 1) -> None:
        super().__init__(f"C8:47:8C:0C:00:{number:02X}", f"JK-own{number}")
        self.count, self.alarms, self.settings_told = 0, 0, True
        self.streaming: asyncio.TimerHandle | None = None

    @override
    def marks(self) -> Iterable[bytes]:
        return (ad.manufacturer(0x0B65, bytes(2)),)

    def record(self, kind: int, fields: dict[int, bytes]) -> bytes:
        """Return a record of 300 bytes."""
        self.count = self.count + 1 & 0xFF
        data = bytearray(299)
        data[:6] = bytes.fromhex("55AAEB90") + bytes((kind, self.count))
        for at, value in fields.items():
            data[at : at + len(value)] = value
        return bytes(data) + bytes((sum(data) & 0xFF,))

    @override
    def answer(self, data: bytes) -> list[bytes]:
        register, value = data[4], data[6]
        if register == 0x97:
            texts = {6: b"JK_B2A20S20P", 22: b"11.XW", 30: b"11.48", 46: b"JK-own"}
            return [self.record(3, texts) + self.READY]
        if register == 0x96:
            if self.streaming:
                self.streaming.cancel()
            self.stream_on()
            return [*self.settings(), self.cells()]
        if register not in self.REGISTERS:
            self.orders.append(data)
            return []
        wishes = {self.REGISTERS[register]: bool(value)}
        return self.obey(data, wishes, [self.READY])

    def settings(self) -> list[bytes]:
        """Return the record of the settings, where it tells them."""
        at = {118: "charge", 122: "discharge", 126: "balancer"}
        fields = {one: bytes((what not in self.locked,)) for one, what in at.items()}
        known = fields | {114: b"\x04", 130: struct.pack("<I", 100_000)}
        return [self.record(1, known)] if self.settings_told else []

    def stream_on(self) -> None:
        """Tell the next record in a second."""
        loop = asyncio.get_running_loop()
        self.streaming = loop.call_later(1.0, self.stream)

    def stream(self) -> None:
        """Go on telling, as long as somebody is there."""
        for frame in self.tamper(b"", [self.cells()]):
            self._send(frame)
        self.stream_on()

    @override
    def disconnected(self, now: float) -> None:
        super().disconnected(now)
        if self.streaming:
            self.streaming.cancel()

    def cells(self) -> bytes:
        """Return the record of the cells."""
        tenths = struct.pack("<h", self.celsius * 10)
        fets = bytes(self.conducts(what) for what in SWITCHES)
        fields = {
            6: struct.pack("<4H", 3290, 3291, 3292, 3293), 70: b"\x0f", 74: struct.pack("<H", 3291),
            144: tenths, 150: struct.pack("<I", 13_166), 158: struct.pack("<i", round(self.amps * 1000)),
            162: tenths * 2, 166: struct.pack("<I", self.alarms), 173: bytes((self.level,)),
            174: struct.pack("<II", self.level * 1000, 100_000), 190: b"\x64",
            198: fets + bytes((0, "balancer" not in self.locked)), 214: b"\x07",
        }  # fmt: skip
        return self.record(2, fields)
