"""E&J Technology: ASCII frames ``:`` + upper-case hex digits + ``~``, big endian. Source: what aiobmsble, batmon-ha and owners' own readers read.

Characters 1-2 address, 3-4 command (answers have bit 7 set), 5-6 version, 7-10 length of the whole
frame in characters, data, two digits of checksum: the one's complement of the sum of the characters
between ``:`` and the checksum. Rows below count the bytes that the digits behind ``:`` stand for.
"""

from string import hexdigits
from typing import Final

from ...model.errors import FrameError
from ...model.fields import Field
from ...model.sample import Probe
from ..alarms import Alarm
from ..checksum import inverted_sum8
from ..codec import Bit, Cells, Custom, Draft, Flags, Num, Row, decode
from ..contract import Ask, Context, Family, Pacing, Talk, Wire, unless_silent
from ..framing import MarkFramer
from ..raw import integer

# The other Bluetooth module that these packs come with.
WALKIZ: Final = Wire(
    service="00008000-0000-1000-8000-57616c6b697a",
    notify=("00008002-0000-1000-8000-57616c6b697a",),
    write="00008001-0000-1000-8000-57616c6b697a",
)

REALTIME: Final = b":000250000E03~"
CAPACITY: Final = b":001031000E05~"

_LONG: Final = 140  # characters of the answer that holds the capacities itself
_DIGITS: Final = frozenset(hexdigits[:16].upper().encode() + hexdigits[:16].encode())
_UNCHECKED: Final = "libattU"


def check_digits(frame: bytes) -> None:
    """Check that a frame is made of pairs of digits."""
    if len(frame) < 14 or len(frame) % 2 or not _DIGITS.issuperset(frame[1:-1]):
        raise FrameError("digits")


def check_layout(frame: bytes) -> None:
    """Check digits and the length field of a frame."""
    check_digits(frame)
    if int(frame[7:11], 16) != len(frame):
        raise FrameError("length")


def check(frame: bytes) -> None:
    """Check layout and checksum of a frame."""
    check_layout(frame)
    if inverted_sum8(frame[1:-3]) != int(frame[-3:-1], 16):
        raise FrameError("checksum")


def framer(context: Context) -> MarkFramer:
    """Make the framer; one kind of module never fills in the checksum of its answers."""
    return MarkFramer(
        b":",
        b"~",
        check_layout if context.name.startswith(_UNCHECKED) else check,
        noise=(b"AT\r\n",),
    )


def _current(body: bytes, draft: Draft) -> None:
    """Read the two currents; above 500 A the module has sent rubbish, which it sometimes does."""
    charge, discharge = integer(body, 44, ">u2"), integer(body, 46, ">u2")
    if max(charge, discharge) > 50_000:
        raise FrameError("range")
    draft.put(Field.CURRENT, round((charge - discharge) / 100, 2))


def _temperature(body: bytes, draft: Draft) -> None:
    """Read the first place, the only one that is certain to be fitted; the maker's app believes 120 °C."""
    raw = integer(body, 48, ">u1")
    if 0 < raw <= 120 + 40:
        draft.probes.append(Probe(raw - 40))


STATUS: Final = {
    2: Alarm.PACK_OVERVOLTAGE,
    3: Alarm.PACK_UNDERVOLTAGE,
    4: Alarm.CHARGE_OVERCURRENT,
    5: Alarm.SHORT_CIRCUIT,
    6: Alarm.DISCHARGE_OVERCURRENT,
    7: Alarm.DISCHARGE_OVERCURRENT,
    8: Alarm.CHARGE_OVERTEMPERATURE,
    9: Alarm.CHARGE_UNDERTEMPERATURE,
    10: Alarm.DISCHARGE_OVERTEMPERATURE,
    11: Alarm.DISCHARGE_UNDERTEMPERATURE,
}
STATUS_MASK: Final = 0x0FFC

_REALTIME_ROWS: Final[tuple[Row, ...]] = (
    Cells(12, 16),
    Custom(_current),
    Custom(_temperature),
    Flags(52, ">u2", STATUS, mask=STATUS_MASK),
    Bit(Field.DISCHRG_MOSFET, 52, 0x10),
    Bit(Field.CHRG_MOSFET, 52, 0x20),
    Bit(Field.HEATER, 54),
    Num(Field.CYCLES, 57, ">u2"),
    Num(Field.BATTERY_LEVEL, 61, ">u1"),
)


def _capacities(at: int) -> tuple[Row, ...]:
    """Make the rows of the three capacities, which both kinds of answer hold in the same order."""
    return (
        Num(Field.CYCLE_CHARGE, at, ">u2", 0.1),
        Num(Field.FULL_CHARGE, at + 2, ">u2", 0.1, absent=(0,)),
        Num(Field.DESIGN_CAPACITY, at + 4, ">u2", 0.1, absent=(0,)),
    )


_IN_REALTIME: Final = _capacities(62)
# In the long answer a counter of the charge stands there, whatever it looks like.
_IN_SHORT: Final = (Num(Field.BALANCER, 55, ">u2"),)
_IN_CAPACITY: Final = _capacities(7)
_CAPACITIES: Final = (Field.CYCLE_CHARGE, Field.FULL_CHARGE, Field.DESIGN_CAPACITY)


def _is_answer(command: int) -> Ask:
    """Make the question of a command; an answer to another one must not be taken for it."""
    request = REALTIME if command == 0x02 else CAPACITY
    return Ask(
        request=request, reply=lambda frame: int(frame[3:5], 16) == command | 0x80
    )


def body(frame: bytes | None) -> bytes:
    """Return the bytes that the digits of a frame stand for, without the checksum."""
    return bytes.fromhex((frame or b"")[1:-3].decode("ascii"))


def poll(context: Context) -> Talk[Draft]:
    """Read the values, and the capacities where the answer does not hold them."""
    frame = yield _is_answer(0x02)
    draft = decode(_REALTIME_ROWS, body(frame), Draft())
    if frame is not None and len(frame) >= _LONG:
        decode(_IN_REALTIME, body(frame), draft)
    else:
        decode(_IN_SHORT, body(frame), draft)
        capacity = yield from unless_silent(context, _is_answer(0x10))
        if capacity is not None:
            decode(_IN_CAPACITY, body(capacity), draft)
    if any((draft.number(name) or 0) > 1000 for name in _CAPACITIES):
        raise FrameError("range")
    return draft


def family(family_id: str, wires: tuple[Wire, ...]) -> Family:
    """Make a family that speaks this protocol over the given wires."""
    return Family(
        id=family_id,
        wires=wires,
        framer=framer,
        dialogue=poll,
        probe=_is_answer(0x02),
        # The module answers within half a second or never, and wants a second between two questions.
        pacing=Pacing(settle=0.1, gap=1.0, timeout=2.0, tries=3, deadline=25.0),
    )
