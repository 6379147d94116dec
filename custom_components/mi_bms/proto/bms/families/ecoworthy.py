"""ECO-WORTHY with BW02 / BW0B adapter, DCHOUSE: pushed frames, big endian. Source: what aiobmsble reads.

A frame is one notification with CRC-16/MODBUS at its end. Version 1 begins with its type A1 or A2,
version 2 with the address of the device; two bytes put before the type give both the same offsets.
Newer adapters are silent until two start commands were written.
"""

from collections.abc import Mapping
from contextlib import suppress
from typing import Final

from ...model.errors import FrameError, NoAnswer
from ...model.fields import Field
from ..catalogue import Listing, Match, names
from ..checksum import low_high, modbus16
from ..codec import Cells, Count, Draft, Flags, Num, Probes, Row, decode
from ..contract import Ask, Context, Family, Mode, Pacing, Talk, Wire, gather
from ..framing import Check, WholeFramer

LISTING: Final = Listing(
    title="ECO-WORTHY battery",
    brands=("ECO-WORTHY", "DCHOUSE"),
    match=(
        Match(name="ECO-WORTHY 02_*", brands=("ECO-WORTHY",)),
        *names("ECO-WORTHY*", service="fff0", brands=("ECO-WORTHY",)),
        *names("DCHOUSE*", service="fff0", brands=("DCHOUSE",)),
    ),
)

_VALUES, _CELLS = 0xA1, 0xA2
_TYPES: Final = frozenset({_VALUES, _CELLS})
_STARTED, _SILENT = "started", "silent"
_START: Final = (
    bytes.fromhex("ff0802000b01006401ffffffffffffff002d"),
    bytes.fromhex("ff0802000b01001401ffffffffffffff65ef"),
)

_VALUE_ROWS: Final[tuple[Row, ...]] = (
    Num(Field.BATTERY_LEVEL, 16, ">u2"),
    Num(Field.BATTERY_HEALTH, 18, ">u2"),
    Num(Field.VOLTAGE, 20, ">u2", 0.01),
    Num(Field.DESIGN_CAPACITY, 26, ">u2", 0.01),
    Flags(51, ">u2"),
)
_CELL_ROWS: Final[tuple[Row, ...]] = (
    Num(Field.CELL_COUNT, 14, ">u2"),
    Cells(16, Count(14, ">u2")),
    Num(Field.TEMP_SENSORS, 80, ">u2"),
    Probes(82, Count(80, ">u2", most=16), scale=0.1),
)


def _has_address(frame: bytes, mac: bytes) -> bool:
    """Return whether a frame is of version 2."""
    return frame[:6] == mac and frame[6] in _TYPES


def _kind(frame: bytes, mac: bytes) -> int:
    """Return the type of a frame."""
    return frame[6] if _has_address(frame, mac) else frame[0]


def _body(frame: bytes, mac: bytes) -> bytes:
    """Return a frame without its check, with the offsets of version 1."""
    return (b"\0\0" if _has_address(frame, mac) else b"") + frame[:-2]


def _check(mac: bytes) -> Check:
    """Make the check of a frame; only the device's own address makes it one of version 2."""

    def check(frame: bytes) -> None:
        if len(frame) < 9 or _kind(frame, mac) not in _TYPES:
            raise FrameError("head")
        if low_high(modbus16(frame[:-2])) != frame[-2:]:
            raise FrameError("checksum")

    return check


def _decode(values: bytes, cells: bytes, mac: bytes) -> Draft:
    """Read both frames; the versions differ in the unit of the current."""
    scale = 0.1 if _has_address(values, mac) else 0.01
    rows = (*_VALUE_ROWS, Num(Field.CURRENT, 22, ">i2", scale))
    draft = decode(rows, _body(values, mac), Draft())
    return decode(_CELL_ROWS, _body(cells, mac), draft)


def _complete(found: Mapping[int, bytes]) -> bool:
    """Return whether both frames have come."""
    return found.keys() >= _TYPES


def _poll(context: Context) -> Talk[Draft]:
    """Wait for both frames; start the adapter when they do not come by themselves."""

    def tag(frame: bytes) -> int:
        return _kind(frame, context.mac)

    found: dict[int, bytes] = {}
    if context.state.get(_STARTED) or not context.memory.get(_SILENT):
        with suppress(FrameError, NoAnswer):
            found = yield from gather(None, tag, _complete, tries=1, timeout=4.0)
    silent = not found
    if not _complete(found):
        context.state[_STARTED] = True
        for request in _START:
            frame = yield Ask(request=request, tries=1, timeout=3.0, optional=True)
            if frame is not None:
                found[tag(frame)] = frame
    if not _complete(found):
        found |= yield from gather(None, tag, _complete, tries=1, timeout=4.0)
    if not _complete(found):
        raise FrameError("incomplete")
    context.memory[_SILENT] = silent
    return _decode(found[_VALUES], found[_CELLS], context.mac)


FAMILY: Final = Family(
    id="ecoworthy",
    wires=(Wire(service="fff0", notify=("fff1",), write="fff2"),),
    framer=lambda context: WholeFramer(_check(context.mac)),
    dialogue=_poll,
    mode=Mode.PUSH,
    pacing=Pacing(deadline=25.0),
)
