"""Judge the counters of frames whose tag was right: what is news, what is played again, what began anew.

A device raises its counter with each frame; a replayed frame brings an older one. Some begin anew when
their battery is changed, and then send counters again that they sent before, under other content.
So what was heard is kept, over restarts too: how far the counters went, and a mark of each frame, which
tells a frame that was heard from another one with the same counter.
"""

import base64
import binascii
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from typing import Final

TAG: Final = 4
LONGEST: Final = 1 << 32

type Kept = Mapping[str, object]
type Range = tuple[int, int]


class Verdict(Enum):
    """Describe what a frame's counter makes of it."""

    STALE = "stale"  # heard before, or not to be told from what was
    QUIET = "quiet"  # its values hold, but what it tells of may be over
    NEWS = "news"


class Marks:
    """Know what was heard under the lowest counters: a byte of each frame's tag.

    Counts begin low, so it is among these that frames of two counts meet.
    """

    __slots__ = ("_blocks",)

    SIZE: Final = 256  # counters in a block
    BLOCKS: Final = 16
    DEPTH: Final = 4  # frames under one counter
    FULL: Final = 255  # there were more

    def __init__(self) -> None:
        """Begin without any."""
        # By the counter's upper part: a row of marks for each frame under one counter, 0 is none.
        self._blocks: dict[int, list[bytearray]] = {}

    @staticmethod
    def of(tag: bytes) -> int:
        """Return the mark of a tag."""
        return tag[0] % 254 + 1

    def under(self, counter: int) -> set[int]:
        """Return the marks of what was heard under a counter."""
        rows = self._blocks.get(counter // self.SIZE, ())
        return {mark for row in rows if (mark := row[counter % self.SIZE])}

    def add(self, counter: int, mark: int) -> None:
        """Take a frame that was heard."""
        block, at = divmod(counter, self.SIZE)
        rows = self._blocks.get(block) or self._open(block)
        if rows is None:
            return
        for row in rows:
            if row[at] in {0, mark}:
                row[at] = mark
                return
        if len(rows) < self.DEPTH:
            rows.append(bytearray(self.SIZE))
            rows[-1][at] = mark
        else:
            rows[-1][at] = self.FULL

    def add_many(self, block: int, frames: Iterable[bytes], low: int) -> None:
        """Take frames whose counters are in one block; ``low`` is where they have the lower part."""
        rows = self._blocks.get(block) or self._open(block)
        if rows is None:
            return
        row = rows[0]
        for frame in frames:
            at = frame[low]
            if row[at]:
                self.add(block * self.SIZE + at, self.of(frame[-TAG:]))
            else:
                row[at] = frame[-TAG] % 254 + 1  # as ``of`` has it, without a call

    def _open(self, block: int) -> list[bytearray] | None:
        blocks = self._blocks
        if len(blocks) >= self.BLOCKS:
            highest = max(blocks)
            if block > highest:
                return None
            del blocks[highest]
        rows = blocks[block] = [bytearray(self.SIZE)]
        return rows

    def snapshot(self) -> dict[str, list[str]]:
        """Return all, for JSON."""
        return {
            str(block): [base64.b64encode(row).decode() for row in rows]
            for block, rows in self._blocks.items()
        }

    @classmethod
    def again(cls, kept: object) -> Marks:
        """Go on from a snapshot; ``ValueError`` if it is none."""
        marks = cls()
        if not isinstance(kept, Mapping):
            raise ValueError  # noqa: TRY004
        for block, rows in kept.items():
            if not isinstance(rows, list) or len(marks._blocks) >= cls.BLOCKS:
                raise ValueError
            read = [bytearray(_bytes(row)) for row in rows]
            fits = 0 < len(read) <= cls.DEPTH and {len(row) for row in read} == {
                cls.SIZE
            }
            if not fits:
                raise ValueError
            marks._blocks[_counter(int(_text(block)))] = read
        return marks


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
    such a frame may have been heard and its mark is not known, it takes ``LONG_RUN`` of them over
    ``LONG_SPREAD``. Later, too, a frame of the new count that may be one of a former count tells of
    nothing that happened, and is not believed at all where it leaps ahead. Devices that put random
    numbers there show it at once; who once counted up does not.
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
        "frames",
        "lower",
        "stop",
        "upper",
    )

    RUN: Final = 4
    SPREAD: Final = 300.0
    LONG_RUN: Final = 24
    LONG_SPREAD: Final = 21_600.0
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
        self._each = 1  # frames that the device sends under one counter
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
        low = frame[self._low]
        if frame[-TAG - 3 : -TAG] == self.upper and self.lower < low < self.stop:
            self.lower = low
            self.frames.append(frame)
            return Verdict.NEWS
        counter, last = self._count(frame), self.last
        if counter > last and not (self._past or self._random):
            self._take(frame, counter)
            return Verdict.NEWS
        self._settle()
        if self._random or counter == last:
            return self._take_again(frame, counter)
        if counter > self._sure_to if self._past else counter > last:
            return self._among(frame, counter, now)
        return self._doubt(frame, counter, now)

    def _take_again(self, frame: bytes, counter: int) -> Verdict:
        """Judge a frame whose counter tells nothing: its tag has to."""
        if frame[-TAG:] in self._tags(counter):
            return Verdict.STALE
        if not self._random:
            if self._in_past(counter):
                self._take(frame, counter, sure=False)
                return Verdict.QUIET
            self._each = 2
        self._take(frame, counter)
        return Verdict.NEWS

    def _among(self, frame: bytes, counter: int, now: float) -> Verdict:
        """Judge a frame that goes on, of a device that counted before."""
        known, step = self._known(counter), counter - self.last
        if Marks.of(frame[-TAG:]) in known:
            # It may well say again what it said then; so its values hold, but not for long.
            ahead = counter - self._sure_to
            if ahead > self.STEP or counter <= max(self.last, self._echo):
                return Verdict.STALE
            self._echo = counter
            return Verdict.QUIET
        if self._is_sure(counter, known):
            self._sure_to = counter
            self._take(frame, counter)
            return Verdict.NEWS
        if not 0 < step <= self.STEP:
            return self._doubt(frame, counter, now)
        self._take(frame, counter, sure=False)
        return Verdict.QUIET

    def _take(self, frame: bytes, counter: int, *, sure: bool = True) -> None:
        """Go on from a frame; one that may be of a former count is not kept for comparison."""
        self._run = None
        self._echo = -1
        self._last = self._before = counter
        if sure:
            self._settle()
            self._steady += 1
            self._marks.add(counter, Marks.of(frame[-TAG:]))
            self.frames.append(frame)
            self._settled += 1
        if self._floor < 0:
            self._floor = counter
        if not (self._past or self._random):
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

    def _doubt(self, frame: bytes, counter: int, now: float) -> Verdict:
        if self.upper:
            self._last = self._before = self.last
            self.upper = b""
        known = self._known(counter)
        if Marks.of(frame[-TAG:]) in known:
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
        run.sure += self._is_sure(counter, known)
        lasted = now - run.since
        enough = run.sure >= self.RUN and lasted >= self.SPREAD
        if not enough and (run.frames < self.LONG_RUN or lasted < self.LONG_SPREAD):
            return Verdict.STALE
        self._restart(run, sure=run.sure >= self.RUN)
        self._take(frame, counter)
        return Verdict.QUIET

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
            "random": self._random,
            "marks": self._marks.snapshot(),
            "recent": {str(counter): tags.hex() for counter, tags in recent.items()},
        }

    def restore(self, kept: Kept) -> None:
        """Go on from a snapshot; ``ValueError`` if it is none, and nothing is taken then."""
        last, floor = (_number(kept, name, least=-1) for name in ("last", "floor"))
        past = _ranges(kept.get("past"))
        marks, recent = Marks.again(kept.get("marks", {})), _tags(kept.get("recent"))
        # As an earlier version kept them.
        for counter, joined in _tags(kept.get("known", {})).items():
            for at in range(0, len(joined), TAG):
                marks.add(counter, Marks.of(joined[at:]))
        each = _number({"each": 1, **kept}, "each", least=1)
        # Which did not keep this, either.
        sure_to = _number({"sure_to": last, **kept}, "sure_to", least=-1)
        steady = _number(kept, "steady")
        self._random = kept.get("random") is True
        self._last, self._floor, self._sure_to = last, floor, sure_to
        self._past, self._each, self._steady = past, min(each, 2), steady
        self._marks, self._recent = marks, recent


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

    def __init__(self, low: int, at: int) -> None:
        """Take where the counters are: the lower byte of the long one, and the byte of the short one."""
        self.long = Sequence(low)
        self.short = ShortSequence(at)

    def snapshot(self) -> dict[str, object]:
        """Return what the next run has to know, for JSON."""
        return {"long": self.long.snapshot(), "short": self.short.snapshot()}

    def restore(self, kept: object) -> dict[str, object]:
        """Go on from a snapshot, and return what of it was sound; what is none is passed over."""
        sound: dict[str, object] = {}
        if not isinstance(kept, Mapping):
            return sound
        for name, one in (("long", self.long), ("short", self.short)):
            part = kept.get(name)
            if isinstance(part, Mapping):
                try:
                    one.restore(part)
                except ValueError:
                    continue
                sound[name] = part
        return sound

    @classmethod
    def join(cls, older: object, newer: object) -> dict[str, object]:
        """Return one snapshot of two: the newer one, as far as it is sound."""
        both = (cls(0, 0).restore(one) for one in (older, newer))
        return {name: part for one in both for name, part in one.items()}


def _merged(ranges: Iterable[Range]) -> list[Range]:
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


def _bytes(value: object) -> bytes:
    try:
        return base64.b64decode(_text(value), validate=True)
    except binascii.Error:
        raise ValueError from None


def _tags(value: object) -> dict[int, bytes]:
    if not isinstance(value, Mapping):
        raise ValueError  # noqa: TRY004
    return {
        _counter(int(_text(counter))): bytes.fromhex(_text(joined))
        for counter, joined in value.items()
    }
