"""The entry of one battery: how it is set up and forgotten, and what diagnostics tell of it."""

from datetime import timedelta
from typing import Any, Final

from probatio import All, Any as Either, Length, Optional, Range, Required

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_ADDRESS, CONF_PASSWORD
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryError
from homeassistant.helpers import device_registry as dr
from homeassistant.util import dt as dt_util

from ..bluetooth.connection import reachability
from ..const import (
    CONF_CONTROL_PASSWORD,
    CONF_FAMILY,
    CONF_PASSWORD_TYPED,
    CONF_PROFILE,
    DOMAIN,
)
from ..proto.bms import registry
from ..proto.gatt.masking import masked
from ..proto.model.errors import Unsupported
from ..runtime import SHARED
from ..stored import address, at_least, finite, flag, sound, table, whole, word
from ..texts import async_tell, masked_addresses
from .control_repairs import async_watch_password
from .coordinator import BatteryCoordinator
from .diagnosis import obstacle
from .entity import battery_device, pack_number
from .farewell import async_farewell, async_welcome
from .posting import async_post
from .reader import Reader
from .repairs import async_watch_health

DATA: Final = at_least(
    {
        Required(CONF_ADDRESS): address,
        Required(CONF_FAMILY): word,
        Optional(CONF_PASSWORD): Either(None, str),
        Optional(CONF_CONTROL_PASSWORD): Either(None, str),
        Optional(CONF_PASSWORD_TYPED): int,
    }
)
_MOST: Final = 255  # cells, probes, packs
_COUNT: Final = All(int, finite, Range(min=0, max=_MOST))
_SHOWN: Final[dict[Any, Any]] = {
    Optional("fields", default=list): [word],
    Optional("cells", default=0): _COUNT,
    Optional("probes", default=list): whole(All([word], Length(max=_MOST))),
    Optional("balancing", default=False): flag,
    Optional("counters", default=list): [word],
    Optional("info", default=dict): {str: word},
}
_PACK: Final = table({**_SHOWN, Optional("packs", default=list): []})
_PACKS: Final = whole(All([_PACK], Length(max=_MOST)))
PROFILE: Final = table({**_SHOWN, Optional("packs", default=list): _PACKS})


def _mend_profile(hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
    """Keep of the profile what can be read: the rest is learned again."""
    stored = entry.data.get(CONF_PROFILE)
    profile, _ = sound(PROFILE, stored)
    profile = PROFILE({}) if profile is None else profile
    if profile != stored:
        hass.config_entries.async_update_entry(
            entry, data={**entry.data, CONF_PROFILE: profile}
        )


async def async_prepare(
    hass: HomeAssistant, entry: ConfigEntry[BatteryCoordinator]
) -> None:
    """Make the coordinator of a battery; one of a type that is not known cannot be set up."""
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
    coordinator = entry.runtime_data = BatteryCoordinator(hass, entry, family)
    # Packs are parts of this device, so it has to be there first.
    device = dr.async_get(hass).async_get_or_create(
        config_entry_id=entry.entry_id, **battery_device(coordinator)
    )
    coordinator.device_id = device.id


@callback
def async_start(hass: HomeAssistant, entry: ConfigEntry[BatteryCoordinator]) -> None:
    """Begin to read, and to watch whether that succeeds."""
    coordinator = entry.runtime_data
    async_welcome(hass, coordinator.address)
    entry.async_on_unload(coordinator.async_watch())
    entry.async_on_unload(async_post(hass, coordinator))
    window = coordinator.switching.window
    entry.async_on_unload(window.async_start())
    entry.async_on_unload(coordinator.async_add_listener(window.async_look))
    entry.async_on_unload(async_watch_health(hass, entry, coordinator))
    async_watch_password(hass, entry, coordinator)


async def async_stop(entry: ConfigEntry[BatteryCoordinator]) -> None:
    """End the charge window, and have the meters write what they show, as long as they can."""
    await entry.runtime_data.switching.window.async_close()
    entry.runtime_data.metering.closing = True
    entry.runtime_data.async_update_listeners()


async def async_remove(hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
    """Put back what is switched for a time of a battery that was removed, and forget it."""
    await async_farewell(hass, entry)


@callback
def async_remove_pack(
    hass: HomeAssistant,
    entry: ConfigEntry[BatteryCoordinator],
    device: dr.AnyDeviceEntry,
) -> bool:
    """Forget a pack that the battery no longer has; return whether it may be removed."""
    coordinator = entry.runtime_data
    for domain, identifier in device.identifiers:
        number = pack_number(coordinator.address, identifier)
        if domain == DOMAIN and number is not None:
            gone = _forget_pack(coordinator, number)
            if gone:
                # Its entities are still loaded.
                hass.config_entries.async_schedule_reload(entry.entry_id)
            return gone
    return False


def _forget_pack(coordinator: BatteryCoordinator, number: int) -> bool:
    """Forget a pack, from 1, that the last reading did not have; return whether it was forgotten."""
    if coordinator.read_at is None or number <= len(coordinator.data.packs):
        return False
    coordinator.keep_profile(coordinator.profile.without_packs_from(number))
    return True


async def async_report(
    hass: HomeAssistant, entry: ConfigEntry[BatteryCoordinator]
) -> dict[str, Any]:
    """Return how a battery was read, what was refused and why, and what it said last."""
    coordinator = entry.runtime_data
    battery, reader = coordinator.battery, coordinator.reader
    quality, diagnosis = battery.quality, obstacle(coordinator)
    polls = hass.data[SHARED].polls
    return {
        "family": coordinator.family.id,
        "polls": reader.polls,
        "failures": dict(reader.failures),
        "faults": coordinator.guard.faults,
        "refused": dict(reader.gate.refused),
        "left_out": dict(reader.left_out),
        "refused_samples": _refused_samples(reader, battery.address, polls.now()),
        "last_error": reader.last_error,
        "read_at": coordinator.read_at.isoformat() if coordinator.read_at else None,
        "link": coordinator.link_state,
        "cause": diagnosis.cause if diagnosis else None,
        "remedy": diagnosis.remedy if diagnosis else None,
        "in_words": masked_addresses(await async_tell(hass, diagnosis))
        if diagnosis
        else None,
        "interval": battery.effective,
        "link_quality": quality.share,
        "poll_time": quality.seconds,
        # Scanners go without names: their addresses are not for others.
        "receivers": [
            {"polls": one.polls, "link_quality": one.share, "poll_time": one.seconds}
            for one in polls.scheduler.scanners.values()
        ],
        "reachability": masked_addresses(reachability(hass, battery.address)),
        "meters": coordinator.metering.report(),
        "switching": list(coordinator.switching.log),
        "sample": coordinator.data.to_json(),
    }


def _refused_samples(reader: Reader, address: str, now: float) -> list[dict[str, Any]]:
    """Return the samples that the gate refused last, with the frames they were made from."""
    wall = dt_util.utcnow()
    return [
        {
            "at": (wall - timedelta(seconds=now - one.at)).isoformat(),
            "field": one.field,
            "raw": masked(one.raw, address),
            **one.sample.to_json(),
        }
        for one in reader.gate.kept
    ]
