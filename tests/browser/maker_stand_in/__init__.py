"""Be the maker's account in the Home Assistant of these tests: its library asks nobody any more.

Home Assistant loads this folder beside our integration.
"""

from types import SimpleNamespace

import xiaomi_ble

PASSWORD = "seventeen"  # noqa: S105 - of nobody's account
SECOND_FACTOR = "second"
PAGE = "https://account.example/second-factor"
KEYS = {"A4:C1:38:00:0C:10": "5b0500112233445566778899aabbcc10"}


class Fetch:
    """Take the place of the library's class."""

    def __init__(self, username: str, password: str, session: object) -> None:
        """Take what was typed."""
        self._password = password

    async def get_device_info(self, mac: str) -> SimpleNamespace | None:
        """Answer as the maker does."""
        if self._password == SECOND_FACTOR:
            raise xiaomi_ble.XiaomiCloudTwoFactorAuthenticationException("", url=PAGE)
        if self._password != PASSWORD:
            raise xiaomi_ble.XiaomiCloudInvalidPasswordException
        key = KEYS.get(mac)
        return SimpleNamespace(name="Nursery", mac=mac, bindkey=key) if key else None


async def async_setup_entry(_hass: object, _entry: object) -> bool:
    """Take the library's place."""
    xiaomi_ble.XiaomiCloudTokenFetch = Fetch
    return True
