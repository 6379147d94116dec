"""ANT boards of both protocols that want a password, or have one and do not, made from what is published alone.

Each counts what it hears itself: ``words`` with time and link, ``orders``, and each triple of values it told.
"""

from abc import ABC, abstractmethod
import asyncio
from dataclasses import dataclass
import random
import struct
from typing import Any, Final, override

from tests.world import ad
from tests.world.peripheral import (
    Characteristic,
    Descriptor,
    GattError,
    Peripheral,
    Service,
)

from ..clock import now
from .command_boards_more import crc

REFUSED: Final = 8  # ATT: insufficient authorization
PIECE: Final = 20
OFF, ON = 0x0F, 1
NAMES: Final = {
    "ant": ("ANT@BLE24-own", "ANT-BLE16ZMUB-own"),
    "ant_leg": ("ANT-BLE04-own", "ANT-BLE22-own"),
}


@dataclass
class Word:
    """Hold a password that reached a board."""

    at: float
    link: int
    text: str
    right: bool
    asked: bool  # a question on this link came before it, and was not answered


class Closed(Peripheral, ABC):
    """Be a board; ``closed`` is how it is without its password: open, silent, refusing, or barred to all."""

    family: str

    def __init__(
        self, word: str, closed: str = "silent", *, name: str = "", number: int = 1
    ) -> None:
        super().__init__(
            f"A4:C1:37:5E:{number >> 8:02X}:{number & 255:02X}",
            name or NAMES[self.family][0],
            connectable=True,
            mtu=23,
        )
        self.word, self.closed = word, closed
        ways = {"notify", "write-without-response"}
        ways |= {"write"} if closed in {"refusing", "barred"} else set()
        line = Characteristic("ffe1", 18, frozenset(ways), (Descriptor("2902", 19),))
        self.services = (Service("ffe0", 16, (line,)),)
        self.rng = random.Random(number)
        self.words: list[Word] = []
        self.orders: list[tuple[float, int, str]] = []
        self.told: list[tuple[float, float, float]] = []
        self.links = 0
        self.opened = self.dumb = self.asked = False
        self.locked: set[str] = set()
        self.loses = 0.0  # share of frames, there and back
        self.breaks = (
            0.0  # share of links that break, at one of the first things that they carry
        )
        self.breaks_in = 0
        self.late = 0.05  # s
        self.cut = (
            ""  # "word": the link breaks right after it; "answer": right before it
        )
        self.hung = self.acknowledges = False
        self.acts = True
        self.waiting: list[asyncio.TimerHandle] = []

    @property
    def wrong(self) -> list[Word]:
        """Return the wrong ones."""
        return [one for one in self.words if not one.right]

    @override
    def advertisement(self, now: float) -> tuple[bytes, bytes] | None:
        data = ad.payload(ad.flags(), ad.services16(0xFFE0))
        return data, ad.payload(ad.name(self.name or ""))

    @override
    def connected(self, now: float) -> None:
        self.links += 1
        self.opened = self.dumb = self.asked = False
        self.breaks_in = (
            self.rng.randint(1, 6) if self.rng.random() < self.breaks else 0
        )
        self.begin()

    def begin(self) -> None:
        """Forget what was half said."""

    @override
    def disconnected(self, now: float) -> None:
        for one in self.waiting:
            one.cancel()
        self.waiting.clear()

    @override
    def write(self, uuid: str, data: bytes, response: bool) -> None:
        if self.rng.random() < self.loses:
            return
        frame = self.whole(data)
        is_word = frame is not None and self.is_word(frame)
        shut = self.closed in {"refusing", "barred"} and not self.opened
        if shut and (not is_word or self.closed == "barred"):
            if frame is not None:
                self.asked = True
            if response:
                raise GattError(REFUSED)
            return
        if frame is None:
            return
        answers = self.hear(frame) if is_word else self.answer(frame)
        self.breaks_in -= 1
        if self.breaks_in == 0 and self.leave:
            self.leave()
            return
        for one in answers:
            self.say(one)

    def hear(self, frame: bytes) -> list[bytes]:
        """Take a frame of a password, and what it makes."""
        text = self.spoken(frame)
        if text is None:
            return []
        right = bool(self.word) and text == self.word
        self.words.append(Word(now(), self.links, text, right, self.asked))
        self.opened, self.dumb = right, not right
        if self.cut == "word" and self.leave:
            self.leave()
        return self.thanks(frame) if right and self.acknowledges else []

    def answer(self, frame: bytes) -> list[bytes]:
        """Answer anything else."""
        if self.hung or self.dumb or (self.closed != "open" and not self.opened):
            self.asked = True
            return []
        if self.cut == "answer" and self.leave:
            self.leave()
            return []
        return self.reply(frame)

    def say(self, frame: bytes) -> None:
        """Send an answer in its time, piece by piece."""
        if self.rng.random() >= self.loses:
            loop = asyncio.get_running_loop()
            self.waiting.append(loop.call_later(self.late, self._send, frame))

    def _send(self, frame: bytes) -> None:
        for at in range(0, len(frame), PIECE):
            if self.notify:
                self.notify("ffe1", frame[at : at + PIECE])

    def values(self) -> tuple[float, float, int, int]:
        """Return volts, amperes, percent, and millivolts of a cell: others each time, and keep them."""
        turn = len(self.told)
        volts, amps = 13.0 + abs(turn % 8 - 4) * 0.1, (turn % 7 - 3) / 10
        percent = 50 + abs(turn % 20 - 10)
        self.told.append((round(volts, 2), amps, float(percent)))
        return volts, amps, percent, round(volts * 250)

    def obey(self, what: str, state: int) -> None:
        """Take an order, from whoever has said the password."""
        self.orders.append((now(), self.links, f"{what} {state}"))
        if self.acts:
            (self.locked.discard if state else self.locked.add)(what)

    def code(self, what: str) -> int:
        """Return what a FET says."""
        return OFF if what in self.locked else ON

    @abstractmethod
    def whole(self, data: bytes) -> bytes | None:
        """Return a frame when it is complete."""

    @abstractmethod
    def is_word(self, frame: bytes) -> bool:
        """Tell whether it is of a password."""

    @abstractmethod
    def spoken(self, frame: bytes) -> str | None:
        """Return a password when it is complete."""

    def thanks(self, frame: bytes) -> list[bytes]:
        """Return what acknowledges a password."""
        return []

    @abstractmethod
    def reply(self, frame: bytes) -> list[bytes]:
        """Answer a question or an order."""


class New(Closed):
    """Speak 7E A1."""

    family = "ant"
    ORDERS: Final = {1: ("discharge", 0), 3: ("discharge", 1), 4: ("charge", 0), 6: ("charge", 1)}  # fmt: skip
    control = ""  # the password for commands, where it is another one

    @override
    def begin(self) -> None:
        self.begun = b""

    @override
    def whole(self, data: bytes) -> bytes | None:
        self.begun = data if data.startswith(b"\x7e\xa1") else self.begun + data
        if not self.begun.endswith(b"\xaa\x55") or len(self.begun) < 10:
            return None
        frame, self.begun = self.begun, b""
        return frame if crc(frame[1:-4]) == frame[-4:-2] else None

    @override
    def is_word(self, frame: bytes) -> bool:
        return frame[2] == 0x23

    @override
    def spoken(self, frame: bytes) -> str | None:
        return frame[6:-4].decode("utf-8", "replace")

    @override
    def thanks(self, frame: bytes) -> list[bytes]:
        return [self.frame(0x43, 0x016A, b"\x05\x00")]

    @staticmethod
    def frame(kind: int, where: int, inside: bytes) -> bytes:
        """Return a reply."""
        said = struct.pack("<BBHB", 0xA1, kind, where, len(inside)) + inside
        return b"\x7e" + said + crc(said) + b"\xaa\x55"

    @override
    def reply(self, frame: bytes) -> list[bytes]:
        kind, where = frame[2], int.from_bytes(frame[3:5], "little")
        if kind == 0x01:
            return [self.frame(0x11, 0, self.status())]
        if kind == 0x51 and where in self.ORDERS and self.opened:
            self.obey(*self.ORDERS[where])
            return [self.frame(0x61, where, b"\x01\x00")]
        return []

    def status(self) -> bytes:
        """Return the body of the status."""
        volts, amps, percent, cell = self.values()
        drives = sum(1 << bit for bit, what in ((23, "charge"), (24, "discharge")) if what not in self.locked)  # fmt: skip
        head = struct.pack("<4B3Q", 0, 1, 2, 4, 0, drives, 0)
        cells = struct.pack("<4H", *[cell] * 4)
        warm = struct.pack("<4h", 21, -40, 22, 23)
        main = struct.pack("<HhHH", round(volts * 100), -round(amps * 10), percent, 99)
        fets = bytes((self.code("discharge"), self.code("charge"), 4, 0))
        size = struct.pack("<IIIi2I", 100_000_000, percent * 1_000_000, 500_000, -round(volts * amps), 1000, 0)  # fmt: skip
        ends = struct.pack("<10H", cell, 1, cell, 2, 0, cell, 0, 130, 120, 0)
        tail = struct.pack("<HH4I", 0xFAF2, 0, 1000, 2000, 3000, 4000)
        return head + cells + warm + main + fets + size + ends + tail


class Old(Closed):
    """Speak DB DB and AA 55 AA FF."""

    family = "ant_leg"

    @override
    def begin(self) -> None:
        self.parts: dict[int, bytes] = {}

    @override
    def whole(self, data: bytes) -> bytes | None:
        good = len(data) == 6 and sum(data[2:5]) & 0xFF == data[5]
        return data if good and data[:2] in {b"\xdb\xdb", b"\xa5\xa5"} else None

    @override
    def is_word(self, frame: bytes) -> bool:
        return frame[0] == 0xA5 and 0xF1 <= frame[2] <= 0xF4

    @override
    def spoken(self, frame: bytes) -> str | None:
        self.parts[frame[2]] = frame[3:5]
        if frame[2] != 0xF4:
            return None
        whole = b"".join(self.parts.get(one, b"??") for one in range(0xF1, 0xF5))
        self.parts = {}
        return whole.decode("latin-1")

    @override
    def reply(self, frame: bytes) -> list[bytes]:
        if frame[0] == 0xDB:
            return [self.status()] if frame[2] == 0 else []
        if frame[2] in {0xF9, 0xFA} and self.opened:
            self.obey("discharge" if frame[2] == 0xF9 else "charge", frame[4])
        return []

    def status(self) -> bytes:
        """Return the 140 bytes."""
        volts, amps, percent, cell = self.values()
        said = struct.pack(">H32H", round(volts * 10), *[cell] * 4, *[0] * 28)
        said += struct.pack(">iB", -round(amps * 10), percent)
        said += struct.pack(">4I", 100_000_000, percent * 1_000_000, 500_000, 1000)
        said += struct.pack(">6h", 23, 22, 21, -40, -40, -40)
        said += bytes((self.code("charge"), self.code("discharge"), 4))
        said += struct.pack(">HHBi", 0, 0, 0, -round(volts * amps))
        said += struct.pack(">BHBHHB", 1, cell, 2, cell, cell, 4)
        said += struct.pack(">4HIH", 0, 0, 0, 0, 0, 0)
        assert len(said) == 134
        return b"\xaa\x55\xaa\xff" + said + (sum(said) & 0xFFFF).to_bytes(2)


class Mixed(New):
    """Speak both: 7E A1 where it is asked so, and AA 55 AA FF after DB DB."""

    def __init__(self, word: str, closed: str = "silent", **more: Any) -> None:
        self.old = Old(word[:8], closed)
        super().__init__(word, closed, **more)

    @override
    def whole(self, data: bytes) -> bytes | None:
        if data[:2] == b"\xdb\xdb":
            return self.old.whole(data)
        return super().whole(data)

    @override
    def is_word(self, frame: bytes) -> bool:
        return frame[0] == 0x7E and super().is_word(frame)

    @override
    def reply(self, frame: bytes) -> list[bytes]:
        if frame[0] == 0xDB:
            self.old.told = self.told
            return [self.old.status()]
        return super().reply(frame)
