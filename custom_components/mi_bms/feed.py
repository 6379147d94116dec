"""What the devices of the house say, for whoever passes it on: each new reading, with its time."""

from collections.abc import Callable
from dataclasses import dataclass, field

from homeassistant.core import CALLBACK_TYPE, callback

from .proto.model.reading import Reading
from .proto.model.sample import BmsSample


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorNews:
    """Hold what one advert said; ``at`` is its Unix time in seconds, ``keep`` (s) how long it holds."""

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
    """Hold what one poll of a battery gave; ``at`` is its Unix time in seconds."""

    address: str
    entry_id: str
    title: str
    at: float
    sample: BmsSample


type News = SensorNews | BatteryNews
type Listener = Callable[[News], None]


@dataclass(slots=True)
class Feed:
    """Pass news on."""

    _listeners: list[Listener] = field(default_factory=list)

    @property
    def wanted(self) -> bool:
        """Say whether anybody listens."""
        return bool(self._listeners)

    @callback
    def async_listen(self, listener: Listener) -> CALLBACK_TYPE:
        """Call ``listener`` with all news until the returned function is called."""
        self._listeners.append(listener)

        @callback
        def stop() -> None:
            self._listeners.remove(listener)

        return stop

    @callback
    def async_tell(self, news: News) -> None:
        """Pass one on."""
        for listener in tuple(self._listeners):
            listener(news)
