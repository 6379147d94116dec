"""States against Home Assistant's own, by somebody who does not know how the integration writes them."""

from collections.abc import Callable
from datetime import datetime
import random
from typing import Any

import pytest

from homeassistant.components.homeassistant import DOMAIN as CORE
from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.core import Context, Event, State, callback
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
    label_registry as lr,
)
from homeassistant.helpers.entity import DATA_CUSTOMIZE
from homeassistant.helpers.entity_values import EntityValues
from homeassistant.setup import async_setup_component
from homeassistant.util.unit_system import METRIC_SYSTEM, US_CUSTOMARY_SYSTEM

from ..home import Home
from .watched import ADDRESS, HOT, WILD, Watched


@pytest.fixture
async def toy(home: Home, all_entities_on: None) -> Watched:
    """Return a sensor that is at home and has been heard for a while."""
    await async_setup_component(home.hass, CORE, {})
    toy = Watched(home)
    toy.says(HOT)
    await home.clock.until(lambda: home.flows(ADDRESS))
    done = await home.answer(home.flows(ADDRESS)[0], {})
    if done.get("step_id") == "offer":
        done = await home.choose(done, "without_dashboard")
    assert done["type"] == "create_entry", done
    await home.clock.settle()
    for number in range(6):
        await toy.hear((2000 + 100 * number, 4000 + 200 * number, 2900 + number, 60))
    assert float(toy.state().state) == 25
    return toy


def unit(unit: str) -> dict[str, Any]:
    return {"unit_of_measurement": unit}


def customize(toy: Watched, *values: Any) -> None:
    toy.hass.data[DATA_CUSTOMIZE] = EntityValues(*values)


CHANGES: dict[str, dict[str, Any]] = {
    "name": {"name": "Cellar"},
    "icon": {"icon": "mdi:ghost"},
    "class": {"device_class": "power"},
    "hidden": {"hidden_by": er.RegistryEntryHider.USER},
    "renamed": {"new_entity_id": "sensor.elsewhere"},
    "aliases": {"aliases": {"a", "b"}},
    "category": {"categories": {"x": "y"}},
    "all": {"name": "X", "icon": "mdi:x", "new_entity_id": "sensor.y"},
}
UNDONE: dict[str, Any] = dict.fromkeys(("name", "icon", "device_class", "hidden_by"))


async def test_nothing_happens(toy: Watched) -> None:
    for after in (0.0, 0.3, 5.0, 61.0, 400.0):
        await toy.all_of_it(after)


@pytest.mark.parametrize("change", CHANGES)
async def test_the_registry_changes(toy: Watched, change: str) -> None:
    for field in ("temperature", "battery"):
        more = CHANGES[change]
        if "new_entity_id" in more and field == "battery":
            more = more | {"new_entity_id": "sensor.nowhere"}
        toy.registry.async_update_entity(toy.entity(field).entity_id, **more)
        toy.says((1000, 2000, 2500, 20))  # before anybody has turned round
        await toy.all_of_it(2.0)
        toy.registry.async_update_entity(toy.entity(field).entity_id, **UNDONE)
        toy.says((3500, 1000, 2600, 40))
        await toy.all_of_it()


async def test_units_and_digits_change(toy: Watched) -> None:
    def choose(field: str, chosen: dict[str, Any] | None) -> None:
        one = toy.entity(field).entity_id
        toy.registry.async_update_entity_options(one, "sensor", chosen)

    for chosen in (unit("°F"), unit("K"), None, unit("°F"), unit("°C")):
        choose("temperature", chosen)
        for tens in (100, 170, 190):
            toy.says((10 * tens, 2000, 2500, 20))
            toy.compare()
        await toy.all_of_it()
    for digits in (0, 4, None):
        for field in ("temperature", "voltage", "humidity"):
            choose(field, {"display_precision": digits})
        await toy.all_of_it()
    choose("voltage", unit("mV"))
    await toy.all_of_it()


async def test_area_labels_and_device_change(toy: Watched) -> None:
    devices = dr.async_get(toy.hass)
    entry = toy.registry.async_get(toy.entity().entity_id)
    assert entry is not None and entry.device_id is not None
    area = ar.async_get(toy.hass).async_create("Attic")
    label = lr.async_get(toy.hass).async_create("Loud").label_id
    toy.registry.async_update_entity(entry.entity_id, area_id=area.id, labels={label})
    await toy.all_of_it()
    for name in ("Other", None):
        devices.async_update_device(entry.device_id, name_by_user=name, labels={label})
        toy.says((1000, 2000, 2500, 20))
        await toy.all_of_it(3.0)
    devices.async_update_device(entry.device_id, area_id=area.id)
    ar.async_get(toy.hass).async_update(area.id, name="Loft")
    await toy.all_of_it()


async def test_the_house_changes(toy: Watched) -> None:
    for units in (US_CUSTOMARY_SYSTEM, METRIC_SYSTEM):
        toy.hass.config.units = units
        await toy.all_of_it()
        await toy.hass.config.async_update(
            unit_system="us_customary" if units is US_CUSTOMARY_SYSTEM else "metric"
        )
        await toy.all_of_it()
    for language in ("de", "ru", "en"):
        await toy.hass.config.async_update(language=language)
        await toy.all_of_it()


async def test_customize_is_set_and_reloaded(toy: Watched) -> None:
    one = toy.entity().entity_id
    customize(toy, {one: {"icon": "mdi:a", "x": 1}})
    await toy.all_of_it()
    customize(toy, {one: {"unit_of_measurement": "K"}}, {"sensor": {"y": [1]}})
    await toy.all_of_it()
    customize(toy, {})
    await toy.all_of_it()


async def test_others_write_and_remove(toy: Watched) -> None:
    one, before = toy.entity().entity_id, toy.state()
    for _ in range(2):
        for text, more in (("forged", {"x": 1}), (before.state, {"x": 1})):
            toy.hass.states.async_set(one, text, more)
            await toy.all_of_it(3.0)
        toy.hass.states.async_set(one, toy.state().state, dict(before.attributes))
        await toy.all_of_it()
        toy.hass.states.async_remove(one)
        await toy.all_of_it(0.0)
        update = toy.hass.services.async_call(
            CORE, "update_entity", {"entity_id": [one]}, blocking=True
        )
        await toy.home.clock.wait(update)
        await toy.all_of_it()


async def test_others_write_another_value_with_the_same_beside_it(toy: Watched) -> None:
    state = toy.state()
    toy.hass.states.async_set(state.entity_id, "99", dict(state.attributes))
    await toy.hear(WILD[0], 0.1)


async def test_a_listener_adds_an_attribute_once(toy: Watched) -> None:
    one = toy.entity().entity_id

    @callback
    def adds(event: Event[Any]) -> None:
        if event.data["entity_id"] == one:
            stop()
            state = event.data["new_state"]
            more = {**state.attributes, "added": 1}
            toy.hass.states.async_set(one, state.state, more)

    toy.hass.states.async_set(one, "forged")
    stop = toy.hass.bus.async_listen(EVENT_STATE_CHANGED, adds)
    toy.entity().async_write_ha_state()
    await toy.hear(WILD[0], 0.1)


async def test_a_listener_customizes(toy: Watched) -> None:
    one = toy.entity().entity_id

    @callback
    def customizes(event: Event[Any]) -> None:
        if event.data["entity_id"] == one:
            stop()
            customize(toy, {one: {"added": 1}})

    toy.hass.states.async_set(one, "forged")
    stop = toy.hass.bus.async_listen(EVENT_STATE_CHANGED, customizes)
    toy.entity().async_write_ha_state()
    await toy.hear(WILD[0], 0.1)


async def test_disabled_enabled_reloaded_and_silent(toy: Watched) -> None:
    entry = toy.hass.config_entries.async_entries("mi_bms")[0]
    one = toy.entity().entity_id
    toy.registry.async_update_entity(one, disabled_by=er.RegistryEntryDisabler.USER)
    toy.says((1000, 2000, 2500, 20))
    await toy.all_of_it()
    assert toy.hass.states.get(one) is None
    toy.registry.async_update_entity(one, disabled_by=None)
    toy.says((1100, 2000, 2500, 20))
    await toy.all_of_it()
    assert toy.hass.states.get(one) is not None
    await toy.home.clock.wait(toy.hass.config_entries.async_reload(entry.entry_id))
    await toy.all_of_it()
    await toy.home.clock.run(4000)
    assert toy.state().state == "unavailable"
    toy.compare()
    await toy.all_of_it()


async def test_a_listener_changes_the_registry(toy: Watched) -> None:
    names = iter(range(10_000))

    @callback
    def changes(event: Event[Any]) -> None:
        one = event.data["entity_id"]
        if one == toy.entity().entity_id and (number := next(names)) % 3 == 0:
            more: dict[str, Any] = {"name": f"Name {number}", "icon": f"mdi:{number}"}
            toy.registry.async_update_entity(one, **more)

    toy.hass.bus.async_listen(EVENT_STATE_CHANGED, changes)
    await toy.all_of_it()
    assert next(names) > 5


def times(state: State) -> tuple[datetime, datetime, datetime]:
    return state.last_changed, state.last_updated, state.last_reported


async def test_the_same_again_is_not_written(toy: Watched) -> None:
    """Nor is it by Home Assistant's own passive processors."""
    for value in WILD:
        await toy.hear(value)
        before = times(toy.state())
        for _ in range(3):
            await toy.hear(value)
            assert times(toy.state()) == before


async def test_times_are_those_of_the_advert(toy: Watched) -> None:
    for number in range(6):
        before = toy.state()
        await toy.hear((1000 + 300 * number, 4000, 2900, 60))
        state = toy.state()
        assert state.last_changed == state.last_updated == state.last_reported
        assert state.last_changed_timestamp - before.last_changed_timestamp >= 61


async def test_who_is_to_blame_for_a_change(toy: Watched) -> None:
    context = Context()
    toy.entity().async_set_context(context)
    await toy.hear(WILD[0], 0.1)
    assert toy.state().context is context


async def test_chance_meddles(toy: Watched) -> None:
    chance, one = random.Random(3), toy.entity().entity_id
    meddling: list[Callable[[], object]] = [
        lambda: toy.hass.states.async_set(one, "7", {}),
        lambda: toy.hass.states.async_remove(one),
        lambda: toy.registry.async_update_entity(one, name=str(chance.random())),
        lambda: toy.registry.async_update_entity_options(
            one, "sensor", unit(chance.choice(["°F", "K", "°C"]))
        ),
        lambda: toy.entity().async_write_ha_state(),
        lambda: customize(toy, {one: {"z": chance.random()}}),
    ]
    for number in range(150):
        chance.choice(meddling)()
        if chance.random() < 0.5:
            chance.choice(meddling)()
        await toy.hear(WILD[number % len(WILD)], chance.choice([0.0, 1.0, 61.0]))
