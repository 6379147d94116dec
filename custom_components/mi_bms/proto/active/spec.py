"""Which product can do what over a connection, and how: one row per product id.

A characteristic is named inside its service, because some devices repeat the 16-bit number in two
services. Clocks and settings behind a token of the maker's app (CGD1) are not offered. Source: owners'
measurements; what only few have seen is ``doubtful``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

_BASE: Final = "0000{}-0000-1000-8000-00805f9b34fb"
_EBE0: Final = "ebe0{}-7a0a-4b0c-8a1a-6ff2997da3a6"
_QINGPING: Final = "22210000-554a-4546-5542-46534450464d"


def _short(service: str, characteristic: str) -> str:
    return f"{_BASE.format(service)}/{_BASE.format(characteristic)}"


def _ebe0(characteristic: str) -> str:
    return f"{_EBE0.format('ccb0')}/{_EBE0.format(characteristic)}"


def _qingping(characteristic: str) -> str:
    return f"{_QINGPING}/{_BASE.format(characteristic)}"


# Thermometers with service ebe0
TIME: Final = _ebe0("ccb7")
COUNT: Final = _ebe0("ccb9")
INDEX: Final = _ebe0("ccba")
RECORDS: Final = _ebe0("ccbc")
UNIT: Final = _ebe0("ccbe")
LIVE: Final = _ebe0("ccc1")
BATTERY: Final = _ebe0("ccc4")
COMFORT: Final = _ebe0("ccd7")
# Everybody's
BATTERY_LEVEL: Final = _short("180f", "2a19")
FIRMWARE: Final = _short("180a", "2a26")
# Round thermometers
ROUND_LIVE: Final = (
    "226c0000-6476-4566-7562-66734470666d/226caa55-6476-4566-7562-66734470666d"
)
# Plants
PLANT_COMMAND: Final = _short("1204", "1a00")
PLANT_LIVE: Final = _short("1204", "1a01")
PLANT_STATUS: Final = _short("1204", "1a02")
PLANT_MEMORY: Final = _short("1206", "1a10")
PLANT_RECORD: Final = _short("1206", "1a11")
PLANT_TIME: Final = _short("1206", "1a12")
# Qingping
QINGPING_COMMAND: Final = _qingping("0001")
QINGPING_LIVE: Final = _qingping("0100")


class Function(StrEnum):
    """What a sensor can do."""

    BATTERY = "battery"
    FIRMWARE = "firmware"
    LIVE = "live"
    CLOCK = "clock"  # told, with a time zone, and set
    SET_CLOCK = "set_clock"  # set, and never told
    UNIT = "unit"
    COMFORT = "comfort"
    HISTORY = "history"
    BLINK = "blink"


class Values(StrEnum):
    """How live values are laid out."""

    EBE0 = "ebe0"
    TEXT = "text"
    PLANT = "plant"
    POT = "pot"  # as a plant, and no light is measured
    QINGPING = "qingping"
    QINGPING_FINE = "qingping_fine"


class MemoryKind(StrEnum):
    """How a memory is read; times count from power-on, or are of the world."""

    COUNTING = "counting"
    WORLD = "world"
    PLANT = "plant"


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveSpec:
    """What one product can do.

    ``live`` is the characteristic of live values; ``spoken`` ones come as notifications and can at best
    be read when none comes; ``settle`` (s) passes between asking for them and reading. ``battery`` is None where
    the share follows from the voltage among the live values. ``celsius`` is what is written to
    the display for °C, the ``comfort`` limits have so many bytes. ``daily``: what is read by itself.
    ``broadcasts`` is the first main version of the maker's firmware that sends values in adverts.
    """

    functions: frozenset[Function]
    daily: frozenset[Function] = frozenset()
    doubtful: frozenset[Function] = frozenset()
    battery: str | None = None
    firmware: str = FIRMWARE
    live: str = LIVE
    values: Values = Values.EBE0
    spoken: bool = False
    settle: float = 0.0
    celsius: int = 0
    comfort: int = 0
    memory: MemoryKind = MemoryKind.WORLD
    broadcasts: int = 0

    def is_mute(self, firmware: str | None) -> bool:
        """Return whether the maker's firmware is of a main version that does not broadcast values yet."""
        main = (firmware or "").partition(".")[0]
        return main.isdecimal() and int(main) < self.broadcasts


_F = Function

# With a clock on the display. Classic ones never tell their battery in adverts.
_CLOCK: Final = ActiveSpec(
    functions=frozenset(
        {_F.BATTERY, _F.LIVE, _F.CLOCK, _F.UNIT, _F.HISTORY, _F.FIRMWARE}
    ),
    daily=frozenset({_F.BATTERY, _F.CLOCK, _F.UNIT}),
    battery=BATTERY,
    spoken=True,
    celsius=0xFF,
)
# Without: their time counts from power-on and dates the memory, so it is never set. What they say
# of their battery, over a connection as in adverts, is 100 % until the end; the voltage is true.
_PLAIN: Final = ActiveSpec(
    functions=frozenset(
        {_F.BATTERY, _F.LIVE, _F.UNIT, _F.HISTORY, _F.COMFORT, _F.FIRMWARE}
    ),
    daily=frozenset({_F.BATTERY, _F.UNIT, _F.COMFORT, _F.FIRMWARE}),
    comfort=6,
    memory=MemoryKind.COUNTING,
)
_PLANT: Final = ActiveSpec(
    functions=frozenset({_F.BATTERY, _F.FIRMWARE, _F.LIVE, _F.HISTORY, _F.BLINK}),
    daily=frozenset({_F.BATTERY, _F.FIRMWARE}),
    battery=PLANT_STATUS,
    firmware=PLANT_STATUS,
    live=PLANT_LIVE,
    values=Values.PLANT,
    memory=MemoryKind.PLANT,
)
# These tell everything in their adverts, too: nothing is read by itself.
_QINGPING_DISPLAY: Final = ActiveSpec(
    functions=frozenset({_F.BATTERY, _F.LIVE}),
    doubtful=frozenset({_F.LIVE}),
    battery=BATTERY_LEVEL,
    live=QINGPING_LIVE,
    values=Values.QINGPING,
    spoken=True,
)

ACTIVE: Final[Mapping[int, ActiveSpec]] = {
    # HHCCJCY01; 2.6 and 2.7 answer to a connection alone, 3.1 and 3.2 broadcast.
    0x0098: replace(_PLANT, broadcasts=3),
    0x015D: replace(  # HHCCPOT002
        _PLANT, values=Values.POT, doubtful=frozenset({_F.HISTORY, _F.BLINK})
    ),
    0x01AA: ActiveSpec(  # LYWSDCGQ
        functions=frozenset({_F.BATTERY, _F.FIRMWARE, _F.LIVE}),
        battery=BATTERY_LEVEL,
        live=ROUND_LIVE,
        values=Values.TEXT,
        spoken=True,
    ),
    0x0347: _QINGPING_DISPLAY,  # CGG1
    0x0387: replace(  # MHO-C401
        _PLAIN, doubtful=frozenset({_F.HISTORY, _F.COMFORT})
    ),
    0x03BC: replace(_PLANT, settle=1.0),  # GCLS002
    0x045B: _CLOCK,  # LYWSD02
    0x055B: _PLAIN,  # LYWSD03MMC
    0x0576: ActiveSpec(  # CGD1
        functions=frozenset({_F.BATTERY, _F.LIVE}),
        daily=frozenset({_F.BATTERY}),
        battery=BATTERY_LEVEL,
        live=QINGPING_LIVE,
        values=Values.QINGPING_FINE,
        spoken=True,
    ),
    0x066F: _QINGPING_DISPLAY,  # CGDK2
    0x06D3: replace(_CLOCK, doubtful=frozenset({_F.HISTORY})),  # MHO-C303
    0x0B48: _QINGPING_DISPLAY,  # CGG1-M
    0x0C3C: ActiveSpec(functions=frozenset({_F.SET_CLOCK})),  # CGC1
    0x1203: replace(  # XMWSDJ04MMC
        _PLAIN, comfort=8, doubtful=frozenset({_F.UNIT})
    ),
    0x16E4: replace(  # LYWSD02MMC
        _CLOCK, celsius=0, doubtful=frozenset({_F.HISTORY})
    ),
    0x2542: replace(  # LYWSD02MMC
        _CLOCK, celsius=0, doubtful=frozenset({_F.HISTORY})
    ),
}
