"""Ective LiPower and BM X monitors: Modbus RTU, one read, big endian. Source: what aiobmsble reads.

The device number differs: four are tried, the one that answers is kept. Some answer with 18 bytes to the
read of 16; what the last two are is not known. Untested on hardware: only
discharging is known from a capture, the direction flag of charging is an assumption.
"""

from typing import Final

from ...model.fields import Field
from ..catalogue import Listing, Match
from ..codec import Custom, Draft, Num, Row, decode
from ..contract import Ask, Context, Family, Pacing, Talk, Wire, either
from ..dialects import modbus
from ..dialects.modbus import framer
from ..raw import integer, scaled

LISTING: Final = Listing(
    title="LiPower monitor", brands=("Ective",), match=(Match(service="af30"),)
)

_DEVICES: Final = b"\x22\x0b\x08\x38"
_DEVICE: Final = "device"


def _current(data: bytes, draft: Draft) -> None:
    """Read magnitude and direction; the time to empty counts only while it empties."""
    discharging = bool(integer(data, 9, ">u1"))
    amperes = scaled(integer(data, 10, ">u2"), 0.01)
    draft.put(Field.CURRENT, -amperes if discharging and amperes else amperes)
    if discharging:
        hours, minutes = integer(data, 4, ">u2"), integer(data, 6, ">u2")
        draft.put(Field.RUNTIME, hours * 3600 + minutes * 60)


_ROWS: Final[tuple[Row, ...]] = (
    Num(Field.CYCLE_CHARGE, 0, ">u2"),
    Num(Field.BATTERY_LEVEL, 2, ">u2"),
    Custom(_current),
    Num(Field.VOLTAGE, 12, ">u2", 0.1),
)


def _ask(device: int) -> Ask:
    """Ask one device number."""
    return modbus.question(0x0400, 8, device=device, longer=True)


def _poll(context: Context) -> Talk[Draft]:
    """Ask the known device number, or all of them in turn."""
    known = context.memory.get(_DEVICE)
    devices = (known,) if isinstance(known, int) else tuple(_DEVICES)
    place, frame = yield from either([_ask(device) for device in devices])
    context.memory[_DEVICE] = devices[place]
    return decode(_ROWS, modbus.body(frame), Draft())


FAMILY: Final = Family(
    id="lipower",
    wires=(Wire(service="ffe0", notify=("ffe1",), write="ffe1"),),
    framer=lambda _context: framer(_DEVICES),
    dialogue=_poll,
    probe=_ask(_DEVICES[0]),
    pacing=Pacing(timeout=0.7, tries=2, deadline=20.0),
    uncertain=True,
)
