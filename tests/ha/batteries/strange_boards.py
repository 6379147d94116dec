"""Boards that obey, made from what is published of their frames; each keeps what was done to it.

JBD: ``DD A5|5A register length data check 77``, answered by ``DD register status length data check 77``;
both switches in one word (E1) or one at a time (FB). ANT: ``7E A1 function address length data crc AA
55``, a password (23, 016A) before each order (51).
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, override

from tests.world import ad
from tests.world.peripheral import Characteristic, Descriptor, Peripheral, Service

from ..clock import now

BASE: Final = "0000{}-0000-1000-8000-00805f9b34fb"
CHARGE, DISCHARGE = 1, 2  # bits of E1's word, and of the byte that tells what conducts
# Bits of the protection word that hold charging, and discharging.
HOLDS: Final = {
    CHARGE: sum(1 << bit for bit in (0, 2, 4, 5, 8)),
    DISCHARGE: sum(1 << bit for bit in (1, 3, 6, 7, 9, 10)),
}
BY_SOFTWARE: Final = 1 << 12
PIECE: Final = 20


def table(service: str, notify: str, write: str) -> tuple[Service, ...]:
    listened = {"notify"} | ({"write-without-response"} if notify == write else set())
    both = [
        Characteristic(
            BASE.format(notify),
            18,
            frozenset(listened),
            (Descriptor(BASE.format("2902"), 19),),
        )
    ]
    if notify != write:
        kinds = frozenset({"write-without-response"})
        both.append(Characteristic(BASE.format(write), 21, kinds))
    return (Service(BASE.format(service), 16, tuple(both)),)


@dataclass
class Done:
    """Hold an order that reached a board."""

    at: float
    frame: str
    link: int


class Board(Peripheral):
    """Be a board; ``before`` and ``after`` are called around each order with its frame."""

    pipe = ""

    def __init__(self, address: str, name: str, services: tuple[Service, ...]) -> None:
        super().__init__(address, name, connectable=True, services=services, mtu=23)
        self.orders: list[Done] = []
        self.asked: list[str] = []
        self.links = 0
        self.locked = 0
        self.volts, self.amps, self.percent, self.celsius = 13.3, 0.0, 60, 21.0
        self.cells = 4
        self.acts = self.acknowledges = True
        self.late = 0.0  # s
        self.status = 0
        self.before: Callable[[str], None] = lambda _: None
        self.after: Callable[[str], None] = lambda _: None
        self.spoil: Callable[[bytes, bytes], bytes] = lambda _, answer: answer

    @override
    def connected(self, now: float) -> None:
        self.links += 1

    @override
    def subscribed(self, uuid: str, enabled: bool) -> None:
        pass

    @override
    def read(self, uuid: str) -> bytes:
        return b""

    @override
    def write(self, uuid: str, data: bytes, response: bool) -> None:
        self.asked.append(data.hex())
        answer = self.answer(data)
        answer = self.spoil(data, answer)
        for start in range(0, len(answer), PIECE):
            if self.notify is not None:
                self.notify(BASE.format(self.pipe), answer[start : start + PIECE])

    def answer(self, data: bytes) -> bytes:
        raise NotImplementedError

    def obey(self, frame: bytes, locked: int) -> None:
        """Take what shall be locked from now on."""
        self.before(frame.hex())
        self.orders.append(Done(now(), frame.hex(), self.links))
        if self.acts and self.late:
            asyncio.get_running_loop().call_later(self.late, self._lock, locked)
        elif self.acts:
            self._lock(locked)
        self.after(frame.hex())

    def _lock(self, locked: int) -> None:
        self.locked = locked

    @property
    def frames(self) -> list[str]:
        return [one.frame for one in self.orders]


class Jbd(Board):
    """Be a JBD board; ``orders`` is the register that it knows."""

    pipe = "ff01"

    def __init__(
        self, address: str, *, orders: str = "e1", name: str = "JBD-S"
    ) -> None:
        super().__init__(address, name, table("ff00", "ff01", "ff02"))
        self.register = int(orders, 16)
        self.protections = 0

    @override
    def advertisement(self, now: float) -> tuple[bytes, bytes]:
        said = ad.payload(ad.flags(), ad.services16(0xFF00))
        return said, ad.payload(ad.name(self.name or ""))

    @property
    def conducting(self) -> int:
        held = sum(one for one, bits in HOLDS.items() if self.protections & bits)
        return 3 & ~self.locked & ~held

    @override
    def answer(self, data: bytes) -> bytes:
        way, register, length = data[1], data[2], data[3]
        inside = data[4 : 4 + length]
        check = (0x10000 - sum(data[2 : 4 + length])) & 0xFFFF
        assert data == b"\xdd" + data[1 : 4 + length] + check.to_bytes(2) + b"\x77"
        if way == 0xA5:
            return self._told(register)
        if register != self.register:
            return self._reply(register, b"", 0x80)
        return self._order(data, inside)

    def _order(self, frame: bytes, inside: bytes) -> bytes:
        if self.status:
            self.orders.append(Done(now(), frame.hex(), self.links))
            return self._reply(self.register, b"", self.status)
        if self.register == 0xE1:
            wanted = inside[1]
        else:
            mask = {0: DISCHARGE, 1: CHARGE, 0x0A: CHARGE | DISCHARGE}[inside[0]]
            wanted = self.locked | mask if inside[1] else self.locked & ~mask
        self.obey(frame, wanted)
        return self._reply(self.register, b"", 0) if self.acknowledges else b""

    def _told(self, register: int) -> bytes:
        if register == 3:
            word = self.protections | (BY_SOFTWARE if self.locked else 0)
            said = [
                round(self.volts * 100).to_bytes(2),
                round(self.amps * 100).to_bytes(2, signed=True),
                (self.percent * 100).to_bytes(2),
                (10_000).to_bytes(2) + bytes(2) + bytes.fromhex("2d14") + bytes(4),
                word.to_bytes(2),
                bytes((0x23, self.percent, self.conducting, self.cells, 1)),
                round(self.celsius * 10 + 2731).to_bytes(2),
            ]
            return self._reply(3, b"".join(said), 0)
        if register == 4:
            each = round(self.volts * 1000 / self.cells)
            return self._reply(4, each.to_bytes(2) * self.cells, 0)
        return self._reply(register, b"", 0x80)

    @staticmethod
    def _reply(register: int, inside: bytes, status: int) -> bytes:
        said = bytes((status, len(inside))) + inside
        check = (0x10000 - sum(said)) & 0xFFFF
        return bytes((0xDD, register)) + said + check.to_bytes(2) + b"\x77"


def modbus(data: bytes) -> bytes:
    """Return the CRC-16 of Modbus, low byte first."""
    value = 0xFFFF
    for one in data:
        value ^= one
        for _ in range(8):
            value = value >> 1 ^ (0xA001 if value & 1 else 0)
    return value.to_bytes(2, "little")


@dataclass
class Tries:
    """Hold which passwords were said."""

    said: list[str] = field(default_factory=list)


class Ant(Board):
    """Be an ANT board of 2021 and later: silent for the rest of a link after a wrong password."""

    pipe = "ffe1"

    def __init__(self, address: str, password: str) -> None:
        super().__init__(address, "ANT-BLE24-S", table("ffe0", "ffe1", "ffe1"))
        self.password = password
        self.tries = Tries()
        self.open = self.dumb = False
        self.begun = b""

    @override
    def advertisement(self, now: float) -> tuple[bytes, bytes]:
        said = ad.payload(ad.flags(), ad.services16(0xFFE0))
        return said, ad.payload(ad.name(self.name or ""))

    @override
    def connected(self, now: float) -> None:
        super().connected(now)
        self.open = self.dumb = False
        self.begun = b""

    @override
    def answer(self, data: bytes) -> bytes:
        self.begun = data if data[:2] == b"\x7e\xa1" else self.begun + data
        data = self.begun
        if self.dumb or data[-2:] != b"\xaa\x55":
            return b""
        assert data[-4:-2] == modbus(data[1:-4])
        kind = data[2]
        if kind == 0x23:
            said = data[6:-4].decode()
            self.tries.said.append(said)
            self.open, self.dumb = said == self.password, said != self.password
            return self._reply(0x43, 0x016A, b"\x05\x00") if self.open else b""
        if kind == 0x01:
            return self._status()
        if kind == 0x51 and self.open:
            return self._order(data)
        return b""

    def _order(self, data: bytes) -> bytes:
        where = data[3]
        wanted = {
            1: self.locked | DISCHARGE,
            3: self.locked & ~DISCHARGE,
            4: self.locked | CHARGE,
            6: self.locked & ~CHARGE,
        }[where]
        self.obey(data, wanted)
        return self._reply(0x61, where, b"\x01\x00") if self.acknowledges else b""

    def _status(self) -> bytes:
        each = round(self.volts * 1000 / self.cells)
        codes = [0x0F if self.locked & one else 1 for one in (DISCHARGE, CHARGE)]
        said = [
            bytes((0, 1, 1, self.cells)) + bytes(8),
            (sum(1 << bit for bit in (23, 24) if not self.locked)).to_bytes(
                8, "little"
            ),
            bytes(8),
            each.to_bytes(2, "little") * self.cells,
            round(self.celsius).to_bytes(2, "little") * 3,
            round(self.volts * 100).to_bytes(2, "little"),
            (-round(self.amps * 10)).to_bytes(2, "little", signed=True),
            self.percent.to_bytes(2, "little") + (100).to_bytes(2, "little"),
            bytes((*codes, 0, 0)),
            (100_000_000).to_bytes(4, "little"),
            (self.percent * 1_000_000).to_bytes(4, "little"),
            bytes(4 * 4),
            each.to_bytes(2, "little") + b"\x01\x00",
            each.to_bytes(2, "little") + b"\x02\x00",
            bytes(2) + each.to_bytes(2, "little") + bytes(8),
            bytes.fromhex("f2fa") + bytes(16),
        ]
        return self._reply(0x11, 0, b"".join(said))

    @staticmethod
    def _reply(kind: int, where: int, inside: bytes) -> bytes:
        said = bytes((0xA1, kind)) + where.to_bytes(2, "little")
        said += bytes((len(inside),)) + inside
        return b"\x7e" + said + modbus(said) + b"\xaa\x55"


class OldDaly(Board):
    """Be a Daly board of 13-byte frames: ``A5 80 command 08``, eight bytes, their sum; an answer begins ``A5 01``.

    Nothing of it tells a command: 93 says what conducts, 98 what holds it, 95 and 96 come in numbered frames.
    ``lose`` holds commands, each of which loses the frame of its answer that stands behind it, once.
    """

    pipe = "fff1"

    def __init__(self, address: str) -> None:
        super().__init__(address, "DL-40F62", table("fff0", "fff1", "fff2"))
        self.cells = 8
        self.failures = 0  # eight bytes, as a number
        self.lose: list[tuple[int, int]] = []

    @override
    def advertisement(self, now: float) -> tuple[bytes, bytes]:
        said = ad.payload(ad.flags(), ad.services16(0xFFF0))
        return said, ad.payload(ad.name(self.name or ""))

    @override
    def write(self, uuid: str, data: bytes, response: bool) -> None:
        self.asked.append(data.hex())
        if len(data) != 13 or sum(data[:-1]) & 0xFF != data[-1]:
            return
        command, frames = data[2], self._frames(data)
        for number, one in enumerate(frames):
            if (command, number) in self.lose:
                self.lose.remove((command, number))
                continue
            whole = bytes((0xA5, 1, command, 8)) + one.ljust(8, b"\0")
            self._say(0.03 * number, whole + bytes((sum(whole) & 0xFF,)))

    def _say(self, after: float, frame: bytes) -> None:
        def said() -> None:
            if self.notify is not None:
                self.notify(BASE.format(self.pipe), frame)

        asyncio.get_running_loop().call_later(after, said)

    def _frames(self, data: bytes) -> list[bytes]:
        if data[2] in {0xD9, 0xDA}:
            bit = DISCHARGE if data[2] == 0xD9 else CHARGE
            self.obey(data, self.locked & ~bit if data[4] else self.locked | bit)
            return [data[4:5] + bytes.fromhex("0d130d210d17c0")] * self.acknowledges
        return self._told(data[2])

    @property
    def conducting(self) -> int:
        high = self.failures >> 56 & 0b10 or self.failures >> 48 & 0b1010
        low = self.failures >> 56 & 0b1000 or self.failures >> 48 & 0b10100000
        return 3 & ~self.locked & ~(CHARGE * bool(high)) & ~(DISCHARGE * bool(low))

    def _told(self, command: int) -> list[bytes]:
        each = round(self.volts * 1000 / self.cells).to_bytes(2)
        flow = self.conducting
        told = {
            0x90: [
                round(self.volts * 10).to_bytes(2)
                + bytes(2)
                + (30000 - round(self.amps * 10)).to_bytes(2)
                + (self.percent * 10).to_bytes(2)
            ],
            0x93: [
                bytes((0, flow & 1, flow >> 1, 7)) + (self.percent * 1000).to_bytes(4)
            ],
            0x94: [bytes((self.cells, 1, 0, 0, 0, 0, 9, 0))],
            0x95: [
                bytes((n + 1,)) + each * min(3, self.cells - 3 * n)
                for n in range(-(-self.cells // 3))
            ],
            0x96: [bytes((1, round(self.celsius) + 40))],
            0x97: [bytes(8)],
            0x98: [self.failures.to_bytes(8)],
        }
        return told.get(command, [])
