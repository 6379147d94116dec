"""Victron SmartShunt and BMV over GATT: one characteristic per value, little endian. Source: what batmon-ha reads.

The device has to be paired with its PIN, and drops the link unless it is told again and again how long to
wait. Untested on hardware.
"""

from typing import Final

from ...model.errors import Unsupported
from ...model.fields import Field
from ..catalogue import Listing
from ..codec import Draft, Num, decode, decode_extra
from ..contract import Context, Family, Pacing, Read, Talk, Wire, Write
from ..framing import WholeFramer

LISTING: Final = Listing(
    title="Victron SmartShunt",
    brands=("Victron",),
    manual=True,
)

_UUID: Final = "6597{}-4bda-4c1e-af4b-551c4cf74769"
_ALIVE: Final = _UUID.format("ffff")
_PATIENCE: Final = 20_000  # ms

_VALUES: Final = (
    ("ed8d", Num(Field.VOLTAGE, 0, "<i2", 0.01, absent=(0x7FFF,))),
    ("ed8c", Num(Field.CURRENT, 0, "<i4", 0.001, absent=(0x7FFF_FFFF,))),
    ("ed8e", Num(Field.POWER, 0, "<i2", absent=(0x7FFF,))),
    ("0fff", Num(Field.BATTERY_LEVEL, 0, "<u2", 0.01, absent=(0xFFFF,))),
    # The wire counts what was taken out as negative.
    ("eeff", Num(Field.CONSUMED_CHARGE, 0, "<i4", -0.1, absent=(0x7FFF_FFFF,))),
)

_NEEDED: Final = (Field.VOLTAGE, Field.CURRENT)


def alive(_context: Context) -> Talk[None]:
    """Write how long the device shall wait for the next word."""
    yield Write(_PATIENCE.to_bytes(2, "little"), _ALIVE, optional=True)


def poll(_context: Context) -> Talk[Draft]:
    """Read every value that the device has; raises ``Unsupported`` where there is none."""
    draft, found = Draft(), False
    for short, row in _VALUES:
        value = yield Read(_UUID.format(short), optional=True)
        if value is None:
            continue
        found = True
        if row.name in _NEEDED:
            decode((row,), value, draft)
        else:
            draft = decode_extra((row,), value, draft)
    if not found:
        raise Unsupported("characteristics")
    return draft


FAMILY: Final = Family(
    id="victron",
    # Nothing is subscribed: every poll reads.
    wires=(Wire(service=_UUID.format("0000"), notify=()),),
    framer=lambda _context: WholeFramer(),
    dialogue=poll,
    login=alive,
    alive=alive,
    alive_every=8.0,
    pacing=Pacing(settle=0.0),
    response=False,
    uncertain=True,
)
