"""The tables of other integrations fit ours, and those of Home Assistant's own their code."""

from collections.abc import Iterator
from importlib import import_module
import sys
from types import ModuleType
from typing import Any, Final

import pytest
import sensor_state_data

from custom_components.mi_bms.proto.mibeacon.devices import DEVICES, EVENT_TYPES
from custom_components.mi_bms.proto.model.fields import Field
from custom_components.mi_bms.proto.takeover.judge import SPELLINGS
from custom_components.mi_bms.proto.takeover.model import (
    Peer,
    PeerRow,
    Statistic,
    Trigger,
    Why,
)
from custom_components.mi_bms.proto.takeover.peers import PEERS
from custom_components.mi_bms.quantities import BINARY_SENSORS, PASSIVE_SENSORS, SENSORS
from custom_components.mi_bms.sensors.event_words import STANDARD, TRIGGERS, word_of
from homeassistant.components.sensor import SensorStateClass
from homeassistant.components.sensor.const import UNIT_CONVERTERS
from tests.each import rows

CORE: Final = ("xiaomi_ble", "bthome", "qingping")
# Ours that are no quantity, with their domain.
OTHERS: Final = {("sensor", "link_quality")}
STATISTICS: Final = {
    None: Statistic.NONE,
    SensorStateClass.MEASUREMENT: Statistic.MEAN,
    SensorStateClass.MEASUREMENT_ANGLE: Statistic.ANGLE,
    SensorStateClass.TOTAL: Statistic.SUM,
    SensorStateClass.TOTAL_INCREASING: Statistic.SUM,
}
ROWS: Final = [(peer, row) for peer in PEERS.values() for row in peer.rows]
NUMBERS: Final = [
    (peer, row) for peer, row in ROWS if row.field and row.domain == "sensor"
]
# Whose old statistics do not go on: a quantity that joins them loses its graph, so it is said here.
ARCHIVED: Final = {
    "bthome channel": Statistic.NONE,
    "bthome count": Statistic.SUM,
    "bthome direction": Statistic.ANGLE,
    "ble_monitor cnt_": Statistic.SUM,
    "ble_monitor volume_": Statistic.SUM,
    "ble_monitor volume_mL_": Statistic.SUM,
    "ble_monitor gas_": Statistic.SUM,
    "ble_monitor water_": Statistic.SUM,
    "batmon soc_num_cycles": Statistic.SUM,
    "esphome charging_cycles": Statistic.SUM,
    "esphome min_voltage_cell": Statistic.NONE,
    "esphome max_voltage_cell": Statistic.NONE,
    "esphome errors_bitmask": Statistic.NONE,
}
# The table of ``qingping`` uses nothing of its library but these.
WORDS: Final = (
    "SensorDeviceClass",
    "BinarySensorDeviceClass",
    "SensorUpdate",
    "Units",
    "DeviceKey",
)


@pytest.fixture(name="library", autouse=True)
def without_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    library = ModuleType("qingping_ble")
    for word in WORDS:
        setattr(library, word, getattr(sensor_state_data, word))
    library.QingpingBluetoothDeviceData = object  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "qingping_ble", library)


def core(domain: str, platform: str) -> Any:
    return import_module(f"homeassistant.components.{domain}.{platform}")


def word(key: object) -> str:
    return str(getattr(key, "value", key))


def theirs(domain: str) -> Iterator[tuple[str, str, str | None, Statistic]]:
    """Return domain, key, unit and kind of statistics of each entity of an integration of Home Assistant."""
    for (key, _), row in core(domain, "sensor").SENSOR_DESCRIPTIONS.items():
        unit = row.native_unit_of_measurement
        yield (
            "sensor",
            word(key),
            None if unit is None else word(unit),
            STATISTICS[row.state_class],
        )
    for key in core(domain, "binary_sensor").BINARY_SENSOR_DESCRIPTIONS:
        yield "binary_sensor", word(key), None, Statistic.NONE


@pytest.mark.parametrize("domain", CORE)
def test_each_entity_of_home_assistants_own_is_a_row(domain: str) -> None:
    ours = {
        (row.domain, row.key): (row.unit, row.statistic) for row in PEERS[domain].rows
    }
    told: dict[tuple[str, str], list[tuple[str | None, Statistic]]] = {}
    for kind, key, unit, statistic in theirs(domain):
        told.setdefault((kind, key), []).append((unit, statistic))
    assert told
    for spot, seen in told.items():
        assert spot in ours, f"{domain}: add a row for {spot}: it has {seen}"
        assert ours[spot] in seen, (
            f"{domain}: {spot} is {seen}, the row says {ours[spot]}"
        )


@pytest.mark.parametrize("domain", ["xiaomi_ble", "bthome"])
def test_each_source_of_events_is_a_row(domain: str) -> None:
    rows = {row.key for row in PEERS[domain].rows if row.domain == "event"}
    sources = {*core(domain, "event").DESCRIPTIONS_BY_EVENT_CLASS}
    if domain == "xiaomi_ble":
        types = core(domain, "device_trigger").EVENT_TYPES.values()
        sources |= {one for several in types for one in several}
    assert not sources - rows, f"{domain}: add rows for {sources - rows}"


def test_rows_of_events_say_whether_their_types_are_called_otherwise() -> None:
    for domain in ("xiaomi_ble", "bthome"):
        classes = core(domain, "event").DESCRIPTIONS_BY_EVENT_CLASS
        for row in PEERS[domain].rows:
            if row.domain == "event" and row.ours:
                key = row.ours.removeprefix("event_")
                types = classes[key.partition("_")[0]].event_types
                other = any(word_of(key, one).type != one for one in types)
                assert (row.why is Why.WORDS) == other, f"{domain}: {row.key}"


@rows(("peer", "row"), ROWS)
def test_each_target_is_one_of_ours(peer: Peer, row: PeerRow) -> None:
    where = f"{peer.domain}: {row.key}"
    if row.ours is None:
        assert row.why, f"{where} stays: say why"
        return
    assert row.why in (None, Why.WORDS), (
        f"{where} moves: {row.why} is no note for a user"
    )
    assert ("{n}" in row.ours) <= ("{n}" in row.key), f"{where}: whence the number?"
    if row.domain == "event":
        assert row.ours in sources_of_ours(), f"{where}: nothing of ours is {row.ours}"
        assert row.field is None
    elif (row.domain, row.ours) not in OTHERS:
        assert row.field is not None, f"{where} lacks its field"
        assert row.ours.removesuffix("_{n}") == row.field, where
        table = {
            "sensor": {**SENSORS, **PASSIVE_SENSORS},
            "binary_sensor": BINARY_SENSORS,
        }
        assert row.field in table[row.domain], (
            f"{where}: quantities.py has no such {row.domain}"
        )


def sources_of_ours() -> set[str]:
    named = {f"event_{key.lower()}" for spec in DEVICES.values() for key in spec.events}
    several = {f"event_{base}" for base in EVENT_TYPES}
    return named | several | {"event_button_{n}"}


@rows(("peer", "row"), NUMBERS)
def test_units_have_a_way(peer: Peer, row: PeerRow) -> None:
    assert row.field is not None
    said = ways(row.field, row.unit)
    assert said, (
        f"{peer.domain}: no way from {row.unit} of {row.key} to {row.field}: say why it stays, "
        "or add the spelling in judge.py"
    )


def ways(field: Field, unit: str | None) -> bool:
    row = SENSORS[field]
    mine = row.native_unit_of_measurement
    ours = None if mine is None else str(mine)
    converter = UNIT_CONVERTERS.get(row.device_class) if row.device_class else None
    converts = converter is not None and {unit, ours} <= {
        None if one is None else str(one) for one in converter.VALID_UNITS
    }
    return unit == ours or (unit, ours) in SPELLINGS or converts


def test_whose_statistics_end_is_known() -> None:
    found = {}
    for peer, row in NUMBERS:
        assert row.field is not None
        ours = STATISTICS[SENSORS[row.field].state_class]
        several = peer.domain == "bthome" and row.key.endswith(("_1", "_{n}"))
        if row.statistic not in (Statistic.NONE, ours) and not several:
            found[f"{peer.domain} {row.key}"] = ours
    assert found == ARCHIVED


@pytest.mark.parametrize("peer", PEERS.values(), ids=lambda peer: peer.domain)
def test_a_row_stands_once(peer: Peer) -> None:
    spots = [(row.domain, row.key, row.ours) for row in peer.rows]
    twice = {one for one in spots if spots.count(one) > 1}
    assert not twice, f"{peer.domain}: {twice} stand twice"


def test_device_triggers_of_theirs_are_ours() -> None:
    for domain, source, names in triggers_of_theirs():
        for name in names:
            found = PEERS[domain].trigger(Trigger(source, name))
            assert found is not None, f"{domain}: what is {name} at {source} with us?"
            assert found.subtype == source.lower()
            assert found.type == word_of(found.subtype, name).trigger
            assert found.type in TRIGGERS, f"{domain}: {found.type} is none of ours"


def test_presses_are_called_as_everywhere_here() -> None:
    """Home Assistant's newest may know words that its oldest does not."""
    for source in ("button", "dimmer"):
        for name in STANDARD[source]:
            found = PEERS["bthome"].trigger(Trigger(f"{source}_1", name))
            assert found == Trigger(word_of(source, name).trigger, f"{source}_1")


def triggers_of_theirs() -> Iterator[tuple[str, str, list[str]]]:
    for model in core("xiaomi_ble", "device_trigger").TRIGGER_MODEL_DATA.values():
        for source in model.event_types:
            yield "xiaomi_ble", source, model.triggers
    classes = core("bthome", "device_trigger").EVENT_TYPES_BY_EVENT_CLASS
    for source, names in classes.items():
        yield "bthome", source, sorted(names)


@pytest.mark.parametrize("domain", ["xiaomi_ble", "bthome"])
def test_what_is_no_source_of_ours_has_no_trigger(domain: str) -> None:
    assert PEERS[domain].trigger(Trigger("kettle", "boils")) is None
