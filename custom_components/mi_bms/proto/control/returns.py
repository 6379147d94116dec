"""What was switched for a time and is to be put back: planned before the write, ended by what puts it back.

Pure; times are seconds of a clock that runs on evenly, but starts anew with the machine. What is stored holds
how many seconds were left and the wall time of that: a clock that jumped can make a return neither come never
nor, by more than an outage explains, too early.

A return is *planned* from before the write until it is known whether the write took effect, and *stands* from
then on. Meanwhile it keeps the one that it replaces, which is back if the write came to nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Self

from ..bms.control import Effect, Target

SHORTEST_PAUSE: Final = 5.0  # s between two tries
LONGEST_PAUSE: Final = 300.0  # s
OVERDUE: Final = 120.0  # s after which a person is told
SETTLED: Final = 10.0  # s after a write within which a board may still act
# s; who finds that so much has passed since something was stored has a clock that was wrong.
LONGEST_OUTAGE: Final = 30 * 86_400.0
_DONE: Final = frozenset({Effect.CONFIRMED, Effect.HELD})


@dataclass(frozen=True, slots=True, kw_only=True)
class Return:
    """A target that is to be put back to ``on`` when it is ``due``, ``minutes`` after it was switched.

    ``written`` is when it was written while that may still come to nothing, else None; ``former`` is what
    comes back then. ``tries`` counts how often it was put back in vain, the next time not before ``rests``;
    ``asks`` how often the battery was to be read because of it, the next time not before ``again``. ``doubted``:
    the last reading looked as if somebody had switched it elsewhere.
    """

    target: Target
    on: bool
    due: float
    minutes: float
    written: float | None = None
    former: Return | None = None
    tries: int = 0
    rests: float = 0.0
    asks: int = 0
    again: float = 0.0
    doubted: bool = False

    @property
    def left(self) -> bool:
        """Return how the target was left: the opposite of what it is put back to."""
        return not self.on

    @property
    def asks_at(self) -> float:
        """Return when the battery is to be read because of it."""
        return self.again if self.doubted else max(self.due, self.rests, self.again)

    def ready(self, now: float) -> bool:
        """Return whether it is to be put back after a reading now."""
        return not self.doubted and now >= max(self.due, self.rests)

    def to_json(self, now: float, wall: float) -> dict[str, Any]:
        """Return what is kept; ``wall`` is the unix time of ``now``."""
        return {
            "target": self.target.value,
            "on": self.on,
            "left": max(self.due - now, 0.0),
            "at": wall,
            "minutes": self.minutes,
            "planned": self.written is not None,
            "former": self.former.to_json(now, wall) if self.former else None,
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any], now: float, wall: float) -> Self:
        """Return what an earlier run kept."""
        outage = wall - stored["at"]
        if not 0 <= outage <= LONGEST_OUTAGE:
            outage = 0.0
        minutes = stored["minutes"]
        left = min(stored["left"], minutes * 60) - outage
        former = stored.get("former")
        return cls(
            target=Target(stored["target"]),
            on=stored["on"],
            due=now + max(left, 0.0),
            minutes=minutes,
            # Whatever a board did of it, it has done by now.
            written=now - SETTLED if stored["planned"] else None,
            former=cls.from_json(former, now, wall) if former else None,
        )


class Returns:
    """The returns of one battery, at most one for a target."""

    def __init__(self) -> None:
        """Begin with none."""
        self._pending: dict[Target, Return] = {}

    @property
    def pending(self) -> tuple[Return, ...]:
        """Return all that are to be put back, in the order of their time."""
        return tuple(sorted(self._pending.values(), key=lambda one: one.due))

    def of(self, target: Target) -> Return | None:
        """Return what is to be put back of a target."""
        return self._pending.get(target)

    def plan(self, target: Target, *, on: bool, minutes: float, now: float) -> None:
        """Plan to undo a command that is about to be written: to put ``target`` back to not ``on``."""
        before = self._pending.get(target)
        self._pending[target] = Return(
            target=target,
            on=not on,
            due=now + minutes * 60,
            minutes=minutes,
            written=now,
            former=_kept(before),
        )

    def written(self, target: Target, effect: Effect, *, lasts: bool) -> None:
        """Take how a command ended; ``lasts``: nothing was planned to undo it."""
        one = self._pending.get(target)
        if one is None:
            return
        if effect in _DONE:
            # What lasts is as somebody wants it from now on.
            self._set(target, None if lasts else _certain(one))
        elif effect is Effect.FAILED and not lasts and one.left:
            # One that would be left off is kept until a reading tells: a board may act late.
            self.unplan(target)

    def unplan(self, target: Target) -> None:
        """Take that what was planned for was not written: what was before it counts."""
        if (one := self._pending.get(target)) is not None:
            self._set(target, one.former)

    def put_back(self, target: Target, effect: Effect) -> None:
        """Take how putting a target back ended."""
        one = self._pending.get(target)
        if one is not None and effect in _DONE:
            # Whether the write that it undoes took effect was never known: another may still be owed.
            self._set(target, _other(one) if one.written is not None else None)

    def notice(
        self, target: Target, *, on: bool | None, sure: bool, now: float
    ) -> Return | None:
        """Take how a target stands in a reading; return the return that this ended, if it did.

        ``sure``: the battery told it, it does not only look so. One reading may be an old answer that came
        late: only two in a row end a return, and the second is asked for at once.
        """
        one = self._pending.get(target)
        if one is None:
            return None
        if on is None:
            self._set(target, replace(one, doubted=False))
            return None
        if one.written is not None and now < one.written + SETTLED:
            return None
        if on is one.left:
            self._set(target, _certain(one))
            return None
        if not (sure or on):
            # What rests may have been switched off, or sleeps.
            return None
        if not one.doubted:
            self._set(target, replace(one, doubted=True, again=now + SHORTEST_PAUSE))
            return None
        if one.written is not None and one.former is not None:
            # The write came to nothing: what was before it counts.
            self._set(target, replace(one.former, doubted=True))
            return self.notice(target, on=on, sure=sure, now=now)
        self._set(target, None)
        return one

    def tried(self, target: Target, now: float) -> None:
        """Take that a target is about to be put back: the next try comes after a pause that grows."""
        if (one := self._pending.get(target)) is not None:
            rests = now + _pause(one.tries)
            self._set(target, replace(one, tries=one.tries + 1, rests=rests))

    def asked(self, now: float) -> bool:
        """Return whether the battery is to be read now; the next time comes after a pause that grows."""
        due = [one for one in self._pending.values() if now >= one.asks_at]
        for one in due:
            again = now + _pause(one.asks)
            self._set(one.target, replace(one, asks=one.asks + 1, again=again))
        return bool(due)

    def postpone(self, target: Target, minutes: float, now: float) -> bool:
        """Count the time of a return anew from now; return whether there is one that is not yet due."""
        one = self._pending.get(target)
        if one is None or one.due <= now:
            return False
        self._set(target, replace(one, due=now + minutes * 60, minutes=minutes))
        return True

    def settle(self, target: Target) -> None:
        """Leave a target as it is: it is not put back."""
        self._set(target, None)

    def ready(self, now: float) -> Return | None:
        """Return what is to be put back now, the longest due first."""
        return next((one for one in self.pending if one.ready(now)), None)

    def overdue(self, now: float) -> bool:
        """Return whether something has been due for so long that a person is to know."""
        return any(now >= one.due + OVERDUE for one in self._pending.values())

    def next_at(self, now: float) -> float | None:
        """Return when to look again, None where nothing is to be put back."""
        times = [one.asks_at for one in self._pending.values()]
        times += [one.due + OVERDUE for one in self._pending.values()]
        ahead = [at for at in times if at > now]
        return min(ahead, default=None)

    def to_json(self, now: float, wall: float) -> list[dict[str, Any]]:
        """Return what is kept."""
        return [one.to_json(now, wall) for one in self.pending]

    def restore(
        self, stored: Iterable[Mapping[str, Any]], now: float, wall: float
    ) -> None:
        """Take what an earlier run kept."""
        for row in stored:
            one = Return.from_json(row, now, wall)
            self._pending[one.target] = one

    def _set(self, target: Target, one: Return | None) -> None:
        if one is None:
            self._pending.pop(target, None)
        else:
            self._pending[target] = one


def _pause(times: int) -> float:
    return min(SHORTEST_PAUSE * 2.0 ** min(times, 10), LONGEST_PAUSE)


def _certain(one: Return) -> Return:
    return replace(one, written=None, former=None, doubted=False)


def _other(one: Return) -> Return | None:
    """Return the last one before that puts back to the opposite."""
    found = one.former
    while found is not None and found.on is one.on:
        found = found.former
    return found and replace(found, former=None, doubted=False)


def _kept(before: Return | None) -> Return | None:
    """Return what comes back where a write that replaces it comes to nothing: the last one of either direction."""
    return before and replace(before, former=_other(before), doubted=False)
