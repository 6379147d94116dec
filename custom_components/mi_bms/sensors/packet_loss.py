"""Which receivers hear a sensor's counter, and what each of them misses."""

from collections.abc import Callable
from typing import Final

from homeassistant.components import bluetooth
from homeassistant.components.bluetooth import BluetoothServiceInfoBleak
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback

from ..proto.mibeacon.losses import Losses

MIBEACON: Final = "0000fe95-0000-1000-8000-00805f9b34fb"


class PacketLoss:
    """Count gaps in the counter for each receiver, and say when there is a new one."""

    __slots__ = (
        "_hass",
        "_names",
        "_new",
        "losses",
    )

    def __init__(self, hass: HomeAssistant) -> None:
        """Begin without knowing a receiver."""
        self._hass = hass
        self.losses = Losses()
        self._names: dict[str, str] = {}
        self._new: Callable[[str, str], None] | None = None

    def take(self, info: BluetoothServiceInfoBleak) -> None:
        """Take an advert."""
        if frame := info.service_data.get(MIBEACON):
            self.losses.take(frame, info.source)
            if info.source not in self._names:
                self._meet(info.source)

    def _meet(self, source: str) -> None:
        scanner = bluetooth.async_scanner_by_source(self._hass, source)
        name = scanner.name if scanner else source
        self._names[source] = name.removesuffix(f" ({source})")
        if self._new:
            self._new(source, self._names[source])

    @callback
    def async_on_new(self, listener: Callable[[str, str], None]) -> CALLBACK_TYPE:
        """Call ``listener`` with address and name of each receiver that hears the sensor's counter."""
        self._new = listener

        @callback
        def remove() -> None:
            self._new = None

        return remove
