"""Where batteries leave what they said last, for whoever counts several of them as one.

Neither side knows the other: a battery posts, a bank listens to the addresses of its members.

Pure; times are seconds of one even clock.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from ..model.sample import BmsSample
from ..scheduler.diagnosis import Diagnosis
from .absence import Absence


@dataclass(frozen=True, slots=True, kw_only=True)
class LastSample:
    """What a battery said last: when (s), how often it is read (s), and whether it is asleep since.

    ``factor`` is by what the user's corrections multiply its current.
    """

    sample: BmsSample
    at: float
    interval: float
    asleep: bool = False
    factor: float = 1.0


def _nothing() -> Diagnosis | None:
    """Return that nothing is known to keep a battery from being read."""
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """What is known of a battery: its last sample, why it is not read any more, and in detail why."""

    last: LastSample | None = None
    why: Absence | None = None
    diagnose: Callable[[], Diagnosis | None] = field(default=_nothing, compare=False)


type PostListener = Callable[[str], None]


class Board:
    """What is known of all batteries that run, by address."""

    def __init__(self) -> None:
        """Begin without a battery."""
        self.posts: dict[str, Post] = {}
        self._listeners: list[PostListener] = []

    def post(self, address: str, post: Post) -> None:
        """Leave what a battery said, and how it stands; the same once more is no news."""
        if self.posts.get(address) != post:
            self.posts[address] = post
            self._tell(address)

    def withdraw(self, address: str) -> None:
        """Take back what a battery said that does not run any more."""
        if self.posts.pop(address, None) is not None:
            self._tell(address)

    def listen(self, listener: PostListener) -> Callable[[], None]:
        """Call ``listener`` with the address of each post until the returned function is called."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def _tell(self, address: str) -> None:
        for listener in tuple(self._listeners):
            listener(address)
