"""Judge the counters of frames whose tag was right: what is news, what is played again, what began anew.

A device raises its counter with each frame; a replayed frame brings an older one. Some begin anew when
their battery is changed, and then send counters again that they sent before, under other content.
So what was heard is kept, over restarts too: how far the counters went, and of the first and of the
newest frames the tag, which tells a frame that was heard from another one with the same counter.
"""

from collections import deque
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Final

TAG: Final = 4
LONGEST: Final = 1 << 32
# What holds none yet: most devices never count like this, and an empty one of its own is large.
_NO_FRAMES: Final[deque[bytes]] = deque(maxlen=0)

type Kept = Mapping[str, object]
type Range = tuple[int, int]


class Verdict(Enum):
    """Say what a frame's counter makes of it."""

    STALE = "stale"  # heard before, or not to be told from what was
    QUIET = "quiet"  # its values hold, but what it tells of may be over
    NEWS = "news"


class Run:
    """Count the frames that go on from a counter which is too low."""

    __slots__ = ("bottom", "frames", "since", "sure", "top")

    def __init__(self, counter: int, now: float) -> None:
        """Begin with the first of them."""
        self.bottom = self.top = counter
        self.since = now
        self.frames = self.sure = 0


class Sequence:
    """Judge counters of 32 bits.

    What goes up is news. What goes back is a restart only after ``RUN`` frames that count up over
    ``SPREAD`` seconds, none of which was heard before, and while the old count stands still. Where
    such a frame may have been heard and its tag is not known any more, it takes ``LONG_RUN`` of them
    over ``LONG_SPREAD``, and nothing that happened is told until the count is above all that was
    heard. Devices that put random numbers there show it at once; who once counted up does not.
    """

    __slots__ = (
        "_back",
        "_before",
        "_count",
        "_floor",
        "_heads",
        "_known",
        "_last",
        "_past",
        "_quiet_to",
        "_random",
        "_recent",
        "_run",
        "_steady",
        "frames",
        "lower",
        "upper",
    )

    RUN: Final = 4
    SPREAD: Final = 300.0
    LONG_RUN: Final = 24
    LONG_SPREAD: Final = 21_600.0
    HEADS: Final = 64  # of each count, whose tags are kept
    RECENT: Final = 64  # the newest, too
    KNOWN: Final = 256  # in all
    PAST: Final = 8  # former counts
    STEP: Final = 16  # frames that may be missed where a former count has been
    LAG: Final = 8  # an older frame, through a receiver that is late
    STEADY: Final = (
        8  # steps up in a row, after which a counter is none of random numbers
    )
    JUMPS: Final = 4  # steps back before that, which random numbers make

    def __init__(self, count: Callable[[bytes], int]) -> None:
        """Begin without any knowledge; ``count`` reads the counter of a frame."""
        self._count = count
        # The newest counter in its two parts, where a higher lower one under the same upper one is
        # news without another question. Empty where it is not.
        self.upper = b""
        self.lower = 0
        self.frames = _NO_FRAMES
        self._last = self._floor = self._quiet_to = -1
        self._before = -1  # the newest counter, whether it was believed or not
        self._known: dict[int, bytes] = {}
        self._recent: dict[int, bytes] = {}
        self._past: list[Range] = []
        self._heads = self.HEADS
        self._steady = 0
        self._back: list[float] = []
        self._random = False
        self._run: Run | None = None

    @property
    def last(self) -> int:
        """Return the newest counter; -1 before any."""
        return self._count(self.frames[-1]) if self.upper else self._last

    def judge(self, frame: bytes, now: float) -> Verdict:
        """Judge a frame, which ends with its tag, at a time in seconds of a clock that runs on."""
        counter, last = self._count(frame), self.last
        if counter > last and not (self._past or self._random):
            self._take(frame, counter)
            return Verdict.NEWS
        if self._random or counter == last:
            if frame[-TAG:] in self._tags(counter):
                return Verdict.STALE
        elif counter < last or self._leaps(counter, last):
            return self._doubt(frame, counter, now)
        again = counter == last and self._in_past(counter)
        self._take(frame, counter)
        return Verdict.QUIET if again or counter <= self._quiet_to else Verdict.NEWS

    def _take(self, frame: bytes, counter: int) -> None:
        self._run = None
        self._steady += 1
        self._last = self._before = counter
        if self.frames is _NO_FRAMES:
            self.frames = deque(maxlen=self.RECENT)
        self.frames.append(frame)
        if self._floor < 0:
            self._floor = counter
        if self._heads:
            self._heads -= 1
            self._remember(counter, frame[-TAG:])
        if not (self._heads or self._past or self._random):
            self.upper = (counter >> 8).to_bytes(3, "little")
            self.lower = counter & 0xFF

    def _doubt(self, frame: bytes, counter: int, now: float) -> Verdict:
        self._last, self.upper = self.last, b""
        tags = self._tags(counter)
        if frame[-TAG:] in tags:
            # A device that begins anew says the same again, now and then. It tells nothing either way.
            return Verdict.STALE
        if self._is_random(counter, now):
            self._take(frame, counter)
            return Verdict.QUIET
        run = self._run
        if run is None or counter + self.LAG < run.top:
            run = self._run = Run(counter, now)
        elif counter <= run.top:
            return Verdict.STALE
        run.top = counter
        run.frames += 1
        # Another tag under a counter that was heard: only the device itself can have made it.
        run.sure += bool(tags) or counter > self.last or not self._was_heard(counter)
        lasted = now - run.since
        if run.sure >= self.RUN and lasted >= self.SPREAD:
            self._restart(run, -1)
        elif run.frames >= self.LONG_RUN and lasted >= self.LONG_SPREAD:
            self._restart(run, max(high for _, high in self._heard))
        else:
            return Verdict.STALE
        self._take(frame, counter)
        return Verdict.QUIET

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

    def _restart(self, run: Run, quiet_to: int) -> None:
        """Begin a new count; one that leaps ahead goes on with the old one."""
        if run.bottom > self.last:
            return
        self._quiet_to = quiet_to
        for counter, tag in self._newest():
            self._remember(counter, tag)
        self._past = _merged(self._heard)[-self.PAST :]
        self._floor, self._last = run.bottom, run.top
        self._heads = self.HEADS
        self._recent = {}
        self.frames.clear()

    @property
    def _heard(self) -> list[Range]:
        return [*self._past, (self._floor, self.last)]

    def _was_heard(self, counter: int) -> bool:
        return any(low <= counter <= high for low, high in self._heard)

    def _in_past(self, counter: int) -> bool:
        return any(low <= counter <= high for low, high in self._past)

    def _leaps(self, counter: int, last: int) -> bool:
        return counter - last > self.STEP and self._in_past(counter)

    def _tags(self, counter: int) -> set[bytes]:
        joined = self._known.get(counter, b"") + self._recent.get(counter, b"")
        tags = {joined[at : at + TAG] for at in range(0, len(joined), TAG)}
        return tags | {
            frame[-TAG:] for frame in self.frames if self._count(frame) == counter
        }

    def _newest(self) -> list[tuple[int, bytes]]:
        newest = [*self._recent.items()]
        newest += [(self._count(frame), frame[-TAG:]) for frame in self.frames]
        return newest[-self.RECENT :]

    def _remember(self, counter: int, tag: bytes) -> None:
        known = self._known
        known[counter] = (known.get(counter, b"") + tag)[-TAG * 4 :]
        if len(known) > self.KNOWN:
            del known[next(iter(known))]

    # --- over restarts -----------------------------------------------------------------------

    def snapshot(self) -> dict[str, object]:
        """Return what the next run has to know, for JSON."""
        recent: dict[int, bytes] = {}
        for counter, tag in self._newest():
            recent[counter] = recent.get(counter, b"") + tag
        return {
            "last": self.last,
            "floor": self._floor,
            "quiet_to": self._quiet_to,
            "past": [list(one) for one in self._past],
            "heads": self._heads,
            "steady": min(self._steady, self.STEADY),
            "random": self._random,
            "known": _to_json(self._known),
            "recent": _to_json(recent),
        }

    def restore(self, kept: Kept) -> None:
        """Go on from a snapshot; ``ValueError`` if it is none, and nothing is taken then."""
        last, floor, quiet_to = (
            _number(kept, name, least=-1) for name in ("last", "floor", "quiet_to")
        )
        past = _ranges(kept.get("past"))
        known, recent = (_from_json(kept.get(name)) for name in ("known", "recent"))
        heads, steady = _number(kept, "heads"), _number(kept, "steady")
        self._random = kept.get("random") is True
        self._last, self._floor, self._quiet_to = last, floor, quiet_to
        self._past, self._heads, self._steady = past, min(heads, self.HEADS), steady
        self._known, self._recent = known, recent


class ShortSequence:
    """Judge counters of 8 bits, which come round after 256 frames.

    A small step on is news, and a frame that was heard a short while ago is not. After a larger step
    the frames must count up a few times before they are believed; more cannot be told by so few bits.
    """

    __slots__ = ("_at", "_known", "_last", "_older", "_run", "_top")

    STEP: Final = 16
    RUN: Final = 3
    KNOWN: Final = (
        64  # frames at least, and twice as many at most: fewer than a round has
    )

    def __init__(self, at: int) -> None:
        """Begin without any knowledge; ``at`` is where a frame has its counter."""
        self._at = at
        # The newest frames in order, in two generations: the older one is dropped as a whole.
        self._known: dict[bytes, None] = {}
        self._older: dict[bytes, None] = {}
        self._last: int | None = None
        self._run = self._top = 0

    def judge(self, frame: bytes) -> Verdict:
        """Judge a frame."""
        known = self._known
        if frame in known or frame in self._older:
            return Verdict.STALE
        counter = frame[self._at]
        last, verdict = self._last, Verdict.NEWS
        if last is not None and (counter - last & 0xFF) > self.STEP:
            goes_on = self._run and (counter - self._top & 0xFF) <= self.STEP
            self._run = self._run + 1 if goes_on else 1
            self._top = counter
            if self._run < self.RUN:
                return Verdict.STALE
            verdict = Verdict.QUIET
        self._run = 0
        self._last = counter
        if len(known) >= self.KNOWN:
            self._older = known
            known = self._known = {}
        known[frame] = None
        return verdict

    def snapshot(self) -> dict[str, object]:
        """Return what the next run has to know, for JSON."""
        return {"frames": [frame.hex() for frame in (*self._older, *self._known)]}

    def restore(self, kept: Kept) -> None:
        """Go on from a snapshot; ``ValueError`` if it is none."""
        frames = kept.get("frames")
        if not isinstance(frames, list):
            raise ValueError  # noqa: TRY004
        read = [bytes.fromhex(_text(one)) for one in frames[-2 * self.KNOWN :]]
        if any(len(frame) <= self._at for frame in read):
            raise ValueError
        if read:
            self._older = dict.fromkeys(read[: -self.KNOWN])
            self._known = dict.fromkeys(read[-self.KNOWN :])
            self._last = read[-1][self._at]


class Counters:
    """Hold the counters of one entry of a device's adverts, of frames with a long and a short one."""

    __slots__ = ("long", "short")

    def __init__(self, count: Callable[[bytes], int], at: int) -> None:
        """Take where the counters are: how to read the long one, and the byte of the short one."""
        self.long = Sequence(count)
        self.short = ShortSequence(at)

    def snapshot(self) -> dict[str, object]:
        """Return what the next run has to know, for JSON."""
        return {"long": self.long.snapshot(), "short": self.short.snapshot()}

    def restore(self, kept: object) -> None:
        """Go on from a snapshot; what is none is passed over."""
        if not isinstance(kept, Mapping):
            return
        for name, one in (("long", self.long), ("short", self.short)):
            part = kept.get(name)
            if isinstance(part, Mapping):
                try:
                    one.restore(part)
                except ValueError:
                    continue


def _merged(ranges: list[Range]) -> list[Range]:
    merged: list[Range] = []
    for low, high in sorted(ranges):
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = merged[-1][0], max(high, merged[-1][1])
        else:
            merged.append((low, high))
    return merged


def _number(kept: Kept, name: str, *, least: int = 0) -> int:
    return _counter(kept.get(name), least)


def _counter(value: object, least: int = 0) -> int:
    if type(value) is not int or not least <= value < LONGEST:
        raise ValueError
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError  # noqa: TRY004
    return value


def _ranges(value: object) -> list[Range]:
    if not isinstance(value, list):
        raise ValueError  # noqa: TRY004
    ranges: list[Range] = []
    for one in value:
        if not isinstance(one, list) or len(one) != 2:
            raise ValueError
        low, high = (_counter(end) for end in one)
        ranges.append((low, high))
    return ranges[-Sequence.PAST :]


def _to_json(tags: Mapping[int, bytes]) -> dict[str, str]:
    return {str(counter): joined.hex() for counter, joined in tags.items()}


def _from_json(value: object) -> dict[int, bytes]:
    if not isinstance(value, Mapping):
        raise ValueError  # noqa: TRY004
    return {
        _counter(int(_text(counter))): bytes.fromhex(_text(joined))
        for counter, joined in value.items()
    }
