"""Fetch keys from the maker's account with the library of Home Assistant's own Xiaomi integration.

The library is no requirement of ours: where it is not installed there is no such way. The password
lives for one call. Whatever goes wrong becomes one word.
"""

from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final, NamedTuple

import aiohttp

from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession

from ..proto.keys.texts import is_empty
from ..proto.mibeacon.crypto import parse_key
from ..proto.model.errors import KeyFormatError

LIBRARY: Final = "xiaomi_ble"
_SECOND_FACTOR: Final = "XiaomiCloudTwoFactorAuthenticationException"
# Class of the library -> word; the first that fits counts.
_ERRORS: Final = (
    (_SECOND_FACTOR, "cloud_second_factor"),
    ("XiaomiCloudInvalidUsernameException", "cloud_user"),
    ("XiaomiCloudInvalidPasswordException", "cloud_password"),
    ("XiaomiCloudInvalidAuthenticationException", "cloud_refused"),
)


class CloudError(Exception):
    """There is no key, and one ``word`` says why.

    ``url`` is the page of the second factor, ``device`` the one that it is about.
    """

    def __init__(self, word: str, url: str = "", device: str = "") -> None:
        """Keep the word."""
        super().__init__(word)
        self.word, self.url, self.device = word, url, device


class CloudKey(NamedTuple):
    """What the account knows of a device."""

    name: str
    key: bytes


async def async_available(hass: HomeAssistant) -> bool:
    """Return whether the library is installed."""
    return await hass.async_add_executor_job(find_spec, LIBRARY) is not None


async def async_fetch(
    hass: HomeAssistant, username: str, password: str, address: str
) -> CloudKey:
    """Return the key of one device, else raise ``CloudError``."""
    try:
        library: Any = await hass.async_add_import_executor_job(import_module, LIBRARY)
        fetcher = library.XiaomiCloudTokenFetch(
            username, password, async_get_clientsession(hass)
        )
        found = await fetcher.get_device_info(address)
    except ImportError as err:
        raise CloudError("cloud_missing") from err
    except (aiohttp.ClientError, OSError, TimeoutError) as err:
        raise CloudError("cloud_unreachable") from err
    except Exception as err:  # noqa: BLE001 - the library lets through what a strange answer causes
        raise _explained(library, err) from None
    if found is None:
        raise CloudError("cloud_unknown_device", device=address)
    try:
        key = parse_key(found.bindkey)
        if is_empty(key):
            raise CloudError("cloud_no_key", device=address)
        return CloudKey(str(found.name or ""), key)
    except (KeyFormatError, AttributeError) as err:
        raise CloudError("cloud_no_key", device=address) from err


def _explained(library: Any, error: Exception) -> CloudError:
    for name, word in _ERRORS:
        known = getattr(library, name, None)
        if isinstance(known, type) and isinstance(error, known):
            return CloudError(word, str(getattr(error, "url", "") or ""))
    return CloudError("cloud_failed")
