"""Modbus RTU as batteries speak it over Bluetooth: frames, their check, and a memory of registers."""

from collections.abc import Mapping
from typing import Final, NamedTuple

READ_COILS: Final = 0x01
READ_HOLDING: Final = 0x03
READ_INPUT: Final = 0x04
WRITE_ONE: Final = 0x06


class Request(NamedTuple):
    """Hold a request: device, function, address, and the amount or the value behind it."""

    device: int
    function: int
    address: int
    amount: int


def check(data: bytes) -> bytes:
    """Return CRC-16 with the polynomial 8005 reflected, started at FFFF, low byte first."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    return crc.to_bytes(2, "little")


def request_of(frame: bytes) -> Request | None:
    """Read a request of eight bytes; None for any other or a broken one."""
    if len(frame) != 8 or check(frame[:-2]) != frame[-2:]:
        return None
    device, function = frame[:2]
    address, count = int.from_bytes(frame[2:4]), int.from_bytes(frame[4:6])
    return Request(device, function, address, count)


def reply(device: int, function: int, data: bytes) -> bytes:
    """Return the answer to a reading request."""
    body = bytes((device, function, len(data))) + data
    return body + check(body)


def registers(first: int, words: list[int]) -> dict[int, int]:
    """Return a memory with words (kept to 16 bits) at addresses in a row."""
    return {first + at: word & 0xFFFF for at, word in enumerate(words)}


def read(memory: Mapping[int, int], first: int, count: int) -> bytes | None:
    """Read registers in a row as big-endian bytes; None where one does not exist."""
    words = [memory.get(first + at) for at in range(count)]
    known = [word for word in words if word is not None]
    if len(known) != count:
        return None
    return b"".join(word.to_bytes(2) for word in known)


def words_of(data: bytes) -> list[int]:
    """Cut bytes into big-endian words; an odd end is filled with zero."""
    padded = data + bytes(len(data) % 2)
    return [int.from_bytes(padded[at : at + 2]) for at in range(0, len(padded), 2)]
