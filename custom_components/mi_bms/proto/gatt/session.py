"""Read a battery: connect a family's dialogues with a connection that the caller opened.

One ``Session`` serves one device over any number of connections. On each new connection it chooses
the wire, subscribes and logs in; every ``read`` then runs one poll. A sample is complete or
there is none. What was learned of a device (write type, protocol variant) is kept in a ``Memory``
owned by the caller, so a fresh session per poll is as good as one for ever.
"""

import asyncio
from collections.abc import Callable
import contextlib
from dataclasses import replace
import time
from typing import Final

from ..bms.alarms import Alarm
from ..bms.codec import Draft
from ..bms.contract import Context, Dialogue, Family, Talk
from ..bms.control import Commands, Control, Passphrase, Result, Switch, Target
from ..bms.correct import Correction
from ..bms.derive import finish
from ..bms.settings.believed import believed
from ..model.errors import (
    AuthNeeded,
    AuthRejected,
    FrameError,
    MiBmsError,
    NoAnswer,
    PairingNeeded,
    Unreachable,
    Unsupported,
)
from ..model.fields import Field
from ..model.sample import BmsSample, DeviceInfo
from .inbox import now
from .information import merge_info, read_device_info
from .line import Device, Line, Memory, fitting_wires
from .link import GattLink
from .switching import Attempt, act, read_back

__all__ = ["Device", "Memory", "Session"]

# Good polls, after one without an answer, that repeat questions more often.
DEAF_POLLS: Final = 10
DIAGNOSE_EVERY: Final = 500  # polls, if nothing else calls for the extras
# How long settings hold, how long a battery that told none is left alone, and the most that they take (s).
SETTINGS_EVERY: Final = 86_400.0
SETTINGS_REST: Final = 3600.0
SETTINGS_WITHIN: Final = 8.0

type _At = tuple[GattLink, Device, str | None]  # and the password


class Session:
    """The conversations with one device of a known family; each call is handed the connection."""

    def __init__(
        self,
        family: Family,
        *,
        memory: Memory | None = None,
        clock: Callable[[], float] = time.time,
        correction: Correction | None = None,
    ) -> None:
        """Take the family, what is known of the device, a clock in unix seconds and corrections."""
        self.family = family
        self.correction = correction or Correction()
        self.memory = Memory() if memory is None else memory
        self._clock = clock
        self.age = 0.0  # s, of the last sample's current when it was complete
        self._measured_at: float | None = None
        self._line: Line | None = None
        self._lock = asyncio.Lock()

    async def read(
        self, link: GattLink, device: Device, secret: str | None = None
    ) -> BmsSample:
        """Poll once; return a complete sample or raise one of the errors of ``model.errors``."""
        at = link, device, secret
        async with self._lock:
            self._measured_at = None
            try:
                draft = await self._polled(at)
            except NoAnswer:
                if self.memory.polls:
                    self.memory.deaf = DEAF_POLLS
                raise
            # What a dialogue does not tell was said last.
            self._measured_at = self._measured_at or now()
            self.memory.deaf = max(0, self.memory.deaf - 1)
            await self._extras(at, frozenset(draft.alarms))
            await self._read_settings(at, draft)
            self.memory.polls += 1
            return self._made(draft)

    def _made(self, draft: Draft) -> BmsSample:
        """Make the sample of a complete draft, and note how old it is."""
        draft.counters = {**self.memory.counters, **draft.counters}
        self.correction.apply(draft)
        draft.values = {**self.memory.settings, **draft.values}
        self.age = now() - (self._measured_at or now())
        self._measured_at = None
        return finish(draft, self.family.never)

    def _heard(self, draft: Draft) -> None:
        """Note when the answer came that held the current."""
        if self._measured_at is None and Field.CURRENT in draft.values:
            self._measured_at = now()

    async def _polled(self, at: _At) -> Draft:
        """Poll; a device that never spoke and has several wires is tried on each."""
        wires = fitting_wires(self.family, at[0])
        for _ in wires[1:] if not self.memory.polls else ():
            try:
                return await self._bounded(at, self.family.poll)
            except NoAnswer:
                self.memory.wire = (self.memory.wire + 1) % len(wires)
        return await self._bounded(at, self.family.poll)

    async def identify(
        self, link: GattLink, device: Device, secret: str | None = None
    ) -> DeviceInfo:
        """Return what the device says of itself: standard characteristics, then the family's own words."""
        async with self._lock:
            info = (
                await read_device_info(link)
                if self.family.standard_info
                else DeviceInfo()
            )
            if self.family.inform is None:
                return info
            try:
                draft = await self._bounded((link, device, secret), self.family.inform)
            except FrameError, NoAnswer, Unsupported:
                if info == DeviceInfo():
                    raise
                return info
            return merge_info(info, DeviceInfo(**draft.info))

    async def meet(
        self, link: GattLink, device: Device, secret: str | None = None
    ) -> BmsSample:
        """Return the first sample, with what the battery says of itself."""
        sample = await self.read(link, device, secret)
        try:
            info = await self.identify(link, device, secret)
        except FrameError, NoAnswer, PairingNeeded:
            # Many boards do not know the question; their values are what counts.
            return sample
        return replace(sample, info=merge_info(info, sample.info))

    async def log_in(
        self, link: GattLink, device: Device, secret: str | None = None
    ) -> None:
        """Subscribe and log in, without polling."""
        async with self._lock:
            await self._bounded((link, device, secret), _silence)

    async def diagnose(
        self, link: GattLink, device: Device, secret: str | None = None
    ) -> dict[str, int]:
        """Return the lifetime counters; raises ``Unsupported`` when the family has none."""
        if self.family.diagnose is None:
            raise Unsupported("diagnose")
        async with self._lock:
            draft = await self._bounded((link, device, secret), self.family.diagnose)
        self.memory.counters = draft.counters
        return dict(draft.counters)

    def offers(self, *, experimental: bool) -> tuple[Switch, ...]:
        """Return what can be switched, as far as is known of this battery."""
        control = self.family.control
        offered = control.offers(experimental=experimental) if control else ()
        return tuple(
            one
            for one in offered
            if control and control.fits(self.memory.notes, one.target)
        )

    async def commands(
        self, link: GattLink, device: Device, secret: str | None = None
    ) -> Commands:
        """Return the commands that the battery tells when it is asked for them; nothing for most families."""
        control = self.family.control
        if control is None or control.ask is None:
            return {}
        async with self._lock:
            return await self._bounded((link, device, secret), control.ask)

    async def switch(
        self,
        link: GattLink,
        device: Device,
        target: Target,
        on: bool,
        sample: BmsSample,
        secret: str | None = None,
        *,
        budget: float,
        word: Passphrase | None = None,
        factory_password: bool = False,
        may: Callable[[], bool] = lambda: True,
    ) -> Result:
        """Switch by the user's decision, after ``sample`` was read on the same connection; ends within ``budget`` s.

        Once something was written every end is a result, and errors are those of ``switching.act``:
        an unknown one may still be found out by ``read_back``. ``word`` is the password for commands, else the
        one that it is read with; ``factory_password`` allows to try the maker's own where none is given.
        """
        control, attempt = (
            self._control(),
            Attempt(target=target, on=on, before=sample, may=may),
        )
        text = secret or (control.factory_password if factory_password else None)
        word = word or (Passphrase(text=text) if text else None)
        return await self._concluded(
            (link, device, secret),
            attempt,
            lambda context: act(
                self.family, control, attempt, context, self._made, word, budget
            ),
            budget,
        )

    async def read_back(
        self,
        link: GattLink,
        device: Device,
        target: Target,
        on: bool,
        sample: BmsSample,
        earlier: Result,
        secret: str | None = None,
        *,
        budget: float,
    ) -> Result:
        """Find out over a new connection what came of a command whose result is not known; writes nothing."""
        control = self._control()
        attempt = Attempt(
            target=target,
            on=on,
            before=sample,
            sent=earlier.sent,
            acknowledged=earlier.acknowledged,
            # Nothing that was said before comes over a new connection.
            certain=self._line is None or self._line.runner.link is not link,
        )
        return await self._concluded(
            (link, device, secret),
            attempt,
            lambda context: read_back(
                self.family, control, attempt, context, self._made, budget
            ),
            budget,
        )

    def _control(self) -> Control:
        """Return how the family is switched; raises ``Unsupported`` where that is not known."""
        if self.family.control is None:
            raise Unsupported("control")
        return self.family.control

    async def _concluded(
        self, at: _At, attempt: Attempt, talk: Dialogue[Result], budget: float
    ) -> Result:
        """Run the dialogue of a command; one that breaks off after it was written ends with what was seen so far."""
        async with self._lock:
            try:
                return await self._bounded(at, talk, budget)
            except AuthRejected, PairingNeeded:
                raise
            except MiBmsError:
                if not attempt.sent:
                    raise
                return attempt.so_far()

    async def keep_alive(
        self, link: GattLink, device: Device, secret: str | None = None
    ) -> None:
        """Keep a held connection from being closed by the device; does nothing for families that need no such thing."""
        alive = self.family.alive
        if alive is not None:
            async with self._lock:
                await self._bounded((link, device, secret), alive)

    async def _extras(self, at: _At, alarms: frozenset[Alarm]) -> None:
        """Read the extras with the second poll and when other alarms are active; a refusal is remembered."""
        diagnose, memory = self.family.diagnose, self.memory
        if diagnose is None or not memory.diagnose or not memory.polls:
            return
        if memory.polls % DIAGNOSE_EVERY != 1 and alarms == memory.alarms:
            return
        try:
            draft = await self._bounded(at, diagnose)
        except FrameError, NoAnswer, AuthNeeded, PairingNeeded:
            memory.diagnose = False
        except Unreachable:
            # The poll before is complete; the next connection will tell.
            return
        else:
            memory.counters, memory.alarms = draft.counters, alarms

    async def _read_settings(self, at: _At, polled: Draft) -> None:
        """Read the settings with the second poll, then once a day; whatever happens, the poll before is complete."""
        settings, memory, clock = self.family.settings, self.memory, self._clock()
        # A due time beyond that was noted before the clock was set back.
        rests = clock < memory.settings_due <= clock + SETTINGS_EVERY
        if settings is None or not memory.polls or rests:
            return
        memory.settings_due = clock + SETTINGS_REST
        with contextlib.suppress(MiBmsError):
            found = await self._bounded(at, settings, SETTINGS_WITHIN)
            if found.values:
                memory.settings = believed(found, polled)
                memory.settings_due = clock + SETTINGS_EVERY

    async def _bounded[T](
        self, at: _At, talk: Dialogue[T], within: float | None = None
    ) -> T:
        """Run a dialogue on a ready line within some seconds, else within the family's deadline."""
        link, device, secret = at
        line = self._open(link, device)
        line.context.now, line.context.secret = int(self._clock()), secret or None
        line.context.heard = self._heard
        try:
            return await line.runner.run(
                line.talk(talk), within or self.family.pacing.deadline
            )
        except MiBmsError:
            # The next call logs in anew: after a failure nothing is certain.
            self.memory.response.clear()
            line.ready = False
            raise

    def _open(self, link: GattLink, device: Device) -> Line:
        """Return the line of a connection."""
        wires = fitting_wires(self.family, link)
        wire = wires[self.memory.wire % len(wires)]
        line = self._line if self._line and self._line.runner.link is link else None
        if line is None or line.wire != wire:
            line = Line(self.family, link, device, wire, self.memory, before=line)
            self._line = line
        if line.ready:
            line.runner.inbox.clear(self.family.fresh)
        return line


def _silence(_context: Context) -> Talk[None]:
    """Ask nothing: subscribing and logging in is all that is wanted."""
    yield from ()
