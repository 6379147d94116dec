"""The entities of an output: how much went out, waits, and was lost."""

from collections.abc import Callable, Mapping
from typing import Final, override

from homeassistant.components.sensor import (
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import EntityCategory, Platform
from homeassistant.core import callback
from homeassistant.helpers.device_registry import DeviceEntryType, DeviceInfo
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..const import DOMAIN
from ..proto.publish.outbox import Outbox
from .output import OutputConfigEntry


def _count(key: str, state_class: SensorStateClass) -> SensorEntityDescription:
    return SensorEntityDescription(
        key=key,
        translation_key=key,
        state_class=state_class,
        entity_category=EntityCategory.DIAGNOSTIC,
    )


_TOTAL: Final = SensorStateClass.TOTAL_INCREASING
OUTPUT_SENSORS: Final[Mapping[SensorEntityDescription, Callable[[Outbox], int]]] = {
    _count("messages_sent", _TOTAL): lambda outbox: outbox.sent,
    _count("messages_waiting", SensorStateClass.MEASUREMENT): len,
    _count("messages_dropped", _TOTAL): lambda outbox: outbox.dropped,
}


class OutputSensor(SensorEntity):
    """A figure of an output: looked at now and then, not with each message."""

    _attr_has_entity_name = True
    _attr_should_poll = True

    def __init__(
        self, entry: OutputConfigEntry, description: SensorEntityDescription
    ) -> None:
        """Take the row of the table."""
        self.entity_description = description
        self._outbox = entry.runtime_data.outbox
        self._look = OUTPUT_SENSORS[description]
        self._attr_unique_id = f"{entry.entry_id}-{description.key}"
        self._attr_device_info = DeviceInfo(
            identifiers={(DOMAIN, entry.entry_id)},
            name=entry.title,
            entry_type=DeviceEntryType.SERVICE,
        )

    @property
    @override
    def native_value(self) -> int:
        """Return the figure of this moment."""
        return self._look(self._outbox)


@callback
def _add_sensors(
    entry: OutputConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    async_add_entities([OutputSensor(entry, one) for one in OUTPUT_SENSORS])


PLATFORMS: Final = {Platform.SENSOR: _add_sensors}
