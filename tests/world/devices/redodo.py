"""A battery of the Redodo, LiTime and Power Queen kind: one question, one answer of 105 bytes.

Answer ``00 00 length … sum``, numbers little-endian, sum = sum of all bytes before it. Orders have the
form of the question and are not answered. Source: published captures, and programs of owners.
"""

from typing import Any, Final, override

from tests.world import ad
from tests.world.peripheral import Truth

from .beacon import mac_of
from .orders import Order
from .server import GattBattery, derived

QUESTION: Final = bytes.fromhex("000004011355aa17")
HEAD: Final = bytes.fromhex("000065019355aa00")
PLACES: Final = 16
SLOTS: Final = 5
COMPANY: Final = 0x585A
CHARGE_DISABLED: Final = 4
DISCHARGE_DISABLED: Final = 0x80
# command → what, and whether it is allowed then
ORDERS: Final = {
    0x0A: ("charge", True),
    0x0B: ("charge", False),
    0x0C: ("discharge", True),
    0x0D: ("discharge", False),
}
# protection → bit
BITS: Final = {
    "cell_overvoltage": 2,
    "cell_undervoltage": 5,
    "charge_overcurrent": 6,
    "discharge_overcurrent": 7,
    "charge_overtemperature": 8,
    "discharge_overtemperature": 9,
    "charge_undertemperature": 10,
    "discharge_undertemperature": 11,
}


class RedodoBattery(GattBattery):
    """Speak Redodo; a second probe stands for the switches' temperature."""

    switches = ("charge", "discharge")

    def __init__(self, *, address: str, name: str | None = None, **params: Any) -> None:
        """Take the parameters of ``GattBattery``."""
        own: dict[str, Any] = {"wire": "ffe2", "mtu": 247, "chunk": 244}
        super().__init__(address=address, name=name, **(own | params))
        if self.pack.cells > PLACES or not 1 <= self.pack.probes <= SLOTS:
            raise ValueError(
                f"{address}: {PLACES} cells and 1 … {SLOTS} probes fit, not"
                f" {self.pack.cells} and {self.pack.probes}"
            )
        if self.pack.capacity > 655:
            raise ValueError(f"{address}: more than 655 Ah do not fit")

    @override
    def advertisement(self, now: float) -> tuple[bytes, bytes] | None:
        """Advertise service and maker's data; the name stands in the scan response."""
        if self.asleep:
            return None
        maker = ad.manufacturer(COMPANY, mac_of(self.address))
        data = ad.payload(ad.flags(), ad.services16(0xFFE0), maker)
        return data, ad.payload(ad.name(self.name)) if self.name else b""

    @override
    def answer(self, command: bytes) -> list[bytes]:
        """Answer the one question; take orders."""
        if (order := self.order(command)) is not None:
            return self.obedience.carry_out(order, command)
        return [self._values()] if command == QUESTION else []

    @override
    def order(self, command: bytes) -> Order | None:
        """Read an order, which has the form of the question."""
        whole = len(command) == 8 and command[-1] == sum(command[:-1]) & 0xFF
        framed = command[:4] == QUESTION[:4] and command[5:7] == QUESTION[5:7]
        if not whole or not framed or command[4] == QUESTION[4]:
            return None
        known = ORDERS.get(command[4])
        return Order(wishes=dict([known]) if known else {}, reply=lambda _: [])

    def _values(self) -> bytes:
        pack, volts = self.pack, self._millivolts()
        words = [(sum(volts), 4), (sum(volts), 4)]
        words += [(one, 2) for one in volts + [0] * (PLACES - pack.cells)]
        words.append((self._milliamps(), 4))
        celsius = self._celsius()
        words += [(one, 2) for one in celsius + [0] * (SLOTS - len(celsius))]
        words += [
            (self._charge(), 2),
            (round(pack.capacity * 100), 4),
            (0 if pack.discharge_on else DISCHARGE_DISABLED, 4),
            (0, 4),
            (self._protections(), 4),
            (0, 4),
            (sum(on << index for index, on in enumerate(pack.balancing)), 4),
            (0 if pack.charge_on else CHARGE_DISABLED, 2),
            (round(pack.level), 2),
            (100, 4),
            (pack.cycles, 4),
            (round(pack.cycles * pack.capacity), 4),
        ]
        body = HEAD + b"".join(
            (value & ((1 << 8 * size) - 1)).to_bytes(size, "little")
            for value, size in words
        )
        return body + bytes((sum(body) & 0xFF,))

    def _millivolts(self) -> list[int]:
        return [round(volts * 1000) for volts in self.pack.cell_voltages]

    def _milliamps(self) -> int:
        return round(self.pack.current * 1000)

    def _celsius(self) -> list[int]:
        return [round(celsius) for celsius in self.pack.temperatures]

    def _charge(self) -> int:
        return round(self.pack.remaining * 100)

    def _protections(self) -> int:
        return sum(
            1 << bit for name, bit in BITS.items() if name in self.pack.protections
        )

    @override
    def truth(self) -> Truth:
        """Return what the wire can carry now."""
        pack = self.pack
        cells = [millivolts / 1000 for millivolts in self._millivolts()]
        values: dict[str, object] = {
            "voltage": round(sum(cells), 3),
            "current": self._milliamps() / 1000,
            "cycle_charge": self._charge() / 100,
            "design_capacity": round(pack.capacity * 100) / 100,
            "cycles": pack.cycles,
            "battery_level": round(pack.level),
            "battery_health": 100,
            "balancer": any(pack.balancing),
            "heater": False,
            "chrg_mosfet": pack.charge_on,
            "dischrg_mosfet": pack.discharge_on,
            "total_charge": round(pack.cycles * pack.capacity),
            "problem": bool(self._protections()),
        }
        return derived(values, cells, [float(one) for one in self._celsius()])
