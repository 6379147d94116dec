"""Topband: a start byte and 112 upper-case hex digits that stand for 56 bytes. Source: what aiobmsble and dbus-serialbattery read.

Values are little endian; the last two bytes are the sum of the others, big endian. The start byte differs
from device to device and is whatever is no digit, so anything else between two frames looks like one.
"""

import re
from typing import Final, override

from ...model.errors import FrameError
from ...model.fields import Field
from ..alarms import Alarm
from ..checksum import high_low, sum16
from ..codec import Cells, Custom, Draft, Flags, Num, Probes, Row
from ..contract import Ask
from ..framing import Framer, TranslatingFramer
from ..raw import integer

_SIZE: Final = 56  # bytes

_NO_DIGIT: Final = re.compile(rb"[^0-9A-F]")
_FRAME: Final = 1 + 2 * _SIZE
_MOST_ANSWER: Final = 64

PROBLEMS: Final = {
    0: Alarm.CHARGE_OVERTEMPERATURE,
    1: Alarm.OVERTEMPERATURE,
    2: Alarm.CHARGE_UNDERTEMPERATURE,
    3: Alarm.UNDERTEMPERATURE,
    4: Alarm.DISCHARGE_OVERCURRENT,
    5: Alarm.CHARGE_OVERCURRENT,
    6: Alarm.PACK_UNDERVOLTAGE,
    7: Alarm.PACK_OVERVOLTAGE,
}


def is_data(frame: bytes) -> bool:
    """Return whether a frame holds values."""
    return len(frame) == _SIZE


def _voltage(body: bytes, draft: Draft) -> None:
    """Read the voltage; its upper half is something else on KiloVault, which the cells show."""
    total = sum(volts or 0.0 for volts in draft.cells)
    low, whole = integer(body, 0, "<u2") / 1000, integer(body, 0, "<u4") / 1000
    draft.put(Field.VOLTAGE, min(low, whole, key=lambda volts: abs(volts - total)))


def pushed(ampere: float) -> Ask:
    """Make the step that waits for values; ``ampere`` is the unit of the current in A."""
    rows: tuple[Row, ...] = (
        Num(Field.CURRENT, 4, "<i4", ampere),
        Num(Field.CYCLE_CHARGE, 8, "<u4", 0.001),
        Num(Field.CYCLES, 12, "<u2"),
        Num(Field.BATTERY_LEVEL, 14, "<u2"),
        Probes(16, 1, "<u2", 0.1, -2731.5, absent=(0, 0xFFFF)),
        Flags(18, "<u1", PROBLEMS),
        Cells(22, 16, "<u2"),
        Custom(_voltage),
    )
    return Ask(reply=is_data, rows=rows)


def _plain(frame: bytes) -> bytes:
    """Return the bytes of a data frame; an answer stays as it is."""
    if len(frame) != _FRAME:
        return frame
    return bytes.fromhex(frame[1:].decode("ascii"))


def _check(frame: bytes) -> None:
    """Check the sum of a data frame."""
    body = _plain(frame)
    if body is not frame and high_low(sum16(body[:-2])) != body[-2:]:
        raise FrameError("checksum")


class DigitFramer(Framer):
    """Cut data frames, and with ``answers`` also short text between ``<`` and ``>``."""

    def __init__(self, *, answers: bool = False) -> None:
        """Take whether the device also answers commands."""
        super().__init__(_check)
        self._answers = answers

    @override
    def _next(self) -> int | None:
        while (start := _NO_DIGIT.search(self._buffer)) is not None:
            self._drop(start.start(), "noise")
            if self._answers and self._buffer.startswith(b"<"):
                end = self._buffer.find(b">", 0, _MOST_ANSWER)
                if end >= 0 or len(self._buffer) < _MOST_ANSWER:
                    return end + 1 or None
            following = _NO_DIGIT.search(self._buffer, 1)
            run = following.start() if following else len(self._buffer)
            if run >= _FRAME:
                return _FRAME
            if following is None:
                return None
            self._drop(run, "noise" if run == 1 else "cut")
        self._drop(len(self._buffer), "noise")
        return None


def framer(*, answers: bool = False) -> TranslatingFramer:
    """Make the framer: gives the 56 bytes of data frames, and answers as they are."""
    return TranslatingFramer(DigitFramer(answers=answers), after=_plain)
