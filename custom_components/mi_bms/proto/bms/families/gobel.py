"""Gobel Power and Dyness batteries: Modbus RTU device 01, big endian. Source: what aiobmsble reads."""

from typing import Final

from ...model.fields import Field
from ...model.sample import Place
from ..catalogue import Listing, Match
from ..codec import Bit, Cells, Count, Custom, Draft, Num, Probes, Text
from ..dialects.gobel import STATE, WIRES, words
from ..dialects.modbus import family, question
from ..raw import integer

LISTING: Final = Listing(
    title="Gobel Power battery",
    brands=("Gobel Power", "Dyness"),
    match=(
        Match(name="BMS-[0-9A-F]*", brands=("Gobel Power",)),
        Match(
            name="B[0-9][0-9]*",
            mfr=(65535,),
            mfr_data=b"\x4e",
            discover="*",
            brands=("Dyness",),
        ),
    ),
)


def _capacity(data: bytes, draft: Draft) -> None:
    """Read the full capacity, whose whole Ah also stand for the nominal one."""
    raw = integer(data, 10, ">u2")
    draft.put(Field.FULL_CHARGE, raw / 100 if raw else None)
    draft.put(Field.DESIGN_CAPACITY, raw // 100)


FAMILY: Final = family(
    "gobel",
    WIRES,
    (
        question(
            0x0000,
            59,
            (
                *STATE,
                Custom(_capacity),
                words(16),
                # Which bit is which cell is not known: only whether any is balancing.
                Bit(Field.BALANCER, 22, 0xFFFF, ">u2"),
                Bit(Field.CHRG_MOSFET, 28, 0x4000, ">u2"),
                Bit(Field.DISCHRG_MOSFET, 28, 0x8000, ">u2"),
                Num(Field.CELL_COUNT, 30, ">u2", mask=0xFF),
                Cells(32, Count(30, ">u2", mask=0xFF)),
                Num(Field.TEMP_SENSORS, 92, ">u2", mask=0xFF),
                Probes(94, Count(92, ">u2", most=8, mask=0xFF), ">i2", 0.1),
                Probes(114, 1, ">i2", 0.1, places=(Place.MOSFET,), absent=(-1,)),
            ),
        ),
    ),
    inform=question(
        0x00AA,
        35,
        (
            Text("sw_version", 0, 18, empty=True),
            Text("serial_number", 20, 20, empty=True),
            Text("model_id", 40, 20, empty=True),
        ),
    ),
)
