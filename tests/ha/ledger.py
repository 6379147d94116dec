"""Batteries whose every answer is written down, so that a test reckons energy on its own.

What is reckoned here comes from the rules that a user reads, and shares nothing with the product.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from tests.world.devices.battery import interpolate
from tests.world.devices.jbd import JbdBattery

from .clock import now
from .home import Home, Result

LONGEST = 90.0  # s that power is taken to run evenly
BASIC = 0x03  # the answer that holds the current


def address(number: int) -> str:
    """Return the address of one of the batteries."""
    return f"A5:C2:37:00:0E:{number:02X}"


@dataclass(frozen=True, slots=True)
class Sample:
    """Hold what one answer said: when, V, A."""

    at: float
    volts: float
    amps: float

    @property
    def power(self) -> float:
        return self.volts * self.amps


@dataclass
class Feed:
    """Say what a board measures from now on."""

    amps: float = 0.0
    volts: float = 13.0
    charge: float = 60.0
    drains: bool = False  # the charge follows the current
    since: float = field(default_factory=now)


class Written(JbdBattery):
    """Be a board that says exactly what it is fed, and keeps what it said."""

    def __init__(self, number: int, amps: float = 0.0, **more: Any) -> None:
        pack = {"spread": 0, "mismatch": 0, "resistance": 0} | more.pop("pack", {})
        self.feed, self.said = Feed(amps=amps, **more), list[Sample]()
        super().__init__(address=address(number), name=f"JBD-{number}", pack=pack)
        self.pack.step = lambda seconds: None  # type: ignore[method-assign]

    def set(self, **what: Any) -> None:
        self.feed.charge, self.feed.since = self.charge, now()
        for name, value in what.items():
            setattr(self.feed, name, value)

    @property
    def charge(self) -> float:
        feed = self.feed
        gone = (now() - feed.since) / 3600 if feed.drains else 0.0
        return feed.charge + feed.amps * gone

    @override
    def _report(self, register: int) -> bytes:
        pack, feed = self.pack, self.feed
        pack.current, pack.remaining = feed.amps, self.charge
        for cell in pack.stack:
            rest = interpolate(pack.chem.curve, cell.soc)
            cell.offset = feed.volts / pack.cells - rest
        if register == BASIC:
            self.said.append(
                Sample(now(), round(pack.voltage, 2), round(pack.current, 2))
            )
        return super()._report(register)


def between(first: Sample, second: Sample) -> tuple[float, float]:
    """Return kWh in and out between two samples, with power linear in between."""
    hours = (second.at - first.at) / 3.6e6
    start, end = first.power, second.power
    cut = abs(start) / (abs(start) + abs(end)) if start * end < 0 else 1.0
    halves = (start * cut, end * (1 - cut)) if start * end < 0 else (start + end, 0.0)
    return (
        sum(max(one, 0.0) for one in halves) / 2 * hours,
        sum(max(-one, 0.0) for one in halves) / 2 * hours,
    )


def measured(said: Sequence[Sample]) -> tuple[float, float]:
    """Return kWh in and kWh out of what no gap interrupts."""
    parts = [
        between(first, second)
        for first, second in pairwise(said)
        if second.at - first.at <= LONGEST
    ]
    return sum(one for one, _ in parts), sum(one for _, one in parts)


class Watch:
    """See every state of every meter: none may fall."""

    def __init__(self, hass: HomeAssistant) -> None:
        self.last: dict[str, float] = {}
        self.falls: list[tuple[str, float, float]] = []
        hass.bus.async_listen(EVENT_STATE_CHANGED, self._see)

    @callback
    def _see(self, event: Event[EventStateChangedData]) -> None:
        state, name = event.data["new_state"], event.data["entity_id"]
        if state is None or state.state in {"unknown", "unavailable"}:
            return
        if not name.endswith(("energy_charged", "energy_discharged", "mine")):
            return
        value = float(state.state)
        if value < self.last.get(name, 0.0):
            self.falls.append((name, self.last[name], value))
        self.last[name] = value


def shown(home: Home, entry: ConfigEntry[Any]) -> dict[str, str]:
    """Return what the entities of an entry show, by the field they are of."""
    registry = er.async_get(home.hass)
    return {
        one.unique_id.rsplit("-", 1)[1]: state.state
        for one in er.async_entries_for_config_entry(registry, entry.entry_id)
        if (state := home.hass.states.get(one.entity_id))
    }


def told(home: Home, entry: ConfigEntry[Any]) -> tuple[float, float]:
    """Return what the meters of an entry show: kWh in and out."""
    values = shown(home, entry)
    return float(values["energy_charged"]), float(values["energy_discharged"])


async def exact(home: Home, entry: ConfigEntry[Any]) -> tuple[float, float]:
    """Return the same after a reload, before which everything is written."""
    await home.clock.wait(home.hass.config_entries.async_reload(entry.entry_id))
    await home.clock.settle()
    return told(home, entry)


async def passes(
    home: Home, devices: Iterable[Written], seconds: float, every: float = 30.0
) -> None:
    """Let time pass in which devices are heard."""
    for _ in range(round(seconds / every)):
        await home.clock.run(every)
        home.shout(*devices)
        await home.clock.settle()


async def away(
    home: Home, devices: Sequence[Written], seconds: float, meanwhile: Callable[[], Any]
) -> None:
    """Let devices be out of reach; before they come back something happens."""
    for one in devices:
        home.air.refuse.add(one.address)
    await home.clock.leap(seconds)
    meanwhile()
    for one in devices:
        home.air.refuse.discard(one.address)
        home.shout(one)
    await passes(home, devices, 60)


async def combine(
    home: Home,
    name: str,
    members: Sequence[Written],
    wiring: str = "parallel",
    length: int = 1,
) -> Result:
    """Answer the form of a bank."""
    form = await home.start()
    form = await home.send(form, {"next_step_id": "bank"})
    answer = {
        "name": name,
        "members": [one.address for one in members],
        "wiring": wiring,
        "string_length": length,
    }
    done = await home.send(form, answer)
    await home.clock.settle()
    return done
