"""What a sensor's entities show, and the short way to change it."""

from collections.abc import Callable, Mapping

from ..proto.model.fields import Field
from ..proto.model.reading import Value

type Writer = Callable[[Value], None]


class Board:
    """Write what is new of a reading, and nothing else.

    Adverts are many, and mostly say again what is shown already: Home Assistant's general way through
    its processors is kept for what comes for the first time and for a sensor that was away.
    """

    __slots__ = (
        "_writers",
        "shown",
    )

    def __init__(self) -> None:
        """Start with nothing shown."""
        self.shown: dict[Field, Value] = {}
        # By whether the platform is that of booleans: a few fields exist as both.
        self._writers: tuple[dict[Field, Writer], dict[Field, Writer]] = ({}, {})

    def join(self, field: Field, writer: Writer, *, flags: bool) -> Callable[[], None]:
        """Let an entity be told its field's values until the returned function is called."""
        writers = self._writers[flags]
        writers[field] = writer

        def leave() -> None:
            writers.pop(field, None)

        return leave

    def show(self, values: Mapping[Field, Value]) -> bool:
        """Write what is new; False when something has no entity yet and the general way is needed."""
        shown, writers = self.shown, self._writers
        for field, value in values.items():
            if shown.get(field) == value:
                continue
            write = writers[type(value) is bool].get(field)
            if write is None:
                return False
            shown[field] = value
            write(value)
        return True
