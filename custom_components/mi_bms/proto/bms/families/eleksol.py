"""Eleksol: the JBD protocol on another service. Protocol: ``dialects/jbd``. Source: what aiobmsble reads."""

from typing import Final

from ..catalogue import Listing, Match, Password, Secret
from ..contract import Wire
from ..dialects import jbd

LISTING: Final = Listing(
    title="Eleksol battery",
    brands=("Eleksol",),
    match=(
        Match(
            service="ff06",
            ouis=("A4:C1:37", "A4:C1:38", "A5:C2:37", "A5:C2:39", "AA:C2:37"),
        ),
    ),
    password=Password(kind=Secret.TEXT, longest=15),
)

FAMILY: Final = jbd.family(
    "eleksol", (Wire(service="ff06", notify=("ff07",), write="ff08"),)
)
