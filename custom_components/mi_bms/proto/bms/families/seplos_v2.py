"""Seplos V2: binary frames 7E ... 0D, big endian, CRC-16/XMODEM. Source: what aiobmsble and ESPHome components read.

Request ``7E 10 addr 46 cmd length data crc 0D``, reply ``7E 14 addr cmd status length data crc 0D``;
the CRC covers what stands between the first byte and itself. The module throws ``AT`` commands of its
own into the stream: frames get lost and are asked for again.
The main unit says how many packs extend it; those are asked like itself, by number, which is untested on
hardware: packs that do not answer at first are left alone. Long because every place depends on two
counts in the reply, there may be further packs, and 47 alarm bits have a word.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from ...model.errors import FrameError
from ...model.fields import Field
from ...model.sample import Place
from ..alarms import Alarm
from ..catalogue import Listing, names
from ..checksum import high_low, xmodem16
from ..codec import Bit, Cells, Count, Draft, Flags, Num, Probes, Row, Text, decode
from ..contract import Ask, Context, Family, Talk, Wire, unless_refused
from ..control import Confidence, Control, Switch, Target, writer
from ..dialects.seplos import AMBIENT, TEMPERATURES, VOLTAGES
from ..framing import LengthFramer, length_at
from ..raw import integer
from ..settings import seplos_v2 as settings
from ..settings.asking import asking

LISTING: Final = Listing(
    title="Seplos V2",
    brands=("Seplos",),
    match=names("BP0?", "BP1?", "BP2?", service="ff00"),
)

_MAKER: Final = 0x51
_SINGLE: Final = 0x61
_SETTINGS: Final = 0x47
_COMMAND: Final = 0xAA
_CELLS: Final = Count(2)
_MOST_PACKS: Final = 16
_ANSWERED: Final = "packs_answer"
_EVENTS: Final[tuple[tuple[Alarm | None, ...], ...]] = (
    (
        Alarm.FRONTEND_FAULT,
        Alarm.TEMPERATURE_SENSOR_FAULT,
        Alarm.CURRENT_SENSOR_FAULT,
        Alarm.HARDWARE_FAULT,  # the key
        Alarm.CELL_IMBALANCE,
        Alarm.CHARGE_MOSFET_FAULT,
        Alarm.DISCHARGE_MOSFET_FAULT,
        Alarm.HARDWARE_FAULT,  # the current limiter
    ),
    tuple(VOLTAGES.values()),
    tuple(TEMPERATURES.values()),
    (
        *AMBIENT.values(),
        Alarm.MOSFET_OVERTEMPERATURE,
        Alarm.MOSFET_OVERTEMPERATURE_WARNING,
    ),
    (
        Alarm.CHARGE_OVERCURRENT_WARNING,
        Alarm.CHARGE_OVERCURRENT,
        Alarm.DISCHARGE_OVERCURRENT_WARNING,
        Alarm.DISCHARGE_OVERCURRENT,
        Alarm.DISCHARGE_OVERCURRENT,  # for a moment
        Alarm.SHORT_CIRCUIT,
        Alarm.DISCHARGE_OVERCURRENT,  # and locked
        Alarm.SHORT_CIRCUIT,
    ),
    (
        Alarm.CHARGER_OVERVOLTAGE,
        None,
        Alarm.LEVEL_LOW_WARNING,
        Alarm.LEVEL_LOW,
        Alarm.CELL_UNDERVOLTAGE,  # too low to be charged
    ),
    (),
    (
        Alarm.MEMORY_FAULT,
        Alarm.CLOCK_FAULT,
        *(Alarm.CONFIGURATION_FAULT,) * 3,  # not calibrated
    ),
)
# Of each byte of events: bits that are no alarms, and states: heats, waits between two charges, no date.
_INTERNAL: Final[Mapping[int, int]] = {5: 0x80, 6: 0xFF, 7: 0xC0}
_HARMLESS: Final[Mapping[int, int]] = {3: 0x40, 5: 0x02, 7: 0x20}


def _check(frame: bytes) -> None:
    """Check end byte, CRC and status; a command that is refused is an answer of its own."""
    if frame[-1] != 0x0D:
        raise FrameError("end")
    if high_low(xmodem16(frame[1:-3])) != frame[-3:-1]:
        raise FrameError("checksum")
    if frame[4] and frame[3] != _COMMAND:
        raise FrameError("status")


def _request(command: int, data: bytes = b"") -> bytes:
    """Build a request to the main unit."""
    core = bytes((0x10, 0, 0x46, command)) + len(data).to_bytes(2) + data
    return b"\x7e" + core + high_low(xmodem16(core)) + b"\x0d"


def _ask(command: int, data: bytes = b"") -> Ask:
    """Ask the main unit."""
    return Ask(
        request=_request(command, data),
        reply=lambda frame: frame[3] == command,
    )


def _body(frame: bytes | None) -> bytes:
    """Return the data of a reply."""
    return (frame or b"")[7:-3]


# From the current on, behind cells and temperatures.
_VALUES: Final[tuple[Row, ...]] = (
    Num(Field.CURRENT, 0, ">i2", 0.01),
    Num(Field.VOLTAGE, 2, ">u2", 0.01),
    Num(Field.CYCLE_CHARGE, 4, ">u2", 0.01),
    Num(Field.BATTERY_LEVEL, 9, ">u2", 0.1),
    Num(Field.DESIGN_CAPACITY, 11, ">u2", 0.01),
    Num(Field.CYCLES, 13, ">u2"),
    Num(Field.BATTERY_HEALTH, 15, ">u2", 0.1),
)
_STATES: Final[tuple[Row, ...]] = (
    Bit(Field.DISCHRG_MOSFET, 0, 0x01),
    Bit(Field.CHRG_MOSFET, 0, 0x02),
    Bit(Field.HEATER, 0, 0x08),
)


def _places(count: int) -> tuple[Place, ...]:
    """Name the temperatures: the last two are ambient and MOSFET."""
    return (Place.CELL,) * (count - 2) + (Place.AMBIENT, Place.MOSFET)


def _event_rows(at: int, count: int) -> list[Row]:
    """Make the rows of the bytes of events, whose first one is the highest byte of the code."""
    return [
        Flags(
            at + n,
            ">u1",
            {bit: alarm for bit, alarm in enumerate(_EVENTS[n]) if alarm is not None},
            mask=0xFF ^ _INTERNAL.get(n, 0),
            harmless=_HARMLESS.get(n, 0),
            shift=8 * (count - 1 - n),
        )
        for n in range(count)
    ]


def _decode(data: bytes, draft: Draft) -> None:
    """Read the block; everything behind the cells moves with the two counts."""
    cells = _CELLS.read(data)
    at = 3 + 2 * cells
    sensors = Count(at, most=16).read(data)
    decode(
        (
            Num(Field.CELL_COUNT, 2, ">u1"),
            Cells(3, cells, empty=()),
            Num(Field.TEMP_SENSORS, at, ">u1"),
            Probes(
                at + 1,
                sensors,
                ">u2",
                0.1,
                -2731,
                _places(sensors),
                absent=(0, 0xFFFF),
            ),
        ),
        data,
        draft,
    )
    values = at + 1 + 2 * sensors
    decode(_VALUES, data[values:], draft)
    states = values + cells + sensors + 22
    decode(_STATES, data[states:], draft)
    events = Count(states + 1, most=64).read(data)
    draft.flag(0)
    decode(_event_rows(states + 2, min(events, len(_EVENTS))), data, draft)
    balancing = states + 2 + events
    draft.put(Field.BALANCER, integer(data, balancing, f">u{(cells + 7) // 8}"))


def _pack(number: int, *, known: bool = True) -> Talk[Draft | None]:
    """Read one pack; None when it does not answer and was not known to."""
    ask = _ask(_SINGLE, bytes((number,)))
    frame = yield ask if known else replace(ask, tries=2, optional=True)
    draft = Draft()
    if frame is None:
        return None
    _decode(_body(frame), draft)
    return draft


def _extensions(context: Context, count: int) -> Talk[list[Draft]]:
    """Read the packs that extend the main unit: all of them, or none where one did not answer at first."""
    answered = context.memory.get(_ANSWERED)
    packs: list[Draft] = []
    if not count or answered is False:
        return packs
    for number in range(1, count + 1):
        pack = yield from _pack(number, known=bool(answered))
        context.memory[_ANSWERED] = pack is not None
        if pack is None:
            return []
        packs.append(pack)
    return packs


def _poll(context: Context) -> Talk[Draft]:
    """Read the number of packs, the main unit, and the packs that extend it."""
    maker = yield from unless_refused(context, _ask(_MAKER))
    count = Count(35, most=_MOST_PACKS).read(_body(maker)) if maker else 0
    main = (yield from _pack(0)) or Draft()
    if extensions := (yield from _extensions(context, count)):
        return Draft(packs=[main, *extensions])
    main.put(Field.PACK_COUNT, count or None)
    return main


def _inform(_context: Context) -> Talk[Draft]:
    """Read model and software."""
    data = _body((yield _ask(_MAKER)))
    draft = decode((Text("model", 19, 10),), data, Draft())
    major, minor = integer(data, 30, ">u1"), integer(data, 31, ">u1")
    draft.info["sw_version"] = f"{major}.{minor}"
    return draft


def _switch(target: Target, mask: int) -> Switch:
    """Make the row of a target."""
    return Switch(
        target=target,
        confidence=Confidence.EXPERIMENTAL,
        source="switched by esphome-seplos-bms, refused by some boards",
        on=(_request(_COMMAND, bytes((mask, 1))),),
        off=(_request(_COMMAND, bytes((mask, 0))),),
    )


def _refusal(frame: bytes) -> str | None:
    """Return the word of an answer to a command that is no success."""
    return "status" if frame[4] or any(frame[7:-3]) else None


_CONTROL: Final = Control(
    switches=(
        _switch(Target.CHARGE, 0x02),
        _switch(Target.DISCHARGE, 0x01),
        _switch(Target.HEATER, 0x08),
    ),
    write=writer(lambda _request, frame: frame[3] == _COMMAND, _refusal),
    names=False,
    # Commands reach the main unit; of further packs nothing is known.
    fits=lambda memory, _target: not memory.get(_ANSWERED),
)

FAMILY: Final = Family(
    id="seplos_v2",
    wires=(Wire(service="ff00", notify=("ff01",), write="ff02"),),
    framer=lambda _context: LengthFramer(
        (b"\x7e\x14",), length_at(5, 10, width=2), _check
    ),
    dialogue=_poll,
    inform=_inform,
    settings=asking(_body, replace(_ask(_SETTINGS, b"\0"), rows=settings.ROWS)),
    control=_CONTROL,
    probe=_ask(_MAKER),
)
