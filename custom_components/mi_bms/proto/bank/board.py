"""Where batteries leave what they said last, for whoever counts several of them as one.

Neither side knows the other: a battery posts, a bank listens to the addresses of its members.

Pure; times are seconds of one even clock.
"""

from collections.abc import Callable
from dataclasses import dataclass

from ..model.sample import BmsSample


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


type PostListener = Callable[[str], None]


class Board:
    """The last samples of all batteries that run, by address."""

    def __init__(self) -> None:
        """Begin without a battery."""
        self.posts: dict[str, LastSample] = {}
        self._listeners: list[PostListener] = []

    def post(self, address: str, last: LastSample) -> None:
        """Leave what a battery said; the same once more is no news."""
        if self.posts.get(address) != last:
            self.posts[address] = last
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
