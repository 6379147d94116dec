"""What the entities of sensors keep, and that a value is written whichever way it takes."""

import gc
import sys

import pytest

from custom_components.mi_bms.lean import FIXED, KEPT, KEPT_OF, lean
from homeassistant.components.sensor import SensorEntity
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity import Entity
from homeassistant.helpers.entity_platform import async_get_platforms
from tests.world.devices import KINDS

from ..home import Home

AIR = ("temperature", "humidity")
ADDRESS = "58:2D:34:00:05:78"
SHARED = 30  # names that the instances of a class can share
BYTES = 500  # of a dictionary with shared names; one with its own takes over 800


async def entities(home: Home) -> list[Entity]:
    device = KINDS["ATC1441"](address=ADDRESS)
    await home.add(device)
    await home.listen(device, 6)
    return [
        entity
        for platform in async_get_platforms(home.hass, "mi_bms")
        for entity in platform.entities.values()
    ]


@pytest.mark.usefixtures("all_entities_on")
async def test_entities_share_the_names_of_what_they_keep(home: Home) -> None:
    found = await entities(home)
    assert len(found) > 8
    too_much = {
        entity.entity_id: (len(vars(entity)), sys.getsizeof(vars(entity)))
        for entity in found
        if len(vars(entity)) > SHARED or sys.getsizeof(vars(entity)) > BYTES
    }
    assert not too_much, "each has a dictionary of its own: see lean.py"


@pytest.mark.usefixtures("all_entities_on")
async def test_what_is_fixed_is_what_home_assistant_would_say(home: Home) -> None:
    rows = vars(SensorEntity) | vars(Entity)
    for entity in await entities(home):
        for name, value in FIXED.items():
            if not hasattr(entity, name):
                continue
            said = rows[name].func(entity)
            if name.endswith("translation_key"):  # it is asked for what it leads to
                known = entity.platform_data.default_language_platform_translations
                said = known.get(said)
            assert said == value, f"{entity.entity_id}: {name}"


@pytest.mark.usefixtures("all_entities_on")
async def test_what_can_be_is_kept_once_for_all_that_say_the_same(home: Home) -> None:
    said = {
        id(entity.capability_attributes): str(entity.capability_attributes)
        for entity in await entities(home)
        if isinstance(entity, SensorEntity) and entity.capability_attributes
    }
    assert len(said) == len(set(said.values())) > 1


def test_all_entities_of_sensors_are_lean() -> None:
    todo, fat = [Entity], []
    while todo:
        cls = todo.pop()
        todo += (more := cls.__subclasses__())
        ours = cls.__module__.startswith("custom_components.mi_bms.sensors.")
        if ours and not more and vars(cls).get("assumed_state") is not False:
            fat.append(cls.__name__)
    assert not fat, "decorate them with lean"


def test_a_lean_class_still_says_what_its_component_does() -> None:
    class Plain(SensorEntity):
        _attr_native_value = 3

    class Lean(Plain):
        pass

    gc.collect()
    lean(Lean)
    one, other = Plain(), Lean()
    assert one.state == other.state == 3
    other._attr_native_value = 4
    assert other.state == 4
    allowed = {*KEPT, *KEPT_OF[SensorEntity], "__attr_native_value"}
    assert set(vars(other)) <= allowed


@pytest.mark.parametrize("field", AIR)
async def test_a_value_is_written_beside_one_that_is_switched_off(
    home: Home, field: str
) -> None:
    """Such a frame takes the way of what comes for the first time."""
    other = ({*AIR} - {field}).pop()
    part = {"kind": "s16", "scale": 0.1, "start": 20.0}
    both = {"id": 0x100D, "parts": [part | {"field": name} for name in AIR]}
    device = KINDS["MIBEACON"](address=ADDRESS, product=0x01AA, objects=[both])
    entry = await home.add(device)
    await home.listen(device, 6)
    await home.set_options(await home.options(entry), {"every_change": True})
    off = home.entity_id(device, other)
    assert off
    er.async_get(home.hass).async_update_entity(
        off, disabled_by=er.RegistryEntryDisabler.USER
    )
    await home.clock.run(40)
    for value, beside in ((20.0, 30), (25.0, 30), (20.0, 31)):
        device.put(field, value)
        device.put(other, beside)
        await home.listen(device, 2)
        assert float(home.value(device, field)) == value
