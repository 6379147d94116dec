"""Who uses the entities of a device that moves, and what of that does not go on by itself.

Most of it does: entity ids and their history stay. What names the other integration's own words has to
be changed by hand: its device triggers, its event types, its events and attributes.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

import probatio

from homeassistant.const import (
    CONF_CONDITION,
    CONF_DEVICE_ID,
    CONF_DOMAIN,
    CONF_ENTITY_ID,
    CONF_TRIGGER,
    CONF_TYPE,
    Platform,
)
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.entityfilter import FILTER_SCHEMA, EntityFilter
from homeassistant.util import yaml

from ..const import DOMAIN
from ..proto.model.names import clean_name
from ..proto.takeover.model import MovePlan, Recipe, Ruling, Trigger
from ..proto.takeover.peers import PEERS
from ..sensors.event_words import STANDARD

_AUTOMATION: Final = "automation"
_SCRIPT: Final = "script"
_HOMEKIT: Final = "homekit"
_EVENT_TYPE: Final = "event_type"
_SUBTYPE: Final = "subtype"
_EVENT: Final = "event_"  # what the keys of events begin with
# Attributes of the other's entities for which we have entities.
_ATTRIBUTES: Final[Mapping[str, tuple[str, ...]]] = {
    "bms_ble": ("cell_voltages", "temperature_sensors", "problem_code", "cells"),
}
# Triggers and conditions of what is on or off, for a class that we do not have -> for none.
_PLAIN: Final[Mapping[str, tuple[str, str]]] = {
    CONF_TRIGGER: ("turned_on", "turned_off"),
    CONF_CONDITION: ("is_on", "is_off"),
}


class UsedBy(NamedTuple):
    """An automation or a script."""

    entity_id: str
    name: str


class BrokenTrigger(NamedTuple):
    """A trigger or condition that no longer works after the move; ``text`` is what it has to be, as YAML."""

    where: UsedBy
    old: str
    text: str | None


class OldWord(NamedTuple):
    """A word of an event entity that is another one with us."""

    where: UsedBy
    entity_id: str
    old: str
    new: str


class Uses(NamedTuple):
    """Who uses the entities of a device that moves; ``home`` are accessories that Apple Home loses.

    ``by_device`` choose by a device that stays where it is. ``events`` and ``attributes`` use what the
    other integration alone has.
    """

    automations: tuple[UsedBy, ...] = ()
    scripts: tuple[UsedBy, ...] = ()
    by_device: tuple[UsedBy, ...] = ()
    triggers: tuple[BrokenTrigger, ...] = ()
    words: tuple[OldWord, ...] = ()
    events: tuple[UsedBy, ...] = ()
    attributes: tuple[UsedBy, ...] = ()
    home: tuple[str, ...] = ()


@callback
def async_uses(hass: HomeAssistant, plan: MovePlan) -> Uses:
    """Return who uses the entities and the device of a plan."""
    moving = [one.old.entity_id for one in plan.moving]
    all_of_it = [one.old.entity_id for one in plan.rulings]
    devices = sorted(_device_ids(hass, plan))
    automations, scripts, by_device = _users(hass, devices, all_of_it)
    if plan.recipe is Recipe.OWN:
        automations |= {one for one in by_device if one.startswith("automation.")}
        scripts |= {one for one in by_device if one.startswith("script.")}
    configured = list(_configured(hass))
    return Uses(
        automations=_uses(hass, automations),
        scripts=_uses(hass, scripts),
        by_device=() if plan.recipe is Recipe.OWN else _uses(hass, by_device),
        triggers=tuple(async_broken_triggers(hass, plan)),
        words=tuple(_old_words(plan, configured)),
        events=tuple(
            use for use, raw in configured if _waits_for_event(raw, plan, devices)
        ),
        attributes=tuple(use for use, raw in configured if _reads_attribute(raw, plan)),
        home=_shown_in_home(hass, moving),
    )


@callback
def async_broken_triggers(hass: HomeAssistant, plan: MovePlan) -> list[BrokenTrigger]:
    """Return the triggers and conditions that do not work after a move, as long as they are there."""
    devices = _device_ids(hass, plan)
    turned = {
        one: ruling
        for ruling in plan.moving
        if _loses_class(hass, ruling)
        for one in (ruling.old.row_id, ruling.old.entity_id)
    }
    return [
        broken
        for use, raw in _configured(hass)
        for said in _tables(raw)
        if said.get(CONF_DEVICE_ID) in devices
        if (broken := _broken(use, said, plan, turned))
    ]


def _broken(
    use: UsedBy, said: Mapping[str, Any], plan: MovePlan, turned: Mapping[str, Ruling]
) -> BrokenTrigger | None:
    kind = str(said.get(CONF_TYPE, ""))
    if said.get(CONF_DOMAIN) == plan.peer:
        old = Trigger(kind, str(said.get(_SUBTYPE, "")))
        new = PEERS[plan.peer].trigger(old) if plan.peer in PEERS else None
        same_device = plan.recipe is Recipe.OWN
        text = _as_yaml(said, DOMAIN, new) if new and same_device else None
        return BrokenTrigger(use, " ".join(old), text)
    if said.get(CONF_DOMAIN) != Platform.BINARY_SENSOR:
        return None
    how = CONF_CONDITION if CONF_CONDITION in said else CONF_TRIGGER
    if str(said.get(CONF_ENTITY_ID)) not in turned or kind in _PLAIN[how]:
        return None
    plain = _PLAIN[how]["not_" in kind]
    text = _as_yaml(said, Platform.BINARY_SENSOR, Trigger(plain, ""))
    return BrokenTrigger(use, kind, text)


def _as_yaml(said: Mapping[str, Any], domain: str, new: Trigger) -> str:
    how = CONF_CONDITION if CONF_CONDITION in said else CONF_TRIGGER
    kept = {
        name: str(said[name])
        for name in (CONF_DEVICE_ID, CONF_ENTITY_ID)
        if name in said
    }
    table = {how: "device", CONF_DOMAIN: str(domain), **kept, CONF_TYPE: new.type}
    if new.subtype:
        table[_SUBTYPE] = new.subtype
    return yaml.dump([table]).strip()


def _loses_class(hass: HomeAssistant, ruling: Ruling) -> bool:
    """Return whether what is on or off has a class there and none with us, and no own one of the user."""
    row = er.async_get(hass).async_get(ruling.old.entity_id)
    chosen = row is not None and row.device_class is not None
    ours = ruling.ours
    flag = ruling.old.domain == Platform.BINARY_SENSOR
    lost = bool(ours and ruling.old.device_class and ours.device_class is None)
    return flag and lost and not chosen


def _old_words(
    plan: MovePlan, configured: Iterable[tuple[UsedBy, Any]]
) -> Iterator[OldWord]:
    """Yield where an event entity stands beside one of its words that is another one with us."""
    renamed = {
        ruling.old.entity_id: words
        for ruling in plan.moving
        if ruling.ours and ruling.ours.domain == Platform.EVENT
        if (words := _renamed(ruling.ours.key))
    }
    for use, raw in configured:
        texts = set(_texts(raw)) if renamed else set[str]()
        for entity_id, words in renamed.items():
            if entity_id in texts:
                for old in sorted(words.keys() & texts):
                    yield OldWord(use, entity_id, old, words[old])


def _renamed(key: str) -> Mapping[str, str]:
    base = key.removeprefix(_EVENT).partition("_")[0]
    words = STANDARD.get(base, {})
    return {old: str(word.type) for old, word in words.items() if word.type != old}


def _waits_for_event(raw: Any, plan: MovePlan, devices: Iterable[str]) -> bool:
    """Return whether something waits for the other's own events, of this device or of any."""
    address = plan.address.casefold()
    mine = {address, address.replace(":", ""), *devices}
    for said in _tables(raw):
        names = _texts(said.get(_EVENT_TYPE))
        if any(name.startswith(plan.peer) for name in names):
            data = [one.casefold() for one in _texts(said.get("event_data"))]
            if not data or mine.intersection(data):
                return True
    return False


def _reads_attribute(raw: Any, plan: MovePlan) -> bool:
    names = _ATTRIBUTES.get(plan.peer, ())
    entities = [one.old.entity_id for one in plan.rulings]
    return any(
        any(entity_id in text for entity_id in entities)
        and any(name in text for name in names)
        for text in (_texts(raw) if names else ())
    )


def _shown_in_home(hass: HomeAssistant, moving: Iterable[str]) -> tuple[str, ...]:
    """Return which entities a bridge shows in Apple Home, which knows them by platform and unique id."""
    filters = []
    for entry in hass.config_entries.async_loaded_entries(_HOMEKIT):
        try:
            filters.append(FILTER_SCHEMA(entry.options.get("filter") or {}))
        except probatio.Invalid:
            continue
    registry = er.async_get(hass)
    return tuple(
        one
        for one in moving
        if any(_passes(registry.async_get(one), one, chosen) for chosen in filters)
    )


def _passes(row: er.RegistryEntry | None, entity_id: str, chosen: EntityFilter) -> bool:
    quiet = row is not None and (row.entity_category or row.hidden_by)
    return chosen(entity_id) and (not quiet or chosen.explicitly_included(entity_id))


def _device_ids(hass: HomeAssistant, plan: MovePlan) -> set[str]:
    """Return the ids under which automations know the device: what was split has its old one, too."""
    device = dr.async_get(hass).async_get(plan.device_id)
    former = getattr(device, "composite_device_id", None)
    return {plan.device_id} | ({former} if former else set())


def _uses(hass: HomeAssistant, entity_ids: Iterable[str]) -> tuple[UsedBy, ...]:
    return tuple(_use(hass, one) for one in sorted(entity_ids))


def _users(
    hass: HomeAssistant, devices: list[str], entities: list[str]
) -> tuple[set[str], set[str], set[str]]:
    """Return automations and scripts that use entities, and what of both uses devices."""
    automations, scripts, by_device = set[str](), set[str](), set[str]()
    # Imported only where it is there: a house without automations needs none of it.
    if _AUTOMATION in hass.config.components:
        from homeassistant.components import automation  # noqa: PLC0415

        for one in devices:
            by_device.update(automation.automations_with_device(hass, one))
        for one in entities:
            automations.update(automation.automations_with_entity(hass, one))
    if _SCRIPT in hass.config.components:
        from homeassistant.components import script  # noqa: PLC0415

        for one in devices:
            by_device.update(script.scripts_with_device(hass, one))
        for one in entities:
            scripts.update(script.scripts_with_entity(hass, one))
    return automations, scripts, by_device


def _use(hass: HomeAssistant, entity_id: str) -> UsedBy:
    state = hass.states.get(entity_id)
    name = clean_name(state.name) if state else ""
    return UsedBy(entity_id, name or entity_id)


def _configured(hass: HomeAssistant) -> Iterator[tuple[UsedBy, Any]]:
    """Yield all automations and scripts as they were written."""
    for component in (hass.data.get(_AUTOMATION), hass.data.get(_SCRIPT)):
        for entity in component.entities if component else ():
            yield _use(hass, entity.entity_id), entity.raw_config


def _tables(raw: Any) -> Iterator[Mapping[str, Any]]:
    left = [raw]
    while left:
        one = left.pop()
        if isinstance(one, Mapping):
            yield one
            left.extend(one.values())
        elif isinstance(one, list | tuple):
            left.extend(one)


def _texts(raw: Any) -> Iterator[str]:
    left = [raw]
    while left:
        one = left.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, Mapping):
            left.extend(one.values())
        elif isinstance(one, list | tuple):
            left.extend(one)
