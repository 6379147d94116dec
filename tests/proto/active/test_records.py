"""Records of memories."""

from hypothesis import given, strategies as st
import pytest

from custom_components.mi_bms.proto.active import records
from custom_components.mi_bms.proto.active.records import (
    Hour,
    Span,
    Stored,
    StoredRecord,
)
from custom_components.mi_bms.proto.model.errors import FrameError
from custom_components.mi_bms.proto.model.fields import Field
from tests.each import rows

NEWEST = bytes.fromhex("99370000a0e50d03ef002cee002c")
PLANT = bytes.fromhex("70e72000eb00005a00000015b3000000")


def test_state() -> None:
    assert records.stored(bytes.fromhex("993700009b0e0000")) == Stored(14233, 3739)
    assert Stored(14233, 3739).oldest == 10495
    assert Stored(3, 9).oldest == 0
    with pytest.raises(FrameError):
        records.stored(b"\0" * 7)


def test_a_record() -> None:
    found = records.record(NEWEST)
    assert found == StoredRecord(14233, 51_242_400, 239, 238, 44, 44)
    hour = records.hour(found, 10, 1000.0)
    assert hour.end == 51_243_400
    assert hour.values == {
        Field.TEMPERATURE: Span(23.8, 23.9),
        Field.HUMIDITY: Span(44, 44),
    }
    second = records.record(bytes.fromhex("0500000060540000fc002ef2002b"))
    assert (second.index, second.time) == (5, 21_600)
    assert (second.high, second.humidity_high) == (252, 46)
    assert (second.low, second.humidity_low) == (242, 43)


@rows(
    "data",
    [
        NEWEST[:13],
        NEWEST[:8] + b"\0" * 6,
        b"\xff" * 14,
        bytes.fromhex("99370000a0e50d03ee002cef002c"),  # lowest above highest
        bytes.fromhex("99370000a0e50d03ef002bee002c"),
        bytes.fromhex("99370000a0e50d03ef0065ee002c"),
    ],
)
def test_corrupt_records(data: bytes) -> None:
    with pytest.raises(FrameError):
        records.record(data)


@rows(
    "data",
    [
        bytes.fromhex("aabbccddeeff99887766554433221110"),
        b"\0" * 16,
        b"\xff" * 16,
        PLANT[:15],
        PLANT[:11] + b"\x65" + PLANT[12:],
    ],
)
def test_corrupt_records_of_plants(data: bytes) -> None:
    with pytest.raises(FrameError):
        records.plant_hour(data, 0, light=True)


def test_a_record_of_a_plant() -> None:
    hour = records.plant_hour(PLANT, 100.0, light=True)
    assert hour.end == 2_156_500
    assert hour.values == {
        Field.TEMPERATURE: Span(23.5, 23.5),
        Field.ILLUMINANCE: Span(90, 90),
        Field.MOISTURE: Span(21, 21),
        Field.CONDUCTIVITY: Span(179, 179),
    }
    assert Field.ILLUMINANCE not in records.plant_hour(PLANT, 0, light=False).values


@rows(
    ("raw", "celsius", "steps"),
    [
        (2390, 23.0, 100),
        (239, 23.0, 10),
        (2390, None, 10),
        (5000, -30.0, 10),  # neither is near: the usual one
        (0, 0.0, 10),
    ],
)
def test_resolution(raw: int, celsius: float | None, steps: int) -> None:
    newest = StoredRecord(1, 1, raw, raw, 40, 40)
    assert records.resolution(newest, celsius) == steps


def test_hours_in_order() -> None:
    hours = [Hour(end, {}) for end in (500.0, 100.0, 0.0, 300.0, 99_999.0)]
    assert records.ordered(hours, 299.0, 1000.0) == ([hours[3], hours[0]], 2)
    assert records.ordered(hours, 300.0, 1000.0)[0] == [hours[0]]
    assert records.ordered(hours, None, 1000.0)[0] == [hours[1], hours[3], hours[0]]


@given(st.binary(max_size=20))
def test_any_bytes_are_a_record_or_an_error(data: bytes) -> None:
    for decode in (
        lambda: records.hour(records.record(data), 10, 0.0),
        lambda: records.plant_hour(data, 0.0, light=True),
    ):
        try:
            hour = decode()
        except FrameError:
            continue
        low, high = hour.values[Field.TEMPERATURE]
        assert -60 <= low <= high <= 125


def test_hours_of_any_minute_belong_where_most_of_them_lies() -> None:
    one, two = records.Span(20.0, 21.0), records.Span(22.0, 23.0)
    hours = [
        records.Hour(3 * 3600 + 600, {Field.TEMPERATURE: one}),
        records.Hour(4 * 3600 - 600, {Field.TEMPERATURE: two}),
        records.Hour(5 * 3600, {Field.TEMPERATURE: one}),
        records.Hour(6 * 3600, {}),
    ]
    starts = {7200, 10_800, 18_000}
    assert records.by_start(hours, Field.TEMPERATURE, starts) == {
        7200: one,
        10_800: two,
    }
    assert records.by_start(hours, Field.HUMIDITY, starts) == {}
