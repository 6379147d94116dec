"""What a device said: notifications are cut into frames, which wait in a queue until somebody takes them.

While a question is being asked, what came instead of its answer is counted: that tells more than silence.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Callable
from typing import Final

from ..bms.framing import REFUSALS, Framer
from ..model.errors import FrameError, MiBmsError, NoAnswer, PairingNeeded
from ..model.steps import Ask, Notification, Wait

MOST_BYTES: Final = 65_536  # that one wait takes: a device that floods ends it early


def now() -> float:
    """Return the time of the event loop."""
    return asyncio.get_running_loop().time()


class Inbox:
    """The frames that came over one connection and were not taken yet."""

    def __init__(self, size: int, rejects: Counter[str], raw: deque[bytes]) -> None:
        """Take how many frames may wait, and where bad frames and raw bytes are noted."""
        self.framers: dict[str, Framer] = {}
        self.unpaired: bytes | None = None  # given back: the device wants a pairing
        self._noted, self._raw = rejects, raw
        self._queue: deque[tuple[str, bytes, float]] = deque(maxlen=size)
        self._news = asyncio.Event()
        self.echoed = self._foreign = self._partial = False
        self._rejects: Counter[str] = Counter()

    def put(self, uuid: str, chunk: bytes) -> None:
        """Take one notification."""
        self._raw.append(chunk)
        if chunk == self.unpaired:
            # An echo must not reach the framer: it has the form of a frame, and is no answer.
            self.echoed = True
            return
        at = now()
        if (framer := self.framers.get(uuid)) is None:
            self._queue.append((uuid, chunk, at))
        else:
            self._queue.extend((uuid, frame, at) for frame in framer.feed(chunk))
            if framer.rejects:
                # It counts twice: for the device, and against the question being asked.
                self._noted.update(framer.rejects)
                self._rejects.update(framer.rejects)
                framer.rejects.clear()
        self._news.set()

    def clear(self, fresh: float = 0.0) -> None:
        """Drop the frames that wait: all, or those that came more than ``fresh`` seconds ago."""
        since = now() - fresh
        while self._queue and (not fresh or self._queue[0][2] < since):
            self._queue.popleft()

    def begin(self, request: bytes | None, *, echo_is_unpaired: bool) -> None:
        """Start a question: what came before a request belongs to another one."""
        self.unpaired = request if echo_is_unpaired else None
        self.echoed = self._foreign = self._partial = False
        self._rejects.clear()
        if request is not None:
            self.clear()

    def restart(self) -> None:
        """Forget unfinished frames: they belong to a try that has been given up."""
        for framer in self.framers.values():
            self._partial |= framer.pending
            framer.reset()

    async def answer(self, ask: Ask, seconds: float) -> bytes | None:
        """Return the answer to a question; None when it does not come in time."""
        frame: bytes | None = None

        def answered() -> bool:
            nonlocal frame
            found = self._take(ask.source, ask.accepts)
            frame = found and found.data
            # A refusal says at once what silence would say later; a needed answer may still come.
            return frame is not None or (ask.optional and self.refused)

        await self._until(answered, seconds)
        return frame

    async def collect(self, wait: Wait) -> list[Notification]:
        """Return what comes, whatever it is."""
        taken: list[Notification] = []

        def enough() -> bool:
            while (
                len(taken) < wait.count
                and sum(len(one.data) for one in taken) < MOST_BYTES
            ):
                if (found := self._take(wait.source, lambda _: True)) is None:
                    return False
                taken.append(found)
            return True

        await self._until(enough, wait.seconds)
        return taken

    def _take(
        self, source: str | None, accepts: Callable[[bytes], bool]
    ) -> Notification | None:
        """Return the first waiting frame that is wanted, taken out of the queue."""
        for item in self._queue:
            uuid, frame, _ = item
            if source in (None, uuid) and accepts(frame):
                self._queue.remove(item)
                return Notification(uuid, frame)
            self._foreign = True
        return None

    async def _until(self, done: Callable[[], bool], seconds: float) -> None:
        """Look at what came until it is enough or the time is over."""
        try:
            async with asyncio.timeout(seconds):
                while not done():
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            return

    @property
    def refused(self) -> bool:
        """Return whether the device refused the question."""
        return not REFUSALS.isdisjoint(self._rejects)

    def failure(self) -> MiBmsError:
        """Return the error for a question without answer."""
        if self.echoed:
            return PairingNeeded()
        broken = Counter(
            {reason: n for reason, n in self._rejects.items() if reason != "noise"}
        )
        # Bytes of another protocol are no word about the question; a frame with a wrong sum is.
        if broken:
            return FrameError(broken.most_common(1)[0][0])
        if self._foreign:
            return FrameError("other_reply")
        if self._partial or any(one.pending for one in self.framers.values()):
            return FrameError("short")
        return FrameError("noise") if self._rejects else NoAnswer()
