"""How long to stay away from a battery that failed: ever longer, but never out of proportion."""

from typing import Final

from .link_state import Failure
from .record import Record

FIRST: Final = (2.0, 15.0)  # s; bounds of the first pause, a quarter of the interval
MOST_DOUBLINGS: Final = 16
JITTER: Final = (
    0.25  # part by which a pause varies, so that failures do not march in step
)
# Part of the outage so far that a pause may last: who often fails also often answers.
OUTAGE: Final = 1 / 3
# Time heals none of them.
HOPELESS: Final = frozenset({Failure.AUTH, Failure.PAIRING, Failure.UNSUPPORTED})


def pause_after(
    battery: Record,
    failure: Failure,
    now: float,
    *,
    longest: float,
    steady: bool,
    chance: float,
) -> float:
    """Return the pause in seconds; ``chance`` is 0 … 1.

    ``steady``: something else than the battery is to blame and may end at any time, so that pauses
    grow to one interval only.
    """
    if failure in HOPELESS:
        return longest
    low, high = FIRST
    first = min(max(battery.effective / 4, low), high)
    # The least of three: a bound for all, a share of the outage so far, and a doubling that begins anew
    # whenever the battery came further than before.
    pause = min(
        min(longest, battery.effective) if steady else longest,
        max(first, (now - battery.known_at) * OUTAGE),
        first * 2.0 ** min(battery.stalled - 1, MOST_DOUBLINGS),
    )
    return pause * (1 + JITTER * (2 * chance - 1))
