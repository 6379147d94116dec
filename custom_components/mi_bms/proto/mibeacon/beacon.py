"""The MiBeacon channel: from the bytes of one entry to a reading.

What depends only on the first four bytes (frame control and product) is worked out once and kept
as a plan; the rows of a product are found by the three bytes of an object's header. Both memories
hold only what can be decoded, so foreign bytes cannot make them grow.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidTag

from ..model.fields import Field
from ..model.reading import Event, Outcome, Reading, Reason, Value
from .counters import Counters
from .crypto import AAD, Cipher
from .devices import DEVICES
from .frame import (
    FIXED,
    LONGEST,
    MAC_END,
    MODERN_VERSION,
    NEWEST_VERSION,
    OLDEST_VERSION,
    Head,
    objects_at,
    parse_head,
)
from .history import REMEMBERED, History
from .identify import paired
from .objects import look_up, reader
from .rows import Decode, Values
from .sensible import knows, sensible
from .sequence import Verdict
from .session import Proof, Session
from .spec import DeviceSpec

FORMAT: Final = "mibeacon"
STOCK: Final = "stock"

_HEADER: Final = 3  # id (2) and length (1) of an object
_TAIL: Final = 7  # upper counter and tag
_LEGACY_TAIL: Final = 4  # upper counter and check
_COUNTER_AT: Final = 4
_PLANS: Final = 64

# The plain constructor of a tuple: a reading is made for every advert.
_reading = tuple.__new__
_NOTHING_FURTHER: Final[Mapping[tuple[Field, int], Value]] = {}
_DECODED: Final = Outcome.DECODED
_NEWS: Final = Verdict.NEWS
_CHECKED: Final = int(Proof.CHECKED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Hold what the first four bytes of a frame settle."""

    head: Head
    at: int  # where the objects begin; 0 if a capability byte decides it
    has_mac: bool
    has_objects: bool
    encrypted: bool
    sealed: bool  # encrypted, and there is something inside
    modern: bool  # tag of 4 bytes and a counter that never comes again
    shortest: int  # an object without data, sealed
    rejected: Reason | None
    product_id: int
    spec: DeviceSpec | None
    model: str | None
    firmware: str | None
    paired: bool | None  # what the frame tells of that, if anything
    rows: dict[bytes, Decode]
    repeated: Reading


class Beacon:
    """Decode the MiBeacon entry of one device, in service data or in manufacturer data."""

    __slots__ = (
        "_current",
        "_entry",
        "_keep",
        "_newest_version",
        "_order",
        "_plans",
        "_session",
        "_short",
        "again",
        "counters",
        "history",
    )

    # Rows by object header, shared by all devices, for each product (None is any that is not known)
    # and for whether its frames are sealed.
    _rows: Final[dict[tuple[int | None, bool], dict[bytes, Decode]]] = {}

    def __init__(
        self, entry: str, session: Session, newest_version: int = NEWEST_VERSION
    ) -> None:
        """Serve the entry called ``entry``; frames newer than ``newest_version`` are not ours."""
        self.history = History()
        self.again = Reading(Outcome.REPEATED, format=FORMAT)
        self._entry = entry
        self._session = session
        self._newest_version = newest_version
        self._plans: dict[bytes, Plan] = {}
        self._current: Plan | None = None
        session.followers.append(self.unfollow)
        self.new_key()

    def take(
        self, data: bytes, now: float, source: str, *, again: bool = False
    ) -> Reading:
        """Decode the entry's bytes unless they were heard before, or ``again`` with another key."""
        if not FIXED <= len(data) <= LONGEST:
            return _rejected(Reason.LONG if len(data) > LONGEST else Reason.SHORT)
        plan = self._plans.get(data[:4]) or self._plan(data)
        if not again:
            history = self.history
            recent = history.recent
            if data in recent or data in history.older or len(recent) >= REMEMBERED:
                if not history.is_new(data, now, source, plan.modern):
                    return plan.repeated
            else:
                # What it does with nearly every frame, without a call.
                recent[data] = now
                history.last, history.source = data, source
        session = self._session
        if plan.has_mac and data[FIXED:MAC_END] != session.reversed_mac:
            if reason := self._foreign(plan, data):
                return _rejected(reason, plan)
        if plan is not self._current:
            if plan.rejected:
                return _rejected(plan.rejected, plan)
            if session.guarded:
                return self._guarded(plan, data, now)
            self._follow(plan)
        at = plan.at or objects_at(plan.head, data)
        if plan.sealed:
            return self._open(plan, data, at, now)
        return self._walk(plan, data, at) if plan.has_objects else _presence(plan)

    @property
    def sealed(self) -> bytes | None:
        """Return the newest payload if it is an encrypted one."""
        last = self.history.last
        plan = self._plans.get(last[:4]) if last else None
        return last if plan and plan.sealed else None

    def new_key(self) -> None:
        """Forget the counters: another key means another binding, which counts anew."""
        self.counters = Counters(_COUNTER_AT, _COUNTER_AT)
        # Where each frame of most devices ends up: kept at hand.
        self._order, self._short = self.counters.long, self.counters.short
        self._keep = self._order.frames.append

    def _follow(self, plan: Plan) -> None:
        self._current = plan
        self.again = plan.repeated
        session = self._session
        session.product_id = plan.product_id
        session.spec = plan.spec or session.spec
        session.firmware = plan.firmware or session.firmware
        if plan.has_objects and not plan.sealed:
            session.in_clear(FORMAT)
        if plan.paired is not None:
            session.paired = plan.paired

    def _walk(self, plan: Plan, data: bytes, at: int) -> Reading:
        values: Values = {}
        events: tuple[Event, ...] = ()
        reason: Reason | None = None
        rows, end, first = plan.rows, len(data), at
        while (start := at + _HEADER) <= end:
            header = data[at:start]
            at = start + header[2]
            if at > end:
                break
            decode = rows.get(header) or self._row(plan, header)
            if decode is not None and (found := decode(data, start, values)):
                if type(found) is tuple:
                    events += found
                else:
                    reason = Reason.RANGE
        if values or events:
            outcome = _DECODED
        elif (
            data[first + 2 : first + _HEADER]
            and first + _HEADER + data[first + 2] <= end
        ):
            outcome = Outcome.IGNORED
        else:
            return _rejected(Reason.SHORT, plan)
        return _reading(
            Reading,
            (
                outcome,
                values,
                events,
                FORMAT,
                plan.model,
                plan.product_id,
                plan.encrypted,
                reason,
                _NOTHING_FURTHER,
            ),
        )

    def _open(self, plan: Plan, data: bytes, at: int, now: float) -> Reading:
        session = self._session
        if len(data) - at < plan.shortest:
            return _rejected(Reason.SHORT, plan)
        cipher = session.cipher
        if cipher is None:
            return _sealed(session.locked(self._entry, data, FORMAT), plan)
        mac = session.reversed_mac
        if not mac:
            return _rejected(Reason.NO_MAC, plan)
        if not plan.modern:
            return self._open_legacy(plan, data, at, cipher)
        # Nonce: MAC reversed, product and counter, upper counter.
        upper = data[-7:-4]
        nonce = mac + data[2:5] + upper
        try:
            plain = cipher.decrypt(nonce, data[at:-7] + data[-4:], AAD)
        except InvalidTag:
            return self._refused(plan, data)
        order = self._order
        # What ``judge`` does first, without a call.
        if upper != order.upper or not order.lower < data[4] < order.stop:
            verdict = order.judge(data, now)
            self._keep = order.frames.append
            if verdict is not _NEWS:
                return self._late(plan, data, plain, verdict)
        else:
            order.lower = data[4]
            self._keep(data)
        if session.in_doubt:
            session.proves(FORMAT, Proof.COUNTED)
        return self._walk(plan, plain, 0)

    def _open_legacy(self, plan: Plan, data: bytes, at: int, cipher: Cipher) -> Reading:
        session = self._session
        at_ease = session.at_ease
        if not at_ease and session.guarded > _CHECKED:
            return _rejected(Reason.DOWNGRADE, plan)
        # Nonce: fixed part, upper counter, five bytes of the MAC reversed.
        nonce = data[:5] + data[-4:-1] + session.reversed_mac[:5]
        try:
            plain, check = cipher.read_legacy(nonce, data[at:-_LEGACY_TAIL])
        except InvalidTag:
            return self._refused(plan, data)
        # One byte of check lets one wrong key in 256 pass; its object hardly ever fits too.
        agrees = check == data[-1] and plain[2] + _HEADER <= len(plain)
        if not (agrees and at_ease):
            if agrees:
                believed = session.check_agrees()
            else:
                believed = session.check_disagrees(sensible=sensible(plan.spec, plain))
            if not believed:
                return self._refused(plan, data)
        verdict = self._short.judge(data)
        if verdict is not _NEWS:
            return self._late(plan, data, plain, verdict)
        if at_ease:
            return self._walk(plan, plain, 0)
        session.proves(FORMAT, session.checked)
        reading = self._walk(plan, plain, 0)
        return (
            reading._replace(reason=Reason.UNCHECKED) if session.unchecked else reading
        )

    def _refused(self, plan: Plan, data: bytes) -> Reading:
        outcome, reason = self._session.refused(self._entry, data, FORMAT)
        return _sealed(outcome, plan, reason)

    def _late(self, plan: Plan, data: bytes, plain: bytes, verdict: Verdict) -> Reading:
        """Read a frame that the key opened and whose counter is no plain news."""
        self._session.opened(FORMAT)
        if verdict is Verdict.QUIET:
            reading = self._walk(plan, plain, 0)
            if reading.values:
                return reading._replace(events=())
        else:
            self.history.forget(data)
        return _rejected(Reason.REPLAY, plan)

    def _guarded(self, plan: Plan, data: bytes, now: float) -> Reading:
        """Take a frame of another kind than the last that the key opened, of a device whose key is proven."""
        if plan.sealed:
            at = plan.at or objects_at(plan.head, data)
            reading = self._open(plan, data, at, now)
            if reading.outcome is _DECODED:
                self._follow(plan)
            return reading
        if plan.has_objects:
            return _rejected(Reason.DOWNGRADE, plan)
        # A clear frame tells no more than that the device is there.
        if plan.paired is not None:
            self._session.paired = plan.paired
            self.unfollow()  # the next frame that the key opens tells better
        return _presence(plan)._replace(values={})

    def unfollow(self) -> None:
        """Forget what kind of frame came last: from now on the next one has to be looked at."""
        self._current = None

    def _foreign(self, plan: Plan, data: bytes) -> Reason | None:
        if plan.rejected:
            return plan.rejected
        if len(data) < MAC_END:
            return Reason.SHORT
        if self._session.mac is not None:
            return Reason.FOREIGN_MAC
        self._session.learn_mac(data[FIXED:MAC_END])
        return None

    def _plan(self, data: bytes) -> Plan:
        head = parse_head(data)
        spec = DEVICES.get(head.product_id)
        rejected = None
        if not OLDEST_VERSION <= head.version <= self._newest_version:
            rejected = Reason.VERSION
        elif head.mesh:
            rejected = Reason.MESH
        modern = head.encrypted and head.version >= MODERN_VERSION
        sealed = head.encrypted and head.has_objects
        known = head.product_id if spec else None
        model = spec.model if spec else None
        plan = Plan(
            head=head,
            at=0 if head.has_capability else objects_at(head, data),
            has_mac=head.has_mac,
            has_objects=head.has_objects,
            modern=modern,
            shortest=_HEADER + (_TAIL if modern else _LEGACY_TAIL),
            encrypted=head.encrypted,
            sealed=sealed,
            rejected=rejected,
            product_id=head.product_id,
            spec=spec,
            model=model,
            firmware=_firmware(head, spec),
            paired=paired(head, spec),
            rows=self._rows.setdefault((known, sealed), {}),
            repeated=Reading(
                Outcome.REPEATED,
                format=FORMAT,
                model=model,
                product_id=head.product_id,
                encrypted=head.encrypted,
            ),
        )
        if len(self._plans) >= _PLANS:
            self._plans.clear()
        self._plans[data[:4]] = plan
        return plan

    def _row(self, plan: Plan, header: bytes) -> Decode | None:
        spec = plan.spec
        object_id = int.from_bytes(header[:2], "little")
        found = look_up(object_id, spec.objects if spec else None)
        if found is None:
            return None
        # What a key opened may tell anything; what anybody may send only what the product has.
        if spec and not plan.sealed and not knows(spec, object_id, found):
            return None
        decode = reader(found, object_id, header[2])
        if decode is not None:
            plan.rows[header] = decode
        return decode


def _presence(plan: Plan) -> Reading:
    return Reading(
        Outcome.NO_PAYLOAD,
        plan.spec.idle if plan.spec else {},
        (),
        FORMAT,
        plan.model,
        plan.product_id,
        plan.encrypted,
    )


def _firmware(head: Head, spec: DeviceSpec | None) -> str | None:
    # A clear frame proves nothing: other stock firmware sends in the clear, too.
    sealed = head.encrypted and head.has_objects
    return STOCK if sealed and spec and spec.encrypted == "yes" else None


def _rejected(reason: Reason, plan: Plan | None = None) -> Reading:
    if plan is None:
        return Reading(Outcome.REJECTED, format=FORMAT, reason=reason)
    return Reading(
        Outcome.REJECTED,
        format=FORMAT,
        model=plan.model,
        product_id=plan.product_id,
        encrypted=plan.encrypted,
        reason=reason,
    )


def _sealed(outcome: Outcome, plan: Plan, reason: Reason | None = None) -> Reading:
    return Reading(
        outcome,
        format=FORMAT,
        model=plan.model,
        product_id=plan.product_id,
        encrypted=True,
        reason=reason,
    )
