"""Changing sensors: what is written is proved, whatever the link does."""

import pytest

from custom_components.mi_bms.proto.active import change, codec, spec
from custom_components.mi_bms.proto.active.codec import Comfort, Unit
from custom_components.mi_bms.proto.active.spec import ACTIVE
from custom_components.mi_bms.proto.model.errors import (
    FrameError,
    Unreachable,
    Unsupported,
)
from tests.each import rows
from tests.replay.batteries import run

from .device import START, Sensor

LYWSD02, LYWSD02MMC, LYWSD03, FLORA, CGC1 = 0x045B, 0x16E4, 0x055B, 0x0098, 0x0C3C
OLD = (1_600_000_000).to_bytes(4, "little") + b"\0"
LIMITS = bytes.fromhex("8c0a6c075514")


def clock(sensor: Sensor, product: int = LYWSD02) -> None:
    run(change.set_clock(sensor.use, ACTIVE[product], sensor.now))


def ahead(sensor: Sensor) -> float:
    return codec.dial(sensor.values[spec.TIME]).ahead(
        codec.Moment(START, sensor.offset)
    )


def test_a_clock_is_set_and_read_back() -> None:
    sensor = Sensor({spec.TIME: OLD}, offset=3600)
    clock(sensor)
    assert sensor.values[spec.TIME].hex() == "40a9926501"
    assert sensor.written == [(spec.TIME, sensor.values[spec.TIME], True)]
    assert sensor.connections == 1


def test_a_zone_with_minutes_and_a_clock_without_zone() -> None:
    sensor = Sensor({spec.TIME: OLD[:4]}, offset=19_800)
    sensor.writes[spec.TIME] = lambda _, data: data[:4]
    clock(sensor)
    assert len(sensor.written[0][1]) == 5
    assert ahead(sensor) == 0


def test_a_clock_of_six_bytes() -> None:
    sensor = Sensor({spec.TIME: OLD + b"\0"}, offset=-5 * 3600)
    clock(sensor)
    assert sensor.values[spec.TIME].hex() == "40a992651300"


def test_a_link_that_breaks_after_the_write() -> None:
    sensor = Sensor({spec.TIME: OLD})
    sensor.breaks = [2]
    clock(sensor)
    # It was not written twice: the second connection only looks.
    assert len(sensor.written) == 1
    assert sensor.connections == 2


def test_a_link_that_breaks_at_once() -> None:
    sensor = Sensor({spec.TIME: OLD})
    sensor.breaks = [0, None]
    clock(sensor)
    assert len(sensor.written) == 1
    assert sensor.connections == 3
    # The time of the second attempt is a new one.
    assert ahead(sensor) > 3


def test_a_clock_that_keeps_its_time() -> None:
    sensor = Sensor({spec.TIME: OLD})
    sensor.writes[spec.TIME] = lambda *_: None
    with pytest.raises(FrameError) as caught:
        clock(sensor)
    assert caught.value.reason == "not_taken"
    assert len(sensor.written) == 6
    wrong_zone = Sensor({spec.TIME: OLD}, offset=3600)
    wrong_zone.writes[spec.TIME] = lambda _, data: data[:4] + b"\0"
    with pytest.raises(FrameError):
        clock(wrong_zone)


def forgetful(sensor: Sensor, name: str) -> None:
    """Let a device lose the first write of each connection."""
    heard: set[int] = set()

    def write(sensor: Sensor, data: bytes) -> bytes | None:
        known = sensor.connections in heard
        heard.add(sensor.connections)
        return data if known else None

    sensor.writes[name] = write


def test_a_device_that_loses_the_first_write() -> None:
    sensor = Sensor({spec.TIME: OLD, spec.UNIT: b"\0", spec.COMFORT: LIMITS})
    for name in sensor.values:
        forgetful(sensor, name)
    clock(sensor)
    assert abs(ahead(sensor)) < 5
    run(change.set_unit(sensor.use, ACTIVE[LYWSD03], Unit.FAHRENHEIT))
    assert sensor.values[spec.UNIT] == b"\x01"
    run(change.set_comfort(sensor.use, "humidity_low", 30))
    assert sensor.values[spec.COMFORT][-1] == 30
    assert sensor.connections == 3


def test_a_link_that_always_breaks() -> None:
    sensor = Sensor({spec.TIME: OLD})
    sensor.breaks = [0] * 6
    with pytest.raises(Unreachable):
        clock(sensor)
    assert sensor.connections == 6


@rows("before", [0, 1])
def test_nobody_can_connect(before: int) -> None:
    sensor = Sensor({spec.TIME: OLD})
    sensor.refuses = ["link"] * before + ["not_heard"]
    with pytest.raises(Unreachable):
        clock(sensor)
    assert sensor.connections == 0


def test_what_is_no_clock_is_not_written() -> None:
    sensor = Sensor({spec.TIME: b"\x4e"})
    with pytest.raises(FrameError):
        clock(sensor)
    assert not sensor.written


def test_a_clock_of_local_time() -> None:
    sensor = Sensor({spec.QINGPING_COMMAND: b""}, offset=3600)
    sensor.breaks = [0, None]
    clock(sensor, CGC1)
    ((_, data, response),) = sensor.written
    local = int.from_bytes(data[2:], "little")
    assert data[:2] == b"\x05\x09"
    assert abs(local - START - 3600) < 5
    assert response


@rows(
    ("product", "celsius"), [(LYWSD02, b"\xff"), (LYWSD02MMC, b"\0"), (LYWSD03, b"\0")]
)
def test_units(product: int, celsius: bytes) -> None:
    sensor = Sensor({spec.UNIT: b"\x01"})
    row = ACTIVE[product]
    run(change.set_unit(sensor.use, row, Unit.CELSIUS))
    assert sensor.values[spec.UNIT] == celsius
    run(change.set_unit(sensor.use, row, Unit.CELSIUS))
    assert len(sensor.written) == 1
    run(change.set_unit(sensor.use, row, Unit.FAHRENHEIT))
    assert sensor.values[spec.UNIT] == b"\x01"


def test_a_display_that_wants_the_other_word() -> None:
    sensor = Sensor({spec.UNIT: b"\x01"})
    sensor.writes[spec.UNIT] = lambda _, data: None if data == b"\0" else data
    run(change.set_unit(sensor.use, ACTIVE[LYWSD03], Unit.CELSIUS))
    assert sensor.values[spec.UNIT] == b"\xff"
    sensor.writes[spec.UNIT] = lambda *_: None
    with pytest.raises(FrameError):
        run(change.set_unit(sensor.use, ACTIVE[LYWSD03], Unit.FAHRENHEIT))


@rows("data", [LIMITS, bytes.fromhex("0e01be0052036400")])
def test_limits(data: bytes) -> None:
    sensor = Sensor({spec.COMFORT: data})
    found = run(change.set_comfort(sensor.use, "temperature_high", 25.5))
    assert found.temperature_high == 25.5
    assert len(sensor.values[spec.COMFORT]) == len(data)
    assert found == codec.comfort(data)._replace(temperature_high=25.5)


@rows(
    ("limit", "value"),
    [
        ("temperature_high", 20.9),
        ("temperature_low", 25.1),
        ("temperature_high", 60.1),
        ("temperature_low", -20.1),
        ("humidity_high", 24),
        ("humidity_high", 91),
        ("humidity_low", 9),
    ],
)
def test_limits_that_make_no_sense(limit: str, value: float) -> None:
    sensor = Sensor({spec.COMFORT: LIMITS})
    with pytest.raises(change.LimitsRefused):
        run(change.set_comfort(sensor.use, limit, value))
    assert sensor.connections == 1
    assert not sensor.written


def test_limits_that_are_not_taken() -> None:
    sensor = Sensor({spec.COMFORT: LIMITS})
    sensor.writes[spec.COMFORT] = lambda *_: None
    with pytest.raises(FrameError):
        run(change.set_comfort(sensor.use, "humidity_low", 30))


def test_factory_limits_fit() -> None:
    assert change.fits(Comfort(27.0, 19.0, 85, 20))


def test_blinking() -> None:
    sensor = Sensor({spec.PLANT_COMMAND: b""})
    run(change.blink(sensor.use))
    assert sensor.written == [(spec.PLANT_COMMAND, b"\xfd\xff", True)]
    with pytest.raises(Unsupported):
        run(change.blink(Sensor({}).use))
