"""What the scanners hear, as plain records for actions and events.

Home Assistant keeps one advert per device, merged over all that it said, and one per scanner; the
bytes are those of the last packet. So the list of structures is of that packet where the scanner gives
bytes, else put together from what was merged.
"""

import asyncio
from collections.abc import Callable, Iterable
import contextlib
from dataclasses import dataclass, field
from heapq import nsmallest
from typing import Any, Final, Self

from bluetooth_data_tools import monotonic_time_coarse

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback

from ..bluetooth.adverts import (
    FaultGuard,
    HeardAdvert,
    last_advert,
    last_adverts,
    learned_interval,
    on_each,
    on_news,
)
from ..bluetooth.discovery import look_at
from ..bluetooth.scanners import ScannerView, views
from ..entries import entry_of, name_of
from ..keys.ring import KEYS
from ..proto.air.adverts import AirAdvert, Filter
from ..proto.air.records import record as advert_record
from ..proto.bms.index import INDEX
from ..proto.mibeacon.decoder import Decoder
from ..proto.mibeacon.records import record as sensor_record

type Json = dict[str, Any]

MOST_DEVICES: Final = 1000
MOST_PACKETS: Final = 16  # different ones of one device
_AT_ONCE: Final = 25  # records between two breaths of the event loop


def air_advert(info: HeardAdvert) -> AirAdvert:
    """Return what is heard of a device as the air package takes it."""
    return AirAdvert(
        address=info.address,
        rssi=info.rssi,
        name=info.name if info.name != info.address else None,
        services=tuple(info.service_uuids),
        service_data=info.service_data,
        manufacturer_data=info.manufacturer_data,
        tx_power=info.tx_power,
        raw=info.raw,
    )


def record(
    hass: HomeAssistant,
    info: HeardAdvert,
    scanners: Iterable[ScannerView],
) -> Json:
    """Return everything that is known of a device by what it sends."""
    now, address = monotonic_time_coarse(), info.address
    own = entry_of(hass, address)
    hearing = [heard for one in scanners if (heard := one.hears(address, now))]
    interval = learned_interval(hass, address)
    return {
        **advert_record(air_advert(info), info.device.details),
        "receivers": sorted(hearing, key=lambda one: -int(one["rssi"])),
        "connectable": any(one["connectable"] for one in hearing),
        "age": _seconds(now - info.time),
        "interval": None if interval is None else _seconds(interval),
        "set_up": name_of(hass, own) if own else None,
        "device": _device(hass, info),
    }


def _seconds(time: float) -> float:
    return round(max(0.0, time), 3)


def _device(hass: HomeAssistant, info: HeardAdvert) -> Json | None:
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
    return {"kind": "sensor", **sensor_record(sighting, reading)}


@dataclass(slots=True)
class _Said:
    """What one device says during a scan."""

    info: HeardAdvert
    adverts: int = 0
    packets: dict[bytes, None] = field(default_factory=dict)  # in order of coming

    def take(self, info: HeardAdvert) -> None:
        self.adverts += 1
        if info.raw is not None and len(self.packets) < MOST_PACKETS:
            self.packets.setdefault(info.raw)


class Scan:
    """A scan: each packet of each device that is wanted."""

    def __init__(self, hass: HomeAssistant, wanted: Filter) -> None:
        """Start without any."""
        self._hass, self._wanted = hass, wanted
        self._guard = FaultGuard("look")
        self._said: dict[str, _Said] = {}
        self._stops: dict[str, CALLBACK_TYPE] = {}

    async def run(self, seconds: float) -> Self:
        """Listen for a while."""
        with contextlib.ExitStack() as stack:
            # What is new gets its listener by its first advert, what is known gets it here: Home
            # Assistant would go through all that it knows at once, and a crowd is many.
            stack.callback(self._stop)
            take = self._guard.wrap(self._meet)
            stack.callback(on_news(self._hass, take, replay=False))
            for number, info in enumerate(last_adverts(self._hass)):
                if number % _AT_ONCE == 0:
                    await asyncio.sleep(0)
                self._follow(info.address)
            await asyncio.sleep(seconds)
        return self

    def _stop(self) -> None:
        for stop in self._stops.values():
            stop()

    @callback
    def _meet(self, info: HeardAdvert) -> None:
        if (heard := self._follow(info.address)) is not None:
            heard(info)

    def _follow(self, address: str) -> Callable[[HeardAdvert], None] | None:
        """Listen to a device; return what takes its adverts, None if it is none of those to listen to now."""
        if (
            address in self._stops
            or self._wanted.address not in {None, address}
            or len(self._stops) >= MOST_DEVICES
        ):
            return None

        @callback
        def heard(each: HeardAdvert) -> None:
            if address not in self._said:
                self._said[address] = _Said(each)
            self._said[address].take(each)

        self._stops[address] = on_each(self._hass, self._guard.wrap(heard), address)
        return heard

    async def records(self) -> list[Json]:
        """Return a record of each device that was heard."""
        found = []
        for address, said in self._said.items():
            merged = last_advert(self._hass, address)
            found.append(merged or said.info)
        done = await records(self._hass, found, self._wanted)
        for one in done:
            said = self._said[one["address"]]
            one["adverts"] = said.adverts
            one["packets"] = [packet.hex() for packet in said.packets]
        return done


async def records(
    hass: HomeAssistant,
    infos: Iterable[HeardAdvert],
    wanted: Filter,
) -> list[Json]:
    """Return records of what is wanted, the nearest first."""
    near = await hass.async_add_executor_job(_nearest, infos, wanted)
    scanners = views(hass)
    found = []
    for number, info in enumerate(near):
        if number % _AT_ONCE == 0:
            await asyncio.sleep(0)
        found.append(record(hass, info, scanners))
    return found


def _nearest(infos: Iterable[HeardAdvert], wanted: Filter) -> list[HeardAdvert]:
    """Return the nearest that are wanted; beside the event loop, for a crowd is many."""
    fitting = (info for info in infos if wanted.fits(air_advert(info)))
    return nsmallest(MOST_DEVICES, fitting, key=lambda info: (-info.rssi, info.address))
