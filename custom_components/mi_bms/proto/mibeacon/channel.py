"""A channel for each format other than MiBeacon: duplicates, key and counter around its reader."""

from typing import Final

from cryptography.exceptions import InvalidTag

from ..model.reading import Outcome, Reading, Reason
from .devices import KINDS
from .formats import CUSTOM, Format
from .formats.content import Content, Sealed
from .frame import LONGEST
from .history import History, Sequence
from .session import Session

# A device that encrypts does so for this long (s); later its firmware may have been told otherwise.
_ENCRYPTS: Final = 3_600.0

_NOT_OURS: Final = Reading(Outcome.NOT_OURS)


class Channel:
    """Decode one entry of one device's adverts."""

    def __init__(self, entry: str, session: Session, form: Format) -> None:
        """Serve the entry called ``entry`` with a format's reader."""
        self.history = History()
        self.again = Reading(Outcome.REPEATED, format=form.name)
        self._entry = entry
        self._session = session
        self._format = form
        self.new_key()

    def take(
        self, data: bytes, now: float, source: str, *, again: bool = False
    ) -> Reading:
        """Decode the entry's bytes unless they were heard before, or ``again`` with another key."""
        if len(data) > LONGEST:
            return _NOT_OURS
        parsed = self._format.parse(data, self._session.mac)
        if parsed is None:
            return _NOT_OURS
        unique = type(parsed) is Sealed and parsed.counter is not None
        counted = self._format.counted or (type(parsed) is Content and parsed.counted)
        limits = History.COUNTED if counted else History.UNCOUNTED
        if not again and not self.history.is_new(data, now, source, unique, limits):
            return self.again
        return self._read(parsed, data, now)

    @property
    def sealed(self) -> bytes | None:
        """Give the newest payload if it is an encrypted one."""
        return self.history.last if self.again.encrypted else None

    def new_key(self) -> None:
        """Forget the counter: another key counts anew."""
        self._sequence = Sequence()
        self._sealed_at = -_ENCRYPTS

    def _read(
        self, parsed: Content | Sealed | Reason, data: bytes, now: float
    ) -> Reading:
        # Whether a frame is sealed is itself not: with that bit gone, ciphertext looks like objects.
        if isinstance(parsed, Content) and now - self._sealed_at < _ENCRYPTS:
            parsed = Reason.DOWNGRADE
        if isinstance(parsed, Reason):
            return self._note(
                Reading(Outcome.REJECTED, format=self._format.name, reason=parsed)
            )
        if isinstance(parsed, Content):
            return self._content(parsed, encrypted=False)
        return self._open(parsed, data, now)

    def _open(self, sealed: Sealed, data: bytes, now: float) -> Reading:
        session, name = self._session, self._format.name
        if session.cipher is None:
            outcome: Outcome = session.locked(self._entry, data, name)
            return self._note(Reading(outcome, format=name, encrypted=True))
        try:
            plain = session.cipher.decrypt(sealed.nonce, sealed.data, sealed.aad)
        except InvalidTag:
            outcome, reason = session.refused(self._entry, data, name)
            return self._note(
                Reading(outcome, format=name, encrypted=True, reason=reason)
            )
        session.opened(name)
        counter = sealed.counter
        if counter and not self._sequence.accept(counter[1:], counter[0], data, now):
            self.history.forget(data)
            return self._note(
                Reading(
                    Outcome.REJECTED, format=name, encrypted=True, reason=Reason.REPLAY
                )
            )
        if counter:
            self._sealed_at = now
        return self._content(sealed.plain(plain), encrypted=True)

    def _content(self, content: Content, *, encrypted: bool) -> Reading:
        name = content.name or self._format.name
        session = self._session
        if name in CUSTOM:
            session.firmware = name
        if content.model and session.product_id is None:
            session.spec = KINDS[content.model]
        if content.values or content.events:
            outcome = Outcome.DECODED
            if not encrypted:
                session.in_clear(self._format.name)
        else:
            outcome = Outcome.IGNORED if content.payload else Outcome.NO_PAYLOAD
        return self._note(
            Reading(
                outcome,
                content.values,
                content.events,
                name,
                content.model,
                encrypted=encrypted,
                reason=Reason.RANGE if content.dropped else None,
                further=content.further,
            )
        )

    def _note(self, reading: Reading) -> Reading:
        self.again = Reading(
            Outcome.REPEATED,
            format=reading.format,
            model=reading.model,
            encrypted=reading.encrypted,
        )
        return reading
