"""Offgridtec LiFePO4 Smart Pro, types A and B: ASCII registers, little endian. Source: what aiobmsble reads.

Every byte in either direction is combined with one key that is made of the advertised name (letter and
serial number). Request ``+RAA`` or ``+R16`` + register + length, reply ``+RD,`` + register + data + CR
LF; a refusal begins ``+RD,Err``, goes on at will and may lack the end of line. Three bytes of data are a
signed number and a factor. Voltage, current and level are needed, every other register may be missing.
The standard device information holds rubbish. Long because each of the two types has a table, and
every byte is scrambled.
"""

from collections.abc import Iterator
from contextlib import suppress
from datetime import date
import re
from typing import Final, NamedTuple, override

from ...model.errors import FrameError, Unsupported
from ...model.fields import Field
from ...model.sample import Probe
from ..catalogue import Listing, names
from ..codec import Draft
from ..contract import Ask, Context, Family, Pacing, Talk, Wire, extra
from ..framing import Change, LineFramer, TranslatingFramer
from ..raw import scaled

LISTING: Final = Listing(
    title="Offgridtec Smart Pro",
    brands=("Offgridtec",),
    match=names("SmartBat-[AB]*", service="fff0"),
)

_NAME: Final = re.compile(r"SmartBat-([AB])([0-9]+)[\s\0]*")
_DIGITS: Final = (2, 5, 4, 3, 1, 4, 1, 6, 8, 3, 7, 2, 5, 8, 9, 3)
_REFUSED: Final = b"+RD,Err"
_REPLY: Final = re.compile(rb"\+RD,(?:[0-9A-Fa-f]{2}){2,16}")
_FIRST_CELL: Final = 0x3F  # counted down
_MOST_CELLS: Final = 16
_NEVER: Final = 0xFFFF  # minutes: not discharging, or not charging
_CELLS: Final = "cells"


class Register(NamedTuple):
    """Hold where a value is: (raw + offset) x scale."""

    field: Field
    number: int
    length: int
    scale: float = 1
    offset: float = 0


class Type(NamedTuple):
    """Hold what differs between the two types; ``made`` is the register of the production date."""

    request: bytes
    salt: int
    needed: tuple[Register, ...]
    others: tuple[Register, ...]
    made: int
    cells: bool


_TYPES: Final = {
    "A": Type(
        b"+RAA",
        5,
        (
            Register(Field.BATTERY_LEVEL, 0x02, 1),
            Register(Field.VOLTAGE, 0x08, 2, 0.001),
            Register(Field.CURRENT, 0x10, 3, 0.01),
        ),
        (
            Register(Field.CYCLE_CHARGE, 0x04, 3, 0.001),
            Register(Field.PROBE_TEMPERATURE, 0x0C, 2, 0.1, -2731.5),
            Register(Field.RUNTIME, 0x18, 2, 60),
            Register(Field.CYCLES, 0x2C, 2),
            Register(Field.DESIGN_CAPACITY, 0x3C, 3, 0.001),
            Register(Field.FULL_CHARGE, 0x06, 3, 0.001),
            Register(Field.TIME_TO_FULL, 0x1A, 2, 60),
        ),
        made=0x48,
        cells=False,
    ),
    "B": Type(
        b"+R16",
        8,
        (
            Register(Field.VOLTAGE, 0x09, 2, 0.001),
            Register(Field.CURRENT, 0x0A, 3, 0.001),
            Register(Field.BATTERY_LEVEL, 0x0D, 1),
        ),
        (
            Register(Field.PROBE_TEMPERATURE, 0x08, 2, 0.1, -2731.5),
            Register(Field.CYCLE_CHARGE, 0x0F, 3, 0.001),
            Register(Field.RUNTIME, 0x12, 2, 60),
            Register(Field.CYCLES, 0x17, 2),
            Register(Field.DESIGN_CAPACITY, 0x18, 3, 0.001),
            Register(Field.FULL_CHARGE, 0x10, 3, 0.001),
            Register(Field.TIME_TO_FULL, 0x13, 2, 60),
        ),
        made=0x1B,
        cells=True,
    ),
}
_TIMES: Final = (Field.RUNTIME, Field.TIME_TO_FULL)


def _device(context: Context) -> tuple[Type, int]:
    """Return type and serial number; raises ``Unsupported`` for a name that does not hold them."""
    found = _NAME.fullmatch(context.name)
    if found is None:
        raise Unsupported("name")
    return _TYPES[found[1]], int(found[2])


def scramble(context: Context) -> Change:
    """Make the translation of this device, which is its own reverse."""
    kind, serial = _device(context)
    key = kind.salt + sum(_DIGITS[int(digit, 16)] for digit in f"{serial:04X}")
    return lambda data: bytes(byte ^ key & 0xFF for byte in data)


def check(line: bytes) -> None:
    """Check that a line is an answer."""
    if line.startswith(_REFUSED):
        raise FrameError("refused")
    if not _REPLY.fullmatch(line):
        raise FrameError("reply")


class AnswerFramer(LineFramer):
    """Cut lines; a refusal counts as soon as it shows, since its line may never end."""

    def __init__(self) -> None:
        """Belong to one connection."""
        super().__init__(b"\r\n", check)

    @override
    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """Take one notification; give each line it completes."""
        yield from super().feed(chunk)
        if self._buffer.startswith(_REFUSED):
            self.rejects["refused"] += 1
            self.reset()


def framer(context: Context) -> TranslatingFramer:
    """Make the framer: gives plain lines."""
    return TranslatingFramer(AnswerFramer(), before=scramble(context))


def _ask(context: Context, register: int, length: int) -> Ask:
    """Make the question for a register."""
    digits = b"%02X" % register
    request = _device(context)[0].request + digits + b"%02X" % length
    return Ask(
        request=scramble(context)(request),
        reply=lambda line: line[4:6].upper() == digits,
    )


def _number(line: bytes | None) -> int | None:
    """Read the number of an answer."""
    if line is None:
        return None
    data = bytes.fromhex(line[6:].decode("ascii"))
    value = int.from_bytes(data[:2], "little", signed=len(data) > 2)
    return value * max(data[2], 1) if len(data) > 2 else value


def poll(context: Context) -> Talk[Draft]:
    """Read one register after the other, and the cells."""
    kind, _ = _device(context)
    draft = Draft()
    for register in kind.needed:
        line = yield _ask(context, register.number, register.length)
        _put(draft, register, _number(line))
    for register in kind.others:
        line = yield from extra(
            context, _ask(context, register.number, register.length)
        )
        _put(draft, register, _number(line))
    if kind.cells:
        yield from _read_cells(context, draft)
    return draft


def _put(draft: Draft, register: Register, raw: int | None) -> None:
    """Take the value of a register; none for one that does not exist."""
    if raw is None or (raw == _NEVER and register.field in _TIMES):
        return
    value = scaled(raw, register.scale, register.offset)
    if register.field is not Field.PROBE_TEMPERATURE:
        draft.put(register.field, value)
    elif raw:
        draft.probes.append(Probe(value))


def _read_cells(context: Context, draft: Draft) -> Talk[None]:
    """Read cells until one does not exist; one that did before keeps its place."""
    known = int(context.memory.get(_CELLS, 0))
    for n in range(_MOST_CELLS):
        raw = _number((yield from extra(context, _ask(context, _FIRST_CELL - n, 2))))
        if raw is None and n >= known:
            break
        draft.cells.append(None if raw is None else scaled(raw, 0.001))
    if not any(draft.cells):
        draft.cells.clear()
    context.memory[_CELLS] = max(known, len(draft.cells))


def inform(context: Context) -> Talk[Draft]:
    """Take the serial number from the name, and read when the battery was made."""
    kind, serial = _device(context)
    draft = Draft(info={"serial_number": str(serial)})
    raw = _number((yield from extra(context, _ask(context, kind.made, 2))))
    if raw:
        with suppress(ValueError):
            made = date(1980 + (raw >> 9), raw >> 5 & 15, raw & 31)
            draft.info["production_date"] = made.isoformat()
    return draft


FAMILY: Final = Family(
    id="ogt",
    wires=(Wire(service="fff0", notify=("fff4",), write="fff6"),),
    framer=framer,
    dialogue=poll,
    inform=inform,
    # Up to 27 questions, one after the other.
    pacing=Pacing(deadline=30.0),
    standard_info=False,
)
