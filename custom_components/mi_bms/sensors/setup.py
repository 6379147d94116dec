"""The entry of one sensor: how it is set up and forgotten, and what diagnostics tell of it."""

from functools import partial
from typing import Any, Final

from probatio import All, Any as Either, Optional, Range, Required

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_ADDRESS
from homeassistant.core import HomeAssistant, callback

from ..const import CONF_KEY, CONF_KEYED_AT, CONF_MODEL, CONF_PRODUCT
from ..keys.ring import async_keys
from ..runtime import async_forget_device
from ..stored import address, at_least, finite, key, unix, word
from .coordinator import SensorCoordinator
from .device import async_firmware_judged, async_judge_firmware, async_tell_firmware

DATA: Final = at_least(
    {
        Required(CONF_ADDRESS): address,
        Optional(CONF_KEY): key,
        Optional(CONF_PRODUCT): Either(
            None, All(int, finite, Range(min=0, max=0xFFFF))
        ),
        Optional(CONF_MODEL): Either(None, word),
        Optional(CONF_KEYED_AT): unix,
    }
)


async def async_prepare(
    hass: HomeAssistant, entry: ConfigEntry[SensorCoordinator]
) -> None:
    """Make the coordinator of a sensor; its key goes to the ring, where it outlives the entry."""
    keys, device = await async_keys(hass), entry.data[CONF_ADDRESS]
    if text := entry.data.get(CONF_KEY):
        own = bytes.fromhex(text)
        if keys.ring.get(device) != own:
            keys.remember({device: own})
    entry.runtime_data = SensorCoordinator(hass, entry)


@callback
def async_start(hass: HomeAssistant, entry: ConfigEntry[SensorCoordinator]) -> None:
    """Begin to listen, only now: the platforms must be there for the first advert."""
    coordinator = entry.runtime_data
    if active := coordinator.active:
        told = partial(async_tell_firmware, coordinator)
        entry.async_on_unload(active.async_listen(told))
        judge = partial(async_judge_firmware, coordinator)
        entry.async_on_unload(active.async_listen(judge))
        entry.async_on_unload(partial(async_firmware_judged, coordinator))
    entry.async_on_unload(coordinator.async_start())


async def async_remove(hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
    """Forget a sensor that was removed; what becomes of its key is the ring's business."""
    (await async_keys(hass)).async_removed(str(entry.unique_id))
    async_forget_device(hass, entry)


async def async_report(
    hass: HomeAssistant, entry: ConfigEntry[SensorCoordinator]
) -> dict[str, Any]:
    """Return what diagnostics tell of a sensor that is set up."""
    coordinator = entry.runtime_data
    decoder, losses = coordinator.decoder, coordinator.packet_loss.losses
    return {
        "model": decoder.model,
        "product_id": decoder.product_id,
        "key": coordinator.path.key_state,
        "key_proven": decoder.proven,
        "believes_clear": not decoder.guarded,
        "faults": coordinator.guard.faults,
        "counters": {str(name): n for name, n in decoder.counters.items()},
        "longest_silence": round(coordinator.cadence.longest, 1),
        "silences": coordinator.cadence.silences,
        # Receivers are named by number: their addresses are not for others.
        "lost_packets": [
            {"heard": heard, "lost": losses.lost.get(source, 0)}
            for source, heard in losses.heard.items()
        ],
        "recording": coordinator.path.capture.last,
    }
