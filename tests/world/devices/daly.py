"""A Daly battery board that speaks Modbus as device D2.

Request ``D2 03 address count crc``, reply ``D2 03 n data crc``; cells lie at register 0, values at
28, alarms at 3A. ``D2 06 address value crc`` writes and is echoed, also where nothing happens. Source:
published register maps and captures.
"""

from typing import Any, Final, override

from tests.world import ad
from tests.world.peripheral import Truth

from . import modbus
from .orders import Order
from .server import GattBattery, derived

DEVICE: Final = 0xD2
CENTRE: Final = 30000  # raw current at rest
OFFSET: Final = 40  # °C
COMPANY: Final = 0x0102
REGISTERS: Final = {0xA5: "charge", 0xA6: "discharge", 0xCF: "balancer"}
ECHOES: Final = (0x0C, 0x0D)  # writes to these are confirmed, and change nothing
PASSWORD: Final = (0xC9, b"123456")  # in clear

# protection → bit of the 64-bit alarm value
BITS: Final = {
    "charge_overcurrent": 33,
    "discharge_overcurrent": 35,
    "cell_overvoltage": 49,
    "cell_undervoltage": 51,
    "charge_overtemperature": 57,
    "charge_undertemperature": 59,
    "discharge_overtemperature": 61,
    "discharge_undertemperature": 63,
}


class DalyBattery(GattBattery):
    """Speak Daly's Modbus.

    ``mosfet_sensor`` False leaves the board's own temperature at 0, as firmware without that sensor
    does.
    """

    switches = ("charge", "discharge", "balancer")

    def __init__(
        self,
        *,
        address: str,
        name: str | None = None,
        software: str = "T00K_000000_00",
        hardware: str = "H2.0_103R",
        produced: str = "20230229",
        mosfet_sensor: bool = True,
        **params: Any,
    ) -> None:
        """Take the board's own data; further parameters are those of ``GattBattery``."""
        own: dict[str, Any] = {"wire": "fff0", "mtu": 247, "chunk": 244}
        super().__init__(address=address, name=name, **(own | params))
        if self.pack.probes < 1:
            raise ValueError(f"{address}: needs a probe")
        texts = (software, hardware, produced)
        self._texts = b"".join(text.encode()[:16].ljust(16, b"\0") for text in texts)
        self._mosfet_sensor = mosfet_sensor

    @override
    def advertisement(self, now: float) -> tuple[bytes, bytes] | None:
        """Advertise service and maker's data; the name stands in the scan response."""
        if self.asleep:
            return None
        maker = ad.manufacturer(COMPANY, b"\x00\x00")
        data = ad.payload(ad.flags(), ad.services16(0xFFF0), maker)
        return data, ad.payload(ad.name(self.name)) if self.name else b""

    @override
    def answer(self, command: bytes) -> list[bytes]:
        """Read registers or move a switch; what does not exist gets silence."""
        if (order := self.order(command)) is not None:
            return self.obedience.carry_out(order, command)
        asked = modbus.request_of(command)
        if asked is None or asked.device != DEVICE:
            return []
        if asked.function != modbus.READ_HOLDING:
            return []
        data = modbus.read(self._memory(), asked.address, asked.amount)
        return [] if data is None else [modbus.reply(DEVICE, asked.function, data)]

    @override
    def order(self, command: bytes) -> Order | None:
        """Read an order; a refused one, and one for another register, gets silence."""
        asked = modbus.request_of(command)
        if (
            asked is None
            or asked.device != DEVICE
            or asked.function != modbus.WRITE_ONE
        ):
            return None
        name = REGISTERS.get(asked.address)
        known = name is not None and asked.amount <= 1
        if not known and asked.address not in ECHOES:
            return Order(wishes={}, reply=lambda _: [])
        return Order(
            wishes={name: bool(asked.amount)} if name is not None and known else {},
            reply=lambda status: [] if status else [command],
        )

    def _memory(self) -> dict[int, int]:
        pack, volts, probes = self.pack, self._millivolts(), self._celsius()
        memory = modbus.registers(0, [0] * 0x50)
        memory |= modbus.registers(0, volts)
        memory |= modbus.registers(0x20, [one + OFFSET for one in probes])
        power = abs(pack.voltage * pack.current)
        values = [
            self._decivolts(),
            self._deciamps() + CENTRE,
            round(pack.level * 10),
            max(volts),
            min(volts),
            max(probes) + OFFSET,
            min(probes) + OFFSET,
            (pack.current > 0) + 2 * (pack.current < 0),
            self._charge(),
            pack.cells,
            pack.probes,
            pack.cycles,
            any(pack.balancing),
            pack.charge_on,
            pack.discharge_on,
            round(sum(volts) / len(volts)),
            max(volts) - min(volts),
            round(power),
        ]
        memory |= modbus.registers(0x28, values)
        alarms = modbus.words_of(self._alarms().to_bytes(8))
        memory |= modbus.registers(0x3A, alarms)
        balance = sum(on << index for index, on in enumerate(pack.balancing))
        board = round(pack.temperature) + OFFSET
        mosfet = self._mosfet() + OFFSET if self._mosfet_sensor else 0
        extras = [balance, balance >> 16, CENTRE, 0, mosfet, board]
        memory |= modbus.registers(0x3E, extras)
        memory |= modbus.registers(0x80, [round(pack.capacity * 10), *[0] * 40])
        memory |= modbus.registers(0xA9, self._info())
        password, text = PASSWORD
        memory |= modbus.registers(password, modbus.words_of(text))
        on = {at: int(name not in pack.locked) for at, name in REGISTERS.items()}
        return memory | on

    def _info(self) -> list[int]:
        words = modbus.words_of(self._texts)
        return [*words, *[0] * (0x20 - len(words))]

    def _millivolts(self) -> list[int]:
        return [round(volts * 1000) for volts in self.pack.cell_voltages]

    def _celsius(self) -> list[int]:
        return [round(celsius) for celsius in self.pack.temperatures]

    def _mosfet(self) -> int:
        return round(self.pack.temperature + abs(self.pack.current) / 10)

    def _decivolts(self) -> int:
        return round(self.pack.voltage * 10)

    def _deciamps(self) -> int:
        return round(self.pack.current * 10)

    def _charge(self) -> int:
        return round(self.pack.remaining * 10)

    def _alarms(self) -> int:
        return sum(
            1 << bit for name, bit in BITS.items() if name in self.pack.protections
        )

    @override
    def truth(self) -> Truth:
        """Return what the wire can carry now."""
        pack = self.pack
        values: dict[str, object] = {
            "voltage": self._decivolts() / 10,
            "current": self._deciamps() / 10,
            "cycle_charge": self._charge() / 10,
            "cycles": pack.cycles,
            "battery_level": round(pack.level * 10) / 10,
            "balancer": any(pack.balancing),
            "design_capacity": round(pack.capacity * 10) / 10,
            "chrg_mosfet": pack.charge_on,
            "dischrg_mosfet": pack.discharge_on,
            "problem": bool(self._alarms()),
        }
        mosfet, board = [float(self._mosfet())], [float(round(pack.temperature))]
        probes = [float(celsius) for celsius in self._celsius()]
        cells = [millivolts / 1000 for millivolts in self._millivolts()]
        own = self._mosfet_sensor
        told = mosfet + probes + board if own else probes
        if own:
            values["balance_current"] = 0.0
        return derived(values, cells, told, mean_of=probes)
