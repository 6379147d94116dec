"""A number is written with what stood beside it, and only where Home Assistant would say the same."""

from collections.abc import Callable
from typing import Any

import pytest

from custom_components.mi_bms.sensors.quick_number import QuickNumber
from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.core_config import DATA_CUSTOMIZE
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.entity import Entity
from homeassistant.helpers.entity_platform import async_get_platforms
from homeassistant.helpers.entity_values import EntityValues
from homeassistant.util.unit_system import US_CUSTOMARY_SYSTEM
from tests.world.devices import KINDS
from tests.world.devices.beacon import Beacon

from ..home import Home

ADDRESS = "A4:C1:38:00:14:42"
GONE = 7_200
NUMBERS = ("temperature", "humidity", "battery")


@pytest.fixture
def wholes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the ids of entities whose state Home Assistant writes whole from now on."""
    found: list[str] = []
    write = Entity._async_write_ha_state

    def noted(entity: Entity) -> None:
        found.append(entity.entity_id)
        write(entity)

    monkeypatch.setattr(Entity, "_async_write_ha_state", noted)
    return found


async def thermometer(home: Home) -> Beacon:
    air = {"kind": "s16", "scale": 0.1, "start": 20.0}
    device = KINDS["MIBEACON"](
        address=ADDRESS,
        product=0x01AA,
        objects=[
            air | {"id": 0x1004, "field": "temperature"},
            air | {"id": 0x1006, "field": "humidity"},
            {"id": 0x100A, "kind": "u8", "field": "battery", "start": 50},
        ],
    )
    await home.add(device)
    await says(home, device, temperature=-40.0, humidity=30, battery=90)
    return device


async def says(home: Home, device: Beacon, **values: float) -> None:
    for field, value in values.items():
        device.put(field, value)
    await home.listen(device, 6)


def number_of(home: Home, entity_id: str) -> QuickNumber:
    (entity,) = (
        platform.entities[entity_id]
        for platform in async_get_platforms(home.hass, "mi_bms")
        if entity_id in platform.entities
    )
    assert isinstance(entity, QuickNumber)
    return entity


def written_anew(home: Home, entity_id: str) -> bool:
    """Have Home Assistant write a state whole; return whether it says anything else than before."""
    before = home.hass.states.get(entity_id)
    number_of(home, entity_id).async_write_ha_state()
    after = home.hass.states.get(entity_id)
    assert before and after
    # Of what is said again the state stays the same object.
    return after is not before


async def test_what_is_written_is_what_home_assistant_would_write(
    home: Home, wholes: list[str]
) -> None:
    device = await thermometer(home)
    wholes.clear()
    infos = []
    for temperature, humidity, battery in (
        (-3.1, 41, 89),
        (0.0, 0, 1),
        (21.7, 100, 100),
    ):
        await says(
            home,
            device,
            temperature=temperature,
            humidity=humidity,
            battery=battery,
        )
        assert home.value(device, "temperature") == str(temperature)
        assert float(home.value(device, "humidity")) == humidity
        assert home.value(device, "battery") == str(battery)
        infos += [home.state(device, field).state_info for field in NUMBERS]
    assert not wholes, "one was written whole"
    assert all(infos), "the recorder reads in them what it leaves out"
    for field in NUMBERS:
        assert not written_anew(home, home.entity_id(device, field) or "")


def rename_device(hass: HomeAssistant, _entity_id: str) -> None:
    registry = dr.async_get(hass)
    (entry,) = hass.config_entries.async_entries("mi_bms")
    (device,) = dr.async_entries_for_config_entry(registry, entry.entry_id)
    registry.async_update_device(device.id, name_by_user="Cellar")


def rename(hass: HomeAssistant, entity_id: str) -> None:
    er.async_get(hass).async_update_entity(entity_id, name="Cold", icon="mdi:snowflake")


def choose_unit(hass: HomeAssistant, entity_id: str) -> None:
    """Choose °F while minus 40 is the same in both."""
    er.async_get(hass).async_update_entity_options(
        entity_id, "sensor", {"unit_of_measurement": "°F"}
    )


def change_units(hass: HomeAssistant, _entity_id: str) -> None:
    hass.config.units = US_CUSTOMARY_SYSTEM


def customize(hass: HomeAssistant, entity_id: str) -> None:
    own: dict[str, dict[str, Any]] = {entity_id: {"shelf": 3}}
    hass.data[DATA_CUSTOMIZE] = EntityValues(own, {}, {})


def set_by_somebody(hass: HomeAssistant, entity_id: str) -> None:
    hass.states.async_set(entity_id, "7", {"forged": True})


def remove(hass: HomeAssistant, entity_id: str) -> None:
    hass.states.async_remove(entity_id)


@pytest.mark.parametrize(
    "change",
    [
        rename_device,
        rename,
        choose_unit,
        change_units,
        customize,
        set_by_somebody,
        remove,
    ],
)
async def test_what_changes_beside_a_number_is_written(
    home: Home, change: Callable[[HomeAssistant, str], None]
) -> None:
    device = await thermometer(home)
    entity_id = home.entity_id(device, "temperature") or ""
    change(home.hass, entity_id)
    await home.clock.settle()
    for value in (20.0, 25.0):
        await says(home, device, temperature=value)
        state = home.hass.states.get(entity_id)
        assert state
        fahrenheit = state.attributes["unit_of_measurement"] == "°F"
        assert fahrenheit is (change in {choose_unit, change_units})
        assert float(state.state) == (value * 1.8 + 32 if fahrenheit else value)
        assert state.state_info
        assert not written_anew(home, entity_id)


async def test_what_is_gone_shows_no_number(home: Home) -> None:
    device = await thermometer(home)
    await home.clock.run(GONE)
    assert home.value(device, "temperature") == STATE_UNAVAILABLE
    number_of(home, home.entity_id(device, "temperature") or "").async_write_number()
    assert home.value(device, "temperature") == STATE_UNAVAILABLE


async def test_what_is_no_number_at_all_is_left_to_home_assistant(home: Home) -> None:
    device = await thermometer(home)
    (entry,) = home.hass.config_entries.async_entries("mi_bms")
    values = entry.runtime_data.store(flags=False).values
    entity = number_of(home, home.entity_id(device, "temperature") or "")
    for wrong in (float("nan"), float("inf"), "warm"):
        values["temperature"] = wrong
        with pytest.raises(ValueError, match="temperature"):
            entity.async_write_number()
