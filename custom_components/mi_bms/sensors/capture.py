"""Record a sensor's adverts for a bug report."""

from collections.abc import Callable
from datetime import datetime
import os
from typing import Any, Final

from homeassistant.core import CALLBACK_TYPE, callback

from ..proto.mibeacon.capture import Capture

SALT_BYTES: Final = 16

type Later = Callable[[float, Callable[[datetime], None]], CALLBACK_TYPE]


class CaptureSession:
    """The recording of one sensor: the one under way, and the last one that is disguised."""

    __slots__ = ("_address", "_key", "_later", "last", "running")

    def __init__(self, address: str, key: bytes | None, later: Later) -> None:
        """Take what a recording disguises, and how it ends by itself."""
        self._address, self._key, self._later = address, key, later
        self.running: Capture | None = None
        self.last: list[dict[str, Any]] = []

    @callback
    def async_start(
        self,
        seconds: float,
        done: Callable[[list[dict[str, Any]]], None],
        *,
        disguised: bool,
    ) -> CALLBACK_TYPE:
        """Record for some time, then hand everything over; the result ends it early."""
        salt = os.urandom(SALT_BYTES) if disguised else None
        self.running = Capture(self._address, self._key, salt)

        @callback
        def finish(_now: datetime | None = None) -> None:
            cancel()
            capture, self.running = self.running, None
            if capture is None:
                return
            vectors = capture.vectors("captured")
            # Diagnostics are for others: what names the device is only for who asked.
            if disguised:
                self.last = vectors
            done(vectors)

        cancel = self._later(seconds, finish)
        return finish
