"""Offgridtec: the key is made of the name, so the name has to hold what it is made of."""

from dataclasses import replace

import pytest

from custom_components.mi_bms.proto.bms.families.ogt import (
    FAMILY,
    inform,
    poll,
    scramble,
)
from custom_components.mi_bms.proto.model.errors import Unsupported
from custom_components.mi_bms.proto.model.fields import Field
from tests.each import rows

from .talks import answer, say


@rows(
    ("name", "key"),
    [
        ("SmartBat-A12345", 0x10),  # 3039 -> 3 + 2 + 3 + 3, and 5
        ("SmartBat-B34567\r\n", 0x1E),  # 8707 -> 8 + 6 + 2 + 6, and 8
        ("SmartBat-A7", 0x11),  # 0007 -> 2 + 2 + 2 + 6, and 5
    ],
)
def test_key(name: str, key: int) -> None:
    change = scramble(replace(say(FAMILY), name=name))
    assert change(b"\0\x01") == bytes((key, key ^ 1))


@rows("name", ["SmartBat-C12345", "SmartBat-A", "SmartBat-A12x45", "Battery", ""])
def test_other_names_are_unsupported(name: str) -> None:
    with pytest.raises(Unsupported):
        FAMILY.framer(replace(say(FAMILY), name=name))


@rows(("raw", "made"), [(b"5D5A", ""), (b"5B5A", "2025-02-27")])
def test_dates_of_no_calendar_are_left_out(raw: bytes, made: str) -> None:
    context = replace(say(FAMILY), name="SmartBat-A12345")
    draft = answer(inform(context), b"+RD,48" + raw)
    assert draft.info.get("production_date", "") == made
    assert draft.info["serial_number"] == "12345"


def test_a_temperature_of_zero_kelvin_is_no_probe() -> None:
    context = replace(say(FAMILY), name="SmartBat-A12345")
    needed = (b"+RD,0264", b"+RD,08E803", b"+RD,10000001")
    draft = answer(poll(context), *needed, None, b"+RD,0C0000", *[None] * 5)
    assert not draft.probes
    assert draft.values[Field.VOLTAGE] == 1


def test_a_cell_that_was_there_keeps_its_place() -> None:
    context = replace(say(FAMILY), name="SmartBat-B34567")
    needed = (b"+RD,09E803", b"+RD,0A000001", b"+RD,0D64")
    cell = (b"+RD,3FE80C", b"+RD,3EE90C")
    answer(poll(context), *needed, *[None] * 7, *cell, None)
    draft = answer(poll(context), *needed, *[None] * 7, None, cell[1], None)
    assert draft.cells == [None, 3.305]
    draft = answer(poll(context), *needed, *[None] * 7, None, None, None)
    assert draft.cells == []
