"""Find what runs behind a device of the registry."""

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr


def runtime_of(hass: HomeAssistant, device: dr.AnyDeviceEntry | None) -> object:
    """Give what a device's entry runs; None when the device is gone or its entry does not run."""
    if device is None:
        return None
    entry = hass.config_entries.async_get_entry(device.config_entry_id)
    return getattr(entry, "runtime_data", None)


def runtime_of_id(hass: HomeAssistant, device_id: str) -> object:
    """Give what the entry of the device with this id runs."""
    return runtime_of(hass, dr.async_get(hass).async_get(device_id))
