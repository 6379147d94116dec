"""Vatrer drop-in batteries: Modbus RTU device 02 over Nordic UART, big endian. Source: what aiobmsble reads.

Three reads, told apart by their length. Of the alarms only "any" is known.
"""

from typing import Final

from ...model.fields import Field
from ...model.sample import Place
from ..catalogue import Listing, Match
from ..codec import (
    Bit,
    Cells,
    Count,
    Custom,
    Draft,
    Num,
    Probes,
    Row,
    decode,
    decode_extra,
)
from ..contract import Context, Family, Talk, extra, unless_refused
from ..dialects.modbus import body, framer, question
from ..dialects.vatrer import DEVICE, MAIN, WIRES
from ..uuids import NUS

LISTING: Final = Listing(
    title="Vatrer battery",
    brands=("Vatrer",),
    match=(
        Match(
            name="[2-9]???[0-3]?512??00??",
            service=NUS,
            discover="[23][0-9][01]?[0-3]?512??00??",
        ),
    ),
)

_ANY: Final = (1 << 120) - 1  # 15 bytes


_PLACES: Final = 4  # for cells, fitted or not


def _temperatures(data: bytes, draft: Draft) -> None:
    """Read the counted cells, and behind the places for cells one more and the MOSFET."""
    cells = Count(0, ">u2", most=6).read(data)
    behind = 2 + 2 * max(cells, _PLACES)
    rows = (
        Probes(2, cells),
        Probes(behind),
        Probes(behind + 2, places=(Place.MOSFET,)),
    )
    decode(rows, data, draft)


_ASK_MAIN: Final = question(0x0000, 20, device=DEVICE)
_ASK_STATES: Final = question(0x0034, 18, device=DEVICE)
_ASK_CELLS: Final = question(0x0015, 31, device=DEVICE)

_STATES: Final[tuple[Row, ...]] = (
    Num(Field.TEMP_SENSORS, 0, ">u2"),
    Custom(_temperatures),
    Bit(Field.PROBLEM, 14, _ANY, ">u15"),
    Bit(Field.CHRG_MOSFET, 29, 0x10),
    Bit(Field.DISCHRG_MOSFET, 29, 0x20),
    Num(Field.BALANCER, 32, ">u4"),
)
_CELLS: Final[tuple[Row, ...]] = (
    Num(Field.CELL_COUNT, 0, ">u2"),
    Cells(2, Count(0, ">u2", most=30)),
)


def _poll(context: Context) -> Talk[Draft]:
    """Read the values, then the states unless they are refused, then the cells where there are any."""
    draft = decode(MAIN, body((yield _ASK_MAIN)), Draft())
    frame = yield from unless_refused(context, _ASK_STATES)
    if frame is None:
        draft.unknown.add(Field.PROBLEM)
    else:
        decode(_STATES, body(frame), draft)
    frame = yield from extra(context, _ASK_CELLS)
    return decode_extra(_CELLS, frame and body(frame), draft)


FAMILY: Final = Family(
    id="vatrer",
    wires=WIRES,
    framer=lambda _context: framer(bytes((DEVICE,))),
    dialogue=_poll,
    probe=_ASK_MAIN,
)
