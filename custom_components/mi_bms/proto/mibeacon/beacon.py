"""The MiBeacon channel: from the bytes of one entry to a reading.

What depends only on the first four bytes (frame control and product) is worked out once and kept
as a plan; the rows of a product are found by the three bytes of an object's header. All devices
share both memories, which foreign bytes cannot make grow without end.
"""

from collections.abc import Mapping
from typing import Final

from cryptography.exceptions import InvalidTag

from ..model.fields import Field
from ..model.reading import Event, Outcome, Reading, Reason, Value
from .counters import Counters
from .crypto import AAD, Cipher
from .frame import FIXED, LONGEST, MAC_END, NEWEST_VERSION, objects_at
from .history import REMEMBERED, PayloadHistory
from .objects import look_up, reader
from .plan import (
    FORMAT,
    HEADER,
    LEGACY_TAIL,
    Plan,
    Product,
    plan_of,
    presence,
    rejected,
    sealed_reading,
)
from .rows import Decode, Values
from .sensible import knows, sensible
from .sensor_device import Proof, SensorDevice
from .sequence import AGAIN, CounterVerdict

_COUNTER_AT: Final = 4
PLANS: Final = 256  # that are kept for all devices

# The plain constructor of a tuple: a reading is made for every advert.
_reading = tuple.__new__
_NOTHING_FURTHER: Final[Mapping[tuple[Field, int], Value]] = {}
_DECODED: Final = Outcome.DECODED
_NEWS: Final = CounterVerdict.NEWS
# Those of all devices without a key: nothing is judged by them.
_UNUSED: Final = Counters(_COUNTER_AT, _COUNTER_AT)
_KEEP_UNUSED: Final = _UNUSED.long.frames.append
_CHECKED: Final = int(Proof.CHECKED)


class Beacon:
    """Decode the MiBeacon entry of one device, in service data or in manufacturer data."""

    __slots__ = (
        "_current",
        "_device",
        "_entry",
        "_keep",
        "_newest_version",
        "_order",
        "_plans",
        "_short",
        "again",
        "counters",
        "history",
    )

    # Shared by all devices: plans by the newest version that is read and by a frame's first bytes …
    _plans_of: Final[dict[int, dict[bytes, Plan]]] = {}
    # … and rows by object header, for each product (None is any that is not known) and for whether
    # its frames are sealed.
    _rows: Final[dict[Product, dict[bytes, Decode]]] = {}

    def __init__(
        self, entry: str, device: SensorDevice, newest_version: int = NEWEST_VERSION
    ) -> None:
        """Serve the entry called ``entry``; frames newer than ``newest_version`` are not ours."""
        self.history = PayloadHistory()
        self.again = Reading(Outcome.REPEATED, format=FORMAT)
        self._entry = entry
        self._device = device
        self._newest_version = newest_version
        self._plans = self._plans_of.setdefault(newest_version, {})
        self._current: Plan | None = None
        device.followers.append(self.unfollow)
        self.new_key()

    def take(
        self, data: bytes, now: float, source: str, *, again: bool = False
    ) -> Reading:
        """Decode the entry's bytes unless they were heard before, or ``again`` with another key."""
        if not FIXED <= len(data) <= LONGEST:
            return _unfit(data)
        plan = self._current
        if plan is None or data[:4] != plan.start:
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
        device = self._device
        if plan.has_mac and data[FIXED:MAC_END] != device.reversed_mac:
            return self._foreign(plan, data, now, source)
        if plan is not self._current:
            return self._change(plan, data, now, source)
        at = plan.at or objects_at(plan.head, data)
        if plan.sealed:
            return self._open(plan, data, at, now)
        return self._walk(plan, data, at)

    @property
    def sealed(self) -> bytes | None:
        """Return the newest payload if it is an encrypted one."""
        last = self.history.last
        if last is None:
            return None
        plan = self._plans.get(last[:4]) or self._plan(last)
        return last if plan.sealed else None

    def new_key(self) -> None:
        """Forget the counters: another key means another binding, which counts anew.

        Without one nothing is counted.
        """
        sealed = self._device.cipher is not None
        self.counters = Counters(_COUNTER_AT, _COUNTER_AT) if sealed else _UNUSED
        # Where each frame of most devices ends up: kept at hand.
        self._order, self._short = self.counters.long, self.counters.short
        self._keep = self._order.frames.append if sealed else _KEEP_UNUSED

    def _follow(self, plan: Plan) -> None:
        # Who follows a frame that holds nothing would miss what the next one tells.
        self._current = plan if plan.has_objects else None
        self.again = plan.repeated
        device = self._device
        device.product_id = plan.product_id
        device.spec = plan.spec or device.spec
        device.firmware = plan.firmware or device.firmware
        if plan.has_objects and not plan.sealed:
            device.in_clear(FORMAT)
        if plan.paired is not None:
            device.paired = plan.paired

    def _walk(self, plan: Plan, data: bytes, at: int) -> Reading:
        values: Values = {}
        events: tuple[Event, ...] = ()
        reason: Reason | None = None
        rows, end, first = plan.rows, len(data), at
        while (start := at + HEADER) <= end:
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
            data[first + 2 : first + HEADER] and first + HEADER + data[first + 2] <= end
        ):
            outcome = Outcome.IGNORED
        else:
            return rejected(Reason.SHORT, plan)
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
        device = self._device
        if len(data) - at < plan.shortest:
            return rejected(Reason.SHORT, plan)
        cipher = device.cipher
        if cipher is None:
            return sealed_reading(device.locked(self._entry, data, FORMAT), plan)
        mac = device.reversed_mac
        if not mac:
            return rejected(Reason.NO_MAC, plan)
        if not plan.modern:
            return self._open_legacy(plan, data, at, cipher, now)
        # Nonce: MAC reversed, product and counter, upper counter.
        upper = data[-7:-4]
        nonce = mac + data[2:5] + upper
        try:
            plain = cipher.decrypt(nonce, data[at:-7] + data[-4:], AAD)
        except InvalidTag:
            return self._refused(plan, data)
        order, lower = self._order, data[4]
        # What ``judge`` does first, without a call.
        if upper != order.upper or not order.lower < lower < order.stop:
            verdict = order.judge(data, now)
            self._keep = order.frames.append
            if verdict is not _NEWS:
                return self._late(plan, data, plain, verdict)
        else:
            order.lower = lower
            self._keep(data)
        if device.in_doubt:
            device.proves(FORMAT, Proof.COUNTED)
        return self._walk(plan, plain, 0)

    def _open_legacy(
        self, plan: Plan, data: bytes, at: int, cipher: Cipher, now: float
    ) -> Reading:
        device = self._device
        at_ease = device.at_ease
        if not at_ease and device.guarded > _CHECKED:
            return rejected(Reason.DOWNGRADE, plan)
        # Nonce: fixed part, upper counter, five bytes of the MAC reversed.
        nonce = data[:5] + data[-4:-1] + device.reversed_mac[:5]
        try:
            plain, check = cipher.read_legacy(nonce, data[at:-LEGACY_TAIL])
        except InvalidTag:
            return self._refused(plan, data)
        # One byte of check lets one wrong key in 256 pass; its object hardly ever fits too.
        agrees = check == data[-1] and plain[2] + HEADER <= len(plain)
        if not (agrees and at_ease):
            if agrees and self._short.heard(data):
                # That it agrees is no news either.
                return self._late(plan, data, plain, CounterVerdict.STALE)
            if agrees:
                believed = device.check_agrees()
            else:
                believed = device.check_disagrees(sensible=sensible(plan.spec, plain))
            if not believed:
                return self._refused(plan, data)
        verdict = self._short.judge(data, now)
        if verdict is not _NEWS:
            return self._late(plan, data, plain, verdict)
        if at_ease:
            return self._walk(plan, plain, 0)
        device.proves(FORMAT, device.checked)
        reading = self._walk(plan, plain, 0)
        return (
            reading._replace(reason=Reason.UNCHECKED) if device.unchecked else reading
        )

    def _refused(self, plan: Plan, data: bytes) -> Reading:
        outcome, reason = self._device.refused(self._entry, data, FORMAT)
        return sealed_reading(outcome, plan, reason)

    def _late(
        self, plan: Plan, data: bytes, plain: bytes, verdict: CounterVerdict
    ) -> Reading:
        """Read a frame that the key opened and whose counter is no plain news."""
        device = self._device
        if verdict is CounterVerdict.QUIET:
            device.opened(FORMAT)
        else:
            device.opened_again(FORMAT)
        if verdict is CounterVerdict.STALE:
            self.history.forget(data)
            return rejected(Reason.REPLAY, plan)
        reading = self._walk(plan, plain, 0)
        if verdict in AGAIN:
            reading = reading._replace(reason=Reason.RECURRING)
        if verdict is CounterVerdict.AGAIN:
            return reading
        if reading.values:
            return reading._replace(events=())
        return rejected(Reason.REPLAY, plan)

    def _change(self, plan: Plan, data: bytes, now: float, source: str) -> Reading:
        """Take a frame of another kind than the last.

        Of a device whose key is proven, no kind is followed but one that the key opens.
        """
        if plan.rejected:
            return rejected(plan.rejected, plan)
        if not self._device.guarded:
            self._follow(plan)
            if not plan.has_objects:
                return presence(plan)
            return self.take(data, now, source, again=True)  # as one of its kind
        if plan.sealed:
            at = plan.at or objects_at(plan.head, data)
            reading = self._open(plan, data, at, now)
            if reading.outcome is _DECODED:
                self._follow(plan)
            return reading
        if plan.has_objects:
            return rejected(Reason.DOWNGRADE, plan)
        # A clear frame tells no more than that the device is there.
        if plan.paired is not None:
            self._device.paired = plan.paired
            self.unfollow()  # the next frame that the key opens tells better
        return presence(plan)._replace(values={})

    def unfollow(self) -> None:
        """Forget what kind of frame came last: from now on the next one has to be looked at."""
        self._current = None

    def _foreign(self, plan: Plan, data: bytes, now: float, source: str) -> Reading:
        """Take a frame with another MAC; where none is known yet, it is the device's."""
        if plan.rejected:
            return rejected(plan.rejected, plan)
        if len(data) < MAC_END:
            return rejected(Reason.SHORT, plan)
        if self._device.mac is not None:
            return rejected(Reason.FOREIGN_MAC, plan)
        self._device.learn_mac(data[FIXED:MAC_END])
        return self.take(data, now, source, again=True)  # it is in the history already

    def _plan(self, data: bytes) -> Plan:
        plan = plan_of(data, self._newest_version, self._rows)
        if len(self._plans) >= PLANS:
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


def _unfit(data: bytes) -> Reading:
    return rejected(Reason.LONG if len(data) > LONGEST else Reason.SHORT)
