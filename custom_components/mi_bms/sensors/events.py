"""Event entities of a sensor: one for each button, dimmer, lock … that has shown itself.

An event reaches the entity of its source, the event bus (device triggers listen there) and nobody else.
"""

from collections.abc import Mapping
from typing import Final, override

from homeassistant.components.event import (
    ATTR_MULTI_PRESS_COUNT,
    DOMAIN as EVENT_DOMAIN,
    EventDeviceClass,
    EventEntity,
)
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_DEVICE_ID, CONF_TYPE
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..const import ATTR_SOURCE, DOMAIN, EVENT_HAPPENED
from ..entries import runtime_of
from ..lean import lean
from ..proto.mibeacon.devices import EVENT_TYPES
from ..proto.model.reading import Event
from .coordinator import SensorCoordinator
from .device import OfSensor
from .event_words import entity_types, told, trigger_types

_ID_PREFIX: Final = "event_"
_CLASSES: Final[Mapping[str, EventDeviceClass]] = {
    "button": EventDeviceClass.BUTTON,
    "dimmer": EventDeviceClass.BUTTON,
    "doorbell": EventDeviceClass.DOORBELL,
    "motion": EventDeviceClass.MOTION,
}


@callback
def async_add_events(
    entry: ConfigEntry[SensorCoordinator],
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add an event entity for each source that was heard before, and for another with its first event.

    Before that it would be "unknown", on a remote with many buttons for good. Device triggers are there
    from the beginning.
    """
    coordinator = entry.runtime_data
    prefix = f"{coordinator.address}-{_ID_PREFIX}"
    known = {
        registered.unique_id.removeprefix(prefix)
        for registered in er.async_entries_for_config_entry(
            er.async_get(coordinator.hass), entry.entry_id
        )
        if registered.domain == EVENT_DOMAIN
    }
    async_add_entities(SensorEvent(coordinator, key) for key in sorted(known))

    @callback
    def first_of_its_kind(key: str, event: Event) -> None:
        if key not in known:
            known.add(key)
            async_add_entities([SensorEvent(coordinator, key, event)])

    coordinator.path.events.on_new = first_of_its_kind


def sources_of(hass: HomeAssistant, device: dr.AnyDeviceEntry) -> list[str]:
    """Return where something can happen on a device: what its model has, and what has shown itself."""
    coordinator = runtime_of(hass, device, SensorCoordinator)
    events = coordinator.decoder.events if coordinator else {}
    entities = er.async_entries_for_device(er.async_get(hass), device.id)
    shown = filter(None, map(_source_of, entities))
    return list(dict.fromkeys((*(key.lower() for key in events), *shown)))


def _source_of(registered: er.RegistryEntry) -> str | None:
    if registered.platform != DOMAIN or registered.domain != EVENT_DOMAIN:
        return None
    return registered.unique_id.partition(f"-{_ID_PREFIX}")[2] or None


def types_of(hass: HomeAssistant, device: dr.AnyDeviceEntry, source: str) -> list[str]:
    """Return what can happen at a source: what the model has, else what there is of its kind."""
    names = _types(runtime_of(hass, device, SensorCoordinator), source)
    return trigger_types(source, names)


def _types(coordinator: SensorCoordinator | None, source: str) -> tuple[str, ...]:
    events = coordinator.decoder.events if coordinator else {}
    own = {key.lower(): types for key, types in events.items()}
    return own.get(source) or EVENT_TYPES.get(source.partition("_")[0], ())


@lean
class SensorEvent(OfSensor, EventEntity):
    """One source of events of a sensor."""

    def __init__(
        self, coordinator: SensorCoordinator, key: str, first: Event | None = None
    ) -> None:
        """Take types and name from the source's key; ``first`` is the event that made it known."""
        super().__init__(coordinator, f"{_ID_PREFIX}{key}")
        base = key.partition("_")[0]
        self._key = key
        self._first = first
        self._was_here: bool | None = None
        self._attr_translation_key = key
        self._attr_device_class = _CLASSES.get(base)
        self._attr_event_types = entity_types(key, _types(coordinator, key))

    @property
    @override
    def available(self) -> bool:
        """Follow the sensor."""
        return self._coordinator.available

    @override
    async def async_added_to_hass(self) -> None:
        """Listen from now on, and fire the event that made this entity."""
        await super().async_added_to_hass()
        self.async_on_remove(
            self._coordinator.path.events.async_listen(self._key, self._happened)
        )
        self.async_on_remove(self._coordinator.async_follow(self._follow))
        if self._first:
            self._happened(self._first)
            self._first = None

    @callback
    def _follow(self) -> None:
        """Write that the sensor came or went; whoever follows it is told of each reading, too."""
        here = self.available
        if here is not self._was_here:
            self._was_here = here
            self.async_write_ha_state()

    @callback
    def _happened(self, event: Event) -> None:
        word, properties = told(event)
        if self.device_entry:
            counted = {ATTR_MULTI_PRESS_COUNT: word.presses} if word.presses else {}
            self.hass.bus.async_fire(
                EVENT_HAPPENED,
                {
                    CONF_DEVICE_ID: self.device_entry.id,
                    ATTR_SOURCE: self._key,
                    CONF_TYPE: word.type,
                    **properties,
                    **counted,
                },
            )
        if word.type in self.event_types:
            # Triggers do not take for news what comes out of "unavailable": it ends before.
            self.async_write_ha_state()
            self._trigger_event(word.type, {**properties, **word.attributes})
            self.async_write_ha_state()
