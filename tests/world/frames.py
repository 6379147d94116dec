"""Frames of the ESPHome native API, server side: plaintext and Noise.

Plaintext: ``00``, varint length, varint message id, payload. Noise: ``01``, u16 big-endian length,
body; after a handshake (NNpsk0, 25519, ChaChaPoly, SHA-256; the server responds) a decrypted body is
u16 id, u16 length, payload. Source: the client library that Home Assistant uses, and the firmware.
"""

import asyncio
from typing import Final, Protocol

from noise.connection import NoiseConnection

NOISE_NAME: Final = b"Noise_NNpsk0_25519_ChaChaPoly_SHA256"
LONGEST: Final = 65535


class ProtocolError(Exception):
    """Report a client that does not speak the protocol; the connection is to be closed."""


class Frames(Protocol):
    """Read and write messages of one client."""

    async def receive(self) -> tuple[int, bytes]:
        """Return the next message: id and payload."""

    def send(self, number: int, payload: bytes) -> None:
        """Queue a message."""


class PlainFrames:
    """Speak without encryption."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Take the streams of an accepted connection."""
        self._reader, self._writer = reader, writer

    async def receive(self) -> tuple[int, bytes]:
        """Return the next message: id and payload."""
        if (await self._reader.readexactly(1)) != b"\x00":
            raise ProtocolError("preamble")
        length = await self._varint()
        number = await self._varint()
        if length > LONGEST:
            raise ProtocolError("length")
        return number, await self._reader.readexactly(length)

    async def _varint(self) -> int:
        value = 0
        for shift in range(0, 35, 7):
            byte = (await self._reader.readexactly(1))[0]
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
        raise ProtocolError("varint")

    def send(self, number: int, payload: bytes) -> None:
        """Queue a message."""
        self._writer.write(b"\x00" + varint(len(payload)) + varint(number) + payload)


class NoiseFrames:
    """Speak encrypted with a shared key of 32 bytes."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, psk: bytes
    ) -> None:
        """Take the streams of an accepted connection and the key."""
        self._reader, self._writer = reader, writer
        self._noise = NoiseConnection.from_name(NOISE_NAME)
        self._noise.set_psks(psk)

    async def handshake(self, name: str, mac: str) -> None:
        """Agree on session keys; raise ``ProtocolError`` on a plaintext client or a wrong key."""
        try:
            hello = await self._body()
        except ProtocolError:
            self._write(b"\x01Bad indicator byte")
            raise
        self._noise.set_as_responder()
        self._noise.set_prologue(b"NoiseAPIInit" + len(hello).to_bytes(2) + hello)
        self._noise.start_handshake()
        digits = mac.replace(":", "").lower().encode()
        self._write(b"\x01" + name.encode() + b"\x00" + digits + b"\x00")
        first = await self._body()
        if first[:1] != b"\x00":
            raise ProtocolError("handshake")
        try:
            self._noise.read_message(first[1:])
        except Exception as err:
            # The package raises what the cipher raises: several unrelated classes.
            self._write(b"\x01Handshake MAC failure")
            raise ProtocolError("key") from err
        self._write(b"\x00" + bytes(self._noise.write_message()))

    async def receive(self) -> tuple[int, bytes]:
        """Return the next message: id and payload."""
        body = await self._body()
        try:
            clear = bytes(self._noise.decrypt(body))
        except Exception as err:
            raise ProtocolError("decrypt") from err
        length = int.from_bytes(clear[2:4])
        if len(clear) < 4 + length:
            raise ProtocolError("length")
        return int.from_bytes(clear[:2]), clear[4 : 4 + length]

    def send(self, number: int, payload: bytes) -> None:
        """Queue a message."""
        clear = number.to_bytes(2) + len(payload).to_bytes(2) + payload
        self._write(bytes(self._noise.encrypt(clear)))

    async def _body(self) -> bytes:
        head = await self._reader.readexactly(1)
        if head != b"\x01":
            raise ProtocolError("preamble")
        return await self._reader.readexactly(
            int.from_bytes(await self._reader.readexactly(2))
        )

    def _write(self, body: bytes) -> None:
        self._writer.write(b"\x01" + len(body).to_bytes(2) + body)


def varint(value: int) -> bytes:
    """Encode an unsigned number in groups of seven bits, the lowest first."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
