"""Thermometers with custom firmware: atc1441 and pvvx (181A), BTHome v1 (181C, 181E) and v2 (FCD2).

A ``key`` (32 hex digits) switches a format's encryption on. Sources: the firmware's published
format descriptions; bthome.io for both versions.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, override

from cryptography.hazmat.primitives.ciphers.aead import AESCCM

from .beacon import (
    Beacon,
    Block,
    Form,
    Frame,
    Header,
    Message,
    make_block,
    make_message,
    make_messages,
    no_header,
)
from .signals import Quantities, Spec, unhex

ENVIRONMENT: Final = 0x181A
BTHOME: Final = 0xFCD2
BTHOME_V1: Final = 0x181C
BTHOME_V1_SEALED: Final = 0x181E
BTHOME_V2: Final = 2 << 5
ASSOCIATED: Final = b"\x11"

type Table = dict[str, object]

TEMPERATURE: Final[Table] = {
    "field": "temperature",
    "start": 20.5,
    "drift": 0.2,
    "low": -20,
    "high": 50,
}
HUMIDITY: Final[Table] = {
    "field": "humidity",
    "start": 52.0,
    "drift": 0.8,
    "low": 5,
    "high": 95,
}
BATTERY: Final[Table] = {
    "kind": "u8",
    "field": "battery",
    "start": 83,
    "slope": -0.05,
    "low": 1,
    "high": 100,
}
VOLTAGE: Final[Table] = {
    "scale": 0.001,
    "field": "voltage",
    "start": 2.867,
    "low": 2.2,
    "high": 3.2,
}
FINE_TEMPERATURE: Final = TEMPERATURE | {"kind": "s16", "scale": 0.01}
FINE_HUMIDITY: Final = HUMIDITY | {"kind": "u16", "scale": 0.01}
LITTLE_VOLTAGE: Final = VOLTAGE | {"kind": "u16"}

ATC1441: Final = (
    TEMPERATURE | {"kind": "s16", "scale": 0.1, "big": True},
    HUMIDITY | {"kind": "u8"},
    BATTERY,
    VOLTAGE | {"kind": "u16", "big": True},
)
ATC1441_SEALED: Final = (
    TEMPERATURE | {"kind": "u8", "scale": 0.5, "offset": -40, "digits": 1},
    HUMIDITY | {"kind": "u8", "scale": 0.5, "digits": 1},
    BATTERY,
)
PVVX: Final = (FINE_TEMPERATURE, FINE_HUMIDITY, LITTLE_VOLTAGE, BATTERY)
PVVX_SEALED: Final = (FINE_TEMPERATURE, FINE_HUMIDITY, BATTERY)
BTHOME_FRAMES: Final = (
    ((0x01, BATTERY), (0x02, FINE_TEMPERATURE), (0x03, FINE_HUMIDITY)),
    ((0x0C, LITTLE_VOLTAGE),),
)
# control byte: bits 0-4 length of id and data, bits 5-7 unsigned or signed
BTHOME_V1_FRAMES: Final = (
    ((0x23, 0x02, FINE_TEMPERATURE), (0x03, 0x03, FINE_HUMIDITY)),
    ((0x02, 0x01, BATTERY), (0x03, 0x0C, LITTLE_VOLTAGE)),
)


class Reflashed(Beacon):
    """Be a thermometer with custom firmware in one format; the counter goes up with every frame.

    ``flags`` is pvvx's last byte (None: a build without it); with ``reed`` a switch is soldered to
    the input and its bits mean something.
    """

    def __init__(
        self,
        *,
        address: str,
        name: str | None = None,
        prefix: str = "ATC",
        key: str | None = None,
        flags: int | None = 0,
        reed: bool = False,
        seed: int = 1,
        interval: float = 1.0,
        repeats: int = 1,
        start: Mapping[str, float] | None = None,
    ) -> None:
        """Take what all formats share; the messages are the format's own."""
        quantities = Quantities(f"{seed} {address}")
        if flags is not None and not 0 <= flags <= 0xFF:
            raise ValueError(f"{address}: flags = {flags} is not within 0 … 255")
        self.key = key
        self._cipher = None if key is None else _cipher(key, address)
        self._flags = flags
        self._reed = (
            {"opening": bool(flags & 1), "switch": bool(flags & 2)}
            if reed and flags is not None
            else {}
        )
        self._counter = 0
        shown = f"{prefix}_{address[9:].replace(':', '')}" if name is None else name
        super().__init__(
            self._contents(quantities, address),
            quantities,
            address=address,
            name=shown,
            interval=interval,
            repeats=repeats,
            start=start,
        )

    def _contents(self, quantities: Quantities, where: str) -> list[Message]:
        raise NotImplementedError

    def _message(self, blocks: list[Block], form: Form) -> Message:
        if self._reed:
            blocks = [*blocks, _silent(self._reed)]
        return make_message(blocks, form, {}, "")

    def _count(self, size: int) -> bytes:
        self._counter += 1
        return (self._counter % (1 << 8 * size)).to_bytes(size, "little")

    def _seal(self, plain: bytes) -> bytes:
        """Return counter, ciphertext and check; the nonce holds the AD structure's own length."""
        counter = self._count(1)
        length = 3 + len(counter) + len(plain) + 4
        nonce = (
            self.mac[::-1]
            + bytes((length, 0x16))
            + ENVIRONMENT.to_bytes(2, "little")
            + counter
        )
        return counter + (
            self._cipher.encrypt(nonce, plain, ASSOCIATED) if self._cipher else b""
        )


class Atc1441(Reflashed):
    """Send the first custom firmware's format: 13 bytes big-endian, or 8 encrypted."""

    @override
    def _contents(self, quantities: Quantities, where: str) -> list[Message]:
        rows = ATC1441 if self._cipher is None else ATC1441_SEALED
        return [self._message([_plain(rows, quantities, where)], self._form)]

    def _form(self, body: bytes) -> Frame:
        data = (
            self.mac + body + self._count(1)
            if self._cipher is None
            else self._seal(body)
        )
        return [(ENVIRONMENT, data)]


class Pvvx(Reflashed):
    """Send the later firmware's own format: 15 (or 14) bytes little-endian, or 11 encrypted."""

    @override
    def _contents(self, quantities: Quantities, where: str) -> list[Message]:
        rows = PVVX if self._cipher is None else PVVX_SEALED
        return [self._message([_plain(rows, quantities, where)], self._form)]

    def _form(self, body: bytes) -> Frame:
        if self._cipher is not None:
            return [(ENVIRONMENT, self._seal(body + bytes((self._flags or 0,))))]
        flags = b"" if self._flags is None else bytes((self._flags,))
        return [(ENVIRONMENT, self.mac[::-1] + body + self._count(1) + flags)]


class Bthome(Reflashed):
    """Send BTHome version 2: two frames in turn; clear ones with a packet id, others with a counter."""

    @override
    def _contents(self, quantities: Quantities, where: str) -> list[Message]:
        return [
            self._message(
                [
                    make_block(row, _numbered(number), quantities, where)
                    for number, row in rows
                ],
                self._form,
            )
            for rows in BTHOME_FRAMES
        ]

    def _form(self, body: bytes) -> Frame:
        if self._cipher is None:
            return [(BTHOME, bytes((BTHOME_V2, 0x00)) + self._count(1) + body)]
        head, counter = bytes((BTHOME_V2 | 1,)), self._count(4)
        sealed = self._cipher.encrypt(
            self.mac + BTHOME.to_bytes(2, "little") + head + counter, body, None
        )
        return [(BTHOME, head + sealed[:-4] + counter + sealed[-4:])]


class BthomeObjects(Bthome):
    """Send any objects in BTHome version 2; ``objects`` are tables with ``id``, parts and ``frame``."""

    def __init__(self, *, objects: object, **params: Any) -> None:
        """Take the objects."""
        self._objects = objects
        super().__init__(**params)

    @override
    def _contents(self, quantities: Quantities, where: str) -> list[Message]:
        return make_messages(
            self._objects,
            _sized,
            0xFF,
            form=self._form,
            quantities=quantities,
            where=where,
        )


class BthomeV1(Reflashed):
    """Send BTHome version 1: two frames in turn, each object behind a control byte and its id."""

    @override
    def _contents(self, quantities: Quantities, where: str) -> list[Message]:
        return [
            self._message(
                [
                    make_block(row, _controlled(control, number), quantities, where)
                    for control, number, row in rows
                ],
                self._form,
            )
            for rows in BTHOME_V1_FRAMES
        ]

    def _form(self, body: bytes) -> Frame:
        if self._cipher is None:
            return [(BTHOME_V1, b"\x02\x00" + self._count(1) + body)]
        counter = self._count(4)
        nonce = self.mac + BTHOME_V1_SEALED.to_bytes(2, "little") + counter
        sealed = self._cipher.encrypt(nonce, body, ASSOCIATED)
        return [(BTHOME_V1_SEALED, sealed[:-4] + counter + sealed[-4:])]


def bthome_v1(*, prefix: str = "BTH", **params: Any) -> BthomeV1:
    """Make a thermometer of the older BTHome version under the name that its firmware gives it."""
    return BthomeV1(prefix=prefix, **params)


def bthome(*, prefix: str = "BTH", **params: Any) -> Bthome:
    """Make a BTHome thermometer under the name that its firmware gives it."""
    return Bthome(prefix=prefix, **params)


def bthome_objects(*, prefix: str = "BTH", **params: Any) -> BthomeObjects:
    """Make a device that sends the objects of a scenario."""
    return BthomeObjects(prefix=prefix, **params)


def sealed(kind: Callable[..., Reflashed]) -> Callable[..., Reflashed]:
    """Return the maker of a format's encrypted form, which insists on a key."""

    def make(*, address: str, key: str | None = None, **params: Any) -> Reflashed:
        if key is None:
            raise ValueError(f"{address}: encrypted firmware needs key = 32 hex digits")
        return kind(address=address, key=key, **params)

    return make


def _cipher(key: str, where: str) -> AESCCM:
    return AESCCM(unhex(key, f"{where}: key", 16), tag_length=4)


def _plain(rows: tuple[Spec, ...], quantities: Quantities, where: str) -> Block:
    return make_block({"parts": list(rows)}, no_header, quantities, where)


def _silent(told: Mapping[str, object]) -> Block:
    """Return a block without bytes: its fields stand in the flags."""
    return make_block(
        {"kind": "script", "steps": [{"tells": told}]}, no_header, Quantities(""), ""
    )


def _numbered(number: int) -> Header:
    return lambda _length: bytes((number,))


def _sized(number: int) -> Header:
    """Return the id; text and raw bytes tell their length."""
    return lambda length: bytes(
        (number, length) if number in {0x53, 0x54} else (number,)
    )


def _controlled(control: int, number: int) -> Header:
    return lambda _length: bytes((control, number))
