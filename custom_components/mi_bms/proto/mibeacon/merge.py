"""Join what several entries of a device say: readings of one advert, and formats that take turns."""

from typing import Final

from ..model.fields import Field
from ..model.reading import Outcome, Reading, Value
from .plan import FORMAT

# What to say of several entries: the first of these that any of them gave.
_BEST: Final = (
    Outcome.DECODED,
    Outcome.WRONG_KEY,
    Outcome.NEEDS_KEY,
    Outcome.NO_PAYLOAD,
    Outcome.IGNORED,
    Outcome.REJECTED,
    Outcome.REPEATED,
    Outcome.NOT_OURS,
)
_RANK: Final = {outcome: rank for rank, outcome in enumerate(_BEST)}

# Formats by resolution: when one device sends the same value in several, the finest is kept.
_COARSE_FIRST: Final = {"atc": 0, FORMAT: 1, "qingping": 1, "bthome": 2, "pvvx": 2}
_SEALED: Final = 10
# A number in a finer format holds against coarser ones for so many seconds.
_FINER_FOR: Final = 120.0


type Finest = dict[Field, tuple[int, float]]  # by field: how fine, and when it came


def keep_finest(reading: Reading, now: float, finest: Finest) -> Reading:
    """Return a reading without the numbers that a finer format told a short while ago."""
    # Custom firmware can send the same in several formats in turn; values would jump.
    rank = _rank(reading)
    kept: dict[Field, Value] = {}
    for field, value in reading.values.items():
        if not isinstance(value, (bool, str)):
            finer, since = finest.get(field, (rank, now))
            if finer > rank and now - since < _FINER_FOR:
                continue
            finest[field] = rank, now
        kept[field] = value
    outcome = reading.outcome if kept or reading.events else Outcome.IGNORED
    return reading._replace(values=kept, outcome=outcome)


def merge(one: Reading, other: Reading) -> Reading:
    """Join the readings of two entries of one advert."""
    if _rank(one) > _rank(other):
        fields: dict[Field, Value] = {**other.values, **one.values}
    else:
        fields = {**one.values, **other.values}
    best = min((one, other), key=lambda reading: _RANK[reading.outcome])
    return best._replace(
        values=fields,
        events=one.events + other.events,
        reason=best.reason or one.reason or other.reason,
        further={**one.further, **other.further},
    )


def _rank(reading: Reading) -> int:
    # What the key opened stands above all that anybody may send.
    rank = _COARSE_FIRST.get(reading.format, 1)
    return rank + _SEALED if reading.encrypted else rank
