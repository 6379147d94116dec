r"""Lithionics NeverDie: pushed text lines that end with CR LF, fields parted by commas. Source: what aiobmsble and Wireshark read.

A primary line comes in one of two formats (device parameter 42): with commas, or with a fixed length of
46 characters and no sign of the current. ``&`` lines hold totals, ``#`` lines one module each; those
come later than the other two. The device speaks °F or °C as it is set and does not say which: the note
``celsius`` in the memory tells. Long because two formats of the main line, three kinds of lines and
modules that come late are read here.
"""

from collections.abc import Mapping
import re
from typing import Final

from ...model.errors import FrameError
from ...model.fields import Field
from ...model.sample import Probe
from ..alarms import Alarm
from ..catalogue import Listing, names
from ..codec import Draft, Flags
from ..contract import CELSIUS, Ask, Context, Family, Mode, Pacing, Talk, Wire, gather
from ..framing import LineFramer

LISTING: Final = Listing(
    title="Lithionics NeverDie",
    brands=("Lithionics",),
    match=names("Li[0-9]-*", service="ffe0", mfr=(19784,)),
    either_unit=True,
)

_NUMBER: Final = re.compile(r"[+-]?(?=(?:\.?\d){1,9}\Z)\d+(?:\.\d+)?")
_CODE: Final = re.compile(r"[0-9A-Fa-f]{1,8}")
_FIXED: Final = 46  # characters
# The other bits are states, but for the two of the temperature.
_PROBLEMS: Final = 0x68CEFD
# Names of the maker's protocol 7.15, as Wireshark has them; contactors are all hardware.
_ALARMS: Final[Mapping[int, Alarm]] = {
    0: Alarm.PACK_OVERVOLTAGE,
    2: Alarm.LEVEL_LOW,  # switched off, with a reserve
    4: Alarm.LEVEL_LOW_WARNING,
    5: Alarm.PACK_UNDERVOLTAGE,
    9: Alarm.HARDWARE_FAULT,
    10: Alarm.PRECHARGE_FAULT,
    11: Alarm.HARDWARE_FAULT,
    15: Alarm.TEMPERATURE_SENSOR_FAULT,
    17: Alarm.OVERTEMPERATURE,
    18: Alarm.UNDERTEMPERATURE,
    21: Alarm.OVERCURRENT,
}
_STATUS_ROW: Final = Flags(0, ">u4", _ALARMS, mask=_PROBLEMS)
_PRIMARY: Final = "primary"
_STATUS: Final = "status"
_COUNT: Final = "modules"
_SILENCE: Final = 1.5  # s; the lines of one round come closer together


def _number(text: str) -> float:
    """Read a decimal number of at most nine digits."""
    # Only blanks: what else counts as white space is no part of a number to everybody.
    text = text.strip(" ")
    if not _NUMBER.fullmatch(text):
        raise FrameError("number")
    return float(text)


def _hundredths(text: str) -> float:
    return round(_number(text) / 100, 4)


def _flag(text: str, draft: Draft) -> None:
    """Read the status code."""
    if not _CODE.fullmatch(text):
        raise FrameError("number")
    _STATUS_ROW.decode(int(text, 16).to_bytes(4), draft)


def _probe(text: str, *, celsius: bool) -> Probe:
    """Read a temperature in the unit that the device is set to."""
    value = _number(text)
    return Probe(value if celsius else round((value - 32) * 5 / 9, 3))


def _is_fixed(line: bytes) -> bool:
    return len(line) == _FIXED and line[1:2] == b","


def _fields(line: bytes) -> list[str]:
    return line.decode("ascii").split(",")


def _with_commas(line: bytes, draft: Draft, *, celsius: bool) -> None:
    """Read a primary line of the first format."""
    fields = _fields(line)
    draft.put(Field.VOLTAGE, _hundredths(fields[0]))
    draft.cells = [_hundredths(text) for text in fields[1:5]]
    while draft.cells and not draft.cells[-1]:
        draft.cells.pop()
    draft.probes = [_probe(text, celsius=celsius) for text in fields[5:7]]
    draft.put(Field.CURRENT, _number(fields[7]))
    draft.put(Field.BATTERY_LEVEL, _number(fields[8]))
    _flag(fields[9], draft)


def _fixed_length(line: bytes, draft: Draft, *, celsius: bool) -> None:
    """Read a primary line of the second format; only a flag tells charge from discharge."""
    fields = _fields(line)
    sign = 1 if _number(fields[5]) == 1 else -1
    draft.put(Field.CYCLE_CHARGE, round(_number(fields[1]) / 10, 1))
    draft.put(Field.VOLTAGE, round(_number(fields[2]) / 10, 1))
    # Before it stands a second percentage, the gauge.
    draft.put(Field.BATTERY_LEVEL, _number(fields[4]))
    draft.put(Field.CURRENT, round(sign * _number(fields[6]) / 10, 1))
    draft.put(Field.POWER, sign * _number(fields[7]))
    draft.probes = [_probe(fields[8], celsius=celsius)]
    _flag(fields[9], draft)


def _extremes(line: bytes, draft: Draft) -> None:
    """Read lowest and highest cell of all modules, which end the status line beside a fixed length."""
    fields = _fields(line)
    if len(fields) >= 9:
        draft.put(Field.MIN_CELL_VOLTAGE, _hundredths(fields[-3]))
        draft.put(Field.MAX_CELL_VOLTAGE, _hundredths(fields[-2]))


def _totals(line: bytes, draft: Draft) -> None:
    """Read what is left and what was ever taken out, from the status line beside the format with commas."""
    fields = _fields(line)
    draft.put(Field.CYCLE_CHARGE, _number(fields[2]))
    if len(fields) > 3:
        draft.put(Field.TOTAL_CHARGE, _number(fields[3]))


def _module(line: bytes) -> Draft:
    """Read a module line; its two temperatures, cells and board, are always °C."""
    fields = _fields(line)
    draft = Draft()
    count = int(_number(fields[5]))
    if not 0 < count <= len(fields) - 13:
        raise FrameError("cells")
    draft.probes = [Probe(_number(text)) for text in fields[6:8]]
    if _CODE.fullmatch(fields[11]):
        draft.put(Field.BALANCER, int(fields[11], 16))
    draft.put(
        Field.DELTA_VOLTAGE, round(_hundredths(fields[9]) - _hundredths(fields[8]), 3)
    )
    draft.cells = [_hundredths(text) for text in fields[13 : 13 + count]]
    return draft


def tag(line: bytes) -> str | None:
    """Name a line: primary, status, a module's number, or nothing."""
    fields = _fields(line)
    if line[:1].isdigit():
        return _PRIMARY if len(fields) >= 10 else None
    if fields[0] == "&":
        return _STATUS if len(fields) >= 3 else None
    if fields[0] == "#" and len(fields) >= 13 and re.fullmatch("[0-9]", fields[2]):
        return fields[2]
    return None


def check(line: bytes) -> None:
    """Check that a line can be read: what is broken counts as not sent."""
    if not line.isascii():
        raise FrameError("text")
    name = tag(line)
    if name == _PRIMARY:
        read = _fixed_length if _is_fixed(line) else _with_commas
        read(line, Draft(), celsius=True)
    elif name not in (None, _STATUS):
        _module(line)


def _modules(found: dict[str, bytes]) -> list[str]:
    """Return the numbers of the modules whose lines are there."""
    return sorted(name for name in found if name.isdigit())


def _listen(context: Context, found: dict[str, bytes]) -> Talk[None]:
    """Wait for module lines: as many as there were before, the first time those of a whole round."""
    known = context.memory.get(_COUNT)
    while not isinstance(known, int) or len(_modules(found)) < known:
        line = yield Ask(
            reply=lambda line: tag(line) not in (None, _STATUS),
            timeout=_SILENCE,
            optional=True,
        )
        if line is None or (name := tag(line)) is None or name == _PRIMARY:
            break
        found[name] = line
    context.memory[_COUNT] = max(len(_modules(found)), int(known or 0))


def poll(context: Context) -> Talk[Draft]:
    """Collect a round of lines."""
    found = yield from gather(
        None, tag, lambda found: {_PRIMARY, _STATUS} <= found.keys()
    )
    if not {_PRIMARY, _STATUS} <= found.keys():
        raise FrameError("incomplete")
    yield from _listen(context, found)
    draft = Draft(packs=[_module(found[name]) for name in _modules(found)])
    celsius = bool(context.memory.get(CELSIUS))
    if _is_fixed(found[_PRIMARY]):
        _fixed_length(found[_PRIMARY], draft, celsius=celsius)
        if not draft.packs:
            _extremes(found[_STATUS], draft)
    else:
        _with_commas(found[_PRIMARY], draft, celsius=celsius)
        _totals(found[_STATUS], draft)
    if draft.packs:
        # Cells are counted per module; all modules of a battery are alike.
        draft.put(Field.CELL_COUNT, max(len(pack.cells) for pack in draft.packs))
    return draft


FAMILY: Final = Family(
    id="lithionics",
    wires=(Wire(service="ffe0", notify=("ffe1",)),),
    framer=lambda _context: LineFramer(b"\r\n", check),
    dialogue=poll,
    mode=Mode.PUSH,
    pacing=Pacing(timeout=2.0, deadline=15.0),
)
