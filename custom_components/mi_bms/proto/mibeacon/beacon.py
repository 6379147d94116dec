"""The MiBeacon channel: from the bytes of one entry to a reading.

What depends only on the first four bytes (frame control and product) is worked out once and kept
as a plan; the rows of a product are found by the three bytes of an object's header. Both memories
hold only what can be decoded, so foreign bytes cannot make them grow.
"""

from dataclasses import dataclass
from struct import Struct
from typing import Final

from cryptography.exceptions import InvalidTag

from ..model.reading import Event, Outcome, Reading, Reason
from .crypto import AAD, Cipher
from .devices import DEVICES
from .formats import atc
from .frame import (
    FIXED,
    LONGEST,
    MAC_END,
    MODERN_VERSION,
    OLDEST_VERSION,
    Head,
    objects_at,
    parse_head,
)
from .history import History, Sequence
from .objects import find
from .rows import Decode, Values
from .session import Session
from .spec import DeviceSpec

FORMAT: Final = "mibeacon"
STOCK: Final = "stock"

_HEADER: Final = 3  # id (2) and length (1) of an object
_TAIL: Final = 7  # upper counter and tag
_UPPER: Final = Struct("<I")
_LEGACY_TAIL: Final = 4  # upper counter and check
_PLANS: Final = 64
_ANY_VERSION: Final = 15

# The plain constructor of a tuple: a reading is made for every advert.
_reading = tuple.__new__


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Hold what the first four bytes of a frame settle."""

    head: Head
    at: int  # where the objects begin; 0 if a capability byte decides it
    has_mac: bool
    has_objects: bool
    encrypted: bool
    modern: bool  # tag of 4 bytes and a counter that never comes again
    rejected: Reason | None
    product_id: int
    spec: DeviceSpec | None
    model: str | None
    firmware: str | None
    rows: dict[bytes, Decode]
    repeated: Reading


class Beacon:
    """Decode the MiBeacon entry of one device, in service data or in manufacturer data."""

    # Rows of products by object header, shared by all devices; None is any product not known.
    _rows: Final[dict[int | None, dict[bytes, Decode]]] = {}

    def __init__(
        self, entry: str, session: Session, newest_version: int = _ANY_VERSION
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

    def take(self, data: bytes, now: float, source: str) -> Reading:
        """Decode the entry's bytes unless they were heard before."""
        if not FIXED <= len(data) <= LONGEST:
            return _rejected(Reason.LONG if len(data) > LONGEST else Reason.SHORT)
        plan = self._plans.get(data[:4]) or self._plan(data)
        if not self.history.is_new(data, now, source, unique=plan.modern):
            return plan.repeated
        return self._decode(plan, data, now)

    def retry(self, data: bytes, now: float) -> Reading:
        """Decode bytes that were heard before, with another key."""
        return self._decode(self._plan(data), data, now)

    def new_key(self) -> None:
        """Forget the counter: another key means another binding, which counts anew."""
        self._sequence = Sequence()

    def _decode(self, plan: Plan, data: bytes, now: float) -> Reading:
        session = self._session
        if plan.rejected or (
            plan.has_mac and data[FIXED:MAC_END] != session.reversed_mac
        ):
            if reason := plan.rejected or self._foreign(data):
                return _rejected(reason, plan)
        if plan is not self._current:
            self._follow(plan)
        if not plan.has_objects:
            return _presence(plan)
        at = plan.at or objects_at(plan.head, data)
        if not plan.encrypted:
            return self._walk(plan, data, at)
        opened = self._open(plan, data, at, now)
        return self._walk(plan, opened, 0) if isinstance(opened, bytes) else opened

    def _follow(self, plan: Plan) -> None:
        self._current = plan
        self.again = plan.repeated
        session = self._session
        session.product_id = plan.product_id
        session.spec = plan.spec or session.spec
        session.firmware = plan.firmware or session.firmware
        if plan.has_objects and not plan.encrypted:
            session.clear_formats.add(FORMAT)

    def _walk(self, plan: Plan, data: bytes, at: int) -> Reading:
        values: Values = {}
        events: tuple[Event, ...] = ()
        reason: Reason | None = None
        rows, end, first = plan.rows, len(data), at
        while at + _HEADER <= end:
            header = data[at : at + _HEADER]
            at += _HEADER
            if at + header[2] > end:
                at -= _HEADER
                break
            decode = rows.get(header) or self._row(plan, header)
            if decode is not None:
                found = decode(data, at, values)
                if found:
                    if type(found) is tuple:
                        events += found
                    else:
                        reason = Reason.RANGE
            at += header[2]
        if values or events:
            outcome = Outcome.DECODED
        elif at == first:
            return _rejected(Reason.SHORT, plan)
        else:
            outcome = Outcome.IGNORED
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
            ),
        )

    def _open(self, plan: Plan, data: bytes, at: int, now: float) -> bytes | Reading:
        session = self._session
        if len(data) < at + _HEADER + (_TAIL if plan.modern else _LEGACY_TAIL):
            return _rejected(Reason.SHORT, plan)
        session.newest = (self._entry, data)
        cipher = session.cipher
        if cipher is None:
            return _sealed(session.locked(self._entry, data, FORMAT), plan)
        mac = session.reversed_mac
        if not mac:
            return _rejected(Reason.NO_MAC, plan)
        try:
            if plan.modern:
                # Nonce: MAC reversed, product and counter, upper counter.
                nonce = mac + data[2:5] + data[-7:-4]
                plain = cipher.decrypt(nonce, data[at:-7] + data[-4:], AAD)
            else:
                plain = _open_legacy(cipher, mac, data, at)
        except InvalidTag:
            outcome, reason = session.refused(self._entry, data, FORMAT)
            return _sealed(outcome, plan, reason)
        if session.in_doubt:
            session.opened(FORMAT)
        if plan.modern:
            # Four bytes from one before the upper counter; its place takes the lower counter.
            (upper,) = _UPPER.unpack_from(data, len(data) - _TAIL - 1)
            sequence = upper & ~0xFF | data[4]
            order = self._sequence
            if sequence <= order.last or order.doubts:
                if not order.accept(sequence, now):
                    return _rejected(Reason.REPLAY, plan)
            order.last = sequence
        return plain

    def _foreign(self, data: bytes) -> Reason | None:
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
        known = head.product_id if spec else None
        model = spec.model if spec else None
        plan = Plan(
            head=head,
            at=0 if head.has_capability else objects_at(head, data),
            has_mac=head.has_mac,
            has_objects=head.has_objects,
            modern=head.encrypted and head.version >= MODERN_VERSION,
            encrypted=head.encrypted,
            rejected=rejected,
            product_id=head.product_id,
            spec=spec,
            model=model,
            firmware=_firmware(head, spec),
            rows=self._rows.setdefault(known, {}),
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
        own = plan.spec.objects if plan.spec else None
        decode = find(int.from_bytes(header[:2], "little"), header[2], own)
        if decode is not None:
            plan.rows[header] = decode
        return decode


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
    # Stock firmware of these encrypts; the custom one can send the same frames in clear.
    if not head.has_objects or spec is None or spec.encrypted != "yes":
        return None
    return STOCK if head.encrypted else atc.CUSTOM_NAME


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
