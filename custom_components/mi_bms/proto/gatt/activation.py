"""Carry an activation over connections that the caller opens.

A run that fails is repeated on a fresh connection with fresh keys; nothing is resumed, except that a key
of uncertain fate is tried first.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from typing import Final

from ..activation.activation import Activation
from ..activation.contract import RUN, ActivationResult, ErrorCode, Stage, qualified
from ..model.errors import (
    ActivationError,
    ActivationRefused,
    FrameError,
    MiBmsError,
    NoAnswer,
    Unreachable,
)
from .link import GattLink
from .runner import PLAIN, Runner, Use, persist

RUNS: Final = 5
PAUSE: Final = 2.5  # s between two runs: devices need a moment to advertise again
MANNER: Final = replace(PLAIN, response=False)

type Progress = Callable[[Stage], None]


async def run(
    link: GattLink, activation: Activation, progress: Progress = lambda _: None
) -> ActivationResult:
    """Carry out one run on a fresh connection; raises ``ActivationError`` or ``Unreachable``."""
    known = link.characteristics

    def name(uuid: str) -> str:
        """Return the name by which the link knows a characteristic of the service."""
        return full if (full := qualified(uuid)) in known else uuid

    runner = Runner(link, MANNER, name=name, progress=progress)
    try:
        return await runner.run(activation.talk(known), RUN)
    except NoAnswer:
        raise ActivationError(ErrorCode.TIMEOUT) from None
    except FrameError:
        raise ActivationError(ErrorCode.GARBAGE) from None


async def activate(
    use: Use,
    activation: Activation,
    *,
    progress: Progress = lambda _: None,
    runs: int = RUNS,
    pause: float = PAUSE,
) -> ActivationResult:
    """Activate a device: run after run, each on a fresh connection that ``use`` opens and closes.

    Raises ``ActivationRefused`` at once, else what ended the last run. The reason ``unconfirmed`` means
    that ``activation.candidate`` may be the device's key; only adverts can tell.
    """
    missed = False

    async def connect[T](work: Callable[[GattLink], Awaitable[T]], /) -> T:
        progress(Stage.CONNECTING)
        return await use(work)

    async def once(link: GattLink) -> ActivationResult:
        nonlocal missed
        try:
            return await run(link, activation, progress)
        except ActivationRefused as refusal:
            if refusal.reason != ErrorCode.NO_SERVICE or missed:
                raise
            # It is looked for twice: ``use`` may have remembered the table of an older firmware.
            missed = True
            raise ActivationError(refusal.reason) from refusal

    worth = partial(_worth, activation)
    try:
        return await persist(connect, once, attempts=runs, pause=pause, worth=worth)
    except (ActivationError, Unreachable) as failure:
        if activation.result is not None:
            # The key is stored; only the proof of it was cut short.
            return activation.result
        if activation.candidate is None or isinstance(failure, ActivationRefused):
            raise
        raise ActivationError(ErrorCode.UNCONFIRMED) from failure


def _worth(activation: Activation, error: MiBmsError) -> bool:
    """Return whether another run may help."""
    return activation.result is None and not isinstance(error, ActivationRefused)
