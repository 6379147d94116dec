"""Carry an activation over connections that the caller opens: the only place where its steps become I/O.

All notifications of a connection wait in one queue. A run that fails is repeated on a fresh connection
with fresh keys; nothing is resumed, except that a key of uncertain fate is tried first.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final

from ..activation.activation import Activation
from ..activation.contract import (
    ActivationResult,
    Bound,
    Heard,
    Pause,
    Read,
    Reason,
    Report,
    Stage,
    Step,
    Subscribe,
    Wait,
    Write,
    qualified,
)
from ..model.errors import ActivationError, ActivationRefused, MiBmsError, Unreachable
from .link import GattLink

RUNS: Final = 5
PAUSE: Final = 2.5  # s between two runs: devices need a moment to advertise again
QUEUE: Final = 256  # notifications that wait for somebody to ask for them

type Progress = Callable[[Stage], None]
type Use = Callable[
    [Callable[[GattLink], Awaitable[ActivationResult]]], Awaitable[ActivationResult]
]


class _Ear:
    """Hear a connection: everything that was subscribed to, in the order of arrival."""

    def __init__(self, link: GattLink) -> None:
        self.link = link
        self._queue: deque[Heard] = deque(maxlen=QUEUE)
        self._news = asyncio.Event()

    def name(self, uuid: str) -> str:
        """Return the name by which the link knows a characteristic of the service."""
        full = qualified(uuid)
        return full if full in self.link.characteristics else uuid

    async def subscribe(self, uuid: str) -> None:
        def heard(data: bytes) -> None:
            self._queue.append(Heard(uuid, data))
            self._news.set()

        await self.link.subscribe(self.name(uuid), heard)

    async def wait(self, seconds: float) -> Heard | None:
        try:
            async with asyncio.timeout(seconds):
                while not self._queue:
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            return None
        return self._queue.popleft()

    async def write(self, step: Write) -> None:
        name = self.name(step.uuid)
        other = "write-without-response" if step.response else "write"
        wanted = "write" if step.response else "write-without-response"
        offered = self.link.properties(name)
        # Stacks refuse a type of write that a characteristic does not offer.
        swapped = wanted not in offered and other in offered
        response = step.response is not swapped
        await self.link.write(name, step.data, response=response)

    async def read(self, uuid: str) -> bytes | None:
        try:
            return await self.link.read(self.name(uuid))
        except Unreachable:
            # If the link itself is gone, the next write will say so.
            return None


async def run(
    link: GattLink, activation: Activation, progress: Progress | None = None
) -> ActivationResult:
    """Carry out one run on a fresh connection; raises ``ActivationError`` or ``Unreachable``."""
    ear = _Ear(link)
    talk = activation.talk(link.characteristics)
    answer: Heard | bytes | None = None
    try:
        async with asyncio.timeout(None) as limit:
            while True:
                try:
                    step = talk.send(answer)
                except StopIteration as done:
                    result: ActivationResult = done.value
                    return result
                answer = await _perform(ear, step, limit, progress)
    except TimeoutError:
        raise ActivationError(Reason.TIMEOUT) from None
    finally:
        talk.close()


async def _perform(
    ear: _Ear, step: Step, limit: asyncio.Timeout, progress: Progress | None
) -> Heard | bytes | None:
    """Carry out one step."""
    match step:
        case Wait():
            return await ear.wait(step.seconds)
        case Read():
            return await ear.read(step.uuid)
        case Write():
            await ear.write(step)
        case Subscribe():
            await ear.subscribe(step.uuid)
        case Pause():
            await asyncio.sleep(step.seconds)
        case Bound():
            limit.reschedule(asyncio.get_running_loop().time() + step.seconds)
        case Report() if progress is not None:
            progress(step.stage)
    return None


async def activate(
    use: Use,
    activation: Activation,
    *,
    progress: Progress | None = None,
    runs: int = RUNS,
    pause: float = PAUSE,
) -> ActivationResult:
    """Activate a device: run after run, each on a fresh connection that ``use`` opens and closes.

    Raises ``ActivationRefused`` at once, else what ended the last run: ``Unreachable`` or
    ``ActivationError``. Its reason ``unconfirmed`` means that ``activation.candidate`` may be the
    device's key; only adverts can tell. A missing service is looked for twice: ``use`` may have
    remembered the table of an older firmware, and drops it.
    """
    left, missed = runs, False
    while True:
        if progress is not None:
            progress(Stage.CONNECTING)
        failure: MiBmsError
        try:
            return await use(lambda link: run(link, activation, progress))
        except ActivationRefused as refusal:
            if refusal.reason != Reason.NO_SERVICE or missed:
                raise
            missed, failure = True, refusal
        except (ActivationError, Unreachable) as error:
            failure = error
        if activation.result is not None:
            # The key is stored; only the proof of it was cut short.
            return activation.result
        left -= 1
        if left <= 0:
            if activation.candidate is not None:
                raise ActivationError(Reason.UNCONFIRMED) from failure
            raise failure
        await asyncio.sleep(pause)
