"""What Home Assistant's Bluetooth knows of its scanners, in the words of the scheduler and the diagnosis."""

from collections.abc import Callable, Iterable
from math import inf
from typing import Final

from bluetooth_data_tools import monotonic_time_coarse
from habluetooth import BaseHaScanner, HaScanner

from homeassistant.components import bluetooth
from homeassistant.core import HomeAssistant

from ..proto.model.names import clean_name
from ..proto.scheduler.facts import ScannerReport
from ..proto.scheduler.link_state import Coverage
from ..proto.scheduler.slots import ASSUMED_SLOTS, Hearing, Scanner

# A receiver that hears nothing at all for so long is stuck, or its aerial is off.
DEAF_AFTER: Final = 120.0  # s
# Home Assistant remembers a device for minutes after its last advert.
RECENT: Final = 60.0  # s


def _deaf(scanner: BaseHaScanner) -> bool:
    return scanner.time_since_last_detection() > DEAF_AFTER


def _name(hass: HomeAssistant, address: str) -> str:
    info = bluetooth.async_last_service_info(hass, address, connectable=False)
    return (clean_name(info.name) if info else "") or address


def _title(scanner: BaseHaScanner) -> str:
    return str(scanner.name).removesuffix(f" ({scanner.source})")


def names(hass: HomeAssistant) -> dict[str, str]:
    """Return what people call the scanners, by source."""
    return {one.source: _title(one) for one in bluetooth.async_current_scanners(hass)}


def scanners(hass: HomeAssistant, addresses: Iterable[str]) -> list[Scanner]:
    """Return the facts of all scanners that matter to some batteries."""
    wanted = tuple(addresses)
    found = []
    for scanner in bluetooth.async_current_scanners(hass):
        slots = scanner.get_allocations()
        hears, heard_at = {}, scanner.discovered_device_timestamps
        for address in wanted:
            if heard := scanner.get_discovered_device_advertisement_data(address):
                hears[address] = Hearing(heard[1].rssi, heard_at.get(address, 0.0))
        found.append(
            Scanner(
                source=scanner.source,
                connectable=scanner.connectable,
                slots=slots.slots if slots else ASSUMED_SLOTS,
                free=slots.free if slots else ASSUMED_SLOTS,
                allocated=frozenset(slots.allocated if slots else ()),
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
        slots = scanner.get_allocations()
        taken = set(slots.allocated if slots else ())
        heard = scanner.get_discovered_device_advertisement_data(address)
        found.append(
            ScannerReport(
                name=_title(scanner),
                rssi=heard[1].rssi if heard else None,
                connectable=scanner.connectable,
                local=isinstance(scanner, HaScanner),
                silent=_deaf(scanner),
                slots=slots.slots if slots else ASSUMED_SLOTS,
                ours=len(taken & mine),
                others=len(taken - mine),
                users=tuple(sorted(_name(hass, one) for one in taken - mine)),
                troubled=troubled(scanner.source),
            )
        )
    return found
