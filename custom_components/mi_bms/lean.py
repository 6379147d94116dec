"""Entities that keep little: what a row or Home Assistant fixes is not kept again for each of them.

Home Assistant caches some forty properties of each entity in its dictionary. Python lets the instances of a
class share the names in their dictionaries up to 30; an entity with more has a table of its own, 1.5 KiB
instead of 0.3, and most of what is cached is asked for once. A sensor with five entities takes 10 KiB less
with ``lean`` (``tests/bench/ha_path.py``), and a state is written as fast as without.
"""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final

from propcache.api import cached_property

from homeassistant.components.button import ButtonEntity
from homeassistant.components.sensor import SensorEntity
from homeassistant.helpers.entity import Entity

# Asked for with each state, and the same for all our entities.
FIXED: Final[dict[str, object]] = {
    "_unit_of_measurement_translation_key": None,  # units are translated by none of us
    "assumed_state": False,
    "attribution": None,
    "entity_picture": None,
    "force_update": False,
    "has_entity_name": True,
    "icon": None,
    "last_reset": None,
    "supported_features": None,
}
# Asked for with each state, and different; and the one that Home Assistant's tests replace in its base.
KEPT: Final = ("device_class", "entity_registry_enabled_default", "name")
KEPT_OF: Final[dict[type[Entity], tuple[str, ...]]] = {
    SensorEntity: (
        "capability_attributes",
        "native_unit_of_measurement",
        "options",
        "state_class",
        "suggested_display_precision",
    )
}
# What Home Assistant stores in each entity while it adds it.
STORED: Final = (
    "__attr_unique_id",
    "_cached_friendly_name",
    "_on_remove",
    "_platform_state",
    "_removed_from_registry",
    "_state_info",
    "_unsub_device_updates",
    "_verified_state_writable",
    "device_entry",
    "entity_description",
    "entity_id",
    "hass",
    "internal_integration_suggested_object_id",
    "parallel_updates",
    "platform",
    "platform_data",
    "registry_entry",
)
STORED_OF: Final[dict[type[Entity], tuple[str, ...]]] = {
    ButtonEntity: ("_ButtonEntity__last_pressed_isoformat",),
    SensorEntity: (
        "_sensor_option_display_precision",
        "_sensor_option_unit_of_measurement",
    ),
}


def lean[E: Entity](cls: type[E]) -> type[E]:
    """Let a class of entities, one that no other is made from, cache only what is asked for often."""
    kept = (*KEPT, *_of(cls, KEPT_OF))
    for name, found in _cached(cls).items():
        if name in FIXED:
            setattr(cls, name, FIXED[name])
        elif name not in kept:
            setattr(cls, name, _uncached(found.func))
    if issubclass(cls, SensorEntity):
        setattr(cls, "capability_attributes", _CAPABILITIES)  # noqa: B010  (read-only to mypy)
    # While many entities are made at a start, before each has all its names, Python would give up
    # sharing them: so one that nobody sees has them first.
    first = vars(object.__new__(cls))
    for name in (*STORED, *_of(cls, STORED_OF), *kept):
        first[name] = None
    return cls


def _of(cls: type[Entity], names: Mapping[type[Entity], tuple[str, ...]]) -> list[str]:
    return [name for base in cls.__mro__ for name in names.get(base, ())]


def _cached(cls: type[Entity]) -> dict[str, cached_property[Any]]:
    """Return what Home Assistant caches of the entities of a class, as far as we do not say it ourselves."""
    found: dict[str, Any] = {}
    for base in reversed(cls.__mro__):
        found |= vars(base)
    return {
        name: one
        for name, one in found.items()
        if isinstance(one, cached_property)
        and one.func.__module__.startswith("homeassistant.")
    }


@cache
def _uncached(ask: Callable[[Any], Any]) -> property:
    """Return a property that asks each time, one for all classes."""
    return property(ask)


_ASK: Final = SensorEntity.capability_attributes


def _capabilities(entity: SensorEntity) -> dict[str, Any] | None:
    """Return what a number can be; the registry keeps it, too, so it is one for all that say the same."""
    own: dict[str, Any] | None = _ASK.__get__(entity)
    return own and _SHARED.setdefault(str(own), own)


_SHARED: Final[dict[str, dict[str, Any]]] = {}
# Made anew for each state, as it is by Home Assistant, it took 0.25 of the 10 µs that writing a value takes.
_CAPABILITIES: Final = cached_property(_capabilities)
_CAPABILITIES.__set_name__(SensorEntity, "capability_attributes")
