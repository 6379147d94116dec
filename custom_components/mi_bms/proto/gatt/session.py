"""Read a battery: connect a family's dialogues with a connection that the caller opened.

One ``Session`` serves one device over any number of connections. On each new connection it chooses
the wire, subscribes and logs in; every ``read`` then runs one poll. A sample is complete or
there is none. What was learned of a device (write type, protocol variant) is kept in a ``Memory``
owned by the caller, so a fresh session per poll is as good as one for ever.
"""

import asyncio
from collections.abc import Callable, Iterable
import contextlib
from dataclasses import fields, replace
import time
from typing import Final

from ..bms.alarms import Alarm
from ..bms.codec import Draft
from ..bms.contract import Ask, Context, Dialogue, Family, Read, Talk
from ..bms.correct import Correction
from ..bms.derive import finish
from ..bms.raw import text
from ..bms.uuids import expand
from ..model.errors import (
    AuthNeeded,
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
from .line import Device, Line, Memory, fitting_wires
from .link import GattLink
from .runner import Runner

__all__ = ["Device", "Memory", "Session", "merge_info", "probe", "read_device_info"]

# Good polls, after one without an answer, that repeat questions more often.
DEAF_POLLS: Final = 10
DIAGNOSE_EVERY: Final = 500  # polls, if nothing else calls for the extras
PROBE_TRIES: Final = 2

# Device information service: characteristic -> field.
_INFO: Final = {
    "2a24": "model",
    "2a25": "serial_number",
    "2a26": "fw_version",
    "2a27": "hw_version",
    "2a28": "sw_version",
    "2a29": "manufacturer",
}

type _At = tuple[GattLink, Device, str | None]  # and the password


async def read_device_info(link: GattLink) -> DeviceInfo:
    """Return the standard device information (service 180A), as far as the device has it."""
    return await Runner(link, name=expand).run(_info())


def _info() -> Talk[DeviceInfo]:
    found = {}
    for short, name in _INFO.items():
        # One that wants a pairing to be read says nothing of the others.
        with contextlib.suppress(PairingNeeded):
            if (value := (yield Read(short, optional=True))) is not None:
                found[name] = text(value)
    return DeviceInfo(**found)


def merge_info(base: DeviceInfo, better: DeviceInfo) -> DeviceInfo:
    """Return ``base``, replaced by what ``better`` knows."""
    known = {item.name: getattr(better, item.name) for item in fields(better)}
    return replace(
        base, **{name: value for name, value in known.items() if value is not None}
    )


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
            measured_at = self._measured_at or now()
            self.memory.deaf = max(0, self.memory.deaf - 1)
            await self._extras(at, frozenset(draft.alarms))
            draft.counters = {**self.memory.counters, **draft.counters}
            self.memory.polls += 1
            self.correction.apply(draft)
            self.age = now() - measured_at
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

    async def switch(
        self,
        link: GattLink,
        device: Device,
        wanted: dict[Field, bool],
        secret: str | None = None,
    ) -> dict[Field, bool]:
        """Switch FETs on or off by the user's decision; return what the device acknowledged."""
        control = self.family.control
        if (
            control is None
            or not wanted
            or any(name not in self.family.controls for name in wanted)
        ):
            raise Unsupported("control")
        async with self._lock:
            at = link, device, secret
            draft = await self._bounded(at, lambda context: control(context, wanted))
        return {name: bool(draft.values[name]) for name in wanted}

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

    async def _bounded[T](self, at: _At, talk: Dialogue[T]) -> T:
        """Run a dialogue on a ready line within the family's deadline."""
        link, device, secret = at
        line = self._open(link, device)
        line.context.now, line.context.secret = int(self._clock()), secret or None
        line.context.heard = self._heard
        try:
            return await line.runner.run(line.talk(talk), self.family.pacing.deadline)
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


async def probe(
    link: GattLink,
    device: Device,
    families: Iterable[Family],
    *,
    clock: Callable[[], float] = time.time,
) -> str | None:
    """Return the family of a device, found by asking; only read-only questions, the first valid answer decides.

    The order of ``families`` is the order of asking. Returns the id, or None when nothing fits; a device
    that wants a password first raises ``AuthNeeded``, one that wants a pairing ``PairingNeeded``.
    """
    line: Line | None = None
    refused: PairingNeeded | None = None
    for family in families:
        if family.probe is None:
            continue
        try:
            wire = fitting_wires(family, link)[0]
        except Unsupported:
            continue
        line = Line(family, link, device, wire, Memory(), before=line)
        line.context.now = int(clock())
        try:
            await line.runner.run(_first(line, family.probe))
        except FrameError, NoAnswer:
            continue
        except PairingNeeded as err:
            if err.code is None:
                raise
            # What one family writes to may be closed, what the next one writes to open.
            refused = err
        else:
            return family.id
    if refused is not None:
        raise refused
    return None


def _first(line: Line, question: Ask) -> Talk[None]:
    """Ask a family's first question."""
    yield from line.subscribe()
    yield replace(question, tries=PROBE_TRIES, optional=False)
