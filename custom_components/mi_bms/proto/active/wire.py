"""How sensors are talked to: what is absent is said at once, what is silent is not waited for."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Final

from ..gatt.link import GattLink
from ..gatt.runner import PLAIN, Quirks, Runner, Use, persist
from ..model.errors import FrameError, MiBmsError, NoAnswer, Unreachable, Unsupported
from ..model.steps import Read, Talk
from .codec import Moment

ATTEMPTS: Final = 3  # connections, each a fresh one
PAUSE: Final = 2.0  # s between two of them
SPEAK: Final = 15.0  # s for the first notification
# A memory has thousands of records. They are streamed, or asked for one after the other.
MANNER: Final = replace(
    PLAIN, operation=10.0, queue=8192, steps=200_000, writes=100_000
)
# No receiver can connect now: the scheduler waits for one, another attempt does not help.
_NO_USE: Final = frozenset({"not_heard", "no_slot"})

type Now = Callable[[], Moment]


def read(uuid: str) -> Talk[bytes]:
    """Return the value of a characteristic."""
    return (yield Read(uuid)) or b""


def worth_a_retry(err: MiBmsError) -> bool:
    """Return whether a fresh connection may help."""
    if isinstance(err, Unreachable):
        return err.reason not in _NO_USE
    return isinstance(err, FrameError | NoAnswer | Unsupported)


def runner(link: GattLink, quirks: Quirks | None = None) -> Runner:
    """Return the runner of a connection; its steps raise ``Unsupported`` for a characteristic that is missing."""
    return Runner(link, MANNER, quirks, name=partial(_present, link))


def _present(link: GattLink, uuid: str) -> str:
    if uuid not in link.characteristics:
        raise Unsupported(uuid)
    return uuid


async def carry_out[T](
    use: Use,
    talk: Callable[[GattLink], Talk[T]],
    *,
    attempts: int = ATTEMPTS,
    worth: Callable[[MiBmsError], bool] = worth_a_retry,
    brought: Callable[[], int] = lambda: 0,
) -> T:
    """Carry out a dialogue, if need be on several fresh connections; raises what ended the last one.

    ``talk`` looks at the table of the connection, nothing else.
    """
    quirks = Quirks()
    return await persist(
        use,
        lambda link: runner(link, quirks).run(talk(link)),
        attempts=attempts,
        pause=PAUSE,
        worth=worth,
        brought=brought,
    )
