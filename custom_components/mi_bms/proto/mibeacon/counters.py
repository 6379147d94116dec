"""Judge the counters of frames whose tag was right: what is news, what is played again, what began anew.

A device raises its counter with each frame; a replayed frame brings an older one. Some begin anew when
their battery is changed, and then send counters again that they sent before, under other content.
So what was heard is kept, over restarts too: how far the counters went, and a mark of each frame, which
tells a frame that was heard from another one with the same counter.
"""

import base64
from collections.abc import Mapping
from functools import partial
from typing import Final
from zlib import crc32

from .kept import Kept, read_bytes, read_text
from .sequence import CounterVerdict, Sequence

_STALE: Final = CounterVerdict.STALE
_NEWS: Final = CounterVerdict.NEWS


class Ascent:
    """Count frames that go on from each other by small steps, where the count itself is not."""

    __slots__ = ("frames", "since", "top")

    def __init__(self) -> None:
        """Begin without any."""
        self.frames = self.top = 0
        self.since = 0.0

    def take(self, counter: int, step: int, now: float) -> int:
        """Return how many there are with this one; two under one counter are one."""
        if self.frames and counter - self.top & 0xFF <= step:
            self.frames += counter != self.top
        else:
            self.frames, self.since = 1, now
        self.top = counter
        return self.frames


class ShortSequence:
    """Judge counters of 8 bits, which come round after 256 frames.

    A small step on is news, and a frame that was heard less than a round ago is not. After a larger step
    the frames must count up a few times before they are believed.

    After a round a sensor may say under a counter what it said there before: that frame is the same to
    the last bit, and nobody can tell it from a recording of the first one. A thermometer with coarse
    steps does so all night, a button with one press for ever, so such frames cannot be refused for good.
    They prove nothing, neither that the key fits nor that the count is elsewhere. They are believed
    only where the count stands, and tell of no event while a row of them comes from elsewhere, but for
    a row as long and as slow as a button makes one whose battery was changed.

    With 8 bits there remains: who has recorded more than a whole round, and begins exactly where the
    sensor stands, is taken for it. And a button that says nothing new, and counts anew, is heard only when
    its count has come round, or after ``LONG_RUN`` presses and a day.
    """

    __slots__ = (
        "_at",
        "_fresh",
        "_known",
        "_last",
        "_marks",
        "_older",
        "_place",
        "_refused",
        "_run",
        "_stray",
    )

    STEP: Final = 16
    ROUND: Final = 256 - STEP  # counts after which a frame may be said again
    RUN: Final = 3
    LONG_RUN: Final = 64
    LONG_SPREAD: Final = 86_400.0
    KNOWN: Final = (
        120  # frames at least, and twice as many at most: fewer than a round has
    )
    # Of every counter the newest 16 frames, with so many bytes for each: of two, one frame in 2,000
    # would be taken for another.
    MARK: Final = 3
    MARKS: Final = 48
    OLDER: Final = MARKS - MARK
    REFUSED: Final = 256  # frames that are known though they were not believed

    def __init__(self, at: int) -> None:
        """Begin without any knowledge; ``at`` is where a frame has its counter."""
        self._at = at
        # The newest frames in order, each with its place among all counts, missed ones included: where
        # half of them are missed, so many frames go back two rounds. There are two generations, the
        # older one is dropped as a whole.
        self._known: dict[bytes, int] = {}
        self._older: dict[bytes, int] = {}
        self._place = 0
        # The marks of each counter, the newest first; no rows before the first frame.
        self._marks: list[bytes] = []
        self._last: int | None = None
        # The newest counter of a frame that was not heard before: others cannot move it.
        self._fresh = 0
        self._run, self._stray = Ascent(), Ascent()
        self._refused: dict[bytes, None] = {}

    def judge(self, frame: bytes, now: float) -> CounterVerdict:
        """Judge a frame, heard at ``now`` in seconds."""
        known = self._known
        if (frame in known or frame in self._older) and self.heard(frame):
            return _STALE
        counter, last = frame[self._at], self._last
        step = 1 if last is None else counter - last & 0xFF
        in_place = step <= self.STEP
        marks = self._marks or self._unmarked()
        row, mark = marks[counter], (crc32(frame) >> 8).to_bytes(self.MARK)
        if mark in row:
            verdict = self._judge_again(counter, now, in_place=in_place)
        else:
            marks[counter] = mark + row[: self.OLDER]
            if in_place or counter - self._fresh & 0xFF <= self.STEP:
                verdict = _NEWS
            elif self._run.take(counter, self.STEP, now) < self.RUN:
                return _STALE
            else:
                verdict = CounterVerdict.QUIET
        if verdict is _STALE:
            return verdict
        self._last = counter
        # Compared one by one, and marked above without a call: this is done with each frame.
        if verdict is _NEWS or verdict is CounterVerdict.QUIET:
            self._fresh = counter
            self._run.frames = self._stray.frames = 0
        else:
            # It stands among the newest now.
            known.pop(frame, None)
        if len(known) >= self.KNOWN:
            self._older = known
            known = self._known = {}
        # After a leap nobody knows how many were missed: as if none was, all is compared for longer.
        self._place += step if in_place else 1
        known[frame] = self._place
        return verdict

    def _unmarked(self) -> list[bytes]:
        """Return the rows of all counters, made with the first frame."""
        self._marks = [b""] * 256
        return self._marks

    def _mark_of(self, frame: bytes) -> bytes:
        return (crc32(frame) >> 8).to_bytes(self.MARK)

    def _judge_again(
        self, counter: int, now: float, *, in_place: bool
    ) -> CounterVerdict:
        """Judge a frame that was heard a round ago or more."""
        stray = self._stray
        if in_place and not stray.frames:
            return CounterVerdict.AGAIN
        frames = stray.take(counter, self.STEP, now)
        slow = frames >= self.LONG_RUN and now - stray.since >= self.LONG_SPREAD
        if slow or (in_place and frames == 1):
            stray.frames = 0
            return CounterVerdict.ECHO
        return CounterVerdict.ECHO if in_place else CounterVerdict.STALE

    def _row(self, marks: bytes) -> bytes:
        """Return a row of marks without the places that are free."""
        taken = len(marks.rstrip(b"\0"))
        return marks[: taken + -taken % self.MARK]

    def heard(self, frame: bytes) -> bool:
        """Return whether a frame was heard less than a round ago."""
        place = self._known.get(frame, self._older.get(frame))
        return place is not None and self._place - place < self.ROUND

    def is_new(self, frame: bytes) -> bool:
        """Return whether a frame was never heard, neither believed nor refused."""
        if frame in self._refused or self.heard(frame):
            return False
        marks = self._marks[frame[self._at]] if self._marks else b""
        return self._mark_of(frame) not in marks

    def refuse(self, frame: bytes) -> None:
        """Know a frame from now on which somebody may have guessed, and which is not judged."""
        self._refused[frame] = None
        if len(self._refused) > self.REFUSED:
            del self._refused[next(iter(self._refused))]

    def snapshot(self) -> dict[str, object]:
        """Return what the next run has to know, for JSON."""
        return {
            "frames": [frame.hex() for frame in (*self._older, *self._known)],
            "marks": base64.b64encode(
                b"".join(marks.ljust(self.MARKS, b"\0") for marks in self._marks)
            ).decode(),
        }

    def restore(self, kept: Kept) -> None:
        """Go on from a snapshot; ``ValueError`` if it is none."""
        frames = kept.get("frames")
        if not isinstance(frames, list):
            raise ValueError  # noqa: TRY004
        read = [bytes.fromhex(read_text(one)) for one in frames[-2 * self.KNOWN :]]
        if any(len(frame) <= self._at for frame in read):
            raise ValueError
        # An earlier version had no marks.
        joined = read_bytes(kept.get("marks", ""))
        if joined and len(joined) != 256 * self.MARKS:
            raise ValueError
        starts = range(0, len(joined), self.MARKS)
        self._marks = [self._row(joined[at : at + self.MARKS]) for at in starts]
        places: list[tuple[bytes, int]] = []
        for frame in read:
            counter, last = frame[self._at], self._last
            marks, mark = self._marks or self._unmarked(), self._mark_of(frame)
            if mark not in marks[counter]:
                marks[counter] = mark + marks[counter][: self.OLDER]
            step = 1 if last is None else counter - last & 0xFF
            self._place += step if step <= self.STEP else 1
            self._last = self._fresh = counter
            places.append((frame, self._place))
        self._older = dict(places[: -self.KNOWN])
        self._known = dict(places[-self.KNOWN :])


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

    def restore(self, kept: object, heard_at: float | None = None) -> dict[str, object]:
        """Go on from a snapshot, and return what of it was sound; what is none is passed over.

        ``heard_at`` is when the former run heard the newest frame, None where that is not known.
        """
        sound: dict[str, object] = {}
        if not isinstance(kept, Mapping):
            return sound
        for name, restore in (
            ("long", partial(self.long.restore, heard_at=heard_at)),
            ("short", self.short.restore),
        ):
            part = kept.get(name)
            if isinstance(part, Mapping):
                try:
                    restore(part)
                except ValueError:
                    continue
                sound[name] = part
        return sound

    @classmethod
    def join(cls, older: object, newer: object) -> dict[str, object]:
        """Return one snapshot of two: the newer one, as far as it is sound."""
        both = (cls(0, 0).restore(one) for one in (older, newer))
        return {name: part for one in both for name, part in one.items()}
