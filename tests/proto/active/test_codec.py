"""Bytes of clocks, live values, batteries, units and limits."""

from hypothesis import given, strategies as st
import pytest

from custom_components.mi_bms.proto.active import codec
from custom_components.mi_bms.proto.active.codec import Comfort, Dial, Moment, Unit
from custom_components.mi_bms.proto.active.spec import Values
from custom_components.mi_bms.proto.model.errors import FrameError
from custom_components.mi_bms.proto.model.fields import Field
from tests.each import rows

NOON = 1_704_110_400  # 2024-01-01 12:00:00 UTC
HOUR = 3600


@rows(
    ("values", "data", "told"),
    [
        (
            Values.EBE0,
            "59092b9a0a",
            {"temperature": 23.93, "humidity": 43, "voltage": 2.714, "battery": 61},
        ),
        (
            Values.EBE0,
            "e40a43c80b",
            {"temperature": 27.88, "humidity": 67, "voltage": 3.016, "battery": 91},
        ),
        (Values.EBE0, "18fc2b", {"temperature": -10.0, "humidity": 43}),
        (
            Values.EBE0,
            "ea00f401b80b",
            {"temperature": 23.4, "humidity": 50.0, "voltage": 3.0, "battery": 90},
        ),
        (
            Values.TEXT,
            b"T=23.5 H=45.6\0".hex(),
            {"temperature": 23.5, "humidity": 45.6},
        ),
        (Values.TEXT, b"T=-5.1 H=7".hex(), {"temperature": -5.1, "humidity": 7.0}),
        (
            Values.PLANT,
            "ea0000ab00000015b200023c00fb349b",
            {
                "temperature": 23.4,
                "illuminance": 171,
                "moisture": 21,
                "conductivity": 178,
            },
        ),
        (
            Values.POT,
            "ea0000ab00000015b200" + "00" * 14,
            {"temperature": 23.4, "moisture": 21, "conductivity": 178},
        ),
        (Values.QINGPING, "0000ea00f401", {"temperature": 23.4, "humidity": 50.0}),
        (Values.QINGPING, "000064ea00f401", {"temperature": 23.4, "humidity": 50.0}),
        (Values.QINGPING_FINE, "0024098813", {"temperature": 23.4, "humidity": 50.0}),
    ],
)
def test_live_values(values: Values, data: str, told: dict[str, float]) -> None:
    found = codec.live(values, bytes.fromhex(data))
    assert {str(field): value for field, value in found.items()} == told


@rows(
    ("values", "data", "reason"),
    [
        (Values.EBE0, "59092b9a", "length"),
        (Values.EBE0, "590965", "range"),
        (Values.EBE0, "ff7f2b", "range"),
        (Values.TEXT, b"H=45.6".hex(), "length"),
        (Values.PLANT, "aabbccddeeff99887766554433221110", "range"),
        (Values.PLANT, "00" * 16, "range"),
        (Values.PLANT, "ea0000ab00000015b200" + "00" * 6, "range"),
        (Values.PLANT, "ea0000ab00000065b200023c00fb349b", "range"),
        (Values.PLANT, "ea000000ffffff15b200023c00fb349b", "range"),
        (Values.PLANT, "ea0000ab00000015ffff023c00fb349b", "range"),
        (Values.POT, "00" * 24, "range"),
        (Values.QINGPING, "0000ea00f4", "length"),
        (Values.QINGPING_FINE, "0000ea00f401", "length"),
    ],
)
def test_wrong_live_values(values: Values, data: str, reason: str) -> None:
    with pytest.raises(FrameError) as caught:
        codec.live(values, bytes.fromhex(data))
    assert caught.value.reason == reason


@given(st.sampled_from(list(Values)), st.binary(max_size=30))
def test_any_bytes_are_values_or_an_error(values: Values, data: bytes) -> None:
    try:
        found = codec.live(values, data)
    except FrameError:
        return
    assert -60 <= float(found[Field.TEMPERATURE]) <= 125
    assert 0 <= float(found.get(Field.HUMIDITY, found.get(Field.MOISTURE, -1))) <= 100


@given(st.binary(max_size=40))
def test_any_bytes_are_something_or_an_error(data: bytes) -> None:
    for decode in (
        codec.battery,
        codec.firmware,
        codec.plant_firmware,
        codec.dial,
        codec.unit,
        codec.comfort,
    ):
        try:
            found: object = decode(data)
        except FrameError:
            continue
        assert found is not None


@rows(
    ("millivolt", "share"),
    [(0, 0), (2099, 0), (2100, 0), (2605, 50), (3100, 100), (3600, 100)],
)
def test_share_of_a_coin_cell(millivolt: int, share: int) -> None:
    assert codec.battery_of(millivolt) == share


def test_battery_and_firmware() -> None:
    status = bytes.fromhex("6328332e312e39")
    assert codec.battery(status) == 99
    assert codec.plant_firmware(status) == "3.1.9"
    assert codec.battery(b"\x00") == 0
    assert codec.firmware(b"1.0.0_0130\0") == "1.0.0_0130"
    for wrong in (b"", b"\0\0", b"\xff\xfe", b"a\nb", b"x" * 33):
        with pytest.raises(FrameError):
            codec.firmware(wrong)
    for wrong in (b"\x65", b"\x10\x10"):
        with pytest.raises(FrameError):
            codec.battery(wrong)


@rows(
    ("data", "unix", "offset"),
    [
        ("40a99265", NOON, None),
        ("40a9926501", NOON, HOUR),
        ("40a99265fb", NOON, -5 * HOUR),
        ("40a992650503", NOON, 5 * HOUR + 2700),
        ("40a992651300", NOON, -5 * HOUR),
    ],
)
def test_clocks(data: str, unix: int, offset: int | None) -> None:
    assert codec.dial(bytes.fromhex(data)) == Dial(unix, offset)


def test_setting_clocks() -> None:
    assert codec.set_dial(Moment(NOON, HOUR)).hex() == "40a9926501"
    assert codec.set_dial(Moment(NOON, -5 * HOUR)).hex() == "40a99265fb"
    # The whole hours stand in the zone alone.
    assert codec.set_dial(Moment(NOON, 19_800)).hex() == "48b0926505"
    assert codec.set_dial(Moment(NOON, -5 * HOUR), 6).hex() == "40a992651300"
    local = (NOON + HOUR).to_bytes(4, "little").hex()
    assert codec.set_local_dial(Moment(NOON, HOUR)).hex() == "0509" + local


@given(
    st.integers(0, 2**32 - 100_000),
    st.integers(-40, 55).map(lambda quarters: quarters * 900),
    st.sampled_from([4, 5, 6]),
)
def test_a_clock_that_was_set_is_right(unix: int, offset: int, size: int) -> None:
    moment = Moment(unix, offset)
    data = codec.set_dial(moment, size)
    assert len(data) == max(5, size)
    assert codec.dial(data).ahead(moment) == 0
    # A clock without a zone keeps the time that was written.
    assert codec.dial(data[:4]).ahead(moment) == 0
    shifted = Moment(unix, offset + HOUR)
    assert codec.dial(data).ahead(shifted) == -HOUR


def test_units() -> None:
    assert codec.unit(b"\x01") is Unit.FAHRENHEIT
    assert codec.unit(b"\x00") is codec.unit(b"\xff") is Unit.CELSIUS
    assert codec.set_unit(Unit.FAHRENHEIT, 0xFF) == b"\x01"
    assert codec.set_unit(Unit.CELSIUS, 0xFF) == b"\xff"


@rows(
    ("data", "limits"),
    [
        ("8c0a6c075514", Comfort(27.0, 19.0, 85, 20)),
        ("0e01be0052036400", Comfort(27.0, 19.0, 85.0, 10.0)),
        ("8c0a9cff5514", Comfort(27.0, -1.0, 85, 20)),
    ],
)
def test_comfort(data: str, limits: Comfort) -> None:
    raw = bytes.fromhex(data)
    assert codec.comfort(raw) == limits
    assert codec.set_comfort(limits, len(raw)) == raw
