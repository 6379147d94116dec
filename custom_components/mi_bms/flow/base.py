"""What the steps of one device share: which device it is, its name, and its entry where it has one."""

from collections.abc import Iterable
from typing import Final

from homeassistant.config_entries import (
    SOURCE_REAUTH,
    SOURCE_RECONFIGURE,
    ConfigEntry,
    ConfigFlow,
)
from homeassistant.const import CONF_ADDRESS
from homeassistant.helpers import selector

from ..bluetooth.adverts import HeardAdvert, last_advert
from ..bluetooth.discovery import Heard, look_at, sighting_of
from ..proto.mibeacon.decoder import Sighting
from ..proto.model.names import titled

# In the placeholders of the flow that could not add a device.
FAILED: Final = "error"
WHY: Final = "reason"


def options_of(devices: Iterable[Heard]) -> list[selector.SelectOptionDict]:
    """Return devices as the lines of a list."""
    return [
        selector.SelectOptionDict(value=one.address, label=one.label) for one in devices
    ]


def choice(
    options: list[selector.SelectOptionDict],
    *,
    mode: selector.SelectSelectorMode = selector.SelectSelectorMode.DROPDOWN,
    custom_value: bool = False,
) -> selector.SelectSelector:
    """Return a field in which several lines can be ticked."""
    return selector.SelectSelector(
        selector.SelectSelectorConfig(
            options=options, multiple=True, mode=mode, custom_value=custom_value
        )
    )


class DeviceFlow(ConfigFlow):
    """The flow of one device: which it is, its name, and its entry where it has one."""

    def __init__(self) -> None:
        """Begin without a device."""
        super().__init__()
        self._address = ""
        self._info: HeardAdvert | None = None
        self._sighting: Sighting | None = None
        self._families: list[str] = []

    def _recognise(self, info: HeardAdvert) -> bool:
        self._info = info
        self._address = info.address
        heard = look_at(info)
        if heard is None:
            return False
        self._sighting = heard.sighting
        self._families = list(heard.families)
        self._set_title(heard.model)
        return True

    def _take_entry(self, entry: ConfigEntry) -> None:
        """Take a device whose entry is repaired or changed."""
        self._address = entry.data[CONF_ADDRESS]
        self.context["title_placeholders"] = {"name": entry.title}
        self._info = last_advert(self.hass, self._address)
        self._sighting = sighting_of(self._info) if self._info else None

    @property
    def _changed(self) -> ConfigEntry | None:
        """Return the entry that is repaired or changed, None where the device gets a new one."""
        if self.source == SOURCE_REAUTH:
            return self._get_reauth_entry()
        changes = self.source == SOURCE_RECONFIGURE
        return self._get_reconfigure_entry() if changes else None

    def _set_title(self, name: str) -> None:
        self.context["title_placeholders"] = {"name": titled(name, self._address)}

    @property
    def _title(self) -> str:
        return self.context["title_placeholders"]["name"]

    def _placeholders(self) -> dict[str, str]:
        signal = str(self._info.rssi) if self._info else "-"
        return {"name": self._title, "address": self._address, "rssi": signal}
