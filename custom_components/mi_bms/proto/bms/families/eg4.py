"""EG4 LL, SunGoldPower, Voltgo: Modbus RTU device 01, one read, big endian.

Source: what aiobmsble, Zetara's app and owners' own readers read, and EG4's text on the registers. Units of
the charge and the order of the two words of the cycles differ from board to board; nothing names them. Long because of
29 alarm bits and these units.
"""

from collections.abc import Mapping
from typing import Final

from ...model.fields import Field
from ...model.sample import Place
from ..alarms import Alarm
from ..catalogue import Listing, Match, names
from ..codec import Bit, Cells, Count, Custom, Draft, Flags, Num, Probes
from ..contract import Wire
from ..dialects.modbus import family, question
from ..raw import integer, scaled

LISTING: Final = Listing(
    title="EG4 LL",
    brands=("EG4", "SunGoldPower", "Voltgo"),
    match=(
        Match(service="1000", mfr=(0x6F80,), mfr_data=b"\xb0"),
        Match(mfr=(0x45CC,), mfr_data=b"\xa5"),
        *names("ZT-*V*Ah-*", service="ff00", brands=("Voltgo",)),
    ),
)

_WARNING, _PROTECTION = 32, 16  # lowest bits of the first two words; then errors
_ALARMS: Final[Mapping[int, Alarm]] = {
    _WARNING + 0: Alarm.PACK_OVERVOLTAGE_WARNING,
    _WARNING + 1: Alarm.CELL_OVERVOLTAGE_WARNING,
    _WARNING + 2: Alarm.PACK_UNDERVOLTAGE_WARNING,
    _WARNING + 3: Alarm.CELL_UNDERVOLTAGE_WARNING,
    _WARNING + 4: Alarm.CHARGE_OVERCURRENT_WARNING,
    _WARNING + 5: Alarm.DISCHARGE_OVERCURRENT_WARNING,
    _WARNING + 7: Alarm.MOSFET_OVERTEMPERATURE_WARNING,
    _WARNING + 8: Alarm.CHARGE_OVERTEMPERATURE_WARNING,
    _WARNING + 9: Alarm.DISCHARGE_OVERTEMPERATURE_WARNING,
    _WARNING + 10: Alarm.CHARGE_UNDERTEMPERATURE_WARNING,
    _WARNING + 11: Alarm.DISCHARGE_UNDERTEMPERATURE_WARNING,
    _WARNING + 12: Alarm.LEVEL_LOW_WARNING,
    _PROTECTION + 0: Alarm.PACK_OVERVOLTAGE,
    _PROTECTION + 1: Alarm.CELL_OVERVOLTAGE,
    _PROTECTION + 2: Alarm.PACK_UNDERVOLTAGE,
    _PROTECTION + 3: Alarm.CELL_UNDERVOLTAGE,
    _PROTECTION + 4: Alarm.CHARGE_OVERCURRENT,
    _PROTECTION + 5: Alarm.DISCHARGE_OVERCURRENT,
    _PROTECTION + 7: Alarm.MOSFET_OVERTEMPERATURE,
    _PROTECTION + 8: Alarm.CHARGE_OVERTEMPERATURE,
    _PROTECTION + 9: Alarm.DISCHARGE_OVERTEMPERATURE,
    _PROTECTION + 10: Alarm.CHARGE_UNDERTEMPERATURE,
    _PROTECTION + 11: Alarm.DISCHARGE_UNDERTEMPERATURE,
    _PROTECTION + 12: Alarm.LEVEL_LOW,
    _PROTECTION + 13: Alarm.SHORT_CIRCUIT,
    0: Alarm.FRONTEND_FAULT,
    1: Alarm.TEMPERATURE_SENSOR_FAULT,
    2: Alarm.CURRENT_SENSOR_FAULT,
    4: Alarm.CELL_IMBALANCE,
}
# Ambient temperature, and "float stopped": the end of a charge.
_HARMLESS: Final = (1 << 6 | 1 << 13) << _WARNING

_NOT_FITTED: Final = (0, -40, -56, -86)
_PER_AH: Final = 3_600_000  # mA s
_OFF: Final = 0.05  # of the capacity, by which charge and level may differ


def _cycles(data: bytes, draft: Draft) -> None:
    """Read the cycles; no battery lives long enough for both words."""
    first, second = integer(data, 58, ">u2"), integer(data, 60, ">u2")
    if bool(first) is not bool(second):
        draft.put(Field.CYCLES, first or second)


def _capacity(data: bytes, draft: Draft) -> None:
    """Read the capacities: the full one in mA s is counted, the design one may be left as it came."""
    full = round(integer(data, 62, ">u4") / _PER_AH, 1)
    design = scaled(integer(data, 74, ">u2"), 0.1)
    if full >= 1:
        draft.put(Field.FULL_CHARGE, full)
    if design and (full < 1 or full / 2 <= design <= full * 2):
        draft.put(Field.DESIGN_CAPACITY, design)


def _charge(data: bytes, draft: Draft) -> None:
    """Read the charge in the unit that agrees with capacity and level, 1 or 0.1 Ah."""
    raw, level = integer(data, 42, ">u2"), integer(data, 48, ">u2")
    full = draft.number(Field.FULL_CHARGE) or draft.number(Field.DESIGN_CAPACITY)
    if not full:
        return
    expected = full * level / 100
    charge = min((float(raw), scaled(raw, 0.1)), key=lambda one: abs(one - expected))
    if abs(charge - expected) <= _OFF * full:
        draft.put(Field.CYCLE_CHARGE, charge)


FAMILY: Final = family(
    "eg4",
    (
        Wire(service="1000", notify=("1002",), write="1001"),
        Wire(service="1006", notify=("1007",), write="1008"),
    ),
    (
        question(
            0x0000,
            39,
            (
                Num(Field.VOLTAGE, 0, ">u2", 0.01),
                Num(Field.CURRENT, 2, ">i2", 0.1),
                Num(Field.CELL_COUNT, 72, ">u2"),
                Cells(4, Count(72, ">u2", most=16)),
                Probes(36, places=(Place.PCB,)),
                # A real 0 °C cannot be told from a place without a probe; the last two are no probes.
                Probes(66, 4, ">i1", places=(Place.CELL,), absent=_NOT_FITTED),
                Num(Field.BATTERY_HEALTH, 46, ">u2", absent=(0,)),
                Num(Field.BATTERY_LEVEL, 48, ">u2"),
                Bit(Field.HEATER, 50, 0x80),
                Flags(52, ">u6", _ALARMS, harmless=_HARMLESS),
                Custom(_cycles),
                Custom(_capacity),
                Custom(_charge),
                Num(Field.BALANCER, 76, ">u2"),
            ),
        ),
    ),
)
