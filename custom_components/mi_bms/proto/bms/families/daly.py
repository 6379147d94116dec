"""Daly smart BMS, the two Modbus protocols: boards that answer as D2, and boards asked as 81 that answer as 51.

Big endian; temperatures count from -40 °C, currents from -3000 A. The protocol is found by asking: D2
first. Some firmware repeats the previous answer instead of the MOSFET temperature; it is told by its
length and not asked again. Boards that answer a longer question give everything at once from the
second poll on. Source: what aiobmsble, batmon-ha and ESPHome components read. Long because two
protocols have a table each, 44 alarm bits have a name, and there are switches.
"""

from collections.abc import Mapping
from dataclasses import replace
import re
from typing import Final

from ...model.errors import FrameError, NoAnswer
from ...model.fields import Field
from ...model.sample import Place, Probe
from ..catalogue import Listing, Match
from ..checksum import low_high, modbus16
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
    decode_extra,
)
from ..contract import Ask, Context, Family, Note, Pacing, Talk, Wire, extra
from ..control import Commands, Confidence, Control, Switch, Target, writer
from ..dialects.daly import (
    CURRENTS_AND_LEVEL,
    DIFFERENCES,
    IDS,
    MOSFETS,
    PARTS,
    TEMPERATURES,
    VOLTAGES,
    bits,
)
from ..dialects.modbus import body, check_modbus, framer, question
from ..raw import integer, scaled, text
from ..settings import daly as settings

LISTING: Final = Listing(
    title="Daly smart BMS",
    brands=("Daly", "Bulltron", "100Balance"),
    match=(Match(name="DL-*", service="fff0"), Match(mfr=IDS)),
)

_D2: Final = 0xD2
_81: Final = 0x81
_81_ANSWERS: Final = 0x51
_WRITE, _WRITE_REFUSED = 0x06, 0x86

_PROTOCOL: Final = "protocol"
_MOSFET: Final = "mosfet"
_LONG: Final = "long"
_RATED: Final = "rated"

_ALARMS: Final = bits(
    TEMPERATURES, VOLTAGES, DIFFERENCES, CURRENTS_AND_LEVEL, PARTS, MOSFETS, (), ()
)

# Even bits of the upper half are warnings, these two without a word.
_RESERVED_WARNINGS: Final = 1 << 44 | 1 << 46

_NONE: Final = (0, 0xFFFF)
_NO_PROBE: Final = (*_NONE, 0xFF)


def _head(at: int, counts: int, most: int) -> tuple[Row, ...]:
    """Make the rows that both protocols begin with: temperatures at ``at``, then pack values, and two counts."""
    return (
        Cells(0, Count(counts, ">u2", most=most)),
        Num(Field.CELL_COUNT, counts, ">u2"),
        Probes(at, Count(counts + 2, ">u2", most=8), ">u2", 1, -40, absent=_NO_PROBE),
        Num(Field.TEMP_SENSORS, counts + 2, ">u2"),
        Num(Field.VOLTAGE, at + 16, ">u2", 0.1),
        Num(Field.CURRENT, at + 18, ">u2", 0.1, -30000, absent=(0,)),
        Num(Field.BATTERY_LEVEL, at + 20, ">u2", 0.1),
    )


_D2_ROWS: Final[tuple[Row, ...]] = (
    *_head(64, 98, 32),
    Num(Field.CYCLE_CHARGE, 96, ">u2", 0.1),
    Num(Field.CYCLES, 102, ">u2"),
    Bit(Field.BALANCER, 104, 0xFFFF, ">u2"),
    Bit(Field.CHRG_MOSFET, 106, 0xFFFF, ">u2"),
    Bit(Field.DISCHRG_MOSFET, 108, 0xFFFF, ">u2"),
    Num(Field.DELTA_VOLTAGE, 112, ">u2", 0.001),
    Flags(116, ">u8", _ALARMS, harmless=_RESERVED_WARNINGS),
)

# Registers 3E to 43: what some boards add, in an answer of its own or at the end of a long one.
_MORE_AT: Final = 124


def _more(data: bytes, draft: Draft) -> None:
    """Read which cells balance (0 where a board does not say which), balance current and two temperatures.

    A board without MOSFET temperature has none of the others either.
    """
    mosfet, board = integer(data, 8, ">u2"), integer(data, 10, ">u2")
    if mosfet in _NO_PROBE:
        return
    cells = integer(data, 0, ">u2") | integer(data, 2, ">u2") << 16
    if cells and draft.values.get(Field.BALANCER):
        draft.put(Field.BALANCER, cells)
    decode((Num(Field.BALANCE_CURRENT, 4, ">u2", 0.001, -30000, _NONE),), data, draft)
    draft.probes.insert(0, Probe(mosfet - 40, Place.MOSFET))
    if board not in _NO_PROBE:
        draft.probes.append(Probe(board - 40, Place.PCB))


_81_ROWS: Final[tuple[Row, ...]] = (
    Num(Field.CYCLE_CHARGE, 20, ">u2", 0.1),
    Num(Field.CYCLES, 22, ">u2"),
    Bit(Field.BALANCER, 24, 0xFFFF, ">u2"),
    Num(Field.BALANCE_CURRENT, 26, ">u2", 0.001, -30000, _NONE),
    Bit(Field.CHRG_MOSFET, 34, 0xFFFF, ">u2"),
    Bit(Field.DISCHRG_MOSFET, 36, 0xFFFF, ">u2"),
    Bit(Field.PRECHRG_MOSFET, 38, 0xFFFF, ">u2"),
    Bit(Field.HEATER, 40, 0xFFFF, ">u2"),
    Num(Field.CYCLE_CAPACITY, 48, ">u2", absent=(0,)),
    Probes(50, 2, ">u2", 1, -40, places=(Place.MOSFET, Place.PCB), absent=_NO_PROBE),
    Flags(88, ">u4"),
)


def _third(data: bytes, draft: Draft) -> None:
    """Read the production date, eight digits, or the hardware where texts have 32 bytes and not 16."""
    found = re.fullmatch(r"(\d{4})-?(\d\d)-?(\d\d)", text(data[32:48]) or "")
    if found:
        draft.info["production_date"] = "-".join(found.groups())
    elif "hw_version" not in draft.info and (hardware := text(data[32:64])):
        draft.info["hw_version"] = hardware


_D2_INFO: Final[tuple[Row, ...]] = (
    Text("sw_version", 0, 16),
    Text("hw_version", 16, 16),
    Custom(_third),
)
_81_INFO: Final[tuple[Row, ...]] = (
    Text("sw_version", 0, 28),
    Text("hw_version", 28, 14),
    Text("serial_number", 42, 14),
)


def _ask(register: int, count: int, *, optional: bool = False) -> Ask:
    """Ask a D2 board."""
    return question(register, count, device=_D2, optional=optional, tries=2)


def _ask_81(register: int, count: int) -> Ask:
    """Ask an 81 board."""
    return question(register, count, device=_81, answers=bytes((_81_ANSWERS,)), tries=2)


_BLOCK: Final = _ask(0x0000, 62)
_WHOLE: Final = _ask(0x0000, 68, optional=True)
_BLOCK_81: Final = _ask_81(0x0000, 64)


def _begin(context: Context) -> Talk[tuple[int, bytes]]:
    """Ask for the first block; gives the protocol that answered, and its answer."""
    known = context.memory.get(_PROTOCOL)
    if known != _81:
        try:
            frame = yield _BLOCK
        except FrameError, NoAnswer:
            if known:
                raise
        else:
            context.memory[_PROTOCOL] = _D2
            return _D2, body(frame)
    frame = yield _BLOCK_81
    context.memory[_PROTOCOL] = _81
    return _81, body(frame)


def _poll(context: Context) -> Talk[Draft]:
    """Read the values of whichever protocol the board speaks."""
    draft = Draft()
    long = context.memory.get(_LONG)
    wanted = long is not False and context.memory.get(_PROTOCOL) == _D2
    if wanted and (frame := (yield replace(_WHOLE, tries=2 if long else 1))):
        context.memory[_LONG] = True
        decode(_D2_ROWS, body(frame), draft)
        _more(body(frame)[_MORE_AT:], draft)
        yield from _read_rated(context, draft)
        return draft
    protocol, data = yield from _begin(context)
    if wanted:
        # It answers, but not this: a short memory or a narrow link.
        context.memory[_LONG] = False
    if protocol == _81:
        decode(_head(96, 120, 48), data, draft)
        frame = yield from extra(context, _ask_81(0x0041, 62))
        return decode_extra(_81_ROWS, frame and body(frame), draft)
    decode(_D2_ROWS, data, draft)
    yield from _read_more(context, draft)
    yield from _read_rated(context, draft)
    return draft


def _read_more(context: Context, draft: Draft) -> Talk[None]:
    """Read what only some boards know; what does not work at first is left alone on this connection."""
    if context.state.get(_MOSFET) is False:
        return
    frame = yield _ask(0x003E, 9, optional=True)
    context.state.setdefault(
        _MOSFET, frame is not None and integer(body(frame), 8, ">u2") not in _NO_PROBE
    )
    if frame:
        _more(body(frame), draft)


def _read_rated(context: Context, draft: Draft) -> Talk[None]:
    """Read the rated capacity out of the settings, once per device."""
    if _RATED not in context.memory and _RATED not in context.state:
        frame = yield _ask(0x0080, 41, optional=True)
        context.state[_RATED] = True
        if frame:
            context.memory[_RATED] = integer(body(frame), 0, ">u2")
    raw = context.memory.get(_RATED)
    if isinstance(raw, int) and raw:
        draft.put(Field.DESIGN_CAPACITY, scaled(raw, 0.1))


def _read_settings(context: Context) -> Talk[Draft]:
    """Read what a D2 board is set to; of 81 boards nobody has said where that stands."""
    draft = Draft()
    if context.memory.get(_PROTOCOL) != _D2:
        return draft
    frame = yield _ask(0x0080, 41, optional=True)
    return decode_extra(settings.ROWS, frame and body(frame), draft)


def _inform(context: Context) -> Talk[Draft]:
    """Read versions, and the production date or the serial number."""
    protocol, _ = yield from _begin(context)
    if protocol == _81:
        return decode(_81_INFO, body((yield _ask_81(0x0178, 74))), Draft())
    return decode(_D2_INFO, body((yield _ask(0x00A9, 32))), Draft())


_REGISTERS: Final[Mapping[Target, int]] = {
    Target.CHARGE: 0xA5,
    Target.DISCHARGE: 0xA6,
    Target.BALANCER: 0xCF,
}


def _switch(target: Target, confidence: Confidence, source: str) -> Switch:
    """Make the row of a target."""
    cores = (bytes((_D2, _WRITE, 0, _REGISTERS[target], 0, on)) for on in (0, 1))
    off, on = (core + low_high(modbus16(core)) for core in cores)
    return Switch(
        target=target,
        confidence=confidence,
        source=source,
        on=(on,),
        off=(off,),
        told=True,
    )


def _fits(memory: Mapping[str, Note], _target: Target) -> bool:
    """Return whether it is a D2 board: for 81 boards no command is known."""
    return memory.get(_PROTOCOL) == _D2


def _ask_commands(_context: Context) -> Talk[Commands]:
    """Read the switches of charging and discharging, and that of the balancer where there is one."""
    data = body((yield _ask(_REGISTERS[Target.CHARGE], 2)))
    told = {
        Target.CHARGE: bool(integer(data, 0, ">u2")),
        Target.DISCHARGE: bool(integer(data, 2, ">u2")),
    }
    balancer = yield _ask(_REGISTERS[Target.BALANCER], 1, optional=True)
    if balancer is not None:
        told[Target.BALANCER] = bool(integer(body(balancer), 0, ">u2"))
    return told


_MAPPED: Final = "register map and switches of esphome-daly-bms"
_CONTROL: Final = Control(
    switches=(
        _switch(Target.CHARGE, Confidence.PROVEN, f"{_MAPPED}; captured by batmon-ha"),
        _switch(
            Target.DISCHARGE, Confidence.PROVEN, f"{_MAPPED}; captured by batmon-ha"
        ),
        _switch(Target.BALANCER, Confidence.EXPERIMENTAL, _MAPPED),
    ),
    # The board gives the request back, or an exception.
    write=writer(
        lambda request, frame: frame == request or frame[1] == _WRITE_REFUSED,
        lambda frame: "exception" if frame[1] == _WRITE_REFUSED else None,
    ),
    ask=_ask_commands,
    fits=_fits,
)


def _check(frame: bytes) -> None:
    """Check a frame; the refusal of a command is an answer of its own."""
    try:
        check_modbus(frame)
    except FrameError as error:
        if error.reason != "exception" or frame[1] != _WRITE_REFUSED:
            raise


FAMILY: Final = Family(
    id="daly",
    wires=(
        Wire(service="fff0", notify=("fff1",), write="fff2"),
        Wire(service="ff00", notify=("ff01",), write="ff02"),
    ),
    framer=lambda _context: framer(bytes((_D2, _81_ANSWERS)), b"\x03\x06", _check),
    dialogue=_poll,
    inform=_inform,
    settings=_read_settings,
    control=_CONTROL,
    probe=_BLOCK,
    pacing=Pacing(timeout=1.0, tries=2, deadline=20.0),
    response=False,
)
