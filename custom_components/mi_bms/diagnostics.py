"""Diagnostics of one entry, without keys, passwords, addresses, names or serial numbers."""

from datetime import timedelta
import re
from typing import Any, Final

from homeassistant.components import bluetooth
from homeassistant.components.diagnostics import REDACTED, async_redact_data
from homeassistant.const import CONF_ADDRESS, CONF_PASSWORD
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from .batteries.coordinator import BatteryCoordinator
from .batteries.diagnosis import async_tell
from .batteries.profile import sample_to_json
from .bluetooth.connection import reachability
from .const import CONF_KEY, CONF_KIND, KIND_OUTPUT
from .entry import MiBmsConfigEntry
from .outputs.output import Output
from .outputs.settings import CONF_DEVICES, CONF_PATH, CONF_TOPIC
from .proto.gatt.masking import masked
from .runtime import SHARED
from .sensors.coordinator import SensorCoordinator

_SECRET: Final = frozenset(
    {
        CONF_KEY,
        CONF_PASSWORD,
        CONF_ADDRESS,
        CONF_TOPIC,
        CONF_PATH,
        "name",
        "serial_number",
        "title",
    }
)
_ADDRESS: Final = re.compile(r"(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}")


async def async_get_config_entry_diagnostics(
    hass: HomeAssistant, entry: MiBmsConfigEntry
) -> dict[str, Any]:
    """Tell what is known of one device or output; works for an entry whose set-up failed, too."""
    if entry.data.get(CONF_KIND) == KIND_OUTPUT:
        return _output(entry)
    address: str = entry.data[CONF_ADDRESS]
    report: dict[str, Any] = {
        "kind": entry.data.get(CONF_KIND),
        "entry": async_redact_data(dict(entry.data), _SECRET),
        "options": dict(entry.options),
        "advert": _advert(hass, address),
    }
    coordinator = getattr(entry, "runtime_data", None)
    if isinstance(coordinator, BatteryCoordinator):
        report["battery"] = await _async_battery(hass, coordinator)
    elif isinstance(coordinator, SensorCoordinator):
        decoder = coordinator.decoder
        report["sensor"] = {
            "model": decoder.model,
            "product_id": decoder.product_id,
            "key": coordinator.key_state,
            "key_proven": decoder.proven,
            "believes_clear": not decoder.guarded,
            "faults": coordinator.door.faults,
            "counters": {str(name): n for name, n in decoder.counters.items()},
            "longest_silence": round(coordinator.cadence.longest, 1),
            "silences": coordinator.cadence.silences,
            # Receivers are named by number: their addresses are not for others.
            "lost_packets": [
                {
                    "heard": heard,
                    "lost": coordinator.receivers.losses.lost.get(source, 0),
                }
                for source, heard in coordinator.receivers.losses.heard.items()
            ],
            "recording": coordinator.recorder.last,
        }
    return report


async def _async_battery(
    hass: HomeAssistant, battery: BatteryCoordinator
) -> dict[str, Any]:
    """Tell how a battery was read, what was refused and why, and what it said last."""
    quality, diagnosis, pack = battery.quality, battery.diagnosis, battery.pack
    polls = hass.data[SHARED].polls
    now, wall = polls.now(), dt_util.utcnow()
    return {
        "family": battery.family.id,
        "polls": battery.polls,
        "failures": dict(battery.failures),
        "faults": battery.door.faults,
        "refused": dict(battery.gate.refused),
        "left_out": dict(battery.left_out),
        "refused_samples": [
            {
                "at": (wall - timedelta(seconds=now - one.at)).isoformat(),
                "field": one.field,
                "raw": masked(one.raw, battery.address),
                **sample_to_json(one.sample),
            }
            for one in battery.gate.kept
        ],
        "last_error": battery.last_error,
        "read_at": battery.read_at.isoformat() if battery.read_at else None,
        "link": battery.link_state,
        "cause": diagnosis.cause if diagnosis else None,
        "remedy": diagnosis.remedy if diagnosis else None,
        "in_words": _ADDRESS.sub(REDACTED, await async_tell(hass, diagnosis))
        if diagnosis
        else None,
        "interval": pack.effective if pack else None,
        "link_quality": quality.share if quality else None,
        "poll_time": quality.seconds if quality else None,
        # Receivers are named by number: their addresses are not for others.
        "receivers": [
            {"polls": one.polls, "link_quality": one.share, "poll_time": one.seconds}
            for one in polls.scheduler.scanners.values()
        ],
        "reachability": _ADDRESS.sub(REDACTED, reachability(hass, battery.address)),
        "sample": sample_to_json(battery.data),
    }


def _output(entry: MiBmsConfigEntry) -> dict[str, Any]:
    """Tell of an output; where it goes to and whose readings may name a person."""
    output = getattr(entry, "runtime_data", None)
    return {
        "kind": entry.data.get(CONF_KIND),
        "entry": async_redact_data(dict(entry.data), _SECRET),
        "options": async_redact_data(dict(entry.options), {CONF_DEVICES}),
        "output": output.describe() if isinstance(output, Output) else None,
    }


def _advert(hass: HomeAssistant, address: str) -> dict[str, Any] | None:
    info = bluetooth.async_last_service_info(hass, address, False)
    if info is None:
        return None
    return {
        "rssi": info.rssi,
        "connectable": info.connectable,
        "service_uuids": info.service_uuids,
        "service_data": {
            uuid: _scrub(data.hex(), address)
            for uuid, data in info.service_data.items()
        },
        # With the maker's id in front, as on the air: some put their address across both.
        "manufacturer_data": [
            _scrub((maker.to_bytes(2, "little") + data).hex(), address)
            for maker, data in info.manufacturer_data.items()
        ],
    }


def _scrub(text: str, address: str) -> str:
    """Take the device's own address out of a frame, in either byte order."""
    digits = bytes.fromhex(address.replace(":", ""))
    for spelling in (digits.hex(), digits[::-1].hex()):
        text = text.replace(spelling, "x" * len(spelling))
    return text
