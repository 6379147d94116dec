"""A JBD battery board behind its Bluetooth module, on its own service or on the Nordic UART.

Request ``DD A5 register length [data] check 77``, reply ``DD register status length [data] check
77``, numbers big-endian, check = two's complement of the 16-bit sum. Source: the vendor's protocol
document version 4, and the register map of the boards' owners; for orders the vendor's documents of
E1 (both switches in one word) and FB (one at a time), and captures of the vendor's app.
"""

from datetime import date
from random import Random
from typing import Any, Final, override

from tests.world import ad
from tests.world.peripheral import Truth

from .beacon import mac_of
from .orders import ALARM, Order
from .server import GattBattery, derived

READ: Final = 0xA5
WRITE: Final = 0x5A
OK: Final = 0x00
REFUSED: Final = 0x80
KELVIN: Final = 2731
ADVERTISED: Final = 0xFF00

# bit → protection of the pack
BITS: Final = (
    "cell_overvoltage",
    "cell_undervoltage",
    "pack_overvoltage",
    "pack_undervoltage",
    "charge_overtemperature",
    "charge_undertemperature",
    "discharge_overtemperature",
    "discharge_undertemperature",
    "charge_overcurrent",
    "discharge_overcurrent",
)
LOCKED_BIT: Final = 12
SWITCHES: Final = ("charge", "discharge")  # as in the word of E1, lowest bit first
# What an FB order is about, and what of it the pack has.
PARTS: Final = {
    0x00: ("discharge",),
    0x01: ("charge",),
    0x03: (),
    0x0A: ("charge", "discharge"),
}
RELEASE, LOCK = 0x00, 0x01
CLEAR_ALARM: Final = b"\x04\x00"
LEAVE_FACTORY: Final = (b"\x00\x00", b"\x28\x28")
COUNTERS: Final = (
    "short_circuit",
    "charge_overcurrent",
    "discharge_overcurrent",
    "cell_overvoltage",
    "cell_undervoltage",
    "charge_overtemperature",
    "charge_undertemperature",
    "discharge_overtemperature",
    "discharge_undertemperature",
    "pack_overvoltage",
    "pack_undervoltage",
    "unknown",
)
ROOT_KEY: Final = b"JBDbtpwd!@#2023"
ASK_PASSWORD: Final = b"000000"


def check(data: bytes) -> bytes:
    """Return the check of a request's register, length, data or of a reply's status, length, data."""
    return (-sum(data) & 0xFFFF).to_bytes(2, "big")


def reply(register: int, status: int, data: bytes = b"") -> bytes:
    """Return a reply frame."""
    body = bytes((status, len(data))) + data
    return bytes((0xDD, register)) + body + check(body) + b"\x77"


def module_frame(command: int, data: bytes) -> bytes:
    """Return a frame of the Bluetooth module's own language, in which passwords are spoken."""
    body = bytes((command, len(data))) + data
    return b"\xff\xaa" + body + bytes((sum(body) & 0xFF,))


def scramble(mac: bytes, secret: bytes, salt: int) -> bytes:
    """Return a secret as it travels: XOR with the address (then with nothing), plus the salt."""
    padded = mac + bytes(max(0, len(secret) - len(mac)))
    return bytes(
        ((one ^ other) + salt) & 0xFF
        for one, other in zip(padded, secret, strict=False)
    )


def packed_date(text: str) -> int:
    """Return an ISO date in the board's 16 bits: years since 2000, month, day."""
    try:
        made = date.fromisoformat(text)
    except TypeError, ValueError:
        raise ValueError(f"{text!r} is not a date such as 2023-05-17") from None
    if not 2000 <= made.year <= 2127:
        raise ValueError(f"{text!r} is not within the years 2000 … 2127")
    return (made.year - 2000) << 9 | made.month << 5 | made.day


class JbdBattery(GattBattery):
    """Speak JBD.

    ``password`` (six digits) locks the module until it was spoken, in the ``handshake`` "full" or
    "short"; ``orders`` "e1", "fb" or "both" is which orders for its switches it knows; ``unpaired`` makes it echo like a module that wants a pairing. ``tail`` appends the nine
    bytes of newer boards, ``coarse`` counts in 100 mA and 100 mAh (implies the tail);
    ``counters`` False refuses register AA.
    """

    switches = SWITCHES

    def __init__(
        self,
        *,
        address: str,
        name: str | None = None,
        wire: str = "ff00",
        model: str = "JBD-SP04S020",
        produced: str = "2023-05-17",
        version: int = 0x25,
        password: str | None = None,
        handshake: str = "full",
        unpaired: bool = False,
        tail: bool = False,
        coarse: bool = False,
        counters: bool = True,
        own_address: bool = False,
        orders: str = "e1",
        **params: Any,
    ) -> None:
        """Take the board's own data; further parameters are those of ``GattBattery``."""
        super().__init__(address=address, name=name, wire=wire, **params)
        if orders not in {"e1", "fb", "both"}:
            raise ValueError(f"{address}: orders = {orders!r} is not e1, fb or both")
        self._knows = {0xE1, 0xFB} if orders == "both" else {int(orders, 16)}
        if password is not None and (
            not isinstance(password, str) or len(password.encode()) != 6
        ):
            raise ValueError(f"{address}: password must be text of six characters")
        if handshake not in {"full", "short"}:
            raise ValueError(
                f"{address}: handshake = {handshake!r} is not full or short"
            )
        if not coarse and self.pack.capacity > 655:
            raise ValueError(f"{address}: more than 655 Ah need coarse = true")
        self._date = packed_date(produced)
        self.model, self._version = model, version
        self.password, self._handshake, self._unpaired = password, handshake, unpaired
        self._tail, self._unit = tail or coarse, 10 if coarse else 100
        self._counters, self._own_address = counters, own_address
        self._salt = Random(address)
        self._challenge, self._open = 0, False
        self._passed = 0

    @override
    def advertisement(self, now: float) -> tuple[bytes, bytes] | None:
        """Advertise the service; the name stands in the scan response."""
        if self.asleep:
            return None
        data = [ad.flags(), ad.services16(ADVERTISED)]
        if self._own_address:
            mac = mac_of(self.address)[::-1]
            data.append(ad.manufacturer(int.from_bytes(mac[:2], "little"), mac[2:]))
        return ad.payload(*data), ad.payload(ad.name(self.name)) if self.name else b""

    @override
    def connected(self, now: float) -> None:
        """Lock the module again."""
        super().connected(now)
        self._open, self._passed = self.password is None, 0

    @override
    def answer(self, command: bytes) -> list[bytes]:
        """Answer a command of the board or of the module; broken ones get silence."""
        if self._unpaired:
            return [command]
        if command[:2] == b"\xff\xaa":
            return self._speak(command)
        if not self._open or not _whole(command):
            return []
        if (order := self.order(command)) is not None:
            return self.obedience.carry_out(order, command)
        return [self._report(command[2])]

    @override
    def order(self, command: bytes) -> Order | None:
        """Read an order for the switches; what it does not know is refused."""
        if not _whole(command) or command[1] != WRITE:
            return None
        register, data = command[2], command[4:-3]
        wishes = self._wishes(register, data)

        def frames(status: int) -> list[bytes]:
            return [reply(register, status)]

        status = REFUSED if wishes is None else OK
        return Order(wishes=wishes or {}, status=status, reply=frames)

    def _wishes(self, register: int, data: bytes) -> dict[str, bool] | None:
        if register == 0xE1 and register in self._knows:
            word = int.from_bytes(data)
            if len(data) == 2 and word <= 3:
                return {name: not word >> bit & 1 for bit, name in enumerate(SWITCHES)}
        if register == 0xFB and register in self._knows and len(data) == 2:
            part, wanted = data
            if part in PARTS and wanted in {RELEASE, LOCK}:
                return dict.fromkeys(PARTS[part], wanted == RELEASE)
        if register == 0x0A and data == CLEAR_ALARM:
            return {ALARM: True}
        return {} if register == 0x01 and data in LEAVE_FACTORY else None

    def _report(self, register: int) -> bytes:
        if register == 0x03:
            return reply(register, OK, self._basic())
        if register == 0x04:
            return reply(
                register, OK, b"".join(_u16(volts) for volts in self._millivolts())
            )
        if register == 0x05 and self.model:
            return reply(register, OK, self.model.encode())
        if register == 0xAA and self._counters:
            return reply(
                register,
                OK,
                b"".join(_u16(self.pack.counters.get(name, 0)) for name in COUNTERS),
            )
        return reply(register, REFUSED)

    def _speak(self, command: bytes) -> list[bytes]:
        if (
            len(command) < 5
            or len(command) != command[3] + 5
            or sum(command[2:-1]) & 0xFF != command[-1]
        ):
            return []
        number, data = command[2], command[4:-1]
        secret = (self.password or "").encode()
        if number == 0x15:
            if self.password is None:
                return [module_frame(number, b"\x02")]
            wanted = secret if self._handshake == "short" else ASK_PASSWORD
            self._open = self._handshake == "short" and data == wanted
            self._passed = int(data == wanted)
            return [module_frame(number, bytes((data != wanted,)))]
        if number == 0x17 and self._passed:
            self._challenge = self._salt.randrange(256)
            return [module_frame(number, bytes((self._challenge,)))]
        if number in {0x18, 0x1D} and self._passed >= (1 if number == 0x18 else 2):
            spoken = secret if number == 0x18 else ROOT_KEY
            right = data == scramble(mac_of(self.address), spoken, self._challenge)
            self._passed = max(self._passed, 2) if right else 1
            self._open = self._open or (right and number == 0x1D)
            return [module_frame(number, bytes((not right,)))]
        return []

    def _basic(self) -> bytes:
        pack = self.pack
        words = [
            round(pack.voltage * 100),
            self._amps() & 0xFFFF,
            self._charge(),
            round(pack.capacity * self._unit),
        ]
        words += [
            pack.cycles,
            self._date,
            self._balance() & 0xFFFF,
            self._balance() >> 16,
            self._problems(),
        ]
        switches = pack.charge_on | pack.discharge_on << 1
        data = b"".join(map(_u16, words)) + bytes(
            (self._version, round(pack.level), switches, pack.cells, pack.probes)
        )
        data += b"".join(_u16(tenths + KELVIN) for tenths in self._tenths())
        if self._tail:
            flag = 0x80 if self._unit == 10 else 0
            rest = (0, words[3], words[2], 0)
            data += bytes((flag,)) + b"".join(map(_u16, rest))
        return data

    def _amps(self) -> int:
        return round(self.pack.current * self._unit)

    def _charge(self) -> int:
        return round(self.pack.remaining * self._unit)

    def _millivolts(self) -> list[int]:
        return [round(volts * 1000) for volts in self.pack.cell_voltages]

    def _tenths(self) -> list[int]:
        return [round(celsius * 10) for celsius in self.pack.temperatures]

    def _balance(self) -> int:
        return sum(on << index for index, on in enumerate(self.pack.balancing))

    def _problems(self) -> int:
        word = sum(
            1 << bit for bit, name in enumerate(BITS) if name in self.pack.protections
        )
        locked = not self.pack.locked.isdisjoint(SWITCHES)
        return word | locked << LOCKED_BIT

    @override
    def truth(self) -> Truth:
        """Return what the wire can carry now."""
        pack = self.pack
        values: dict[str, object] = {
            "voltage": round(pack.voltage * 100) / 100,
            "current": self._amps() / self._unit,
            "cycle_charge": self._charge() / self._unit,
            "design_capacity": round(pack.capacity * self._unit) / self._unit,
            "cycles": pack.cycles,
            "battery_level": round(pack.level),
            "chrg_mosfet": pack.charge_on,
            "dischrg_mosfet": pack.discharge_on,
            "balancer": any(pack.balancing),
            "problem": bool(self._problems() & ~(1 << LOCKED_BIT)),
        }
        cells = [millivolts / 1000 for millivolts in self._millivolts()]
        return derived(values, cells, [tenths / 10 for tenths in self._tenths()])


def _whole(command: bytes) -> bool:
    """Tell whether it is a frame of the board's language with the right check."""
    if len(command) < 7 or command[0] != 0xDD or command[-1] != 0x77:
        return False
    right = check(command[2:-3]) == command[-3:-1]
    return right and len(command) == command[3] + 7


def _u16(value: int) -> bytes:
    return (value & 0xFFFF).to_bytes(2, "big")


def mobilektro(*, address: str, name: str | None = None, **params: Any) -> JbdBattery:
    """Make the board on a Nordic UART module that still advertises the other service."""
    own: dict[str, Any] = {
        "wire": "nus",
        "mtu": 39,
        "chunk": 36,
        "delay": 0.4,
        "model": "MLB-12200-NT",
    }
    return JbdBattery(address=address, name=name, **(own | params))
