"""Judge from one sensor's adverts what its user has to be asked: for a new key, or whether the clear is meant.

Anybody can send what no key opens, and anybody can send in the clear. So nothing is asked while the
key opens frames as often as the model sends them, and what was asked is taken back as soon as one
opens; so it is while too many check bytes of v2/v3 agree for guesses, though no frame is believed. Pure: times are seconds of any clock that runs on.
"""

from typing import Final

from ..mibeacon.decoder import Decoder
from ..mibeacon.spec import SLOW
from ..model.availability import ENOUGH, MULTIPLE, SHORTEST
from ..model.reading import KeyState, Outcome, Reading, Reason

# A frame of an older binding may still sit in a proxy's buffer: ask for a key only after several.
WRONG_KEY_FRAMES: Final = 3
CLEAR_FRAMES: Final = 5  # in the clear, and nothing that the key opens between them …
CLEAR_FOR: Final = 120.0  # … for so many seconds at least

_OPENED: Final = frozenset({Outcome.DECODED, Outcome.IGNORED})


class Watch:
    """How one sensor's key fares, and the questions that follow from it."""

    __slots__ = (
        "_clear",
        "_clear_since",
        "_decoder",
        "_gap",
        "_opened",
        "_opened_at",
        "_wrong",
        "alert",
        "refused",
        "wants_clear",
        "wants_key",
    )

    def __init__(self, decoder: Decoder, now: float) -> None:
        """Take the sensor's decoder; a key that opened frames in a former run gets its time."""
        self._decoder = decoder
        self._wrong = self._clear = 0  # frames since the key opened one
        self._clear_since = 0.0
        self._opened_at = now if decoder.proven else None
        # How often the key opens one: forged frames do not count.
        self._opened = 0
        self._gap = 0.0  # the longest between two
        self.wants_key = False  # another one than there is
        self.wants_clear = False  # to be believed
        self.refused = False  # to believe the clear, until the key opens a frame again
        # True while the next frame that is opened changes more than the time of the last one.
        self.alert = True

    @property
    def state(self) -> KeyState | None:
        """Return what is known of the key: what anybody sends says no more of it than is asked."""
        state = self._decoder.key_state
        if state is None or self._decoder.device.cipher is None:
            return state
        if self.wants_key:
            return KeyState.WRONG
        if state is KeyState.WRONG:
            return KeyState.RIGHT if self._opened else KeyState.UNVERIFIED
        return state

    def opens(self, now: float) -> None:
        """Note that the key opened a frame; enough while nothing is the matter."""
        before, self._opened_at = self._opened_at, now
        self._opened += 1
        if before is not None and now - before > self._gap:
            self._gap = now - before

    def take(self, reading: Reading, now: float) -> None:
        """Take what became of an advert."""
        self.alert = True
        if reading.outcome in _OPENED:
            self._take_good(reading, now)
        elif reading.reason is Reason.DOWNGRADE:
            self._take_clear(now)
        elif reading.outcome is Outcome.WRONG_KEY:
            self._take_wrong(now)
        elif self._decoder.key_state is KeyState.MISSING:
            self.wants_key = True

    def _take_good(self, reading: Reading, now: float) -> None:
        # What a recording would look like proves nothing.
        proves = reading.encrypted and reading.reason is not Reason.RECURRING
        if proves:
            self.opens(now)
            self._wrong = self._clear = 0
            self.refused = self.wants_clear = False
        # Without a key the clear tells that none is missed.
        if proves or not (reading.encrypted or self._decoder.proven):
            self.wants_key = False
        self.alert = bool(self._wrong or self._clear or self.wants_key or self.refused)

    def _take_wrong(self, now: float) -> None:
        self._wrong += 1
        if self._decoder.device.fits:
            self._opened_at = now
            self.wants_key = False
        self.wants_key |= self._wrong >= WRONG_KEY_FRAMES and self._is_late(now)

    def _is_late(self, now: float) -> bool:
        """Return whether the key has opened nothing for longer than the model is silent."""
        if self._opened_at is None:
            return True
        limit = min(self._decoder.availability, SLOW)
        if self._opened >= ENOUGH:
            limit = min(limit, max(MULTIPLE * self._gap, SHORTEST))
        return now - self._opened_at > limit

    def _take_clear(self, now: float) -> None:
        self._clear += 1
        if self._clear == 1:
            self._clear_since = now
        least = max(CLEAR_FOR, min(MULTIPLE * self._gap, SLOW))
        lasts = now - self._clear_since >= least
        self.wants_clear |= self._clear >= CLEAR_FRAMES and lasts and not self.refused
