"""EG4 LL and SunGoldPower: Modbus RTU device 01, one read, big endian. Source: what aiobmsble reads."""

from typing import Final

from ...model.fields import Field
from ...model.sample import Place
from ..catalogue import Listing, Match
from ..codec import Cells, Count, Flags, Num, Probes
from ..contract import Wire
from ..dialects.modbus import family, question

LISTING: Final = Listing(
    title="EG4 LL",
    brands=("EG4", "SunGoldPower"),
    match=(
        Match(service="1000", mfr=(0x6F80,), mfr_data=b"\xb0"),
        Match(mfr=(0x45CC,), mfr_data=b"\xa5"),
    ),
)

FAMILY: Final = family(
    "eg4",
    (Wire(service="1000", notify=("1002",), write="1001"),),
    (
        question(
            0x0000,
            39,
            (
                Num(Field.VOLTAGE, 0, ">u2", 0.01),
                Num(Field.CURRENT, 2, ">i2", 0.1),
                Num(Field.CELL_COUNT, 72, ">u2"),
                Cells(4, Count(72, ">u2", most=16)),
                Probes(36, places=(Place.PCB,)),
                # A real 0 °C cannot be told from a place without a probe.
                Probes(66, 6, ">i1", places=(Place.CELL,), absent=(0, -56)),
                Num(Field.CYCLE_CHARGE, 42, ">u2", 0.1, absent=(0,)),
                Num(Field.BATTERY_HEALTH, 46, ">u2"),
                Num(Field.BATTERY_LEVEL, 48, ">u2"),
                Flags(52, ">u6"),
                Num(Field.CYCLES, 58, ">u4", absent=(0,)),
                Num(Field.DESIGN_CAPACITY, 74, ">u2", 0.1, absent=(0,)),
                Num(Field.BALANCER, 76, ">u2"),
            ),
        ),
    ),
)
