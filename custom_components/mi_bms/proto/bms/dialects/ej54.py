"""Relatives of E&J with one command and one long answer (54); numbers are big endian.

The frame is that of ``dialects/ej``, checksum and scrambling differ from brand to brand. Offsets count
the bytes that the digits stand for. Source: what aiobmsble, dbus-serialbattery and owners' own readers read.
"""

from typing import Final

from ...model.fields import Field
from ..codec import Bit, Cells, Custom, Draft, Flags, Num, Probes, Row, decode
from ..contract import Ask
from ..raw import integer
from . import ej

_ANSWER: Final = b"\x01\x54"

_CHARGING, _DISCHARGING = 1 << 0, 1 << 1
_SIGN: Final = 1 << 31
_MOST_CELLS: Final = 16


def _current(body: bytes, draft: Draft) -> None:
    """Read sign and magnitude in mA.

    One maker's sign is another's opposite: where the state says which way it flows, that counts.
    """
    raw, state = integer(body, 54, ">u4"), integer(body, 44, ">u2")
    ways = state & (_CHARGING | _DISCHARGING)
    out = ways == _DISCHARGING or (ways != _CHARGING and bool(raw & _SIGN))
    magnitude = raw & ~_SIGN
    draft.put(Field.CURRENT, round((-magnitude if out else magnitude) / 1000, 3))


def _cells(body: bytes, draft: Draft) -> None:
    """Read the cells: as many as are told, so that a last one that has died stays visible."""
    told = integer(body, 66, ">u1")
    cells = (
        Cells(12, told, empty=()) if 0 < told <= _MOST_CELLS else Cells(12, _MOST_CELLS)
    )
    decode((cells,), body, draft)


_ROWS: Final[tuple[Row, ...]] = (
    Custom(_cells),
    Flags(44, ">u2", ej.STATUS, mask=ej.STATUS_MASK),
    Bit(Field.DISCHRG_MOSFET, 44, 0x10),
    Bit(Field.CHRG_MOSFET, 44, 0x20),
    Probes(48, 4, ">u1", 1, -40, absent=(0,)),
    Custom(_current),
    Num(Field.VOLTAGE, 62, ">u2", 0.001),
    Num(Field.CYCLES, 67, ">u2"),
    Num(Field.BATTERY_LEVEL, 69, ">u1"),
    Num(Field.DESIGN_CAPACITY, 70, ">u4", 0.001),
)


def ask(*rows: Row) -> Ask:
    """Make the question; the answer is decoded by the common rows and those given."""
    return Ask(request=b":015150000EFE~", reply=_ANSWER, rows=(*_ROWS, *rows))
