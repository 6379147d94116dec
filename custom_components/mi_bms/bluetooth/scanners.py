"""What Home Assistant's Bluetooth knows of its scanners, in the words of the scheduler and the diagnosis."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from math import inf
from typing import Any, Final

from bluetooth_data_tools import monotonic_time_coarse
from habluetooth import BaseHaScanner, HaScanner

from homeassistant.components import bluetooth
from homeassistant.core import HomeAssistant

from ..proto.model.names import clean_name
from ..proto.scheduler.facts import ScannerReport
from ..proto.scheduler.link_state import Coverage
from ..proto.scheduler.slots import ASSUMED_SLOTS, Hearing, Scanner
from .adverts import last_advert

# A receiver that hears nothing at all for so long is stuck, or its aerial is off.
DEAF_AFTER: Final = 120.0  # s
# Home Assistant remembers a device for minutes after its last advert.
RECENT: Final = 60.0  # s


def _deaf(scanner: BaseHaScanner) -> bool:
    return scanner.time_since_last_detection() > DEAF_AFTER


def _name(hass: HomeAssistant, address: str) -> str:
    info = last_advert(hass, address)
    return (clean_name(info.name) if info else "") or address


def _slots(scanner: BaseHaScanner) -> tuple[int, int, frozenset[str]]:
    """Return how many connections there can be, how many more, and with whom there are some."""
    told = scanner.get_allocations()
    if told is None:
        return ASSUMED_SLOTS, ASSUMED_SLOTS, frozenset()
    return told.slots, told.free, frozenset(told.allocated)


def _title(scanner: BaseHaScanner) -> str:
    return str(scanner.name).removesuffix(f" ({scanner.source})")


@dataclass(frozen=True, slots=True)
class ScannerView:
    """One scanner at one moment, with when it heard whom (monotonic seconds)."""

    scanner: BaseHaScanner
    heard_at: Mapping[str, float]

    @property
    def name(self) -> str:
        """Return what people call it."""
        return _title(self.scanner)

    def hears(self, address: str, now: float) -> dict[str, Any] | None:
        """Return how it hears a device as a plain record, None if it does not."""
        found = self.scanner.get_discovered_device_advertisement_data(address)
        if found is None:
            return None
        at = self.heard_at.get(address)
        return {
            "name": self.name,
            "source": self.scanner.source,
            "rssi": found[1].rssi,
            "connectable": self.scanner.connectable,
            "age": None if at is None else round(max(0.0, now - at), 3),
        }


def views(hass: HomeAssistant) -> list[ScannerView]:
    """Return all scanners as they are now."""
    return [
        # Each look at the times makes a new dictionary.
        ScannerView(one, one.discovered_device_timestamps)
        for one in bluetooth.async_current_scanners(hass)
    ]


def names(hass: HomeAssistant) -> dict[str, str]:
    """Return what people call the scanners, by source."""
    return {one.source: _title(one) for one in bluetooth.async_current_scanners(hass)}


def scanners(hass: HomeAssistant, addresses: Iterable[str]) -> list[Scanner]:
    """Return the facts of all scanners that matter to some batteries."""
    wanted = tuple(addresses)
    found = []
    for scanner in bluetooth.async_current_scanners(hass):
        slots, free, allocated = _slots(scanner)
        hears, heard_at = {}, scanner.discovered_device_timestamps
        for address in wanted:
            if heard := scanner.get_discovered_device_advertisement_data(address):
                hears[address] = Hearing(heard[1].rssi, heard_at.get(address, 0.0))
        found.append(
            Scanner(
                source=scanner.source,
                connectable=scanner.connectable,
                slots=slots,
                free=free,
                allocated=allocated,
                connecting=scanner.connections_in_progress(),
                hears=hears,
                failures={
                    address: scanner.connection_failures(address) for address in hears
                },
                quiet_for=scanner.time_since_last_detection(),
            )
        )
    return found


def coverage(
    hass: HomeAssistant, address: str, *, troubled: Callable[[str], bool]
) -> Coverage:
    """Return which scanners work, hear a battery, and can connect to it.

    One that hears nobody still counts: in a shed the battery is all there is to hear, and a proxy that
    is gone is no longer among the scanners. ``troubled`` says of a scanner whether connecting lately
    fails there.
    """
    found = bluetooth.async_current_scanners(hass)
    recent = monotonic_time_coarse() - RECENT
    hearing = [
        one
        for one in found
        if one.discovered_device_timestamps.get(address, -inf) >= recent
    ]
    return Coverage(
        working=frozenset(one.source for one in found),
        hearing=frozenset(one.source for one in hearing),
        connecting=frozenset(one.source for one in hearing if one.connectable),
        # Any that remembers the battery: the stack would connect there, however old that is.
        troubled=any(
            troubled(one.source)
            for one in found
            if one.get_discovered_device_advertisement_data(address)
        ),
    )


def describe(
    hass: HomeAssistant,
    address: str,
    ours: Iterable[str],
    *,
    troubled: Callable[[str], bool],
) -> list[ScannerReport]:
    """Return the facts of all scanners for the diagnosis; ``ours`` are the addresses of our batteries.

    ``troubled`` says of a scanner whether connecting lately fails there.
    """
    mine = set(ours)
    found = []
    for scanner in bluetooth.async_current_scanners(hass):
        slots, _, taken = _slots(scanner)
        heard = scanner.get_discovered_device_advertisement_data(address)
        found.append(
            ScannerReport(
                name=_title(scanner),
                rssi=heard[1].rssi if heard else None,
                connectable=scanner.connectable,
                local=isinstance(scanner, HaScanner),
                silent=_deaf(scanner),
                slots=slots,
                ours=len(taken & mine),
                others=len(taken - mine),
                users=tuple(sorted(_name(hass, one) for one in taken - mine)),
                troubled=troubled(scanner.source),
            )
        )
    return found
