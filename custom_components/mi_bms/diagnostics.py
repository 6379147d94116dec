"""Diagnostics of one entry, without keys, passwords, addresses, names or serial numbers."""

from typing import Any, Final

from homeassistant.components.diagnostics import async_redact_data
from homeassistant.const import CONF_ADDRESS, CONF_PASSWORD
from homeassistant.core import HomeAssistant

from .banks.members import CONF_MEMBERS, CONF_NAMES
from .bluetooth.adverts import last_advert
from .const import CONF_CONTROL_PASSWORD, CONF_KEY, CONF_KIND
from .entry import MiBmsConfigEntry, kind_if_known
from .outputs.options import CONF_DEVICES, PLACES

_SECRET: Final = frozenset(
    {
        CONF_KEY,
        CONF_PASSWORD,
        CONF_CONTROL_PASSWORD,
        CONF_ADDRESS,
        *PLACES,
        CONF_MEMBERS,
        CONF_NAMES,
        "name",
        "serial_number",
        "title",
    }
)


async def async_get_config_entry_diagnostics(
    hass: HomeAssistant, entry: MiBmsConfigEntry
) -> dict[str, Any]:
    """Return what is known of one device or output; works for an entry whose set-up failed, too."""
    report: dict[str, Any] = {
        "kind": entry.data.get(CONF_KIND),
        "entry": async_redact_data(dict(entry.data), _SECRET),
        "options": async_redact_data(dict(entry.options), {CONF_DEVICES}),
    }
    if address := entry.data.get(CONF_ADDRESS):
        report["advert"] = _advert(hass, address)
    kind = kind_if_known(entry)
    if kind and hasattr(entry, "runtime_data"):
        report[kind.name] = await kind.report(hass, entry)
    return report


def _advert(hass: HomeAssistant, address: str) -> dict[str, Any] | None:
    info = last_advert(hass, address)
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
