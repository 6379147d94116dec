"""Tasmota's messages, shape for shape."""

from collections.abc import Mapping
from datetime import UTC
import json
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from custom_components.mi_bms.proto.mibeacon.devices import DEVICES
from custom_components.mi_bms.proto.model.fields import Field
from custom_components.mi_bms.proto.model.reading import Event, Outcome, Reading, Value
from custom_components.mi_bms.proto.publish.tasmota import (
    HeardReading,
    Tasmota,
    dew_point,
    driver_name,
)
from tests.each import rows

ADDRESS = "A4:C1:38:52:68:0F"
AT = 1_645_351_200.0  # 2022-02-20 10:00:00 UTC
LYWSD03 = "LYWSD03-52680f"
CLIMATE = {Field.TEMPERATURE: 21.1, Field.HUMIDITY: 52.4}


def heard(
    values: Mapping[Field, Value] | None = None,
    *events: Event,
    product: int | None = 0x055B,
    form: str = "mibeacon",
    at: float = AT,
    **more: Any,
) -> HeardReading:
    reading = Reading(Outcome.DECODED, values or {}, events, form)
    given = {"address": ADDRESS, "rssi": -70, **more}
    return HeardReading(reading=reading, at=at, product_id=product, **given)


def tasmota(
    *, aggregate: bool = True, summary: bool = True, direct: bool = True
) -> Tasmota:
    return Tasmota(aggregate=aggregate, summary=summary, direct=direct, zone=UTC)


def told(message: bytes | None) -> dict[str, Any]:
    assert message is not None
    content = json.loads(message)
    assert isinstance(content, dict)
    return content


def only(message: bytes | None) -> dict[str, Any]:
    """Return the one sensor of a message."""
    content = told(message)
    (name,) = set(content) - {"Time", "TempUnit"}
    inner = content[name]
    assert isinstance(inner, dict)
    return inner


def test_an_event_message_letter_for_letter() -> None:
    assert tasmota().hear(heard(CLIMATE)) == (
        b'{"Time":"2022-02-20T10:00:00","LYWSD03-52680f":{"Temperature":21.1,"Humidity":52.4,'
        b'"DewPoint":11.0,"RSSI":-70,"MAC":"A4C13852680F"},"TempUnit":"C"}'
    )


def test_a_period_letter_for_letter() -> None:
    messages = tasmota()
    messages.hear(heard({**CLIMATE, Field.BATTERY: 83}))
    (status,) = messages.period(AT + 100)
    assert status == (
        b'{"Time":"2022-02-20T10:01:40","LYWSD03-52680f":{"Battery":83,"RSSI":-70,'
        b'"Time":1645351200,"MAC":"A4C13852680F"},"TempUnit":"C"}'
    )


def test_times_are_local() -> None:
    messages = Tasmota(
        aggregate=True, summary=True, direct=True, zone=ZoneInfo("Europe/Berlin")
    )
    assert told(messages.hear(heard(CLIMATE)))["Time"] == "2022-02-20T11:00:00"


@rows(
    ("product", "form", "name"),
    [
        (0x0098, "mibeacon", "Flora"),
        (0x01AA, "mibeacon", "MJ_HT_V1"),
        (0x045B, "mibeacon", "LYWSD02"),
        (0x055B, "mibeacon", "LYWSD03"),
        (0x0347, "mibeacon", "CGG1"),
        (0x0B48, "mibeacon", "CGG1"),
        (0x0576, "qingping", "CGD1"),
        (0x03DD, "mibeacon", "NLIGHT"),
        (0x07F6, "mibeacon", "MJYD2S"),
        (0x0153, "mibeacon", "YLYK01"),
        (0x0387, "mibeacon", "MHOC401"),
        (0x06D3, "mibeacon", "MHOC303"),
        (0x055B, "atc", "ATC"),
        (None, "pvvx", "PVVX"),
        (0x098B, "mibeacon", "MCCGQ02"),
        (0x0863, "mibeacon", "SJWS01L"),
        (0x03B6, "mibeacon", "YLKG08"),
        (0x07BF, "mibeacon", "YLAI003"),
        (None, "bthome", "BTHome"),
        (0x2AEB, "mibeacon", "MI_2AEB"),
        (None, "scales", "BLE_00"),
    ],
)
def test_driver_names(product: int | None, form: str, name: str) -> None:
    assert driver_name(form, product) == name
    message = tasmota().hear(heard(CLIMATE, product=product, form=form))
    assert f"{name}-52680f" in told(message)


def test_only_what_just_came() -> None:
    messages = tasmota(aggregate=False)
    assert only(messages.hear(heard({Field.TEMPERATURE: 20.04}))) == {
        "Temperature": 20.0,
        "RSSI": -70,
        "MAC": "A4C13852680F",
    }
    assert list(only(messages.hear(heard({Field.HUMIDITY: 50.0})))) == [
        "Humidity",
        "RSSI",
        "MAC",
    ]
    assert list(only(messages.hear(heard({Field.BATTERY: 9})))) == [
        "Battery",
        "RSSI",
        "MAC",
    ]


def test_everything_known_that_still_holds() -> None:
    messages = tasmota()
    messages.hear(heard({Field.TEMPERATURE: 21.1}, keep=60))
    later = messages.hear(heard({Field.HUMIDITY: 52.4}, at=AT + 60, keep=60))
    assert only(later)["DewPoint"] == 11.0
    assert told(later)["Time"] == "2022-02-20T10:01:00"
    too_late = only(messages.hear(heard({Field.HUMIDITY: 52.4}, at=AT + 61, keep=60)))
    assert list(too_late) == ["Humidity", "RSSI", "MAC"]


def test_all_measured_values_in_their_order() -> None:
    values = {
        Field.BATTERY: 99,
        Field.CONDUCTIVITY: 350.0,
        Field.MOISTURE: 20,
        Field.ILLUMINANCE: 120.7,
        Field.TEMPERATURE: 19.0,
    }
    flora = only(tasmota().hear(heard(values, product=0x0098)))
    assert list(flora.items()) == [
        ("Temperature", 19.0),
        ("Illuminance", 120),
        ("Moisture", 20),
        ("Fertility", 350),
        ("Battery", 99),
        ("RSSI", -70),
        ("MAC", "A4C13852680F"),
    ]


def test_a_battery_of_zero_is_not_known() -> None:
    messages = tasmota()
    assert "Battery" not in only(messages.hear(heard({Field.BATTERY: 0})))
    assert "Battery" not in only(messages.period(AT)[0])


def test_what_is_not_published_leads_to_no_message() -> None:
    assert tasmota().hear(heard({Field.MOISTURE_DETECTED: True})) is None
    assert tasmota().hear(heard({}, Event("cube", "rotate_left"))) is None


def test_collected_until_the_period_ends() -> None:
    messages = tasmota(aggregate=False, direct=False)
    assert messages.hear(heard({Field.TEMPERATURE: 21.0})) is None
    assert messages.hear(heard({Field.TEMPERATURE: 21.1}, at=AT + 5)) is None
    other = {"address": "A4:C1:38:00:00:01"}
    assert messages.hear(heard({Field.HUMIDITY: 40.0}, at=AT + 9, **other)) is None
    status, values = map(told, messages.period(AT + 10))
    assert "Temperature" not in status[LYWSD03]
    assert values[LYWSD03]["Temperature"] == 21.1
    assert values["LYWSD03-000001"]["Humidity"] == 40.0
    # Nothing in it is older than it says.
    assert values["Time"] == "2022-02-20T10:00:05"
    assert len(messages.period(AT + 20)) == 1  # nothing new came


def test_the_period_of_a_house_without_sensors() -> None:
    assert tasmota(direct=False).period(AT) == []


def test_no_message_at_the_period() -> None:
    messages = tasmota(summary=False, direct=False)
    messages.hear(heard(CLIMATE))
    assert messages.period(AT) == []
    assert only(messages.rest()[0])["Temperature"] == 21.1
    assert messages.rest() == []


def test_motion_is_told_at_once_with_what_waits() -> None:
    messages = tasmota(aggregate=False, direct=False)
    messages.hear(heard({Field.BATTERY: 80}, product=0x07F6))
    sensor = only(messages.hear(heard({Field.MOTION: True}, product=0x07F6, at=AT + 3)))
    assert list(sensor.items())[:3] == [("Motion", 1), ("Events", 1), ("Battery", 80)]
    assert list(only(messages.hear(heard({}, Event("motion", "motion"))))) == [
        "Motion",
        "Events",
        "RSSI",
        "MAC",
    ]
    values = {Field.MOTION: False, Field.IDLE_TIME: 120}
    still = only(messages.hear(heard(values, product=0x07F6, at=AT + 120)))
    assert list(still.items())[:2] == [("Motion", 0), ("NMT", 120)]
    status = only(messages.period(AT + 150)[0])
    assert list(status) == ["Events", "NMT", "Battery", "RSSI", "Time", "MAC"]
    assert (status["Events"], status["NMT"]) == (2, 150)


def test_time_without_motion_counts_from_the_last_one() -> None:
    messages = tasmota()
    messages.hear(heard({Field.MOTION: True}, product=0x03DD))
    assert only(messages.period(AT + 7.9)[0])["NMT"] == 7
    assert only(messages.period(AT - 5)[0])["NMT"] == 0  # a clock that was set back


@rows("field", [Field.OPENING, Field.DOOR, Field.WINDOW])
def test_a_door(field: Field) -> None:
    messages = tasmota()
    opened = only(messages.hear(heard({field: True}, product=0x098B)))
    assert list(opened.items())[:2] == [("Door", 1), ("Events", 1)]
    closed = only(messages.hear(heard({field: False}, product=0x098B)))
    assert list(closed.items())[:2] == [("Door", 0), ("Events", 2)]


def test_a_product_that_may_move_counts_from_zero() -> None:
    messages = tasmota()
    messages.hear(heard({Field.BATTERY: 50}, product=0x098B))
    assert only(messages.period(AT)[0])["Events"] == 0


@rows(
    ("kind", "number"),
    [("press", 1), ("double_press", 2), ("long_press", 3), ("triple_press", 4)],
)
def test_kinds_of_press(kind: str, number: int) -> None:
    message = tasmota(direct=False).hear(heard({}, Event("button", kind), product=None))
    assert only(message)["Button0"] == number


def test_numbers_of_buttons() -> None:
    messages = tasmota()
    for number, key in enumerate(DEVICES[0x0153].buttons):
        press = only(messages.hear(heard({}, Event(key, "press"), product=0x0153)))
        assert f"Button{number}" in press
    assert DEVICES[0x0153].buttons[0] == "button_on"
    assert DEVICES[0x0153].buttons[1] == "button_off"
    # BTHome numbers them itself, and nobody knows a name of a product that is not known.
    numbered = heard({}, Event("button_3", "press"), product=None, form="bthome")
    assert "Button2" in only(tasmota().hear(numbered))
    named = heard({}, Event("button_left", "press"), product=None)
    assert "Button0" in only(tasmota().hear(named))
    unknown = heard({}, Event("button", "hold_press"), product=None)
    assert tasmota().hear(unknown) is None


@rows(
    ("event", "key", "value"),
    [
        (Event("dimmer", "rotate_left", {"steps": 3}), "Dimmer", -3),
        (Event("dimmer", "rotate_right", {"steps": 2}), "Dimmer", 2),
        (Event("dimmer", "rotate_left_pressed", {"steps": 1}), "Dimmer_P", -1),
        (Event("dimmer", "long_press", {"duration": 4}), "Hold", 4),
        (Event("dimmer", "press", {"number_of_presses": 1}), "Button0", 1),
        (Event("dimmer", "press", {"number_of_presses": 5}), "Button0", 2),
    ],
)
def test_a_dimmer(event: Event, key: str, value: int) -> None:
    assert only(tasmota().hear(heard({}, event, product=0x03B6)))[key] == value


def test_firmware_is_of_the_plant_sensor_only() -> None:
    messages = tasmota()
    messages.hear(heard(CLIMATE, product=0x0098, firmware="3.2.1"))
    assert only(messages.period(AT)[0])["Firmware"] == "3.2.1"
    messages = tasmota()
    messages.hear(heard(CLIMATE, firmware="3.2.1"))
    assert "Firmware" not in only(messages.period(AT)[0])


def test_no_signal_strength_is_no_value() -> None:
    assert "RSSI" not in only(tasmota().hear(heard(CLIMATE, rssi=None)))


def test_own_names_stand_alone_and_apart() -> None:
    messages = tasmota()
    assert "Büro" in told(messages.hear(heard(CLIMATE, own="Büro")))
    other = heard(CLIMATE, own="Büro", address="A4:C1:38:00:00:01")
    assert "Büro-000001" in told(messages.hear(other))
    bad = heard(CLIMATE, own="Time", address="A4:C1:38:00:00:02")
    assert "Time-000002" in told(messages.hear(bad))
    assert set(told(messages.period(AT)[0])) == {
        "Time",
        "Büro",
        "Büro-000001",
        "Time-000002",
        "TempUnit",
    }


def test_dew_point() -> None:
    assert dew_point(20.0, 100.0) == pytest.approx(20.0)
    assert dew_point(20.0, 50.0) == pytest.approx(9.3, abs=0.05)
    assert dew_point(20.0, 0.0) is None
    values = {Field.TEMPERATURE: 20.0, Field.HUMIDITY: 0.0}
    assert "DewPoint" not in only(tasmota().hear(heard(values)))
