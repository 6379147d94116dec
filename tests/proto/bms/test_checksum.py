"""The checksums have the values of their definitions."""

from collections.abc import Callable

from custom_components.mi_bms.proto.bms import checksum
from tests.each import rows

CHECK = b"123456789"


@rows(
    ("function", "value"),
    [
        (checksum.modbus16, 0x4B37),
        (checksum.xmodem16, 0x31C3),
        (checksum.crc8_maxim, 0xA1),
        (checksum.crc32, 0xCBF43926),
        (checksum.sum8, 0xDD),
        (checksum.sum16, 0x01DD),
        (checksum.negated_sum16, 0xFE23),
        (checksum.inverted_sum8, 0x22),
        (checksum.xor8, 0x31),
    ],
)
def test_check_values(function: Callable[[bytes], int], value: int) -> None:
    assert function(CHECK) == value


def test_empty_data_and_byte_orders() -> None:
    assert checksum.modbus16(b"") == 0xFFFF
    assert checksum.negated_sum16(b"") == 0
    assert checksum.low_high(0x1234) == b"\x34\x12"
    assert checksum.high_low(0x1234) == b"\x12\x34"
