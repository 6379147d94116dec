"""What the radios hear, as plain records for actions and events.

Home Assistant keeps one advert per device, merged over all that it said, and one per receiver; the
bytes are those of the last packet. So the list of structures is of that packet where the radio gives
bytes, else put together from what was merged.
"""

import asyncio
from collections.abc import Iterable, Mapping
import contextlib
from dataclasses import dataclass, field
from typing import Any, Final, Self

from bluetooth_data_tools import monotonic_time_coarse

from homeassistant.components import bluetooth
from homeassistant.components.bluetooth import (
    BluetoothCallbackMatcher,
    BluetoothChange,
    BluetoothScanningMode,
    BluetoothServiceInfoBleak,
)
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback

from ..bluetooth.discovery import look_at, told_type
from ..bluetooth.door import Door
from ..entries import entry_of
from ..keys.ring import KEYS
from ..proto.air.adverts import Advert, Filter, address_type
from ..proto.air.structures import Structure
from ..proto.bms.index import INDEX
from ..proto.mibeacon.decoder import Decoder
from ..proto.model.names import clean_name

type Json = dict[str, Any]

MOST_DEVICES: Final = 1000
MOST_PACKETS: Final = 16  # different ones of one device
_AT_ONCE: Final = 25  # records between two breaths of the event loop
_ANY: Final = BluetoothCallbackMatcher(connectable=False)


def air_advert(info: BluetoothServiceInfoBleak) -> Advert:
    """Return what is heard of a device in the words of the air."""
    return Advert(
        address=info.address,
        rssi=info.rssi,
        name=info.name if info.name != info.address else None,
        services=tuple(info.service_uuids),
        service_data=info.service_data,
        manufacturer_data=info.manufacturer_data,
        tx_power=info.tx_power,
        raw=info.raw,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """Hold one receiver and when it heard whom (monotonic seconds)."""

    scanner: bluetooth.BaseHaScanner
    name: str
    heard_at: Mapping[str, float]

    def hears(self, address: str, now: float) -> Json | None:
        """Return how it hears a device, None if it does not."""
        found = self.scanner.get_discovered_device_advertisement_data(address)
        if found is None:
            return None
        heard_at = self.heard_at.get(address)
        return {
            "name": self.name,
            "source": self.scanner.source,
            "rssi": found[1].rssi,
            "connectable": self.scanner.connectable,
            "age": None if heard_at is None else _seconds(now - heard_at),
        }


def receivers(hass: HomeAssistant) -> list[Receiver]:
    """Return all receivers."""
    return [
        Receiver(
            scanner=one,
            name=one.name.removesuffix(f" ({one.source})"),
            heard_at=one.discovered_device_timestamps,
        )
        for one in bluetooth.async_current_scanners(hass)
    ]


def record(
    hass: HomeAssistant,
    info: BluetoothServiceInfoBleak,
    ears: Iterable[Receiver],
) -> Json:
    """Return everything that is known of a device by what it sends."""
    now = monotonic_time_coarse()
    advert = air_advert(info)
    payload = advert.payload
    address = info.address
    own = entry_of(hass, address)
    hearing = [heard for ear in ears if (heard := ear.hears(address, now))]
    kind = address_type(address, told_type(info))
    interval = bluetooth.async_get_learned_advertising_interval(hass, address)
    return {
        "address": address,
        "address_type": kind.type,
        "address_kind": kind.kind,
        "name": clean_name(advert.name or "") or None,
        "rssi": info.rssi,
        "receivers": sorted(hearing, key=lambda one: -int(one["rssi"])),
        "connectable": any(one["connectable"] for one in hearing),
        "age": _seconds(now - info.time),
        "interval": None if interval is None else _seconds(interval),
        "tx_power": info.tx_power,
        "services": sorted(advert.services),
        "service_data": _hex(advert.service_data),
        "manufacturer_data": {
            f"{company:04x}": data.hex()
            for company, data in advert.manufacturer_data.items()
        },
        "raw": advert.raw.hex() if advert.raw is not None else None,
        "structures": [_structure(one) for one in payload.structures],
        "unread": payload.rest.hex() or None,
        "rebuilt": advert.raw is None,
        "set_up": own.title if own else None,
        "device": _device(hass, info),
    }


def _seconds(time: float) -> float:
    return round(max(0.0, time), 3)


def _hex(data: Mapping[str, bytes]) -> dict[str, str]:
    return {uuid: value.hex() for uuid, value in data.items()}


def _structure(one: Structure) -> Json:
    return {
        "type": f"{one.type:02x}",
        "name": one.name,
        "data": one.data.hex(),
        "value": one.value,
    }


def _device(hass: HomeAssistant, info: BluetoothServiceInfoBleak) -> Json | None:
    """Return which sensor or battery an advert comes from, and what a sensor says in it."""
    heard = look_at(info)
    if heard is None:
        return None
    if (sighting := heard.sighting) is None:
        return {
            "kind": "battery",
            "families": [
                {"family": one, "title": INDEX[one].title} for one in heard.families
            ],
        }
    decoder = Decoder(info.address, hass.data[KEYS].ring.get(info.address))
    reading = decoder.feed(
        info.service_data, info.manufacturer_data, info.time, info.source
    )
    return {
        "kind": "sensor",
        "format": sighting.format,
        "model": sighting.model,
        "title": sighting.title,
        "product_id": sighting.product_id,
        "encrypted": sighting.encrypted,
        "outcome": str(reading.outcome),
        "values": {str(name): value for name, value in reading.values.items()},
        "events": [
            {"key": one.key, "type": one.type, "properties": dict(one.properties)}
            for one in reading.events
        ],
    }


@dataclass(slots=True)
class _Said:
    """Collect what one device says during a scan."""

    info: BluetoothServiceInfoBleak
    adverts: int = 0
    packets: dict[bytes, None] = field(default_factory=dict)  # in order of coming

    def take(self, info: BluetoothServiceInfoBleak) -> None:
        self.adverts += 1
        if info.raw is not None and len(self.packets) < MOST_PACKETS:
            self.packets.setdefault(info.raw)


class Scan:
    """Take each packet of each device that is wanted."""

    def __init__(self, hass: HomeAssistant, wanted: Filter) -> None:
        """Start without any."""
        self._hass, self._wanted = hass, wanted
        self._door = Door("look")
        self._said: dict[str, _Said] = {}
        self._stops: dict[str, CALLBACK_TYPE] = {}
        self._live = False

    async def run(self, seconds: float) -> Self:
        """Listen for a while."""
        with contextlib.ExitStack() as stack:
            # What is known gets its listener by the replay, what is new by its first advert.
            stack.callback(self._stop)
            stack.callback(
                bluetooth.async_register_callback(
                    self._hass,
                    self._door.guard(self._meet),
                    _ANY,
                    BluetoothScanningMode.PASSIVE,
                )
            )
            self._live = True
            await asyncio.sleep(seconds)
        return self

    def _stop(self) -> None:
        for stop in self._stops.values():
            stop()

    @callback
    def _meet(self, info: BluetoothServiceInfoBleak, _change: BluetoothChange) -> None:
        address = info.address
        if (
            address in self._stops
            or self._wanted.address not in {None, address}
            or len(self._stops) >= MOST_DEVICES
        ):
            return

        @callback
        def heard(each: BluetoothServiceInfoBleak) -> None:
            if address not in self._said:
                self._said[address] = _Said(each)
            self._said[address].take(each)

        self._stops[address] = bluetooth.async_register_advertisement_callback(
            self._hass, self._door.guard(heard), address
        )
        if self._live:
            heard(info)

    async def records(self) -> list[Json]:
        """Return a record of each device that was heard."""
        found = []
        for address, said in self._said.items():
            merged = bluetooth.async_last_service_info(self._hass, address, False)
            found.append(merged or said.info)
        done = await records(self._hass, found, self._wanted)
        for one in done:
            said = self._said[one["address"]]
            one["adverts"] = said.adverts
            one["packets"] = [packet.hex() for packet in said.packets]
        return done


async def records(
    hass: HomeAssistant,
    infos: Iterable[BluetoothServiceInfoBleak],
    wanted: Filter,
) -> list[Json]:
    """Return records of what is wanted, the nearest first."""
    ears = receivers(hass)
    near = sorted(
        (info for info in infos if wanted.fits(air_advert(info))),
        key=lambda info: (-info.rssi, info.address),
    )
    found = []
    for number, info in enumerate(near[:MOST_DEVICES]):
        if number % _AT_ONCE == 0:
            await asyncio.sleep(0)
        found.append(record(hass, info, ears))
    return found
