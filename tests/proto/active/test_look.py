"""Asking sensors, on good and on bad connections."""

import pytest

from custom_components.mi_bms.proto.active import spec
from custom_components.mi_bms.proto.active.codec import Comfort, Moment, Unit
from custom_components.mi_bms.proto.active.look import ASKED, Look, look
from custom_components.mi_bms.proto.active.spec import ACTIVE, Function
from custom_components.mi_bms.proto.active.wire import runner
from custom_components.mi_bms.proto.model.errors import (
    FrameError,
    NoAnswer,
    Unreachable,
    Unsupported,
)
from custom_components.mi_bms.proto.model.fields import Field
from custom_components.mi_bms.proto.model.steps import Talk, Write
from tests.each import rows
from tests.replay.batteries import run

from .device import START, Sensor

LYWSD02, LYWSD03, FLORA, GARDEN = 0x045B, 0x055B, 0x0098, 0x03BC
NOW = int(START).to_bytes(4, "little")
STATUS = bytes.fromhex("6328332e312e39")
MEASURED = bytes.fromhex("ea0000ab00000015b200023c00fb349b")
UNSET = bytes.fromhex("aabbccddeeff99887766554433221110")
PLAIN = {
    spec.LIVE: bytes.fromhex("59092b9a0a"),
    spec.UNIT: b"\x01",
    spec.COMFORT: bytes.fromhex("8c0a6c075514"),
    spec.FIRMWARE: b"1.0.0_0130",
}
CLOCK = {
    spec.BATTERY: b"\x4e",
    spec.TIME: NOW + b"\x01",
    spec.UNIT: b"\xff",
    spec.LIVE: bytes.fromhex("59092b"),
    spec.FIRMWARE: b"1.1.2_00085",
}


def ask(sensor: Sensor, product: int, wanted: frozenset[Function] = ASKED) -> Look:
    row = ACTIVE[product]
    return run(look(sensor.use, row, row.functions & wanted, sensor.now))


def test_a_plain_thermometer() -> None:
    sensor = Sensor(dict(PLAIN))
    found = ask(sensor, LYWSD03)
    assert found.values == {
        Field.TEMPERATURE: 23.93,
        Field.HUMIDITY: 43,
        Field.VOLTAGE: 2.714,
        Field.BATTERY: 61,
        Field.FIRMWARE: "1.0.0_0130",
    }
    assert found.unit is Unit.FAHRENHEIT
    assert found.comfort == Comfort(27.0, 19.0, 85, 20)
    assert not found.missing
    assert sensor.connections == 1
    assert not sensor.written


def test_its_battery_follows_from_the_voltage() -> None:
    found = ask(Sensor(dict(PLAIN)), LYWSD03, frozenset({Function.BATTERY}))
    assert found.values[Field.BATTERY] == 61
    assert found.done == {Function.BATTERY}


def test_a_clock() -> None:
    sensor = Sensor(dict(CLOCK), offset=3600)
    sensor.spoken[spec.LIVE] = [(4.0, bytes.fromhex("18fc2b"))]
    found = ask(sensor, LYWSD02)
    assert found.values == {
        Field.BATTERY: 78,
        Field.FIRMWARE: "1.1.2_00085",
        Field.CLOCK_DRIFT: 0,
        Field.TEMPERATURE: -10.0,
        Field.HUMIDITY: 43,
    }
    assert found.unit is Unit.CELSIUS


def test_daylight_saving_is_drift() -> None:
    found = ask(Sensor(dict(CLOCK), offset=7200), LYWSD02, frozenset({Function.CLOCK}))
    assert found.values == {Field.CLOCK_DRIFT: -3600}


@pytest.mark.parametrize(("late", "told"), [(1.0, {Field.CLOCK_DRIFT: -1}), (30.0, {})])
def test_an_answer_that_was_long_on_its_way_tells_no_time(
    late: float, told: dict[Field, int]
) -> None:
    sensor, times = Sensor(dict(CLOCK), offset=3600), iter((0.0, late))
    row = ACTIVE[LYWSD02]

    def now() -> Moment:
        return Moment(START + next(times), sensor.offset)

    found = run(look(sensor.use, row, frozenset({Function.CLOCK}), now))
    assert found.values == told
    assert found.done == {Function.CLOCK}


def test_who_does_not_speak_is_read() -> None:
    live = frozenset({Function.LIVE})
    assert ask(Sensor(dict(CLOCK)), LYWSD02, live).values[Field.TEMPERATURE] == 23.93
    silent = Sensor(dict(CLOCK))
    silent.offered[spec.LIVE] = ("notify",)
    with pytest.raises(NoAnswer):
        ask(silent, LYWSD02, live)
    assert silent.connections == 3


def test_a_plant() -> None:
    sensor = Sensor(
        {spec.PLANT_COMMAND: b"", spec.PLANT_LIVE: UNSET, spec.PLANT_STATUS: STATUS}
    )

    def real_time(sensor: Sensor, data: bytes) -> None:
        # Not with the first word.
        if len([one for one in sensor.written if one[1] == data]) > 1:
            sensor.values[spec.PLANT_LIVE] = MEASURED

    sensor.writes[spec.PLANT_COMMAND] = real_time
    found = ask(sensor, FLORA)
    assert found.values[Field.BATTERY] == 99
    assert found.values[Field.FIRMWARE] == "3.1.9"
    assert found.values[Field.ILLUMINANCE] == 171
    assert sensor.written == [(spec.PLANT_COMMAND, b"\xa0\x1f", True)] * 2
    assert sensor.connections == 1


def test_a_plant_that_never_measures() -> None:
    sensor = Sensor(
        {spec.PLANT_COMMAND: b"", spec.PLANT_LIVE: UNSET, spec.PLANT_STATUS: STATUS}
    )
    found = ask(sensor, GARDEN)
    assert found.done == {Function.BATTERY, Function.FIRMWARE}
    assert isinstance(found.failure, FrameError)
    assert len(sensor.written) == 9
    with pytest.raises(FrameError):
        ask(sensor, GARDEN, frozenset({Function.LIVE}))


def test_what_came_before_the_link_broke_is_kept() -> None:
    sensor = Sensor(dict(PLAIN))
    sensor.breaks = [1, 2, None]
    assert ask(sensor, LYWSD03).done == {
        Function.FIRMWARE,
        Function.UNIT,
        Function.COMFORT,
        Function.LIVE,
    }
    assert sensor.connections == 3


def test_nothing_at_all() -> None:
    sensor = Sensor(dict(PLAIN))
    sensor.breaks = [0, 0, 0]
    with pytest.raises(Unreachable):
        ask(sensor, LYWSD03)
    assert sensor.connections == 3


@rows("reason", ["not_heard", "no_slot"])
def test_nobody_can_connect(reason: str) -> None:
    sensor = Sensor(dict(PLAIN))
    sensor.refuses = [reason] * 3
    with pytest.raises(Unreachable):
        ask(sensor, LYWSD03)
    assert len(sensor.refuses) == 2


def test_what_is_missing_is_believed_the_second_time() -> None:
    values = {name: data for name, data in PLAIN.items() if name != spec.COMFORT}
    sensor = Sensor(values)
    found = ask(sensor, LYWSD03)
    assert found.missing == {Function.COMFORT}
    assert found.failure is None
    assert sensor.connections == 2
    # The table of services was an old one.
    known = Sensor(dict(PLAIN))
    del known.values[spec.COMFORT]

    def late(sensor: Sensor, _: bytes) -> bytes:
        sensor.values[spec.COMFORT] = PLAIN[spec.COMFORT]
        return PLAIN[spec.LIVE]

    known.reads[spec.LIVE] = late
    assert not ask(known, LYWSD03).missing


def test_wrong_lengths_are_asked_again() -> None:
    sensor = Sensor(dict(PLAIN))
    answers = [b"\x01\x02", b"\x01"]
    sensor.reads[spec.UNIT] = lambda _, __: answers.pop(0)
    found = ask(sensor, LYWSD03)
    assert found.unit is Unit.FAHRENHEIT
    assert found.failure is None
    assert sensor.connections == 2


def test_a_read_that_hangs_ends() -> None:
    sensor = Sensor(dict(PLAIN))
    sensor.reads[spec.UNIT] = lambda _, __: None
    found = ask(sensor, LYWSD03)
    assert isinstance(found.failure, NoAnswer)
    assert found.unit is None
    assert found.comfort is not None


def test_types_of_writes() -> None:
    sensor = Sensor({"both": b"", "silent": b"", "confirmed": b"", "unsaid": b""})
    sensor.offered = {
        "both": ("write", "write-without-response"),
        "silent": ("write-without-response",),
        "confirmed": ("read", "write"),
        "unsaid": ("read",),
    }

    def write() -> Talk[None]:
        for name in sensor.values:
            yield Write(b"", name)
        with pytest.raises(Unsupported):
            yield Write(b"", "absent")

    async def talk() -> None:
        await runner(sensor).run(write())

    run(talk())
    assert [response for *_, response in sensor.written] == [True, False, True, True]
