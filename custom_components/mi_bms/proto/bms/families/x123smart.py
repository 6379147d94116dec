r"""123\\SmartBMS gen 3: ASCII lines that end with CR, hex numbers. Source: what aiobmsble reads.

After login and start the module talks as long as it is pinged: lines ``<letter>_<field>_...``, cells
one by one. Answers to commands are words, or text whose last two digits are the sum of the characters
before them, underscores left out. Long because values come line by line in text, after a login and a
start, and cells one by one.
"""

from collections.abc import Mapping
import re
from typing import Final

from ...model.errors import AuthNeeded, AuthRejected, FrameError
from ...model.fields import Field
from ...model.sample import Place, Probe
from ..catalogue import Listing, Password, Secret, names
from ..checksum import sum8
from ..codec import Draft
from ..contract import Ask, Context, Family, Mode, Talk, Wire, gather
from ..framing import LineFramer
from ..uuids import NUS, NUS_NOTIFY, NUS_WRITE

LISTING: Final = Listing(
    title="123\\SmartBMS",
    brands=("123electric",),
    match=names("123\\SmartBMS*", "123BMS-BLE*", service=NUS),
    password=Password(kind=Secret.PIN, default=None, longest=4),
)

_OK: Final = b"OK"
_WORDS: Final = (_OK, b"WRONG", b"NA", b"KO")
_FIELDS: Final = {
    b"U": 5,
    b"C": 6,
    b"E": 5,
    b"H": 7,
}  # letter -> least, with the letter
_ENERGIES: Final = (
    (Field.ENERGY_IN, 1),
    (Field.CYCLE_CAPACITY, 2),
    (Field.ENERGY_OUT, 3),
)
_HEX: Final = re.compile(rb"[+-]?[0-9A-Fa-f]{1,8}")
_VERSION: Final = re.compile(
    rb"([0-9A-Fa-f])([0-9A-Fa-f])([0-9A-Fa-f]{1,6})_.*[0-9A-Fa-f]{2}"
)
_CELL: Final = re.compile(rb"C_[0-9]{2}_[0-9]{2}_")
_ZERO_DEGREES: Final = 0x114
_SWITCHED_ON: Final = 0x0001
_PROBLEMS: Final = 0x0EFC


def check(line: bytes) -> None:
    """Check that a line is text."""
    if not line.isascii():
        raise FrameError("text")


def _hex(text: bytes) -> int:
    """Read a number; the module means zero by what cannot be read."""
    return int(text, 16) if _HEX.fullmatch(text) else 0


def tag(line: bytes) -> bytes | None:
    """Name a line of the stream: its letter, for cells with the number; None for any other."""
    letter, *fields = line.split(b"_")
    if len(fields) + 1 < _FIELDS.get(letter, len(fields) + 2):
        return None
    if letter == b"C":
        return line[:4] if _CELL.match(line) else None
    return letter


def _cells(found: Mapping[bytes, bytes]) -> list[list[bytes]]:
    """Return the fields of all cells in order; empty unless every one is there."""
    lines = {name: line.split(b"_") for name, line in found.items() if name[:1] == b"C"}
    count = max((int(fields[2]) for fields in lines.values()), default=0)
    names = [b"C_%02d" % number for number in range(1, count + 1)]
    return [lines[name] for name in names] if lines.keys() >= set(names) else []


def _complete(found: Mapping[bytes, bytes]) -> bool:
    return {b"U", b"E", b"H"} <= found.keys() and bool(_cells(found))


def _is_word(line: bytes) -> bool:
    return line in _WORDS


def _start(context: Context) -> Talk[None]:
    """Start the stream."""
    if (yield Ask(request=b"E!\r", reply=_is_word)) != _OK:
        raise AuthRejected if context.secret else AuthNeeded


def login(context: Context) -> Talk[None]:
    """Return the PIN, where there is one, and start the stream."""
    if context.secret:
        secret = context.secret.encode("ascii", "replace")
        if (yield Ask(request=b"PW" + secret + b"!\r", reply=_is_word)) != _OK:
            raise AuthRejected
    yield from _start(context)


def poll(_context: Context) -> Talk[Draft]:
    """Ping until all values and all cells have come by."""
    found = yield from gather(b"$", tag, _complete, tries=5, timeout=1.5)
    if not _complete(found):
        raise FrameError("incomplete")
    pack, energy, health = (found[name].split(b"_") for name in (b"U", b"E", b"H"))
    draft, state = Draft(), 0
    draft.put(Field.VOLTAGE, round(_hex(pack[1]) * 0.005, 3))
    draft.put(Field.CURRENT, round(_hex(pack[3]) * 0.05, 2))
    draft.put(Field.BATTERY_LEVEL, _hex(energy[4]))
    draft.put(Field.BATTERY_HEALTH, _hex(health[1]))
    # A module whose capacity was never set up counts no energy.
    for name, place in _ENERGIES:
        draft.put(name, _hex(energy[place]) or None)
    for cell in _cells(found):
        draft.cells.append(round(_hex(cell[3]) * 0.005, 3))
        draft.probes.append(Probe(_hex(cell[4]) - _ZERO_DEGREES, Place.CELL))
        state |= _hex(cell[5]) | (_hex(cell[6]) << 8 if len(cell) > 6 else 0)
    draft.flag(state & _PROBLEMS)
    # One flag stands for both directions.
    draft.put(Field.CHRG_MOSFET, bool(state & _SWITCHED_ON))
    draft.put(Field.DISCHRG_MOSFET, bool(state & _SWITCHED_ON))
    return draft


def inform(context: Context) -> Talk[Draft]:
    """Stop the stream, ask for the version, and start the stream again."""
    yield Ask(request=b"D!\r", reply=_is_word)
    line = (
        yield Ask(
            request=b"V@\r",
            reply=lambda line: line not in _WORDS and line[1:2] != b"_",
        )
    ) or b""
    found = _VERSION.fullmatch(line)
    if not found or sum8(line[:-2].replace(b"_", b"")) != int(line[-2:], 16):
        raise FrameError("version")
    yield from _start(context)
    major, minor, build = (int(digits, 16) for digits in found.groups())
    return Draft(info={"fw_version": f"{major}.{minor}.{build}"})


FAMILY: Final = Family(
    id="x123smart",
    wires=(Wire(service=NUS, notify=(NUS_NOTIFY,), write=NUS_WRITE),),
    framer=lambda _context: LineFramer(b"\r", check, most=1024),
    dialogue=poll,
    login=login,
    inform=inform,
    mode=Mode.STREAM,
)
