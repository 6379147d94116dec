"""The air between virtual devices and the proxies: who hears whom, how well, and what goes wrong.

A device that holds a connection does not advertise. A device that cannot be reached (asleep, busy
with another listener, out of range) lets a connect run into its time-out, as the real ones do.
All chance comes from one seed.
"""

import asyncio
from collections.abc import Callable, Mapping
import logging
import random
import time
from typing import Final, NamedTuple, Protocol

from .faults import Faults
from .history import History
from .link import Link, OnLost, OnNotify
from .peripheral import Peripheral

CONNECT_TIMEOUT: Final = 20.0
GENERIC_ERROR: Final = 0x85
SUPERVISION_TIMEOUT: Final = 0x08
RSSI_SPREAD: Final = 1.5  # dB, standard deviation

_LOGGER = logging.getLogger(__name__)


class Heard(NamedTuple):
    """Hold one advert as one listener hears it."""

    address: str
    address_type: int
    rssi: int
    advertisement: bytes
    scan_response: bytes


class Listener(Protocol):
    """Be something that hears adverts."""

    @property
    def name(self) -> str:
        """Return the name that ``heard_by`` uses."""

    def hear(self, heard: Heard) -> None:
        """Take one advert."""


class LinkFailed(Exception):
    """Report a connect that came to nothing, with its error number."""

    def __init__(self, code: int) -> None:
        """Keep the error number."""
        super().__init__(code)
        self.code = code


class Station:
    """Hold one device and its place in the air."""

    def __init__(
        self,
        peripheral: Peripheral,
        heard_by: Mapping[str, int],
        faults: Faults,
        seed: str,
    ) -> None:
        """Take the device, the RSSI at each listener, and its faults."""
        self.peripheral = peripheral
        self.heard_by = dict(heard_by)
        self.faults = faults
        self.history = History()
        self.link: Link | None = None
        self.rng = random.Random(seed)
        self.awake = asyncio.Event()
        self.adverts = 0
        self.connects = 0
        self.refused = 0

    def note(self) -> None:
        """Remember what the device holds now."""
        self.history.note(time.time(), self.peripheral.truth())


class Radio:
    """Let devices advertise, tick and be connected to."""

    def __init__(
        self, *, seed: int = 0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Take the seed of all chance and the clock that devices see, in seconds."""
        self.seed = seed
        self.stations: dict[str, Station] = {}
        self._clock, self._leapt = clock, 0.0
        self._listeners: dict[str, Listener] = {}
        self._tasks: list[asyncio.Task[None]] = []

    def add_listener(self, listener: Listener) -> None:
        """Let a listener hear what its name stands for."""
        self._listeners[listener.name] = listener

    def place(
        self,
        peripheral: Peripheral,
        heard_by: Mapping[str, int],
        faults: Faults | None = None,
    ) -> Station:
        """Put a device into the air; ``heard_by`` gives the RSSI in dBm at each listener."""
        station = Station(
            peripheral,
            heard_by,
            faults or Faults(),
            f"{self.seed} {peripheral.address}",
        )
        peripheral.wake = station.awake.set
        self.stations[peripheral.address] = station
        return station

    def appear(self, peripheral: Peripheral, rssi: int, sender: str) -> None:
        """Put a device into the air while it runs; all hear it but the listener that sends it."""
        names = [one for one in self._listeners if one != sender]
        station = self.place(peripheral, dict.fromkeys(names, rssi))
        task = asyncio.create_task(self._advertise(station), name=peripheral.address)
        self._tasks.append(task)

    def vanish(self, address: str) -> None:
        """Take away a device that appeared."""
        if (station := self.stations.pop(address, None)) is not None:
            if station.link is not None:
                station.link.lose(SUPERVISION_TIMEOUT)
            for task in self._tasks:
                if task.get_name() == address:
                    task.cancel()

    def start(self) -> None:
        """Begin: all devices advertise and tick."""
        self._tasks = [
            asyncio.create_task(self._advertise(one)) for one in self.stations.values()
        ]
        self._tasks.append(asyncio.create_task(self._tick()))

    async def stop(self) -> None:
        """End all links and fall silent."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for station in self.stations.values():
            if station.link is not None:
                station.link.lose(SUPERVISION_TIMEOUT)

    async def connect(
        self, listener: str, address: str, *, notified: OnNotify, lost: OnLost
    ) -> Link:
        """Open a link; raise ``LinkFailed`` after the time that the failure takes in life."""
        station = self.stations.get(address)
        if station is None or listener not in station.heard_by:
            await asyncio.sleep(CONNECT_TIMEOUT)
            raise LinkFailed(GENERIC_ERROR)
        if station.faults.hang:
            await asyncio.Event().wait()
        await asyncio.sleep(station.faults.connect_delay)
        if code := station.faults.take_refusal():
            station.refused += 1
            raise LinkFailed(code)
        if not self._connectable(station):
            await asyncio.sleep(CONNECT_TIMEOUT)
            if not self._connectable(station):
                raise LinkFailed(GENERIC_ERROR)
        return self._open(station, notified, lost)

    @staticmethod
    def _connectable(station: Station) -> bool:
        return (
            station.link is None
            and not station.faults.asleep
            and not station.faults.held
            and station.peripheral.connectable
        )

    def _open(self, station: Station, notified: OnNotify, lost: OnLost) -> Link:
        link = Link(
            station.peripheral,
            station.faults,
            station.rng,
            notified=notified,
            lost=lost,
        )
        station.link = link
        station.connects += 1

        def ended() -> None:
            station.link = None
            station.peripheral.disconnected(self._now())
            station.awake.set()

        link.closing.append(ended)
        if station.faults.disconnect_after:
            loop = asyncio.get_running_loop()
            timer = loop.call_later(
                station.faults.disconnect_after,
                link.lose,
                station.faults.disconnect_reason,
            )
            link.closing.append(timer.cancel)
        station.peripheral.connected(self._now())
        return link

    async def _advertise(self, station: Station) -> None:
        peripheral = station.peripheral
        if peripheral.interval is not None:
            await asyncio.sleep(station.rng.random() * min(peripheral.interval, 1.0))
            self._shout(station)
        while True:
            wait = peripheral.interval
            try:
                async with asyncio.timeout(
                    None if wait is None else wait * station.rng.uniform(0.95, 1.05)
                ):
                    await station.awake.wait()
            except TimeoutError:
                pass
            station.awake.clear()
            self._shout(station)

    def _shout(self, station: Station) -> None:
        """Send one advert to all that may hear it."""
        faults = station.faults
        if station.link is not None or faults.asleep or faults.held:
            return
        peripheral = station.peripheral
        try:
            said = peripheral.advertisement(self._now())
            station.note()
        except Exception:
            _LOGGER.exception("%s failed to advertise", peripheral.address)
            return
        if said is None:
            return
        station.adverts += 1
        for name, strength in station.heard_by.items():
            if (
                station.faults.advert_loss
                and station.rng.random() < station.faults.advert_loss
            ):
                continue
            rssi = max(
                -127, min(20, round(strength + station.rng.gauss(0, RSSI_SPREAD)))
            )
            if (listener := self._listeners.get(name)) is not None:
                listener.hear(
                    Heard(peripheral.address, peripheral.address_type, rssi, *said)
                )

    def say(self, address: str, advertisement: bytes, rssi: int) -> None:
        """Send one advert of nobody that is here, as a stranger may; all hear it."""
        for listener in self._listeners.values():
            listener.hear(Heard(address, 0, rssi, advertisement, b""))

    def leap(self, seconds: float) -> None:
        """Let much time pass for all devices at once."""
        self._leapt += seconds
        self._move_on()

    def _now(self) -> float:
        return self._clock() + self._leapt

    def _move_on(self) -> None:
        now = self._now()
        for station in tuple(self.stations.values()):
            try:
                station.peripheral.tick(now)
                station.note()
            except Exception:
                _LOGGER.exception("%s failed in its tick", station.peripheral.address)
            if station.faults.asleep and station.link is not None:
                station.link.lose(SUPERVISION_TIMEOUT)

    async def _tick(self) -> None:
        while True:
            self._move_on()
            await asyncio.sleep(1.0)
