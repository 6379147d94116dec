"""Contracts over the tables: products, objects, limits."""

import json
from pathlib import Path
import struct

from custom_components.mi_bms.proto.mibeacon.beacon import PLANS
from custom_components.mi_bms.proto.mibeacon.decoder import Decoder
from custom_components.mi_bms.proto.mibeacon.devices import (
    DEVICES,
    EVENT_TYPES,
    HEARD,
    KINDS,
    DeviceSpec,
)
from custom_components.mi_bms.proto.mibeacon.formats import SERVICES, bthome, qingping
from custom_components.mi_bms.proto.mibeacon.limits import LIMITS, plausible
from custom_components.mi_bms.proto.mibeacon.objects import MEASUREMENTS, OBJECTS
from custom_components.mi_bms.proto.mibeacon.rows import EventTypes, ObjectSpec
from custom_components.mi_bms.proto.mibeacon.spec import HOLDS
from custom_components.mi_bms.proto.model.fields import Field
from tests.each import each
from tests.replay.sensors import model_of

from .frames import ADDRESS, FE95, clear, obj, sealed

EVERY = {**{f"{product:04X}": spec for product, spec in DEVICES.items()}, **KINDS}


FIXTURES = Path(__file__).parents[2] / "fixtures"


def test_a_supported_model_has_a_fixture() -> None:
    """A row without fields and events is listed as known by name only, and needs none."""
    files = (*FIXTURES.glob("mibeacon/*.json"), *FIXTURES.glob("products/*.json"))
    replayed = {
        model_of(vector) for path in files for vector in json.loads(path.read_text())
    }
    supported = {spec.model for spec in EVERY.values() if _reports(spec)}
    missing = sorted(supported - replayed)
    assert not missing, (
        f"no fixture is decoded as {missing}: put a recorded advert into "
        "tests/fixtures/mibeacon/<MODEL>.json and run script/replay --accept on it; or take "
        "the fields and events out of its row, then it is listed as known by name only"
    )


def test_who_was_heard_is_known() -> None:
    assert DEVICES.keys() > HEARD


def test_product_rows() -> None:
    each(EVERY.items(), keeps_to_the_rules)


def keeps_to_the_rules(spec: DeviceSpec) -> None:
    assert spec.model
    assert spec.described.endswith(spec.model)
    assert "/" not in spec.title + spec.short_model
    assert spec.manufacturer
    assert len(set(spec.fields)) == len(spec.fields)
    assert spec.encrypted in {"yes", "no", "unknown"}
    assert spec.availability >= 600
    assert spec.untrusted <= set(spec.fields)
    assert set(spec.idle) <= set(spec.fields)
    are_known(spec.events)
    assert set(spec.buttons) == {key for key in spec.events if key.startswith("button")}
    own = {field for row in spec.objects.values() for field in row.fields}
    missing = ", ".join(sorted(f"Field.{field.name}" for field in own - {*spec.fields}))
    assert not missing, f"objects= gives {missing}: name it in the row"


def are_known(events: EventTypes) -> None:
    """Raise for an event whose kind or type is in no table."""
    for key, types in events.items():
        kind = key.partition("_")[0]
        unknown = {*types} - {*EVENT_TYPES.get(kind, ())}
        assert not unknown, (
            f"the event {key} has no {sorted(unknown)}: take one of "
            f"{sorted(EVENT_TYPES.get(kind, ()))}, or add it to EVENT_TYPES"
        )


def test_states_that_end() -> None:
    # Without motion there is nothing to hold; one product tells of it by an event only.
    assert DEVICES[0x055B].held == KINDS["ATC"].held == ()
    assert DEVICES[0x03DD].held == DEVICES[0x07F6].held == (Field.MOTION,)
    assert DEVICES[0x0806].held == (Field.TOOTHBRUSH,)
    # Who never says that motion has ended is not waited for as long.
    assert (
        DEVICES[0x03DD].holds[Field.MOTION] < 60 < DEVICES[0x07F6].holds[Field.MOTION]
    )
    assert all(set(spec.held) <= HOLDS.keys() for spec in EVERY.values())


def test_heard_products_report_something() -> None:
    silent = {f"{one:04X}" for one in HEARD if not _reports(DEVICES[one])}
    assert not silent, (
        f"{sorted(silent)}: say in the row what the adverts report, or move it to _PUBLISHED"
    )


def _reports(spec: DeviceSpec) -> bool:
    return bool(spec.fields or spec.events)


ROWS = {
    **{f"{object_id:04X}": row for object_id, row in OBJECTS.items()},
    **{
        f"{product}-{object_id:04X}": row
        for product, spec in EVERY.items()
        for object_id, row in spec.objects.items()
    },
}


def test_object_rows() -> None:
    each(ROWS.items(), gives_what_it_says)


def gives_what_it_says(row: ObjectSpec) -> None:
    assert row.fields or row.events
    assert row.decode
    are_known(row.events)
    for size, decode in row.decode.items():
        for fill in (0, 1, 2, 0x7F, 0xFF):
            values: dict[Field, bool | int | float | str] = {}
            found = decode(b"\xaa" * 3 + bytes((fill,)) * size, 3, values)
            assert values.keys() <= set(row.fields)
            for field, value in values.items():
                assert isinstance(value, (bool, str)) or plausible(field, value)
            for event in found if isinstance(found, tuple) else ():
                assert event.type in row.events[event.key]


def test_guessed_measurements_are_the_same_for_every_service() -> None:
    for entry, row in MEASUREMENTS.items():
        for service in (2, 3, 4):
            common = OBJECTS.get(0x4000 + service * 0x400 + entry)
            assert common is None or common.fields == row.fields


def test_limits() -> None:
    assert all(low < high for low, high in LIMITS.values())
    assert plausible(Field.TEMPERATURE, -40)
    assert not plausible(Field.TEMPERATURE, float("nan"))
    assert not plausible(Field.COUNT, float("inf"))
    assert not plausible(Field.LOCK_METHOD, 1)


def test_every_number_of_a_format_has_limits() -> None:
    assert {row.field for row in bthome.NUMBERS.values()} <= LIMITS.keys()


def test_every_qingping_type_is_a_kind() -> None:
    assert set(qingping.MODELS.values()) <= set(KINDS)
    assert set(SERVICES) >= {0xFDCD, 0xFFF9}


def test_decoder_knows_its_product() -> None:
    decoder = Decoder(ADDRESS)
    assert (decoder.spec, decoder.model, decoder.product_id) == (None, None, None)
    assert (decoder.events, decoder.availability) == ({}, 900.0)
    remembered = Decoder(ADDRESS, product_id=0x1949)
    assert remembered.model == "XMWXKG01YL"
    assert set(remembered.events) == {"button_left", "button_right"}
    assert remembered.availability > 3600
    decoder.feed_one(FE95, sealed(0x1949, obj(0x4E0C, "01")), 0.0)
    assert decoder.spec is remembered.spec
    assert decoder.firmware == "stock"
    assert Decoder(ADDRESS, product_id=0xBEEF).spec is None


def test_many_heads_are_forgotten() -> None:
    decoder = Decoder(ADDRESS)
    for product in range(300):
        decoder.feed_one(FE95, clear(product, obj(0x1004, struct.pack("<h", 200))), 0.0)
    assert decoder.counters == {"decoded": 300}
    channel = decoder._channels[FE95]
    assert len(channel._plans) <= PLANS < 300
