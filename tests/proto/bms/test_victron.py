"""Victron: a device that has none of the characteristics is another one."""

import pytest

from custom_components.mi_bms.proto.bms.contract import Write
from custom_components.mi_bms.proto.bms.families.victron import FAMILY
from custom_components.mi_bms.proto.model.errors import Unsupported
from custom_components.mi_bms.proto.model.fields import Field

from .talks import answer, say


def test_nothing_to_read_is_unsupported() -> None:
    with pytest.raises(Unsupported):
        answer(FAMILY.poll(say(FAMILY)), *[None] * 5)


def test_a_missing_characteristic_is_passed_over() -> None:
    values = (b"\xd2\x04", None, None, b"\xff\xff", None)
    draft = answer(FAMILY.poll(say(FAMILY)), *values)
    assert draft.values == {Field.VOLTAGE: 12.34}


def test_it_is_told_to_wait_twenty_seconds() -> None:
    assert FAMILY.alive is not None
    assert list(FAMILY.alive(say(FAMILY))) == [
        Write(
            data=b"\x20\x4e",
            uuid="6597ffff-4bda-4c1e-af4b-551c4cf74769",
            optional=True,
        )
    ]
    assert FAMILY.alive_every < 10
