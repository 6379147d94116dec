"""The families that have a decoder, for tests that run over all of them."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from custom_components.mi_bms.proto.bms import families, registry
from custom_components.mi_bms.proto.bms.contract import Context, Family
from tests.each import each

IDS: Final = sorted(
    path.stem
    for path in Path(families.__path__[0]).glob("*.py")
    if path.stem != "__init__"
)
ALL: Final = [registry.load(family_id) for family_id in IDS]


def every(check: Callable[[Family], None]) -> None:
    """Check all families in one test; fail with the names of all that are wrong."""
    each(zip(IDS, ALL, strict=True), check)


def context_of(family: Family, secret: str | None = None) -> Context:
    """Make a context as a session would, for the family's first wire."""
    return Context(
        name="SmartBat-A12345",
        address="A4:C1:37:04:2D:BE",
        secret=secret,
        wire=family.wires[0],
        now=1_700_000_000,
        characteristics=frozenset(),
    )
