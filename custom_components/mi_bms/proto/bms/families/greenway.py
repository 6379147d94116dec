"""Greenway (Talaria and others): one register per request, little endian, 8-bit sum. Source: what aiobmsble and owners' own readers read.

Request ``46 16 01 reg len sum`` with the expected length, reply ``47 16 01 reg len <data> sum``.
Untested on hardware.
"""

from collections.abc import Mapping
from typing import Final

from ...model.errors import FrameError, NoAnswer
from ...model.fields import Field
from ..catalogue import Listing, Match
from ..checksum import sum8
from ..codec import Cells, Draft, Flags, Num, Probes, Row, Text, decode, decode_extra
from ..contract import Ask, Context, Family, Pacing, Talk, Wire, extra
from ..framing import LengthFramer, check_sum8, length_at
from ..raw import integer

LISTING: Final = Listing(
    title="Greenway battery",
    brands=("Greenway", "Talaria"),
    match=(Match(service="fff0", ouis=("C4:A9:B8",)),),
)


def _ask(register: int, length: int) -> Ask:
    """Make the question for a register."""
    core = bytes((0x46, 0x16, 1, register, length))
    return Ask(
        request=core + bytes((sum8(core),)), reply=bytes((0x47, 0x16, 1, register))
    )


# Register -> expected length and rows.
_NEEDED: Final[Mapping[int, tuple[int, tuple[Row, ...]]]] = {
    0x09: (4, (Num(Field.VOLTAGE, 0, "<u4", 0.001),)),
    0x0A: (4, (Num(Field.CURRENT, 0, "<i4", 0.001),)),
    0x0D: (4, (Num(Field.BATTERY_LEVEL, 0, "<u4"),)),
}
_FURTHER: Final[Mapping[int, tuple[int, tuple[Row, ...]]]] = {
    0x0E: (4, (Num(Field.BATTERY_HEALTH, 0, "<u4"),)),
    0x0F: (4, (Num(Field.CYCLE_CHARGE, 0, "<u4", 0.001),)),
    0x16: (16, (Flags(2, "<u8"),)),
    0x17: (4, (Num(Field.CYCLES, 0, "<u4"),)),
    0x18: (4, (Num(Field.DESIGN_CAPACITY, 0, "<u4", 0.001),)),
    0x10: (4, (Num(Field.FULL_CHARGE, 0, "<u4", 0.001, absent=(0,)),)),
    # A real 0 °C cannot be told from a place without a probe.
    0x08: (32, (Probes(0, 7, ">i1", absent=(0,)),)),
}
_CELLS: Final = (0x24, 0x25)
_PER_PAGE: Final = 16
_TEXTS: Final[Mapping[int, tuple[int, str]]] = {
    0x20: (16, "manufacturer"),
    0x21: (32, "model"),
    0x23: (32, "serial_number"),
}
_VERSION: Final = 0x1A


def _read(register: int, length: int) -> Talk[bytes]:
    """Ask for a register and give its data."""
    frame = yield _ask(register, length)
    return (frame or b"")[5:-1]


def _poll(context: Context) -> Talk[Draft]:
    """Read all values, and the second page of cells only if the first one is full."""
    draft = Draft()
    for register, (length, rows) in _NEEDED.items():
        decode(rows, (yield from _read(register, length)), draft)
    for register, (length, rows) in _FURTHER.items():
        frame = yield from extra(context, _ask(register, length))
        draft = decode_extra(rows, frame and frame[5:-1], draft)
    millivolts = b""
    for register in _CELLS:
        frame = yield from extra(context, _ask(register, 2 * _PER_PAGE))
        if frame is None:
            # A part of the cells would be shown as all of them.
            return draft
        millivolts += frame[5:-1]
        if not any(millivolts[-2:]):
            break
    return decode((Cells(0, len(millivolts) // 2, "<u2"),), millivolts, draft)


def _inform(_context: Context) -> Talk[Draft]:
    """Read names and versions, as far as the battery tells them."""
    draft = Draft()
    for register, (length, name) in _TEXTS.items():
        try:
            decode((Text(name, 0),), (yield from _read(register, length)), draft)
        except FrameError, NoAnswer:
            continue
    data = yield from _read(_VERSION, 8)
    for name, at in (("sw_version", 0), ("hw_version", 2)):
        draft.info[name] = f"{integer(data, at + 1, '>u1')}.{integer(data, at, '>u1')}"
    return decode((Text("fw_version", 4),), data, draft)


FAMILY: Final = Family(
    id="greenway",
    wires=(Wire(service="fff0", notify=("fff1",), write="fff1"),),
    framer=lambda _context: LengthFramer(
        (b"\x47\x16\x01",), length_at(4, 6), check_sum8
    ),
    dialogue=_poll,
    inform=_inform,
    pacing=Pacing(deadline=30.0),
    probe=_ask(0x09, 4),
)
