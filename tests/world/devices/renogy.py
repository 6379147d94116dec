"""A Renogy battery behind its Bluetooth module: Modbus device 30, answered on another service.

Numbers are big-endian; cells are told in whole 0.1 V. Source: published captures.
"""

from typing import Any, Final, override

from tests.world import ad
from tests.world.peripheral import Characteristic, Descriptor, Service, Truth

from . import modbus
from .server import CCCD, GattBattery, derived, generic_access

DEVICE: Final = 0x30
PLACES: Final = 16
COMPANY: Final = 0x9860
ASKED: Final = ad.BASE_UUID.format("ffd1")
TOLD: Final = ad.BASE_UUID.format("fff1")
CHARGE_BIT: Final = 1
DISCHARGE_BIT: Final = 2


class RenogyBattery(GattBattery):
    """Speak Renogy's Modbus."""

    def __init__(
        self,
        *,
        address: str,
        name: str | None = None,
        serial: str = "20210526",
        model: str = "RBT100LFP12-BT",
        software: str = "0100",
        **params: Any,
    ) -> None:
        """Take the battery's own data; further parameters are those of ``GattBattery``."""
        own: dict[str, Any] = {"wire": "fff0", "mtu": 247, "chunk": 244}
        super().__init__(address=address, name=name, **(own | params))
        if self.pack.cells > PLACES:
            raise ValueError(
                f"{address}: {PLACES} cells at most, not {self.pack.cells}"
            )
        self._notify_uuid, self._write_uuid = TOLD, ASKED
        self.services = (
            generic_access(),
            Service(
                ad.BASE_UUID.format("ffd0"),
                16,
                (Characteristic(ASKED, 18, self._write_kinds),),
            ),
            Service(
                ad.BASE_UUID.format("fff0"),
                32,
                (
                    Characteristic(
                        TOLD, 34, frozenset({"notify"}), (Descriptor(CCCD, 35),)
                    ),
                ),
            ),
        )
        self._texts = (
            serial.encode()[:16].ljust(16, b"\0")
            + bytes(8)
            + model.encode()[:16].ljust(16)
            + software.encode()[:4].ljust(4, b"0")
        )

    @override
    def advertisement(self, now: float) -> tuple[bytes, bytes] | None:
        """Advertise the service that is written to; the name stands in the scan response."""
        if self.asleep:
            return None
        maker = ad.manufacturer(COMPANY, bytes(4))
        data = ad.payload(ad.flags(), ad.services16(0xFFD0), maker)
        return data, ad.payload(ad.name(self.name)) if self.name else b""

    @override
    def answer(self, command: bytes) -> list[bytes]:
        """Read registers; what does not exist gets silence."""
        asked = modbus.request_of(command)
        if asked is None or asked[:2] != (DEVICE, modbus.READ_HOLDING):
            return []
        data = modbus.read(self._memory(), asked.address, asked.amount)
        return [] if data is None else [modbus.reply(DEVICE, asked.function, data)]

    def _memory(self) -> dict[int, int]:
        pack, cells, tenths = self.pack, self._decivolts(), self._tenths()
        charge, capacity = self._charge(), round(pack.capacity * 1000)
        memory = modbus.registers(0x1388, [0] * 34)
        memory |= modbus.registers(0x1388, [pack.cells, *cells])
        memory |= modbus.registers(0x1399, [pack.probes, *tenths])
        values = [self._centiamps(), round(pack.voltage * 10), charge >> 16, charge]
        values += [capacity >> 16, capacity, pack.cycles]
        memory |= modbus.registers(0x13B2, values)
        states = pack.charge_on << CHARGE_BIT | pack.discharge_on << DISCHARGE_BIT
        alarms = [bool(pack.protections), 0, 0, 0, 0, 0, states, 0, 0, 0]
        memory |= modbus.registers(0x13EC, alarms)
        return memory | modbus.registers(0x13F6, modbus.words_of(self._texts))

    def _centiamps(self) -> int:
        return round(self.pack.current * 100)

    def _decivolts(self) -> list[int]:
        return [round(volts * 10) for volts in self.pack.cell_voltages]

    def _tenths(self) -> list[int]:
        return [round(celsius * 10) for celsius in self.pack.temperatures]

    def _charge(self) -> int:
        return round(self.pack.remaining * 1000)

    @override
    def truth(self) -> Truth:
        """Return what the wire can carry now."""
        pack = self.pack
        capacity = round(pack.capacity * 1000)
        values: dict[str, object] = {
            "voltage": round(pack.voltage * 10) / 10,
            "current": self._centiamps() / 100,
            "cycle_charge": self._charge() / 1000,
            "design_capacity": capacity / 1000,
            "cycles": pack.cycles,
            "battery_level": round(self._charge() / capacity * 100, 1),
            "chrg_mosfet": pack.charge_on,
            "dischrg_mosfet": pack.discharge_on,
            "heater": False,
            "problem": bool(pack.protections),
        }
        cells = [decivolts / 10 for decivolts in self._decivolts()]
        return derived(values, cells, [one / 10 for one in self._tenths()])
