"""CBT Power and Creabest: binary frames, little endian. Source: what aiobmsble reads.

Request ``AA 55 cmd len data sum 0A 0D``, reply ``AA 55 cmd len data sum 0D 0A``: the last two bytes change
places. The sum is that of command, length and data, 8 bits kept. What the problem bits mean is not known.
"""

from typing import Final

from ...model.errors import FrameError
from ...model.fields import Field
from ..catalogue import Listing, Match
from ..checksum import sum8
from ..codec import Cells, Custom, Draft, Flags, Num, Probes, Row, decode, decode_extra
from ..contract import Ask, Context, Family, Talk, Wire, extra
from ..framing import LengthFramer, length_at
from ..raw import integer

LISTING: Final = Listing(
    title="CBT Power BMS",
    brands=("CBT Power", "Creabest"),
    match=(
        Match(name="???[CR]??????", service="fff0", discover="[1-3][0-9]0[CR]??????"),
        Match(service="03c1", mfr=(0x5352,)),
        Match(service="ffe5", sure=False),
    ),
)

_HEAD: Final = b"\xaa\x55"
_CELL_COMMANDS: Final = (0x05, 0x06, 0x07, 0x08)  # five places each


def check(frame: bytes) -> None:
    """Check the end and the checksum of a reply."""
    if not frame.endswith(b"\r\n"):
        raise FrameError("end")
    if sum8(frame[2:-3]) != frame[-3]:
        raise FrameError("checksum")


def ask(command: int) -> Ask:
    """Make the question of a command."""
    core = bytes((command, 0))
    return Ask(
        request=_HEAD + core + bytes((sum8(core),)) + b"\n\r",
        reply=_HEAD + core[:1],
    )


def _runtime(body: bytes, draft: Draft) -> None:
    """Read the time to empty in 0.01 h, which means nothing unless the battery is discharged."""
    hundredths = integer(body, 14, "<u2")
    if (draft.number(Field.CURRENT) or 0) < 0:
        draft.put(Field.RUNTIME, hundredths * 36)


_NEEDED: Final[tuple[tuple[int, tuple[Row, ...]], ...]] = (
    (0x0A, (Num(Field.BATTERY_LEVEL, 4, "<u1"),)),
    (
        0x0B,
        (Num(Field.VOLTAGE, 4, "<u4", 0.001), Num(Field.CURRENT, 8, "<i4", 0.001)),
    ),
)
# The time to empty needs the current.
_FURTHER: Final[tuple[tuple[int, tuple[Row, ...]], ...]] = (
    (0x21, (Flags(4, "<u4"),)),
    (0x09, (Probes(4, 1, "<i2"),)),
    (0x0C, (Custom(_runtime),)),
    (0x15, (Num(Field.DESIGN_CAPACITY, 4, "<u2"), Num(Field.CYCLES, 6, "<u2"))),
)


def poll(context: Context) -> Talk[Draft]:
    """Read all values, and cells as long as the last place of a reply is taken."""
    draft = Draft()
    for command, rows in _NEEDED:
        decode(rows, ((yield ask(command)) or b"")[:-3], draft)
    for command, rows in _FURTHER:
        frame = yield from extra(context, ask(command))
        draft = decode_extra(rows, frame and frame[:-3], draft)
    cells = Draft()
    for n, command in enumerate(_CELL_COMMANDS, start=1):
        if (frame := (yield from extra(context, ask(command)))) is None:
            # A part of the cells would be shown as all of them.
            return draft
        cells = decode_extra((Cells(4, 5, "<u2"),), frame[:-3], cells)
        if len(cells.cells) < 5 * n:
            break
    draft.cells = cells.cells
    return draft


FAMILY: Final = Family(
    id="cbtpwr",
    # The two characteristics are in two services.
    wires=(Wire(service="ffe5", notify=("ffe4",), write="ffe9"),),
    framer=lambda _context: LengthFramer((_HEAD,), length_at(3, 7), check),
    dialogue=poll,
    probe=ask(0x0A),
)
