"""AG Power Lithium: E&J packs with another Bluetooth module. Protocol: ``dialects/ej``. Source: what aiobmsble reads."""

from typing import Final

from ..catalogue import Listing, names
from ..dialects import ej

LISTING: Final = Listing(
    title="AG Power Lithium",
    brands=("AG Automotive",),
    match=names("AG???L*", mfr=(21320,)),
)

FAMILY: Final = ej.family("ag", (ej.WALKIZ,))
