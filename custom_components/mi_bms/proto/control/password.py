"""How often a password was said in vain: a battery answers a wrong one by silence, and may lock itself. Pure."""

from hashlib import sha256
from typing import Any, Final, Self

MOST: Final = 2  # tries of one password


class Tries:
    """The tries of one battery; another password begins anew.

    ``proven`` is what the battery has obeyed last. From then on only its silence says that it knows another one: one
    that answers has lost a frame.
    """

    def __init__(self, mark: str = "", count: int = 0, proven: str = "") -> None:
        """Take which password was tried, and how often in vain."""
        self._mark, self._count, self._proven = mark, count, proven

    def may(self, password: str) -> bool:
        """Return whether a password may be said once more."""
        return self._count < MOST or self._mark != _mark(password)

    def wrong(self, password: str, said: int = 1) -> None:
        """Count a password that was refused, as often as it was said."""
        mark = _mark(password)
        self._count = self._count + said if mark == self._mark else said
        self._mark = mark

    def right(self, password: str) -> None:
        """Forget what was in vain: a password was taken."""
        self._mark, self._count, self._proven = "", 0, _mark(password)

    def has_been_right(self, password: str) -> bool:
        """Return whether the battery has obeyed this password, and no other one since."""
        return self._proven == _mark(password)

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


def _mark(password: str) -> str:
    """Return what tells two passwords apart, and is none."""
    return sha256(password.encode()).hexdigest()[:8]
