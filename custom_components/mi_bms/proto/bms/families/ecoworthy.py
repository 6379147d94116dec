"""ECO-WORTHY with BW02 / BW0B adapter, DCHOUSE: pushed frames, big endian. Source: docs/protocols/ecoworthy.md.

A frame is one notification with CRC-16/MODBUS at its end. Version 1 begins with its type A1 or A2,
version 2 with the address of the device; two bytes put before the type give both the same offsets.
Newer adapters are silent until two start commands were written.
"""

from typing import Final

from ...model.errors import FrameError
from ...model.fields import Field
from ..checksum import low_high, modbus16
from ..codec import Cells, Count, Draft, Flags, Num, Probes, Row, decode
from ..contract import Ask, Context, Family, Mode, Pacing, Talk, Wire, newest
from ..framing import Check, WholeFramer

_VALUES, _CELLS = 0xA1, 0xA2
_TYPES: Final = frozenset({_VALUES, _CELLS})
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
_CURRENT: Final = {
    1: Num(Field.CURRENT, 22, ">i2", 0.01),
    2: Num(Field.CURRENT, 22, ">i2", 0.1),
}
_CELL_ROWS: Final[tuple[Row, ...]] = (
    Num(Field.CELL_COUNT, 14, ">u2"),
    Cells(16, Count(14, ">u2")),
    Num(Field.TEMP_SENSORS, 80, ">u2"),
    Probes(82, Count(80, ">u2", most=9), scale=0.1),
)


def _split(frame: bytes, mac: bytes) -> tuple[int, bytes]:
    """Give the version of a frame, 0 for none, and the body that begins with its type."""
    if frame[:6] == mac and frame[6] in _TYPES:
        return 2, frame[6:]
    return (1, frame) if frame[0] in _TYPES else (0, b"")


def _check(mac: bytes) -> Check:
    """Make the check of a frame; only the device's own address makes it one of version 2."""

    def check(frame: bytes) -> None:
        if len(frame) < 9 or not _split(frame, mac)[0]:
            raise FrameError("head")
        if low_high(modbus16(frame[:-2])) != frame[-2:]:
            raise FrameError("checksum")

    return check


def _poll(context: Context) -> Talk[Draft]:
    """Wait for both frames; start the adapter when they do not come by themselves."""

    def tag(frame: bytes) -> int:
        return _split(frame, context.mac)[1][0]

    found: dict[int, bytes] = {}
    if context.state.get(_STARTED) or not context.memory.get(_SILENT):
        with suppress(FrameError, NoAnswer):
            found = yield from gather(
                None, tag, lambda seen: seen.keys() >= _TYPES, tries=1, timeout=4.0
            )
        context.memory[_SILENT] = not found
    if found.keys() < _TYPES:
        context.state[_STARTED] = True
        for request in _START:
            frame = yield Ask(request=request, tries=1, timeout=3.0, optional=True)
            if frame is not None:
                found[tag(frame)] = frame
        found |= yield from gather(
            None, tag, lambda seen: {*found, *seen} >= _TYPES, tries=1, timeout=4.0
        )
    return _decode(found, context.mac)


FAMILY: Final = Family(
    id="ecoworthy",
    wires=(Wire(service="fff0", notify=("fff1",), write="fff2"),),
    framer=lambda context: WholeFramer(_check(context.mac)),
    dialogue=_collect,
    mode=Mode.PUSH,
)
