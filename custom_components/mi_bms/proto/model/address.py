"""Bluetooth addresses as people write them, and the ids of what has none."""

import re

_BANK = re.compile(r"bank-[0-9a-f]{16}")
_DIGITS = re.compile(r"[0-9A-F]{12}")
_SEPARATORS = str.maketrans("", "", ":-. \t\r\n")


def parse_address(text: str) -> str | None:
    """Read an address in any usual spelling; None when it is none."""
    digits = text.translate(_SEPARATORS).upper()
    if not _DIGITS.fullmatch(digits):
        return None
    return ":".join(digits[at : at + 2] for at in range(0, 12, 2))


def parse_device(text: str) -> str | None:
    """Read what names a device: its address, or the id of a bank; None when it is neither."""
    return text if _BANK.fullmatch(text) else parse_address(text)
