"""Beginnings of the addresses that makers of such sensors use.

Enough to tell an address from the digits of a key, and a device of a maker from a stranger's phone.
Source: addresses in public captures and reports of such sensors, those of tests/fixtures among them.
"""

from typing import Final

MAKERS: Final = frozenset(
    {
        "A4:C1:38",  # Telink
        "58:2D:34", "5A:58:2D",  # Qingping
        "54:EF:44", "04:CF:8C", "18:C2:3C", "54:48:E6", "50:FB:19", "D4:F0:EA",  # Lumi, Xiaomi
        "DC:ED:83", "D0:3E:7D", "C8:BF:4C", "E4:AA:EC", "B0:D2:78",
        "C4:7C:8D",  # HHCC
        "F8:24:41",  # Yeelight
        "DE:70:E8",  # Philips
        "E7:2E:00",  # Miaomiaoce
    }
)  # fmt: skip


def is_maker(address: str) -> bool:
    """Return whether an address begins as those of a known maker do."""
    return address[:8] in MAKERS
