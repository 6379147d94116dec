"""TDT, WattCycle, MetalFort: frames ``head ver 01 03 status cmd length data crc 0D``. Source: what aiobmsble and dbus-serialbattery read.

Big endian, CRC-16/MODBUS with its high byte first. Requests begin with 7E or 1E, depending on the
board; replies with 7E. A fixed word unlocks, where there is a characteristic for it. Which of the first
two temperatures is the MOSFET is disputed; software 1.x counts its charges in whole Ah. Long because
boards differ in the head of requests, in the CRC of states and in the unit of charges, and have to be
unlocked.
"""

from collections.abc import Mapping
import re
from typing import Final

from ...model.errors import FrameError, NoAnswer
from ...model.fields import Field
from ...model.sample import Place
from ..alarms import Alarm
from ..catalogue import Listing, Match, names
from ..checksum import high_low, modbus16
from ..codec import (
    Bit,
    Cells,
    Count,
    Custom,
    Draft,
    Flags,
    Num,
    Probes,
    Row,
    Text,
    decode,
)
from ..contract import (
    Ask,
    Context,
    Family,
    Pacing,
    Pause,
    Read,
    Talk,
    Wire,
    Write,
    either,
    unless_refused,
)
from ..framing import REFUSALS, LengthFramer
from ..raw import integer, scaled
from ..uuids import expand

# TDT's packs: name, and what Home Assistant can look for. The third character is free.
_TDT_NAMES: Final = (("WTDH*", None), ("WT???AZ*", "WT[0-9A-Za-z]??AZ*"))
_TDT_OUIS: Final = ("AA:C2:37", "EE:C2:37")
LISTING: Final = Listing(
    title="TDT BMS",
    brands=("TDT", "WattCycle", "MetalFort", "Humsienk"),
    match=(
        Match(name="WTDH*", service="fff0"),
        *(
            Match(name=name, service="fff0", sure=False, discover=discover)
            for name, discover in _TDT_NAMES
        ),
        Match(service="fff0", ouis=_TDT_OUIS, own_address=True, sure=False),
        *names("HS*", "WT???BG*", service="ffe1"),
        Match(mfr=(54976,)),
    ),
)

_LOCK: Final = "fffa"
_WORD: Final = b"HiLink"

_VALUES: Final = 0x8C
_STATES: Final = 0x8D
_DEVICE: Final = 0x92

_HEADS: Final = b"\x7e\x1e"
_HEAD: Final = "head"
_VERSION: Final = "version"
_BROKEN: Final = "version_broken"
_WHOLE: Final = re.compile(r"1\..\Z")  # how a version ends whose charges are whole Ah


def _size(frame: bytes) -> int | None:
    """Return the length of a reply."""
    if len(frame) < 8:
        return None
    return int.from_bytes(frame[6:8]) + 11 if frame[3] == 3 else 0


class _Check:
    """Check frames; some boards never fill in the CRC of their states, which the first such frame shows."""

    def __init__(self) -> None:
        """Belong to one connection."""
        self._lax: bool | None = None

    def __call__(self, frame: bytes) -> None:
        """Check end byte, CRC and status."""
        if frame[-1] != 0x0D:
            raise FrameError("end")
        good = high_low(modbus16(frame[:-3])) == frame[-3:-1]
        if frame[5] == _STATES:
            if self._lax is None:
                self._lax = not good and not frame[-3]
            good |= self._lax
        if not good:
            raise FrameError("checksum")
        if frame[4]:
            raise FrameError("status")


def _question(head: int, command: int) -> Ask:
    """Make a request that begins with one of the heads."""
    core = bytes((head, 0, 1, 3, 0, command, 0, 0))
    return Ask(
        request=core + high_low(modbus16(core)) + b"\x0d",
        reply=lambda frame: frame[5] == command,
    )


def _heads(context: Context) -> bytes:
    """Return the heads to try: the proven one, or all."""
    known = context.memory.get(_HEAD)
    return bytes((known,)) if isinstance(known, int) else _HEADS


def _ask(context: Context, command: int) -> Talk[bytes]:
    """Ask with the head that works; gives the data."""
    heads = _heads(context)
    place, frame = yield from either([_question(head, command) for head in heads])
    context.memory[_HEAD] = heads[place]
    return frame[8:-3]


def _current(raw: int) -> float:
    """Read a current: sign (set when discharging), unit (set for 0.1 A), 14 bits of magnitude."""
    amperes = scaled(raw & 0x3FFF, 0.1 if raw & 0x4000 else 1)
    return -amperes if raw & 0x8000 and amperes else amperes


def _flow(data: bytes, draft: Draft) -> None:
    """Read the current, and the minutes left while it empties."""
    amperes = _current(integer(data, 0, ">u2"))
    draft.put(Field.CURRENT, amperes)
    if amperes < 0:
        decode(
            (Num(Field.RUNTIME, 20, ">u4", 60, absent=(0,), optional=True),),
            data,
            draft,
        )


def _balance(data: bytes, draft: Draft) -> None:
    """Read the balance current, which only long replies hold."""
    if len(data) >= 32:
        draft.put(Field.BALANCE_CURRENT, _current(integer(data, 30, ">u2")))


def _charges(unit: float | None) -> tuple[Row, ...]:
    """Make the rows of the charges; ``unit`` in Ah, None while nobody knows it."""
    if unit is None:
        return ()
    return (
        Num(Field.CYCLE_CHARGE, 4, ">u2", unit),
        Num(Field.FULL_CHARGE, 6, ">u2", unit),
        Num(Field.DESIGN_CAPACITY, 10, ">u2", unit),
    )


def _rows(unit: float | None) -> tuple[Row, ...]:
    """Make the rows from the current on."""
    return (
        Custom(_flow),
        Num(Field.VOLTAGE, 2, ">u2", 0.01),
        *_charges(unit),
        Num(Field.CYCLES, 8, ">u2"),
        Num(Field.BATTERY_LEVEL, 12, ">u2"),
        Num(Field.BATTERY_HEALTH, 14, ">u2", optional=True),
        Num(Field.TOTAL_CHARGE, 16, ">u4", 0.1, optional=True),
        Custom(_balance),
    )


def _decode_values(data: bytes, draft: Draft, unit: float | None) -> None:
    """Read cells, temperatures, and what follows them."""
    cells = Count(0).read(data)
    sensors = Count(1 + 2 * cells, most=16)
    decode(
        (
            Num(Field.CELL_COUNT, 0, ">u1"),
            Cells(1, cells, empty=()),
            Num(Field.TEMP_SENSORS, sensors.at, ">u1"),
            Probes(
                sensors.at + 1,
                sensors,
                ">u2",
                0.1,
                -2730,
                (Place.AMBIENT, Place.MOSFET, Place.CELL),
                absent=(0, 0xFFFF),
            ),
        ),
        data,
        draft,
    )
    decode(_rows(unit), data[2 + 2 * (cells + sensors.read(data)) :], draft)


_PROTECTIONS: Final[Mapping[int, Alarm]] = {  # status 1, then status 2
    8: Alarm.CELL_OVERVOLTAGE,
    9: Alarm.CELL_UNDERVOLTAGE,
    10: Alarm.PACK_OVERVOLTAGE,
    11: Alarm.PACK_UNDERVOLTAGE,
    12: Alarm.CHARGE_OVERCURRENT,
    13: Alarm.DISCHARGE_OVERCURRENT,
    14: Alarm.HARDWARE_FAULT,
    15: Alarm.CHARGER_OVERVOLTAGE,
    0: Alarm.CHARGE_OVERTEMPERATURE,
    1: Alarm.DISCHARGE_OVERTEMPERATURE,
    2: Alarm.CHARGE_UNDERTEMPERATURE,
    3: Alarm.DISCHARGE_UNDERTEMPERATURE,
    4: Alarm.MOSFET_OVERTEMPERATURE,
    5: Alarm.AMBIENT_OVERTEMPERATURE,
    6: Alarm.AMBIENT_UNDERTEMPERATURE,
}
_WARNINGS: Final[Mapping[int, Alarm]] = {  # the same two bytes
    8: Alarm.CELL_OVERVOLTAGE_WARNING,
    9: Alarm.CELL_UNDERVOLTAGE_WARNING,
    10: Alarm.PACK_OVERVOLTAGE_WARNING,
    11: Alarm.PACK_UNDERVOLTAGE_WARNING,
    12: Alarm.CHARGE_OVERCURRENT_WARNING,
    13: Alarm.DISCHARGE_OVERCURRENT_WARNING,
    0: Alarm.CHARGE_OVERTEMPERATURE_WARNING,
    1: Alarm.DISCHARGE_OVERTEMPERATURE_WARNING,
    2: Alarm.CHARGE_UNDERTEMPERATURE_WARNING,
    3: Alarm.DISCHARGE_UNDERTEMPERATURE_WARNING,
    4: Alarm.MOSFET_OVERTEMPERATURE_WARNING,
    5: Alarm.AMBIENT_OVERTEMPERATURE_WARNING,
    6: Alarm.AMBIENT_UNDERTEMPERATURE_WARNING,
}
_DEFECTS: Final[Mapping[int, Alarm]] = {  # status 5
    0: Alarm.CELL_FAULT,
    1: Alarm.CHARGE_MOSFET_FAULT,
    2: Alarm.DISCHARGE_MOSFET_FAULT,
    3: Alarm.TEMPERATURE_SENSOR_FAULT,
}


def _decode_states(data: bytes, draft: Draft) -> None:
    """Read alarms and FETs, which stand behind a state of each cell and each temperature."""
    cells = Count(0).read(data)
    at = 2 + cells + Count(1 + cells, most=16).read(data)
    decode(
        (
            Flags(at + 4, ">u2", _PROTECTIONS),
            Flags(at + 8, ">u1", _DEFECTS, mask=0, serious=0xFF, optional=True),
            Flags(at + 11, ">u2", _WARNINGS, mask=0, optional=True),
            Bit(Field.CHRG_MOSFET, at + 6, 0x02),
            Bit(Field.DISCHRG_MOSFET, at + 6, 0x04),
            Num(Field.BALANCER, at + 13, f"<u{(cells + 7) // 8}", optional=True),
        ),
        data,
        draft,
    )


def _poll(context: Context) -> Talk[Draft]:
    """Read values and states, and before the states once the version, which sets a unit."""
    draft = Draft()
    values = yield from _ask(context, _VALUES)
    unit = yield from _unit(context)
    _decode_values(values, draft, unit)
    head = _heads(context)[0]
    frame = yield from unless_refused(context, _question(head, _STATES))
    if frame is None:
        draft.unknown.add(Field.PROBLEM)
    else:
        _decode_states(frame[8:-3], draft)
    return draft


def _unit(context: Context) -> Talk[float | None]:
    """Return the unit of the charges in Ah, which follows from the software version.

    Boards that do not tell their version are asked once per connection and count tenths. A broken
    answer may hide another unit: None until the next connection, then it counts as not told.
    """
    if _VERSION not in context.memory and _VERSION not in context.state:
        context.state[_VERSION] = True
        try:
            yield from _read_device(context)
        except NoAnswer:
            pass
        except FrameError as error:
            if error.reason not in REFUSALS and not context.memory.get(_BROKEN):
                context.memory[_BROKEN] = context.state[_BROKEN] = True
    if context.state.get(_BROKEN):
        return None
    return 1 if _WHOLE.search(str(context.memory.get(_VERSION, ""))) else 0.1


_INFO: Final[tuple[Row, ...]] = (
    Text("sw_version", 0, 20),
    Text("manufacturer", 20, 20, empty=True),
    Text("serial_number", 40, 20, empty=True),
)


def _inform(context: Context) -> Talk[Draft]:
    """Read version, maker and serial number; many boards never answer this."""
    try:
        return (yield from _read_device(context))
    except FrameError, NoAnswer:
        return Draft()


def _read_device(context: Context) -> Talk[Draft]:
    """Read what the board says of itself, and remember its version."""
    data = yield from _ask(context, _DEVICE)
    draft = decode(_INFO, data, Draft())
    context.memory[_VERSION] = draft.info.get("sw_version", "")
    return draft


def _login(context: Context) -> Talk[None]:
    """Unlock; boards that report another state than unlocked work all the same."""
    if expand(_LOCK) in context.characteristics:
        yield Write(_WORD, _LOCK)
        yield Pause(0.5)
        yield Read(_LOCK)


FAMILY: Final = Family(
    id="tdt",
    wires=(Wire(service="fff0", notify=("fff1",), write="fff2"),),
    framer=lambda _context: LengthFramer((b"\x7e\x00", b"\x7e\x04"), _size, _Check()),
    dialogue=_poll,
    login=_login,
    inform=_inform,
    probe=_question(_HEADS[0], _VALUES),
    pacing=Pacing(timeout=0.7, tries=2, deadline=25.0),
)
