"""KS48x00 boards (Braun Power, Docan, Vanvolt, BEMORY, VoltPolska): big endian. Source: what aiobmsble reads.

Request ``7B cmd 00 7D``, reply ``7B cmd len <len bytes> 7D``. There is no checksum: length, command
and end byte are all that protects the data.
"""

from typing import Final

from ...model.errors import FrameError
from ...model.fields import Field
from ...model.sample import Place
from ..codec import Cells, Count, Draft, Flags, Num, Probes, Row, Text, decode
from ..contract import Ask, Context, Family, Talk, Wire
from ..framing import LengthFramer, length_at

_STATUS, _CELLS, _PROBES, _HARDWARE, _SOFTWARE = 0x01, 0x02, 0x03, 0x74, 0xF4


def _check(frame: bytes) -> None:
    """Check the end byte."""
    if frame[-1] != 0x7D:
        raise FrameError("end")


def _ask(command: int, *rows: Row, optional: bool = False) -> Ask:
    """Make the question of a command."""
    return Ask(
        request=bytes((0x7B, command, 0, 0x7D)),
        reply=bytes((0x7B, command)),
        rows=rows,
        optional=optional,
    )


_PLAN: Final = (
    _ask(
        _STATUS,
        Num(Field.BATTERY_LEVEL, 4, ">u1"),
        Num(Field.VOLTAGE, 5, ">u2", 0.01),
        Num(Field.CURRENT, 13, ">i2", 0.01),
        Num(Field.CYCLE_CHARGE, 15, ">u2", 0.01),
        Num(Field.DESIGN_CAPACITY, 17, ">u2", 0.01),
        Num(Field.CYCLES, 23, ">u2"),
        Num(Field.BALANCER, 25, ">u2"),
        Flags(31, ">u2"),
        Num(Field.BATTERY_HEALTH, 34, ">u1"),
    ),
    _ask(_CELLS, Num(Field.CELL_COUNT, 3, ">u1"), Cells(4, Count(3))),
    _ask(
        _PROBES,
        Num(Field.TEMP_SENSORS, 3, ">u1"),
        Probes(4, Count(3), ">u2", 0.1, -2731, places=(Place.CELL,)),
    ),
)


def _inform(_context: Context) -> Talk[Draft]:
    """Read the names of hardware and software."""
    draft = Draft()
    if (frame := (yield _ask(_HARDWARE, optional=True))) is not None:
        decode((Text("hw_version", 3),), frame[:-1], draft)
    if (frame := (yield _ask(_SOFTWARE, optional=True))) is not None:
        draft.info["sw_version"] = ".".join(str(byte) for byte in frame[3:-1])
    return draft


FAMILY: Final = Family(
    id="braunpwr",
    wires=(Wire(service="ff00", notify=("ff01",), write="ff02"),),
    framer=lambda _context: LengthFramer((b"\x7b",), length_at(2, 4), _check),
    plan=_PLAN,
    tail=1,
    inform=_inform,
    probe=_ask(_STATUS),
)
