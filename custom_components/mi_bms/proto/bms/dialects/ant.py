"""ANT BMS, both protocols: the codes of the two FETs and of the balancer. Source: what aiobmsble, batmon-ha and ESPHome components read."""

from collections.abc import Mapping
from typing import Final

from ...model.fields import Field
from ..alarms import Alarm
from ..codec import Draft
from ..control import Target
from ..raw import integer

_BOTH: Final[Mapping[int, Alarm]] = {
    0x06: Alarm.OVERTEMPERATURE,
    0x07: Alarm.MOSFET_OVERTEMPERATURE,
    0x08: Alarm.CURRENT_SENSOR_FAULT,
    0x09: Alarm.WIRE_FAULT,
    0x0A: Alarm.BOARD_OVERTEMPERATURE,
    0x0D: Alarm.DISCHARGE_MOSFET_FAULT,
    0x0F: Alarm.MOSFET_LOCKED,
    0x11: Alarm.UNDERTEMPERATURE,
    0x12: Alarm.CELL_IMBALANCE,
}
_CHARGE: Final[Mapping[int, Alarm]] = {
    **_BOTH,
    0x02: Alarm.CELL_OVERVOLTAGE,
    0x03: Alarm.CHARGE_OVERCURRENT,
    0x05: Alarm.PACK_OVERVOLTAGE,
    0x0C: Alarm.CHARGE_MOSFET_FAULT,
    0x10: Alarm.CELL_OVERVOLTAGE,
}
_DISCHARGE: Final[Mapping[int, Alarm]] = {
    **_BOTH,
    0x02: Alarm.CELL_UNDERVOLTAGE,
    0x03: Alarm.DISCHARGE_OVERCURRENT,
    0x04: Alarm.DISCHARGE_OVERCURRENT,
    0x05: Alarm.PACK_UNDERVOLTAGE,
    0x0C: Alarm.SHORT_CIRCUIT,
    0x0E: Alarm.DISCHARGE_MOSFET_FAULT,
    0x10: Alarm.CELL_UNDERVOLTAGE,
}
# Bits of the new protocol's two words; the rest of them are states. Source: the maker's app, as published.
PROTECTIONS: Final[Mapping[int, Alarm]] = {
    1: Alarm.CELL_OVERVOLTAGE,
    2: Alarm.CELL_OVERVOLTAGE,
    3: Alarm.PACK_OVERVOLTAGE,
    4: Alarm.CELL_UNDERVOLTAGE,
    5: Alarm.CELL_UNDERVOLTAGE,
    6: Alarm.PACK_UNDERVOLTAGE,
    7: Alarm.CELL_IMBALANCE,
    8: Alarm.CHARGE_OVERTEMPERATURE,
    9: Alarm.DISCHARGE_OVERTEMPERATURE,
    10: Alarm.MOSFET_OVERTEMPERATURE,
    11: Alarm.CHARGE_UNDERTEMPERATURE,
    12: Alarm.DISCHARGE_UNDERTEMPERATURE,
    13: Alarm.CHARGE_OVERCURRENT,
    14: Alarm.DISCHARGE_OVERCURRENT,
    15: Alarm.DISCHARGE_OVERCURRENT,
    16: Alarm.SHORT_CIRCUIT,
    25: Alarm.WIRE_FAULT,
    26: Alarm.CURRENT_SENSOR_FAULT,
    27: Alarm.DISCHARGE_MOSFET_FAULT,
    28: Alarm.CHARGE_MOSFET_FAULT,
    29: Alarm.COMMUNICATION_FAULT,
    30: Alarm.PRECHARGE_FAULT,
}
WARNINGS: Final[Mapping[int, Alarm]] = {
    0: Alarm.CELL_OVERVOLTAGE_WARNING,
    1: Alarm.PACK_OVERVOLTAGE_WARNING,
    2: Alarm.CELL_UNDERVOLTAGE_WARNING,
    3: Alarm.PACK_UNDERVOLTAGE_WARNING,
    4: Alarm.CELL_IMBALANCE_WARNING,
    5: Alarm.CHARGE_OVERTEMPERATURE_WARNING,
    6: Alarm.DISCHARGE_OVERTEMPERATURE_WARNING,
    7: Alarm.CHARGE_UNDERTEMPERATURE_WARNING,
    8: Alarm.DISCHARGE_UNDERTEMPERATURE_WARNING,
    9: Alarm.MOSFET_OVERTEMPERATURE_WARNING,
    10: Alarm.CHARGE_OVERCURRENT_WARNING,
    11: Alarm.DISCHARGE_OVERCURRENT_WARNING,
    12: Alarm.LEVEL_LOW_WARNING,
    13: Alarm.LEVEL_LOW_WARNING,
}
_UNCLEAR, _ON, _BY_HAND = 0x00, 0x01, 0x0F
_FINE_CHARGE: Final = frozenset({_UNCLEAR, _ON, 0x04, _BY_HAND})  # 04 is a full battery
_FINE_DISCHARGE: Final = frozenset({_UNCLEAR, _ON, _BY_HAND})
_WAITING: Final = 0x0E  # to switch the charge FET on
_OTHER_ON: Final = 0x0B  # the discharge FET waits because the charge FET is on
NOT_FITTED: Final = -40  # °C; what a place without a probe reads
_AUTOMATIC: Final = 0x04
_BALANCER: Final[Mapping[int, Alarm]] = {
    0x03: Alarm.BALANCER_OVERTEMPERATURE,
    0x0A: Alarm.BOARD_OVERTEMPERATURE,
}


def read_codes(
    body: bytes, at: int, cells: int, draft: Draft, *, charge_first: bool
) -> None:
    """Read the codes of both FETs and of the balancer at ``at``; ``cells`` is the balancer's mask.

    The old protocol has the charge FET first, the new one the discharge FET. A FET code that is no
    plain state makes the problem code: that of the first FET in the low byte, of the second in the next.
    """
    first, second, balancer = (integer(body, at + n, ">u1") for n in range(3))
    charge, discharge = (first, second) if charge_first else (second, first)
    draft.put(Field.CHRG_MOSFET, charge == _ON)
    draft.put(Field.DISCHRG_MOSFET, discharge == _ON)
    draft.put(Field.BALANCER, cells or bool(balancer & _AUTOMATIC))
    for code, fine, state, shift in (
        (charge, _FINE_CHARGE, _WAITING, 0 if charge_first else 8),
        (discharge, _FINE_DISCHARGE, _OTHER_ON, 8 if charge_first else 0),
    ):
        bits = 0 if code in fine else code << shift
        draft.flag(bits, bits if code == state else 0)
    for target, code, fits in (
        (Target.CHARGE, charge, _CHARGE.keys() | _FINE_CHARGE),
        (Target.DISCHARGE, discharge, _DISCHARGE.keys()),
    ):
        # A protection holds what nobody has switched off; of a code without a word nothing is known.
        if code == _ON or (code in fits and code != _UNCLEAR):
            draft.switches[target] = code != _BY_HAND
    found = (_CHARGE.get(charge), _DISCHARGE.get(discharge), _BALANCER.get(balancer))
    draft.alarms |= {alarm for alarm in found if alarm is not None}
