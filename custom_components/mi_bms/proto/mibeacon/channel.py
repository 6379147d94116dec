"""A channel for each format other than MiBeacon: duplicates, key and counter around its reader."""

from typing import Final

from cryptography.exceptions import InvalidTag

from ..model.reading import Outcome, Reading, Reason
from .counters import Counters
from .devices import KINDS
from .formats import CUSTOM, Format
from .formats.content import Content, Sealed
from .frame import LONGEST
from .history import History
from .marks import TAG
from .sequence import Verdict
from .session import Proof, Session

_COUNTER_AT: Final = -2 * TAG  # a counter of four bytes stands before the tag

_NOT_OURS: Final = Reading(Outcome.NOT_OURS)
# Those of all devices without a key: nothing is judged by them.
_UNUSED: Final = Counters(_COUNTER_AT, 0)


class Channel:
    """Decode one entry of one device's adverts."""

    __slots__ = (
        "_entry",
        "_format",
        "_session",
        "again",
        "counters",
        "history",
    )

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
        """Return the newest payload if it is an encrypted one."""
        return self.history.last if self.again.encrypted else None

    def new_key(self) -> None:
        """Forget the counters: another key counts anew, and without one nothing is counted."""
        sealed = self._session.cipher is not None
        self.counters = Counters(_COUNTER_AT, 0) if sealed else _UNUSED

    def _read(
        self, parsed: Content | Sealed | Reason, data: bytes, now: float
    ) -> Reading:
        if isinstance(parsed, Reason):
            return self._rejected(parsed)
        if isinstance(parsed, Sealed):
            return self._open(parsed, data, now)
        if not self._session.guarded:
            return self._content(parsed, encrypted=False)
        # Whether a frame is sealed is itself not: without that bit, ciphertext looks like objects.
        if parsed.payload:
            return self._rejected(Reason.DOWNGRADE)
        return self._note(Reading(Outcome.NO_PAYLOAD, format=self._format.name))

    def _open(self, sealed: Sealed, data: bytes, now: float) -> Reading:
        session, name = self._session, self._format.name
        if not sealed.counter and session.guarded > Proof.SHORT:
            return self._rejected(Reason.DOWNGRADE, encrypted=True)
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
        if sealed.counter:
            proof, verdict = Proof.COUNTED, self.counters.long.judge(data, now)
        else:
            proof, verdict = Proof.SHORT, self.counters.short.judge(data)
        news = verdict is Verdict.NEWS
        if session.in_doubt:
            if news:
                session.proves(name, proof)
            else:
                session.opened(name)
        if verdict is Verdict.STALE:
            self.history.forget(data)
            return self._rejected(Reason.REPLAY, encrypted=True)
        content = sealed.plain(plain)
        if not news:
            content = content._replace(events=())
        return self._content(content, encrypted=True)

    def _rejected(self, reason: Reason, *, encrypted: bool = False) -> Reading:
        return self._note(
            Reading(
                Outcome.REJECTED,
                format=self._format.name,
                encrypted=encrypted,
                reason=reason,
            )
        )

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
        """Keep what to answer when the same entry comes again; mostly that stays as it is."""
        again = self.again
        if (
            again.format != reading.format
            or again.model != reading.model
            or again.encrypted is not reading.encrypted
        ):
            self.again = Reading(
                Outcome.REPEATED,
                format=reading.format,
                model=reading.model,
                encrypted=reading.encrypted,
            )
        return reading
