"""A sensor as a device of Home Assistant, and what all its entities beside its values have in common."""

from typing import Final, override

from homeassistant.core import callback
from homeassistant.helpers import device_registry as dr, issue_registry as ir
from homeassistant.helpers.device_registry import CONNECTION_BLUETOOTH, DeviceInfo
from homeassistant.helpers.entity import Entity

from ..const import CONF_MODEL, DOMAIN, STOCK
from ..entries import name_of
from ..proto.model.reading import Outcome
from .coordinator import SensorCoordinator

MUTE: Final = "firmware_mute"


def _firmware(coordinator: SensorCoordinator) -> str | None:
    """Return what runs on a sensor: other firmware by its name, the maker's by what was read of it."""
    told = coordinator.decoder.firmware
    if told is not None and told != STOCK:
        return told
    return coordinator.active.firmware if coordinator.active else None


@callback
def _device(coordinator: SensorCoordinator) -> dr.DeviceEntry | None:
    return dr.async_get(coordinator.hass).async_get_device_by_identifier(
        (DOMAIN, coordinator.address), coordinator.entry.entry_id
    )


@callback
def async_tell_firmware(coordinator: SensorCoordinator) -> None:
    """Write the firmware into the device once it was read: its entities were made before."""
    device = _device(coordinator)
    if device and (firmware := _firmware(coordinator)):
        dr.async_get(coordinator.hass).async_update_device(
            device.id, sw_version=firmware
        )


@callback
def async_judge_firmware(coordinator: SensorCoordinator) -> None:
    """Tell of firmware that is too old to broadcast, and what to do, as long as no value was heard."""
    active, entry = coordinator.active, coordinator.entry
    firmware = active.firmware if active else None
    heard = coordinator.decoder.counters.get(Outcome.DECODED)
    if not active or heard or not active.spec.is_mute(firmware):
        async_firmware_judged(coordinator)
        return
    ir.async_create_issue(
        coordinator.hass,
        DOMAIN,
        f"{MUTE}_{entry.entry_id}",
        is_fixable=False,
        severity=ir.IssueSeverity.WARNING,
        translation_key=MUTE,
        translation_placeholders={
            "name": name_of(coordinator.hass, entry),
            "firmware": str(firmware),
        },
    )


@callback
def async_firmware_judged(coordinator: SensorCoordinator) -> None:
    """Tell no more of its firmware."""
    issue = f"{MUTE}_{coordinator.entry.entry_id}"
    ir.async_delete_issue(coordinator.hass, DOMAIN, issue)


def sensor_device(coordinator: SensorCoordinator) -> DeviceInfo:
    """Describe a sensor as a device; its model is known from the first advert on.

    What is not known yet is left out: what the device has of an earlier start stays.
    """
    entry, decoder = coordinator.entry, coordinator.decoder
    info = DeviceInfo(
        identifiers={(DOMAIN, coordinator.address)},
        connections={(CONNECTION_BLUETOOTH, coordinator.address)},
        name=entry.title,
    )
    if spec := decoder.spec:
        info["manufacturer"] = spec.manufacturer
        # The maker's words where they say more than the model does.
        info["model"] = spec.title or spec.model
        info["model_id"] = decoder.model if spec.title else None
    elif not _has_model(coordinator):
        info["model"] = entry.data.get(CONF_MODEL)
    firmware = _firmware(coordinator)
    if firmware or decoder.firmware:
        info["sw_version"] = firmware
    return info


@callback
def _has_model(coordinator: SensorCoordinator) -> bool:
    device = _device(coordinator)
    return device is not None and device.model is not None


class OfSensor(Entity):
    """An entity of a sensor that is not one of the fields that it sends."""

    _attr_has_entity_name = True
    _attr_should_poll = False

    def __init__(self, coordinator: SensorCoordinator, key: str) -> None:
        """Take the sensor, and the key that tells the entity from its others."""
        self._coordinator = coordinator
        self._attr_unique_id = f"{coordinator.address}-{key}"

    @property
    @override
    def device_info(self) -> DeviceInfo:
        """Return the device of the sensor; needed once, so nothing is kept."""
        return sensor_device(self._coordinator)
