"""Renogy Pro batteries ("RNGRBP", "RNGC"). Protocol: ``dialects/renogy``. Source: what aiobmsble reads.

The module has several characteristics with the UUIDs used here: the ones inside services fff0 and ffd0
are right. Replies may name device 30 or FF. Untested on hardware: some packs seem to swap the bytes of
the cycle count.
"""

from typing import Final

from ...model.fields import Field
from ..catalogue import Listing, Match, names
from ..codec import Custom, Draft
from ..contract import Wire
from ..dialects import renogy
from ..raw import integer

LISTING: Final = Listing(
    title="Renogy Pro battery",
    brands=("Renogy",),
    # The "maker" is the beginning of the address, so another address has another one.
    match=(
        *names("RNGRBP*", "RNGC*", mfr=(0xE14C,)),
        Match(name="RNGRBP*", own_address=True),
        Match(name="RNGC*", own_address=True),
        *names("RNGRBP*", "RNGC*", "RNGPRO*", sure=False),
    ),
)

_MOST_CYCLES: Final = 10_000  # no battery lives that long


def _cycles(data: bytes, draft: Draft) -> None:
    """Read the cycles; an impossible count has its bytes swapped."""
    count = integer(data, 12, ">u2")
    if count > _MOST_CYCLES:
        count = integer(data, 12, "<u2")
    draft.put(Field.CYCLES, count)


FAMILY: Final = renogy.family(
    "renogy_pro",
    (
        Wire(service="ffd0", notify=("fff0/fff1",), write="ffd0/ffd1"),
        Wire(service="ffd0", notify=("fff1",), write="ffd1"),
    ),
    ampere=0.1,
    cycles=Custom(_cycles),
    answers=b"\x30\xff",
    uncertain=True,
)
