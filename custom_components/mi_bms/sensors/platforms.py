"""Which entities a sensor has, by platform."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import Platform
from homeassistant.core import callback
from homeassistant.helpers.entity import Entity
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .capture_button import RecordButton
from .coordinator import SensorCoordinator
from .derived import async_add_derived, async_add_needs, trackers
from .entity import async_add_flags, async_add_values
from .events import async_add_events
from .gatt_entities import buttons, numbers, selects
from .reception import async_add_reception

type Add = Callable[
    [ConfigEntry[SensorCoordinator], AddConfigEntryEntitiesCallback], None
]


def _all(*made: Callable[[SensorCoordinator], Iterable[Entity]]) -> Add:
    """Return what adds everything that a sensor has of a platform from the start."""

    @callback
    def add(
        entry: ConfigEntry[SensorCoordinator],
        async_add_entities: AddConfigEntryEntitiesCallback,
    ) -> None:
        for make in made:
            async_add_entities(make(entry.runtime_data))

    return add


@callback
def _add_sensors(
    entry: ConfigEntry[SensorCoordinator],
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    async_add_values(entry, async_add_entities)
    async_add_derived(entry, async_add_entities)
    async_add_reception(entry, async_add_entities)


@callback
def _add_flags(
    entry: ConfigEntry[SensorCoordinator],
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    async_add_flags(entry, async_add_entities)
    async_add_needs(entry, async_add_entities)


PLATFORMS: Final[Mapping[Platform, Add]] = {
    Platform.BINARY_SENSOR: _add_flags,
    Platform.BUTTON: _all(lambda coordinator: [RecordButton(coordinator)], buttons),
    Platform.DEVICE_TRACKER: _all(trackers),
    Platform.EVENT: async_add_events,
    Platform.NUMBER: _all(numbers),
    Platform.SELECT: _all(selects),
    Platform.SENSOR: _add_sensors,
}
