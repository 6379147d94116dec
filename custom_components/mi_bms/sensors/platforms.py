"""Which entities a sensor has, by platform."""

from collections.abc import Callable, Mapping
from typing import Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import Platform
from homeassistant.core import callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .capture_button import RecordButton
from .coordinator import SensorCoordinator
from .events import async_add_events
from .gatt_entities import buttons, numbers, selects
from .reception import async_add_reception
from .values import async_add_flags, async_add_values


@callback
def _add_sensors(
    entry: ConfigEntry[SensorCoordinator],
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    async_add_values(entry, async_add_entities)
    async_add_reception(entry, async_add_entities)


@callback
def _add_buttons(
    entry: ConfigEntry[SensorCoordinator],
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    coordinator = entry.runtime_data
    async_add_entities([RecordButton(coordinator), *buttons(coordinator)])


@callback
def _add_numbers(
    entry: ConfigEntry[SensorCoordinator],
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    async_add_entities(numbers(entry.runtime_data))


@callback
def _add_selects(
    entry: ConfigEntry[SensorCoordinator],
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    async_add_entities(selects(entry.runtime_data))


PLATFORMS: Final[
    Mapping[
        Platform,
        Callable[
            [ConfigEntry[SensorCoordinator], AddConfigEntryEntitiesCallback], None
        ],
    ]
] = {
    Platform.BINARY_SENSOR: async_add_flags,
    Platform.BUTTON: _add_buttons,
    Platform.EVENT: async_add_events,
    Platform.NUMBER: _add_numbers,
    Platform.SELECT: _add_selects,
    Platform.SENSOR: _add_sensors,
}
