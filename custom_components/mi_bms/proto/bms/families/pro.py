"""Pro BMS smart shunt (Foxwell BT630, Leagend CM100): little endian. Source: what aiobmsble reads.

Frames ``55 AA len type …`` of len + 5 bytes; their last byte follows no known rule. A start sequence
brings one data frame per second. The time to empty that the shunt computes is wrong and not read.
Untested on hardware.
"""

from typing import Final

from ...model.fields import Field
from ...model.sample import Place, Probe
from ..alarms import Alarm
from ..catalogue import Listing, names
from ..codec import Custom, Draft, Flags, Num, Row
from ..contract import Ask, Context, Family, Mode, Talk, Wire, Write
from ..framing import LengthFramer, length_at
from ..raw import integer

LISTING: Final = Listing(
    title="Pro BMS smart shunt",
    brands=("Foxwell", "Leagend"),
    match=names("Pro BMS", service="fff0"),
)

_HEAD: Final = b"\x55\xaa"
_ANSWER, _DATA = 0x03, 0x04
_SIZE: Final = 50
_HELLO: Final = bytes.fromhex("55aa0a0101558004077f648e682b")
_START: Final = (
    bytes.fromhex("55aa070101558040000095"),
    bytes.fromhex("55aa070101558042000097"),
    bytes.fromhex("55aa0901015580430000120084"),
)


def _electric(body: bytes, draft: Draft) -> None:
    """Read current and power: magnitudes with one common sign.

    The byte behind the current probably continues it; the power decides whether it does.
    """
    sign = -1 if integer(body, 15, ">u1") & 0x80 else 1
    power = integer(body, 32, "<u4")
    volts = integer(body, 8, "<u2")
    milliamps = min(
        (integer(body, 12, "<u2"), integer(body, 12, "<u3")),
        key=lambda raw: abs(raw * volts - power * 1000),
    )
    draft.put(Field.CURRENT, sign * milliamps / 1000)
    draft.put(Field.POWER, sign * power / 100)


def _temperature(body: bytes, draft: Draft) -> None:
    """Read the temperature: magnitude and a byte that makes it negative."""
    celsius = integer(body, 16, "<u2") / (-10 if integer(body, 18, ">u1") else 10)
    # A sum with zero has no negative zero.
    draft.probes.append(Probe(celsius + 0.0, Place.GENERIC))


def _level(body: bytes, draft: Draft) -> None:
    """Read the charge level; it is 0 for some seconds after connecting, while charge is left."""
    level = integer(body, 24, ">u1")
    if level or not draft.number(Field.CYCLE_CHARGE):
        draft.put(Field.BATTERY_LEVEL, level)


_PROTECTIONS: Final = {
    0: Alarm.PACK_OVERVOLTAGE,
    1: Alarm.PACK_UNDERVOLTAGE,
    2: Alarm.OVERCURRENT,
    3: Alarm.OVERTEMPERATURE,
    4: Alarm.UNDERTEMPERATURE,
    5: Alarm.SHORT_CIRCUIT,
    6: Alarm.CELL_IMBALANCE,
}

_ROWS: Final[tuple[Row, ...]] = (
    Num(Field.VOLTAGE, 8, "<u2", 0.01),
    Custom(_electric),
    Flags(15, ">u1", _PROTECTIONS, mask=0x7F),
    Custom(_temperature),
    Num(Field.CYCLE_CHARGE, 20, "<u4", 0.01),
    Custom(_level),
    Num(Field.TOTAL_CHARGE, 36, "<u4", 0.1),
)


def _login(_context: Context) -> Talk[None]:
    """Start the stream."""
    yield Ask(request=_HELLO, reply=lambda frame: frame[3] == _ANSWER)
    for data in _START:
        yield Write(data)


def _is_data(frame: bytes) -> bool:
    """Tell the data frames from the answers."""
    return frame[3] == _DATA and len(frame) == _SIZE


FAMILY: Final = Family(
    id="pro",
    wires=(Wire(service="fff0", notify=("fff4",), write="fff3"),),
    framer=lambda _context: LengthFramer((_HEAD,), length_at(2, 5)),
    plan=(Ask(reply=_is_data, rows=_ROWS, timeout=5.0),),
    login=_login,
    mode=Mode.STREAM,
)
