"""What the entities of sensors and batteries show, and how they are called."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pytest

from custom_components.mi_bms.proto.model.fields import Field
from homeassistant.const import EntityCategory
from homeassistant.core import State
from homeassistant.helpers import device_registry as dr, entity_registry as er
from tests.e2e.compare import STEADIED
from tests.world.devices import KINDS
from tests.world.peripheral import Peripheral
from tests.world.scenario import DeviceSpec, load

from .home import Home

DEFAULT: Final = Path(__file__).parents[1] / "world" / "scenarios" / "default.toml"
SENSORS: Final = [
    one.peripheral.address
    for one in load(DEFAULT).devices
    if one.category == "sensor" and not one.foreign
]
BATTERIES: Final = [
    one.peripheral.address for one in load(DEFAULT).devices if one.category == "battery"
]
BUTTON_WORDS: Final[Mapping[object, str]] = {
    "press": "press_end",
    "double_press": "multi_press_end",
    "long_press": "long_press_end",
}


def of_default_world(address: str) -> DeviceSpec:
    return next(
        one for one in load(DEFAULT).devices if one.peripheral.address == address
    )


def shown(state: State) -> object:
    """Return what a state says, in the terms of the devices."""
    if state.domain == "event":
        return state.attributes["event_type"]
    if state.domain == "binary_sensor":
        return {"on": True, "off": False}.get(state.state)
    try:
        number = float(state.state)
    except ValueError:
        return state.state
    factor = {"hPa": 100.0, "h": 3600.0}.get(
        state.attributes.get("unit_of_measurement", ""), 1.0
    )
    return pytest.approx(number * factor, abs=1e-6)


def differences(home: Home, device: Peripheral) -> dict[str, tuple[object, object]]:
    """Return all fields that are shown differently from what the device has told."""
    wrong: dict[str, tuple[object, object]] = {}
    for field, value in device.truth().items():
        name, told = field.lower(), value
        if field.startswith("event:"):
            name = f"event_{name.removeprefix('event:')}"
            if "button" in name:
                told = BUTTON_WORDS[value]
        entity_id = home.entity_id(device, name)
        entry = er.async_get(home.hass).async_get(entity_id) if entity_id else None
        if entry is not None and entry.disabled:
            continue
        state = home.hass.states.get(entity_id) if entity_id else None
        if state is None or shown(state) != told:
            wrong[field] = (told, state and state.state)
    return wrong


def unknown_above(home: Home) -> list[str]:
    """Return the entities that stand above on a device's page and say nothing, of a device that is well."""
    registry = er.async_get(home.hass)
    return [
        one.entity_id
        for one in registry.entities.values()
        if one.platform == "mi_bms"
        and one.entity_category is None
        and (state := home.hass.states.get(one.entity_id))
        and state.state == "unknown"
    ]


@pytest.mark.parametrize("address", SENSORS)
async def test_sensors_show_what_they_have_told(home: Home, address: str) -> None:
    spec = of_default_world(address)
    device = home.air.add(spec.peripheral)
    await home.add(device, {"key": spec.key} if spec.key else {})
    await home.listen(device, 60, every=0.5)

    assert device.truth()
    late = differences(home, device)
    # A small move waits a minute, until when motion and the like would have ended.
    assert all(Field(field).quantity.small(1) for field in late)
    await home.clock.run(61)
    # Meanwhile it may have moved once more by as little.
    still = differences(home, device)
    assert not [one for one in late if one in still and still[one][1] == late[one][1]]
    assert unknown_above(home) == []


@pytest.mark.parametrize("address", BATTERIES)
async def test_batteries_show_what_they_hold(home: Home, address: str) -> None:
    device = of_default_world(address).peripheral
    entry = await home.add(device)
    await home.set_options(await home.options(entry), {"recording": "all"})
    await home.clock.until(lambda: home.entity_id(device, "cell_voltage_1"))
    await home.clock.run(35)
    for second in range(40):
        device.tick(float(second))
    held = dict(device.truth())
    await home.clock.run(35)

    assert device.truth() == held
    # Whether it is charged is told by what lasts, not by the current of one reading.
    assert set(differences(home, device)) <= STEADIED
    assert unknown_above(home) == []


@pytest.mark.parametrize("kind", ["LYWSD02", "LYWSD03MMC", "MHO-C401"])
async def test_a_battery_value_that_stock_firmware_invents_is_not_shown(
    home: Home, kind: str
) -> None:
    key = None if kind == "LYWSD02" else "00" * 16
    device = KINDS[kind](address="A4:C1:38:00:00:01", **({"key": key} if key else {}))
    await home.add(device)
    await home.listen(device, 20)
    await home.clock.run(61)

    assert differences(home, device) == {}
    assert "temperature" in device.truth()
    assert home.entity_id(device, "battery") is None


async def test_a_battery_value_of_custom_firmware_is_shown(home: Home) -> None:
    """The same model, reflashed: what it says of its cell is measured."""
    device = KINDS["ATC1441"](address="A4:C1:38:00:00:02")
    await home.add(device)
    await home.listen(device, 3)

    assert home.value(device, "battery") == "83"
    assert home.value(device, "voltage") == "2.867"


async def test_names_and_categories_of_a_sensor(home: Home) -> None:
    device = KINDS["ATC1441"](address="A4:C1:38:00:14:41")
    await home.add(device)
    await home.listen(device, 3)

    found = {
        key: (one.original_name, one.entity_category, one.disabled)
        for key, one in _entities(home, device).items()
    }
    expected = {
        "temperature": ("Temperature", None, False),
        "humidity": ("Humidity", None, False),
        "battery": ("Battery", EntityCategory.DIAGNOSTIC, False),
        "voltage": ("Voltage", EntityCategory.DIAGNOSTIC, False),
        "rssi": ("Signal strength", EntityCategory.DIAGNOSTIC, True),
    }
    assert {key: found[key] for key in expected} == expected
    assert all(name for name, _, _ in found.values())


async def test_names_and_ids_of_a_battery(home: Home) -> None:
    device = KINDS["JBD"](address="A5:C2:37:00:00:04", name="JBD-mine")
    await home.add(device)
    await home.clock.run(1)

    found = {key: one.original_name for key, one in _entities(home, device).items()}
    expected = {
        "battery_charging": "Charging",
        "balancer": "Balancing",
        "chrg_mosfet": "Charge switch",
        "dischrg_mosfet": "Discharge switch",
        "problem": "Problem",
        "temperature": "Temperature",
        "voltage": "Voltage",
        "current": "Current",
        "power": "Power",
        "battery_level": "State of charge",
        "cycles": "Cycles",
        "cycle_charge": "Charge left",
        "design_capacity": "Design capacity",
        "cycle_capacity": "Energy left",
        "cell_count": "Cells",
        "delta_voltage": "Cell voltage difference",
        "max_cell_voltage": "Highest cell voltage",
        "min_cell_voltage": "Lowest cell voltage",
        "max_cell": "Number of highest cell",
        "min_cell": "Number of lowest cell",
        "problem_code": "Problem code",
        "cell_voltage_1": "Cell 1 voltage",
        "cell_voltage_2": "Cell 2 voltage",
        "cell_voltage_3": "Cell 3 voltage",
        "cell_voltage_4": "Cell 4 voltage",
        "last_read": "Last read",
    }
    assert {key: found.get(key) for key in expected} == expected
    assert "cell_voltage_5" not in found
    assert found["battery_state"] == "Battery state"
    assert {"probe_temperature_1", "probe_temperature_2"} <= found.keys()


async def test_figures_for_connoisseurs_are_off_by_default(home: Home) -> None:
    device = KINDS["JBD"](address="A5:C2:37:00:00:04", name="JBD-mine")
    await home.add(device)
    await home.clock.run(1)

    disabled = {key for key, one in _entities(home, device).items() if one.disabled}
    assert {"cell_count", "max_cell", "min_cell", "problem_code"} <= disabled
    # Each of its changes would stand in Activity.
    assert "last_read" in disabled
    assert disabled.isdisjoint({"voltage", "cell_voltage_1", "problem"})


async def test_a_battery_is_a_device_in_its_own_words(home: Home) -> None:
    device = KINDS["JBD"](address="A5:C2:37:00:00:04", name="JBD-mine", version=0x25)
    entry = await home.add(device)

    (found,) = dr.async_entries_for_config_entry(
        dr.async_get(home.hass), entry.entry_id
    )
    assert found.name == "Battery JBD-mine 0004"
    assert found.connections == {(dr.CONNECTION_BLUETOOTH, "A5:C2:37:00:00:04")}
    assert found.identifiers == {("mi_bms", "A5:C2:37:00:00:04")}
    assert found.manufacturer == "JBD"
    assert (found.model, found.hw_version) == ("JBD-SP04S020", None)
    assert found.sw_version == "2.5"


async def test_a_sensor_is_a_device_with_its_model(home: Home) -> None:
    device = KINDS["LYWSD03MMC"](address="A4:C1:38:00:05:5B", key="11" * 16)
    entry = await home.add(device)
    await home.listen(device, 3)

    (found,) = dr.async_entries_for_config_entry(
        dr.async_get(home.hass), entry.entry_id
    )
    assert found.connections == {(dr.CONNECTION_BLUETOOTH, "A4:C1:38:00:05:5B")}
    assert found.manufacturer == "Xiaomi"
    assert found.model == "LYWSD03MMC"
    assert found.model_id is None
    assert found.sw_version is None
    assert found.name == "Thermometer 055B"


@pytest.mark.parametrize("kind", ["PVVX", "ATC1441", "LYWSDCGQ"])
async def test_a_reload_in_silence_leaves_the_device_as_it_was(
    home: Home, kind: str
) -> None:
    device = KINDS[kind](address="A4:C1:38:00:05:5C")
    entry = await home.add(device)
    await home.listen(device, 3)

    def told() -> list[Any]:
        found = dr.async_entries_for_config_entry(
            dr.async_get(home.hass), entry.entry_id
        )
        return [
            (one.manufacturer, one.model, one.model_id, one.sw_version) for one in found
        ]

    before = told()
    await home.clock.run(310)  # what it said last is forgotten
    await home.clock.wait(home.hass.config_entries.async_reload(entry.entry_id))
    assert told() == before
    await home.listen(device, 3)
    assert told() == before


async def test_an_unknown_product_shows_its_values_without_a_model(home: Home) -> None:
    device = KINDS["MIBEACON"](
        address="A4:C1:38:00:FF:FE",
        product=0xFFFE,
        objects=[
            {
                "id": 0x1004,
                "kind": "s16",
                "scale": 0.1,
                "field": "temperature",
                "start": 19.5,
            }
        ],
    )
    entry = await home.add(device)
    await home.listen(device, 2)

    assert home.value(device, "temperature") == "19.5"
    (found,) = dr.async_entries_for_config_entry(
        dr.async_get(home.hass), entry.entry_id
    )
    assert found.name == "Sensor FFFE"
    assert found.model_id is None
    assert found.manufacturer is None


async def test_signal_strength_is_there_for_those_who_ask(home: Home) -> None:
    device = KINDS["ATC1441"](address="A4:C1:38:00:14:41")
    home.air.add(device, rssi=-71)
    await home.add(device)
    rssi = home.entity_id(device, "rssi")
    assert rssi is not None
    er.async_get(home.hass).async_update_entity(rssi, disabled_by=None)
    await home.clock.run(40)  # Home Assistant reloads the entry by itself
    home.air.rssi[device.address] = -64
    await home.listen(device, 3)
    await home.clock.run(31)

    assert home.value(device, "rssi") == "-64"


async def test_two_flags_do_not_share_an_entity_with_numbers(home: Home) -> None:
    """A remote's power flag is a flag although a battery's power is a number."""
    device = KINDS["YLYK01YL"](address="F8:24:41:00:01:53")
    await home.add(device)
    device.press("button_on")
    await home.listen(device, 1)

    power = home.entity_id(device, "power")
    assert power
    assert power.startswith("binary_sensor.")
    # What the remote switched last says nothing of the lamp, which others switch, too.
    registry = er.async_get(home.hass)
    assert registry.entities[power].disabled_by
    registry.async_update_entity(power, disabled_by=None)
    await home.clock.run(40)  # Home Assistant reloads the entry by itself
    assert home.value(device, "power") == "on"


def _entities(home: Home, device: Peripheral) -> dict[str, er.RegistryEntry]:
    return {
        one.unique_id.removeprefix(f"{device.address}-"): one
        for one in er.async_get(home.hass).entities.values()
        if one.platform == "mi_bms"
    }
