"""Judge the counters of 32 bits: the frame's counter and tag go in, a verdict comes out.

How far the counters went and the frames heard last are kept here, the marks of older ones beside.
"""

from collections.abc import Iterable, Iterator
from enum import Enum
from typing import Final

from .kept import Kept, Range, read_number, read_ranges, read_tags
from .marks import TAG, Marks
from .tempo import Run, Tempo


class CounterVerdict(Enum):
    """What a frame's counter makes of it."""

    STALE = "stale"  # heard before, or not to be told from what was
    QUIET = "quiet"  # its values hold, but what it tells of may be over
    NEWS = "news"
    # Of eight bits only: heard a round ago or more, so it proves nothing.
    AGAIN = "again"  # it holds
    ECHO = "echo"  # its values hold, but what it tells of may be over


AGAIN: Final = frozenset({CounterVerdict.AGAIN, CounterVerdict.ECHO})
QUIETLY: Final = frozenset({CounterVerdict.QUIET, CounterVerdict.ECHO})


class Sequence:
    """Judge counters of 32 bits.

    What goes up is news. What goes back is a restart only after ``RUN`` frames that count up over
    ``SPREAD`` seconds, none of which was heard before, and while the old count stands still. Where
    such a frame may have been heard and its mark is not known, it takes ``LONG_RUN`` of them over
    ``LONG_SPREAD``, or, above all marks, ``RUN`` over ``DUE`` seconds which go no further on than the
    pace of the count allows after the silence before them. Later, too, a frame of the new count that
    may be one of a former count tells of nothing that happened, and is not believed at all where it
    leaps ahead. Devices that put random numbers there show it at once; who once counted up does not.
    """

    __slots__ = (
        "_back",
        "_before",
        "_each",
        "_echo",
        "_floor",
        "_last",
        "_low",
        "_marks",
        "_past",
        "_random",
        "_recent",
        "_run",
        "_settled",
        "_steady",
        "_sure_to",
        "_tempo",
        "frames",
        "lower",
        "stop",
        "upper",
    )

    RUN: Final = 4
    SPREAD: Final = 300.0
    LONG_RUN: Final = 24
    LONG_SPREAD: Final = 21_600.0
    DUE: Final = 60.0
    RECENT: Final = 64  # the newest frames, whose whole tags are kept …
    RANDOM: Final = 256  # … and of random numbers
    PAST: Final = 8  # former counts
    STEP: Final = 16  # frames that may be missed where a former count has been
    LAG: Final = 8  # an older frame, through a receiver that is late
    STEADY: Final = (
        8  # steps up in a row, after which a counter is none of random numbers
    )
    JUMPS: Final = 4  # steps back before that, which random numbers make

    def __init__(self, low: int) -> None:
        """Begin without any knowledge; ``low`` is where a frame has the lower byte of its counter.

        The three upper ones stand before the tag.
        """
        self._low = low
        # The newest counter in its two parts, where a higher lower one under the same upper one is
        # news without another question: such a frame has only to be added to the others.
        # Empty where it is not. Where the frames would become too many it ends, at ``stop``.
        self.upper = b""
        self.lower = self.stop = 0
        self.frames: list[bytes] = []
        self._settled = 0  # so many of them have their mark
        self._last = self._floor = -1
        # Where there were former counts: up to where this one can be told from them …
        self._sure_to = -1
        self._echo = -1  # … and the newest counter after that whose frame cannot
        self._before = -1  # the newest counter, whether it was believed or not
        self._marks = Marks()
        self._recent: dict[int, bytes] = {}  # of a former run
        self._past: list[Range] = []
        self._tempo = Tempo()  # of a count after a former one
        self._each = 1  # frames that the device sends under one counter
        self._steady = 0
        self._back: list[float] = []
        self._random = False
        self._run: Run | None = None

    @property
    def last(self) -> int:
        """Return the newest counter; -1 before any."""
        return self._count(self.frames[-1]) if self.upper else self._last

    def judge(self, frame: bytes, now: float) -> CounterVerdict:
        """Judge a frame, which ends with its tag, at a time in seconds of a clock that runs on."""
        low = frame[self._low]
        if frame[-TAG - 3 : -TAG] == self.upper and self.lower < low:
            if low >= self.stop:
                self._settle()
                self.stop = low + self.RECENT
            self.lower = low
            self.frames.append(frame)
            return CounterVerdict.NEWS
        counter, last = self._count(frame), self.last
        if counter > last and not (self._past or self._random):
            self._take(frame, counter)
            return CounterVerdict.NEWS
        self._settle()
        if self._random or counter == last:
            verdict = self._take_again(frame, counter)
        elif counter > self._sure_to if self._past else counter > last:
            verdict = self._among(frame, counter, now)
        else:
            verdict = self._doubt(frame, counter, now)
        if self._past and self.last == counter:
            self._tempo.take(counter, now)
        return verdict

    def _take_again(self, frame: bytes, counter: int) -> CounterVerdict:
        """Judge a frame whose counter tells nothing: its tag has to."""
        if frame[-TAG:] in self._tags(counter):
            return CounterVerdict.STALE
        if not self._random:
            if self._in_past(counter):
                self._take(frame, counter, sure=False)
                return CounterVerdict.QUIET
            self._each = 2
        self._take(frame, counter)
        return CounterVerdict.NEWS

    def _among(self, frame: bytes, counter: int, now: float) -> CounterVerdict:
        """Judge a frame that goes on, of a device that counted before."""
        known, step = self._known(counter), counter - self.last
        if Marks.of(frame[-TAG:]) in known:
            # It may well say again what it said then; so its values hold, but not for long.
            ahead = counter - self._sure_to
            if ahead > self.STEP or counter <= max(self.last, self._echo):
                return CounterVerdict.STALE
            self._echo = counter
            return CounterVerdict.QUIET
        if self._is_sure(counter, known):
            self._sure_to = counter
            self._take(frame, counter)
            return CounterVerdict.NEWS
        if not 0 < step <= self.STEP:
            return self._doubt(frame, counter, now)
        self._take(frame, counter, sure=False)
        return CounterVerdict.QUIET

    def _take(self, frame: bytes, counter: int, *, sure: bool = True) -> None:
        """Go on from a frame; one that may be of a former count is not kept for comparison."""
        self._run = None
        self._echo = -1
        self._last = self._before = counter
        quick = not (self._past or self._random)
        if sure:
            self._settle()
            self.frames.append(frame)
            if not quick:
                self._steady += 1
                self._marks.add(counter, Marks.of(frame[-TAG:]))
                self._settled += 1
        if self._floor < 0:
            self._floor = counter
        if quick:
            # From here on its upper part is that of all frames without a mark, this one included.
            self.upper = (counter >> 8).to_bytes(3, "little")
            self.lower = counter & 0xFF
            self.stop = self.lower + self.RECENT

    def _settle(self) -> None:
        """Mark what came on the quick way, and drop what is too old to be compared."""
        frames = self.frames
        if news := frames[self._settled :]:
            self._steady += len(news)
            block = int.from_bytes(self.upper, "little")
            self._marks.add_many(block, news, self._low)
        del frames[: -self.RANDOM if self._random else -self.RECENT]
        self._settled = len(frames)

    def _count(self, frame: bytes) -> int:
        upper = int.from_bytes(frame[-TAG - 3 : -TAG], "little")
        return upper << 8 | frame[self._low]

    def _doubt(self, frame: bytes, counter: int, now: float) -> CounterVerdict:
        if self.upper:
            self._last = self._before = self.last
            self.upper = b""
        known, last = self._known(counter), self._last
        if Marks.of(frame[-TAG:]) in known:
            # A device that begins anew says the same again, now and then. It tells nothing either way.
            return CounterVerdict.STALE
        if self._is_random(counter, now):
            self._take(frame, counter)
            return CounterVerdict.QUIET
        run = self._run
        if run is None or counter + self.LAG < run.top:
            run = self._run = Run(counter, now)
        elif counter <= run.top:
            return CounterVerdict.STALE
        run.top = counter
        run.frames += 1
        sure = self._is_sure(counter, known)
        run.sure += sure
        due = last < counter <= last + self.STEP + self._tempo.reach(now)
        run.note_due(now, due=due and not self._marks.covers(counter))
        if not self._is_enough(run, now):
            return CounterVerdict.STALE
        self._restart(run, sure=run.sure >= self.RUN)
        # Kept, one that may be of a former count would make the other one under its counter news.
        self._take(frame, counter, sure=sure)
        return CounterVerdict.QUIET

    def _is_enough(self, run: Run, now: float) -> bool:
        """Return whether a run is the device itself."""
        lasted = now - run.since
        return (
            (run.sure >= self.RUN and lasted >= self.SPREAD)
            or (run.due >= self.RUN and now - run.due_since >= self.DUE)
            or (run.frames >= self.LONG_RUN and lasted >= self.LONG_SPREAD)
        )

    def _is_sure(self, counter: int, known: set[int]) -> bool:
        """Return whether a frame that was not heard can be none of those that may have been missed.

        Where all that the device ever sent under that counter was heard, another one is new.
        """
        top = self._sure_to if self._past else self.last
        counts = self._in_past(counter) + (self._floor <= counter <= top)
        return Marks.FULL not in known and len(known) >= counts * self._each

    def _is_random(self, counter: int, now: float) -> bool:
        back, self._before = counter < self._before, counter
        if self._steady >= self.STEADY or not back:
            return False
        self._back.append(now)
        jumps = len(self._back) >= self.JUMPS
        self._random = jumps and now - self._back[0] >= self.SPREAD
        if jumps:
            del self._back[1]
        return self._random

    def _restart(self, run: Run, *, sure: bool) -> None:
        """Begin a new count; one that leaps ahead goes on with the old one."""
        if run.bottom > self.last:
            return
        self._past = _merged([*self._past, (self._floor, self.last)])[-self.PAST :]
        self._floor, self._last = run.bottom, run.top
        self._tempo.begin(run.bottom, run.since)
        self._sure_to = run.top if sure else run.bottom - 1
        self._recent = {}
        self.frames.clear()
        self._settled = 0

    def _in_past(self, counter: int) -> bool:
        return any(low <= counter <= high for low, high in self._past)

    def _tags(self, counter: int) -> set[bytes]:
        joined = self._recent.get(counter, b"")
        tags = {joined[at : at + TAG] for at in range(0, len(joined), TAG)}
        return tags | {
            frame[-TAG:] for frame in self.frames if self._count(frame) == counter
        }

    def _known(self, counter: int) -> set[int]:
        return self._marks.under(counter) | {
            Marks.of(tag) for tag in self._tags(counter)
        }

    def _newest(self) -> Iterator[tuple[int, bytes]]:
        yield from self._recent.items()
        for frame in self.frames:
            yield self._count(frame), frame[-TAG:]

    # --- over restarts -----------------------------------------------------------------------

    def snapshot(self) -> dict[str, object]:
        """Return what the next run has to know, for JSON."""
        self._settle()
        keep = self.RANDOM if self._random else self.RECENT
        recent: dict[int, bytes] = {}
        for counter, tag in [*self._newest()][-keep:]:
            recent[counter] = recent.get(counter, b"") + tag
        return {
            "last": self.last,
            "floor": self._floor,
            "sure_to": self._sure_to,
            "past": [list(one) for one in self._past],
            "each": self._each,
            "steady": min(self._steady, self.STEADY),
            "rate": self._tempo.rate,
            "random": self._random,
            "marks": self._marks.snapshot(),
            "recent": {str(counter): tags.hex() for counter, tags in recent.items()},
        }

    def restore(self, kept: Kept, heard_at: float | None = None) -> None:
        """Go on from a snapshot; ``ValueError`` if it is none, and nothing is taken then."""
        last, floor = (read_number(kept, name, least=-1) for name in ("last", "floor"))
        past = read_ranges(kept.get("past"))[-self.PAST :]
        marks, recent = (
            Marks.again(kept.get("marks", {})),
            read_tags(kept.get("recent")),
        )
        # As an earlier version kept them.
        for counter, joined in read_tags(kept.get("known", {})).items():
            for at in range(0, len(joined), TAG):
                marks.add(counter, Marks.of(joined[at:]))
        each = read_number({"each": 1, **kept}, "each", least=1)
        # Which did not keep this, either.
        sure_to = read_number({"sure_to": last, **kept}, "sure_to", least=-1)
        steady = read_number(kept, "steady")
        self._tempo.restore(kept.get("rate"), heard_at)
        self._random = kept.get("random") is True
        self._last, self._floor, self._sure_to = last, floor, sure_to
        self._past, self._each, self._steady = past, min(each, 2), steady
        self._marks, self._recent = marks, recent


def _merged(ranges: Iterable[Range]) -> list[Range]:
    merged: list[Range] = []
    for low, high in sorted(ranges):
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = merged[-1][0], max(high, merged[-1][1])
        else:
            merged.append((low, high))
    return merged
