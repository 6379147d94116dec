"""Sensors of all wire formats, sealed by the published formats, and what a house shows of frames.

Nothing here shares a line with the decoders or the simulated devices, so no mistake is shared, either.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
import hashlib
from typing import Final, override

from cryptography.hazmat.primitives.ciphers.aead import AESCCM
from freezegun.api import FrozenDateTimeFactory

from homeassistant.core import Event, EventStateChangedData, callback
from tests.world.ad import flags, name, service_data16
from tests.world.peripheral import Peripheral

from ..air import Air
from ..home import Home

type Seal = Callable[[bytes, bytes, int, bytes], bytes]  # key, address, counter, text

MODERN, LEGACY, SHORT, LONG = 0x5958, 0x3058, 256, 1 << 32
RADIO: Final = ("_key", "_signal_strength", "_last_seen", "_record_adverts")


def mibeacon(product: int, control: int = MODERN) -> Seal:
    """Seal as MiBeacon of version 4 or 5 does."""

    def seal(key: bytes, address: bytes, count: int, text: bytes) -> bytes:
        head = control.to_bytes(2, "little") + product.to_bytes(2, "little")
        head += bytes((count & 0xFF,))
        mac, upper = address[::-1], (count >> 8).to_bytes(3, "little")
        box = AESCCM(key, 4).encrypt(mac + head[2:] + upper, text, b"\x11")
        head += mac if control & 0x10 else b""
        return service_data16(0xFE95, head + box[:-4] + upper + box[-4:])

    return seal


def legacy(product: int, control: int = LEGACY) -> Seal:
    """Seal as MiBeacon of version 2 or 3 does: of the tag one byte is sent."""

    def seal(key: bytes, address: bytes, count: int, text: bytes) -> bytes:
        head = control.to_bytes(2, "little") + product.to_bytes(2, "little")
        head += bytes((count & 0xFF,))
        mac, whole = address[::-1], key[:6] + b"\x8d\x3d\x3c\x97" + key[6:]
        box = AESCCM(whole).encrypt(head + bytes(3) + mac[:5], text, b"\x11")
        return service_data16(0xFE95, head + mac + box[:-16] + bytes(3) + box[-16:-15])

    return seal


def atc(key: bytes, address: bytes, count: int, text: bytes) -> bytes:
    """Seal as the formats atc and pvvx do; which it is follows from the length."""
    counter = bytes((count & 0xFF,))
    nonce = address[::-1] + bytes((len(text) + 8, 0x16, 0x1A, 0x18)) + counter
    box = AESCCM(key, 4).encrypt(nonce, text, b"\x11")
    return service_data16(0x181A, counter + box) + name("ATC_" + address[3:].hex())


def bthome(key: bytes, address: bytes, count: int, text: bytes) -> bytes:
    """Seal as BTHome 2 does."""
    counter = count.to_bytes(4, "little")
    box = AESCCM(key, 4).encrypt(address + b"\xd2\xfc\x45" + counter, text, None)
    return service_data16(0xFCD2, b"\x45" + box[:-4] + counter + box[-4:])


def bthome_1(key: bytes, address: bytes, count: int, text: bytes) -> bytes:
    """Seal as BTHome 1 does."""
    counter = count.to_bytes(4, "little")
    box = AESCCM(key, 4).encrypt(address + b"\x1e\x18" + counter, text, b"\x11")
    return service_data16(0x181E, box[:-4] + counter + box[-4:])


def thing(number: int, *data: int) -> bytes:
    """Return one object of MiBeacon."""
    return number.to_bytes(2, "little") + bytes((len(data), *data))


def degrees(number: int, parts: int) -> bytes:
    """Return a temperature, counted in so many parts of a degree, that goes up with each frame."""
    return (number * parts // 5 % (90 * parts) - 30 * parts).to_bytes(
        2, "little", signed=True
    )


@dataclass(frozen=True)
class Kind:
    """Say what a sensor sends: never the same twice in a row, so that each frame shows."""

    seal: Seal
    says: Callable[[int], bytes]
    presses: bool = False
    round: int = LONG
    key: int = 16


KINDS: Final = {
    "v5": Kind(mibeacon(0x055B), lambda n: thing(0x1004, *degrees(n, 10))),
    "v4": Kind(mibeacon(0x055B, 0x4058), lambda n: thing(0x1004, *degrees(n, 10))),
    "pair": Kind(mibeacon(0x1949), lambda n: thing(0x4E0C + n % 3, 1 + n % 2), True),
    "single": Kind(mibeacon(0x2387), lambda n: thing(0x4E0C, 1), True),
    "contact": Kind(mibeacon(0x098B), lambda n: thing(0x1019, n % 2)),
    "lock": Kind(
        mibeacon(0x0E39, 0x5948),
        lambda n: thing(
            0x000B, 0x20 | n % 2, n % 50, 0, 1, 0x80, n & 0xFF, n >> 8, 0, 0
        ),
        True,
    ),
    "knob": Kind(
        legacy(0x03B6), lambda n: thing(0x1001, 0, 1 + n % 99, 4), True, SHORT, 12
    ),
    "knob 2": Kind(
        legacy(0x03B6, 0x2058),
        lambda n: thing(0x1001, 0, 1 + n % 99, 4),
        True,
        SHORT,
        12,
    ),
    "remote": Kind(
        legacy(0x0153), lambda n: thing(0x1001, n % 5, 0, 0), True, SHORT, 12
    ),
    "same": Kind(legacy(0x0153), lambda _: thing(0x1001, 0, 0, 0), True, SHORT, 12),
    "pvvx": Kind(atc, lambda n: degrees(n, 100) + b"\xa0\x0f\x50\0", round=SHORT),
    "atc": Kind(atc, lambda n: bytes((80 + n % 99, 90, 80)), round=SHORT),
    "bthome": Kind(bthome, lambda n: b"\x02" + degrees(n, 100)),
    "bthome 1": Kind(bthome_1, lambda n: b"\x23\x02" + degrees(n, 100)),
    "button": Kind(bthome, lambda n: b"\x3a" + bytes((1 + n % 4,)), True),
    "dimmer": Kind(bthome, lambda n: b"\x3c\x01" + bytes((1 + n % 99,)), True),
}


class Toy(Peripheral):
    """Be a sensor that keeps what it sent, as somebody in the street does."""

    def __init__(self, kind: str, number: int, count: int = 1_000) -> None:
        """Take its kind, and where it counts from."""
        super().__init__(f"A4:C1:38:5C:00:{number:02X}")
        self.title, self.kind, self.count, self.said = kind, KINDS[kind], count, 0
        self.secret = hashlib.sha256(self.address.encode()).digest()[: self.kind.key]
        self.key, self.sent = self.secret.hex(), [self.frame()]

    def frame(self, key: bytes = b"", ahead: int = 0, other: int = 0) -> bytes:
        """Return a frame; with another key it is forged."""
        address = bytes.fromhex(self.address.replace(":", ""))
        text, count = self.kind.says(self.said + other), self.count + ahead
        return flags() + self.kind.seal(key or self.secret, address, count, text)

    def forged(self, ahead: int) -> bytes:
        """Return a frame that looks right, but for its tag."""
        return self.frame(b"\x5c" * self.kind.key, ahead, 400 + ahead)

    def next(self) -> bytes:
        """Say the next thing."""
        self.count, self.said = self.count + 1, self.said + 1
        self.sent.append(self.frame())
        return self.sent[-1]

    @override
    def advertisement(self, now: float) -> tuple[bytes, bytes]:
        return self.sent[-1], b""


class Street:
    """Send frames into a house, and see what it shows of them."""

    def __init__(self, home: Home, frozen: FrozenDateTimeFactory) -> None:
        """Watch from now on."""
        self.home, self._frozen = home, frozen
        self.shown, self.fired = 0, 0
        self._pressed = {
            one.entity_id: one.state for one in home.hass.states.async_all()
        }
        home.hass.bus.async_listen("state_changed", self._see)

    @callback
    def _see(self, event: Event[EventStateChangedData]) -> None:
        entity, new = event.data["entity_id"], event.data["new_state"]
        if new is None or new.state in {"unavailable", "unknown"}:
            return
        if entity.endswith(RADIO) or self._pressed.get(entity) == new.state:
            return
        self._pressed[entity] = new.state
        self.fired += entity.startswith("event.")
        self.shown += not entity.startswith("event.")

    def hear(
        self, toy: Toy, frame: bytes, after: float = 10.0, air: Air | None = None
    ) -> tuple[int, int]:
        """Return how many values and how many events a frame shows."""
        self._frozen.tick(after)
        before = self.shown, self.fired
        air = air or self.home.air
        air.hear(toy.address, frame, rssi=-60 if air is self.home.air else -30)
        return self.shown - before[0], self.fired - before[1]

    def says(self, toy: Toy, after: float = 10.0) -> bool:
        """Let a sensor say the next thing; return whether it shows, and an event once."""
        values, events = self.hear(toy, toy.next(), after)
        return events == 1 if toy.kind.presses else values > 0

    def asks(self) -> list[str]:
        """Return the sensors for which another key is asked."""
        return [
            one["context"]["title_placeholders"]["name"]
            for one in self.home.flows()
            if one["context"]["source"] == "reauth"
        ]


async def settled(
    home: Home, frozen: FrozenDateTimeFactory, toys: Iterable[Toy], frames: int = 0
) -> Street:
    """Add sensors, and let them speak."""
    for toy in toys:
        await home.add(toy)
    street = Street(home, frozen)
    for _ in range(frames):
        assert all(street.says(toy) for toy in toys)
    await home.clock.settle()
    return street


def twisted(frame: bytes) -> list[bytes]:
    """Return frames that say the same: of a header of MiBeacon only a part is sealed."""
    data = frame[7:]
    if frame[5:7] != b"\x95\xfe" or data[1] >> 4 < 4:
        return []
    found = [data[:1] + bytes((data[1] ^ 1 << bit,)) + data[2:] for bit in range(7)]
    found += [bytes((data[0] ^ 1 << bit,)) + data[1:] for bit in range(3)]
    if data[0] & 0x10:
        found.append(bytes((data[0] ^ 0x10,)) + data[1:5] + data[11:])
        found.append(bytes((data[0] | 0x20,)) + data[1:11] + b"\x08" + data[11:])
    found.append(bytes((data[0] | 0x80,)) + data[1:] + b"\x01\x02")
    return [flags() + service_data16(0xFE95, one) for one in found]
