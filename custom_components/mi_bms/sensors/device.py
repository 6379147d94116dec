"""A sensor as a device of Home Assistant."""

from homeassistant.helpers.device_registry import CONNECTION_BLUETOOTH, DeviceInfo

from ..const import CONF_MODEL, DOMAIN, STOCK
from .coordinator import SensorCoordinator


def sensor_device(coordinator: SensorCoordinator) -> DeviceInfo:
    """Describe a sensor as a device; its model is known from the first advert on."""
    entry, decoder = coordinator.entry, coordinator.decoder
    spec = decoder.spec
    return DeviceInfo(
        identifiers={(DOMAIN, coordinator.address)},
        connections={(CONNECTION_BLUETOOTH, coordinator.address)},
        name=entry.title,
        manufacturer=spec.manufacturer if spec else None,
        model=(spec.name if spec else None) or entry.data.get(CONF_MODEL),
        model_id=decoder.model,
        # The maker's own firmware does not tell its version; others are worth knowing.
        sw_version=None if decoder.firmware == STOCK else decoder.firmware,
    )
