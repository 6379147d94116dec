"""Whether a device that nobody asked about may be added by itself: near, heard for minutes, few an hour."""

from collections import OrderedDict, deque
from dataclasses import dataclass
from typing import Final

SIGHTINGS: Final = 3
LASTS: Final = 120.0  # s from the first to the last of them
NEAR: Final = -85  # dBm
AN_HOUR: Final = 10
HOUR: Final = 3600.0  # s
REMEMBERED: Final = 256  # devices


@dataclass(slots=True)
class _Sighted:
    since: float
    times: int = 0
    is_done: bool = False


class Newcomers:
    """Count sightings by address, and what was added."""

    def __init__(self) -> None:
        """Know nobody."""
        self._sighted: OrderedDict[str, _Sighted] = OrderedDict()
        self._added: deque[float] = deque(maxlen=AN_HOUR)

    def hear(self, address: str, now: float, rssi: int) -> bool:
        """Take one sighting; true once, when the device has been near for long enough."""
        one = self._sighted.setdefault(address, _Sighted(now))
        self._sighted.move_to_end(address)
        if len(self._sighted) > REMEMBERED:
            self._sighted.popitem(last=False)
        if rssi < NEAR or one.is_done:
            return False
        one.times += 1
        one.is_done = one.times >= SIGHTINGS and now - one.since >= LASTS
        return one.is_done

    def again(self, address: str) -> None:
        """Consider a device again at its next sighting."""
        if address in self._sighted:
            self._sighted[address].is_done = False

    def add(self, now: float) -> bool:
        """Count a device that was added; false when there were as many within the hour as may be."""
        self._added.append(now)
        return len(self._added) < AN_HOUR or now - self._added[0] >= HOUR

    def start_anew(self) -> None:
        """Consider everybody again."""
        for one in self._sighted.values():
            one.is_done = False

    def forgive(self) -> None:
        """Begin a new hour."""
        self._added.clear()

    def __len__(self) -> int:
        """Count who is remembered."""
        return len(self._sighted)
