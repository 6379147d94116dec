"""Whether a battery that another integration reads looks like one of ours; a user has to say that it is.

Peers that tell no address are compared by what both say at one time: the number of cells, the voltage
and how full it is.
"""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from ..model.fields import Field
from .judge import number, target_of
from .model import OldRow, OurRow, Peer

_TOGETHER: Final = 60.0  # s between both
_VOLTAGE: Final = 0.01  # as a part of ours
_LEVEL: Final = 2.0  # points of the percentage
_CELL: Final = f"{Field.CELL_VOLTAGE}_"


class Showing(NamedTuple):
    """Say what a battery shows: how many cells, volts, how full it is in percent, and when it was said (s)."""

    cells: int
    voltage: float | None
    level: float | None
    at: float | None


def shown_by_theirs(olds: Sequence[OldRow], peer: Peer) -> Showing:
    """Return what a peer shows of a battery."""

    def key_of(old: OldRow) -> str | None:
        return target_of(peer, old)

    return _shown(olds, key_of)


def shown_by_ours(rows: Sequence[OurRow]) -> Showing:
    """Return what we show of a battery."""
    return _shown(rows, lambda row: row.key)


def _shown[Row: (OldRow, OurRow)](
    rows: Sequence[Row], key_of: Callable[[Row], str | None]
) -> Showing:
    keys = {key: row for row in rows if (key := key_of(row))}
    voltage, level = keys.get(Field.VOLTAGE), keys.get(Field.BATTERY_LEVEL)
    times = [row.at for row in (voltage, level) if row and row.at is not None]
    return Showing(
        cells=sum(key.startswith(_CELL) for key in keys),
        voltage=number(voltage.value) if voltage else None,
        level=number(level.value) if level else None,
        at=min(times, default=None),
    )


def likeness(theirs: Showing, ours: Showing) -> bool:
    """Return whether both may be one battery; what either does not say speaks against it."""
    if theirs.voltage is None or ours.voltage is None:
        return False
    if theirs.level is None or ours.level is None:
        return False
    if theirs.at is None or ours.at is None:
        return False
    return (
        theirs.cells == ours.cells > 0
        and abs(theirs.at - ours.at) <= _TOGETHER
        and abs(theirs.voltage - ours.voltage) <= _VOLTAGE * abs(ours.voltage)
        and abs(theirs.level - ours.level) <= _LEVEL
    )
