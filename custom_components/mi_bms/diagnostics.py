"""Diagnostics of one entry, without keys, passwords, addresses, names or serial numbers."""

from collections.abc import Mapping
import re
from typing import Any, Final

from homeassistant.components import bluetooth
from homeassistant.components.diagnostics import REDACTED, async_redact_data
from homeassistant.const import CONF_ADDRESS, CONF_PASSWORD
from homeassistant.core import HomeAssistant

from .adverts import SensorCoordinator
from .const import CONF_KEY, CONF_KIND, KIND_OUTPUT
from .coordinator import BatteryCoordinator, MiBmsConfigEntry
from .outputs import CONF_DEVICES, CONF_PATH, CONF_TOPIC, Output
from .profile import sample_to_json

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
    if entry.data[CONF_KIND] == KIND_OUTPUT:
        return _output(entry)
    address: str = entry.data[CONF_ADDRESS]
    report: dict[str, Any] = {
        "kind": entry.data[CONF_KIND],
        "entry": async_redact_data(dict(entry.data), _SECRET),
        "options": dict(entry.options),
        "advert": _advert(hass, address),
    }
    coordinator = getattr(entry, "runtime_data", None)
    if isinstance(coordinator, BatteryCoordinator):
        report["battery"] = _without_addresses(coordinator.describe()) | {
            "sample": sample_to_json(coordinator.data)
        }
    elif isinstance(coordinator, SensorCoordinator):
        decoder = coordinator.decoder
        report["sensor"] = {
            "model": decoder.model,
            "product_id": decoder.product_id,
            "key": coordinator.key_state,
            "counters": {str(name): n for name, n in decoder.counters.items()},
            "longest_silence": round(coordinator.cadence.longest, 1),
            "silences": coordinator.cadence.silences,
            # Receivers are named by number: their addresses are not for others.
            "lost_packets": [
                {"heard": heard, "lost": coordinator.losses.lost.get(source, 0)}
                for source, heard in coordinator.losses.heard.items()
            ],
            "recording": coordinator.recorder.last,
        }
    return report


def _output(entry: MiBmsConfigEntry) -> dict[str, Any]:
    """Tell of an output; where it goes to and whose readings may name a person."""
    output = getattr(entry, "runtime_data", None)
    return {
        "kind": entry.data[CONF_KIND],
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


def _without_addresses(report: Mapping[str, Any]) -> dict[str, Any]:
    """Take every address out of the texts: they name receivers, too."""
    return {
        key: _ADDRESS.sub(REDACTED, value) if isinstance(value, str) else value
        for key, value in report.items()
    }
