"""PaceEX: frames 9A ... 9D, big endian, CRC-16/MODBUS with its high byte first. Source: what aiobmsble reads.

``9A``, six command bytes, length, data, CRC, ``9D``; a reply repeats the command bytes. The master of
several packs gives values of the system and its own as a pack; every other pack says that there are
none and is read by itself. Temperatures lie in the gaps between the cells. Long because system and pack
have tables of their own, and texts come by two questions.
"""

from typing import Final

from ...model.errors import FrameError, NoAnswer
from ...model.fields import Field
from ...model.sample import Place
from ..catalogue import Listing, names
from ..checksum import high_low, modbus16
from ..codec import Cells, Count, Draft, Num, Probes, Row, decode, decode_extra
from ..contract import Ask, Context, Family, Talk, Wire, extra
from ..framing import LengthFramer, length_at
from ..raw import integer, text

LISTING: Final = Listing(
    title="PaceEX battery", brands=("PaceEX",), match=names("PC-????")
)

_SYSTEM: Final[tuple[Row, ...]] = (
    Num(Field.PACK_COUNT, 0, ">u1"),
    Num(Field.CURRENT, 1, ">i4", 0.01),
    Num(Field.VOLTAGE, 5, ">u4", 0.01),
    Num(Field.CYCLE_CHARGE, 9, ">u4", 0.01),
    Num(Field.DESIGN_CAPACITY, 13, ">u4", 0.01),
    Num(Field.BATTERY_LEVEL, 21, ">u1"),
    Num(Field.BATTERY_HEALTH, 22, ">u1"),
    Num(Field.CYCLES, 23, ">u4"),
)
_PACK: Final[tuple[Row, ...]] = (
    Num(Field.CURRENT, 1, ">i2", 0.01),
    Num(Field.VOLTAGE, 3, ">u2", 0.01),
    Num(Field.CYCLE_CHARGE, 5, ">u2", 0.01),
    Num(Field.DESIGN_CAPACITY, 9, ">u2", 0.01),
    Num(Field.BATTERY_LEVEL, 11, ">u1"),
    Num(Field.BATTERY_HEALTH, 12, ">u1"),
    Num(Field.CYCLES, 13, ">u2"),
)
_CELLS: Final[tuple[Row, ...]] = (
    Num(Field.CELL_COUNT, 3, ">u1"),
    Cells(4, Count(3), step=4),
    Probes(
        6,
        6,
        ">u2",
        0.1,
        -2731,
        places=(*(Place.CELL,) * 4, Place.MOSFET, Place.AMBIENT),
        step=4,
        absent=(0,),
    ),
)


def _check(frame: bytes) -> None:
    """Check end byte and CRC."""
    if frame[-1] != 0x9D:
        raise FrameError("end")
    if high_low(modbus16(frame[:-3])) != frame[-3:-1]:
        raise FrameError("checksum")


def _ask(command: int, data: bytes = b"") -> Ask:
    """Ask for a block: the command stands in the third and fourth of the six bytes."""
    head = b"\x9a\0\0" + command.to_bytes(2) + b"\0\0"
    core = head + bytes((len(data),)) + data
    return Ask(request=core + high_low(modbus16(core)) + b"\x9d", reply=head)


def _body(frame: bytes | None) -> bytes:
    """Return the data of a reply."""
    return (frame or b"")[8:-3]


def _poll(context: Context) -> Talk[Draft]:
    """Read system, pack and cells; without the system nobody knows whether the pack is alone."""
    system = _body((yield _ask(0x0A00)))
    pack = decode(_PACK, _body((yield _ask(0x0A01, b"\x01\x01"))), Draft())
    frame = yield from extra(context, _ask(0x0A02, b"\x01\x01"))
    pack = decode_extra(_CELLS, frame and _body(frame), pack)
    if not integer(system, 0, ">u1"):
        return pack
    draft = decode(_SYSTEM, system, Draft())
    draft.packs.append(pack)
    return draft


_TEXTS: Final = (
    (0x0002, (("serial_number", 0),)),
    (0x0001, (("sw_version", 1), ("hw_version", 56))),
)


def _text(data: bytes, at: int) -> str | None:
    """Read text that begins with its length."""
    end = at + 1 + integer(data, at, ">u1")
    if end > len(data):
        raise FrameError("short")
    return text(data[at + 1 : end])


def _inform(_context: Context) -> Talk[Draft]:
    """Read serial number and versions; what was read is kept when the rest fails."""
    draft = Draft()
    for command, texts in _TEXTS:
        try:
            data = _body((yield _ask(command)))
        except NoAnswer:
            if not draft.info:
                raise
            break
        for name, at in texts:
            if (found := _text(data, at)) is not None:
                draft.info[name] = found
    return draft


FAMILY: Final = Family(
    id="pace",
    wires=(Wire(service="fff0", notify=("fff1",), write="fff2"),),
    framer=lambda _context: LengthFramer((b"\x9a",), length_at(7, 11), _check),
    dialogue=_poll,
    inform=_inform,
    probe=_ask(0x0A00),
)
