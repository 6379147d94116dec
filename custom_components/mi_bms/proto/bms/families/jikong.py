"""JK BMS (Jikong): frames of 300 bytes, little endian, 8-bit sum. Source: what aiobmsble, batmon-ha and ESPHome components read.

Requests and switches: ``dialects/jikong``. After the device information the board says that it is
ready (a frame of 20 bytes); asked for cell information it streams a frame about every second. The
software version decides the layout: 24 cells before version 11, 32 from then on. Some boards send
floats instead (JK04), which only the frame itself shows. The device information holds passwords,
which are never read. Long because three layouts (24 cells, 32 cells, floats), 27 alarm bits and a stream
that is greeted and started are described here.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from re import match, search
from typing import Final

from ...model.errors import FrameError
from ...model.fields import Field
from ...model.sample import Place, Probe
from ..alarms import Alarm
from ..catalogue import Listing, Match
from ..codec import Bit, Custom, Draft, Flags, Num, Row, Text, decode
from ..contract import Ask, Context, Family, Mode, Note, Pacing, Talk, Wire
from ..dialects.jikong import (
    ANSWER_HEAD,
    CELLS,
    CONTROL,
    FLOATS,
    HEAD,
    INFO,
    READY,
    SETTINGS,
    VERSION,
    WIDE,
    read_settings,
    request,
)
from ..framing import LengthFramer, check_sum8
from ..raw import integer, real, text
from ..settings.asking import asking
from ..settings.jikong import ROWS

LISTING: Final = Listing(
    title="JK BMS",
    brands=("Jikong", "Heltec", "Rolly"),
    match=(Match(service="ffe0", mfr=(0x0B65, 0x4B4A)),),
)

_NOMINAL, _STREAMS = "nominal", "streams"
_LINKS, _GREETED, _FORMAL = "links", "greeted", "formal"
_GREET_EVERY: Final = 50  # connections between two looks at the version

_ALARMS: Final[Mapping[int, Alarm]] = {
    0: Alarm.WIRE_FAULT,
    1: Alarm.MOSFET_OVERTEMPERATURE,
    2: Alarm.CELL_COUNT_MISMATCH,
    3: Alarm.CURRENT_SENSOR_FAULT,
    5: Alarm.PACK_OVERVOLTAGE,
    6: Alarm.CHARGE_OVERCURRENT,
    7: Alarm.SHORT_CIRCUIT,
    8: Alarm.CHARGE_OVERTEMPERATURE,
    9: Alarm.CHARGE_UNDERTEMPERATURE,
    10: Alarm.COMMUNICATION_FAULT,
    11: Alarm.CELL_UNDERVOLTAGE,
    12: Alarm.PACK_UNDERVOLTAGE,
    13: Alarm.DISCHARGE_OVERCURRENT,
    14: Alarm.SHORT_CIRCUIT,
    15: Alarm.DISCHARGE_OVERTEMPERATURE,
    16: Alarm.CHARGE_MOSFET_FAULT,
    17: Alarm.DISCHARGE_MOSFET_FAULT,
    20: Alarm.DISCHARGE_MOSFET_FAULT,
    21: Alarm.OVERTEMPERATURE,
    22: Alarm.TEMPERATURE_SENSOR_FAULT,
    23: Alarm.HARDWARE_FAULT,
    24: Alarm.SHORT_CIRCUIT,
    25: Alarm.DISCHARGE_OVERCURRENT,
    26: Alarm.DISCHARGE_OVERCURRENT,
    27: Alarm.DISCHARGE_UNDERTEMPERATURE,
    28: Alarm.MOSFET_LOCKED,
}
# Full, no positioning module, the factory's password kept: states and reminders of a healthy battery.
_REMINDERS: Final = 1 << 4 | 1 << 18 | 1 << 19
# Locked from afar: no defect, but the owner did not do it on this battery.
_LOCKED: Final = 1 << 28

# Offset and place of each probe, in the order of its bits in the sensor mask.
_PROBES_24S: Final = (
    (130, Place.GENERIC),
    (132, Place.GENERIC),
    (134, Place.MOSFET),
)
_PROBES_32S: Final = (
    (144, Place.MOSFET),
    (162, Place.GENERIC),
    (164, Place.GENERIC),
    (254, Place.MOSFET),
    (256, Place.GENERIC),
    (258, Place.GENERIC),
)
_NOT_FITTED: Final = -2000  # 0.1 °C


_ASK_INFO: Final = Ask(request=request(0x97), reply=HEAD + INFO)
_ASK_CELLS: Final = Ask(request=request(0x96), reply=HEAD + CELLS)
_ASK_SETTINGS: Final = replace(_ASK_CELLS, reply=HEAD + SETTINGS, rows=ROWS)


def _total(frame: bytes) -> int:
    """Return the length of a data frame or of a short answer."""
    return 300 if frame[0] == HEAD[0] else 20


def _heater_current(at: int, frame: bytes, draft: Draft) -> None:
    """Read the current of the heater; boards without one keep other data there."""
    raw = integer(frame, at, "<i2")
    if draft.values[Field.HEATER] or not raw:
        draft.put(Field.HEATER_CURRENT, raw / 1000)


def _rows(shift: int) -> tuple[Row, ...]:
    """Make the rows behind the cells; the 24S layout lies lower by a fixed shift."""
    return (
        Num(Field.VOLTAGE, 150 + shift, "<u4", 0.001),
        Num(Field.CURRENT, 158 + shift, "<i4", 0.001),
        Num(Field.BALANCE_CURRENT, 170 + shift, "<i2", 0.001),
        Bit(Field.BALANCER, 172 + shift),
        Num(Field.BATTERY_LEVEL, 173 + shift, ">u1"),
        Num(Field.CYCLE_CHARGE, 174 + shift, "<u4", 0.001),
        Num(Field.DESIGN_CAPACITY, 178 + shift, "<u4", 0.001),
        Num(Field.CYCLES, 182 + shift, "<u4"),
        Num(Field.TOTAL_CHARGE, 186 + shift, "<u4", 0.001),
        Num(Field.BATTERY_HEALTH, 190 + shift, ">u1"),
        Num(Field.UPTIME, 194 + shift, "<u4"),
        Bit(Field.CHRG_MOSFET, 198 + shift),
        Bit(Field.DISCHRG_MOSFET, 199 + shift),
        Bit(Field.PRECHRG_MOSFET, 200 + shift),
        # What the board sends here is the mask of the fitted sensors.
        Num(Field.TEMP_SENSORS, 214 + shift, ">u1"),
        Bit(Field.HEATER, 215 + shift),
        Custom(partial(_heater_current, 236 + shift)),
        Bit(Field.CHARGER, 245 + shift),
    )


_ROWS_24S: Final = (
    Num(Field.DELTA_VOLTAGE, 60, "<u2", 0.001),
    *_rows(-32),
    Flags(136, "<u2", _ALARMS, harmless=_REMINDERS),
)
_ROWS_32S: Final = (
    Num(Field.DELTA_VOLTAGE, 76, "<u2", 0.001),
    *_rows(0),
    Flags(166, "<u4", _ALARMS, harmless=_REMINDERS, serious=_LOCKED),
)


def _cells(frame: bytes, mask: int) -> list[float | None]:
    """Read the cells up to the highest one in the mask of fitted cells."""
    return [
        integer(frame, 6 + 2 * n, "<u2") / 1000 if mask >> n & 1 else None
        for n in range(mask.bit_length())
    ]


def _probes(frame: bytes, version: int, mask: int) -> list[Probe]:
    """Read the probes that the board says it has."""
    places: tuple[tuple[int, Place], ...] = _PROBES_32S
    if version < 14:
        places = _PROBES_24S if version < WIDE else _PROBES_32S[:4]
    return [
        Probe(raw / 10, place)
        for n, (at, place) in enumerate(places)
        if mask >> n & 1 and (raw := integer(frame, at, "<i2")) != _NOT_FITTED
    ]


def _decode(frame: bytes, version: int, nominal: int | None) -> Draft:
    """Read cell information in the layout of a software version."""
    small = version < WIDE
    mask = integer(frame, 54 if small else 70, "<u4")
    if mask.bit_length() > (24 if small else 32):
        raise FrameError("cells")
    draft = decode(_ROWS_24S if small else _ROWS_32S, frame, Draft())
    draft.cells = _cells(frame, mask)
    draft.put(Field.CELL_COUNT, mask.bit_count())
    draft.probes = _probes(frame, version, int(draft.number(Field.TEMP_SENSORS) or 0))
    if version >= 15 and (mode := integer(frame, 280, ">u1")) <= 2:
        draft.put(Field.BATTERY_MODE, mode)
    if nominal:
        # Boards count with the learned capacity and keep the nominal one among the settings.
        draft.put(Field.FULL_CHARGE, draft.values[Field.DESIGN_CAPACITY])
        draft.put(Field.DESIGN_CAPACITY, nominal / 1000)
    return draft


def _floats(frame: bytes) -> list[float | None]:
    """Read the cells of the float layout, up to the last one that is not empty."""
    cells = [real(frame, 6 + 4 * n) for n in range(24)]
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _is_jk04(frame: bytes) -> bool:
    """Return whether cell information is of the float layout.

    Most of its cells are floats of a possible voltage, which read as whole numbers are cells of 16 V,
    and the mask of the fitted cells makes no sense.
    """
    found = [volts for volts in _floats(frame) if volts != 0]
    cells = [volts for volts in found if volts is not None and 0.5 <= volts <= 5]
    mask = integer(frame, 54, "<u4")
    return len(cells) > len(found) // 2 and not 0 < mask < 1 << 24


def _decode_jk04(frame: bytes) -> Draft:
    """Read the older float layout, which has little more than cells."""
    cells = _floats(frame)
    rows = (Bit(Field.BALANCER, 220), Num(Field.UPTIME, 286, "<u4"))
    draft = decode(rows, frame, Draft(cells=cells))
    draft.put(Field.BALANCE_CURRENT, real(frame, 222))
    return draft


def _major(raw: bytes) -> int:
    """Return the first number in a version, 0 when there is none."""
    found = search(r"\d+", text(raw) or "")
    return int(found[0]) if found else 0


def _version(memory: Mapping[str, Note], frame: bytes) -> int:
    """Return the software version; one that cannot be read is guessed from where the frame marks its cells."""
    version = memory.get(VERSION)
    if isinstance(version, int) and version:
        return version
    return 0 if 0 < integer(frame, 54, "<u4") < 1 << 24 else WIDE + 1


def _greet(context: Context) -> Talk[None]:
    """Find out the layout, and wait until the board is ready for the next command."""
    frame = (yield _ASK_INFO) or b""
    context.memory[VERSION] = _major(frame[30:38])
    context.memory[_LINKS] = 0
    context.state[_GREETED] = True
    yield Ask(reply=READY, timeout=1.0, optional=True)


def _login(context: Context) -> Talk[None]:
    """Greet a board that is new, that insists on it, or whose version was last seen long ago."""
    links = context.memory.get(_LINKS)
    if not isinstance(links, int) or links >= _GREET_EVERY or _FORMAL in context.memory:
        yield from _greet(context)
    else:
        context.memory[_LINKS] = links + 1


def _stream(context: Context) -> Talk[bytes]:
    """Take the next cell information; ask for it only when the stream does not run."""
    if context.state.get(_STREAMS):
        frame = yield Ask(reply=HEAD + CELLS, timeout=2.5, optional=True)
        if frame is not None:
            return frame
    frame = yield from _start(context)
    context.state[_STREAMS] = True
    return frame


def _start(context: Context) -> Talk[bytes]:
    """Start the stream; a board that says nothing without a greeting is always greeted from then on."""
    if not context.state.get(_GREETED):
        frame = yield replace(_ASK_CELLS, tries=1, optional=True)
        if frame is not None:
            return frame
        yield from _greet(context)
        context.memory[_FORMAL] = True
    return (yield _ASK_CELLS) or b""


def _poll(context: Context) -> Talk[Draft]:
    """Read the cell information."""
    frame = yield from _stream(context)
    context.memory[FLOATS] = _is_jk04(frame)
    if context.memory[FLOATS]:
        return _decode_jk04(frame)
    # The settings come before the first cell information, and when one was changed.
    settings = yield Ask(reply=HEAD + SETTINGS, timeout=0.0, optional=True)
    if settings is not None:
        context.memory[_NOMINAL] = integer(settings, 130, "<u4")
    nominal = context.memory.get(_NOMINAL)
    draft = _decode(
        frame,
        _version(context.memory, frame),
        None if nominal is None else int(nominal),
    )
    if settings is not None:
        read_settings(context.memory, settings, draft)
    return draft


def _date(frame: bytes) -> str | None:
    """Read the date of manufacture, written YYMMDD."""
    found = match(
        r"(\d\d)(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])", text(frame[78:86]) or ""
    )
    return f"20{found[1]}-{found[2]}-{found[3]}" if found else None


def _inform(_context: Context) -> Talk[Draft]:
    """Read names, versions, serial number and date."""
    frame = (yield _ASK_INFO) or b""
    rows = (
        Text("model", 6, 16),
        Text("hw_version", 22, 8),
        Text("sw_version", 30, 8),
        Text("name", 46, 16),
        Text("serial_number", 86, 11),
    )
    draft = decode(rows, frame, Draft())
    if not draft.info.get("serial_number", "").strip("0"):
        draft.info.pop("serial_number", None)
    if date := _date(frame):
        draft.info["production_date"] = date
    return draft


FAMILY: Final = Family(
    id="jikong",
    wires=(Wire(service="ffe0", notify=("ffe1",), write="ffe1"),),
    framer=lambda _context: LengthFramer(
        (HEAD, ANSWER_HEAD), _total, check_sum8, noise=(b"AT\r\n",), most=300
    ),
    dialogue=_poll,
    login=_login,
    inform=_inform,
    settings=asking(bytes, _ASK_SETTINGS),
    control=CONTROL,
    mode=Mode.STREAM,
    fresh=1.0,
    pacing=Pacing(timeout=2.0, deadline=30.0),
    probe=_ASK_INFO,
    response=False,
)
