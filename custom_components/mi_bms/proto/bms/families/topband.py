"""Topband and its brands: the battery pushes its values about once a second. Protocol: ``dialects/topband``.

KiloVault packs tell their name in a characteristic of its own. Source: what aiobmsble and dbus-serialbattery read.
"""

from typing import Final

from ..catalogue import Listing, Match
from ..codec import Draft, Text, decode
from ..contract import Context, Family, Mode, Pacing, Read, Talk, Wire
from ..dialects import topband

LISTING: Final = Listing(
    title="Topband BMS",
    brands=("Topband", "Ective", "Startcraft", "Wattstunde", "KiloVault"),
    match=(
        Match(service="ffe0", mfr=(0, 0xFFFF), no_service_data=True),
        Match(name="NWJ20*", service="ffe0", sure=False),
    ),
)


def inform(_context: Context) -> Talk[Draft]:
    """Read the name where there is one."""
    name = yield Read("ffe6", optional=True)
    return decode((Text("name", 0),), name or b"", Draft())


FAMILY: Final = Family(
    id="topband",
    wires=(Wire(service="ffe0", notify=("ffe4",)),),
    framer=lambda _context: topband.framer(),
    plan=(topband.pushed(0.001),),
    inform=inform,
    mode=Mode.PUSH,
    pacing=Pacing(timeout=5.0, deadline=10.0),
)
