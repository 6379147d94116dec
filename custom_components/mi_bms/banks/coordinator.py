"""The coordinator of a bank: what its members post goes in, a view for the entities comes out.

A bank connects to nothing. It is worked out anew when a member was read, at most once a second, and when
a member has not been read for so long that it no longer counts.
"""

from collections.abc import Iterable
from datetime import datetime
import logging
from math import inf, isfinite
from typing import Any, Final

from homeassistant.config_entries import (
    SIGNAL_CONFIG_ENTRY_CHANGED,
    ConfigEntry,
    ConfigEntryChange,
)
from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.event import async_call_later
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator
from homeassistant.util import dt as dt_util

from ..const import CLOCKS_APART, CONF_METER, DOMAIN
from ..proto.bank.bank import Bank
from ..proto.bank.metering import BankMetering, Instant
from ..proto.bank.view import BankView
from ..proto.bank.wiring import Wiring, parts_of
from ..proto.energy.day import Day
from ..proto.model.sample import BmsSample
from ..proto.publish.news import BatteryNews
from ..runtime import SAVE_NEWS, SHARED
from ..texts import Words
from ..window.keeper import WindowKeeper
from .charge_window import BankCharge
from .members import (
    CONF_LENGTH,
    CONF_MEMBERS,
    CONF_NAMES,
    CONF_WIRING,
    absence_of,
    names_of,
    said_by,
)
from .options import ESTIMATES, PARTIAL, TOGETHER
from .switching import BankSwitching

_LOGGER = logging.getLogger(__name__)

PAUSE: Final = 1.0  # s between two times that a bank is worked out, at least
TELL_EVERY: Final = (
    10.0  # s; each of many batteries changes the bank, which is no reading of its own
)
_LATER: Final = 0.1  # s after the end of a sample, when it surely is over


class BankCoordinator(DataUpdateCoordinator[BankView]):
    """The coordinator of one bank; ``names`` is how its members are called."""

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry[Any], words: Words
    ) -> None:
        """Prepare a bank that nobody has told anything yet."""
        super().__init__(
            hass, _LOGGER, config_entry=entry, name=entry.title, update_interval=None
        )
        self.entry = entry
        self.bank_id = str(entry.unique_id)
        self.members: tuple[str, ...] = tuple(entry.data[CONF_MEMBERS])
        known = entry.data.get(CONF_NAMES, {})
        self.words = words
        self.names = names_of(hass, self.members, words, known)
        length = int(entry.data.get(CONF_LENGTH, 1))
        self._wiring = Wiring(entry.data[CONF_WIRING])
        self.bank = Bank(
            self._wiring,
            self.members,
            length=length,
            partial=PARTIAL.of(entry.options),
        )
        self.data = BankView()
        self.metering = BankMetering(self.members, in_a_row=self.bank.in_a_row)
        self.metering.meter.estimates = ESTIMATES.of(entry.options)
        self.closing = False  # what the meters show is to be written for the last time
        self.switching = BankSwitching(self)
        self.window = WindowKeeper(hass, entry, BankCharge(self))
        self._made_of = [str(self._wiring), str(length), *self.members]
        self._shared = hass.data[SHARED]
        self.clock = self._shared.polls.now
        self._worked_out: float | None = None
        self._told_at = -inf
        self._timer: CALLBACK_TYPE | None = None
        self._restore()

    @property
    def age(self) -> float:
        """Return how many seconds ago the newest of what it is made of was measured."""
        now = self.clock()
        return min((now - one.at for one in self.bank.last.values()), default=0.0)

    def called(self, members: Iterable[str]) -> list[str]:
        """Return the names of members."""
        return [self.names[one] for one in members]

    def _restore(self) -> None:
        stored = self._shared.kept.get(self.bank_id, {})
        meter: dict[str, Any] = stored.get(CONF_METER, {})
        at = dt_util.parse_datetime(stored.get("read_at") or "")
        if stored.get("made_of") != self._made_of:
            # Between the charges of different batteries nothing flowed.
            self.metering.meter.restore(meter)
            self.metering.meter.cut()
            return
        self.metering.meter.restore(meter)
        if at is not None:
            age = (dt_util.utcnow() - at).total_seconds()
            if age >= -CLOCKS_APART:
                now = self.clock() - max(age, 0.0)
                self.bank.restore(BmsSample.from_json(stored), now)

    def snapshot(self) -> dict[str, Any] | None:
        """Return what is kept for the next start; what was shown last stays while nothing is."""
        kept = self._shared.kept.get(self.bank_id, {})
        if self.data.available:
            at = dt_util.utcnow().isoformat()
            kept = self.data.sample.to_json() | {"read_at": at}
        meter = self.metering.meter.state()
        return kept | {CONF_METER: meter, "made_of": self._made_of}

    def today(self) -> Day:
        """Return how much of the day was measured until now."""
        now = self._moment()
        asleep = bool(self.data.read) and self.bank.asleep
        return self.metering.meter.day(now.mono, now.wall, now.midnight, asleep=asleep)

    def _moment(self) -> Instant:
        return Instant(
            mono=self.clock(),
            wall=dt_util.utcnow().timestamp(),
            midnight=dt_util.start_of_local_day().timestamp(),
        )

    @callback
    def async_watch(self) -> CALLBACK_TYPE:
        """Begin to follow the members; return what ends that."""
        addresses = {parts_of(one)[0] for one in self.members}
        for member in self.members:
            self._take(member)
        self._work_out()

        @callback
        def posted(address: str) -> None:
            if address in addresses:
                for member in self.members:
                    if parts_of(member)[0] == address:
                        self._take(member)
                self._soon()

        @callback
        def changed(_change: ConfigEntryChange, entry: ConfigEntry[Any]) -> None:
            # Of one that is switched off or removed nothing is posted.
            if entry.domain == DOMAIN and entry.unique_id in addresses:
                self._soon()

        stops = [
            async_dispatcher_connect(self.hass, SIGNAL_CONFIG_ENTRY_CHANGED, changed),
            self._shared.board.listen(posted),
            self._shared.keep(self.bank_id, self.snapshot),
        ]
        if TOGETHER.of(self.entry.options):
            stops.append(self._shared.polls.together(addresses))

        @callback
        def stop() -> None:
            for one in stops:
                one()
            self._wait_no_more()

        return stop

    def _take(self, member: str) -> None:
        post = self._shared.board.posts.get(parts_of(member)[0])
        said = said_by(self.hass, member)
        if post is None or said is None or (last := post.last) is None:
            self.bank.withdraw(member)
        else:
            self.bank.update(
                member,
                said,
                last.at,
                interval=last.interval,
                asleep=last.asleep,
                factor=last.factor,
            )

    # --- when it is worked out -----------------------------------------------------------------

    def _soon(self) -> None:
        now = self.clock()
        if self._worked_out is None or now - self._worked_out >= PAUSE:
            self._work_out()
        else:
            self._later(self._worked_out + PAUSE - now)

    def _later(self, seconds: float) -> None:
        self._wait_no_more()
        job = HassJob(self._look, f"{DOMAIN} bank", cancel_on_shutdown=True)
        self._timer = async_call_later(self.hass, seconds, job)

    def _wait_no_more(self) -> None:
        if self._timer is not None:
            self._timer()
            self._timer = None

    @callback
    def _look(self, _now: datetime) -> None:
        self._timer = None
        self._work_out()

    def _work_out(self) -> None:
        now = self._worked_out = self.clock()
        told = {
            one: why
            for one in self.members
            if (why := absence_of(self.hass, one)) is not None
        }
        self.data = self.bank.view(now, told)
        end = self.bank.expires(now)
        if isfinite(end):
            self._later(max(end - now, 0.0) + _LATER)
        self.metering.take(self.bank.last, self.data, self._moment())
        self._shared.async_save_soon(SAVE_NEWS)
        self.async_update_listeners()
        if self.data.available and now - self._told_at >= TELL_EVERY:
            self._told_at = now
            self._shared.feed.tell(
                BatteryNews(
                    address=self.bank_id,
                    entry_id=self.entry.entry_id,
                    title=self.entry.title,
                    at=dt_util.utcnow().timestamp(),
                    sample=self.data.sample,
                )
            )

    # --- its device ----------------------------------------------------------------------------

    @callback
    def async_list_members(self) -> None:
        """Have the bank's device list the devices of its members, and no others.

        Packs are parts of their battery's device: for them, that one is listed.
        """
        registry = dr.async_get(self.hass)
        bank = registry.async_get_device_by_identifier(
            (DOMAIN, self.bank_id), self.entry.entry_id
        )
        if bank is None:
            return
        wanted = {parts_of(one)[0] for one in self.members}
        for device in [*registry.devices]:
            ours = {one for domain, one in device.identifiers if domain == DOMAIN}
            listed = device.via_device_id == bank.id
            member = not ours.isdisjoint(wanted)
            if member and device.via_device_id is None:
                registry.async_update_device(device.id, via_device_id=bank.id)
            elif listed and not member:
                registry.async_update_device(device.id, via_device_id=None)
