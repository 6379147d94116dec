"""How often adverts are passed on: each device now and then, and all together so many in a second.

Times are seconds of any clock that runs on.
"""

from typing import Final

REMEMBERED: Final = 500  # devices


class Throttle:
    """When each device was passed on last, of those that may be every so many seconds."""

    def __init__(self, every: float) -> None:
        """Begin with everybody due."""
        self._every = every
        self._last: dict[str, float] = {}

    def is_due(self, address: str, now: float) -> bool:
        """Return whether it is time for another advert of a device."""
        last = self._last.get(address)
        return last is None or now - last >= self._every

    def passed(self, address: str, now: float) -> None:
        """Note that one was passed on."""
        if len(self._last) >= REMEMBERED:
            # Who is due again needs no memory; private addresses come and go without end.
            old = [one for one in self._last if self.is_due(one, now)]
            for one in old or [next(iter(self._last))]:
                del self._last[one]
        self._last[address] = now


class Budget:
    """How many there may be in a second."""

    def __init__(self, most: int) -> None:
        """Begin with all of them."""
        self._most = most
        self._since = 0.0
        self._spent = 0

    def spend(self, now: float) -> bool:
        """Take one; False when this second has none left."""
        if now - self._since >= 1:
            self._since, self._spent = now, 0
        self._spent += 1
        return self._spent <= self._most
