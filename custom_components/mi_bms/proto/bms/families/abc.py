"""ABC-BMS (SOK, NB): fixed frames of 20 bytes, numbers little endian. Source: what aiobmsble and batmon-ha read.

Request ``EE cmd 00 00 00 crc``, replies ``CC type <17 bytes> crc`` with CRC-8/MAXIM, several per
request. An older generation without the CRC is not supported. Long because how many cell frames come is
never said, so silence and memory count them, and some packs never send their flags.
"""

from collections.abc import Mapping
from typing import Final

from ...model.errors import FrameError
from ...model.fields import Field
from ..catalogue import Listing, names
from ..checksum import crc8_maxim
from ..codec import Bit, Count, Draft, Num, Probes, Row, Text, decode
from ..contract import Ask, Context, Family, Pacing, Talk, Wire, extra, gather
from ..framing import LengthFramer, fixed
from ..raw import integer

LISTING: Final = Listing(
    title="ABC-BMS",
    brands=("SOK", "NB", "Hoover"),
    match=(
        *names("ABC-*", service="fff0"),
        *names("SOK-*", service="fff0", brands=("SOK",)),
        *names("NB-*", service="fff0", brands=("NB",)),
        *names("Hoover", service="fff0", brands=("Hoover",)),
    ),
)

_STATUS, _NAME, _SWITCHES, _STATES, _CELLS, _FLAGS = 0xF0, 0xF1, 0xF2, 0xF3, 0xF4, 0xF9
_PARTS: Final = "cell_frames"

_ROWS: Final[Mapping[int, tuple[Row, ...]]] = {
    _STATUS: (
        Num(Field.VOLTAGE, 2, "<u3", 0.001),
        Num(Field.CURRENT, 5, "<i3", 0.001),
        Num(Field.DESIGN_CAPACITY, 8, "<u3", 0.001),
        Num(Field.CYCLE_CHARGE, 11, "<u3", 0.001),
        Num(Field.CYCLES, 14, "<u2"),
        Num(Field.BATTERY_LEVEL, 16, ">u1"),
    ),
    _SWITCHES: (
        Bit(Field.CHRG_MOSFET, 2),
        Bit(Field.DISCHRG_MOSFET, 3),
        Num(Field.TEMP_SENSORS, 4, ">u1"),
        Probes(5, Count(4, most=7), "<i2"),
    ),
    _STATES: (Bit(Field.HEATER, 8), Num(Field.BALANCER, 10, ">u1")),
}


def _request(command: int) -> bytes:
    """Build a request."""
    core = bytes((0xEE, command, 0, 0, 0))
    return core + bytes((crc8_maxim(core),))


def _check(frame: bytes) -> None:
    """Check the CRC of a reply."""
    if crc8_maxim(frame[:-1]) != frame[-1]:
        raise FrameError("checksum")


def _tag(frame: bytes) -> tuple[int, int] | None:
    """Name a reply: type, and the first cell for the frames that come several times."""
    if frame[1] == _CELLS:
        return _CELLS, frame[2]
    return (frame[1], 0) if frame[1] in _ROWS else None


def _has(found: Mapping[tuple[int, int], bytes], *types: int) -> bool:
    """Return whether all these types have come."""
    return set(types) <= {kind for kind, _first in found}


def _cells_of(found: Mapping[tuple[int, int], bytes]) -> dict[tuple[int, int], bytes]:
    """Return the cell frames among others."""
    return {key: frame for key, frame in found.items() if key[0] == _CELLS}


def _collect(parts: dict[tuple[int, int], bytes], known: int) -> Talk[None]:
    """Wait for the other cell frames, as many as there were before or until silence."""
    while len(parts) != known:
        frame = yield Ask(reply=bytes((0xCC, _CELLS)), timeout=0.5, optional=True)
        if frame is None:
            break
        parts[_CELLS, frame[2]] = frame


def _cell_frames(
    context: Context, found: dict[tuple[int, int], bytes]
) -> Talk[list[bytes]]:
    """Return all cell frames: nothing says how many there are, so silence and memory do."""
    parts = _cells_of(found)
    known = int(context.memory.get(_PARTS, 0))
    yield from _collect(parts, known)
    if not known:
        # The last frame may have got lost, and nobody would ever miss it: look twice.
        parts |= _cells_of(
            (yield from gather(_request(0xC2), _tag, lambda found: _has(found, _CELLS)))
        )
        yield from _collect(parts, known)
    if len(parts) < known:
        raise FrameError("cells")
    context.memory[_PARTS] = len(parts)
    return list(parts.values())


def _cells(frames: list[bytes]) -> list[float | None]:
    """Sort the records (cell number, voltage) of all cell frames; number 0 is an unused record."""
    volts = {
        frame[at]: integer(frame, at + 1, "<u2") / 1000
        for frame in frames
        for at in range(2, 18, 4)
        if frame[at]
    }
    if not volts or max(volts) != len(volts) or len(volts) > 32:
        raise FrameError("cells")
    return [volts[number] for number in sorted(volts)]


def _flags(frame: bytes, draft: Draft) -> None:
    """Read the protection flags, one byte each."""
    draft.flag(sum((byte & 1) << n for n, byte in enumerate(frame[2:18])))


def _poll(context: Context) -> Talk[Draft]:
    """Read status, cells and flags."""
    found = yield from gather(
        _request(0xC1), _tag, lambda found: _has(found, _STATUS, _SWITCHES)
    )
    found |= yield from gather(
        _request(0xC2), _tag, lambda found: _has(found, _STATES, _CELLS)
    )
    if not _has(found, *_ROWS, _CELLS):
        raise FrameError("incomplete")
    draft = Draft(cells=_cells((yield from _cell_frames(context, found))))
    for kind, rows in _ROWS.items():
        decode(rows, found[kind, 0], draft)
    # Many packs never answer this.
    ask = Ask(request=_request(0xC4), reply=bytes((0xCC, _FLAGS)))
    frame = yield from extra(context, ask)
    if frame is not None:
        _flags(frame, draft)
    return draft


def _inform(_context: Context) -> Talk[Draft]:
    """Read the name of the board."""
    frame = yield Ask(request=_request(0xC0), reply=bytes((0xCC, _NAME)))
    return decode((Text("model", 2, 17),), frame or b"", Draft())


FAMILY: Final = Family(
    id="abc",
    wires=(Wire(service="ffe0", notify=("ffe1",), write="ffe2"),),
    framer=lambda _context: LengthFramer((b"\xcc",), fixed(20), _check),
    dialogue=_poll,
    inform=_inform,
    probe=Ask(request=_request(0xC1), reply=bytes((0xCC, _STATUS))),
    pacing=Pacing(deadline=30.0),
)
