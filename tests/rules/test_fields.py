"""Each quantity has a row that shows it, and each platform says how it may be updated."""

import ast
from pathlib import Path

import pytest

from custom_components.mi_bms import binary_sensor, event, sensor
from custom_components.mi_bms.proto.mibeacon.devices import DEVICES, KINDS
from custom_components.mi_bms.proto.mibeacon.formats import bthome
from custom_components.mi_bms.proto.mibeacon.limits import LIMITS
from custom_components.mi_bms.proto.model.fields import Field
from custom_components.mi_bms.quantities import BINARY_SENSORS, PASSIVE_SENSORS, SENSORS
from homeassistant.components.sensor import DEVICE_CLASS_UNITS

from .repo import INTEGRATION, PROTO, load, nodes, translations, tree

NAMES = translations()["entity"]
ICONS = load(INTEGRATION / "icons.json")["entity"]
# Not shown as entities: what they say is in other ones (the time of the last reading, the probes),
# or they have a row for each alarm.
HIDDEN = {Field.DATA_AGE, Field.TEMP_SENSORS, Field.PROTECTION_COUNT}


@pytest.mark.parametrize("field", sorted(set(Field) - HIDDEN))
def test_each_field_is_shown(field: Field) -> None:
    flag = field.quantity.flag or field is Field.BALANCER
    platform, table = ("binary_sensor", BINARY_SENSORS) if flag else ("sensor", SENSORS)
    missing = []
    if field not in table:
        missing.append("a row in quantities.py (SENSORS, or BINARY_SENSORS of a flag)")
    if field not in NAMES[platform]:
        missing.append(f"entity.{platform}.{field}.name in translations/en.json")
    row = table.get(field)
    if field not in ICONS[platform] and (row is None or row.device_class is None):
        missing.append(
            f"entity.{platform}.{field}.default in icons.json (not with a device class)"
        )
    assert not missing, (
        f"{field} lacks {' and '.join(missing)}; then run script/generate"
    )


# Times of a battery in seconds, which are shown in larger units.
CONVERTED = {Field.RUNTIME: "h", Field.TIME_TO_FULL: "h", Field.UPTIME: "d"}


@pytest.mark.parametrize("field", sorted(SENSORS))
def test_units_are_the_same_on_both_sides(field: Field) -> None:
    unit = CONVERTED.get(field, field.quantity.unit)
    assert "\N{MICRO SIGN}" not in unit, (
        f"{field}: write {unit!r} with the Greek letter μ, as Home Assistant does"
    )
    shown = SENSORS[field].native_unit_of_measurement or ""
    assert shown == unit, (
        f"{field} is in {unit!r} in proto/model/fields.py, in {shown!r} in quantities.py"
    )


@pytest.mark.parametrize("field", sorted(SENSORS))
def test_home_assistant_knows_the_unit_of_the_class(field: Field) -> None:
    row = SENSORS[field]
    known = DEVICE_CLASS_UNITS.get(row.device_class or "")
    shown = {row.native_unit_of_measurement, row.suggested_unit_of_measurement} - {None}
    assert known is None or shown <= known, (
        f"{field}: Home Assistant knows a {row.device_class} in {known} only: correct the unit in "
        "proto/model/fields.py, or the device class in quantities.py"
    )


def test_flags_are_flags_on_both_sides() -> None:
    # A sensor's power flag shares its name with watts, a balancer may tell its cells.
    both = {Field.POWER, Field.BALANCER}
    flags = {field for field in Field if field.quantity.flag}
    shown = BINARY_SENSORS.keys() - both
    assert flags == shown, (
        f"{sorted(flags ^ shown)}: a flag has flag=True in proto/model/fields.py and its row in "
        "BINARY_SENSORS of quantities.py, anything else neither"
    )


def is_range(node: ast.expr) -> bool:
    return isinstance(node, ast.Tuple) and len(node.elts) == 2


@pytest.mark.parametrize(
    "path",
    sorted(
        path
        for path in PROTO.rglob("*.py")
        # Places in a frame are pairs of numbers, too.
        if path.parent.name not in {"families", "dialects"}
    ),
    ids=lambda path: f"{path.parent.name}.{path.stem}",
)
def test_limits_of_a_quantity_stand_once(path: Path) -> None:
    for node in nodes(tree(path)):
        if isinstance(node, ast.Dict):
            ranges = [
                key.attr
                for key, value in zip(node.keys, node.values, strict=True)
                if isinstance(key, ast.Attribute)
                and getattr(key.value, "id", "") == "Field"
                and is_range(value)
            ]
            assert not ranges, (
                f"{path.relative_to(PROTO)} has ranges of {ranges}: the limits of a "
                "quantity stand in its row in proto/model/fields.py"
            )


SENSOR_FIELDS = sorted(
    {name for spec in (*DEVICES.values(), *KINDS.values()) for name in spec.fields}
    | {row.field for row in bthome.NUMBERS.values()}
)


@pytest.mark.parametrize("field", SENSOR_FIELDS)
def test_each_number_of_a_sensor_has_limits(field: Field) -> None:
    row = PASSIVE_SENSORS.get(field)
    number = row is not None and (row.state_class or row.native_unit_of_measurement)
    assert not number or field in LIMITS, (
        f"{field} is a number of a sensor: give its row in proto/model/fields.py "
        "sensor=(lowest, highest)"
    )


# Numbers that a sensor tells when something happens, not with each advert.
HAPPENINGS = {
    Field.PRECIPITATION: "a tip of the bucket",
    Field.DURATION_DETECTED: "a minute of somebody there",
    Field.DURATION_CLEARED: "a minute of nobody there",
    Field.IDLE_TIME: "a step of some minutes",
    Field.PRESSURE_PRESENT_DURATION: "somebody who sits down or stands up",
    Field.PRESSURE_NOT_PRESENT_DURATION: "somebody who sits down or stands up",
    Field.PRESSURE_PRESENT_TIME_SET: "a setting",
    Field.PRESSURE_NOT_PRESENT_TIME_SET: "a setting",
    Field.WEIGHT: "somebody on the scale",
    Field.WEIGHT_RAW: "somebody on the scale",
    Field.IMPEDANCE: "somebody on the scale",
    Field.IMPEDANCE_LOW: "somebody on the scale",
    Field.IMPEDANCE_HIGH: "somebody on the scale",
    Field.HEART_RATE: "somebody on the scale",
    Field.CONSUMABLE: "wear, a percent in days",
    Field.SCORE: "the end of a brushing",
    Field.STEPS: "a walk",
    Field.COUNTER: "what is counted, one by one",
    Field.COUNT: "what is counted, one by one",
    Field.DURATION: "the end of what lasted",
    Field.LIGHT_LEVEL: "one of some levels",
}


@pytest.mark.parametrize("field", SENSOR_FIELDS)
def test_each_restless_number_of_a_sensor_has_a_step(field: Field) -> None:
    row = PASSIVE_SENSORS.get(field)
    measured = row is not None and row.state_class is not None
    spared = bool(field.quantity.small(1))
    assert not measured or spared is not (field in HAPPENINGS), (
        f"{field} writes a row with each advert: give its row in proto/model/fields.py "
        "fine= or share=, or say in HAPPENINGS of tests/rules/test_fields.py when it is told"
    )


def test_hidden_fields_are_hidden() -> None:
    shown = HIDDEN & (SENSORS.keys() | BINARY_SENSORS.keys())
    assert not shown, f"{sorted(shown)} are shown: take them out of HIDDEN"


def test_rows_stand_under_their_key() -> None:
    for table in (SENSORS, BINARY_SENSORS):
        for field, row in table.items():
            assert row.key == field == row.translation_key, (
                f"{field}: key and translation_key of its row in quantities.py are its own name"
            )


@pytest.mark.parametrize(
    "platform", [binary_sensor, event, sensor], ids=lambda m: m.__name__
)
def test_platforms_only_read(platform: object) -> None:
    assert getattr(platform, "PARALLEL_UPDATES") == 0  # noqa: B009
