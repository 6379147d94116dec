"""AG Power Lithium: E&J packs with another Bluetooth module. Protocol: ``dialects/ej``. Source: docs/protocols/ag.md."""

from typing import Final

from ..dialects import ej

FAMILY: Final = ej.family("ag", (ej.WALKIZ,))
