"""Beginnings of the addresses that makers of such sensors use.

Enough to tell an address from the digits of a key, and a device of a maker from a stranger's phone.
Source: the public register of the IEEE, and addresses in public captures.
"""

from typing import Final

MAKERS: Final = frozenset(
    {
        "A4:C1:38",  # Telink
        "58:2D:34", "5A:58:2D", "5C:E7:53", "CC:B5:D1",  # Qingping
        "54:EF:44", "04:CF:8C", "18:C2:3C", "00:15:8D", "50:EC:50",  # Lumi, Xiaomi
        "C4:7C:8D", "80:EA:CA", "5C:85:7E",  # HHCC
        "54:48:E6", "64:90:C1", "78:11:DC", "7C:49:EB", "34:CE:00", "28:6C:07",
        "4C:65:A8", "F0:B4:29", "64:CE:91", "50:FB:19", "D4:F0:EA", "DC:ED:83",
        "B4:60:ED", "88:0F:10", "C8:0F:10", "D0:3E:7D", "C8:BF:4C",
        "E4:AA:EC", "B0:D2:78",
        "F8:24:41", "D0:FA:1D",  # Yeelight
        "DE:70:E8",  # Philips
        "E7:2E:00", "E7:2E:01", "3F:59:C8", "3F:5B:7D",  # Miaomiaoce
    }
)  # fmt: skip


def is_maker(address: str) -> bool:
    """Say whether an address begins as those of a known maker do."""
    return address[:8] in MAKERS
