"""What waits to be handed over: bounded, in order, and nothing disappears uncounted."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, NamedTuple

MAX_BYTES: Final = 32 * 1024 * 1024


class Item(NamedTuple):
    """Hold one message; a line of a file has no topic."""

    payload: bytes
    topic: str = ""


@dataclass(slots=True)
class Outbox:
    """Keep at most ``limit`` items and ``limit_bytes`` bytes; the oldest give way, and are counted."""

    limit: int
    limit_bytes: int = MAX_BYTES
    sent: int = 0
    dropped: int = 0
    _items: deque[Item] = field(default_factory=deque)
    _under_way: list[Item] = field(default_factory=list)
    _bytes: int = 0

    def __len__(self) -> int:
        """Return how many items wait."""
        return len(self._items)

    def put(self, item: Item) -> None:
        """Add an item behind the others."""
        self._items.append(item)
        self._bytes += _size(item)
        self._trim()

    def take(self, most: int) -> list[Item]:
        """Take the oldest items out; each is ``done`` or not, and those that are not are ``put_back``."""
        taken = [self._items.popleft() for _ in range(min(most, len(self._items)))]
        self._bytes -= sum(map(_size, taken))
        self._under_way = taken
        return taken

    def done(self, count: int = 1) -> None:
        """Count what was handed over."""
        self.sent += count

    def drop(self) -> None:
        """Count one that was taken and can never be handed over."""
        self.dropped += 1

    def put_back(self, items: Iterable[Item]) -> None:
        """Put what was taken and is not done, oldest first, in front of the others."""
        items, self._under_way = list(items), []
        self._items.extendleft(reversed(items))
        self._bytes += sum(map(_size, items))
        self._trim()

    def waiting(self) -> list[Item]:
        """Return what is not handed over, oldest first; what is under way may still come back."""
        return [*self._under_way, *self._items]

    def _trim(self) -> None:
        while len(self._items) > self.limit or self._bytes > self.limit_bytes:
            self._bytes -= _size(self._items.popleft())
            self.dropped += 1


def _size(item: Item) -> int:
    return len(item.payload) + len(item.topic)
