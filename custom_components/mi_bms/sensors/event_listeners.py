"""Events of a sensor on their way to whoever listens: entities by their key, or the first to hear a new one."""

from collections.abc import Callable

from homeassistant.core import CALLBACK_TYPE, callback

from ..proto.model.reading import Event


class EventListeners:
    """The listeners of one sensor; ``on_new`` is called with the first event of each source without one."""

    __slots__ = ("_listeners", "on_new")

    def __init__(self) -> None:
        """Begin without a listener."""
        self._listeners: dict[str, Callable[[Event], None]] = {}
        self.on_new: Callable[[str, Event], None] | None = None

    @callback
    def async_listen(
        self, key: str, listener: Callable[[Event], None]
    ) -> CALLBACK_TYPE:
        """Call ``listener`` with each event of one source, until the result is called."""
        self._listeners[key] = listener

        @callback
        def remove() -> None:
            self._listeners.pop(key, None)

        return remove

    def fire(self, events: tuple[Event, ...]) -> None:
        """Hand each event to the listener of its source."""
        for event in events:
            # A maker prints a capital letter on a button; ids and translations have none.
            key = event.key.lower()
            if listener := self._listeners.get(key):
                listener(event)
            elif self.on_new:
                self.on_new(key, event)
