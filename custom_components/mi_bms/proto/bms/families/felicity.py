"""Felicity Solar: ASCII commands, one flat JSON object per answer. Source: what aiobmsble reads.

No checksum: a lost piece shows as text that is no JSON. Only the keys that end in ``List`` belong to
this pack, those without it to the whole parallel stack. Lists are filled up with values that mean
nothing. Long because nothing in JSON is where a row could find it, and every number has to be checked
before it is used.
"""

import json
from typing import Final

from ...model.errors import FrameError
from ...model.fields import Field
from ...model.sample import Probe
from ..catalogue import Listing, names
from ..codec import Draft
from ..contract import Ask, Context, Family, Pacing, Talk, Wire
from ..framing import MarkFramer

LISTING: Final = Listing(
    title="Felicity Solar battery",
    brands=("Felicity Solar",),
    match=names("F07*", "F10*"),
)

type Json = dict[str, object]

_FILLERS: Final = (0xFFFF, 0x7FFF)
_MOST: Final = 0xFFFF_FFFF

_INFO: Final = (
    ("serial_number", "DevSN"),
    ("model_id", "Type"),
    ("sw_version", "version"),
    ("fw_version", "M1SwVer"),
)


def parse(frame: bytes) -> Json:
    """Read an answer; raises ``FrameError`` for anything but an object of protocol version 1."""
    try:
        found = json.loads(frame)
    except ValueError, RecursionError:
        raise FrameError("json") from None
    if not isinstance(found, dict) or found.get("CommVer") != 1:
        raise FrameError("version")
    return found


def check(frame: bytes) -> None:
    """Check that an answer can be read."""
    parse(frame)


def _whole(value: object) -> int:
    """Return a number of at most 32 bits; raises for anything else."""
    if type(value) is not int or not -_MOST <= value <= _MOST:
        raise FrameError("number")
    return value


def _row(answer: Json, key: str, row: int = 0) -> list[int | None]:
    """Return one row of a table, fillers as None; raises when it is missing."""
    table = answer.get(key)
    if not isinstance(table, list) or len(table) <= row:
        raise FrameError("list")
    if not isinstance(table[row], list) or not table[row]:
        raise FrameError("list")
    return [
        None if value is None or value in _FILLERS else _whole(value)
        for value in table[row]
    ]


def _scaled(raw: int | None, divisor: int) -> float | None:
    return None if raw is None else round(raw / divisor, 3)


def _decode(answer: Json) -> Draft:
    """Read the values of this pack."""
    draft = Draft()
    draft.put(Field.VOLTAGE, _scaled(_row(answer, "BattList")[0], 1000))
    draft.put(Field.CURRENT, _scaled(_row(answer, "BattList", 1)[0], 10))
    charges = _row(answer, "BatsocList")
    if len(charges) < 3:
        raise FrameError("list")
    level, health, capacity = charges[:3]
    draft.put(Field.BATTERY_LEVEL, _scaled(level, 100))
    draft.put(Field.BATTERY_HEALTH, _scaled(health, 10))
    draft.put(Field.DESIGN_CAPACITY, _scaled(capacity, 1000))
    if level is not None and capacity is not None:
        draft.put(Field.CYCLE_CHARGE, _scaled(level * capacity, 10_000_000))
    # A negative temperature or current is one; a negative voltage is a filler.
    draft.cells = [
        None if raw is None or raw < 0 else raw / 1000
        for raw in _row(answer, "BatcelList")
    ]
    while draft.cells and draft.cells[-1] is None:
        draft.cells.pop()
    draft.probes = [
        Probe(raw / 10)
        for raw in _row(answer, "BtemList")
        if raw is not None and raw != -1  # a filler, too
    ]
    draft.flag(_whole(answer.get("Bwarn", 0)) + _whole(answer.get("Bfault", 0)))
    return draft


def _ask(topic: bytes, key: bytes) -> Ask:
    """Make a question; the answer is known by one of its keys."""
    return Ask(
        request=b"wifilocalMonitor:get dev " + topic + b" infor",
        reply=lambda frame: b'"' + key + b'"' in frame,
    )


_VALUES: Final = _ask(b"real", b"BattList")
_DEVICE: Final = _ask(b"basice", b"M1SwVer")


def poll(_context: Context) -> Talk[Draft]:
    """Read the values."""
    return _decode(parse((yield _VALUES) or b""))


def inform(_context: Context) -> Talk[Draft]:
    """Read serial number, model and versions."""
    answer = parse((yield _DEVICE) or b"")
    return Draft(info={name: str(answer[key]) for name, key in _INFO if key in answer})


FAMILY: Final = Family(
    id="felicity",
    wires=(
        Wire(
            service="6e6f736a-4643-4d44-8fa9-0fafd005e455",
            notify=("49535458-8341-43f4-a9d4-ec0e34729bb3",),
            write="49535258-184d-4bd9-bc61-20c647249616",
        ),
    ),
    framer=lambda _context: MarkFramer(b"{", b"}", check, most=4096),
    dialogue=poll,
    inform=inform,
    probe=_VALUES,
    # An answer of a kilobyte comes in 36-byte pieces.
    pacing=Pacing(timeout=2.0),
)
