"""C4S100 boards ("E-BMS" app): Modbus RTU device 02 over Nordic UART, big endian. Source: what aiobmsble reads.

The board answers only one read of the whole table. FETs, balancer and alarms of the sister family are
not confirmed here; further temperature registers repeat the two sensors.
"""

from typing import Final

from ...model.fields import Field
from ...model.sample import Place
from ..catalogue import Listing, names
from ..codec import Cells, Count, Num, Probes, Text
from ..dialects.modbus import family, question
from ..dialects.vatrer import DEVICE, MAIN, WIRES
from ..uuids import NUS

LISTING: Final = Listing(
    title="C4S100 BMS",
    brands=("E-BMS",),
    match=names("C4S100IE?????", service=NUS),
)

FAMILY: Final = family(
    "c4s",
    WIRES,
    (
        question(
            0x0000,
            70,
            (
                *MAIN,
                Probes(32, 2, places=(Place.MOSFET, Place.AMBIENT)),
                Num(Field.CELL_COUNT, 42, ">u2"),
                Cells(44, Count(42, ">u2")),
            ),
            device=DEVICE,
        ),
    ),
    devices=bytes((DEVICE,)),
    inform=question(0x023D, 20, (Text("fw_version", 0, 40),), device=DEVICE),
)
