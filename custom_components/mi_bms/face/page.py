"""The cards get into Home Assistant's pages, and out of them with the last entry.

Both ways are needed: the page itself may come out of a browser's cache, with an old list of modules,
the resources of dashboards always come fresh. Where Home Assistant runs without its frontend nothing
is loaded or read.
"""

from collections.abc import Mapping
import hashlib
import logging
from pathlib import Path
from typing import Any, Final

from homeassistant.components.http import StaticPathConfig
from homeassistant.core import HomeAssistant
from homeassistant.util.hass_dict import HassKey

from ..const import DOMAIN

_LOGGER = logging.getLogger(__name__)

FOLDER: Final = Path(__file__).parent.parent / "frontend"
ROOT: Final = "/mi_bms_static"
ENTRY: Final = "mi-bms.js"
_SHOWN: HassKey[str] = HassKey(f"{DOMAIN}.page")  # the address of the entry module
_SERVED: HassKey[str] = HassKey(f"{DOMAIN}.page_served")


def _version() -> str:
    """Return a word that changes with the content of any file."""
    made = hashlib.sha256()
    for path in sorted(FOLDER.rglob("*")):
        if path.is_file():
            made.update(path.relative_to(FOLDER).as_posix().encode() + b"\0")
            made.update(path.read_bytes() + b"\0")
    return made.hexdigest()[:8]


def is_ours(url: object) -> bool:
    """Return whether an address is that of our entry module, in whatever version."""
    return (
        isinstance(url, str)
        and url.startswith(f"{ROOT}/")
        and url.partition("?")[0].endswith(f"/{ENTRY}")
    )


async def async_show(hass: HomeAssistant) -> None:
    """Serve the cards and have pages load them, once."""
    if _SHOWN in hass.data or "frontend" not in hass.config.components:
        return
    hass.data[_SHOWN] = ""  # entries are set up side by side
    url = hass.data.get(_SERVED) or await _async_serve(hass)
    hass.data[_SHOWN] = url
    from homeassistant.components import frontend  # noqa: PLC0415

    frontend.add_extra_js_url(hass, url)
    await _async_list(hass, url)


async def async_hide(hass: HomeAssistant) -> None:
    """Have no page load the cards any more: the last entry is gone."""
    if not (url := hass.data.pop(_SHOWN, "")):
        return
    from homeassistant.components import frontend  # noqa: PLC0415

    frontend.remove_extra_js_url(hass, url)
    await _async_list(hass, None)


async def _async_serve(hass: HomeAssistant) -> str:
    version = await hass.async_add_executor_job(_version)
    # The folder, under the hash of all of it: what a module imports relatively comes in the same version.
    path = f"{ROOT}/{version}"
    await hass.http.async_register_static_paths(
        [StaticPathConfig(path, str(FOLDER), cache_headers=True)]
    )
    url = hass.data[_SERVED] = f"{path}/{ENTRY}"
    return url


async def _async_list(hass: HomeAssistant, url: str | None) -> None:
    """Have the resources of dashboards hold this address of ours and no other; None: none at all."""
    try:
        await _async_put(hass, url)
    # It is Home Assistant's own, and may look otherwise tomorrow: pages load the cards all the same.
    except Exception as err:  # noqa: BLE001
        _LOGGER.debug("The resources of dashboards stay as they are: %r", err)


async def _async_put(hass: HomeAssistant, url: str | None) -> None:
    from homeassistant.components.lovelace.const import LOVELACE_DATA, MODE_STORAGE  # noqa: PLC0415

    data = hass.data.get(LOVELACE_DATA)
    # In YAML they are the user's own.
    if data is None or data.resource_mode != MODE_STORAGE:
        return
    resources: Any = data.resources
    # Loads them: before, there seem to be none.
    await resources.async_get_info()
    rows: list[Mapping[str, Any]] = resources.async_items()
    ours = [one for one in rows if is_ours(one.get("url"))]
    keep, spare = (ours[:1], ours[1:]) if url else ([], ours)
    for one in spare:
        await resources.async_delete_item(one["id"])
    for one in keep:
        if one["url"] != url:
            await resources.async_update_item(one["id"], {"url": url})
    if url and not keep:
        await resources.async_create_item({"res_type": "module", "url": url})
