"""ANT BMS: which FET a code belongs to, in either protocol."""

import pytest

from custom_components.mi_bms.proto.bms.alarms import Alarm
from custom_components.mi_bms.proto.bms.codec import Draft
from custom_components.mi_bms.proto.bms.dialects.ant import read_codes
from custom_components.mi_bms.proto.model.fields import Field


def codes(text: str, *, charge_first: bool) -> Draft:
    draft = Draft()
    read_codes(bytes.fromhex(text), 0, 0, draft, charge_first=charge_first)
    return draft


@pytest.mark.parametrize("charge_first", [True, False])
@pytest.mark.parametrize(
    ("charge", "discharge", "problem", "alarms"),
    [
        ("01", "01", False, set()),
        ("00", "00", False, set()),
        ("02", "01", True, {Alarm.CELL_OVERVOLTAGE}),
        ("01", "02", True, {Alarm.CELL_UNDERVOLTAGE}),
        ("04", "01", False, set()),  # full
        ("01", "04", True, {Alarm.DISCHARGE_OVERCURRENT}),
        ("0e", "01", False, set()),  # waiting
        ("01", "0e", True, {Alarm.DISCHARGE_MOSFET_FAULT}),
        ("0f", "0f", False, {Alarm.MOSFET_LOCKED}),
        ("01", "0b", False, set()),
        ("01", "0c", True, {Alarm.SHORT_CIRCUIT}),
        ("0b", "01", True, set()),  # reserved
    ],
)
def test_codes_of_the_fets(
    charge: str,
    discharge: str,
    problem: bool,
    alarms: set[Alarm],
    *,
    charge_first: bool,
) -> None:
    pair = charge + discharge if charge_first else discharge + charge
    draft = codes(pair + "00", charge_first=charge_first)
    assert draft.values[Field.CHRG_MOSFET] is (charge == "01")
    assert draft.values[Field.DISCHRG_MOSFET] is (discharge == "01")
    assert draft.values[Field.PROBLEM] is problem
    assert draft.alarms == alarms
