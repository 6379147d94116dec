"""Read Xiaomi sensors and batteries over Home Assistant's Bluetooth."""

import logging
from typing import Any

from homeassistant.config_entries import SOURCE_IGNORE
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ConfigEntryError
from homeassistant.helpers import config_validation as cv, device_registry as dr
from homeassistant.helpers.typing import ConfigType

from .actions.table import async_setup_services
from .batteries.options import LEFT_EMPTY as BATTERY_EMPTY
from .const import DOMAIN
from .dashboard.follow import async_follow, async_forget
from .entry import MiBmsConfigEntry, kind_if_known, kind_of, mended
from .face.blueprints import (
    async_follow as async_follow_blueprints,
    async_forget_written,
)
from .face.commands import async_register
from .face.page import async_hide, async_show
from .keys.export import ExportView
from .keys.ring import async_keys
from .options import without_zeros
from .outputs.options import ZERO_MEANT
from .runtime import SHARED, async_forget_device, async_setup_shared
from .sensors.options import LEFT_EMPTY as SENSOR_EMPTY
from .takeover.give_back import async_forget as async_forget_move, async_heal
from .takeover.move import async_carry_out
from .takeover.repairs import async_watch_moves
from .takeover.seeds import async_sow

_LOGGER = logging.getLogger(__name__)

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Make what all entries share."""
    await async_setup_shared(hass)
    await async_keys(hass)
    async_setup_services(hass)
    await async_follow(hass)
    async_follow_blueprints(hass)
    async_watch_moves(hass)
    async_register(hass)
    hass.http.register_view(ExportView)
    await async_heal(hass)
    return True


async def async_setup_entry(hass: HomeAssistant, entry: MiBmsConfigEntry) -> bool:
    """Set up one sensor, battery or output.

    No device is waited for: the flow has met it before the entry was made, and a battery that
    sleeps now still has its entities, with the values it had, from the profile it has shown.
    """
    if (parts := mended(entry)) is None:
        raise ConfigEntryError(
            translation_domain=DOMAIN,
            translation_key="entry_damaged",
            translation_placeholders={"name": entry.title},
        )
    _mend(hass, entry, *parts)
    # Before there is anything of ours: what is ordered makes the entities that the platforms then find.
    if not await async_carry_out(hass, entry):
        return True
    kind = kind_of(entry)
    await kind.prepare(hass, entry)
    await hass.config_entries.async_forward_entry_setups(entry, kind.platforms)
    kind.start(hass, entry)
    async_sow(hass, entry)
    await async_show(hass)
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


async def async_unload_entry(hass: HomeAssistant, entry: MiBmsConfigEntry) -> bool:
    """Take one sensor, battery or output down."""
    if not hasattr(entry, "runtime_data"):
        return True
    kind = kind_of(entry)
    await kind.stop(entry)
    return await hass.config_entries.async_unload_platforms(entry, kind.platforms)


async def async_migrate_entry(hass: HomeAssistant, entry: MiBmsConfigEntry) -> bool:
    """Fill in what an older version did not store; entries of a newer major version stay as they are."""
    if entry.version > 1:
        return False
    if entry.minor_version < 4:
        # What a profile of version 1.1 did not hold is filled in when it is read.
        options = without_zeros(entry.options, (*BATTERY_EMPTY, *SENSOR_EMPTY))
        options |= {
            key: meant for key, meant in ZERO_MEANT.items() if options.get(key) == 0
        }
        hass.config_entries.async_update_entry(entry, options=options, minor_version=4)
    return True


async def async_remove_config_entry_device(
    hass: HomeAssistant, entry: MiBmsConfigEntry, device: dr.AnyDeviceEntry
) -> bool:
    """Return whether a device may be removed: a pack may that its battery no longer has."""
    if not hasattr(entry, "runtime_data"):
        return False
    return kind_of(entry).remove_device(hass, entry, device)


async def async_remove_entry(hass: HomeAssistant, entry: MiBmsConfigEntry) -> None:
    """Forget what was kept for the next start, with the last entry everything.

    An entry may be damaged that is removed.
    """
    await async_forget_move(hass, entry)
    if kind := kind_if_known(entry):
        await kind.remove(hass, entry)
    elif entry.source != SOURCE_IGNORE:
        async_forget_device(hass, entry)
    if not hass.config_entries.async_entries(DOMAIN, include_ignore=False):
        await (await async_keys(hass)).async_forget_all()
        if shared := hass.data.get(SHARED):
            await shared.async_forget_all(hass)
        await async_hide(hass)
        await async_forget_written(hass)
    # Last: it leans on what Home Assistant does not promise.
    await async_forget(hass, entry)
