"""Each quantity has a row that shows it, and each platform says how it may be updated."""

import pytest

from custom_components.mi_bms import binary_sensor, event, sensor
from custom_components.mi_bms.proto.mibeacon.devices import DEVICES, KINDS
from custom_components.mi_bms.proto.mibeacon.formats import bthome
from custom_components.mi_bms.proto.mibeacon.limits import LIMITS
from custom_components.mi_bms.proto.model.fields import Field
from custom_components.mi_bms.quantities import BINARY_SENSORS, PASSIVE_SENSORS, SENSORS

# Not shown as entities: what they say is in other ones (the time of the last reading, the probes),
# or they have a row for each alarm.
HIDDEN = {Field.DATA_AGE, Field.TEMP_SENSORS, Field.PROTECTION_COUNT}


@pytest.mark.parametrize("field", sorted(set(Field) - HIDDEN))
def test_each_field_is_shown(field: Field) -> None:
    assert field in SENSORS or field in BINARY_SENSORS


SENSOR_FIELDS = sorted(
    {name for spec in (*DEVICES.values(), *KINDS.values()) for name in spec.fields}
    | {row.field for row in bthome.NUMBERS.values()}
)


@pytest.mark.parametrize("field", SENSOR_FIELDS)
def test_each_number_of_a_sensor_has_limits(field: Field) -> None:
    row = PASSIVE_SENSORS.get(field)
    number = row is not None and (row.state_class or row.native_unit_of_measurement)
    assert not number or field in LIMITS


def test_hidden_fields_are_hidden() -> None:
    assert not HIDDEN & (SENSORS.keys() | BINARY_SENSORS.keys())


def test_rows_stand_under_their_key() -> None:
    for table in (SENSORS, BINARY_SENSORS):
        for field, row in table.items():
            assert row.key == field == row.translation_key


@pytest.mark.parametrize(
    "platform", [binary_sensor, event, sensor], ids=lambda m: m.__name__
)
def test_platforms_only_read(platform: object) -> None:
    assert getattr(platform, "PARALLEL_UPDATES") == 0  # noqa: B009
