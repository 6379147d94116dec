"""The MiBeacon channel: from the bytes of one entry to a reading.

What depends only on the first four bytes (frame control and product) is worked out once and kept
as a plan. All devices share that memory and that of rows, which foreign bytes cannot make grow
without end.
"""

from typing import Final

from cryptography.exceptions import InvalidTag

from ..model.reading import Outcome, Reading, Reason
from .counters import Counters
from .crypto import AAD
from .frame import FIXED, LONGEST, MAC_END, NEWEST_VERSION, objects_at
from .history import REMEMBERED, PayloadHistory
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
from .rows import Decode
from .sensible import sensible
from .sensor_device import Proof, SensorDevice, weakly
from .sequence import AGAIN, CounterVerdict
from .walk import walk

_COUNTER_AT: Final = 4
PLANS: Final = 256  # that are kept for all devices

_DECODED: Final = Outcome.DECODED
_NEWS: Final = CounterVerdict.NEWS
# Those of all devices without a key: nothing is judged by them.
_UNUSED: Final = Counters(_COUNTER_AT, _COUNTER_AT)
_CHECKED: Final = int(Proof.CHECKED)


class Beacon:
    """Decode the MiBeacon entry of one device, in service data or in manufacturer data."""

    __slots__ = (
        "__weakref__",
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
        self.counters = _UNUSED
        # Weakly: who is done with a decoder is rid of it without the collector of garbage, which would
        # hold everybody up after thousands of tries.
        device.followers.append(weakly(self.unfollow))
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
        elif plan.counted and (reading := self._next(plan, data, source)):
            return reading
        if not again and not self.history.is_new(data, now, source, plan.modern):
            return plan.repeated
        device = self._device
        if plan.has_mac and data[FIXED:MAC_END] != device.reversed_mac:
            return self._foreign(plan, data, now, source)
        if plan is not self._current:
            return self._change(plan, data, now, source)
        at = plan.at or objects_at(plan.head, data)
        if not plan.sealed:
            return walk(plan, data, at)
        if plan.modern:
            return self._open(plan, data, at, now)
        return self._open_legacy(plan, data, at, now)

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

        Without one nothing is counted. What was heard with the former key stays known.
        """
        if frames := self.counters.long.frames:
            self.history.older = dict.fromkeys(frames, 0.0)
        sealed = self._device.cipher is not None
        self.counters = Counters(_COUNTER_AT, _COUNTER_AT) if sealed else _UNUSED
        # Where each frame of most devices ends up: kept at hand.
        self._order, self._short = self.counters.long, self.counters.short
        self._keep = self._order.frames.append

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

    def _open(self, plan: Plan, data: bytes, at: int, now: float) -> Reading:
        device = self._device
        cipher, mac = device.cipher, device.reversed_mac
        if cipher is None or not mac or len(data) - at < plan.shortest:
            return self._unopened(plan, data, at)
        # Nonce: MAC reversed, product and counter, upper counter.
        nonce = mac + data[2:5] + data[-7:-4]
        try:
            plain = cipher.decrypt(nonce, data[at:-7] + data[-4:], AAD)
        except InvalidTag:
            return self._refused(plan, data)
        verdict = self._order.judge(data, now)
        if verdict is not _NEWS:
            # Those that ``_next`` kept out of the history are known for as long as others.
            recent = self._order.frames[-2 * REMEMBERED :]
            if verdict is CounterVerdict.STALE and data in recent:
                return plan.repeated
            return self._late(plan, data, plain, verdict)
        if device.in_doubt:
            device.proves(FORMAT, Proof.COUNTED)
        return walk(plan, plain, 0)

    def _next(self, plan: Plan, data: bytes, source: str) -> Reading | None:
        """Return what nearly all frames that the key opens say; None of any other.

        One whose counter is above all others was never opened before. So it is not looked up in the
        history, nor put there: the sequence keeps it, and a hash costs as much as everything here.
        """
        order, device, lower, upper = self._order, self._device, data[4], data[-7:-4]
        if upper != order.upper or not order.lower < lower < order.stop:
            return None
        mac, cipher = device.reversed_mac, device.cipher
        if cipher is None or (plan.has_mac and data[FIXED:MAC_END] != mac):
            return None
        at = plan.at or objects_at(plan.head, data)
        try:
            nonce = mac + data[2:5] + upper
            plain = cipher.decrypt(nonce, data[at:-7] + data[-4:], AAD)
        except InvalidTag:
            return None
        order.lower = lower
        self._keep(data)
        history = self.history
        history.last, history.source = data, source
        if device.in_doubt:
            device.proves(FORMAT, Proof.COUNTED)
        return walk(plan, plain, 0)

    def _open_legacy(self, plan: Plan, data: bytes, at: int, now: float) -> Reading:
        device = self._device
        cipher, mac, at_ease = device.cipher, device.reversed_mac, device.at_ease
        if cipher is None or not mac or len(data) - at < plan.shortest:
            return self._unopened(plan, data, at)
        if not at_ease and device.guarded > _CHECKED:
            return rejected(Reason.DOWNGRADE, plan)
        # Nonce: fixed part, upper counter, five bytes of the MAC reversed.
        nonce = data[:5] + data[-4:-1] + mac[:5]
        try:
            plain, check = cipher.read_legacy(nonce, data[at:-LEGACY_TAIL])
        except InvalidTag:
            return self._refused(plan, data)
        # The capability is the one part that nothing seals: with another one it is the same frame.
        said = data if plan.at else data[:FIXED] + data[at:]
        # One byte of check lets one wrong key in 256 pass; its object hardly ever fits too.
        agrees = check == data[-1] and plain[2] + HEADER <= len(plain)
        if not (agrees and at_ease):
            doubted = self._doubted(plan, data, said, plain, agrees=agrees)
            if doubted is not None:
                return doubted
        verdict = self._short.judge(said, now)
        if verdict is not _NEWS:
            return self._late(plan, data, plain, verdict)
        if at_ease:
            return walk(plan, plain, 0)
        device.proves(FORMAT, device.checked)
        reading = walk(plan, plain, 0)
        return (
            reading._replace(reason=Reason.UNCHECKED) if device.unchecked else reading
        )

    def _doubted(
        self, plan: Plan, data: bytes, said: bytes, plain: bytes, *, agrees: bool
    ) -> Reading | None:
        """Return what is said of a v2/v3 frame that is not believed; None of one that is."""
        device = self._device
        if agrees and self._short.heard(said):
            # That it agrees is no news either.
            return self._late(plan, data, plain, CounterVerdict.STALE)
        if agrees:
            believed = device.check_agrees(new=self._short.is_new(said))
            if not believed:
                self._short.refuse(said)
        else:
            believed = device.check_disagrees(sensible=sensible(plan.spec, plain))
        return None if believed else self._refused(plan, data)

    def _unopened(self, plan: Plan, data: bytes, at: int) -> Reading:
        if len(data) - at < plan.shortest:
            return rejected(Reason.SHORT, plan)
        if self._device.cipher is None:
            outcome = self._device.locked(self._entry, data, FORMAT)
            return sealed_reading(outcome, plan)
        return rejected(Reason.NO_MAC, plan)

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
        reading = walk(plan, plain, 0)
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
            opened = self._open if plan.modern else self._open_legacy
            reading = opened(plan, data, at, now)
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


def _unfit(data: bytes) -> Reading:
    return rejected(Reason.LONG if len(data) > LONGEST else Reason.SHORT)
