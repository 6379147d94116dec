"""Read Xiaomi sensors and batteries over Home Assistant's Bluetooth."""

import logging
from typing import Any

from homeassistant.components.bluetooth import (
    DOMAIN as BLUETOOTH,
    async_rediscover_address,
)
from homeassistant.config_entries import SOURCE_IGNORE
from homeassistant.const import CONF_ADDRESS, Platform
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ConfigEntryError
from homeassistant.helpers import config_validation as cv, device_registry as dr
from homeassistant.helpers.typing import ConfigType

from .actions.table import async_setup_services
from .batteries.coordinator import BatteryCoordinator
from .batteries.entity import battery_device, pack_number
from .batteries.repairs import async_watch_health
from .const import (
    CONF_FAMILY,
    CONF_KEY,
    CONF_KIND,
    CONF_PROFILE,
    DOMAIN,
    KIND_BATTERY,
    KIND_OUTPUT,
    KIND_SENSOR,
)
from .entry import MiBmsConfigEntry
from .entry_schema import PROFILE, mended
from .keys.export import ExportView
from .keys.ring import async_keys
from .outputs.output import async_forget_output
from .outputs.setup import async_setup_output, async_stop_output
from .proto.bms import registry
from .proto.model.errors import Unsupported
from .runtime import SHARED, async_setup_shared
from .sensors.coordinator import SensorCoordinator
from .stored import sound

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)

_LOGGER = logging.getLogger(__name__)

SENSOR_PLATFORMS = (
    Platform.BINARY_SENSOR,
    Platform.BUTTON,
    Platform.EVENT,
    Platform.NUMBER,
    Platform.SELECT,
    Platform.SENSOR,
)
BATTERY_PLATFORMS = (
    Platform.BINARY_SENSOR,
    Platform.BUTTON,
    Platform.EVENT,
    Platform.SENSOR,
    Platform.SWITCH,
)
OUTPUT_PLATFORMS = (Platform.SENSOR,)


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Make what all entries share."""
    await async_setup_shared(hass)
    await async_keys(hass)
    async_setup_services(hass)
    hass.http.register_view(ExportView)
    return True


async def async_setup_entry(hass: HomeAssistant, entry: MiBmsConfigEntry) -> bool:
    """Set up one sensor, battery or output.

    Neither is waited for: the flow has met the device before the entry was made, and a pack that
    sleeps now still has its entities, with the values it had, from the profile it has shown.
    """
    if (parts := mended(entry)) is None:
        raise ConfigEntryError(
            translation_domain=DOMAIN,
            translation_key="entry_damaged",
            translation_placeholders={"name": entry.title},
        )
    _mend(hass, entry, *parts)
    if entry.data[CONF_KIND] == KIND_OUTPUT:
        await async_setup_output(hass, entry)
        await hass.config_entries.async_forward_entry_setups(entry, OUTPUT_PLATFORMS)
    elif entry.data[CONF_KIND] == KIND_BATTERY:
        await _async_setup_battery(hass, entry)
    else:
        await _async_keep_key(hass, entry)
        coordinator = SensorCoordinator(hass, entry)
        entry.runtime_data = coordinator
        await hass.config_entries.async_forward_entry_setups(entry, SENSOR_PLATFORMS)
        # Only now: the platforms must be there for the first advert.
        entry.async_on_unload(coordinator.async_start())
    return True


def _mend(
    hass: HomeAssistant,
    entry: MiBmsConfigEntry,
    data: dict[str, Any],
    options: dict[str, Any],
) -> None:
    """Keep of an entry what can be read; an option that cannot be is as it usually is."""
    if options != entry.options:
        _LOGGER.warning("Options of %s are damaged, some are left out", entry.entry_id)
    if data != entry.data or options != entry.options:
        hass.config_entries.async_update_entry(entry, data=data, options=options)


async def _async_keep_key(hass: HomeAssistant, entry: MiBmsConfigEntry) -> None:
    """Put the key on the ring, where it outlives the entry."""
    keys, address = await async_keys(hass), entry.data[CONF_ADDRESS]
    if text := entry.data.get(CONF_KEY):
        key = bytes.fromhex(text)
        if keys.ring.get(address) != key:
            keys.remember({address: key})


def _mend_profile(hass: HomeAssistant, entry: MiBmsConfigEntry) -> None:
    """Keep of the profile what can be read: the rest is learned again."""
    stored = entry.data.get(CONF_PROFILE)
    profile, _ = sound(PROFILE, stored)
    profile = PROFILE({}) if profile is None else profile
    if profile != stored:
        hass.config_entries.async_update_entry(
            entry, data={**entry.data, CONF_PROFILE: profile}
        )


async def _async_setup_battery(hass: HomeAssistant, entry: MiBmsConfigEntry) -> None:
    _mend_profile(hass, entry)
    try:
        family = await hass.async_add_import_executor_job(
            registry.load, entry.data[CONF_FAMILY]
        )
    except Unsupported as err:
        raise ConfigEntryError(
            translation_domain=DOMAIN,
            translation_key="family_unknown",
            translation_placeholders={"family": entry.data[CONF_FAMILY]},
        ) from err
    coordinator = BatteryCoordinator(hass, entry, family)
    entry.runtime_data = coordinator
    # Packs are parts of this device, so it has to be there first.
    device = dr.async_get(hass).async_get_or_create(
        config_entry_id=entry.entry_id, **battery_device(entry, coordinator)
    )
    coordinator.device_id = device.id
    await hass.config_entries.async_forward_entry_setups(entry, BATTERY_PLATFORMS)
    entry.async_on_unload(coordinator.async_watch())
    entry.async_on_unload(async_watch_health(hass, entry, coordinator))


async def async_unload_entry(hass: HomeAssistant, entry: MiBmsConfigEntry) -> bool:
    """Take one sensor, battery or output down."""
    if entry.data[CONF_KIND] == KIND_OUTPUT:
        await async_stop_output(entry)
        return await hass.config_entries.async_unload_platforms(entry, OUTPUT_PLATFORMS)
    battery = entry.data[CONF_KIND] == KIND_BATTERY
    platforms = BATTERY_PLATFORMS if battery else SENSOR_PLATFORMS
    return await hass.config_entries.async_unload_platforms(entry, platforms)


async def async_migrate_entry(hass: HomeAssistant, entry: MiBmsConfigEntry) -> bool:
    """Fill in what an older version did not store; entries of a newer major version stay as they are."""
    if entry.version > 1:
        return False
    if entry.minor_version < 2:
        # What a profile of version 1.1 did not hold is filled in when it is read.
        hass.config_entries.async_update_entry(entry, minor_version=2)
    return True


async def async_remove_config_entry_device(
    hass: HomeAssistant, entry: MiBmsConfigEntry, device: dr.AnyDeviceEntry
) -> bool:
    """Let the user remove a pack that the battery no longer has, with its entities."""
    coordinator = getattr(entry, "runtime_data", None)
    if not isinstance(coordinator, BatteryCoordinator):
        return False
    for domain, identifier in device.identifiers:
        number = pack_number(coordinator.address, identifier)
        if domain == DOMAIN and number is not None:
            gone = coordinator.forget_pack(number)
            if gone:
                # Its entities are still loaded.
                hass.config_entries.async_schedule_reload(entry.entry_id)
            return gone
    return False


async def async_remove_entry(hass: HomeAssistant, entry: MiBmsConfigEntry) -> None:
    """Forget what was kept for the next start, with the last entry everything.

    An entry may be damaged that is removed.
    """
    kind, address = entry.data.get(CONF_KIND), str(entry.unique_id)
    shared, keys = hass.data.get(SHARED), await async_keys(hass)
    if kind == KIND_OUTPUT:
        await async_forget_output(hass, entry)
    elif entry.source != SOURCE_IGNORE:
        if shared:
            shared.forget(address)
        if kind == KIND_SENSOR:
            keys.async_removed(address)
        if BLUETOOTH not in entry.discovery_keys:
            # Home Assistant by itself looks again only at what it had discovered.
            async_rediscover_address(hass, address)
    if not hass.config_entries.async_entries(DOMAIN, include_ignore=False):
        await keys.async_forget_all()
        if shared:
            await shared.async_forget_all(hass)
