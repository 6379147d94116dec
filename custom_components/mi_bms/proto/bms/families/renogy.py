"""Renogy batteries with a "BT-TH" module. Protocol: ``dialects/renogy``. Source: what aiobmsble reads.

Solar chargers of the same maker have the same name; they do not answer like a battery.
"""

from typing import Final

from ...model.fields import Field
from ..catalogue import Listing, names
from ..codec import Num
from ..contract import Wire
from ..dialects import renogy

LISTING: Final = Listing(
    title="Renogy battery",
    brands=("Renogy",),
    match=names("BT-TH-*", service="ffd0", sure=False),
    shared_module=True,
)

FAMILY: Final = renogy.family(
    "renogy",
    (Wire(service="ffd0", notify=("fff1",), write="ffd1"),),
    ampere=0.01,
    cycles=Num(Field.CYCLES, 12, ">u2"),
)
