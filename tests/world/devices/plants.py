"""Plant sensors over a connection: battery, live values, memory, and a lamp that helps to find them.

A link ends after some seconds unless its client has gone through the handshake. All numbers are
little-endian. Source: owners' tables of the services, captured values and records.
"""

import math
import struct
from typing import Final, override

from tests.world import ad
from tests.world.peripheral import GattError, Truth

from .inside import (
    ACCESS,
    HOUR,
    INVALID_LENGTH,
    NAME,
    WRITE_NOT_PERMITTED,
    Inside,
    Reads,
    Row,
    Span,
    hourly,
    table,
)
from .mi_legacy import Handshake, stream

_UUID: Final = ad.BASE_UUID
COMMAND: Final = _UUID.format("1a00")
LIVE: Final = _UUID.format("1a01")
STATUS: Final = _UUID.format("1a02")
CONTROL: Final = _UUID.format("1a10")
RECORD: Final = _UUID.format("1a11")
SECONDS: Final = _UUID.format("1a12")
TOKEN: Final = _UUID.format("0001")
VERSION: Final = _UUID.format("0004")
LOGIN: Final = _UUID.format("0010")

REAL_TIME: Final = bytes.fromhex("a01f")
FLASH: Final = bytes.fromhex("fdff")
IDLE: Final = bytes.fromhex("0000")
NOT_READY: Final = bytes.fromhex("aabbccddeeff99887766000000000000")
SPOILED: Final = b"\xff" * 16
PATIENCE: Final = 10.0  # s

TABLE: Final = table(
    ACCESS,
    (
        _UUID.format("fe95"),
        (
            Row(TOKEN, "write notify", 0x12),
            Row(_UUID.format("0002"), "read"),
            Row(VERSION, "read"),
            Row(LOGIN, "write"),
            Row(_UUID.format("0013"), "read write"),
            Row(_UUID.format("0014"), "read write"),
        ),
    ),
    (
        _UUID.format("1204"),
        (
            Row(COMMAND, "write write-without-response", 0x33),
            Row(LIVE, "read notify", 0x35),
            Row(STATUS, "read", 0x38),
        ),
    ),
    (
        _UUID.format("1206"),
        (
            Row(RECORD, "read", 0x3C),
            Row(CONTROL, "read write notify", 0x3E),
            Row(SECONDS, "read", 0x41),
        ),
    ),
)


class Plant(Inside):
    """Be a plant sensor with a battery of ``charge`` %, ``hours`` after power-on.

    ``settle`` (s) it takes from the wish for live values to valid ones. ``pot``: it measures no light
    and its live values are longer. ``spoiled`` records of its memory, counted from the newest, are damaged.
    """

    def __init__(
        self,
        *,
        product: int,
        charge: int = 99,
        firmware: str = "3.1.9",
        hours: float = 43.4,
        settle: float = 0.0,
        pot: bool = False,
        spoiled: tuple[int, ...] = (),
        **more: object,
    ) -> None:
        """Take how the model differs."""
        super().__init__(TABLE, firmware=firmware, **more)  # type: ignore[arg-type]
        self._product, self._charge, self._settle = product, charge, settle
        self._pot, self._spoiled = pot, frozenset(spoiled)
        self._started = self.clock() - hours * HOUR
        self.blinks = 0
        self._erased = 0
        self._live_from: float | None = None
        self._asked = b""
        self._until = math.inf  # when it loses its patience with a client

    # --- memory ----------------------------------------------------------------------------

    @property
    def count(self) -> int:
        """Return how many records there are."""
        return int((self.clock() - self._started) // HOUR) - self._erased

    def _hour(self, at: int) -> tuple[Span, Span, Span, Span]:
        """Return an hour by its place, 0 = the newest: temperature, light, moisture, conductivity."""
        number = self._erased + self.count - at
        light = (0.0, 0.0, 0) if self._pot else (900.0, 850.0, 0)
        means = ((20.5, 2.5, 1), light, (31.0, 6.0, 0), (420.0, 60.0, 0))
        found = hourly(self.owner.address, number, *means)
        # A record holds one value of each, not two.
        first, second, third, fourth = ((low, low) for low, _ in found)
        return first, second, third, fourth

    def _seconds(self, at: int) -> int:
        return (self._erased + self.count - at) * HOUR

    def record(self, at: int) -> bytes:
        """Return a record by its place, 0 = the newest."""
        if at >= self.count or at in self._spoiled:
            return SPOILED
        celsius, light, moisture, conductivity = (low for low, _ in self._hour(at))
        body = struct.pack("<IhxI", self._seconds(at), round(celsius * 10), int(light))
        return body + struct.pack("<BHxx", int(moisture), int(conductivity))

    def _memory(self) -> list[list[object]]:
        found: list[list[object]] = []
        for at in range(self.count - 1, -1, -1):
            if at in self._spoiled:
                continue
            celsius, light, moisture, conductivity = self._hour(at)
            values = {"temperature": celsius, "moisture": moisture}
            values["conductivity"] = conductivity
            if not self._pot:
                values["illuminance"] = light
            found.append([self._started + self._seconds(at), values])
        return found

    @override
    def holds(self) -> Truth:
        return {
            **super().holds(),
            "blinks": self.blinks,
            "erased": self._erased > 0,
            "memory": self._memory(),
        }

    # --- what happens ----------------------------------------------------------------------

    @override
    def connected(self, now: float) -> None:
        super().connected(now)
        mac = bytes.fromhex(self.owner.address.replace(":", ""))
        self._handshake = Handshake(mac, self._product)
        self._live_from, self._asked = None, b""
        self._until = now + PATIENCE

    @override
    def disconnected(self, now: float) -> None:
        super().disconnected(now)
        self._until = math.inf

    @override
    def tick(self, now: float) -> None:
        if now >= self._until and not self._handshake.let_in:
            self.hang_up(0)

    @override
    def reads(self) -> Reads:
        return {
            NAME: (self.owner.name or "").encode,
            LIVE: self._live,
            STATUS: self._status,
            CONTROL: lambda: self._asked,
            RECORD: self._recall,
            SECONDS: lambda: struct.pack("<I", int(self.clock() - self._started)),
            VERSION: self._version,
        }

    def _version(self) -> bytes:
        said = f"{self.firmware}_0001".encode()
        token = self._handshake.token
        return stream(token, said) if token else said

    def _status(self) -> bytes:
        self.tell({"battery": self._charge, "firmware": self.firmware})
        return bytes((self._charge, 0x28)) + self.firmware.encode()

    def _live(self) -> bytes:
        ready = self._live_from
        if ready is None or self.clock() < ready:
            return NOT_READY
        celsius = round(self.measured("temperature", 20.4) * 10)
        moisture = round(self.measured("moisture", 30))
        conductivity = round(self.measured("conductivity", 300))
        told: dict[str, object] = {
            "temperature": celsius / 10,
            "moisture": moisture,
            "conductivity": conductivity,
        }
        light = 0
        if not self._pot:
            light = told["illuminance"] = round(self.measured("illuminance", 200))
        self.tell(told)
        data = struct.pack("<hxIBH", celsius, light, moisture, conductivity)
        return data + bytes.fromhex("023c00fb349b") + bytes(8 if self._pot else 0)

    def _recall(self) -> bytes:
        if self._asked[:1] == b"\xa0":
            return struct.pack("<H", self.count) + bytes.fromhex("7b04") + bytes(12)
        if self._asked[:1] == b"\xa1":
            return self.record(int.from_bytes(self._asked[1:], "little"))
        return bytes(16)

    @override
    def write(self, uuid: str, data: bytes) -> None:
        if uuid == COMMAND:
            self._command(data)
        elif uuid == CONTROL:
            self._control(data)
        elif uuid == LOGIN:
            self._handshake.greet(data)
        elif uuid == TOKEN:
            self._handshake.heard(data, lambda answer: self.say(TOKEN, answer))
        else:
            raise GattError(WRITE_NOT_PERMITTED)

    def _command(self, data: bytes) -> None:
        if data == REAL_TIME:
            self._live_from = self.clock() + self._settle
        elif data == FLASH:
            self.blinks += 1
        elif data == IDLE:
            self._live_from = None

    def _control(self, data: bytes) -> None:
        if len(data) != 3:
            raise GattError(INVALID_LENGTH)
        self._asked = data
        if data[:1] == b"\xa2":
            self._erased += self.count
