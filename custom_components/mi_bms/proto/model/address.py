"""Bluetooth addresses as people write them."""

import re

_DIGITS = re.compile(r"[0-9A-F]{12}")
_SEPARATORS = str.maketrans("", "", ":-. \t\r\n")


def parse_address(text: str) -> str | None:
    """Read an address in any usual spelling; None when it is none."""
    digits = text.translate(_SEPARATORS).upper()
    if not _DIGITS.fullmatch(digits):
        return None
    return ":".join(digits[at : at + 2] for at in range(0, 12, 2))
