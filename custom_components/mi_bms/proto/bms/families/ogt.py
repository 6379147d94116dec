"""Offgridtec LiFePO4 Smart Pro, types A and B: ASCII registers, little endian. Source: what aiobmsble reads.

Every byte in either direction is combined with one key that is made of the advertised name (letter and
serial number). Request ``+RAA`` or ``+R16`` + register + length, reply ``+RD,`` + register + data + CR
LF, or ``+RD,Err``. Three bytes of data are a signed number and a factor. The standard device
information holds rubbish. Long because each of the two types has a table, and every byte is
scrambled.
"""

import re
from typing import Final, NamedTuple

from ...model.errors import FrameError, Unsupported
from ...model.fields import Field
from ...model.sample import Probe
from ..codec import Draft, scaled
from ..contract import Ask, Context, Family, Pacing, Talk, Wire
from ..framing import Change, LineFramer, TranslatingFramer

_NAME: Final = re.compile(r"SmartBat-([AB])([0-9]+)[\s\0]*")
_DIGITS: Final = (2, 5, 4, 3, 1, 4, 1, 6, 8, 3, 7, 2, 5, 8, 9, 3)
_REFUSED: Final = b"+RD,Err"
_REPLY: Final = re.compile(rb"\+RD,(?:[0-9A-Fa-f]{2}){2,16}")
_FIRST_CELL: Final = 0x3F  # counted down
_MOST_CELLS: Final = 16
_NOT_DISCHARGING: Final = 0xFFFF


class Register(NamedTuple):
    """Hold where a value is: (raw + offset) x scale."""

    field: Field
    number: int
    length: int
    scale: float = 1
    offset: float = 0


class Type(NamedTuple):
    """Hold what differs between the two types."""

    request: bytes
    salt: int
    registers: tuple[Register, ...]
    cells: bool


_TYPES: Final = {
    "A": Type(
        b"+RAA",
        5,
        (
            Register(Field.BATTERY_LEVEL, 0x02, 1),
            Register(Field.CYCLE_CHARGE, 0x04, 3, 0.001),
            Register(Field.VOLTAGE, 0x08, 2, 0.001),
            Register(Field.PROBE_TEMPERATURE, 0x0C, 2, 0.1, -2731.5),
            Register(Field.CURRENT, 0x10, 3, 0.01),
            Register(Field.RUNTIME, 0x18, 2, 60),
            Register(Field.CYCLES, 0x2C, 2),
            Register(Field.DESIGN_CAPACITY, 0x3C, 3, 0.001),
        ),
        cells=False,
    ),
    "B": Type(
        b"+R16",
        8,
        (
            Register(Field.PROBE_TEMPERATURE, 0x08, 2, 0.1, -2731.5),
            Register(Field.VOLTAGE, 0x09, 2, 0.001),
            Register(Field.CURRENT, 0x0A, 3, 0.001),
            Register(Field.BATTERY_LEVEL, 0x0D, 1),
            Register(Field.CYCLE_CHARGE, 0x0F, 3, 0.001),
            Register(Field.RUNTIME, 0x12, 2, 60),
            Register(Field.CYCLES, 0x17, 2),
            Register(Field.DESIGN_CAPACITY, 0x18, 3, 0.001),
        ),
        cells=True,
    ),
}


def _device(context: Context) -> tuple[Type, int]:
    """Give type and serial number; raises ``Unsupported`` for a name that does not hold them."""
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
    if line != _REFUSED and not _REPLY.fullmatch(line):
        raise FrameError("reply")


def framer(context: Context) -> TranslatingFramer:
    """Make the framer: gives plain lines."""
    return TranslatingFramer(LineFramer(b"\r\n", check), before=scramble(context))


def _ask(context: Context, register: int, length: int) -> Talk[int | None]:
    """Read one number; None when the register does not exist."""
    digits = b"%02X" % register
    request = _device(context)[0].request + digits + b"%02X" % length
    line = (
        yield Ask(
            request=scramble(context)(request),
            reply=lambda line: line == _REFUSED or line[4:6].upper() == digits,
        )
    ) or b""
    if line == _REFUSED:
        return None
    data = bytes.fromhex(line[6:].decode("ascii"))
    value = int.from_bytes(data[:2], "little", signed=len(data) > 2)
    return value * max(data[2], 1) if len(data) > 2 else value


def poll(context: Context) -> Talk[Draft]:
    """Read one register after the other, and cells until one does not exist."""
    kind, _ = _device(context)
    draft = Draft()
    for register in kind.registers:
        raw = yield from _ask(context, register.number, register.length)
        if raw is None:
            raise FrameError("refused")
        value = scaled(raw, register.scale, register.offset)
        if register.field is Field.PROBE_TEMPERATURE:
            draft.probes.append(Probe(value))
        elif register.field is not Field.RUNTIME or raw != _NOT_DISCHARGING:
            draft.put(register.field, value)
    for n in range(_MOST_CELLS if kind.cells else 0):
        raw = yield from _ask(context, _FIRST_CELL - n, 2)
        if raw is None:
            break
        draft.cells.append(scaled(raw, 0.001))
    return draft


def inform(context: Context) -> Talk[Draft]:
    """Take the serial number from the name."""
    yield from ()
    return Draft(info={"serial_number": str(_device(context)[1])})


FAMILY: Final = Family(
    id="ogt",
    wires=(Wire(service="fff0", notify=("fff4",), write="fff6"),),
    framer=framer,
    dialogue=poll,
    inform=inform,
    # Up to 25 questions, one after the other.
    pacing=Pacing(deadline=30.0),
    standard_info=False,
)
