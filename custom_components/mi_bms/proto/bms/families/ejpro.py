"""E&J EJBMS-PRO: E&J packs with another Bluetooth module. Protocol: ``dialects/ej``. Source: what aiobmsble reads."""

from typing import Final

from ..dialects import ej

FAMILY: Final = ej.family("ejpro", (ej.WALKIZ,))
