"""More boards that take commands: both languages of Daly, and ANT, which wants a password first."""

from collections.abc import Iterable
import struct
from typing import override

from .command_boards import SWITCHES, Board

WORD = "Zq7-swordfis"


def crc(data: bytes) -> bytes:
    """Return the check of Modbus."""
    value = 0xFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0xA001 if value & 1 else 0)
    return value.to_bytes(2, "little")


class Daly(Board):
    """Speak D2: a memory of registers; its switches tell what was ordered, besides what conducts."""

    advertised = 0xFFF0
    uuids = ("fff0", "fff1", "fff2")
    REGISTERS = {0xA5: "charge", 0xA6: "discharge", 0xCF: "balancer"}

    def __init__(self, number: int = 1) -> None:
        super().__init__(f"41:18:12:0C:00:{number:02X}", f"DL-own{number}")
        self.mtu, self.alarms = 247, 0

    def _send(self, frame: bytes) -> None:
        if self.notify:
            self.notify(self.uuids[1], frame)

    def memory(self) -> dict[int, int]:
        """Return what its registers hold; the others hold 0."""
        told = {at: what not in self.locked for at, what in self.REGISTERS.items()}
        values = {0: 3290, 1: 3291, 2: 3292, 3: 3293, 0x20: self.celsius + 40}
        values |= {
            0x28: 132,
            0x29: 30000 + round(self.amps * 10),
            0x2A: self.level * 10,
        }
        values |= {0x30: self.level * 10, 0x31: 4, 0x32: 1, 0x33: 5}
        values |= {0x35: self.conducts("charge"), 0x36: self.conducts("discharge")}
        values |= {
            0x2B: 3293,
            0x2C: 3290,
            0x2D: self.celsius + 40,
            0x2E: self.celsius + 40,
        }
        values |= {0x34: "balancer" not in self.locked, 0x37: 3291, 0x38: 3, 0x80: 1000}
        words = struct.unpack(">4H", self.alarms.to_bytes(8))
        return values | told | dict(zip(range(0x3A, 0x3E), words, strict=True))

    @override
    def answer(self, data: bytes) -> list[bytes]:
        if len(data) != 8 or data[0] != 0xD2 or crc(data[:-2]) != data[-2:]:
            return []
        at, amount = struct.unpack(">HH", data[2:6])
        if data[1] == 0x03:
            words = [int(self.memory().get(at + n, 0)) for n in range(amount)]
            body = bytes((0xD2, 3, amount * 2)) + struct.pack(f">{amount}H", *words)
            return [body + crc(body)]
        wishes = {self.REGISTERS[at]: bool(amount)} if at in self.REGISTERS else {}
        return self.obey(data, wishes, [data])


class DalyLegacy(Board):
    """Speak A5: each question has a frame of its own, and ``silent`` ones get none."""

    advertised = 0xFFF0
    uuids = ("fff0", "fff1", "fff2")

    def __init__(self, number: int = 1) -> None:
        super().__init__(f"41:18:12:0D:00:{number:02X}", f"DL-old{number}")
        self.silent: set[int] = set()
        self.failures = bytes(8)

    @staticmethod
    def frame(command: int, data: bytes) -> bytes:
        """Return a frame of 13 bytes."""
        body = bytes((0xA5, 1, command, 8)) + data.ljust(8, b"\0")
        return body + bytes((sum(body) & 0xFF,))

    @override
    def answer(self, data: bytes) -> list[bytes]:
        if len(data) != 13 or data[0] != 0xA5:
            return []
        command = data[2]
        if command in {0xD9, 0xDA}:
            wishes = {"discharge" if command == 0xD9 else "charge": bool(data[4])}
            ack = self.frame(command, data[4:5] + bytes.fromhex("0d130d210d17c0"))
            return self.obey(data, wishes, [ack])
        if command in self.silent:
            return []
        warm, fets = self.celsius + 40, [self.conducts(one) for one in SWITCHES]
        told = {
            0x90: [struct.pack(">4H", 132, 0, 30000 - round(self.amps * 10), self.level * 10)],
            0x91: [struct.pack(">HBHB", 3293, 4, 3290, 1)],
            0x92: [bytes((warm, 1, warm, 1))],
            0x93: [bytes((0, *fets, 7)) + (self.level * 1000).to_bytes(4)],
            0x94: [bytes((4, 1, 0, 0, 0, 0, 5, 0))],
            0x95: [struct.pack(">B3H", 1, 3290, 3291, 3292), struct.pack(">BH", 2, 3293)],
            0x96: [bytes((1, warm))],
            0x97: [b""],
            0x98: [self.failures],
        }  # fmt: skip
        return [self.frame(command, one) for one in told.get(command, [])]


class Ant(Board):
    """Speak 7E A1: silent after a wrong password, for the rest of the connection."""

    advertised = 0xFFE0
    uuids = ("ffe0", "ffe1", "ffe1")
    ORDERS = {
        6: {"charge": True}, 4: {"charge": False}, 3: {"discharge": True}, 1: {"discharge": False},
    }  # fmt: skip

    def __init__(self, number: int = 1, word: str = WORD) -> None:
        super().__init__(f"AA:BB:CC:0C:00:{number:02X}", f"ANT-BLE24own{number}")
        self.word, self.spoken, self.open, self.dead = word, list[bytes](), False, False
        self.begun = b""
        self.falls_silent = True
        self.codes = dict.fromkeys(SWITCHES, 1)

    @override
    def connected(self, now: float) -> None:
        super().connected(now)
        self.open, self.dead, self.begun = False, False, b""

    @staticmethod
    def frame(function: int, at: int, data: bytes) -> bytes:
        """Return a reply."""
        body = (
            bytes((0xA1, function))
            + at.to_bytes(2, "little")
            + bytes((len(data),))
            + data
        )
        return b"\x7e" + body + crc(body) + b"\xaa\x55"

    @override
    def answer(self, data: bytes) -> list[bytes]:
        self.begun = data if data.startswith(b"\x7e\xa1") else self.begun + data
        data = self.begun
        if (
            self.dead
            or not data.endswith(b"\xaa\x55")
            or crc(data[1:-4]) != data[-4:-2]
        ):
            return []
        self.begun = b""
        function, at = data[2], int.from_bytes(data[3:5], "little")
        if function == 0x23:
            self.spoken.append(data[6:-4])
            self.open = data[6:-4] == self.word.encode()
            self.dead = self.falls_silent and not self.open
            return [self.frame(0x43, at, b"\x05\x00")] if self.open else []
        if function == 0x51:
            if not self.open:
                self.orders.append(data)
                return []
            return self.obey(
                data, self.ORDERS.get(at, {}), [self.frame(0x61, at, b"\x01\x00")]
            )
        if function == 0x02:
            return [
                self.frame(
                    0x12, at, b"24BH".ljust(16, b"\0") + b"24BHUB00".ljust(16, b"\0")
                )
            ]
        return [self.frame(0x11, at, self.status())] if function == 0x01 else []

    def code(self, what: str) -> int:
        """Return the code of a switch: by hand, or what it has of its own."""
        return 0x0F if what in self.locked else self.codes[what]

    def status(self) -> bytes:
        """Return bytes 6 and up of the status: four cells, two probes."""
        base, data = 2 * (4 + 2), bytearray(150)
        fields: Iterable[tuple[int, bytes]] = (
            (6, bytes((0, 1, 2, 4))),
            (34, struct.pack("<4H", 3290, 3291, 3292, 3293)),
            (42, struct.pack("<4h", *[self.celsius] * 4)),
            (38 + base, struct.pack("<HhHH", 1317, -round(self.amps * 10), self.level, 100)),
            (46 + base, bytes((self.code("discharge"), self.code("charge"), 0, 0))),
            (50 + base, struct.pack("<III", 100_000_000, self.level * 1_000_000, 500_000)),
            (74 + base, struct.pack("<6H", 3293, 4, 3290, 1, 3, 3291)),
            (94 + base, b"\xf2\xfa"),
        )  # fmt: skip
        for at, value in fields:
            data[at - 6 : at - 6 + len(value)] = value
        return bytes(data)
