"""E&J EJBMS-PRO: E&J packs with another Bluetooth module. Protocol: ``dialects/ej``. Source: what aiobmsble reads."""

from typing import Final

from ..catalogue import Listing, names
from ..dialects import ej

LISTING: Final = Listing(
    title="E&J EJBMS-PRO", brands=("E&J",), match=names("EJ*", mfr=(21320,))
)

FAMILY: Final = ej.family("ejpro", (ej.WALKIZ,))
