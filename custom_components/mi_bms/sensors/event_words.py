"""What happens at a sensor, in Home Assistant's words: of entities, of the event bus and of device triggers.

The decoders speak as the adverts do (``double_press``). Home Assistant has words of its own for what is
pressed and who rings; an event keeps the decoder's word where it has none. A device trigger knows no
attributes, so there the count stands in the word: ``multi_press_end_2``.
"""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from homeassistant.components.event import (
    ATTR_MULTI_PRESS_COUNT,
    ButtonEventType,
    DoorbellEventType,
)

from ..proto.mibeacon.devices import EVENT_TYPES
from ..proto.model.reading import Event

ATTR_NUMBER_OF_PRESSES: Final = "number_of_presses"  # the decoder's word of a dimmer


class EventWord(NamedTuple):
    """Name what happened; ``presses`` is how often something was pressed, zero for all else."""

    type: str
    presses: int = 0

    @property
    def trigger(self) -> str:
        """Return the type of the device trigger."""
        return self.type if self.presses < 2 else f"{self.type}_{self.presses}"

    @property
    def attributes(self) -> Mapping[str, int]:
        """Return what an event entity tells beside the type."""
        return {} if self.presses < 2 else {ATTR_MULTI_PRESS_COUNT: self.presses}


_PRESSES: Final[Mapping[str, EventWord]] = {
    "press": EventWord(ButtonEventType.PRESS_END, 1),
    "double_press": EventWord(ButtonEventType.MULTI_PRESS_END, 2),
    "triple_press": EventWord(ButtonEventType.MULTI_PRESS_END, 3),
    "long_press": EventWord(ButtonEventType.LONG_PRESS_END, 1),
    "long_double_press": EventWord(ButtonEventType.LONG_PRESS_END, 2),
    "long_triple_press": EventWord(ButtonEventType.LONG_PRESS_END, 3),
    "hold_press": EventWord(ButtonEventType.LONG_PRESS_START, 1),
    "hold_release": EventWord(ButtonEventType.LONG_PRESS_END, 1),
}
# By the source of an event: the word before the first underscore of its key.
STANDARD: Final[Mapping[str, Mapping[str, EventWord]]] = {
    "button": _PRESSES,
    "dimmer": _PRESSES,
    "doorbell": {"rings": EventWord(DoorbellEventType.RING)},
}


def word_of(key: str, name: str) -> EventWord:
    """Return Home Assistant's word for a type of event of a source, else the type itself."""
    return STANDARD.get(key.partition("_")[0], {}).get(name, EventWord(name))


def told(event: Event) -> tuple[EventWord, dict[str, int | str]]:
    """Return an event in Home Assistant's words, with its other properties."""
    properties = dict(event.properties)
    word = word_of(event.key.lower(), event.type)
    # A dimmer says with one word how often it was pressed.
    times = properties.pop(ATTR_NUMBER_OF_PRESSES, 1)
    if isinstance(times, int) and times > 1 and word.type == ButtonEventType.PRESS_END:
        word = EventWord(ButtonEventType.MULTI_PRESS_END, times)
    return word, properties


def entity_types(key: str, names: Iterable[str]) -> list[str]:
    """Return the types that the event entity of a source has."""
    types = [str(word_of(key, name).type) for name in names]
    # Which of them a dimmer counts, its product does not say.
    if key.partition("_")[0] == "dimmer" and ButtonEventType.PRESS_END in types:
        types.append(str(ButtonEventType.MULTI_PRESS_END))
    return list(dict.fromkeys(types))


def trigger_types(key: str, names: Iterable[str]) -> list[str]:
    """Return the types that device triggers of a source have."""
    return list(dict.fromkeys(word_of(key, name).trigger for name in names))


# What each type of device trigger waits for.
TRIGGERS: Final[Mapping[str, EventWord]] = {
    (word := word_of(source, name)).trigger: word
    for source, names in EVENT_TYPES.items()
    for name in names
}
