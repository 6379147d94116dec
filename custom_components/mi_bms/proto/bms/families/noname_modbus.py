"""An unbranded BMS: Modbus RTU device 01 over Nordic UART, big endian. Source: what batmon-ha reads.

Nothing in its adverts tells it from other devices with this service. Untested on hardware.
"""

from typing import Final

from ...model.fields import Field
from ..catalogue import Listing
from ..codec import Count, Custom, Draft, Num, Probes, decode
from ..contract import Wire
from ..dialects.modbus import family, question
from ..raw import integer, number, scaled
from ..uuids import NUS, NUS_NOTIFY, NUS_WRITE

LISTING: Final = Listing(title="BMS with Modbus over Nordic UART", manual=True)

_NO_CELL: Final = 0xEE49
_PLACES: Final = 32
_SENSORS: Final = 12


def _counts(data: bytes, draft: Draft) -> None:
    """Read how many cells and temperatures the other replies hold."""
    draft.put(Field.CELL_COUNT, Count(0, ">u2", most=_PLACES).read(data))
    draft.put(Field.TEMP_SENSORS, Count(2, ">u2", most=_SENSORS).read(data))


def _cells(data: bytes, draft: Draft) -> None:
    """Read the counted cells; a place without a cell among them stays, without a value."""
    for n in range(int(draft.number(Field.CELL_COUNT) or 0)):
        raw = number(data, 2 * n, ">u2")
        draft.cells.append(None if raw == _NO_CELL else scaled(raw, 0.001))


def _temperatures(data: bytes, draft: Draft) -> None:
    """Read the counted temperatures."""
    count = int(draft.number(Field.TEMP_SENSORS) or 0)
    decode((Probes(0, count, ">u2", 0.1, -400, absent=(0,)),), data, draft)


def _current(data: bytes, draft: Draft) -> None:
    """Read the current; either direction has its own register."""
    raw = integer(data, 24, ">u2") - integer(data, 26, ">u2")
    draft.put(Field.CURRENT, scaled(raw, 0.1))


FAMILY: Final = family(
    "noname_modbus",
    (Wire(service=NUS, notify=(NUS_NOTIFY,), write=NUS_WRITE),),
    (
        question(0x231C, 4, (Custom(_counts),)),
        question(
            0xD000,
            38,
            (
                Custom(_cells),
                Num(Field.MAX_CELL_VOLTAGE, 64, ">u2", 0.001),
                Num(Field.MIN_CELL_VOLTAGE, 66, ">u2", 0.001),
                Num(Field.MAX_CELL, 68, ">u2"),
                Num(Field.MIN_CELL, 70, ">u2"),
                Num(Field.DELTA_VOLTAGE, 72, ">u2", 0.001),
                Num(Field.VOLTAGE, 74, ">u2", 0.01),
            ),
        ),
        question(
            0xD026,
            25,
            (
                Custom(_temperatures),
                Custom(_current),
                Num(Field.BATTERY_LEVEL, 28, ">u2"),
                Num(Field.BATTERY_HEALTH, 30, ">u2"),
                Num(Field.CYCLE_CHARGE, 32, ">u2", 0.1),
                Num(Field.FULL_CHARGE, 34, ">u2", 0.1),
                Num(Field.DESIGN_CAPACITY, 36, ">u2", 0.1),
                Num(Field.CYCLES, 38, ">u2"),
            ),
        ),
    ),
    uncertain=True,
)
