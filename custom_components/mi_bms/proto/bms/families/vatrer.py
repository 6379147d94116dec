"""Vatrer drop-in batteries: Modbus RTU device 02 over Nordic UART, big endian. Source: what aiobmsble reads.

Three reads, told apart by their length. Of the alarms only "any" is known.
"""

from typing import Final

from ...model.fields import Field
from ...model.sample import Place
from ..codec import Bit, Cells, Count, Custom, Draft, Num, Probes, decode
from ..dialects.modbus import family, question
from ..dialects.vatrer import DEVICE, MAIN, WIRES

_ANY: Final = (1 << 120) - 1  # 15 bytes


def _temperatures(data: bytes, draft: Draft) -> None:
    """Read what follows the count: the counted cells, one more place, and the MOSFET."""
    generic = Count(0, ">u2", most=6).read(data) + 1
    mosfet = 2 + 2 * generic
    decode(
        (Probes(2, generic), Probes(mosfet, places=(Place.MOSFET,))),
        data,
        draft,
    )


FAMILY: Final = family(
    "vatrer",
    WIRES,
    (
        question(0x0000, 20, MAIN, device=DEVICE),
        question(
            0x0034,
            18,
            (
                Num(Field.TEMP_SENSORS, 0, ">u2"),
                Custom(_temperatures),
                Bit(Field.PROBLEM, 14, _ANY, ">u15"),
                Bit(Field.CHRG_MOSFET, 29, 0x10),
                Bit(Field.DISCHRG_MOSFET, 29, 0x20),
                Num(Field.BALANCER, 32, ">u4"),
            ),
            device=DEVICE,
        ),
        question(
            0x0015,
            31,
            (
                Num(Field.CELL_COUNT, 0, ">u2"),
                Cells(2, Count(0, ">u2", most=30)),
            ),
            device=DEVICE,
            optional=True,
        ),
    ),
    devices=bytes((DEVICE,)),
)
