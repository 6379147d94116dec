"""The door by which adverts come in: no fault of ours goes out by it.

Home Assistant's Bluetooth calls one listener after the other, so what one raises may cost all others
their advert. A fault is counted, said once in the log, and told to whoever it concerns.
"""

from collections.abc import Callable
import logging
import traceback

from homeassistant.core import callback

_LOGGER = logging.getLogger(__name__)


class Door:
    """Let adverts in at one place."""

    __slots__ = (
        "_name",
        "faults",
    )

    def __init__(self, name: str) -> None:
        """Take the name of the place, for the log."""
        self._name = name
        self.faults = 0

    def guard[**P](
        self, take: Callable[P, None], fault: Callable[[], None] | None = None
    ) -> Callable[P, None]:
        """Wrap a callback that takes adverts; ``fault`` is called after each one that it failed at."""

        @callback
        def taken(*args: P.args, **kwargs: P.kwargs) -> None:
            try:
                take(*args, **kwargs)
            except Exception as err:  # noqa: BLE001  (whatever it is, it ends here)
                self.note(err)
                if fault:
                    fault()

        return taken

    def note(self, err: Exception) -> None:
        """Count a fault; the first is said, without what it says: that may hold an address."""
        self.faults += 1
        if self.faults == 1:
            where = traceback.extract_tb(err.__traceback__)[-1]
            _LOGGER.error(
                "%s: an advert could not be taken (%s in %s, line %s)",
                self._name,
                type(err).__name__,
                where.name,
                where.lineno,
            )
