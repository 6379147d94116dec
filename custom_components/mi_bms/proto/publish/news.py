"""What sensors and batteries say, as it is handed to those who pass it on; times are Unix times in seconds."""

from collections.abc import Callable
from dataclasses import dataclass

from ..model.reading import Reading
from ..model.sample import BmsSample


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorNews:
    """What one advert said; ``keep`` (s) is how long it holds."""

    address: str
    entry_id: str
    title: str
    at: float
    reading: Reading
    rssi: int
    product_id: int | None
    keep: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BatteryNews:
    """What one poll of a battery gave."""

    address: str
    entry_id: str
    title: str
    at: float
    sample: BmsSample


type News = SensorNews | BatteryNews
type Listener = Callable[[News], None]


class Feed:
    """Where news go to all that listen."""

    def __init__(self) -> None:
        """Begin without a listener."""
        self.listeners: list[Listener] = []

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call ``listener`` with all news until the returned function is called."""
        self.listeners.append(listener)
        return lambda: self.listeners.remove(listener)

    def tell(self, news: News) -> None:
        """Pass one on."""
        for listener in tuple(self.listeners):
            listener(news)
