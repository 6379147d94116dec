"""Do a list of steps on one connection: read, write, collect notifications.

The whole list is checked before its first step, so that a list with a mistake writes nothing.
Answers of a device in a row are bounded in number and size: one that floods ends its step early.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Final

from ..model.errors import MiBmsError, Unreachable
from .link import GattLink

LONGEST_VALUE: Final = 512  # bytes that a characteristic can hold
MOST_NOTIFICATIONS: Final = 500
MOST_BYTES: Final = 65_536  # of the notifications of one step

LOST: Final = "lost"  # the reason of a link that broke

_WRITE: Final = "write"
_SILENT: Final = "write-without-response"
_SPEAKS: Final = frozenset({"notify", "indicate"})


class Code(IntEnum):
    """Number what can go wrong, as Tasmota's driver does."""

    OK = 0
    CONNECTION = 1
    NO_SERVICE = 2
    NO_CHARACTERISTIC = 3
    NOT_READ = 4
    CANNOT_NOTIFY = 5
    NOT_WRITABLE = 6
    NOT_WRITTEN = 7
    NO_NOTIFICATION = 8


class Do(StrEnum):
    """Name what a step does."""

    READ = "read"
    WRITE = "write"
    NOTIFY = "notify"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Hold one step; UUIDs are full lower-case strings.

    ``response`` asks the device to confirm a write, None leaves that to what it can do. ``notify``
    collects for ``seconds`` or until there are ``count`` (None = as many as come), and writes
    ``data``, if there are any, to ``write_to`` (or the same characteristic) after listening began.
    """

    do: Do
    characteristic: str
    service: str | None = None
    data: bytes | None = None
    write_to: str | None = None
    response: bool | None = None
    seconds: float = 0.0
    count: int | None = None

    @property
    def writes(self) -> bool:
        """Return whether the step changes something in the device."""
        return self.data is not None

    @property
    def where(self) -> str:
        """Return the link's name of the characteristic."""
        return self._named(self.characteristic)

    @property
    def target(self) -> str:
        """Return the link's name of the characteristic that is written."""
        return self._named(self.write_to or self.characteristic)

    def _named(self, uuid: str) -> str:
        return f"{self.service}/{uuid}" if self.service else uuid


class Failed(MiBmsError):
    """Report a step that cannot be done: ``number`` counts from 1, ``reason`` is one short word."""

    def __init__(self, number: int, code: Code, reason: str, what: str = "") -> None:
        """Keep where it failed, why, and the UUID or the size that it is about."""
        super().__init__(reason)
        self.number, self.code, self.reason, self.what = number, code, reason, what


class Impossible(Failed):
    """Report a step that this device cannot do, found before the first one was done."""


def check(link: GattLink, steps: Sequence[Step]) -> None:
    """Raise ``Impossible`` for the first step that this device cannot do."""
    for number, step in enumerate(steps, 1):
        for uuid in dict.fromkeys((step.where, step.target)):
            _find(link, number, step, uuid)
        can = link.properties(step.where)
        if step.do is Do.READ and "read" not in can:
            raise Impossible(number, Code.NOT_READ, "not_readable", step.where)
        if step.do is Do.NOTIFY and _SPEAKS.isdisjoint(can):
            raise Impossible(number, Code.CANNOT_NOTIFY, "cannot_notify", step.where)
        if step.data is not None:
            _check_write(link, number, step, step.data)


def _find(link: GattLink, number: int, step: Step, uuid: str) -> None:
    if uuid in link.characteristics:
        return
    known = {name.partition("/")[0] for name in link.characteristics if "/" in name}
    if step.service and step.service not in known:
        raise Impossible(number, Code.NO_SERVICE, "no_service", step.service)
    raise Impossible(number, Code.NO_CHARACTERISTIC, "no_characteristic", uuid)


def _check_write(link: GattLink, number: int, step: Step, data: bytes) -> None:
    can = link.properties(step.target)
    ways = {True: {_WRITE}, False: {_SILENT}, None: {_WRITE, _SILENT}}
    if ways[step.response].isdisjoint(can):
        raise Impossible(number, Code.NOT_WRITABLE, "not_writable", step.target)
    most = LONGEST_VALUE if _confirmed(link, step) else link.max_write(step.target)
    if len(data) > most:
        raise Impossible(number, Code.NOT_WRITTEN, "too_many_bytes", str(most))


def _confirmed(link: GattLink, step: Step) -> bool:
    if step.response is None:
        return _WRITE in link.properties(step.target)
    return step.response


class Talk:
    """Run steps over one link; each characteristic is subscribed to once."""

    def __init__(self, link: GattLink) -> None:
        """Take an open link."""
        self._link = link
        self._heard: dict[str, deque[bytes]] = {}
        self._news = asyncio.Event()
        self._at: tuple[int, Step] | None = None

    async def run(self, steps: Sequence[Step]) -> list[list[bytes]]:
        """Do all steps; give per step the value read, the notifications, or nothing for a write.

        Raises ``Impossible`` before the first step if any cannot be done, ``Failed`` when one fails,
        ``Unreachable`` when the link breaks; ``broken`` says at what.
        """
        check(self._link, steps)
        brought = []
        for number, step in enumerate(steps, 1):
            self._at = number, step
            brought.append(await self._do(number, step))
        return brought

    @property
    def broken(self) -> Failed | None:
        """Return what it means that the link broke now; None before the first step."""
        if self._at is None:
            return None
        number, step = self._at
        if step.writes:
            # Nobody knows what the device took before it left.
            return Failed(number, Code.CONNECTION, "left_writing", step.target)
        return Failed(number, Code.CONNECTION, "left", step.where)

    async def _do(self, number: int, step: Step) -> list[bytes]:
        if step.do is Do.NOTIFY:
            return await self._collect(number, step)
        if step.do is Do.WRITE:
            await self._write(number, step)
            return []
        try:
            return [await self._link.read(step.where)]
        except Unreachable as err:
            _raise_lost(err)
            raise Failed(number, Code.NOT_READ, "not_read", step.where) from err

    async def _write(self, number: int, step: Step) -> None:
        if step.data is None:
            return
        try:
            await self._link.write(
                step.target, step.data, response=_confirmed(self._link, step)
            )
        except Unreachable as err:
            _raise_lost(err)
            raise Failed(number, Code.NOT_WRITTEN, "not_written", step.target) from err

    async def _collect(self, number: int, step: Step) -> list[bytes]:
        heard = await self._listen(number, step)
        # What came before this step was no answer to it.
        heard.clear()
        self._news.clear()
        await self._write(number, step)
        most = min(step.count or MOST_NOTIFICATIONS, MOST_NOTIFICATIONS)
        try:
            async with asyncio.timeout(step.seconds):
                while len(heard) < most and sum(map(len, heard)) < MOST_BYTES:
                    await self._news.wait()
                    self._news.clear()
        except TimeoutError:
            if not heard:
                raise Failed(
                    number, Code.NO_NOTIFICATION, "silent", f"{step.seconds:g}"
                ) from None
        return list(heard)[:most]

    async def _listen(self, number: int, step: Step) -> deque[bytes]:
        if (known := self._heard.get(step.where)) is not None:
            return known
        heard: deque[bytes] = deque(maxlen=MOST_NOTIFICATIONS)

        def notified(data: bytes) -> None:
            heard.append(data)
            self._news.set()

        try:
            await self._link.subscribe(step.where, notified)
        except Unreachable as err:
            _raise_lost(err)
            raise Failed(
                number, Code.CANNOT_NOTIFY, "not_subscribed", step.where
            ) from err
        self._heard[step.where] = heard
        return heard


def _raise_lost(err: Unreachable) -> None:
    if err.reason == LOST:
        raise err
