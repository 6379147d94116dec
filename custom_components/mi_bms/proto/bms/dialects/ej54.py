"""Relatives of E&J with one command and one long answer (54); numbers are big endian.

The frame is that of ``dialects/ej``, checksum and scrambling differ from brand to brand. Offsets count
the bytes that the digits stand for. Source: what aiobmsble reads.
"""

from typing import Final

from ...model.fields import Field
from ..codec import Cells, Num, Probes, Row
from ..contract import Ask

_ANSWER: Final = b"\x01\x54"

_ROWS: Final[tuple[Row, ...]] = (
    Cells(12, 16),
    Probes(48, 4, ">u1", 1, -40, absent=(0,)),
    Num(Field.VOLTAGE, 62, ">u2", 0.001),
    Num(Field.CYCLES, 67, ">u2"),
    Num(Field.BATTERY_LEVEL, 69, ">u1"),
    Num(Field.DESIGN_CAPACITY, 70, ">u4", 0.001),
)


def ask(*rows: Row) -> Ask:
    """Make the question; the answer is decoded by the common rows and those given."""
    return Ask(request=b":015150000EFE~", reply=_ANSWER, rows=(*_ROWS, *rows))
