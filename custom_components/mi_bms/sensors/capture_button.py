"""The button that captures a sensor's adverts for a bug report."""

from typing import Final, override

from homeassistant.components.button import ButtonEntity, ButtonEntityDescription
from homeassistant.const import EntityCategory
from homeassistant.exceptions import HomeAssistantError

from ..const import DOMAIN
from ..lean import lean
from .coordinator import SensorCoordinator
from .device import OfSensor

RECORD_SECONDS: Final = 300.0
RECORD: Final = ButtonEntityDescription(
    key="record",
    translation_key="record",
    entity_category=EntityCategory.DIAGNOSTIC,
)


@lean
class RecordButton(OfSensor, ButtonEntity):
    """The button; the diagnostics of the device hold the recording afterwards."""

    def __init__(self, coordinator: SensorCoordinator) -> None:
        """Show it for sensors that we do not know; the others have it, switched off."""
        super().__init__(coordinator, RECORD.key)
        self.entity_description = RECORD
        self._attr_entity_registry_enabled_default = coordinator.decoder.spec is None

    @override
    async def async_press(self) -> None:
        """Begin to record; nothing waits for the end."""
        if self._coordinator.path.capture.running is not None:
            raise HomeAssistantError(
                translation_domain=DOMAIN, translation_key="already_recording"
            )
        self._coordinator.async_record(RECORD_SECONDS, lambda _vectors: None)
