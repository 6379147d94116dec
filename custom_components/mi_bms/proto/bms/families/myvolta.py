"""Volta Power Systems "myVolta": CAN messages pushed in stuffed frames, little endian. Source: what aiobmsble reads.

``55`` after 55, 04 or 05 starts a frame. In it 04 and 05 give the byte behind them a meaning: 05 or 55
is that byte, 04 is the end. What is left: ``01 type 02 id id ext 08``, eight bytes of data, and the
one's complement of the sum of all bytes but the first. How a byte 04 is sent is not documented, so
every reading is tried that gives a frame with a right checksum. Long because its byte stuffing is
ambiguous, so the framer follows two readings at once.
"""

from collections.abc import Iterator
from typing import Final, override

from ...model.errors import FrameError
from ...model.fields import Field
from ..alarms import Alarm
from ..catalogue import Listing, names
from ..checksum import inverted_sum8
from ..codec import Bit, Cells, Draft, Flags, Num, Probes, Row, decode
from ..contract import Context, Family, Mode, Pacing, Talk, Wire, gather
from ..framing import Framer

LISTING: Final = Listing(
    title="Volta Power Systems",
    brands=("Volta Power Systems",),
    match=names("VPS-*", service="00035b03-58e6-07dd-021a-08123a000300"),
)

_START: Final = 0x55
_END: Final = 0x04
_ESCAPE: Final = 0x05
_SIZE: Final = 16
_SETTLED: Final = ((0, 0x01), (2, 0x02), (6, 0x08))

# The messages of a sample, in the order in which their data is put together.
_TYPES: Final = (0x00, 0x01, 0x11, 0x12, 0x13, 0x14, 0x24, 0x25, 0x26)

_FAULTS: Final = {
    0: Alarm.PACK_OVERVOLTAGE,
    1: Alarm.PACK_UNDERVOLTAGE,
    2: Alarm.CELL_OVERVOLTAGE,
    3: Alarm.CELL_UNDERVOLTAGE,
    4: Alarm.DISCHARGE_OVERCURRENT,
    5: Alarm.CHARGE_OVERCURRENT,
    6: Alarm.OVERTEMPERATURE,
    7: Alarm.UNDERTEMPERATURE,
    8: Alarm.PRECHARGE_FAULT,
    9: Alarm.WIRE_FAULT,
    11: Alarm.TEMPERATURE_SENSOR_FAULT,
    12: Alarm.CONFIGURATION_FAULT,
    13: Alarm.FRONTEND_FAULT,
    14: Alarm.CONFIGURATION_FAULT,
    15: Alarm.MEMORY_FAULT,
    24: Alarm.MEMORY_FAULT,
    25: Alarm.MEMORY_FAULT,
    26: Alarm.FRONTEND_FAULT,
}

_ROWS: Final[tuple[Row, ...]] = (
    Num(Field.VOLTAGE, 0, "<u2", 0.001),
    Num(Field.CURRENT, 2, "<i2", 0.01),
    Num(Field.BATTERY_LEVEL, 6, "<u2", 0.1),
    Flags(9, "<u4", _FAULTS, mask=0xFF00_FFFF),
    Bit(Field.HEATER, 11, 0x80),
    # Places without a cell read some millivolts.
    Cells(16, 16, "<u2", empty=tuple(range(100))),
    Probes(48, 12, "<i2", 0.1, absent=(-548,)),
)


def check(frame: bytes) -> None:
    """Check an unstuffed frame."""
    if len(frame) != _SIZE or any(frame[at] != value for at, value in _SETTLED):
        raise FrameError("head")
    if inverted_sum8(frame[1:-1]) != frame[-1]:
        raise FrameError("checksum")


class StuffedFramer(Framer):
    """Undo the stuffing; ``wide`` is the second reading, in which a lone 04 is data."""

    def __init__(self) -> None:
        """Start outside of any frame."""
        super().__init__(check)
        self._wide = bytearray()
        self._inside = False
        self._control = self._last = 0

    @override
    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """Take one notification; give each valid frame it completes."""
        for byte in chunk:
            last, self._last = self._last, byte
            if self._control:
                if (frame := self._meant(byte)) is not None:
                    yield frame
            elif byte == _START and last in (_START, _END, _ESCAPE):
                self._begin()
            elif self._inside:
                self._control = byte if byte in (_END, _ESCAPE) else 0
                if not self._control:
                    self._add(bytes((byte,)))

    def _meant(self, byte: int) -> bytes | None:
        """Take the byte behind a control byte; gives the frame that it completes."""
        control, self._control = self._control, 0
        if byte in (_ESCAPE, _START):
            self._add(bytes((byte,)))
            # It is data, so a start mark behind it would need its own.
            self._last = 0
        elif byte == _END:
            return self._end(control)
        elif control == _END:
            self._wide += bytes((control, byte))
        return None

    def _end(self, control: int) -> bytes | None:
        """Close the frame, unless only the other reading makes it complete."""
        if control == _ESCAPE and len(self._wide) < _SIZE:
            self._wide.append(_END)
            return None
        readings = dict.fromkeys((bytes(self._buffer), bytes(self._wide)))
        self.reset()
        self._last = _END
        return next((frame for frame in readings if self._passes(frame)), None)

    def _begin(self) -> None:
        """Start a frame; an unfinished one is lost."""
        if self._buffer:
            self.rejects["cut"] += 1
        self.reset()
        self._inside = True
        self._last = _START

    def _add(self, data: bytes) -> None:
        """Take data; what is longer than any frame is given up."""
        self._buffer += data
        self._wide += data
        if len(self._wide) > self._most:
            self.rejects["length"] += 1
            self.reset()

    @override
    def reset(self) -> None:
        """Forget what was collected; the counts stay."""
        super().reset()
        self._wide = bytearray()
        self._inside = False
        self._control = self._last = 0

    @override
    def _next(self) -> int | None:
        return None


def tag(frame: bytes) -> int | None:
    """Return the type of a message that is of use."""
    return frame[1] if frame[1] in _TYPES else None


def poll(_context: Context) -> Talk[Draft]:
    """Collect one message of each type."""
    found = yield from gather(None, tag, lambda found: len(found) == len(_TYPES))
    if len(found) < len(_TYPES):
        raise FrameError("incomplete")
    body = b"".join(found[kind][7:15] for kind in _TYPES)
    return decode(_ROWS, body, Draft())


FAMILY: Final = Family(
    id="myvolta",
    wires=(
        Wire(
            service="00035b03-58e6-07dd-021a-08123a000300",
            notify=("00035b03-58e6-07dd-021a-08123a000301",),
        ),
    ),
    framer=lambda _context: StuffedFramer(),
    dialogue=poll,
    mode=Mode.PUSH,
    pacing=Pacing(timeout=2.0, deadline=15.0),
)
