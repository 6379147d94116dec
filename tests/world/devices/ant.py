"""An ANT battery board of the current generation, on one characteristic, in pieces of 20 bytes.

Request ``7E A1 function address length [data] crc AA 55``, reply with the function plus 10; numbers
little-endian, crc = Modbus CRC from the second byte on, current and power as taken out. Orders have function 51 and no data; before them
a password must have been spoken on the connection. Source: published register maps and captures.
"""

from typing import Any, Final, override

from tests.world import ad
from tests.world.peripheral import Truth

from .modbus import check
from .orders import Order
from .server import GattBattery, derived

START: Final = b"\x7e\xa1"
END: Final = b"\xaa\x55"
STATUS: Final = (0x01, 0x0000)
DEVICE: Final = (0x02, 0x026C)
PASSWORD: Final = (0x23, 0x016A)
ORDER: Final = 0x51
# address of an order → what, and whether it is allowed then
ORDERS: Final = {
    0x06: ("charge", True),
    0x04: ("charge", False),
    0x03: ("discharge", True),
    0x01: ("discharge", False),
    0x0D: ("balancer", True),
    0x0E: ("balancer", False),
}
FACTORY_PASSWORD: Final = "123456789abc"  # noqa: S105 - as published
LFP, TERNARY = 0xFAF2, 0xFAF1
BALANCING: Final = 4
BY_HAND: Final = 0x0F
# Stands between check and end of the device information in captures, beyond the told length.
BEHIND_DEVICE: Final = bytes.fromhex("ff0b000041f2")

# protection → code of the switch that it opens
CODES: Final = {
    "cell_overvoltage": 0x02,
    "cell_undervoltage": 0x02,
    "charge_overcurrent": 0x03,
    "discharge_overcurrent": 0x03,
    "charge_overtemperature": 0x06,
    "discharge_overtemperature": 0x06,
    "charge_undertemperature": 0x11,
    "discharge_undertemperature": 0x11,
}


def frame(function: int, address: int, data: bytes, behind: bytes = b"") -> bytes:
    """Return a reply; ``behind`` follows the check, as in the one whose length is told too short."""
    body = bytes((0xA1, function)) + address.to_bytes(2, "little")
    body += bytes((len(data),)) + data
    return START[:1] + body + check(body) + behind + END


def _question(command: bytes) -> tuple[int, int] | None:
    """Return function and address of a whole frame, None for any other."""
    whole = len(command) >= 10 and command[:2] == START and command[-2:] == END
    if not whole or check(command[1:-4]) != command[-4:-2]:
        return None
    return command[2], int.from_bytes(command[3:5], "little")


class AntBattery(GattBattery):
    """Speak ANT; with ``password`` the board is silent until it was spoken.

    Orders want ``order_password``, which is the same where there is one for reading. After a wrong one
    nothing is answered any more on this connection.
    """

    switches = ("charge", "discharge", "balancer")

    def __init__(
        self,
        *,
        address: str,
        name: str | None = None,
        hardware: str = "24BH",
        software: str = "24BHUB00-000000A",
        password: str | None = None,
        order_password: str = FACTORY_PASSWORD,
        **params: Any,
    ) -> None:
        """Take the board's own data; further parameters are those of ``GattBattery``."""
        super().__init__(address=address, name=name, **({"wire": "ffe0"} | params))
        if self.pack.probes > 6:
            raise ValueError(
                f"{address}: {self.pack.probes} probes do not fit, 6 at most"
            )
        self._hardware, self._software = hardware, software
        self.password = password
        self._word = password or order_password
        self._open, self._trusts = password is None, False
        self._begun = b""  # of a frame that takes more than one write

    @override
    def advertisement(self, now: float) -> tuple[bytes, bytes] | None:
        """Advertise the service; the name stands in the scan response."""
        if self.asleep:
            return None
        data = ad.payload(ad.flags(), ad.services16(0xFFE0))
        return data, ad.payload(ad.name(self.name)) if self.name else b""

    @override
    def connected(self, now: float) -> None:
        """Want the password again."""
        super().connected(now)
        self._open, self._trusts = self.password is None, False
        self._begun = b""

    @override
    def answer(self, command: bytes) -> list[bytes]:
        """Answer the two questions and orders; broken commands get silence."""
        if not command.startswith(START):
            command = self._begun + command
        self._begun = b"" if command.endswith(END) else command
        if (question := _question(command)) is None:
            return []
        if question == PASSWORD:
            right = command[6:-4] == self._word.encode()
            self._open = self._trusts = right
            return [frame(0x43, PASSWORD[1], b"\x05\x00")] if right else []
        if (order := self.order(command)) is not None:
            if self._open and self._trusts:
                return self.obedience.carry_out(order, command)
            self.obedience.note("order", command, order.wishes, "no password")
            return []
        if not self._open:
            return []
        if question == STATUS:
            return [frame(0x11, 0, self._status())]
        if question == DEVICE:
            texts = (self._hardware, self._software)
            data = b"".join(text.encode()[:16].ljust(16, b"\0") for text in texts)
            return [frame(0x12, DEVICE[1], data, BEHIND_DEVICE)]
        return []

    @override
    def order(self, command: bytes) -> Order | None:
        """Read an order; other addresses than those of its switches get silence."""
        question = _question(command)
        if question is None or question[0] != ORDER:
            return None
        if question[1] not in ORDERS:
            return Order(wishes={}, reply=lambda _: [])
        done = frame(0x61, question[1], b"\x01\x00")
        return Order(
            wishes=dict([ORDERS[question[1]]]),
            reply=lambda status: [] if status else [done],
        )

    def _status(self) -> bytes:
        pack, volts = self.pack, self._millivolts()
        words: list[tuple[int, int]] = [(0, 1), (self._state(), 1)]
        words += [(pack.probes, 1), (pack.cells, 1), (0, 8), (0, 8), (0, 8)]
        words += [(one, 2) for one in volts]
        words += [(one, 2) for one in self._celsius()]
        charge, discharge = self._codes()
        words += [
            (self._centivolts(), 2),
            (-self._deciamps(), 2),
            (round(pack.level), 2),
            (100, 2),
            (discharge, 1),
            (charge, 1),
            (BALANCING if any(pack.balancing) else 0, 2),
            (round(pack.capacity * 1_000_000), 4),
            (self._charge(), 4),
            (self._total(), 4),
            (-self._watts(), 4),
            (round(pack.time), 4),
            (sum(on << index for index, on in enumerate(pack.balancing)), 4),
            (max(volts), 2),
            (volts.index(max(volts)) + 1, 2),
            (min(volts), 2),
            (volts.index(min(volts)) + 1, 2),
            (max(volts) - min(volts), 2),
            (round(sum(volts) / len(volts)), 2),
            (0, 8),
            (LFP if pack.chemistry == "lfp" else TERNARY, 2),
            (self._total(), 4),
            (self._total(), 4),
            (0, 4),
            (0, 4),
        ]
        return b"".join(
            (value & ((1 << 8 * size) - 1)).to_bytes(size, "little")
            for value, size in words
        )

    def _state(self) -> int:
        if self.pack.protections:
            return 5
        return 2 if self.pack.current > 0 else 4 if self.pack.current < 0 else 1

    def _codes(self) -> tuple[int, int]:
        found = []
        for switch, word in (("charge", "over"), ("discharge", "under")):
            own = [
                CODES[name]
                for name in sorted(self.pack.protections)
                if name.startswith(switch) or name == f"cell_{word}voltage"
            ]
            # Any other code says that nobody has locked it.
            locked = switch in self.pack.locked
            found.append(BY_HAND if locked else own[0] if own else 1)
        return found[0], found[1]

    def _millivolts(self) -> list[int]:
        return [round(volts * 1000) for volts in self.pack.cell_voltages]

    def _celsius(self) -> list[int]:
        """Return the probes, the switches' and the balancer's temperature."""
        own = round(self.pack.temperature + abs(self.pack.current) / 10)
        probes = [round(celsius) for celsius in self.pack.temperatures]
        return [*probes, own, own + 1]

    def _centivolts(self) -> int:
        return round(self.pack.voltage * 100)

    def _deciamps(self) -> int:
        return round(self.pack.current * 10)

    def _charge(self) -> int:
        return round(self.pack.remaining * 1_000_000)

    def _total(self) -> int:
        before = self.pack.cycles - int(self.pack.discharged / self.pack.capacity)
        return round((before * self.pack.capacity + self.pack.discharged) * 1000)

    def _watts(self) -> int:
        return round(self.pack.voltage * self.pack.current)

    @override
    def truth(self) -> Truth:
        """Return what the wire can carry now."""
        pack = self.pack
        values: dict[str, object] = {
            "voltage": self._centivolts() / 100,
            "current": self._deciamps() / 10,
            "cycle_charge": self._charge() / 1_000_000,
            "design_capacity": round(pack.capacity, 6),
            "total_charge": self._total() / 1000,
            "total_charged": self._total() / 1000,
            "uptime": round(pack.time),
            "cycles": pack.cycles,
            "battery_level": round(pack.level),
            "battery_health": 100,
            "balancer": any(pack.balancing),
            "chrg_mosfet": pack.charge_on,
            "dischrg_mosfet": pack.discharge_on,
            "problem": bool(pack.protections),
        }
        cells = [millivolts / 1000 for millivolts in self._millivolts()]
        probes = [float(one) for one in self._celsius()]
        values = dict(derived(values, cells, probes, mean_of=probes[:-2]))
        return values | {"power": float(self._watts())}
