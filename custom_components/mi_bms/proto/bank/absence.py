"""Why a battery of a bank does not count, or not for everything; the worst first."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

COMPLETE: Final = "complete"  # where there is no such reason


class Absence(StrEnum):
    """Why a member is left out; of one with ``NO_FIGURE`` only sums lack something."""

    GONE = "gone"  # it was removed
    NOT_RUNNING = "not_running"  # it is switched off, or could not be set up
    NO_PACK = "no_pack"  # its battery tells of fewer packs
    UNREACHABLE = "unreachable"
    HELD = "held"  # by another client
    PAUSED = "paused"  # by the user
    ASLEEP_UNDER_LOAD = "asleep_under_load"  # its string carries current all the same
    ASLEEP = "asleep"  # for longer than ever before
    TOO_OLD = "too_old"
    NEVER_READ = "never_read"
    NO_FIGURE = "no_figure"


def worst(found: Iterable[Absence]) -> Absence | None:
    """Return the worst of some reasons, None where there is none."""
    return min(found, key=[*Absence].index, default=None)
