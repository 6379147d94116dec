"""Notifications go in, whole and valid frames come out, without a clock and with bounded memory.

``feed`` takes one notification and yields every frame that it completes; noise and broken frames are
skipped and counted by reason in ``rejects``. After a broken frame only its first byte is dropped, so
a good frame inside it is still found. ``reset`` forgets what was collected.
A framer is told the family's check: a function that raises ``FrameError`` for a bad frame.
"""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
import re
from typing import Final, override

from ..model.errors import BROKEN, FrameError
from .checksum import sum8

# Reasons of a reject that say: the device understood the question and does not answer it.
REFUSALS: Final = frozenset({"exception", "refused", "status"})

type Check = Callable[[bytes], None]
type Size = Callable[[bytes], int | None]


def accept_all(_frame: bytes) -> None:
    """Check nothing: for protocols without a checksum."""


class Framer(ABC):
    """The framer of one notify characteristic: it collects, cuts and checks.

    ``noise`` are whole notifications of the Bluetooth module that are thrown away first.
    """

    def __init__(
        self,
        check: Check = accept_all,
        *,
        noise: tuple[bytes, ...] = (),
        most: int = 255,
    ) -> None:
        """Take the check of a whole frame and the longest frame in bytes."""
        self.rejects: Counter[str] = Counter()
        self._check = check
        self._noise = noise
        self._most = most
        self._buffer = bytearray()

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """Take one notification; yield each valid frame that it completes."""
        if chunk in self._noise:
            return
        self._buffer += chunk
        while (end := self._next()) is not None:
            frame = bytes(self._buffer[:end])
            good = self._passes(frame)
            del self._buffer[: end if good else 1]
            if good:
                yield frame

    @property
    def pending(self) -> bool:
        """Return whether a frame has begun and is not complete."""
        return bool(self._buffer)

    def reset(self) -> None:
        """Forget what was collected; the counts stay."""
        self._buffer.clear()

    def _passes(self, frame: bytes) -> bool:
        """Check a whole frame and count a bad one."""
        if len(frame) > self._most:
            self.rejects["length"] += 1
            return False
        try:
            self._check(frame)
        except FrameError as error:
            self.rejects[error.reason] += 1
            return False
        except BROKEN:
            self.rejects["broken"] += 1
            return False
        return True

    @abstractmethod
    def _next(self) -> int | None:
        """Bring the next frame to the front of the buffer; return its length, None to wait for more."""

    def _drop(self, count: int, reason: str) -> None:
        """Throw bytes away and count that once."""
        if count:
            self.rejects[reason] += 1
            del self._buffer[:count]


@cache
def _beginning(heads: tuple[bytes, ...]) -> re.Pattern[bytes]:
    """Return what finds one of the heads, or as much of it as stands at the end."""
    parts = {
        re.escape(head[:size]) + (rb"\Z" if size < len(head) else b"")
        for head in heads
        for size in range(1, len(head) + 1)
    }
    return re.compile(b"|".join(sorted(parts)))


class LengthFramer(Framer):
    """A framer of frames that begin with a known head and tell their own length.

    ``heads`` are the possible first bytes. ``size`` gets what is there of the
    frame and gives its total length, None when that cannot be known yet, 0 when it cannot be a frame.
    """

    def __init__(
        self,
        heads: tuple[bytes, ...],
        size: Size,
        check: Check = accept_all,
        *,
        noise: tuple[bytes, ...] = (),
        most: int = 255 + 16,
    ) -> None:
        """Take the heads, the length rule and the check of a whole frame."""
        super().__init__(check, noise=noise, most=most)
        self._heads = heads
        self._size = size

    @override
    def _next(self) -> int | None:
        while True:
            self._drop(self._start(), "noise")
            if not self._buffer.startswith(self._heads):
                return None
            total = self._size(bytes(self._buffer))
            if total is None:
                return None
            if 0 < total <= self._most:
                return total if total <= len(self._buffer) else None
            self._drop(1, "length")

    def _start(self) -> int:
        """Return the first place where a head begins, or may begin at the end of the buffer."""
        begin = _beginning(self._heads).search(self._buffer)
        return begin.start() if begin else len(self._buffer)


def length_at(at: int, extra: int, *, order: str = ">", width: int = 1) -> Size:
    """Return the rule "the number at ``at`` plus ``extra`` bytes"."""

    def total(frame: bytes) -> int | None:
        if len(frame) < at + width:
            return None
        return (
            int.from_bytes(frame[at : at + width], "little" if order == "<" else "big")
            + extra
        )

    return total


def fixed(total: int) -> Size:
    """Return the rule "every frame has this many bytes"."""
    return lambda _frame: total


def check_sum8(frame: bytes) -> None:
    """Check the last byte: the sum of all others, 8 bits kept."""
    if sum8(frame[:-1]) != frame[-1]:
        raise FrameError("checksum")


class MarkFramer(Framer):
    """A framer of what lies between a start mark and an end mark, both included.

    With ``restart`` a start mark inside a frame begins a new one: for text whose data can never
    contain the mark. ``noise`` is cut out wherever it stands, also inside a frame: for such text too.
    """

    def __init__(
        self,
        start: bytes,
        end: bytes,
        check: Check = accept_all,
        *,
        restart: bool = True,
        noise: tuple[bytes, ...] = (),
        most: int = 255,
    ) -> None:
        """Take the two marks and the check of a whole frame."""
        super().__init__(check, noise=noise, most=most)
        self._start = start
        self._end = end
        self._restart = restart

    @override
    def _next(self) -> int | None:
        for noise in self._noise:
            self._buffer[:] = self._buffer.replace(noise, b"")
        while True:
            self._skip_noise()
            end = self._buffer.find(self._end, len(self._start))
            begun = self._buffer.rfind(
                self._start, 1, len(self._buffer) if end < 0 else end
            )
            if self._restart and begun > 0:
                self._drop(begun, "cut")
            elif end >= 0 and end + len(self._end) <= self._most:
                return end + len(self._end)
            elif end < 0 and len(self._buffer) <= self._most:
                return None
            else:
                self._drop(1, "length")

    def _skip_noise(self) -> None:
        """Drop what stands before the start mark, but keep the beginning of one at the end."""
        at = self._buffer.find(self._start)
        if at < 0:
            at = len(self._buffer)
            keep = next(
                (
                    n
                    for n in range(len(self._start) - 1, 0, -1)
                    if self._buffer.endswith(self._start[:n])
                ),
                0,
            )
            at -= keep
        self._drop(at, "noise")


class LineFramer(Framer):
    """A framer of text lines; the end of line is not part of the frame, empty lines are skipped."""

    def __init__(
        self, end: bytes, check: Check = accept_all, *, most: int = 255
    ) -> None:
        """Take the end of line and the check of a whole line."""
        super().__init__(check, most=most)
        self._end = end
        self._skipping = False

    @override
    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """Take one notification; yield each line that it completes."""
        self._buffer += chunk
        while (at := self._buffer.find(self._end)) >= 0:
            line = bytes(self._buffer[:at])
            del self._buffer[: at + len(self._end)]
            if self._good(line):
                yield line
        if len(self._buffer) > self._most + len(self._end):
            # Too long already: the rest of this line is of no use either.
            if not self._skipping:
                self.rejects["length"] += 1
            self._skipping = True
            del self._buffer[: len(self._buffer) - len(self._end)]

    @override
    def reset(self) -> None:
        """Forget what was collected; the counts stay."""
        super().reset()
        self._skipping = False

    def _good(self, line: bytes) -> bool:
        """Return whether a line may be passed on; count one that may not."""
        if self._skipping:
            self._skipping = False
            return False
        return bool(line) and self._passes(line)

    @override
    def _next(self) -> int | None:
        return None


class WholeFramer(Framer):
    """A framer that takes each notification as one frame: for protocols that never split."""

    @override
    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """Yield the notification when it passes the check; an empty one is nothing."""
        if not chunk or chunk in self._noise:
            return
        if self._passes(chunk):
            yield bytes(chunk)

    @override
    def _next(self) -> int | None:
        return None


type Change = Callable[[bytes], bytes]


def unchanged(data: bytes) -> bytes:
    """Change nothing."""
    return data


def unhex(first: int, last: int) -> Change:
    """Return the translation of a frame whose characters ``first`` to ``last`` are hex digits."""
    return lambda frame: bytes.fromhex(frame[first:last].decode("ascii"))


class TranslatingFramer(Framer):
    """A framer around another one: it translates each notification before (a scrambled stream), each frame after.

    The inner framer's check has to refuse every frame that cannot be translated.
    """

    def __init__(
        self, inner: Framer, *, before: Change = unchanged, after: Change = unchanged
    ) -> None:
        """Take the framer that cuts, and the two translations."""
        super().__init__()
        self.rejects = inner.rejects
        self._inner = inner
        self._before = before
        self._after = after

    @override
    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """Take one notification; yield each valid frame that it completes, translated."""
        for frame in self._inner.feed(self._before(chunk)):
            yield self._after(frame)

    @property
    @override
    def pending(self) -> bool:
        """Return whether a frame has begun and is not complete."""
        return self._inner.pending

    @override
    def reset(self) -> None:
        """Forget what was collected; the counts stay."""
        self._inner.reset()

    @override
    def _next(self) -> int | None:
        return None
