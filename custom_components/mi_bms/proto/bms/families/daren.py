"""Daren boards: JBD frames with a changed register 03, big endian. Source: what aiobmsble reads.

Behind up to four cell sensors follow MOSFET and ambient temperature, then the health. Boards that fill
the standard charges with FFFF append a block with the real ones. Frames and unlock: ``dialects/jbd``.
"""

from dataclasses import replace
from typing import Final

from ...model.errors import AuthNeeded, NoAnswer
from ...model.fields import Field
from ...model.sample import Place
from ..catalogue import Listing, Password, Secret, names
from ..codec import Custom, Draft, Num, Probes, Row, Text, decode
from ..contract import Context, Talk, Wire
from ..dialects import jbd
from ..raw import integer

LISTING: Final = Listing(
    title="Daren BMS",
    brands=("Daren", "Docan"),
    match=names("DWF*", service="ff00"),
    password=Password(kind=Secret.TEXT, default="000000", longest=15),
)

_TEXTS: Final = 0x08

_INFO: Final[tuple[Row, ...]] = (
    Text("model", 60, 30),
    Text("hw_version", 113, 10),
    Text("sw_version", 123, 30),
    Text("fw_version", 173, 20),
)


def _tail(body: bytes, draft: Draft) -> None:
    """Read the temperatures and what stands behind them."""
    cells = min(integer(body, 22, ">u1"), 4)
    at = 23 + 2 * (cells + 2)
    places = (Place.CELL,) * cells + (Place.MOSFET, Place.AMBIENT)
    rows: tuple[Row, ...] = (
        Probes(23, cells + 2, ">u2", 0.1, -2731, places=places, absent=jbd.NO_PROBE),
        Num(Field.BATTERY_HEALTH, at, ">u1"),
    )
    if len(body) >= at + 12:
        rows += (
            Num(Field.CYCLE_CHARGE, at + 4, ">u2", 0.1),
            Num(Field.DESIGN_CAPACITY, at + 6, ">u2", 0.1),
            Num(Field.CURRENT, at + 10, ">i2", 0.1),
        )
    decode(rows, body, draft)
    draft.put(Field.TEMP_SENSORS, cells + 2)
    # The nominal capacity is a whole number; the rest is what calibration added.
    draft.put(Field.DESIGN_CAPACITY, int(draft.number(Field.DESIGN_CAPACITY) or 0))


_ROWS: Final[tuple[Row, ...]] = (*jbd.COMMON, Custom(_tail))


def _basic(context: Context) -> Talk[bytes]:
    """Ask for register 03, unlocking the module with the factory's password where it wants one."""
    try:
        return (yield from jbd.ask_basic(context))
    except AuthNeeded:
        # To find that out the factory's password was sent, and most modules are content with it.
        try:
            return (yield from jbd.ask(jbd.BASIC))
        except NoAnswer:
            raise AuthNeeded from None


def poll(context: Context) -> Talk[Draft]:
    """Read values and cells."""
    draft = decode(_ROWS, (yield from _basic(context)), Draft())
    yield from jbd.read_cells(context, draft)
    return draft


def inform(_context: Context) -> Talk[Draft]:
    """Read names and versions."""
    return decode(_INFO, (yield from jbd.ask(_TEXTS)), Draft())


FAMILY: Final = replace(
    jbd.family("daren", (Wire(service="ff00", notify=("ff01",), write="ff02"),)),
    dialogue=poll,
    inform=inform,
    # Whether these boards keep counters, tell their settings or obey switching is not known.
    diagnose=None,
    settings=None,
)
