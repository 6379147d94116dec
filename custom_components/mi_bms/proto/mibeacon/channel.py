"""A channel for each format other than MiBeacon: duplicates, key and counter around its reader."""

from typing import Final

from cryptography.exceptions import InvalidTag

from ..model.reading import Outcome, Reading, Reason
from .counters import Counters
from .devices import KINDS
from .formats import CUSTOM, Format
from .formats.content import Content, Sealed
from .frame import LONGEST
from .history import PayloadHistory
from .marks import TAG
from .sensor_device import Proof, SensorDevice
from .sequence import AGAIN, QUIETLY, CounterVerdict

_COUNTER_AT: Final = -2 * TAG  # a counter of four bytes stands before the tag

_NOT_OURS: Final = Reading(Outcome.NOT_OURS)
# Those of all devices without a key: nothing is judged by them.
_UNUSED: Final = Counters(_COUNTER_AT, 0)


class Channel:
    """Decode one entry of one device's adverts."""

    __slots__ = (
        "_device",
        "_entry",
        "_format",
        "again",
        "counters",
        "history",
    )

    def __init__(self, entry: str, device: SensorDevice, form: Format) -> None:
        """Serve the entry called ``entry`` with a format's reader."""
        self.history = PayloadHistory()
        self.again = Reading(Outcome.REPEATED, format=form.name)
        self._entry = entry
        self._device = device
        self._format = form
        self.new_key()

    def take(
        self, data: bytes, now: float, source: str, *, again: bool = False
    ) -> Reading:
        """Decode the entry's bytes unless they were heard before, or ``again`` with another key."""
        if len(data) > LONGEST:
            return _NOT_OURS
        parsed = self._format.parse(data, self._device.mac)
        if parsed is None:
            return _NOT_OURS
        unique = type(parsed) is Sealed and parsed.counter is not None
        counted = self._format.counted or (type(parsed) is Content and parsed.counted)
        limits = PayloadHistory.COUNTED if counted else PayloadHistory.UNCOUNTED
        if not again and not self.history.is_new(data, now, source, unique, limits):
            return self.again
        return self._read(parsed, data, now)

    @property
    def sealed(self) -> bytes | None:
        """Return the newest payload if it is an encrypted one."""
        return self.history.last if self.again.encrypted else None

    def new_key(self) -> None:
        """Forget the counters: another key counts anew, and without one nothing is counted."""
        sealed = self._device.cipher is not None
        self.counters = Counters(_COUNTER_AT, 0) if sealed else _UNUSED

    def _read(
        self, parsed: Content | Sealed | Reason, data: bytes, now: float
    ) -> Reading:
        if isinstance(parsed, Reason):
            return self._rejected(parsed)
        if isinstance(parsed, Sealed):
            return self._open(parsed, data, now)
        if not self._device.guarded:
            return self._content(parsed, encrypted=False)
        # Whether a frame is sealed is itself not: without that bit, ciphertext looks like objects.
        if parsed.payload:
            return self._rejected(Reason.DOWNGRADE)
        return self._note(Reading(Outcome.NO_PAYLOAD, format=self._format.name))

    def _open(self, sealed: Sealed, data: bytes, now: float) -> Reading:
        device, name = self._device, self._format.name
        if not sealed.counter and device.guarded > Proof.SHORT:
            return self._rejected(Reason.DOWNGRADE, encrypted=True)
        if device.cipher is None:
            outcome: Outcome = device.locked(self._entry, data, name)
            return self._note(Reading(outcome, format=name, encrypted=True))
        try:
            plain = device.cipher.decrypt(sealed.nonce, sealed.data, sealed.aad)
        except InvalidTag:
            outcome, reason = device.refused(self._entry, data, name)
            return self._note(
                Reading(outcome, format=name, encrypted=True, reason=reason)
            )
        if sealed.counter:
            proof, verdict = Proof.COUNTED, self.counters.long.judge(data, now)
        else:
            proof, verdict = Proof.SHORT, self.counters.short.judge(data, now)
        if verdict is CounterVerdict.STALE:
            device.opened_again(name)
            self.history.forget(data)
            return self._rejected(Reason.REPLAY, encrypted=True)
        content = sealed.plain(plain)
        if verdict is CounterVerdict.NEWS:
            if device.in_doubt:
                device.proves(name, proof)
            return self._content(content, encrypted=True)
        if verdict in QUIETLY:
            content = content._replace(events=())
        reading = self._content(content, encrypted=True)
        if verdict in AGAIN:
            device.opened_again(name)
            return reading._replace(reason=Reason.RECURRING)
        device.opened(name)
        return reading

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
        device = self._device
        if name in CUSTOM:
            device.firmware = name
        if content.model and device.product_id is None:
            device.spec = KINDS[content.model]
        if content.values or content.events:
            outcome = Outcome.DECODED
            if not encrypted:
                device.in_clear(self._format.name)
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
