"""Adverts as Home Assistant's Bluetooth heard them: the last ones, and those that come from now on.

All of the house asks here; only the sensors' coordinator takes its adverts from Home Assistant's own
processor. Where nothing is added, a function is Home Assistant's under the name that it has here.
"""

from collections.abc import Callable
import logging
import traceback
from typing import Any, Unpack

from homeassistant.components import bluetooth
from homeassistant.config_entries import SOURCE_BLUETOOTH, ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import discovery_flow

from ..const import DOMAIN

_LOGGER = logging.getLogger(__name__)

# One advert with the scanner that heard it, its signal (dBm) and its time (monotonic s).
type HeardAdvert = bluetooth.BluetoothServiceInfoBleak

async_search = bluetooth.async_request_active_scan
# Each advert of a device, also one that says nothing new; the result ends it.
on_each = bluetooth.async_register_advertisement_callback
learned_interval = bluetooth.async_get_learned_advertising_interval
rediscover = bluetooth.async_rediscover_address


def last_advert(
    hass: HomeAssistant, address: str, *, connectable: bool = False
) -> HeardAdvert | None:
    """Return what a device said last, merged over its adverts; with ``connectable``, where it can be connected."""
    return bluetooth.async_last_service_info(hass, address, connectable)


def last_adverts(
    hass: HomeAssistant, *, connectable: bool = False
) -> list[HeardAdvert]:
    """Return what each device that is heard said last."""
    return list(bluetooth.async_discovered_service_info(hass, connectable))


def is_hearing(hass: HomeAssistant) -> bool:
    """Return whether there is any scanner."""
    return bool(bluetooth.async_scanner_count(hass, connectable=False))


def can_connect(hass: HomeAssistant) -> bool:
    """Return whether there is any scanner that connects."""
    return bool(bluetooth.async_scanner_count(hass, connectable=True))


def discover(hass: HomeAssistant, info: HeardAdvert) -> None:
    """Start a flow for a device, as Home Assistant does when it hears one for the first time."""
    discovery_flow.async_create_flow(
        hass,
        DOMAIN,
        {"source": SOURCE_BLUETOOTH},
        info,
        discovery_key=discovery_flow.DiscoveryKey(
            domain=bluetooth.DOMAIN, key=info.address, version=1
        ),
    )


def rediscover_removed(hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
    """Let the device of a removed entry be discovered again."""
    if bluetooth.DOMAIN not in entry.discovery_keys:
        # Home Assistant by itself looks again only at what it had discovered.
        rediscover(hass, str(entry.unique_id))


class FaultGuard:
    """What stands between Home Assistant's Bluetooth and a place that takes adverts.

    Home Assistant calls one listener after the other, so what one raises may cost all others their
    advert. A fault ends here: it is counted, and the first is said in the log.
    """

    __slots__ = ("_name", "faults")

    def __init__(self, name: str) -> None:
        """Take the name of the place, for the log."""
        self._name = name
        self.faults = 0

    def wrap(self, take: Callable[[HeardAdvert], None]) -> Callable[..., None]:
        """Return a listener for ``on_news`` or ``on_each`` that raises nothing."""

        @callback
        def taken(info: HeardAdvert, _change: object = None) -> None:
            try:
                take(info)
            except Exception as err:  # noqa: BLE001  (whatever it is, it ends here)
                self.note(err)

        return taken

    def note(self, err: Exception) -> None:
        """Count a fault; the first is said, without what it says: that may hold an address."""
        self.faults += 1
        if self.faults == 1:
            where = traceback.extract_tb(err.__traceback__)[-1]
            _LOGGER.error(
                "%s: an advert could not be taken (%s in %s, line %s)",
                self._name,
                type(err).__name__,
                where.name,
                where.lineno,
            )


def on_news(
    hass: HomeAssistant,
    take: Callable[[HeardAdvert, object], None],
    *,
    active: bool = False,
    replay: bool = True,
    **match: Unpack[bluetooth.BluetoothCallbackMatcher],
) -> CALLBACK_TYPE:
    """Call ``take`` with adverts that say something new, at first with the last ones; the result ends it.

    ``match`` is what they must have, any scanner will do unless it says so; with ``active``, scanners
    ask the device for what it says only when it is asked. Without ``replay`` the last ones are left out.
    """
    mode, replays = bluetooth.BluetoothScanningMode, bluetooth.BluetoothCallbackReplay
    match.setdefault("connectable", False)
    return bluetooth.async_register_callback(
        hass,
        take,
        match,
        mode.ACTIVE if active else mode.PASSIVE,
        replay=replays.OLDEST_FIRST if replay else replays.DISABLED,
    )
