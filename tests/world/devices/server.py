"""What all simulated batteries share: a pack, a serial line over GATT, and a slow board behind it.

Answers are queued and leave in order, cut to the size of a notification, with gaps between them.
"""

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any, Final, override

from tests.world import ad
from tests.world.peripheral import (
    Characteristic,
    Descriptor,
    GattError,
    Peripheral,
    Service,
    Truth,
)

from .battery import make_pack
from .beacon import check_address
from .orders import Obedience, Order
from .signals import NUMBER

CCCD: Final = "00002902-0000-1000-8000-00805f9b34fb"
DEVICE_NAME: Final = ad.BASE_UUID.format("2a00")
# Parts of the capacity per hour below which a battery rests: between the two of the integration.
REST: Final = 0.0035
USUAL_CAPACITY: Final = 100.0  # Ah
USUAL_VOLTAGE: Final = 12.0  # V
NUS: Final = "6e40{}-b5a3-f393-e0a9-e50e24dcca9e"
READ_NOT_PERMITTED: Final = 2
WRITE_NOT_PERMITTED: Final = 3

type Wire = tuple[str, str, str]  # service, notify, write

WIRES: Final[Mapping[str, Wire]] = {
    "ff00": (
        ad.BASE_UUID.format("ff00"),
        ad.BASE_UUID.format("ff01"),
        ad.BASE_UUID.format("ff02"),
    ),
    "ff06": (
        ad.BASE_UUID.format("ff06"),
        ad.BASE_UUID.format("ff07"),
        ad.BASE_UUID.format("ff08"),
    ),
    "nus": (NUS.format("0001"), NUS.format("0003"), NUS.format("0002")),
    "fff0": (
        ad.BASE_UUID.format("fff0"),
        ad.BASE_UUID.format("fff1"),
        ad.BASE_UUID.format("fff2"),
    ),
    "ffe0": (
        ad.BASE_UUID.format("ffe0"),
        ad.BASE_UUID.format("ffe1"),
        ad.BASE_UUID.format("ffe1"),
    ),
    "ffe2": (
        ad.BASE_UUID.format("ffe0"),
        ad.BASE_UUID.format("ffe1"),
        ad.BASE_UUID.format("ffe2"),
    ),
}
WRITE_KINDS: Final = frozenset({"write", "write-without-response"})


def gatt(wire: Wire, write: Sequence[str]) -> tuple[Service, ...]:
    """Return the table of a module: its name, and one serial line."""
    service, notify, write_to = wire
    both = notify == write_to
    listened = frozenset({"read", "notify", *(write if both else ())})
    line = [Characteristic(notify, 18, listened, (Descriptor(CCCD, 19),))]
    if not both:
        line.append(Characteristic(write_to, 21, frozenset(write)))
    return (generic_access(), Service(service, 16, tuple(line)))


def generic_access() -> Service:
    """Return the service every device has: its name."""
    name = Characteristic(DEVICE_NAME, 3, frozenset({"read"}))
    return Service(ad.BASE_UUID.format("1800"), 1, (name,))


# parameter → least value
LEAST: Final = {
    "interval": 0.01,
    "mtu": 23,
    "chunk": 1,
    "delay": 0,
    "gap": 0,
    "lose_first": 0,
}


def _check_line(address: str, wire: str, write: Sequence[str]) -> None:
    if wire not in WIRES:
        raise ValueError(f"{address}: wire = {wire!r} is not one of {', '.join(WIRES)}")
    if isinstance(write, str) or not write or not set(write) <= WRITE_KINDS:
        raise ValueError(
            f"{address}: write = {write!r} must be a list out of {', '.join(sorted(WRITE_KINDS))}"
        )


def _check_figures(address: str, **figures: object) -> None:
    for key, value in figures.items():
        if not isinstance(value, NUMBER) or value < LEAST[key]:
            raise ValueError(
                f"{address}: {key} = {value!r} must be a number, {LEAST[key]} at least"
            )


class GattBattery(Peripheral):
    """Be a battery behind a serial line: ``answer`` turns what was written into frames.

    ``delay`` is how long the board thinks, ``gap`` the time between notifications of ``chunk``
    bytes; ``lose_first`` commands after each connect are lost; with ``sleeps_below`` (A) the module
    falls silent while less current flows. ``manner`` is how it takes orders, ``locked`` what somebody
    has switched off before. Raises ``ValueError`` for bad parameters.
    """

    category = "battery"
    switches: tuple[str, ...] = ()  # what orders can allow and lock
    password: str | None = None

    def __init__(
        self,
        *,
        address: str,
        name: str | None,
        wire: str,
        write: Sequence[str] = ("write-without-response",),
        interval: float = 1.0,
        mtu: int = 23,
        chunk: int = 20,
        delay: float = 0.05,
        gap: float = 0.02,
        lose_first: int = 0,
        sleeps_below: float | None = None,
        pack: Mapping[str, object] | None = None,
        manner: Mapping[str, object] | None = None,
        locked: Sequence[str] = (),
    ) -> None:
        """Take how the module behaves; ``pack`` is the table of ``battery.make_pack``."""
        check_address(address)
        _check_line(address, wire, write)
        _check_figures(
            address,
            interval=interval,
            mtu=mtu,
            chunk=chunk,
            delay=delay,
            gap=gap,
            lose_first=lose_first,
        )
        super().__init__(
            address=address,
            name=name or None,
            connectable=True,
            interval=float(interval),
            services=gatt(WIRES[wire], write),
            mtu=mtu,
        )
        self.pack = make_pack(pack or {}, address)
        self.pack.step(1.0)
        self.obedience = Obedience(pack=self.pack, rng=Random(f"{address} orders"))
        self.obedience.manner.update(manner or {})
        self._check_switches(locked)
        for one in locked:
            self.pack.switch(one, allowed=False)
        self._notify_uuid, self._write_uuid = WIRES[wire][1:]
        self._write_kinds = frozenset(write)
        self._chunk = min(chunk, mtu - 3)
        self._delay, self._gap, self._lose_first = delay, gap, lose_first
        self._sleeps_below = sleeps_below
        self._start()

    def _start(self) -> None:
        self._now: float | None = None
        self._to_lose, self._subscribed = 0, False
        self._queue: deque[tuple[float, bytes]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    def answer(self, command: bytes) -> list[bytes]:
        """Return the frames that follow a write; none = silence."""
        raise NotImplementedError

    def order(self, command: bytes) -> Order | None:
        """Return what is ordered, None for a question or what is not understood."""
        return None

    def press(
        self,
        *,
        phone: Mapping[str, bool] | None = None,
        trip: Mapping[str, float] | None = None,
        manner: Mapping[str, Any] | None = None,
        faithful: bool = False,
        celsius: float | None = None,
        probes: int | None = None,
    ) -> None:
        """Let something happen to it: another program orders, protections hold for so many seconds.

        ``manner`` changes how it takes orders from now on, ``faithful`` before that makes it a board
        without faults; ``celsius`` is how warm it is now, ``probes`` how many are left that tell it. Raises
        ``ValueError``.
        """
        self._check_switches(phone or {})
        if faithful:
            self.obedience.manner.clear()
        self.obedience.manner.update(manner or {})
        for name, seconds in (trip or {}).items():
            self.pack.trip(name, seconds)
        if celsius is not None:
            self.pack.temperature = float(celsius)
        if probes is not None:
            self.pack.unplug(probes)
        self.obedience.change(phone or {}, "phone")

    def _check_switches(self, names: Sequence[str] | Mapping[str, bool]) -> None:
        for name in names:
            if name not in self.switches:
                known = ", ".join(self.switches) or "nothing"
                raise ValueError(
                    f"{self.address}: cannot switch {name!r}, only {known}"
                )

    def noise(self) -> list[bytes]:
        """Return notifications that the module sends ahead of an answer."""
        return []

    @override
    def holds(self) -> Truth:
        """Return the Wh that went through its terminals either way, what is locked, what was ordered."""
        return {
            "energy_in": self.pack.energy_in,
            "energy_out": self.pack.energy_out,
            "switches": list(self.switches),
            "locked": sorted(self.pack.locked),
            "protections": sorted(self.pack.protections),
            "ledger": self.obedience.ledger,
        }

    def tick(self, now: float) -> None:
        """Move the pack on."""
        if self._now is not None:
            self.pack.step(now - self._now)
        self._now = now
        self.obedience.tick()

    @property
    def asleep(self) -> bool:
        """Tell whether the module is off for lack of current."""
        return (
            self._sleeps_below is not None
            and abs(self.pack.current) < self._sleeps_below
        )

    @override
    def connected(self, now: float) -> None:
        """Start anew: the first commands may get lost."""
        self._to_lose = self._lose_first
        self._subscribed = False

    @override
    def disconnected(self, now: float) -> None:
        """Forget what was not sent yet."""
        self._subscribed = False
        self._queue.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    @override
    def subscribed(self, uuid: str, enabled: bool) -> None:
        """Learn whether answers can leave."""
        if uuid == self._notify_uuid:
            self._subscribed = enabled

    @override
    def read(self, uuid: str) -> bytes:
        """Return the device name; the serial line reads as nothing."""
        if uuid == DEVICE_NAME:
            return (self.name or "").encode()
        if uuid == self._notify_uuid:
            return b""
        raise GattError(READ_NOT_PERMITTED)

    @override
    def write(self, uuid: str, data: bytes, response: bool) -> None:
        """Take a command; refuse what the characteristic does not offer."""
        kind = "write" if response else "write-without-response"
        if uuid != self._write_uuid or kind not in self._write_kinds:
            raise GattError(WRITE_NOT_PERMITTED)
        if self._to_lose:
            self._to_lose -= 1
            return
        if self.obedience.loses_frame():
            if (lost := self.order(data)) is not None:
                self.obedience.note("order", data, lost.wishes, "lost")
            return
        frames = self.answer(data)
        if frames:
            self._send([*self.noise(), *frames])

    def _send(self, frames: list[bytes]) -> None:
        wait = self._delay
        for frame in frames:
            if self.obedience.loses_frame():
                continue
            for start in range(0, len(frame), self._chunk):
                self._queue.append((wait, frame[start : start + self._chunk]))
                wait = self._gap
        self._schedule()

    def _schedule(self) -> None:
        if self._timer is None and self._queue:
            self._timer = asyncio.get_running_loop().call_later(
                self._queue[0][0], self._pop
            )

    def _pop(self) -> None:
        _, data = self._queue.popleft()
        self._timer = None
        if self.notify is not None and self._subscribed:
            self.notify(self._notify_uuid, data)
        self._schedule()


def state_of(current: float, capacity: object) -> str:
    """Return what is done with a battery of so many Ah: near zero it is idle."""
    least = REST * (capacity if isinstance(capacity, NUMBER) else USUAL_CAPACITY)
    if abs(current) < least:
        return "idle"
    return "charging" if current > 0 else "discharging"


def derived(
    values: dict[str, object],
    cells: Sequence[float],
    probes: Sequence[float],
    *,
    mean_of: Sequence[float] | None = None,
) -> Truth:
    """Add what follows from the sent values: cells and probes by number, power, energy, spread.

    ``mean_of`` are the probes at the cells, where there are others.
    """
    voltage, current, charge = (
        values["voltage"],
        values["current"],
        values["cycle_charge"],
    )
    if (
        not isinstance(voltage, NUMBER)
        or not isinstance(current, NUMBER)
        or not isinstance(charge, NUMBER)
    ):
        raise TypeError("voltage, current and charge are numbers")
    values |= {f"cell_voltage_{number}": volts for number, volts in enumerate(cells, 1)}
    values |= {
        f"probe_temperature_{number}": celsius
        for number, celsius in enumerate(probes, 1)
    }
    highest, lowest = max(cells), min(cells)
    values |= {
        "cell_count": len(cells),
        "max_cell_voltage": highest,
        "min_cell_voltage": lowest,
        "max_cell": cells.index(highest) + 1,
        "min_cell": cells.index(lowest) + 1,
        "delta_voltage": round(highest - lowest, 3),
    }
    values["power"] = round(voltage * current, 3)
    values["cycle_capacity"] = round(voltage * charge, 3)
    values["battery_charging"] = current > 0
    values["battery_state"] = state_of(current, values.get("design_capacity"))
    if warm := probes if mean_of is None else mean_of:
        values["temperature"] = round(sum(warm) / len(warm), 3)
        if len(warm) > 1:
            values["min_cell_temperature"] = min(warm)
    return values
