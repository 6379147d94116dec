"""Rows read what they say, leave out what is absent, and fail only with ``FrameError``."""

import contextlib
import struct

from hypothesis import given, strategies as st
import pytest

from custom_components.mi_bms.proto.bms.alarms import Alarm
from custom_components.mi_bms.proto.bms.codec import (
    Bit,
    Cells,
    Count,
    Custom,
    Draft,
    Flags,
    Num,
    Probes,
    Row,
    Text,
    decode,
)
from custom_components.mi_bms.proto.bms.raw import number, scaled, text
from custom_components.mi_bms.proto.bms.uuids import NUS, expand
from custom_components.mi_bms.proto.model.errors import FrameError
from custom_components.mi_bms.proto.model.fields import Field
from custom_components.mi_bms.proto.model.sample import Place, Probe, fold
from tests.each import rows


def one(row: Row, body: str) -> Draft:
    return decode((row,), bytes.fromhex(body), Draft())


@rows(
    ("row", "body", "value"),
    [
        (Num(Field.VOLTAGE, 0, ">u2", 0.01), "0533", 13.31),
        (Num(Field.VOLTAGE, 1, "<u3", 0.001), "ffa26b00", 27.554),
        (Num(Field.CURRENT, 0, ">i2", 0.01), "fee1", -2.87),
        (Num(Field.CURRENT, 0, ">u2", 0.1, -30000), "754e", 3.0),
        (Num(Field.TEMPERATURE, 0, ">u2", 0.1, -2731.5), "0b9b", -2.0 + 25.95),
        (Num(Field.CYCLES, 0, ">u2"), "002a", 42),
        (Num(Field.CYCLES, 0, ">u2", mask=0x0F), "ff2a", 10),
        (Num(Field.DESIGN_CAPACITY, 0, ">u2", 0.01, digits=0), "7eb9", 324),
        (Num(Field.RUNTIME, 0, ">u2", 60, absent=(0xFFFF,)), "ffff", None),
        (Num(Field.RUNTIME, 0, ">u2", 60, absent=(0xFFFF,)), "0002", 120),
        (Num(Field.CYCLES, 1, ">u2", optional=True), "0000", None),
        (Num(Field.VOLTAGE, 0, "<f4"), struct.pack("<f", 14.1589).hex(), 14.159),
        (Bit(Field.HEATER, 0, 0x20), "20", True),
        (Bit(Field.HEATER, 0, 0x20), "df", False),
        (Bit(Field.HEATER, 0, 0x20, invert=True), "df", True),
        (Bit(Field.HEATER, 1, optional=True), "df", None),
    ],
)
def test_scalars(row: Num | Bit, body: str, value: object) -> None:
    found = one(row, body).values.get(row.name)
    assert found == value
    assert type(found) is type(value)


@rows(
    "row",
    [
        Num(Field.VOLTAGE, 1, ">u2"),
        Num(Field.VOLTAGE, -1, ">u2"),
        Bit(Field.HEATER, 2),
        Flags(1, ">u2"),
        Cells(0, 2),
        Cells(1, Count(0)),
        Probes(1, 1),
        Text("model", 1, 2),
        Text("model", 3),
    ],
)
def test_rows_behind_the_end_are_short(row: Row) -> None:
    with pytest.raises(FrameError, match="short"):
        one(row, "0202")


@rows(
    "row",
    [
        Flags(1, ">u2", optional=True),
        Cells(0, 2, optional=True),
        Probes(1, 1, optional=True),
        Text("model", 1, 2, optional=True),
    ],
)
def test_optional_rows_may_lie_behind_the_end(row: Row) -> None:
    assert one(row, "0202") == Draft()


def test_no_number_is_an_error() -> None:
    for value in (float("nan"), float("inf")):
        with pytest.raises(FrameError, match="number"):
            number(struct.pack(">f", value), 0, ">f4")


def test_flags_build_code_problem_and_alarms() -> None:
    row = Flags(
        0,
        ">u2",
        {
            0: Alarm.CELL_OVERVOLTAGE,
            1: Alarm.CELL_OVERVOLTAGE_WARNING,
            2: Alarm.CLOCK_FAULT,
            3: Alarm.LEVEL_HIGH,
        },
        mask=0x00FF,
        harmless=0x10,
    )
    harmless = one(row, "ff1a")
    assert harmless.values == {Field.PROBLEM_CODE: 0x1A, Field.PROBLEM: False}
    assert harmless.alarms == {Alarm.CELL_OVERVOLTAGE_WARNING, Alarm.LEVEL_HIGH}
    # A protection, a defect, a bit without a word.
    for code in ("0001", "0004", "0080"):
        assert one(row, code).values[Field.PROBLEM] is True
    both = decode((Flags(1, ">u1", shift=8), row), bytes.fromhex("0001"), Draft())
    assert both.values == {Field.PROBLEM_CODE: 0x0101, Field.PROBLEM: True}
    assert both.alarms == {Alarm.CELL_OVERVOLTAGE}


def test_wide_codes_keep_every_bit() -> None:
    assert fold(1 << 100) == 1 << 36
    assert fold((1 << 63) | 1) == (1 << 63) | 1


def test_fixed_places_end_at_the_last_cell() -> None:
    assert one(Cells(0, 4), "0cb900000cb60000").cells == [3.257, 0.0, 3.254]
    assert one(Cells(0, 2, empty=(0xEE49,)), "0cb9ee49").cells == [3.257]
    assert one(Cells(0, 2), "00000000").cells == []


def test_transmitted_count_keeps_dead_cells() -> None:
    assert one(Cells(1, Count(0)), "020cb90000").cells == [3.257, 0.0]
    assert one(
        Cells(2, Count(0, ">u2", mask=0xFF), step=4), "ff020cb9ffff0cb6"
    ).cells == [3.257, 3.254]
    with pytest.raises(FrameError, match="count"):
        one(Cells(1, Count(0, most=4)), "05")


def test_probes_have_places() -> None:
    row = Probes(
        0, 4, ">u2", 0.1, -2731, places=(Place.CELL, Place.MOSFET), absent=(0,)
    )
    assert one(row, "0b8b00000b840b8a").probes == [
        Probe(22.4, Place.CELL),
        Probe(21.7, Place.MOSFET),
        Probe(22.3, Place.MOSFET),
    ]


def test_text_ends_at_the_first_odd_character() -> None:
    assert text(b" 24BH\0rest") == "24BH"
    assert text(b"\0") is None
    assert one(Text("model", 0, 4), b"ABC\0".hex()).info == {"model": "ABC"}
    assert one(Text("model", 0), b"\xffABC".hex()).info == {}


def test_custom_rows_get_body_and_draft() -> None:
    def read(body: bytes, draft: Draft) -> None:
        draft.put(Field.CYCLES, body[0])
        draft.put(Field.HEATER, None)

    assert one(Custom(read), "07").values == {Field.CYCLES: 7}


def test_draft_numbers() -> None:
    draft = Draft(
        values={
            Field.CHARGING_STATE: "full",
            Field.VOLTAGE: 13.1,
            Field.PROBLEM_CODE: 0.5,
        }
    )
    assert draft.number(Field.VOLTAGE) == 13.1
    assert draft.number(Field.CHARGING_STATE) is None
    assert draft.number(Field.CURRENT) is None
    draft.flag(4)
    assert draft.values[Field.PROBLEM] is True


def test_rounding_happens_once() -> None:
    assert scaled(1345, 0.01) == 13.45
    assert scaled(9957766, 1e-6) == 9.957766
    assert scaled(3, 36) == 108
    assert isinstance(scaled(10, 1), int)


def test_uuids() -> None:
    assert expand("FF00") == "0000ff00-0000-1000-8000-00805f9b34fb"
    assert expand(NUS.upper()) == NUS


ROWS = st.sampled_from(
    [
        Num(Field.VOLTAGE, 3, ">u4", 0.01),
        Num(Field.VOLTAGE, 3, "<f4"),
        Bit(Field.HEATER, 9),
        Flags(2, ">u14"),
        Cells(1, Count(0)),
        Cells(0, 16),
        Probes(2, Count(1, most=8), ">i2", 0.1),
        Text("model", 4, 8),
    ]
)


@given(row=ROWS, body=st.binary(max_size=40))
def test_no_bytes_break_a_row(row: Row, body: bytes) -> None:
    with contextlib.suppress(FrameError):
        decode((row,), body, Draft())
