"""A device's page can be read: few values stand above, and no two labels begin alike."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import combinations
import json
from typing import Any, Final

import pytest

from custom_components.mi_bms import quantities
from custom_components.mi_bms.batteries import alarms, control_entities, link_entities
from custom_components.mi_bms.meters import METERS
from custom_components.mi_bms.proto.bms.profile import Profile, Spot
from custom_components.mi_bms.proto.energy.measures import Measure
from custom_components.mi_bms.proto.mibeacon.devices import DEVICES
from custom_components.mi_bms.proto.model.fields import Field
from custom_components.mi_bms.proto.model.sample import Place
from custom_components.mi_bms.quantities import BINARY_SENSORS, PASSIVE_SENSORS, SENSORS
from custom_components.mi_bms.sensors import capture_button, gatt_entities
from homeassistant.components.sensor import SensorDeviceClass
from homeassistant.const import EntityCategory
from homeassistant.helpers.entity import EntityDescription

from .repo import INTEGRATION, ROOT, load, translations

NAMES: Final = translations()["entity"]
ICONS: Final = load(INTEGRATION / "icons.json")["entity"]["sensor"]
MOST: Final = 9
ALIKE: Final = 12  # letters, which a narrow page shows of a label at least
MAIN: Final = {
    Field.BATTERY_LEVEL,
    Field.POWER,
    Field.CURRENT,
    Field.VOLTAGE,
    Field.TEMPERATURE,
    Field.ALARM,
    Field.DELTA_VOLTAGE,
    Field.RUNTIME,
    Field.TIME_TO_FULL,
}


def profiles() -> Mapping[str, Profile]:
    """Return what each family shows in all its recordings together."""
    found: dict[str, Profile] = defaultdict(Profile)
    for path in sorted((ROOT / "tests" / "fixtures" / "bms").glob("*.json")):
        for vector in json.loads(path.read_text("utf-8")):
            if vector["kind"] == "decode" and (said := vector.get("expect")):
                found[vector["family"]] = _with(found[vector["family"]], said)
    return found


def _with(before: Profile, said: Mapping[str, Any]) -> Profile:
    places = [Place(one) for one in said.get("temp_types") or ()]
    places = places or [Place.GENERIC] * len(said.get("temp_values") or ())
    own = {Field(name) for name in said if name in set(Field)}
    if said.get("cell_voltages"):
        own |= {Field.MAX_CELL_VOLTAGE, Field.MIN_CELL_VOLTAGE}
        own |= {Field.MAX_CELL, Field.MIN_CELL, Field.DELTA_VOLTAGE}
    if len(places) > 1:
        own |= {Field.MIN_CELL_TEMPERATURE}
    return Profile(
        fields=before.fields | own,
        cells=max(before.cells, len(said.get("cell_voltages") or ())),
        probes=max(before.probes, tuple(places), key=len),
    )


PROFILES: Final = profiles()
families: Final = pytest.mark.parametrize("family", sorted(PROFILES))


def _shown(profile: Profile) -> Iterable[tuple[str, EntityDescription, Spot]]:
    """Return each entity of a battery's values: its platform, its row and where it stands."""
    for spot in profile.spots():
        if spot.field in SENSORS:
            yield "sensor", SENSORS[spot.field], spot
        if spot.field in BINARY_SENSORS.keys() - {Field.POWER}:
            row = BINARY_SENSORS[spot.field] if spot.part is None else None
            yield "binary_sensor", row or quantities.CELL_BALANCING, spot


def test_there_are_recordings() -> None:
    assert len(PROFILES) > 50
    assert {spot.field for one in PROFILES.values() for spot in one.spots()} >= MAIN


@families
def test_few_values_of_a_battery_stand_above(family: str) -> None:
    main = [
        spot.key for _, row, spot in _shown(PROFILES[family]) if not row.entity_category
    ]
    assert len(main) <= MOST
    assert set(main) <= MAIN, (
        f"{sorted(set(main) - MAIN)}: give the row in quantities.py category=_DIAGNOSTIC; above stand "
        f"at most {MOST} values of a battery"
    )


def test_of_the_meters_those_of_energy_stand_above() -> None:
    # Beside the nine: the Energy dashboard wants them, and a diagnostic entity is none of its meters.
    above = {key for key, row in METERS.items() if row.entity_category is None}
    assert above == {Measure.ENERGY_CHARGED, Measure.ENERGY_DISCHARGED}
    # They are no tiles of an overview that is full with the nine.
    visible = {key for key in above if METERS[key].entity_registry_visible_default}
    assert not visible


@families
def test_the_state_of_charge_comes_first(family: str) -> None:
    keys = [spot.key for spot in PROFILES[family].spots()]
    assert Field.BATTERY_LEVEL not in keys or keys[0] == Field.BATTERY_LEVEL


@families
def test_each_battery_tells_whether_it_is_charged(family: str) -> None:
    profile = PROFILES[family]
    moved = {Field.CURRENT, Field.POWER, Field.BATTERY_CHARGING} & profile.fields
    assert bool(moved) is (Spot(Field.BATTERY_STATE) in [*profile.spots()])


@pytest.mark.parametrize(
    "module",
    [alarms, capture_button, control_entities, gatt_entities, link_entities],
)
def test_what_acts_or_tells_of_the_link_stands_below(module: Any) -> None:
    rows = [
        one
        for value in vars(module).values()
        for one in (value if isinstance(value, tuple) else (value,))
        if hasattr(one, "entity_category") and not isinstance(one, type)
    ]
    assert rows
    above = [one.key for one in rows if one.entity_category is None]
    assert not above, f"{above}: give them an entity_category"


def test_buttons_that_only_read_are_no_settings() -> None:
    for row in (link_entities.REFRESH, gatt_entities.READ_NOW):
        assert row.entity_category is EntityCategory.DIAGNOSTIC
    assert link_entities.RELEASE.entity_category is EntityCategory.CONFIG


def _label(platform: str, key: str, number: object = "") -> str:
    name: str = NAMES[platform][key]["name"]
    return name.replace("{number}", str(number)).casefold()


def _alike(labels: Iterable[str]) -> list[tuple[str, str]]:
    return [
        (one, other)
        for one, other in combinations(sorted(labels), 2)
        if one[:ALIKE] == other[:ALIKE]
    ]


@families
def test_labels_of_a_battery_begin_differently(family: str) -> None:
    # Probes of one place are told apart by their number alone, as many as there are.
    labels = [
        _label(platform, row.translation_key or row.key, spot.part)
        for platform, row, spot in _shown(PROFILES[family])
        if spot.field is not Field.PROBE_TEMPERATURE
    ]
    labels += {
        _label("sensor", f"{place}_temperature")
        for place in PROFILES[family].probes
        if place is not Place.GENERIC
    }
    labels += [_label("sensor", row.key) for row in link_entities.LINK_SENSORS]
    labels += [_label("sensor", key) for key in METERS]
    labels += [_label("switch", row.key) for row in control_entities.TARGET_SWITCHES]
    assert not _alike(labels), "tell them apart by their first letters"


def test_labels_of_each_sensor_begin_differently() -> None:
    found = {}
    for spec in DEVICES.values():
        labels = {
            _label("sensor", one) for one in spec.fields if one in PASSIVE_SENSORS
        }
        labels |= {
            _label("binary_sensor", one) for one in spec.fields if one in BINARY_SENSORS
        }
        if alike := _alike(labels):
            found[spec.name] = alike
    assert not found, "tell them apart by their first letters"


@pytest.mark.parametrize(
    "field",
    [
        one
        for one, row in SENSORS.items()
        if row.device_class in {SensorDeviceClass.VOLTAGE, SensorDeviceClass.CURRENT}
    ],
)
def test_no_battery_is_drawn_as_alternating_current(field: Field) -> None:
    assert ICONS[field]["default"] not in {"mdi:sine-wave", "mdi:current-ac"}
