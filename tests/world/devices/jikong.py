"""A JK battery board: asked once, it streams records of 300 bytes in pieces of 20 to 128 bytes.

Request ``AA 55 90 EB command length value … sum`` (20 bytes), record ``55 AA EB 90 type counter …
sum``, numbers little-endian, sum = sum of all bytes before it. The layout follows the first number
of the software version: below 11 for 24 cells, otherwise for 32. An order is answered with one frame
that does not name it, alone or glued behind a record. Source: published captures and the maps of the
boards' owners.
"""

from dataclasses import dataclass
from typing import Any, Final, override

from tests.world import ad
from tests.world.peripheral import Characteristic, Descriptor, Service, Truth

from .orders import Order
from .server import CCCD, GattBattery, derived, generic_access

DEVICE: Final = 0x97
CELLS: Final = 0x96
COMMAND: Final = bytes.fromhex("aa5590eb")
RECORD: Final = bytes.fromhex("55aaeb90")
SIZE: Final = 300
READY: Final = bytes.fromhex("aa5590ebc80101") + bytes(12) + b"\x44"
NOISE: Final = b"AT\r\n"
COMPANY: Final = 0x0B65
NOT_FITTED: Final = -2000
# What a register switches; the two last only exist in the large layout.
REGISTERS: Final = {
    0x1D: "charge",
    0x1E: "discharge",
    0x1F: "balancer",
    0x27: "heater",
    0x30: "float",
}
# Where the settings tell it: four bytes each, and a bit of one byte.
TOLD: Final = {"charge": 118, "discharge": 122, "balancer": 126}
HEATER_AT: Final = 282
MODES: Final = ("bulk", "absorption", "float")

# protection → alarm bit
BITS: Final = {
    "cell_overvoltage": 5,
    "charge_overcurrent": 6,
    "charge_overtemperature": 8,
    "charge_undertemperature": 9,
    "cell_undervoltage": 11,
    "discharge_overcurrent": 13,
    "discharge_overtemperature": 15,
    "discharge_undertemperature": 27,
}
FULL_BIT: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Describe where the values of a cell record lie."""

    places: int
    mask: int
    mosfet: int
    voltage: int
    probes: tuple[int, ...]
    alarms: int
    alarm_size: int
    balance: int
    level: int
    health: int
    switches: int
    sensors: int
    heater: int


SMALL: Final = Layout(
    places=24,
    mask=54,
    mosfet=134,
    voltage=118,
    probes=(130, 132),
    alarms=136,
    alarm_size=2,
    balance=138,
    level=141,
    health=158,
    switches=166,
    sensors=182,
    heater=183,
)
LARGE: Final = Layout(
    places=32,
    mask=70,
    mosfet=144,
    voltage=150,
    probes=(162, 164),
    alarms=166,
    alarm_size=4,
    balance=170,
    level=173,
    health=190,
    switches=198,
    sensors=214,
    heater=215,
)


def record(kind: int, counter: int, data: bytes) -> bytes:
    """Return a record from its bytes 6 to 298."""
    body = RECORD + bytes((kind, counter & 0xFF)) + data.ljust(SIZE - 7, b"\0")
    return body + bytes((sum(body) & 0xFF,))


class JkBattery(GattBattery):
    """Speak JK02.

    ``software`` chooses the layout; ``at_noise`` mixes the module's own text in; ``split`` gives the
    writing and the notifying side a characteristic each, under one UUID, as newer modules do.
    """

    switches = ("charge", "discharge", "balancer")

    def __init__(
        self,
        *,
        address: str,
        name: str | None = None,
        software: str = "15.38",
        hardware: str = "15A",
        model: str = "JK_PB2A16S20P",
        serial: str = "41018492555",
        produced: str = "250210",
        at_noise: bool = True,
        split: bool = False,
        **params: Any,
    ) -> None:
        """Take the board's own data; further parameters are those of ``GattBattery``."""
        own: dict[str, Any] = {"wire": "ffe0", "mtu": 131, "chunk": 128}
        super().__init__(address=address, name=name, **(own | params))
        number = software.partition(".")[0]
        self._version = int(number) if number.isdecimal() else 0
        self._layout = LARGE if self._version >= 11 else SMALL
        if self.pack.cells > self._layout.places or self.pack.probes > 2:
            raise ValueError(
                f"{address}: {self._layout.places} cells and 2 probes at most"
            )
        if self._layout is LARGE:
            self.switches = (*JkBattery.switches, "heater", "float")
            self.pack.locked |= {"heater", "float"}
        self._texts = (model, hardware, software, produced, serial)
        self._at_noise, self._streaming, self._counter = at_noise, False, 0
        if split:
            self.services = self._split(self.services[1])

    @staticmethod
    def _split(service: Service) -> tuple[Service, ...]:
        uuid = service.characteristics[0].uuid
        writing = Characteristic(uuid, 3, frozenset({"write-without-response"}))
        telling = Characteristic(
            uuid, 5, frozenset({"read", "notify"}), (Descriptor(CCCD, 6),)
        )
        # Attribute numbers must grow: here the name stands behind the serial line.
        access = generic_access()
        name = Characteristic(access.characteristics[0].uuid, 10, frozenset({"read"}))
        return Service(service.uuid, 2, (writing, telling)), Service(
            access.uuid, 8, (name,)
        )

    @override
    def advertisement(self, now: float) -> tuple[bytes, bytes] | None:
        """Advertise service and maker's data; the name stands in the scan response."""
        if self.asleep:
            return None
        maker = ad.manufacturer(COMPANY, b"\x88\xa0" + bytes(6))
        data = ad.payload(ad.flags(), ad.services16(0xFFE0), maker)
        return data, ad.payload(ad.name(self.name)) if self.name else b""

    @override
    def connected(self, now: float) -> None:
        """Be quiet until asked."""
        super().connected(now)
        self._streaming = False

    @override
    def tick(self, now: float) -> None:
        """Stream a cell record."""
        super().tick(now)
        if self._streaming and self.notify is not None and not self._queue:
            self._send([self._cells()])

    @override
    def noise(self) -> list[bytes]:
        """Return the module's own text."""
        return [NOISE] if self._at_noise else []

    @override
    def answer(self, command: bytes) -> list[bytes]:
        """Answer the two questions; a broken command gets silence."""
        whole = len(command) == 20 and command.startswith(COMMAND)
        if not whole or sum(command[:-1]) & 0xFF != command[-1]:
            return []
        if command[4] == DEVICE:
            return [self._device(), READY]
        if command[4] == CELLS:
            self._streaming = True
            return [self._settings(), self._cells()]
        if (order := self.order(command)) is not None:
            return self.obedience.carry_out(order, command)
        return []

    @override
    def order(self, command: bytes) -> Order | None:
        """Read an order: a register, four bytes of value; other registers get silence."""
        whole = len(command) == 20 and command.startswith(COMMAND)
        if not whole or sum(command[:-1]) & 0xFF != command[-1]:
            return None
        register, length = command[4:6]
        if register in {DEVICE, CELLS}:
            return None
        name, value = REGISTERS.get(register), int.from_bytes(command[6:10], "little")
        if name not in self.switches or length != 4 or value > 1:
            return Order(wishes={}, reply=lambda _: [])
        return Order(
            wishes={name: bool(value)},
            reply=lambda status: [] if status else [self._ready()],
        )

    def _ready(self) -> bytes:
        rng = self.obedience.rng
        ready = READY + NOISE if rng.random() < 0.5 else READY
        if rng.random() < 0.5:
            return ready
        return (self._cells() if self._streaming else self._settings()) + ready

    def _next(self, kind: int, data: bytes) -> bytes:
        self._counter += 1
        return record(kind, self._counter, data)

    def _device(self) -> bytes:
        model, hardware, software, produced, serial = self._texts
        data = bytearray(SIZE - 7)
        texts = {
            6: (model, 16),
            22: (hardware, 8),
            30: (software, 8),
            46: (self.name or "", 16),
            62: ("1234", 16),
            78: (produced, 8),
            86: (serial, 11),
        }
        for at, (text, size) in texts.items():
            data[at - 6 : at - 6 + size] = text.encode()[:size].ljust(size, b"\0")
        data[32:36] = round(self.pack.time).to_bytes(4, "little")
        return self._next(3, bytes(data))

    def _settings(self) -> bytes:
        data = bytearray(SIZE)
        for name, at in TOLD.items():
            data[at] = name not in self.pack.locked
        data[130:134] = round(self.pack.capacity * 1000).to_bytes(4, "little")
        if self._layout is LARGE:
            data[HEATER_AT] = "heater" not in self.pack.locked
        return self._next(1, bytes(data[6:-1]))

    def _cells(self) -> bytes:
        layout, pack = self._layout, self.pack
        data = bytearray(SIZE)

        def put(at: int, value: int, size: int) -> None:
            kept = value & ((1 << 8 * size) - 1)
            data[at : at + size] = kept.to_bytes(size, "little")

        volts = self._millivolts()
        for index, one in enumerate(volts):
            put(6 + 2 * index, one, 2)
        put(layout.mask, (1 << pack.cells) - 1, 4)
        put(layout.mask + 4, round(sum(volts) / len(volts)), 2)
        put(layout.mask + 6, max(volts) - min(volts), 2)
        put(layout.mask + 8, volts.index(max(volts)), 1)
        put(layout.mask + 9, volts.index(min(volts)), 1)
        self._put_temperatures(put)
        put(layout.voltage, sum(volts), 4)
        put(layout.voltage + 4, abs(sum(volts) * self._milliamps()) // 1000, 4)
        put(layout.voltage + 8, self._milliamps(), 4)
        put(layout.alarms, self._alarms(), layout.alarm_size)
        put(layout.balance, self._balance(), 2)
        put(layout.balance + 2, 2 if any(pack.balancing) else 0, 1)
        put(layout.level, round(pack.level), 1)
        put(layout.level + 1, round(pack.remaining * 1000), 4)
        put(layout.level + 5, round(pack.capacity * 1000), 4)
        put(layout.level + 9, pack.cycles, 4)
        put(layout.level + 13, round(pack.discharged * 1000), 4)
        put(layout.health, 100, 1)
        put(layout.health + 4, round(pack.time), 4)
        put(layout.switches, pack.charge_on, 1)
        put(layout.switches + 1, pack.discharge_on, 1)
        put(layout.switches + 3, any(pack.balancing), 1)
        if self._version >= 15:
            put(280, self._phase(), 1)
        return self._next(2, bytes(data[6:-1]))

    def _put_temperatures(self, put: Any) -> None:
        layout, tenths = self._layout, self._tenths()
        # The small layout counts the board's own sensor last, the large one first.
        fitted = [0, 1][: len(tenths)]
        bits = (
            {layout.mosfet: 2, layout.probes[0]: 0, layout.probes[1]: 1}
            if layout is SMALL
            else {layout.mosfet: 0, layout.probes[0]: 1, layout.probes[1]: 2}
        )
        put(layout.mosfet, self._mosfet(), 2)
        sensors = 1 << bits[layout.mosfet]
        for index, at in enumerate(layout.probes):
            put(at, tenths[index] if index in fitted else NOT_FITTED, 2)
            sensors |= (index in fitted) << bits[at]
        put(layout.sensors, sensors, 1)
        put(layout.heater, 0, 1)

    def _millivolts(self) -> list[int]:
        return [round(volts * 1000) for volts in self.pack.cell_voltages]

    def _milliamps(self) -> int:
        return round(self.pack.current * 1000)

    def _tenths(self) -> list[int]:
        return [round(celsius * 10) for celsius in self.pack.temperatures]

    def _mosfet(self) -> int:
        return round(self.pack.temperature * 10 + abs(self.pack.current))

    def _balance(self) -> int:
        return -100 if any(self.pack.balancing) else 0

    def _alarms(self) -> int:
        raised = sum(
            1 << bit for name, bit in BITS.items() if name in self.pack.protections
        )
        full = self.pack.remaining >= self.pack.capacity
        return (raised | full << FULL_BIT) & ((1 << 8 * self._layout.alarm_size) - 1)

    def _phase(self) -> int:
        return 2 if self.pack.level >= 99.5 else 1 if self.pack.level >= 95 else 0

    @override
    def truth(self) -> Truth:
        """Return what the wire can carry now."""
        pack = self.pack
        cells = [millivolts / 1000 for millivolts in self._millivolts()]
        values: dict[str, object] = {
            "voltage": round(sum(cells), 3),
            "current": self._milliamps() / 1000,
            "cycle_charge": round(pack.remaining * 1000) / 1000,
            "design_capacity": round(pack.capacity * 1000) / 1000,
            "cycles": pack.cycles,
            "battery_level": round(pack.level),
            "battery_health": 100,
            "balancer": any(pack.balancing),
            "balance_current": self._balance() / 1000,
            "chrg_mosfet": pack.charge_on,
            "dischrg_mosfet": pack.discharge_on,
            "prechrg_mosfet": False,
            "charger": False,
            "heater": False,
            "heater_current": 0.0,
            "total_charge": round(pack.discharged * 1000) / 1000,
            "uptime": round(pack.time),
            "problem": bool(self._alarms() & ~(1 << FULL_BIT)),
        }
        if self._version >= 15:
            values["battery_mode"] = MODES[self._phase()]
        probes, mosfet = [one / 10 for one in self._tenths()], [self._mosfet() / 10]
        small = self._layout is SMALL
        told = probes + mosfet if small else mosfet + probes
        return derived(values, cells, told, mean_of=probes)
