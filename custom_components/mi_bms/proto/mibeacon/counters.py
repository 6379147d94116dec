"""Judge the counters of frames whose tag was right: what is news, what is played again, what began anew.

A device raises its counter with each frame; a replayed frame brings an older one. Some begin anew when
their battery is changed, and then send counters again that they sent before, under other content.
So what was heard is kept, over restarts too: how far the counters went, and a mark of each frame, which
tells a frame that was heard from another one with the same counter.
"""

from collections.abc import Mapping
from typing import Final

from .kept import Kept, read_text
from .sequence import CounterVerdict, Sequence


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

    def judge(self, frame: bytes) -> CounterVerdict:
        """Judge a frame."""
        known = self._known
        if frame in known or frame in self._older:
            return CounterVerdict.STALE
        counter = frame[self._at]
        last, verdict = self._last, CounterVerdict.NEWS
        if last is not None and (counter - last & 0xFF) > self.STEP:
            goes_on = self._run and (counter - self._top & 0xFF) <= self.STEP
            self._run = self._run + 1 if goes_on else 1
            self._top = counter
            if self._run < self.RUN:
                return CounterVerdict.STALE
            verdict = CounterVerdict.QUIET
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
        read = [bytes.fromhex(read_text(one)) for one in frames[-2 * self.KNOWN :]]
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
