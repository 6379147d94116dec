"""How often a password was said in vain: a battery answers a wrong one by silence, and may lock itself. Pure."""

from hashlib import sha256
from typing import Any, Final, Self

MOST: Final = 2  # tries of one password


class Tries:
    """The tries of one battery; another password begins anew."""

    def __init__(self, mark: str = "", count: int = 0) -> None:
        """Take which password was tried, and how often in vain."""
        self._mark, self._count = mark, count

    def may(self, password: str) -> bool:
        """Return whether a password may be said once more."""
        return self._count < MOST or self._mark != _mark(password)

    def wrong(self, password: str, said: int = 1) -> None:
        """Count a password that was refused, as often as it was said."""
        mark = _mark(password)
        self._count = self._count + said if mark == self._mark else said
        self._mark = mark

    def right(self) -> None:
        """Forget what was in vain: a password was taken."""
        self._mark, self._count = "", 0

    def to_json(self) -> dict[str, Any]:
        """Return what is kept, nothing where nothing was in vain."""
        return {"mark": self._mark, "count": self._count} if self._count else {}

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        """Return what an earlier run kept."""
        return cls(stored.get("mark", ""), stored.get("count", 0))


def _mark(password: str) -> str:
    """Return what tells two passwords apart, and is none."""
    return sha256(password.encode()).hexdigest()[:8]
