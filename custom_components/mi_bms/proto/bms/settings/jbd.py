"""Settings of JBD boards: a register of two bytes for each. Source: a register map of owners, ESPHome components.

Many boards tell them in factory mode only. That is never entered: it opens the settings for writing.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from ...model.fields import Field
from ..codec import Draft, Num, decode_extra
from ..contract import Ask, Context, Dialogue, Talk
from ..raw import integer
from .asking import TRIES

TENTHS: Final = "tenths"  # a note of the unit of its currents

_VOLTS: Final = (">u2", 0.001, 0)
_PACK: Final = (">u2", 0.01, 0)
_AMPERES: Final = (">i2", 0.01, 0)
_KELVIN: Final = (">u2", 0.1, -2731)

ROWS: Final[Mapping[int, Num]] = {
    register: Num(name, 0, raw, scale, offset, absent=(0,))
    for register, name, (raw, scale, offset) in (
        # Asked first: what is the most worth knowing, and tells whether the board tells any.
        (0x24, Field.CELL_OVERVOLTAGE_LIMIT, _VOLTS),
        (0x25, Field.CELL_OVERVOLTAGE_RELEASE, _VOLTS),
        (0x26, Field.CELL_UNDERVOLTAGE_LIMIT, _VOLTS),
        (0x27, Field.CELL_UNDERVOLTAGE_RELEASE, _VOLTS),
        (0x20, Field.PACK_OVERVOLTAGE_LIMIT, _PACK),
        (0x22, Field.PACK_UNDERVOLTAGE_LIMIT, _PACK),
        (0x28, Field.CHARGE_CURRENT_LIMIT, _AMPERES),
        (0x29, Field.DISCHARGE_CURRENT_LIMIT, _AMPERES),
        (0x18, Field.CHARGE_OVERTEMPERATURE_LIMIT, _KELVIN),
        (0x1A, Field.CHARGE_UNDERTEMPERATURE_LIMIT, _KELVIN),
        (0x1C, Field.DISCHARGE_OVERTEMPERATURE_LIMIT, _KELVIN),
        (0x1E, Field.DISCHARGE_UNDERTEMPERATURE_LIMIT, _KELVIN),
        (0x2A, Field.BALANCE_START_VOLTAGE, _VOLTS),
        (0x2B, Field.BALANCE_START_DIFFERENCE, _VOLTS),
    )
}


def in_tenths(basic: bytes) -> bool:
    """Return whether a board says in register 03 that it counts currents in tenths, and not in hundredths."""
    at = 23 + 2 * integer(basic, 22, ">u1")
    return len(basic) > at and bool(basic[at] & 0x80)


def reader(question: Callable[[int], Ask]) -> Dialogue[Draft]:
    """Make the dialogue, out of what makes the question for a register."""

    def read(context: Context) -> Talk[Draft]:
        draft = Draft()
        for register, row in ROWS.items():
            frame = yield replace(question(register), optional=True, tries=TRIES)
            if frame is None or frame[2]:
                break
            draft = decode_extra((row,), frame[4:-3], draft)
        if context.memory.get(TENTHS):
            # Whether the limits count in the larger unit, too, nobody has said.
            for name in (Field.CHARGE_CURRENT_LIMIT, Field.DISCHARGE_CURRENT_LIMIT):
                draft.values.pop(name, None)
        return draft

    return read
