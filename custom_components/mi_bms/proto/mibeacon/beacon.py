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
from .crypto import AAD, Cipher
from .devices import DEVICES
from .formats import GPIO, REFLASHABLE
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
from .history import History, Sequence
from .identify import paired
from .objects import look_up, reader
from .rows import Decode, ObjectSpec, Values
from .session import Session
from .spec import DeviceSpec

FORMAT: Final = "mibeacon"
STOCK: Final = "stock"

_HEADER: Final = 3  # id (2) and length (1) of an object
_TAIL: Final = 7  # upper counter and tag
_LEGACY_TAIL: Final = 4  # upper counter and check
_PLANS: Final = 64

# The plain constructor of a tuple: a reading is made for every advert.
_reading = tuple.__new__
_NOTHING_FURTHER: Final[Mapping[tuple[Field, int], Value]] = {}
_DECODED: Final = Outcome.DECODED


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
        self._sequence = Sequence()

    def take(
        self, data: bytes, now: float, source: str, *, again: bool = False
    ) -> Reading:
        """Decode the entry's bytes unless they were heard before, or ``again`` with another key."""
        if not FIXED <= len(data) <= LONGEST:
            return _rejected(Reason.LONG if len(data) > LONGEST else Reason.SHORT)
        plan = self._plans.get(data[:4]) or self._plan(data)
        if not again and not self.history.is_new(data, now, source, plan.modern):
            return plan.repeated
        if plan.has_mac and data[FIXED:MAC_END] != self._session.reversed_mac:
            if reason := self._foreign(plan, data):
                return _rejected(reason, plan)
        if plan is not self._current:
            if plan.rejected:
                return _rejected(plan.rejected, plan)
            self._follow(plan)
        at = plan.at or objects_at(plan.head, data)
        if plan.sealed:
            return self._open(plan, data, at, now)
        if plan.has_objects:
            return self._walk(plan, data, at)
        return _presence(plan)

    @property
    def sealed(self) -> bytes | None:
        """Give the newest payload if it is an encrypted one."""
        plan, last = self._current, self.history.last
        return last if plan and plan.sealed and last else None

    def new_key(self) -> None:
        """Forget the counter: another key means another binding, which counts anew."""
        self._sequence = Sequence()

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
        upper = b""
        try:
            if plan.modern:
                # Nonce: MAC reversed, product and counter, upper counter.
                upper = data[-7:-4]
                nonce = mac + data[2:5] + upper
                plain = cipher.decrypt(nonce, data[at:-7] + data[-4:], AAD)
            else:
                plain = _open_legacy(cipher, mac, data, at)
        except InvalidTag:
            outcome, reason = session.refused(self._entry, data, FORMAT)
            return _sealed(outcome, plan, reason)
        if session.in_doubt:
            session.opened(FORMAT)
        if plan.modern:
            order = self._sequence
            if upper != order.upper or data[4] <= order.lower:
                if not order.accept(upper, data[4], data, now):
                    self.history.forget(data)
                    return _rejected(Reason.REPLAY, plan)
            order.lower = data[4]
            order.frame = data
        return self._walk(plan, plain, 0)

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
        if spec and not plan.sealed and not _knows(spec, object_id, found):
            return None
        decode = reader(found, object_id, header[2])
        if decode is not None:
            plan.rows[header] = decode
        return decode


def _knows(spec: DeviceSpec, object_id: int, found: ObjectSpec) -> bool:
    """Say whether a product has what an object tells; its charge any product may tell."""
    if object_id in spec.objects or not spec.events.keys().isdisjoint(found.events):
        return True
    first = next(iter(found.fields), None)
    return (
        first is Field.BATTERY
        or first in spec.fields
        or (first in GPIO and spec.model in REFLASHABLE)
    )


def _open_legacy(cipher: Cipher, mac: bytes, data: bytes, at: int) -> bytes:
    # Nonce: fixed part, upper counter, five bytes of the MAC reversed.
    nonce = data[:5] + data[-4:-1] + mac[:5]
    plain = cipher.decrypt_legacy(nonce, data[at:-4], data[-1])
    # One byte of check lets one wrong key in 256 pass; its object hardly ever fits too.
    if plain[2] + _HEADER > len(plain):
        raise InvalidTag
    return plain


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
