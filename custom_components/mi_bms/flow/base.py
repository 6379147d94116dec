"""What the steps of one device share: which device it is, and what it is called."""

from homeassistant.components.bluetooth import BluetoothServiceInfoBleak
from homeassistant.config_entries import ConfigFlow

from ..bluetooth.discovery import look_at, titled
from ..proto.mibeacon.decoder import Sighting


class DeviceFlow(ConfigFlow):
    """Know the device that a flow is about."""

    def __init__(self) -> None:
        """Start knowing nothing."""
        super().__init__()
        self._address = ""
        self._info: BluetoothServiceInfoBleak | None = None
        self._sighting: Sighting | None = None
        self._families: list[str] = []

    def _recognise(self, info: BluetoothServiceInfoBleak) -> bool:
        self._info = info
        self._address = info.address
        heard = look_at(info)
        if heard is None:
            return False
        self._sighting = heard.sighting
        self._families = list(heard.families)
        self._set_title(heard.model)
        return True

    def _set_title(self, name: str) -> None:
        self.context["title_placeholders"] = {"name": titled(name, self._address)}

    @property
    def _title(self) -> str:
        return self.context["title_placeholders"]["name"]

    def _placeholders(self) -> dict[str, str]:
        signal = str(self._info.rssi) if self._info else "-"
        return {"name": self._title, "address": self._address, "rssi": signal}
