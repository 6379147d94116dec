"""Boards that obey commands, made from the protocol pages and not from the code that talks to them.

A board knows what was commanded and what a protection holds, and says of itself what its family tells.
It can lose commands and acknowledgements, act late or not at all, refuse, and break the connection.
"""

import asyncio
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from functools import cache
import json
from pathlib import Path
from typing import Any, ClassVar, Final, override

from custom_components.mi_bms.proto.bms import registry
from custom_components.mi_bms.proto.bms.contract import Family
from custom_components.mi_bms.proto.gatt.link import Notified
from custom_components.mi_bms.proto.model.errors import LOST, Unreachable
from tests.proto.bms.fixtures import VECTORS

ROWS: Final[list[dict[str, Any]]] = json.loads(
    (Path(__file__).parents[2] / "fixtures" / "control.json").read_text()
)
# The first row that has the frame of a command says what it commands.
ORDERS: Final = {
    (row["family"], bytes.fromhex(row["frame"])): {row["target"]: row["on"]}
    for row in reversed(ROWS)
    if row["use"] == "command"
}
ANSWERS_AFTER: Final = 0.02  # s


@cache
def crc(data: bytes, polynomial: int, start: int, *, reflected: bool) -> int:
    """Compute a CRC of 16 bits, bit by bit."""
    value = start
    for byte in data:
        for n in range(8):
            bit = byte >> (n if reflected else 7 - n) & 1
            if reflected:
                value = value >> 1 ^ (polynomial if (value ^ bit) & 1 else 0)
            else:
                high = value >> 15 & 1
                value = (value << 1 & 0xFFFF) ^ (polynomial if high ^ bit else 0)
    return value


def modbus(data: bytes | bytearray) -> bytes:
    return crc(bytes(data), 0xA001, 0xFFFF, reflected=True).to_bytes(2, "little")


def xmodem(data: bytes | bytearray) -> bytes:
    return crc(bytes(data), 0x1021, 0, reflected=False).to_bytes(2, "big")


def total(data: bytes, size: int = 1, order: Any = "big") -> bytes:
    return (sum(data) % 256**size).to_bytes(size, order)


def checked(family: str, frame: bytes) -> bool:
    """Return whether the check of a frame, in either direction, is right."""
    match family:
        case "jbd":
            # The register counts in a request, the status in its place in an answer.
            core = frame[2:-3]
            return frame[-3:-1] == ((0x10000 - sum(core)) % 0x10000).to_bytes(2)
        case "daly":
            return modbus(frame[:-2]) == frame[-2:]
        case "ant":
            return modbus(frame[1:-4]) == frame[-4:-2]
        case "ant_leg":
            return total(frame[2:-1]) == frame[-1:]
        case "humsienk":
            return total(frame[1:-2], 2, "little") == frame[-2:]
        case "seplos_v2":
            return xmodem(frame[1:-3]) == frame[-3:-1]
    return total(frame[:-1]) == frame[-1:]


@cache
def recorded(vector_id: str) -> dict[bytes, list[bytes]]:
    """Return what a recorded board answers, by question."""
    vector = next(one for one in VECTORS if one["id"] == vector_id)
    return {
        bytes.fromhex(entry["write"]): [bytes.fromhex(one) for one in entry["notify"]]
        for entry in vector["exchange"]
        if entry.get("notify")
    }


@dataclass(slots=True)
class Board:
    """One board. ``orders`` are the released targets, ``held`` those that a protection stops.

    ``lose`` commands get lost, ``mute`` acknowledgements; ``late`` is how long it takes to act,
    None for never. ``refuses`` answers every command with a no. ``broken`` and ``breaks`` end the
    connection before and after the next command. ``meddler`` is called once a command was heard.
    """

    orders: dict[str, bool]
    held: set[str] = field(default_factory=set)
    lose: int = 0
    mute: int = 0
    late: float | None = 0.0
    refuses: bool = False
    broken: bool = False
    breaks: bool = False
    noisy: bool = False
    meddler: Callable[[Board], None] | None = None
    commands: list[bytes] = field(default_factory=list)

    family_id: ClassVar[str]
    record: ClassVar[str]
    acknowledges: ClassVar[bool] = True
    # Targets whose protection the family does not tell apart from nothing.
    blind: ClassVar[Collection[str]] = ()

    @property
    def family(self) -> Family:
        return registry.load(self.family_id)

    def acts(self, target: str) -> bool:
        return self.orders[target] and target not in self.held

    def order(self, frame: bytes) -> dict[str, bool] | None:
        """Return what a frame commands, None for one that is no command."""
        return ORDERS.get((self.family_id, frame))

    def obey(self, changes: dict[str, bool]) -> None:
        self.orders.update(changes)

    def acknowledgement(self, frame: bytes) -> bytes | None:
        return None

    def refusal(self, frame: bytes) -> bytes | None:
        return None

    def says(self, frame: bytes) -> list[bytes]:
        """Return the answer to a question."""
        return []

    def answers(self, frame: bytes) -> Iterator[bytes]:
        """Answer a question or a command."""
        changes = self.order(frame)
        if changes is None:
            yield from self.says(frame)
            return
        self.commands.append(frame)
        if self.lose > 0:
            self.lose -= 1
            return
        if self.refuses:
            if (no := self.refusal(frame)) is not None:
                yield no
            return
        loop = asyncio.get_running_loop()
        if self.late is not None:
            loop.call_later(max(self.late, 0.05), self.obey, changes)
        if self.meddler is not None:
            loop.call_later(0.5, self.meddler, self)
            self.meddler = None
        if self.mute > 0:
            self.mute -= 1
        elif (yes := self.acknowledgement(frame)) is not None:
            yield yes


class Line:
    """An open connection to a board."""

    def __init__(self, board: Board) -> None:
        self.board = board
        self.open = True
        self._notified: dict[str, Notified] = {}
        self._wire = board.family.wires[0]

    @property
    def characteristics(self) -> Collection[str]:
        return {*self._wire.notify, self._wire.write or ""}

    def properties(self, uuid: str) -> Collection[str]:
        return ("read", "write", "write-without-response", "notify")

    def max_write(self, uuid: str) -> int:
        return 244

    async def subscribe(self, uuid: str, notified: Notified) -> None:
        self._notified[uuid] = notified

    async def read(self, uuid: str) -> bytes:
        raise Unreachable(LOST)

    async def write(self, uuid: str, data: bytes, *, response: bool) -> None:
        board = self.board
        told = board.order(data) is not None
        self.open &= not (told and board.broken)
        if not self.open:
            raise Unreachable(LOST)
        if told and board.breaks:
            list(board.answers(data))
            self.open = False
            raise Unreachable(LOST)
        loop = asyncio.get_running_loop()
        after = ANSWERS_AFTER
        for frame in board.answers(data):
            if board.noisy:
                loop.call_later(after, self._notify, b"\x00AT\r\nnoise\xff")
                after += 0.001
            for at in range(0, len(frame), 20):
                loop.call_later(after, self._notify, frame[at : at + 20])
                after += 0.001

    def _notify(self, chunk: bytes) -> None:
        if self.open:
            self._notified[self._wire.notify[0]](chunk)


def cells(pieces: list[bytes]) -> bytes:
    """Return the answer with the cells, which some records have behind another one."""
    whole = b"".join(pieces)
    return whole[whole.index(b"\xdd\x04") :]


class Jbd(Board):
    """Old boards: one word for both locks."""

    family_id = "jbd"
    record = "jbd:update"

    @override
    def order(self, frame: bytes) -> dict[str, bool] | None:
        if frame[:4] == bytes.fromhex("dd5ae102"):
            return {"charge": not frame[5] & 1, "discharge": not frame[5] & 2}
        found = Board.order(self, frame)
        return (
            {"charge": self.orders["charge"]} if found and "alarm" in found else found
        )

    @override
    def obey(self, changes: dict[str, bool]) -> None:
        if self.commands[-1][2] == 0x0A:
            self.held.clear()
        self.orders.update(changes)

    def reply(self, register: int, data: bytes, status: int = 0) -> bytes:
        core = bytes((status, len(data))) + data
        check = ((0x10000 - sum(core)) % 0x10000).to_bytes(2)
        return bytes((0xDD, register)) + core + check + b"\x77"

    @override
    def acknowledgement(self, frame: bytes) -> bytes | None:
        if frame[2] == 0xFB:
            return self.reply(0xFB, b"", 0x80)
        return self.reply(frame[2], b"")

    @override
    def refusal(self, frame: bytes) -> bytes | None:
        return self.reply(frame[2], b"", 0x81)

    @override
    def says(self, frame: bytes) -> list[bytes]:
        answers = recorded(self.record)
        if frame != bytes.fromhex("dda50300fffd77"):
            return [cells(answers[frame])] if frame in answers else []
        whole = b"".join(answers[frame])
        data = bytearray(whole[4 : 4 + whole[3]])
        word = ("charge" in self.held) << 8 | ("discharge" in self.held) << 9
        word |= (not all(self.orders.values())) << 12
        data[16:18] = word.to_bytes(2)
        data[20] = self.acts("charge") | self.acts("discharge") << 1
        return [self.reply(3, bytes(data))]


class JbdNew(Jbd):
    """New boards: E1 is unknown to them."""

    @override
    def order(self, frame: bytes) -> dict[str, bool] | None:
        if frame[2] == 0xE1:
            return {}
        return Jbd.order(self, frame)

    @override
    def acknowledgement(self, frame: bytes) -> bytes | None:
        return self.reply(frame[2], b"", 0x80 if frame[2] == 0xE1 else 0)


class Jikong(Board):
    """A board for 32 cells; it tells its commands among the settings."""

    family_id = "jikong"
    record = "jikong:update[JK02_32S_v15]"

    @override
    def acknowledgement(self, frame: bytes) -> bytes | None:
        return bytes.fromhex("aa5590ebc8010100000000000000000000000044")

    @override
    def says(self, frame: bytes) -> list[bytes]:
        answers = {key: b"".join(told) for key, told in recorded(self.record).items()}
        if frame[4] != 0x96:
            return [answers[frame]] if frame in answers else []
        at = answers[frame].index(bytes.fromhex("55aaeb9002"))
        cells = bytearray(answers[frame][at : at + 299])
        cells[198], cells[199] = self.acts("charge"), self.acts("discharge")
        word = ("charge" in self.held) << 6 | ("discharge" in self.held) << 13
        cells[166:170] = word.to_bytes(4, "little")
        settings = bytearray(bytes.fromhex("55aaeb9001") + bytes(294))
        for name, place in (("charge", 118), ("discharge", 122), ("balancer", 126)):
            settings[place] = self.orders[name]
        settings[282] = self.orders["heater"]
        return [bytes(one) + total(one) for one in (settings, cells)]


class Daly(Board):
    """A D2 board."""

    family_id = "daly"
    record = "daly:update[210]"

    def data(self, data: bytes) -> bytes:
        core = bytes((0xD2, 3, len(data))) + data
        return core + modbus(core)

    @override
    def acknowledgement(self, frame: bytes) -> bytes | None:
        return frame

    @override
    def refusal(self, frame: bytes) -> bytes | None:
        core = bytes((0xD2, 0x86, 4))
        return core + modbus(core)

    @override
    def says(self, frame: bytes) -> list[bytes]:
        if frame == bytes.fromhex("d20300a50002c78b"):
            return [
                self.data(
                    bytes((0, self.orders["charge"], 0, self.orders["discharge"]))
                )
            ]
        if frame == bytes.fromhex("d20300cf0001a796"):
            return [self.data(bytes((0, self.orders["balancer"])))]
        if frame != bytes.fromhex("d2030000003ed7b9"):
            return []
        data = bytearray(b"".join(recorded(self.record)[frame])[3:-2])
        data[104:106] = bytes(2)
        data[106:108] = bytes((0, self.acts("charge")))
        data[108:110] = bytes((0, self.acts("discharge")))
        word = ("charge" in self.held) << 33 | ("discharge" in self.held) << 35
        data[116:124] = word.to_bytes(8)
        return [self.data(bytes(data))]


class DalyLegacy(Board):
    """An old Daly board: the effect is all that it tells."""

    family_id = "daly_legacy"
    record = "daly_legacy:all_commands"

    @override
    def acknowledgement(self, frame: bytes) -> bytes | None:
        # As captured: behind the state stands what was left there.
        core = b"\xa5\x01" + frame[2:5] + bytes.fromhex("0d130d210d17c0")
        return core + total(core)

    @override
    def says(self, frame: bytes) -> list[bytes]:
        told = [bytearray(one) for one in recorded(self.record).get(frame, ())]
        for one in told:
            if frame[2] == 0x95:
                # The record has a dead cell, which is a problem.
                one[5:11] = bytes.fromhex("0ce40ce40ce4")
            if frame[2] == 0x93:
                one[5], one[6] = self.acts("charge"), self.acts("discharge")
            if frame[2] == 0x98:
                one[4:12] = bytes(8)
                one[6] = ("charge" in self.held) << 1 | ("discharge" in self.held) << 3
            one[12:] = total(one[:12])
        return [bytes(one) for one in told]


def code(board: Board, target: str, stopped: int = 0x03) -> int:
    """Return the code of a MOSFET of an ANT board."""
    if not board.orders[target]:
        return 0x0F
    return stopped if target in board.held else 0x01


class Ant(Board):
    """A board that wants a password before a command, and is silent after a wrong one."""

    family_id = "ant"
    record = "ant:update"

    password = b"123456789abc"
    unlocked = False
    offended = False
    passwords = 0

    @override
    def order(self, frame: bytes) -> dict[str, bool] | None:
        found = Board.order(self, frame)
        return found if self.unlocked and not self.offended else None

    @override
    def acknowledgement(self, frame: bytes) -> bytes | None:
        core = b"\xa1\x61" + frame[3:5] + b"\x02\x01\x00"
        return b"\x7e" + core + modbus(core) + b"\xaa\x55"

    @override
    def says(self, frame: bytes) -> list[bytes]:
        if frame[2] == 0x23 and frame[3:5] == b"\x6a\x01":
            self.passwords += 1
            if frame[6:-4] != self.password:
                self.offended = True
                return []
            self.unlocked = True
            return [bytes.fromhex("7ea1436a010205001e5caa55")]
        if self.offended or frame != bytes.fromhex("7ea1010000be1855aa55"):
            return []
        told = bytearray(b"".join(recorded(self.record)[frame]))
        base = 2 * (told[8] + told[9])
        told[46 + base], told[47 + base] = code(self, "discharge"), code(self, "charge")
        told[-4:-2] = modbus(told[1:-4])
        return [bytes(told)]


class AntLegacy(Board):
    """An old ANT board: a command is applied by another one, and nothing is acknowledged."""

    family_id = "ant_leg"
    record = "ant_leg:update"
    acknowledges = False

    applied = False

    @override
    def obey(self, changes: dict[str, bool]) -> None:
        if self.applied:
            self.orders.update(changes)

    @override
    def says(self, frame: bytes) -> list[bytes]:
        self.applied |= frame == bytes.fromhex("a5a5ff0000ff")
        if frame != bytes.fromhex("dbdb00000000"):
            return []
        told = bytearray(b"".join(recorded(self.record)[frame]))
        told[103], told[104] = code(self, "charge"), code(self, "discharge")
        told[-2:] = total(told[4:-2], 2)
        return [bytes(told)]


class Redodo(Board):
    """A pack that acknowledges nothing, and does not tell what a protection stops of charging."""

    family_id = "redodo"
    record = "redodo:update"
    acknowledges = False
    blind = ("charge",)

    @override
    def says(self, frame: bytes) -> list[bytes]:
        if frame != bytes.fromhex("000004011355aa17"):
            return []
        told = bytearray(b"".join(recorded(self.record)[frame]))
        told[68:72] = bytes((0 if self.orders["discharge"] else 0x80, 0, 0, 0))
        word = ("charge" in self.held) << 6 | ("discharge" in self.held) << 7
        told[76:84] = word.to_bytes(8, "little")
        told[88:90] = bytes((1 if self.orders["charge"] else 4, 0))
        told[-1:] = total(told[:-1])
        return [bytes(told)]


class Humsienk(Board):
    """A pack that tells the effect alone."""

    family_id = "humsienk"
    record = "humsienk:update"

    @override
    def acknowledgement(self, frame: bytes) -> bytes | None:
        core = bytes((frame[1], 0))
        return b"\xaa" + core + total(core, 2, "little")

    @override
    def says(self, frame: bytes) -> list[bytes]:
        told = recorded(self.record).get(frame)
        if told is None or frame[1] != 0x20:
            return [b"".join(told or ())]
        whole = bytearray(b"".join(told))
        word = self.acts("charge") << 7 | self.acts("discharge") << 23
        word |= ("charge" in self.held) | ("discharge" in self.held) << 16
        whole[7:11] = word.to_bytes(4, "little")
        whole[-2:] = total(whole[1:-2], 2, "little")
        return [bytes(whole)]


class SeplosV2(Board):
    """A pack that tells the effect alone, and has no words for its protections."""

    family_id = "seplos_v2"
    record = "seplos_v2:update"
    blind = ("charge", "discharge", "heater")

    def answer(self, data: bytes) -> bytes:
        core = bytes((0x14, 0, 0xAA, 0, 0, len(data))) + data
        return b"\x7e" + core + xmodem(core) + b"\x0d"

    @override
    def acknowledgement(self, frame: bytes) -> bytes | None:
        return self.answer(b"\0")

    @override
    def refusal(self, frame: bytes) -> bytes | None:
        return self.answer(b"\x02")

    @override
    def says(self, frame: bytes) -> list[bytes]:
        told = recorded(self.record).get(frame)
        if told is None:
            return []
        whole = bytearray(b"".join(told))
        size = 10 + int.from_bytes(whole[5:7])
        whole = whole[:size]
        if whole[3] == 0x61:
            cells = whole[9]
            sensors = whole[10 + 2 * cells]
            at = 7 + 4 + 2 * cells + 2 * sensors + cells + sensors + 22
            whole[at] = (
                self.acts("discharge")
                | self.acts("charge") << 1
                | self.acts("heater") << 3
            )
            events = whole[at + 1]
            whole[at + 2 : at + 2 + events] = bytes(events)
            whole[at + 2] = bool(self.held)
        whole[-3:-1] = xmodem(whole[1:-3])
        return [bytes(whole)]


KINDS: Final[tuple[type[Board], ...]] = (
    Jbd,
    JbdNew,
    Jikong,
    Daly,
    DalyLegacy,
    Ant,
    AntLegacy,
    Redodo,
    Humsienk,
    SeplosV2,
)


def released(kind: type[Board]) -> Board:
    """Return a board of a kind on which nothing was switched off."""
    targets = {
        row["target"]
        for row in ROWS
        if row["family"] == kind.family_id and row["use"] == "command"
    }
    return kind(dict.fromkeys(sorted(targets - {"alarm"}), True))
