"""Pylontech RT batteries (Telink module): Modbus RTU device 01, big endian. Source: what aiobmsble reads.

There are no single cells: the two cell values are the highest and the lowest one, so they are never
added up, counted or numbered. The registers were found by measurement on one unit.
"""

from typing import Final

from ...model.fields import Field
from ...model.sample import Place
from ..catalogue import Listing, names
from ..codec import Cells, Custom, Draft, Num, Probes, Text
from ..contract import Wire
from ..dialects.modbus import family, question
from ..raw import integer

LISTING: Final = Listing(
    title="Pylontech RT",
    brands=("Pylontech",),
    match=names("RT[1-4][2,4,6,8]*", service="180f"),
)

_MODULE: Final = "00010203-0405-0607-0809-0a0b0c0d"


def _power(data: bytes, draft: Draft) -> None:
    """Read the power, which comes without a sign: it has that of the current."""
    watts = integer(data, 16, ">u2")
    draft.put(Field.POWER, watts if integer(data, 2, ">i2") >= 0 else -watts)


FAMILY: Final = family(
    "pylontech",
    (
        Wire(
            service=f"{_MODULE}1910",
            notify=(f"{_MODULE}2b10",),
            write=f"{_MODULE}2b11",
        ),
    ),
    (
        question(
            0x1016,
            13,
            (
                Num(Field.VOLTAGE, 0, ">u2", 0.01),
                Num(Field.CURRENT, 2, ">i2", 0.1),
                Cells(4, 2),
                Probes(8, 2, ">i2", 0.1, places=(Place.CELL_MAX, Place.CELL_MIN)),
                Num(Field.BATTERY_LEVEL, 12, ">u2"),
                Num(Field.BATTERY_HEALTH, 14, ">u2"),
                Custom(_power),
                Num(Field.ENERGY_TOTAL, 20, ">u2", 100),
                Num(Field.DESIGN_CAPACITY, 24, ">u2", 0.1),
            ),
            longer=True,
        ),
    ),
    inform=question(0x2000, 8, (Text("serial_number", 0, 16),)),
    settings=question(
        0x1023,
        2,
        (
            Num(Field.PACK_OVERVOLTAGE_LIMIT, 0, ">u2", 0.01),
            Num(Field.PACK_UNDERVOLTAGE_LIMIT, 2, ">u2", 0.01),
        ),
    ),
    never=frozenset({Field.CELL_COUNT, Field.MAX_CELL, Field.MIN_CELL}),
    uncertain=True,
)
