"""What the tables of several peers share: short ways to write a row, and ids that begin with an address."""

from collections.abc import Iterable, Mapping
from functools import partial
import re
from typing import Final

from ..model.fields import Field
from .model import Named, PeerRow, Statistic, Trigger, Why

_ADDRESS: Final = re.compile(
    r"(?P<address>[0-9A-F]{2}(?::[0-9A-F]{2}){5})-(?P<key>.+)", re.IGNORECASE
)
# What Home Assistant calls the press of a button, with the count that our device triggers have.
_PRESSES: Final[Mapping[str, str]] = {
    "press": "press_end",
    "double_press": "multi_press_end_2",
    "triple_press": "multi_press_end_3",
    "long_press": "long_press_end",
    "long_double_press": "long_press_end_2",
    "long_triple_press": "long_press_end_3",
    "hold_press": "long_press_start",
    "hold_release": "long_press_end",
}
_PRESSED: Final = ("button", "dimmer")


def measured(
    key: str,
    field: Field,
    unit: str | None = None,
    statistic: Statistic = Statistic.MEAN,
    *,
    signed: bool = False,
) -> PeerRow:
    """Return the row of a number that is the whole of one quantity of ours."""
    return PeerRow(
        domain="sensor",
        key=key,
        ours=field,
        field=field,
        unit=unit,
        statistic=statistic,
        signed=signed,
    )


summed = partial(measured, statistic=Statistic.SUM)
told = partial(measured, statistic=Statistic.NONE)


def counted(
    key: str,
    field: Field,
    unit: str | None = None,
    statistic: Statistic = Statistic.MEAN,
    *,
    shift: int = 0,
) -> PeerRow:
    """Return the row of numbered sensors of theirs: ``{n}`` of the key is that of ours, but for the shift."""
    return PeerRow(
        domain="sensor",
        key=key,
        ours=f"{field}_{{n}}",
        field=field,
        unit=unit,
        statistic=statistic,
        shift=shift,
    )


def flag(key: str, field: Field | None = None) -> PeerRow:
    """Return the row of what is on or off, by default a flag that both call the same."""
    ours = Field(key) if field is None else field
    return PeerRow(domain="binary_sensor", key=key, ours=ours, field=ours)


def happens(key: str) -> PeerRow:
    """Return the row of an event whose source and types both call the same."""
    return PeerRow(domain="event", key=key, ours=f"event_{key}")


def pressed(key: str, ours: str | None = None) -> PeerRow:
    """Return the row of an event whose types are called otherwise here: there are presses among them."""
    return PeerRow(domain="event", key=key, ours=f"event_{ours or key}", why=Why.WORDS)


def none(domain: str, key: str, why: Why = Why.NO_COUNTERPART) -> PeerRow:
    """Return the row of what stays."""
    return PeerRow(domain=domain, key=key, ours=None, why=why)


def named_by_address(unique_id: str) -> Named | None:
    """Return whose entity an id names that is an address, a hyphen and a key."""
    if (found := _ADDRESS.fullmatch(unique_id)) is None:
        return None
    address = found["address"].upper()
    return Named(address, address, found["key"])


def trigger_of(sources: Iterable[str], theirs: Trigger) -> Trigger | None:
    """Return our trigger for one of theirs; they put the source first, we put first what happened.

    ``sources`` are those that we have, by the word before the first underscore.
    """
    source = theirs.type.lower()
    base = source.partition("_")[0]
    if base not in sources:
        return None
    happened = theirs.subtype
    if base in _PRESSED:
        happened = _PRESSES.get(happened, happened)
    return Trigger(happened, source)
