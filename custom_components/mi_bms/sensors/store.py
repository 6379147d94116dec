"""The newest values of a sensor, between what writes them and the entities that show them."""

from collections.abc import Callable
from functools import partial

from ..proto.model.reading import Value

type Writer = Callable[[], None]


def follow(followers: list[Writer], follower: Writer) -> Callable[[], None]:
    """Have ``follower`` called with the others, until the returned function is called."""
    followers.append(follower)

    def stop() -> None:
        if follower in followers:
            followers.remove(follower)

    return stop


class Store:
    """The newest values of one platform by entity key, and who writes each to its entity."""

    __slots__ = ("values", "writers")

    def __init__(self) -> None:
        """Start empty."""
        self.values: dict[str, Value] = {}
        self.writers: dict[str, Writer] = {}

    def join(self, key: str, writer: Writer) -> Callable[[], None]:
        """Call ``writer`` when the value of its key is new, until the returned function is called."""
        self.writers[key] = writer
        # No closure: one for each entity would take three times the memory.
        return partial(self._leave, key)

    def _leave(self, key: str) -> None:
        self.writers.pop(key, None)
