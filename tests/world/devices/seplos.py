"""Seplos V3 packs behind one module: Modbus device 0 is the system, 1 … the packs.

Blocks of the system at 2000, 2100 and (as coils) 2200, of each pack at 1000 and 1100; numbers
big-endian, those of 32 bits with the low word first. Source: the vendor's register table and
captures.
"""

from collections.abc import Mapping
from typing import Any, Final, override

from tests.world import ad
from tests.world.peripheral import Truth

from . import modbus
from .battery import Pack, make_pack
from .server import GattBattery, derived, state_of

SYSTEM: Final = 0
STATES: Final = 0x2200
STATES_COUNT: Final = 0x50
CELSIUS: Final = 2731  # 0 °C in 0.1 K
PLACES: Final = 16
PROBES: Final = 4
MOST_PACKS: Final = 16

# protection → byte and bit of the state block
BITS: Final = {
    "cell_overvoltage": (1, 1),
    "cell_undervoltage": (1, 3),
    "charge_overtemperature": (2, 1),
    "charge_undertemperature": (2, 3),
    "discharge_overtemperature": (2, 5),
    "discharge_undertemperature": (2, 7),
    "charge_overcurrent": (4, 1),
    "discharge_overcurrent": (4, 4),
}


class SeplosBattery(GattBattery):
    """Speak Seplos V3; ``packs`` packs of the same table, told apart by their seeds, in parallel."""

    def __init__(
        self,
        *,
        address: str,
        name: str | None = None,
        packs: int = 1,
        pack: Mapping[str, object] | None = None,
        **params: Any,
    ) -> None:
        """Take the number of packs; further parameters are those of ``GattBattery``."""
        table = {"cells": PLACES, "probes": PROBES} | dict(pack or {})
        own: dict[str, Any] = {"wire": "fff0", "mtu": 30, "chunk": 27}
        super().__init__(address=address, name=name, pack=table, **(own | params))
        if not isinstance(packs, int) or not 1 <= packs <= MOST_PACKS:
            raise ValueError(f"{address}: packs = {packs!r} is not 1 … {MOST_PACKS}")
        if (self.pack.cells, self.pack.probes) != (PLACES, PROBES):
            raise ValueError(f"{address}: needs {PLACES} cells and {PROBES} probes")
        others = [
            make_pack(table | {"seed": self.pack.seed + number}, address)
            for number in range(1, packs)
        ]
        for other in others:
            other.step(1.0)
        self.packs = [self.pack, *others]

    @override
    def advertisement(self, now: float) -> tuple[bytes, bytes] | None:
        """Advertise the service; the name stands in the scan response."""
        if self.asleep:
            return None
        data = ad.payload(ad.flags(), ad.services16(0xFFF0))
        return data, ad.payload(ad.name(self.name)) if self.name else b""

    @override
    def tick(self, now: float) -> None:
        """Move all packs on together."""
        before = self.pack.time
        super().tick(now)
        for other in self.packs[1:]:
            other.step(self.pack.time - before)

    @override
    def answer(self, command: bytes) -> list[bytes]:
        """Read a block; what does not exist gets silence."""
        asked = modbus.request_of(command)
        if asked is None or asked.device > len(self.packs):
            return []
        if asked.function == modbus.READ_COILS:
            if asked[:1] + asked[2:] != (SYSTEM, STATES, STATES_COUNT):
                return []
            return [modbus.reply(SYSTEM, asked.function, self._states())]
        if asked.function != modbus.READ_INPUT:
            return []
        memory = (
            self._system()
            if asked.device == SYSTEM
            else _pack(self.packs[asked.device - 1])
        )
        data = modbus.read(memory, asked.address, asked.amount)
        return (
            [] if data is None else [modbus.reply(asked.device, asked.function, data)]
        )

    def _system(self) -> dict[int, int]:
        packs = self.packs
        capacity = round(sum(pack.capacity for pack in packs) * 100)
        discharged = round(sum(pack.discharged for pack in packs) / 10)
        words = [*_long(self._centivolts()), *_long(self._deciamps())]
        words += [*_long(self._charge()), *_long(capacity), *_long(discharged)]
        words += [*_long(capacity), 0, 0, 0, 0, 300, 0, 150, 0, 0, 0, len(packs)]
        words += [max(pack.cycles for pack in packs), self._level(), 1000]
        memory = modbus.registers(0x2000, [0] * 26) | modbus.registers(0x2000, words)
        cells = [millivolts for pack in packs for millivolts in _millivolts(pack)]
        volts = [round(pack.voltage * 100) for pack in packs]
        extremes = [max(cells), min(cells), cells.index(max(cells)) + 1]
        extremes += [cells.index(min(cells)) + 1, max(volts), min(volts), 0, 0]
        tenths = [one for pack in packs for one in _tenths(pack)]
        extremes += [max(tenths), min(tenths), self._average()]
        memory |= modbus.registers(0x2100, [0] * 22)
        return memory | modbus.registers(0x2100, extremes)

    def _states(self) -> bytes:
        data = bytearray(10)
        current = sum(pack.current for pack in self.packs)
        data[0] = 1 if current > 0 else 0 if current < 0 else 4
        for pack in self.packs:
            for name in pack.protections:
                at, bit = BITS[name]
                data[at] |= 1 << bit
        data[7] = self.pack.discharge_on | self.pack.charge_on << 1
        return bytes(data)

    def _centivolts(self) -> int:
        return round(sum(pack.voltage for pack in self.packs) / len(self.packs) * 100)

    def _deciamps(self) -> int:
        return round(sum(pack.current for pack in self.packs) * 10)

    def _charge(self) -> int:
        return round(sum(pack.remaining for pack in self.packs) * 100)

    def _level(self) -> int:
        whole = sum(pack.capacity for pack in self.packs)
        return round(sum(pack.remaining for pack in self.packs) / whole * 1000)

    def _average(self) -> int:
        tenths = [one for pack in self.packs for one in _tenths(pack)]
        return round(sum(tenths) / len(tenths))

    @override
    def truth(self) -> Truth:
        """Return what the wire can carry now."""
        values: dict[str, object] = {
            "voltage": self._centivolts() / 100,
            "current": self._deciamps() / 10,
            "cycle_charge": self._charge() / 100,
            "design_capacity": round(sum(pack.capacity for pack in self.packs), 2),
            "cycles": max(pack.cycles for pack in self.packs),
            "battery_level": self._level() / 10,
            "battery_health": 100.0,
            "pack_count": len(self.packs),
            "full_charge": round(sum(pack.capacity for pack in self.packs), 2),
            "total_charge": round(sum(pack.discharged for pack in self.packs) / 10)
            * 10,
            "balancer": False,
            "chrg_mosfet": self.pack.charge_on,
            "dischrg_mosfet": self.pack.discharge_on,
            "heater": False,
            "problem": any(pack.protections for pack in self.packs),
        }
        for number, pack in enumerate(self.packs, 1):
            values |= {
                f"pack_{number}_{name}": value
                for name, value in _pack_truth(pack).items()
            }
        current, voltage = self._deciamps() / 10, self._centivolts() / 100
        # Cells of different packs are not in series: the widest pack counts.
        rows = [_millivolts(pack) for pack in self.packs]
        spread = max(max(row) - min(row) for row in rows)
        every = [one for row in rows for one in row]
        return values | {
            "delta_voltage": spread / 1000,
            "cell_count": max(map(len, rows)),
            "max_cell_voltage": max(every) / 1000,
            "min_cell_voltage": min(every) / 1000,
            "max_cell": every.index(max(every)) + 1,
            "min_cell": every.index(min(every)) + 1,
            "temperature": self._average() / 10,
            "min_cell_temperature": min(min(_tenths(one)) for one in self.packs) / 10,
            "power": round(voltage * current, 3),
            "cycle_capacity": round(voltage * self._charge() / 100, 3),
            "battery_charging": current > 0,
            "battery_state": state_of(current, values["design_capacity"]),
        }


def _pack_truth(pack: Pack) -> Truth:
    """Return what a pack's own blocks can carry now."""
    values: dict[str, object] = {
        "voltage": round(pack.voltage * 100) / 100,
        "current": round(pack.current * 100) / 100,
        "cycle_charge": round(pack.remaining * 100) / 100,
        "design_capacity": round(pack.capacity * 100) / 100,
        "battery_level": round(pack.level * 10) / 10,
        "battery_health": 100.0,
        "cycles": pack.cycles,
        "total_charge": round(pack.discharged / 10) * 10,
        "problem": bool(pack.protections),
    }
    inside = [one / 10 for one in _tenths(pack)]
    others = [one / 10 for one in (_ambient(pack), _mosfet(pack))]
    cells = [millivolts / 1000 for millivolts in _millivolts(pack)]
    return derived(values, cells, inside + others, mean_of=inside)


def _pack(pack: Pack) -> dict[int, int]:
    volts, tenths = _millivolts(pack), _tenths(pack)
    words = [round(pack.voltage * 100), round(pack.current * 100)]
    words += [round(pack.remaining * 100), round(pack.capacity * 100)]
    words += [round(pack.discharged / 10), round(pack.level * 10), 1000, pack.cycles]
    words += [
        round(sum(volts) / len(volts)),
        round(sum(tenths) / len(tenths)) + CELSIUS,
    ]
    words += [max(volts), min(volts), max(tenths) + CELSIUS, min(tenths) + CELSIUS]
    words += [0, round(pack.max_discharge), round(pack.max_charge)]
    memory = modbus.registers(0x1000, words)
    kelvin = [tenth + CELSIUS for tenth in tenths]
    filler = [CELSIUS] * PROBES
    board = [_ambient(pack) + CELSIUS, _mosfet(pack) + CELSIUS]
    return memory | modbus.registers(0x1100, [*volts, *kelvin, *filler, *board])


def _millivolts(pack: Pack) -> list[int]:
    return [round(volts * 1000) for volts in pack.cell_voltages]


def _tenths(pack: Pack) -> list[int]:
    return [round(celsius * 10) for celsius in pack.temperatures]


def _ambient(pack: Pack) -> int:
    return round(pack.ambient * 10)


def _mosfet(pack: Pack) -> int:
    return round(pack.temperature * 10 + abs(pack.current))


def _long(value: int) -> tuple[int, int]:
    """Return 32 bits as words, the low one first."""
    return value & 0xFFFF, value >> 16 & 0xFFFF
