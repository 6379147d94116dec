"""A battery of the Redodo, LiTime and Power Queen kind: one question, one answer of 105 bytes.

Answer ``00 00 length … sum``, numbers little-endian, sum = sum of all bytes before it. Source:
published captures.
"""

from typing import Any, Final, override

from tests.world import ad
from tests.world.peripheral import Truth

from .beacon import mac_of
from .server import GattBattery, derived

QUESTION: Final = bytes.fromhex("000004011355aa17")
HEAD: Final = bytes.fromhex("000065019355aa00")
PLACES: Final = 16
SLOTS: Final = 5
COMPANY: Final = 0x585A
DISCHARGE_OFF: Final = 0x20
CHARGE_DISABLED: Final = 4


class RedodoBattery(GattBattery):
    """Speak Redodo; a second probe stands for the switches' temperature."""

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
        """Answer the one question."""
        return [self._values()] if command == QUESTION else []

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
            (0, 4),
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
        return 0 if self.pack.discharge_on else DISCHARGE_OFF

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
