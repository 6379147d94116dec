"""Checksums of all battery families, each as one integer; where and how it is written is the family's business.

Names and check values (ASCII ``123456789``) are the usual ones: MODBUS16 4B37, XMODEM16 31C3,
CRC8-MAXIM A1, CRC32 CBF43926, SUM8 DD, SUM16 01DD, LRC16 FE23, sum^FF 22, 0x10000-sum FE23.
"""

import binascii
from functools import reduce
from operator import xor
from typing import Final


def _reflected(polynomial: int) -> tuple[int, ...]:
    """Build the table of a reflected CRC of up to 16 bits."""
    table = []
    for byte in range(256):
        value = byte
        for _ in range(8):
            value = value >> 1 ^ (polynomial if value & 1 else 0)
        table.append(value)
    return tuple(table)


_MODBUS: Final = _reflected(0xA001)
_MAXIM: Final = _reflected(0x8C)


def modbus16(data: bytes) -> int:
    """Compute CRC-16/MODBUS; on the wire usually low byte first."""
    crc = 0xFFFF
    for byte in data:
        crc = crc >> 8 ^ _MODBUS[(crc ^ byte) & 0xFF]
    return crc


def crc8_maxim(data: bytes) -> int:
    """Compute CRC-8/MAXIM (polynomial 0x31 reflected, start 0)."""
    crc = 0
    for byte in data:
        crc = _MAXIM[crc ^ byte]
    return crc


def xmodem16(data: bytes) -> int:
    """Compute CRC-16/XMODEM (polynomial 0x1021, start 0, not reflected)."""
    return binascii.crc_hqx(data, 0)


def crc32(data: bytes) -> int:
    """Compute the CRC-32 of zip and ethernet."""
    return binascii.crc32(data)


def sum8(data: bytes) -> int:
    """Add all bytes, 8 bits kept."""
    return sum(data) & 0xFF


def sum16(data: bytes) -> int:
    """Add all bytes, 16 bits kept."""
    return sum(data) & 0xFFFF


def negated_sum16(data: bytes) -> int:
    """Compute the 16-bit two's complement of the sum: LRC16 over characters, JBD's 0x10000-sum over bytes."""
    return -sum(data) & 0xFFFF


def inverted_sum8(data: bytes) -> int:
    """Compute the one's complement of SUM8: E&J's sum^FF, over the ASCII characters there."""
    return sum8(data) ^ 0xFF


def xor8(data: bytes) -> int:
    """Combine all bytes by exclusive or."""
    return reduce(xor, data, 0)


def low_high(value: int) -> bytes:
    """Write 16 bits with the low byte first."""
    return value.to_bytes(2, "little")


def high_low(value: int) -> bytes:
    """Write 16 bits with the high byte first."""
    return value.to_bytes(2, "big")
