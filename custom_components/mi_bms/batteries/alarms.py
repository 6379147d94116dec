"""The alarms of a battery: a sensor of the most serious one, and an event when one appears or clears."""

from typing import Any, Final, cast, override

from homeassistant.components.event import (
    EventDeviceClass,
    EventEntity,
    EventEntityDescription,
)
from homeassistant.const import EntityCategory
from homeassistant.core import callback

from ..proto.bms.alarms import Alarm, active
from ..proto.bms.profile import Spot
from ..proto.model.fields import Field
from ..quantities import NO_ALARM
from .coordinator import BatteryCoordinator
from .entity import BatteryEntity
from .values import BatterySensor

ATTR_ACTIVE: Final = "active"
ATTR_CHANGE: Final = "change"
APPEARED: Final = "appeared"
CLEARED: Final = "cleared"

# Home Assistant has no such class: it tells the events of alarms from those of buttons, where the
# automation editor offers what a trigger is for.
ALARM_CLASS: Final = cast(EventDeviceClass, "alarm")

# The word of the alarm is the event's type, so an automation can wait for one alarm.
ALARM: Final = EventEntityDescription(
    key=Field.ALARM,
    translation_key=Field.ALARM,
    device_class=ALARM_CLASS,
    entity_category=EntityCategory.DIAGNOSTIC,
    event_types=[str(alarm) for alarm in Alarm],
)


class AlarmSensor(BatterySensor):
    """The most serious active alarm of a battery; its attributes have all of them."""

    @property
    def _active(self) -> tuple[Alarm, ...]:
        sample = self.sample
        if sample is None:
            return ()
        return active(sample.alarms, sample.values.get(Field.PROBLEM))

    @property
    @override
    def native_value(self) -> str | None:
        """Return the word of the most serious alarm; None when the battery did not tell."""
        if self._active:
            return self._active[0]
        sample = self.sample
        return NO_ALARM if sample and Field.PROBLEM in sample.values else None

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        """Return all active alarms, the most serious first: words, nothing to draw a graph of."""
        return {ATTR_ACTIVE: list(self._active)}


class AlarmEvent(BatteryEntity, EventEntity):
    """An event for each alarm that appears or clears; the first reading after a start fires none."""

    _active: frozenset[Alarm] | None = None

    def __init__(self, coordinator: BatteryCoordinator, spot: Spot) -> None:
        """Take an id of its own beside the sensor of the same field."""
        super().__init__(coordinator, ALARM, spot)
        self._attr_unique_id = f"{coordinator.address}-{spot.key}_{ATTR_CHANGE}"

    @override
    async def async_added_to_hass(self) -> None:
        """Take what is active in a sample that was read since the start as known."""
        await super().async_added_to_hass()
        self._compare()

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        # Triggers do not take for news what comes out of "unavailable": it ends before.
        self.async_write_ha_state()
        self._compare()

    def _compare(self) -> None:
        """Fire what is different from the last reading."""
        sample = self.sample
        if sample is None or not self.coordinator.battery.was_read:
            return
        if Field.PROBLEM not in sample.values:
            # The battery did not tell: nothing has appeared, and nothing has gone.
            return
        found = frozenset(active(sample.alarms, sample.values.get(Field.PROBLEM)))
        before, self._active = self._active, found
        if before is None or before == found:
            return
        for alarm, change in (
            *((alarm, CLEARED) for alarm in sorted(before - found)),
            *((alarm, APPEARED) for alarm in sorted(found - before)),
        ):
            self._trigger_event(alarm, {ATTR_CHANGE: change})
            self.async_write_ha_state()
