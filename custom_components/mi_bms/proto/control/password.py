"""How often a password was said in vain: a battery answers a wrong one by silence, and may lock itself. Pure."""

from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final, Self

MOST: Final = 2  # times that one is said before it has proven right


@dataclass(frozen=True, slots=True)
class Given:
    """A password as somebody gave it: ``typed`` counts how often one was, for the same may be typed again."""

    text: str = field(repr=False)
    typed: int = 0


class Tries:
    """The tries of one battery; another password, or the same typed again, begins anew.

    Until a password has proven right, each time that it is said counts, whatever became of it: a battery may have
    heard it though the link broke. ``proven`` is what the battery has obeyed last. From then on only its silence
    says that it knows another one: one that answers, or whose link breaks, has lost a frame.
    """

    def __init__(self, mark: str = "", count: int = 0, proven: str = "") -> None:
        """Take which password was tried, and how often in vain."""
        self._mark, self._count, self._proven = mark, count, proven

    def may(self, given: Given) -> bool:
        """Return whether a password may be said once more."""
        return self._count < MOST or self._mark != _mark(given)

    def say(self, given: Given) -> None:
        """Count that a password is said."""
        if not self.has_been_right(given):
            self._add(given)

    def silent(self, given: Given) -> None:
        """Take that nothing was answered from then on."""
        if self.has_been_right(given):
            self._add(given)

    def _add(self, given: Given) -> None:
        mark = _mark(given)
        self._count = self._count + 1 if mark == self._mark else 1
        self._mark = mark

    def right(self, given: Given) -> None:
        """Forget what was in vain: a password was taken."""
        self._mark, self._count, self._proven = "", 0, _hash(given.text)

    def has_been_right(self, given: Given) -> bool:
        """Return whether the battery has obeyed this password, and no other one since."""
        return self._proven == _hash(given.text)

    def to_json(self) -> dict[str, Any]:
        """Return what is kept, nothing where no password was said."""
        kept = {"mark": self._mark, "count": self._count, "proven": self._proven}
        return kept if self._count or self._proven else {}

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        """Return what an earlier run kept."""
        return cls(
            stored.get("mark", ""), stored.get("count", 0), stored.get("proven", "")
        )


def _mark(given: Given) -> str:
    """Return what tells one giving from another."""
    return _hash(f"{given.text} {given.typed}")


def _hash(text: str) -> str:
    """Return what tells two texts apart, and is none."""
    return sha256(text.encode()).hexdigest()[:8]
