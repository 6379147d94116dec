"""Offgridtec: the key is made of the name, so the name has to hold what it is made of."""

from dataclasses import replace

import pytest

from custom_components.mi_bms.proto.bms.families.ogt import FAMILY, scramble
from custom_components.mi_bms.proto.model.errors import Unsupported

from .talks import say


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("SmartBat-A12345", 0x10),  # 3039 -> 3 + 2 + 3 + 3, and 5
        ("SmartBat-B34567\r\n", 0x1E),  # 8707 -> 8 + 6 + 2 + 6, and 8
        ("SmartBat-A7", 0x11),  # 0007 -> 2 + 2 + 2 + 6, and 5
    ],
)
def test_key(name: str, key: int) -> None:
    change = scramble(replace(say(FAMILY), name=name))
    assert change(b"\0\x01") == bytes((key, key ^ 1))


@pytest.mark.parametrize(
    "name", ["SmartBat-C12345", "SmartBat-A", "SmartBat-A12x45", "Battery", ""]
)
def test_other_names_are_unsupported(name: str) -> None:
    with pytest.raises(Unsupported):
        FAMILY.framer(replace(say(FAMILY), name=name))
