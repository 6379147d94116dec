"""NEEY / Heltec active balancer and its BMS: floats, little endian, 8-bit sum. Source: what aiobmsble and ESPHome components read.

Request ``AA 55 11 01 cmd reg 14 <11 bytes> sum FF``, reply ``55 AA 11 01 cmd 00 len len … sum FF`` with
the whole length at byte 6. The model in the device information decides the layout: the balancers (v1)
know neither current nor charge, the BMS (v2) does. Long because two devices with different places of
the same values share a name, and faults come as masks of cells.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from ...model.errors import FrameError
from ...model.fields import Field
from ...model.sample import Probe
from ..alarms import Alarm
from ..catalogue import Listing, names
from ..checksum import sum8
from ..codec import Draft, Text, decode
from ..contract import Ask, Context, Family, Mode, Pacing, Talk, Wire
from ..framing import LengthFramer, length_at
from ..raw import integer, real

LISTING: Final = Listing(
    title="NEEY balancer",
    brands=("NEEY", "Heltec"),
    match=names("EK-*", "GW-*", service="fee7"),
)

_HEAD: Final = b"\x55\xaa\x11\x01"
_INFO, _CELLS, _SETTINGS = 0x01, 0x02, 0x04
_V2: Final = "v2"

_BALANCING: Final = 5
_FAULTS: Final[Mapping[int, Alarm]] = {  # operation status
    0x01: Alarm.CELL_COUNT_MISMATCH,
    0x03: Alarm.WIRE_FAULT,
    0x07: Alarm.PACK_UNDERVOLTAGE,
    0x08: Alarm.BALANCER_OVERTEMPERATURE,
    0x09: Alarm.HARDWARE_FAULT,
    0x0A: Alarm.LEVEL_LOW,
    0x0B: Alarm.BALANCER_OVERTEMPERATURE,
}
# v1: masks of cells, then three flags.
_MASKS: Final = (
    (229, "<u3", Alarm.CELL_FAULT),
    (232, "<u3", Alarm.CELL_OVERVOLTAGE),
    (235, "<u3", Alarm.CELL_UNDERVOLTAGE),
    (238, "<u3", Alarm.WIRE_FAULT),
    (241, "<u3", Alarm.WIRE_FAULT),
    (244, "<u1", Alarm.BALANCER_OVERTEMPERATURE),
    (245, "<u1", Alarm.BALANCER_FAULT),
    (246, "<u1", Alarm.BALANCER_FAULT),
)
_COMMON: Final = ((Field.VOLTAGE, 201), (Field.DELTA_VOLTAGE, 209))
_ONLY_V1: Final = ((Field.BALANCE_CURRENT, 217),)
_ONLY_V2: Final = (
    (Field.BALANCE_CURRENT, 218),
    (Field.CURRENT, 222),
    (Field.DESIGN_CAPACITY, 242),
    (Field.CYCLE_CHARGE, 246),
    (Field.BATTERY_LEVEL, 250),
)
_SETTINGS_V1: Final = (
    (Field.BALANCE_START_DIFFERENCE, 9),
    (Field.BALANCE_START_VOLTAGE, 28),
)
_SETTINGS_V2: Final = (
    (Field.BALANCE_START_DIFFERENCE, 14),
    (Field.BALANCE_START_VOLTAGE, 26),
    (Field.CELL_OVERVOLTAGE_LIMIT, 34),
    (Field.CELL_OVERVOLTAGE_RELEASE, 38),
    (Field.CELL_UNDERVOLTAGE_LIMIT, 42),
    (Field.CELL_UNDERVOLTAGE_RELEASE, 46),
    (Field.CELL_SHUTDOWN_VOLTAGE, 58),
    (Field.CHARGE_CURRENT_LIMIT, 62),
    (Field.DISCHARGE_CURRENT_LIMIT, 70),
    (Field.CHARGE_OVERTEMPERATURE_LIMIT, 94),
    (Field.CHARGE_UNDERTEMPERATURE_LIMIT, 102),
    (Field.DISCHARGE_OVERTEMPERATURE_LIMIT, 110),
    (Field.DISCHARGE_UNDERTEMPERATURE_LIMIT, 118),
)
_PROBES_V1: Final = (221, 225)
_PROBES_V2: Final = (226, 230, 234, 238)


def _ask(command: int) -> Ask:
    """Make the question of a command."""
    core = b"\xaa\x55\x11\x01" + bytes((command, 0, 0x14)) + bytes(11)
    return Ask(
        request=core + bytes((sum8(core), 0xFF)), reply=_HEAD + bytes((command,))
    )


def _check(frame: bytes) -> None:
    """Check the end byte and the sum."""
    if frame[-1] != 0xFF:
        raise FrameError("end")
    if sum8(frame[:-2]) != frame[-2]:
        raise FrameError("checksum")


def _decode(frame: bytes, *, v2: bool) -> Draft:
    """Read cell information; a float that is no number is not known."""
    draft = Draft()
    cells = [real(frame, 9 + 4 * n) for n in range(24)]
    while cells and cells[-1] == 0:
        cells.pop()
    draft.cells = list(cells)
    for name, at in (*_COMMON, *(_ONLY_V2 if v2 else _ONLY_V1)):
        draft.put(name, real(frame, at))
    for at in _PROBES_V2 if v2 else _PROBES_V1:
        if (celsius := real(frame, at)) is not None:
            draft.probes.append(Probe(celsius))
    _read_status(frame, draft, v2=v2)
    return draft


def _read_status(frame: bytes, draft: Draft, *, v2: bool) -> None:
    """Read what the balancer does and what is wrong with it."""
    status = integer(frame, 216, ">u1")
    draft.put(Field.BALANCER, status == _BALANCING)
    draft.flag(status if status in _FAULTS else 0)
    if status in _FAULTS:
        draft.alarms.add(_FAULTS[status])
    # Some firmware says of places without a cell that no cell was found there.
    places = (1 << max(len(draft.cells), integer(frame, 215, ">u1") + 1)) - 1
    for at, raw, alarm in () if v2 else _MASKS:
        if integer(frame, at, raw) & (places if raw == "<u3" else 0xFF):
            draft.put(Field.PROBLEM, True)
            draft.alarms.add(alarm)


def _login(context: Context) -> Talk[None]:
    """Find out the layout."""
    frame = (yield _ask(_INFO)) or b""
    context.state[_V2] = frame[8:].startswith(b"EK-B")


def _poll(context: Context) -> Talk[Draft]:
    """Read the cell information."""
    frame = (yield _ask(_CELLS)) or b""
    return _decode(frame, v2=bool(context.state[_V2]))


def _read_settings(context: Context) -> Talk[Draft]:
    """Read where it begins to balance, and where a BMS switches off."""
    draft = Draft()
    frame = yield replace(_ask(_SETTINGS), optional=True, tries=2)
    if frame is not None:
        for name, at in _SETTINGS_V2 if context.state[_V2] else _SETTINGS_V1:
            draft.put(name, real(frame, at))
    return draft


def _inform(_context: Context) -> Talk[Draft]:
    """Read model and versions."""
    frame = (yield _ask(_INFO)) or b""
    rows = (
        Text("model", 8, 16),
        Text("hw_version", 24, 8),
        Text("sw_version", 32, 8),
    )
    return decode(rows, frame, Draft())


FAMILY: Final = Family(
    id="neey",
    wires=(Wire(service="ffe0", notify=("ffe1",), write="ffe1"),),
    framer=lambda _context: LengthFramer(
        (_HEAD,),
        length_at(6, 0, order="<", width=2),
        _check,
        noise=(b"AT\r\n",),
        most=300,
    ),
    dialogue=_poll,
    login=_login,
    inform=_inform,
    settings=_read_settings,
    mode=Mode.STREAM,
    pacing=Pacing(timeout=2.0, deadline=30.0),
    probe=_ask(_INFO),
)
