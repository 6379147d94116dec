"""Redodo, LiTime, Power Queen, Starry Sea: one frame, little endian, 8-bit sum. Source: what aiobmsble, batmon-ha and dbus-serialbattery read.

Reply ``00 00 len … sum``; some packs send shorter ones, which lack the last fields. An app password of
the pack has to be switched off: there is no way to give it. Long because names of many brands, alarm bits
and switches stand here.
"""

from typing import Final

from ...model.fields import Field
from ..alarms import Alarm
from ..catalogue import Listing, names
from ..checksum import sum8
from ..codec import Bit, Cells, Draft, Flags, Num, Probes, Row, decode
from ..contract import Ask, Context, Family, Talk, Wire
from ..control import HOLDS, Confidence, Control, Switch, Target, writer
from ..framing import LengthFramer, check_sum8
from ..raw import integer

_LITIME: Final = 22618
LISTING: Final = Listing(
    title="Redodo BMS",
    brands=("Redodo", "LiTime", "Power Queen", "Starry Sea", "ECO-WORTHY"),
    match=names(
        "P-12*",
        "P-24*",
        "PQ-12*",
        "PQ-24*",
        "R-12*",
        "R-24*",
        "RO-12*",
        "RO-24*",
        "T-12*",
        "T-24*",
        "L-12*",
        "L-24*",
        "L-51*",
        "LT-12???BG-A0[7-9]*",
        "LT-24???B-A00[3-9]*",
        "LT-24???B-A0[1-9]*",
        "LT-24???B-A[1-9]*",
        "LT-51*",
        "S-*",
        "SS-*",
        service="ffe0",
        mfr=(_LITIME,),
    ),
)


def _request(command: int) -> bytes:
    """Build a request."""
    core = bytes((0, 0, 4, 1, command, 0x55, 0xAA))
    return core + bytes((sum8(core),))


_REQUEST: Final = _request(0x13)
_SHORTEST: Final = 0x30  # up to the current
_PROBES: Final = "probes"
_PROBES_AT, _MOST_PROBES = 52, 5
_DISCHARGE_OFF, _CHARGE_DISABLED = 0x80, 4
# What else stands in the word of the heater; some packs always set the second bit, warm ones as well.
_NO_HEATING: Final = _DISCHARGE_OFF | 0x1_0000


def _total(frame: bytes) -> int | None:
    """Return the length of a frame; anything shorter than the cells is none."""
    if len(frame) < 3:
        return None
    return frame[2] + 4 if frame[2] >= _SHORTEST else 0


_PROTECTIONS: Final = {
    2: Alarm.PACK_OVERVOLTAGE,
    5: Alarm.PACK_UNDERVOLTAGE,
    6: Alarm.CHARGE_OVERCURRENT,
    7: Alarm.DISCHARGE_OVERCURRENT,
    8: Alarm.OVERTEMPERATURE,
    9: Alarm.OVERTEMPERATURE,
    10: Alarm.UNDERTEMPERATURE,
    11: Alarm.UNDERTEMPERATURE,
    14: Alarm.SHORT_CIRCUIT,
}

_ROWS: Final[tuple[Row, ...]] = (
    # The sum of the cells; the measured voltage before it is coarser.
    Num(Field.VOLTAGE, 12, "<u4", 0.001),
    Cells(16, 16, "<u2"),
    Num(Field.CURRENT, 48, "<i4", 0.001),
    Num(Field.CYCLE_CHARGE, 62, "<u2", 0.01, optional=True),
    Num(Field.DESIGN_CAPACITY, 64, "<u4", 0.01, optional=True),
    Bit(Field.HEATER, 68, 0xFFFF_FFFF ^ _NO_HEATING, "<u4", optional=True),
    Flags(76, "<u8", _PROTECTIONS, optional=True),
    Num(Field.BALANCER, 84, "<u4", optional=True),
    Num(Field.BATTERY_LEVEL, 90, "<u2", optional=True),
    Num(Field.BATTERY_HEALTH, 92, "<u4", optional=True),
    Num(Field.CYCLES, 96, "<u4", optional=True),
    Num(Field.TOTAL_CHARGE, 100, "<u4", optional=True),
)


def _switches(body: bytes, draft: Draft) -> None:
    """Read what was switched off, and whether the pack lets current through."""
    if len(body) >= 80:
        on = not integer(body, 68, "<u4") & _DISCHARGE_OFF
        _tell(draft, Target.DISCHARGE, on)
        draft.put(Field.DISCHRG_MOSFET, on and not integer(body, 76, "<u4") & 0xA0)
    if len(body) >= 90:
        on = integer(body, 88, "<u2") != _CHARGE_DISABLED
        _tell(draft, Target.CHARGE, on)
        draft.put(Field.CHRG_MOSFET, on)


def _tell(draft: Draft, target: Target, on: bool) -> None:
    """Note a command; where a protection would disable it as well, nobody knows whether somebody did."""
    if on or HOLDS[target].isdisjoint(draft.alarms):
        draft.switches[target] = on


def _switch(target: Target, on: int, off: int) -> Switch:
    """Make the row of a target from its two commands."""
    return Switch(
        target=target,
        confidence=Confidence.EXPERIMENTAL,
        source="maker's app by LiTime_BMS_bluetooth; switched by litime-ble-hacs",
        on=(_request(on),),
        off=(_request(off),),
        told=True,
    )


_CONTROL: Final = Control(
    switches=(
        _switch(Target.CHARGE, 0x0A, 0x0B),
        _switch(Target.DISCHARGE, 0x0C, 0x0D),
    ),
    # Whether it answers a command, and how, is not known.
    write=writer(),
)


def _poll(context: Context) -> Talk[Draft]:
    """Read everything; a probe counts once its place, or a higher one, was not 0."""
    frame = yield Ask(request=_REQUEST, reply=b"\0\0")
    body = (frame or b"")[:-1]
    draft = decode(_ROWS, body, Draft())
    _switches(body, draft)
    places = min(_MOST_PROBES, (len(body) - _PROBES_AT) // 2)
    raws = [integer(body, _PROBES_AT + 2 * n, "<i2") for n in range(places)]
    seen = max((n for n, raw in enumerate(raws, 1) if raw), default=1)
    count = max(seen, int(context.memory.get(_PROBES, 1)))
    context.memory[_PROBES] = count
    return decode((Probes(_PROBES_AT, min(count, places), "<i2"),), body, draft)


FAMILY: Final = Family(
    id="redodo",
    wires=(Wire(service="ffe0", notify=("ffe1",), write="ffe2"),),
    framer=lambda _context: LengthFramer((b"\0\0",), _total, check_sum8),
    dialogue=_poll,
    control=_CONTROL,
    probe=Ask(request=_REQUEST, reply=b"\0\0"),
)
