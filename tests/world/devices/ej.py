"""An E&J battery: ASCII over the Nordic UART service.

Frame: ``:`` address, command, version, length (of the whole frame in characters), data, check and
``~``, all as upper-case hex pairs. The check is the sum of the characters' codes, inverted. Source:
the vendor's protocol text and published captures.
"""

from typing import Any, Final, override

from tests.world import ad
from tests.world.peripheral import Truth

from .server import GattBattery, derived

LONG: Final = 140
SHORT: Final = 128
PLACES: Final = 16  # cells in the answer; those that are not fitted read 0
OFFSET: Final = 40  # °C
BOTH_SWITCHES: Final = 0xC000

# bit → protection of the pack
BITS: Final = {
    2: "cell_overvoltage",
    3: "cell_undervoltage",
    4: "charge_overcurrent",
    6: "discharge_overcurrent",
    8: "charge_overtemperature",
    9: "charge_undertemperature",
    10: "discharge_overtemperature",
    11: "discharge_undertemperature",
}
DISCHARGE_BIT: Final = 12
CHARGE_BIT: Final = 13
PROBLEMS: Final = 0x0FFC


def frame(command: int, data: bytes, *, valid: bool = True) -> bytes:
    """Return an answer; a battery whose check is never right sends 00 instead."""
    length = 1 + 2 * (5 + len(data)) + 2 + 1
    text = f"00{command:02X}31{length:04X}{data.hex().upper()}"
    return f":{text}{check(text) if valid else '00'}~".encode()


def check(text: str) -> str:
    """Return the two check digits over the characters between ``:`` and the check."""
    return f"{~sum(text.encode()) & 0xFF:02X}"


class EjBattery(GattBattery):
    """Speak E&J ASCII.

    ``answer_length`` is 140 (all in one answer) or 128 (capacities by a second command); ``at_noise``
    puts the module's own text before answers; ``valid_check`` False sends 00 for the check.
    """

    def __init__(
        self,
        *,
        address: str,
        name: str | None = None,
        wire: str = "nus",
        answer_length: int = LONG,
        at_noise: bool = True,
        valid_check: bool = True,
        manufacturer: int | None = None,
        **params: Any,
    ) -> None:
        """Take the module's own data; further parameters are those of ``GattBattery``."""
        super().__init__(
            address=address, name=name, wire=wire, **({"write": ("write",)} | params)
        )
        if answer_length not in {LONG, SHORT}:
            raise ValueError(
                f"{address}: answer_length = {answer_length!r} is not {LONG} or {SHORT}"
            )
        if self.pack.cells > PLACES:
            raise ValueError(
                f"{address}: {self.pack.cells} cells do not fit, {PLACES} at most"
            )
        self._length, self._at_noise, self._valid = answer_length, at_noise, valid_check
        self._manufacturer = manufacturer

    @override
    def advertisement(self, now: float) -> tuple[bytes, bytes] | None:
        """Advertise the name only; the service is not told."""
        if self.asleep:
            return None
        data = [ad.flags()]
        if self._manufacturer is not None:
            data.append(
                ad.manufacturer(self._manufacturer, bytes.fromhex("0102000781b5"))
            )
        named = [ad.name(self.name)] if self.name else []
        return ad.payload(*data, *named), b""

    @override
    def noise(self) -> list[bytes]:
        """Return the text that some modules leak."""
        return [b"AT\r\n", b"AT\r\nillegal"] if self._at_noise else []

    @override
    def answer(self, command: bytes) -> list[bytes]:
        """Answer the two questions; anything else, or a wrong check, gets silence."""
        text = command.strip(b"\r\n").decode("ascii", "replace")
        if (
            len(text) != 14
            or text[0] != ":"
            or text[-1] != "~"
            or check(text[1:-3]) != text[-3:-1]
        ):
            return []
        if text[3:5] == "02":
            return [frame(0x82, self._realtime(), valid=self._valid)]
        if text[3:5] == "10":
            return [frame(0x90, bytes(2) + self._capacities(), valid=self._valid)]
        return []

    def _realtime(self) -> bytes:
        pack = self.pack
        amps = self._hundredths()
        cells = self._millivolts() + [0] * (PLACES - pack.cells)
        data = (
            bytes(7)
            + b"".join(_u16(volts) for volts in cells)
            + _u16(max(amps, 0))
            + _u16(max(-amps, 0))
        )
        data += bytes((self._celsius() + OFFSET,)) * 4 + _u16(self._status()) + bytes(1)
        # The long answer counts charge here (10 mAh), the short one names the balancing cells.
        balance = sum(on << index for index, on in enumerate(pack.balancing))
        data += _u16(round(pack.discharged * 100) if self._length == LONG else balance)
        data += _u16(pack.cycles) + _u16(0) + bytes((round(pack.level),))
        return data + (self._capacities() if self._length == LONG else b"")

    def _capacities(self) -> bytes:
        full = round(self.pack.capacity * 10)
        return _u16(self._charge()) + _u16(full) + _u16(full)

    def _millivolts(self) -> list[int]:
        return [round(volts * 1000) for volts in self.pack.cell_voltages]

    def _hundredths(self) -> int:
        return round(self.pack.current * 100)

    def _celsius(self) -> int:
        return round(self.pack.temperature)

    def _charge(self) -> int:
        return round(self.pack.remaining * 10)

    def _status(self) -> int:
        pack = self.pack
        word = sum(1 << bit for bit, name in BITS.items() if name in pack.protections)
        return (
            word
            | pack.discharge_on << DISCHARGE_BIT
            | pack.charge_on << CHARGE_BIT
            | BOTH_SWITCHES
        )

    @override
    def truth(self) -> Truth:
        """Return what the wire can carry now."""
        cells = [millivolts / 1000 for millivolts in self._millivolts()]
        values: dict[str, object] = {
            "voltage": round(sum(cells), 3),
            "current": self._hundredths() / 100,
            "cycle_charge": self._charge() / 10,
            "design_capacity": round(self.pack.capacity * 10) / 10,
            "cycles": self.pack.cycles,
            "battery_level": round(self.pack.level),
            "chrg_mosfet": self.pack.charge_on,
            "dischrg_mosfet": self.pack.discharge_on,
            "heater": False,
            "full_charge": round(self.pack.capacity * 10) / 10,
            "problem": bool(self._status() & PROBLEMS),
        }
        return derived(values, cells, [float(self._celsius())])


def _u16(value: int) -> bytes:
    return (value & 0xFFFF).to_bytes(2, "big")
