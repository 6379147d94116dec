"""Buknuwo and MEYULMOL batteries: Modbus RTU device 01, big endian. Source: what aiobmsble reads.

No register with cell voltages is known.
"""

from typing import Final

from ...model.fields import Field
from ...model.sample import Place
from ..catalogue import Listing, names
from ..codec import Bit, Count, Num, Probes
from ..dialects.gobel import STATE, WIRES, words
from ..dialects.modbus import family, question

LISTING: Final = Listing(
    title="Buknuwo battery",
    brands=("Buknuwo", "MEYULMOL"),
    match=(
        *names("CDZG*", brands=("Buknuwo",)),
        *names("MEY-?????-*", brands=("MEYULMOL",)),
    ),
)

FAMILY: Final = family(
    "buknuwo",
    WIRES,
    (
        question(
            0x0000,
            13,
            (
                *STATE,
                Num(Field.FULL_CHARGE, 10, ">u2", 0.01, absent=(0,)),
                Num(Field.DESIGN_CAPACITY, 12, ">u2", 0.01),
                words(18, mask=0xFFFF_FFFF_20FF),
                Bit(Field.CHRG_MOSFET, 22, 0x04),
                Bit(Field.DISCHRG_MOSFET, 22, 0x08),
            ),
        ),
        question(
            0x0039,
            1,
            (Probes(0, 1, ">i2", 0.1, places=(Place.MOSFET,)),),
            optional=True,
        ),
        question(
            0x002E,
            11,
            (
                Num(Field.TEMP_SENSORS, 0, ">u2"),
                Probes(2, Count(0, ">u2", most=10), ">i2", 0.1, places=(Place.CELL,)),
            ),
            optional=True,
        ),
    ),
)
