"""Event entities: one for each button, dimmer, lock … of a sensor."""

from collections.abc import Mapping
from typing import Final, override

from homeassistant.components.event import (
    DOMAIN as EVENT_DOMAIN,
    ButtonEventType,
    DoorbellEventType,
    EventDeviceClass,
    EventEntity,
    EventEntityDescription,
)
from homeassistant.components.event.const import ATTR_MULTI_PRESS_COUNT
from homeassistant.const import CONF_DEVICE_ID, CONF_TYPE
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .batteries.coordinator import BatteryCoordinator
from .batteries.entity import BatteryEntity, async_add_battery
from .batteries.profile import Spot
from .const import ATTR_SOURCE, EVENT_HAPPENED
from .entries import runtime_of
from .entry import MiBmsConfigEntry
from .proto.bms.alarms import Alarm, active
from .proto.mibeacon.devices import EVENT_TYPES
from .proto.model.fields import Field
from .proto.model.reading import Event
from .sensors.coordinator import SensorCoordinator
from .sensors.device import sensor_device

PARALLEL_UPDATES = 0

_ID_PREFIX: Final = "event_"
_CLASSES: Final[Mapping[str, EventDeviceClass]] = {
    "button": EventDeviceClass.BUTTON,
    "doorbell": EventDeviceClass.DOORBELL,
    "motion": EventDeviceClass.MOTION,
}

# An alarm comes or goes: the word is the type, so an automation can wait for one alarm.
ALARM: Final = EventEntityDescription(
    key=Field.ALARM,
    translation_key=Field.ALARM,
    event_types=[str(alarm) for alarm in Alarm],
)
ATTR_CHANGE: Final = "change"
APPEARED: Final = "appeared"
CLEARED: Final = "cleared"

# Home Assistant's own words for what buttons do, and the attributes that go with them.
_PRESSES: Final[Mapping[str, tuple[str, Mapping[str, int]]]] = {
    "press": (ButtonEventType.PRESS_END, {}),
    "double_press": (ButtonEventType.MULTI_PRESS_END, {ATTR_MULTI_PRESS_COUNT: 2}),
    "triple_press": (ButtonEventType.MULTI_PRESS_END, {ATTR_MULTI_PRESS_COUNT: 3}),
    "long_press": (ButtonEventType.LONG_PRESS_END, {}),
    "long_double_press": (
        ButtonEventType.LONG_PRESS_END,
        {ATTR_MULTI_PRESS_COUNT: 2},
    ),
    "long_triple_press": (
        ButtonEventType.LONG_PRESS_END,
        {ATTR_MULTI_PRESS_COUNT: 3},
    ),
    "hold_press": (ButtonEventType.LONG_PRESS_START, {}),
    "hold_release": (ButtonEventType.LONG_PRESS_END, {}),
}


_RINGS: Final[Mapping[str, tuple[str, Mapping[str, int]]]] = {
    "rings": (DoorbellEventType.RING, {})
}
_STANDARD: Final = {"button": _PRESSES, "doorbell": _RINGS}


async def async_setup_entry(
    hass: HomeAssistant,
    entry: MiBmsConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add an event entity for each source that the model has or that was heard before."""
    coordinator = entry.runtime_data
    if not isinstance(coordinator, SensorCoordinator):
        _add_battery(entry, coordinator, async_add_entities)
        return
    prefix = f"{coordinator.address}-{_ID_PREFIX}"
    known = {key.lower() for key in coordinator.decoder.events}
    known.update(
        registered.unique_id.removeprefix(prefix)
        for registered in er.async_entries_for_config_entry(
            er.async_get(hass), entry.entry_id
        )
        if registered.domain == EVENT_DOMAIN
    )
    async_add_entities(SensorEvent(coordinator, key) for key in sorted(known))

    @callback
    def first_of_its_kind(key: str, event: Event) -> None:
        if key not in known:
            known.add(key)
            async_add_entities([SensorEvent(coordinator, key, event)])

    entry.async_on_unload(coordinator.async_on_new_event(first_of_its_kind))


def _add_battery(
    entry: MiBmsConfigEntry,
    coordinator: BatteryCoordinator,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the alarm event of a battery, and of each of its packs, that reports alarms."""

    def make(spot: Spot) -> AlarmEvent | None:
        shown = spot.field is Field.ALARM
        return AlarmEvent(entry, coordinator, spot) if shown else None

    async_add_battery(entry, coordinator, make, async_add_entities)


def source_of(registered: er.RegistryEntry) -> str | None:
    """Return the source of an event entity, or None for any other entity."""
    if registered.domain != EVENT_DOMAIN:
        return None
    return registered.unique_id.partition(f"-{_ID_PREFIX}")[2] or None


def types_of(
    hass: HomeAssistant, device: dr.AnyDeviceEntry, source: str
) -> tuple[str, ...]:
    """Return what can happen at a source: what the model has, else what there is of its kind."""
    coordinator = runtime_of(hass, device)
    known = coordinator if isinstance(coordinator, SensorCoordinator) else None
    return _types(known, source)


def _types(coordinator: SensorCoordinator | None, source: str) -> tuple[str, ...]:
    events = coordinator.decoder.events if coordinator else {}
    own = {key.lower(): types for key, types in events.items()}
    return own.get(source) or EVENT_TYPES.get(source.partition("_")[0], ())


class SensorEvent(EventEntity):
    """Be one source of events of a sensor."""

    _attr_has_entity_name = True
    _attr_should_poll = False

    def __init__(
        self, coordinator: SensorCoordinator, key: str, first: Event | None = None
    ) -> None:
        """Take types and name from the source's key; ``first`` is the event that made it known."""
        base = key.partition("_")[0]
        self._coordinator = coordinator
        self._key = key
        self._first = first
        self._attr_unique_id = f"{coordinator.address}-{_ID_PREFIX}{key}"
        self._attr_translation_key = key
        self._attr_device_info = sensor_device(coordinator)
        self._words = _STANDARD.get(base, {})
        types = (
            self._words.get(name, (name, {}))[0] for name in _types(coordinator, key)
        )
        self._attr_device_class = _CLASSES.get(base)
        self._attr_event_types = [str(name) for name in dict.fromkeys(types)]

    @property
    @override
    def available(self) -> bool:
        """Follow the sensor."""
        return self._coordinator.available

    @override
    async def async_added_to_hass(self) -> None:
        """Listen from now on, and fire the event that made this entity."""
        await super().async_added_to_hass()
        self.async_on_remove(self._coordinator.async_listen(self._key, self._happened))
        if self._first:
            self._happened(self._first)
            self._first = None

    @callback
    def _happened(self, event: Event) -> None:
        name, attributes = event.type, dict(event.properties)
        if self.device_entry:
            self.hass.bus.async_fire(
                EVENT_HAPPENED,
                {
                    CONF_DEVICE_ID: self.device_entry.id,
                    ATTR_SOURCE: self._key,
                    CONF_TYPE: name,
                    **attributes,
                },
            )
        if name in self._words:
            standard, extra = self._words[name]
            name, attributes = str(standard), {**attributes, **extra}
        if name in self.event_types:
            self._trigger_event(name, attributes)
            self.async_write_ha_state()


class AlarmEvent(BatteryEntity, EventEntity):
    """Tell when an alarm of a battery comes or goes; the first reading after a start tells nothing."""

    _active: frozenset[Alarm] | None = None

    def __init__(
        self, entry: MiBmsConfigEntry, coordinator: BatteryCoordinator, spot: Spot
    ) -> None:
        """Take an id of its own beside the sensor of the same field."""
        super().__init__(entry, coordinator, ALARM, spot)
        self._attr_unique_id = f"{coordinator.address}-{spot.key}_{ATTR_CHANGE}"

    @override
    async def async_added_to_hass(self) -> None:
        """Take what is active in a sample that was read since the start as known."""
        await super().async_added_to_hass()
        self._compare()

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        if not self._compare():
            self.async_write_ha_state()

    def _compare(self) -> bool:
        """Fire what is different from the last reading; say whether anything was."""
        sample = self.sample
        if sample is None or not self.coordinator.was_read:
            return False
        if Field.PROBLEM not in sample.values:
            # The battery did not tell: nothing has appeared, and nothing has gone.
            return False
        found = frozenset(active(sample.alarms, sample.values.get(Field.PROBLEM)))
        before, self._active = self._active, found
        if before is None or before == found:
            return False
        for alarm, change in (
            *((alarm, CLEARED) for alarm in sorted(before - found)),
            *((alarm, APPEARED) for alarm in sorted(found - before)),
        ):
            self._trigger_event(alarm, {ATTR_CHANGE: change})
            self.async_write_ha_state()
        return True
