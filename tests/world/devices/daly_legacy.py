"""A Daly battery board of the older kind, which speaks frames of 13 bytes.

Request ``A5 host command 08 data sum``, where host 80 is Bluetooth and 40 a cable, reply ``A5 01 command
08 data sum``; eight bytes of data, numbers big-endian, sum = sum of the 12 bytes before it. Current is
counted from 30000 at rest, positive = discharging. Source: published clients and a capture of the cable.
"""

from typing import Any, Final, override

from tests.world import ad
from tests.world.peripheral import Truth

from .orders import Order
from .server import GattBattery, derived

SIZE: Final = 13
HOSTS: Final = (0x80, 0x40)
BOARD: Final = 0x01
CENTRE: Final = 30000
OFFSET: Final = 40  # °C
COMMANDS: Final = {0xD9: "discharge", 0xDA: "charge"}
# What stands behind the state in the captured answer to an order.
LEFT_OVER: Final = bytes.fromhex("0d130d210d17c0")

# protection → byte and bit of the failures
BITS: Final = {
    "cell_overvoltage": (0, 1),
    "cell_undervoltage": (0, 3),
    "charge_overtemperature": (1, 1),
    "charge_undertemperature": (1, 3),
    "discharge_overtemperature": (1, 5),
    "discharge_undertemperature": (1, 7),
    "charge_overcurrent": (2, 1),
    "discharge_overcurrent": (2, 3),
}


def reply(command: int, data: bytes) -> bytes:
    """Return a reply with up to eight bytes of data."""
    body = bytes((0xA5, BOARD, command, 8)) + data.ljust(8, b"\0")
    return body + bytes((sum(body) & 0xFF,))


class DalyLegacyBattery(GattBattery):
    """Speak Daly's older language: its switches tell whether they conduct, not what was ordered."""

    switches = ("charge", "discharge")

    def __init__(self, *, address: str, name: str | None = None, **params: Any) -> None:
        """Take the parameters of ``GattBattery``."""
        super().__init__(address=address, name=name, **({"wire": "fff0"} | params))
        if self.pack.probes < 1:
            raise ValueError(f"{address}: needs a probe")

    @override
    def advertisement(self, now: float) -> tuple[bytes, bytes] | None:
        """Advertise the service; the name stands in the scan response."""
        if self.asleep:
            return None
        data = ad.payload(ad.flags(), ad.services16(0xFFF0))
        return data, ad.payload(ad.name(self.name)) if self.name else b""

    @override
    def answer(self, command: bytes) -> list[bytes]:
        """Answer a question or take an order; broken and unknown ones get silence."""
        if not _whole(command):
            return []
        if (order := self.order(command)) is not None:
            return self.obedience.carry_out(order, command)
        return [reply(command[2], data) for data in self._told(command[2])]

    @override
    def order(self, command: bytes) -> Order | None:
        """Read an order for a switch: its first byte of data is the state."""
        if not _whole(command) or command[2] not in COMMANDS:
            return None
        number, state = command[2], command[4]
        if state > 1 or any(command[5:12]):
            return Order(wishes={}, reply=lambda _: [])
        done = reply(number, bytes((state,)) + LEFT_OVER)
        return Order(
            wishes={COMMANDS[number]: bool(state)},
            reply=lambda status: [] if status else [done],
        )

    def _told(self, command: int) -> list[bytes]:
        pack, volts, probes = self.pack, self._millivolts(), self._celsius()
        rows = {
            0x90: [
                _words(
                    self._decivolts(), 0, CENTRE - self._deciamps(), self._permille()
                )
            ],
            0x91: [_most_and_least(volts, 2)],
            0x92: [_most_and_least([one + OFFSET for one in probes], 1)],
            0x93: [self._switches()],
            0x94: [
                bytes((pack.cells, pack.probes, pack.current > 0, pack.current < 0, 0))
                + _words(pack.cycles)
            ],
            0x95: [
                bytes((at // 3 + 1,)) + _words(*volts[at : at + 3])
                for at in range(0, len(volts), 3)
            ],
            0x96: [
                bytes((at // 7 + 1, *(one + OFFSET for one in probes[at : at + 7])))
                for at in range(0, len(probes), 7)
            ],
            0x97: [
                sum(on << at for at, on in enumerate(pack.balancing)).to_bytes(
                    6, "little"
                )
            ],
            0x98: [self._failures()],
        }
        return rows.get(command, [])

    def _switches(self) -> bytes:
        pack = self.pack
        mode = 1 if pack.current > 0 else 2 if pack.current < 0 else 0
        life = round(pack.time) & 0xFF
        first = bytes((mode, pack.charge_on, pack.discharge_on, life))
        return first + self._milliamp_hours().to_bytes(4)

    def _failures(self) -> bytes:
        data = bytearray(8)
        for name in self.pack.protections:
            at, bit = BITS[name]
            data[at] |= 1 << bit
        return bytes(data)

    def _millivolts(self) -> list[int]:
        return [round(volts * 1000) for volts in self.pack.cell_voltages]

    def _celsius(self) -> list[int]:
        return [round(celsius) for celsius in self.pack.temperatures]

    def _decivolts(self) -> int:
        return round(self.pack.voltage * 10)

    def _deciamps(self) -> int:
        return round(self.pack.current * 10)

    def _permille(self) -> int:
        return round(self.pack.level * 10)

    def _milliamp_hours(self) -> int:
        return round(self.pack.remaining * 1000)

    @override
    def truth(self) -> Truth:
        """Return what the wire can carry now."""
        pack = self.pack
        values: dict[str, object] = {
            "voltage": self._decivolts() / 10,
            "current": self._deciamps() / 10,
            "cycle_charge": self._milliamp_hours() / 1000,
            "cycles": pack.cycles,
            "battery_level": self._permille() / 10,
            "balancer": any(pack.balancing),
            "chrg_mosfet": pack.charge_on,
            "dischrg_mosfet": pack.discharge_on,
            "problem": bool(pack.protections),
        }
        cells = [millivolts / 1000 for millivolts in self._millivolts()]
        return derived(values, cells, [float(one) for one in self._celsius()])


def _whole(command: bytes) -> bool:
    """Tell whether it is a request with the right sum."""
    framed = len(command) == SIZE and command[0] == 0xA5 and command[3] == 8
    return framed and command[1] in HOSTS and sum(command[:-1]) & 0xFF == command[-1]


def _words(*values: int) -> bytes:
    return b"".join((value & 0xFFFF).to_bytes(2) for value in values)


def _most_and_least(values: list[int], size: int) -> bytes:
    """Return the highest value with its number, and the lowest."""
    found = b""
    for value in (max(values), min(values)):
        found += value.to_bytes(size) + bytes((values.index(value) + 1,))
    return found
