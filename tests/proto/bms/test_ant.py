"""ANT BMS: which FET a code belongs to, in either protocol, and the password of old boards."""

import pytest

from custom_components.mi_bms.proto.bms.alarms import Alarm
from custom_components.mi_bms.proto.bms.codec import Draft
from custom_components.mi_bms.proto.bms.contract import Write
from custom_components.mi_bms.proto.bms.dialects.ant import read_codes
from custom_components.mi_bms.proto.bms.families.ant_leg import FAMILY as OLD
from custom_components.mi_bms.proto.model.errors import AuthRejected
from custom_components.mi_bms.proto.model.fields import Field
from tests.each import rows

from .talks import say


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


def test_old_boards_get_their_password_in_four_parts() -> None:
    assert OLD.login
    told = [
        step.data for step in OLD.login(say(OLD, "12345678")) if isinstance(step, Write)
    ]
    assert [data.hex() for data in told] == [
        "a5a5f1313254",
        "a5a5f2333459",
        "a5a5f335365e",
        "a5a5f4373863",
    ]
    assert list(OLD.login(say(OLD))) == []


@rows("secret", ["1234567", "123456789"])
def test_old_boards_have_passwords_of_eight_characters(secret: str) -> None:
    assert OLD.login
    with pytest.raises(AuthRejected):
        list(OLD.login(say(OLD, secret)))
