"""Read one battery: bytes come in over a link that is new or held, a believed sample goes out.

The family's session asks and decodes, the gate refuses what no battery can have. What is learned on
the way (which questions it answers, its counters, what was refused) is remembered here; how the
battery stands because of it is its record's business.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
import contextlib
from dataclasses import dataclass, replace
import logging
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_PASSWORD
from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util

from ..bluetooth.adverts import last_advert
from ..bluetooth.connection import CONNECT_ATTEMPTS, OpenLink
from ..bluetooth.held_connection import HeldLink
from ..bluetooth.scanners import describe, scanners
from ..proto.bms.contract import CELSIUS, Family
from ..proto.bms.control import Commands, Effect, Passphrase, Result, Switch, Target
from ..proto.bms.outlook import Outlook
from ..proto.bms.plausible import Gate
from ..proto.bms.settings.believed import kept
from ..proto.gatt.session import Device, Memory, Session
from ..proto.model.errors import LOST, Implausible, MiBmsError, Unreachable
from ..proto.model.reading import Value
from ..proto.model.sample import BmsSample
from ..proto.scheduler.battery import Battery
from ..proto.scheduler.decision import Order
from ..proto.scheduler.diagnosis import Diagnosis, diagnose
from ..proto.scheduler.events import Closed, Doubted, Event, Failed, Opened, Read
from ..proto.scheduler.facts import facts_of
from ..proto.scheduler.link_state import Failure, Phase, failure_of, reason_of
from ..proto.scheduler.pace import Flow, flow
from ..runtime import SHARED
from .options import BatterySettings

_LOGGER = logging.getLogger(__name__)

type Then = Callable[[BmsSample], Awaitable[BmsSample]]

STALE_AFTER: Final = 3  # failures after which a remembered GATT table is dropped


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchOrder:
    """What to write after ``sample`` was read, within ``budget`` seconds; ``word`` is the password for commands.

    ``may`` is asked right before each write.
    """

    target: Target
    on: bool
    sample: BmsSample
    budget: float
    may: Callable[[], bool]
    word: Passphrase | None = None


class Reader:
    """The reader of one battery, over a link of its own.

    ``failures`` counts by word why polls gave nothing, ``last_error`` is the last of these words, None
    after a good poll. ``left_out`` is what single places said last that no battery can have.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry[Any],
        battery: Battery,
        family: Family,
        settings: BatterySettings,
    ) -> None:
        """Prepare the session; nothing is read yet."""
        self._hass, self._entry, self._battery = hass, entry, battery
        self._family = family
        self._polls = hass.data[SHARED].polls
        self._link = HeldLink(hass, battery.address, self._link_turned)
        self._settings = settings
        self._memory = Memory()
        self._memory.notes[CELSIUS] = settings.celsius
        self._session = Session(
            family,
            memory=self._memory,
            clock=lambda: dt_util.utcnow().timestamp(),
            correction=settings.correction,
        )
        self._read_over: OpenLink | None = None
        self._forgotten = False  # the table of services, since the last good poll
        self.gate = Gate()
        self.outlook = Outlook()
        self.polls = 0
        self.failures: Counter[str] = Counter()
        self.last_error: str | None = None
        self.left_out: dict[str, Value] = {}
        self.age = 0.0  # s, of the last sample's current when it was complete

    def restore(self, sample: BmsSample, at: float, *, same: bool) -> None:
        """Go on from what an earlier run read at a time; ``same``: it was corrected as it is now."""
        # Counters and settings are read once in a while only.
        self._memory.counters = dict(sample.counters)
        self._memory.settings = kept(sample)
        # What was corrected otherwise is no measure for what is read next.
        if same:
            self.gate.restore(sample, at)
            self.outlook.restore(sample, at)

    def follow(self, settings: BatterySettings) -> bool:
        """Follow options that were changed; return whether values are now read in another way."""
        before, self._settings = self._settings, settings
        if settings.read_as(self._family.id) == before.read_as(self._family.id):
            return False
        self._session.correction = settings.correction
        self._memory.notes[CELSIUS] = settings.celsius
        # What was corrected otherwise is no measure for what is read next.
        self.gate.forget()
        self.outlook.rescale(settings.correction.factor / before.correction.factor)
        return True

    async def async_read(self, order: Order, then: Then) -> BmsSample | None:
        """Return what the battery says now, None where that could not be read or believed.

        ``then`` goes on over the same link and may have read later. How it ended is told to the battery
        and to the scheduler, whatever it was: they wait for it.
        """
        self.polls += 1
        begun = self._polls.now()
        event: Event = Failed(failure=Failure.LOST)
        try:
            sample = await self._async_poll(order)
            # What comes then says nothing of how long it takes to read.
            seconds = self._polls.now() - begun
            sample = await then(sample)
        except Implausible as err:
            # It does answer: the link stays open, for a second look.
            self._count(err)
            event = Doubted(seconds=self._polls.now() - begun)
        except MiBmsError as err:
            await self.async_close()
            # Else it was closed because somebody wished so.
            if self._battery.phase is Phase.READING:
                self._count(err)
            event = Failed(failure=failure_of(err))
        except BaseException:
            await self.async_close()
            raise
        else:
            self.last_error, self._forgotten = None, False
            self.left_out |= sample.left_out
            idle = flow(sample) is Flow.IDLE
            event = Read(seconds=seconds, idle=idle)
            return sample
        finally:
            self._polls.apply(self._battery.address, event)
            if self._battery.phase is Phase.HELD and not self._link.is_open:
                # It broke after the reading.
                self._polls.apply(self._battery.address, Closed())
            self._polls.kick()
        return None

    async def _async_poll(self, order: Order) -> BmsSample:
        # One that failed lately, or that somebody holds, is likely to fail again: a single attempt
        # keeps the scanner free for the others.
        opened = await self._link.async_open(1 if order.gentle else CONNECT_ATTEMPTS)
        device = self._device
        secret = self._secret
        sample = await opened.use(self._session.read(opened.link, device, secret))
        if not sample.cells and self.gate.good is not None and self.gate.good.cells:
            # They got lost on the way: without them it would be refused.
            sample = await opened.use(self._session.read(opened.link, device, secret))
        self._read_over, self.age = opened, self._session.age
        if self._family.alive is not None:
            self._link.say_often(
                lambda: self._keep_alive(opened, device, secret),
                self._family.alive_every,
            )
        return self.gate.take(sample, self._polls.now(), self._memory.raw)

    def diagnose(self) -> Diagnosis:
        """Return why the battery cannot be reached and what helps."""
        scheduler = self._polls.scheduler
        found = describe(
            self._hass,
            self._battery.address,
            self._polls.addresses,
            troubled=scheduler.sick,
        )
        facts = facts_of(
            self._battery,
            self._polls.now(),
            found,
            has_password=CONF_PASSWORD in self._entry.data,
            reserve=scheduler.settings.reserve,
        )
        return diagnose(facts)

    @property
    def _device(self) -> Device:
        address = self._battery.address
        info = last_advert(self._hass, address, connectable=True)
        return Device(name=info.name if info else "", address=address)

    @property
    def _secret(self) -> str | None:
        """Return the password that it is read with; the one for commands is said for commands alone."""
        secret: str | None = self._entry.data.get(CONF_PASSWORD)
        return secret

    def offers(self, *, experimental: bool) -> tuple[Switch, ...]:
        """Return what can be switched, as far as is known of this battery."""
        return self._session.offers(experimental=experimental)

    async def async_commands(self) -> Commands:
        """Return what the battery tells of commands only when it is asked for them, over the link of a reading."""
        opened = await self._link.async_open(1)
        asked = self._session.commands(opened.link, self._device, self._secret)
        return await opened.use(asked)

    async def async_switch(self, order: SwitchOrder) -> Result:
        """Write a command over the link that was just read over, and return what came of it.

        Errors are those of ``Session.switch``: nothing was written. A link that breaks is opened once more, to
        find out what came of it; over another one than was read over nothing is written.
        """
        end = self._polls.now() + order.budget
        opened = self._read_over
        if opened is None or not opened.is_open:
            raise Unreachable(LOST)
        try:
            result = await opened.use(
                self._session.switch(
                    opened.link,
                    self._device,
                    order.target,
                    order.on,
                    order.sample,
                    self._secret,
                    budget=order.budget,
                    word=order.word,
                    may=order.may,
                )
            )
        except Unreachable:
            # It may have been written by then.
            result = Result(effect=Effect.UNKNOWN, sent=1)
        result = self._believed(result)
        left = end - self._polls.now()
        # A link that broke, or a reading that nobody can believe, may not be the last word.
        seen = result.sample is not None and self._link.is_open
        if result.effect is Effect.UNKNOWN and not seen and left > 0:
            result = self._believed(await self._async_found_out(order, result, left))
        return result

    async def _async_found_out(
        self, order: SwitchOrder, result: Result, left: float
    ) -> Result:
        if self._battery.phase is not Phase.READING:
            # Somebody else is to have the battery.
            return result
        end = self._polls.now() + left
        try:
            async with asyncio.timeout(left):
                opened = await self._link.async_open(1)
                return await opened.use(
                    self._session.read_back(
                        opened.link,
                        self._device,
                        order.target,
                        order.on,
                        order.sample,
                        result,
                        self._secret,
                        budget=end - self._polls.now(),
                    )
                )
        except MiBmsError, TimeoutError:
            return result

    def _believed(self, result: Result) -> Result:
        """Return a result without a reading that no battery can give: such a one proves nothing."""
        if result.sample is None:
            return result
        try:
            sample = self.gate.take(result.sample, self._polls.now(), self._memory.raw)
        except Implausible as err:
            self._count(err)
            return replace(result, effect=Effect.UNKNOWN, held_by=(), sample=None)
        return replace(result, sample=sample)

    def _keep_alive(self, opened: OpenLink, device: Device, secret: str | None) -> None:
        async def say() -> None:
            with contextlib.suppress(MiBmsError):
                await opened.use(self._session.keep_alive(opened.link, device, secret))

        # A read that is under way keeps the link alive by itself.
        if self._battery.phase is Phase.HELD:
            self._entry.async_create_background_task(
                self._hass, say(), f"keep alive {self._battery.address}"
            )

    @callback
    def _link_turned(self, is_open: bool) -> None:
        """Tell the record that the link opened or ended; a read that it breaks fails by itself, too."""
        was_held = self._battery.phase is Phase.HELD
        event = Opened(self._holder()) if is_open else Closed()
        self._polls.apply(self._battery.address, event)
        if was_held:
            self._polls.kick()

    def _holder(self) -> str | None:
        """Return the scanner that holds the link, None where no scanner tells."""
        address = self._battery.address
        found = scanners(self._hass, (address,))
        return next((one.source for one in found if address in one.allocated), None)

    def _count(self, err: MiBmsError) -> None:
        self.last_error = reason_of(err)
        self.failures[self.last_error] += 1
        _LOGGER.debug("%s could not be read: %s", self._entry.title, self.last_error)

    @callback
    def async_stop(self) -> None:
        """End the messages that keep the link alive."""
        self._link.be_silent()

    async def async_close(self) -> None:
        """Close the link, whatever it does."""
        # After several failures in a row its handles may have moved; more than once is no use.
        stale = self._link.is_open and self._battery.failures >= STALE_AFTER
        forget = stale and not self._forgotten
        self._forgotten |= forget
        await self._link.async_close(forget=forget)
