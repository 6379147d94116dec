"""Events of a sensor on their way to whoever listens: entities by their key, or the first to hear a new one."""

from collections.abc import Callable

from homeassistant.core import CALLBACK_TYPE, callback

from ..proto.model.reading import Event

type EventListener = Callable[[Event], None]
type NewEventListener = Callable[[str, Event], None]


class EventListeners:
    """The listeners of one sensor."""

    __slots__ = ("_listeners", "_new")

    def __init__(self) -> None:
        """Begin without a listener."""
        self._listeners: dict[str, EventListener] = {}
        self._new: NewEventListener | None = None

    @callback
    def async_listen(self, key: str, listener: EventListener) -> CALLBACK_TYPE:
        """Call ``listener`` with each event of one source."""
        self._listeners[key] = listener

        @callback
        def remove() -> None:
            self._listeners.pop(key, None)

        return remove

    @callback
    def async_on_new(self, listener: NewEventListener) -> CALLBACK_TYPE:
        """Call ``listener`` with the first event of each source nobody listens to."""
        self._new = listener

        @callback
        def remove() -> None:
            self._new = None

        return remove

    def fire(self, events: tuple[Event, ...]) -> None:
        """Hand each event to the listener of its source."""
        for event in events:
            # A maker prints a capital letter on a button; ids and translations have none.
            key = event.key.lower()
            if listener := self._listeners.get(key):
                listener(event)
            elif self._new:
                self._new(key, event)
