"""The physics of a battery pack and the judgement of the board in it.

Cells in series share the current; each has its own capacity and state of charge. A cell's voltage
is its open-circuit voltage plus current times resistance. The board counts charge, watches limits,
opens its switches and balances. Units: V, A (positive = charging), Ah, °C, seconds, Ω.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from itertools import pairwise
from random import Random
from typing import Final

from .profile import Profile, make_profile

CELSIUS_ROOM: Final = 20.0
LARGEST_STEP: Final = 1.0  # s; longer steps are cut, so that limits are noticed in time

# state of charge → open-circuit voltage; the ends go past 0 and 1, so that charge is never lost at a limit
LFP: Final = (
    (-0.05, 2.00),
    (0.00, 2.50),
    (0.01, 2.80),
    (0.05, 3.05),
    (0.10, 3.18),
    (0.20, 3.24),
    (0.30, 3.27),
    (0.40, 3.285),
    (0.60, 3.295),
    (0.70, 3.315),
    (0.90, 3.335),
    (0.97, 3.36),
    (1.00, 3.45),
    (1.05, 3.80),
)
NMC: Final = (
    (-0.05, 2.50),
    (0.00, 3.00),
    (0.05, 3.35),
    (0.10, 3.48),
    (0.20, 3.57),
    (0.40, 3.65),
    (0.60, 3.80),
    (0.80, 3.98),
    (0.95, 4.13),
    (1.00, 4.18),
    (1.05, 4.40),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chemistry:
    """Hold a cell's curve and the limits that boards use for it."""

    curve: Sequence[tuple[float, float]]
    over: float
    over_release: float
    under: float
    under_release: float
    balance_from: float


CHEMISTRIES: Final[Mapping[str, Chemistry]] = {
    "lfp": Chemistry(
        curve=LFP,
        over=3.65,
        over_release=3.45,
        under=2.5,
        under_release=2.9,
        balance_from=3.35,
    ),
    "nmc": Chemistry(
        curve=NMC,
        over=4.25,
        over_release=4.15,
        under=2.8,
        under_release=3.1,
        balance_from=4.0,
    ),
}

# protection → which switches it opens
PROTECTIONS: Final[Mapping[str, frozenset[str]]] = {
    "cell_overvoltage": frozenset({"charge"}),
    "cell_undervoltage": frozenset({"discharge"}),
    "charge_overtemperature": frozenset({"charge"}),
    "charge_undertemperature": frozenset({"charge"}),
    "discharge_overtemperature": frozenset({"discharge"}),
    "discharge_undertemperature": frozenset({"discharge"}),
    "charge_overcurrent": frozenset({"charge"}),
    "discharge_overcurrent": frozenset({"discharge"}),
}
# protection → trips at, releases at (°C)
HOT: Final = {
    "charge_overtemperature": (55.0, 50.0),
    "discharge_overtemperature": (65.0, 60.0),
}
COLD: Final = {
    "charge_undertemperature": (0.0, 3.0),
    "discharge_undertemperature": (-20.0, -15.0),
}
OVERCURRENT_SECONDS: Final = 10.0  # a current limit is tried again after this time


def interpolate(curve: Sequence[tuple[float, float]], at: float) -> float:
    """Return a curve's value between its points; the outermost slopes go on."""
    for (x0, y0), (x1, y1) in pairwise(curve):
        if at <= x1 or (x1, y1) == curve[-1]:
            return y0 + (y1 - y0) * (at - x0) / (x1 - x0)
    raise ValueError("a curve needs two points")


@dataclass
class Cell:
    """Be one cell: capacity and charge in Ah, ``offset`` (V) against the curve of its chemistry."""

    capacity: float
    charge: float
    resistance: float
    offset: float = 0.0

    @property
    def soc(self) -> float:
        """Return the state of charge, 0 … 1 and a little beyond."""
        return self.charge / self.capacity


@dataclass(kw_only=True)
class Pack:
    """Be a pack with its board; ``step`` lets time pass, everything else is the exact truth now.

    ``locked`` is what was switched off by hand; of that, "charge" and "discharge" open a switch,
    "balancer" ends the balancing. ``spread`` is the standard deviation of the cells' capacity and charge, as a fraction;
    ``mismatch`` that of their voltages at rest (V), ``current_noise`` (A) and ``cell_noise`` (V) that of
    what the board measures from moment to moment. ``energy_in`` and ``energy_out`` (Wh) are what went
    through its terminals since the beginning. Raises ``ValueError`` for a pack that cannot be.
    """

    cells: int = 4
    chemistry: str = "lfp"
    capacity: float = 100.0
    soc: float = 0.6
    spread: float = 0.002
    mismatch: float = 0.002
    current_noise: float = 0.0
    cell_noise: float = 0.0
    resistance: float = 0.0006
    probes: int = 2
    ambient: float = CELSIUS_ROOM
    cycles: int = 40
    max_charge: float = 100.0
    max_discharge: float = 150.0
    balance_current: float = 0.1
    balance_window: float = 0.01
    heat_capacity: float = 900.0  # J/K for each cell
    heat_loss: float = 1.2  # W/K for the pack
    profile: Profile = field(default_factory=Profile)
    seed: int = 1

    time: float = field(init=False, default=0.0)
    current: float = field(init=False, default=0.0)
    temperature: float = field(init=False)
    remaining: float = field(init=False)
    discharged: float = field(init=False, default=0.0)
    energy_in: float = field(init=False, default=0.0)
    energy_out: float = field(init=False, default=0.0)
    protections: set[str] = field(init=False, default_factory=set)
    counters: dict[str, int] = field(init=False)
    locked: set[str] = field(init=False, default_factory=set)

    def __post_init__(self) -> None:
        """Make the cells."""
        if self.chemistry not in CHEMISTRIES:
            raise ValueError(
                f"chemistry = {self.chemistry!r} is not one of {', '.join(CHEMISTRIES)}"
            )
        if not 1 <= self.cells <= 32 or not 0 <= self.probes <= 8:
            raise ValueError(
                f"cells = {self.cells} is not within 1 … 32, or probes = {self.probes} not within 0 … 8"
            )
        if self.capacity <= 0 or not 0 <= self.soc <= 1:
            raise ValueError(
                f"capacity = {self.capacity} must be positive and soc = {self.soc} within 0 … 1"
            )
        rng = Random(f"{self.seed} pack")
        self.chem = CHEMISTRIES[self.chemistry]
        self.stack = [self._cell(rng) for _ in range(self.cells)]
        self._at_rest = [cell.offset for cell in self.stack]
        self._noise = Random(f"{self.seed} noise")
        self.offsets = [rng.uniform(-0.4, 0.8) for _ in range(self.probes)]
        self.temperature = self.ambient
        self.remaining = self.capacity * self.soc
        self.counters = dict.fromkeys(PROTECTIONS, 0)
        self._retry = {"charge_overcurrent": 0.0, "discharge_overcurrent": 0.0}
        self._tripped: dict[str, float] = {}
        self._first_cycles = self.cycles
        self.balancing = [False] * self.cells

    def _cell(self, rng: Random) -> Cell:
        capacity = self.capacity * (1 + abs(rng.gauss(0, self.spread)))
        soc = min(1.0, max(0.0, self.soc + rng.gauss(0, self.spread)))
        resistance = self.resistance * (1 + rng.uniform(-0.1, 0.1))
        return Cell(capacity, capacity * soc, resistance, rng.gauss(0, self.mismatch))

    @property
    def cell_voltages(self) -> list[float]:
        """Return each cell's voltage at its terminals."""
        return [
            interpolate(self.chem.curve, one.soc)
            + one.offset
            + self.current * one.resistance
            for one in self.stack
        ]

    @property
    def voltage(self) -> float:
        """Return the voltage of all cells in series."""
        return sum(self.cell_voltages)

    @property
    def temperatures(self) -> list[float]:
        """Return what the probes measure."""
        return [self.temperature + offset for offset in self.offsets]

    def unplug(self, left: int) -> None:
        """Leave so many probes."""
        self.offsets = self.offsets[:left]
        self.probes = len(self.offsets)

    @property
    def level(self) -> float:
        """Return the board's state of charge in %."""
        return 100 * self.remaining / self.capacity

    @property
    def charge_on(self) -> bool:
        """Tell whether the charge switch conducts."""
        return self._closed("charge")

    @property
    def discharge_on(self) -> bool:
        """Tell whether the discharge switch conducts."""
        return self._closed("discharge")

    def step(self, seconds: float) -> None:
        """Let time pass."""
        while seconds > 0:
            part = min(seconds, LARGEST_STEP)
            self._move(part)
            self._watch()
            seconds -= part

    def switch(self, name: str, *, allowed: bool) -> None:
        """Allow something by hand or lock it; what no longer may flow stops at once."""
        (self.locked.discard if allowed else self.locked.add)(name)
        self._cut()

    def trip(self, name: str, seconds: float) -> None:
        """Let a protection hold for some time, as if its limit were passed; raise ``ValueError``."""
        if name not in PROTECTIONS:
            raise ValueError(f"{name!r} is not one of {', '.join(PROTECTIONS)}")
        self._tripped[name] = self.time + seconds
        self._watch()

    def clear(self) -> None:
        """Give up the protections for which there is no reason any more."""
        self._tripped.clear()
        self._watch()

    def _closed(self, switch: str) -> bool:
        return switch not in self.locked and not any(
            switch in PROTECTIONS[name] for name in self.protections
        )

    def _move(self, seconds: float) -> None:
        self.time += seconds
        wanted = self.profile.at(self.time)
        blocked = (wanted > 0 and not self.charge_on) or (
            wanted < 0 and not self.discharge_on
        )
        self.current = (
            0.0 if blocked else wanted + self._noise.gauss(0, self.current_noise)
        )
        if self.cell_noise:
            for cell, offset in zip(self.stack, self._at_rest, strict=True):
                cell.offset = offset + self._noise.gauss(0, self.cell_noise)
        moved = self.current * seconds / 3600
        volts = self.cell_voltages
        self.energy_in += max(0.0, moved) * sum(volts)
        self.energy_out += max(0.0, -moved) * sum(volts)
        lowest = min(volts)
        heat = 0.0
        for index, cell in enumerate(self.stack):
            bleeds = (
                "balancer" not in self.locked
                and volts[index] > self.chem.balance_from
                and volts[index] > lowest + self.balance_window
            )
            self.balancing[index] = bleeds
            cell.charge += moved - (
                self.balance_current * seconds / 3600 if bleeds else 0.0
            )
            heat += self.current**2 * cell.resistance
        cooling = self.heat_loss * (self.temperature - self.ambient)
        self.temperature += (
            (heat - cooling) * seconds / (self.heat_capacity * self.cells)
        )
        self.remaining = min(max(self.remaining + moved, 0.0), self.capacity)
        self.discharged += max(0.0, -moved)
        self.cycles = self._first_cycles + int(self.discharged / self.capacity)

    def _watch(self) -> None:
        volts = self.cell_voltages
        self._judge(
            "cell_overvoltage",
            max(volts) > self.chem.over,
            max(volts) < self.chem.over_release,
        )
        self._judge(
            "cell_undervoltage",
            min(volts) < self.chem.under,
            min(volts) > self.chem.under_release,
        )
        for name, (trip, release) in HOT.items():
            self._judge(name, self.temperature > trip, self.temperature < release)
        for name, (trip, release) in COLD.items():
            self._judge(name, self.temperature < trip, self.temperature > release)
        for name, over in (
            ("charge_overcurrent", self.current > self.max_charge),
            ("discharge_overcurrent", -self.current > self.max_discharge),
        ):
            if over:
                self._retry[name] = self.time + OVERCURRENT_SECONDS
            self._judge(name, over, self.time >= self._retry[name])
        self._cut()

    def _cut(self) -> None:
        if (self.current > 0 and not self.charge_on) or (
            self.current < 0 and not self.discharge_on
        ):
            self.current = 0.0

    def _judge(self, name: str, trips: bool, releases: bool) -> None:
        trips = trips or self.time < self._tripped.get(name, 0.0)
        if trips and name not in self.protections:
            self.protections.add(name)
            self.counters[name] += 1
        elif releases and not trips:
            self.protections.discard(name)


PACK_KEYS: Final = frozenset(one.name for one in fields(Pack) if one.init) - {"profile"}
PACK_TYPES: Final = {
    "chemistry": str,
    "cells": int,
    "probes": int,
    "cycles": int,
    "seed": int,
}


def make_pack(spec: Mapping[str, object], where: str) -> Pack:
    """Build a pack from a scenario's table; raise ``ValueError`` that names what is wrong."""
    if extra := set(spec) - PACK_KEYS - {"profile"}:
        raise ValueError(
            f"{where}: pack has unknown keys {', '.join(sorted(extra))} (known: {', '.join(sorted(PACK_KEYS))})"
        )
    profile = spec.get("profile")
    for key, value in spec.items():
        wanted = PACK_TYPES.get(key, (int, float))
        if key != "profile" and (
            not isinstance(value, wanted) or isinstance(value, bool)
        ):
            raise ValueError(f"{where}: {key} = {value!r} has the wrong type")
    figures = {key: value for key, value in spec.items() if key in PACK_KEYS}
    try:
        return Pack(profile=make_profile(profile, where), **figures)  # type: ignore[arg-type]
    except ValueError as error:
        raise ValueError(
            f"{where}: {error}" if where not in str(error) else str(error)
        ) from None
