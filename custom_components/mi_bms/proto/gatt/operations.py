"""Do a list of operations on one connection: read, write, collect notifications.

The whole list is checked before the first one is done, so that a list with a mistake writes nothing.
Nothing is done twice: only the user knows what it means to a device.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Final

from ..model.errors import LOST, MiBmsError, Unreachable
from ..model.steps import Listening, Notification, Read, Subscribe, Wait, Write
from .link import GattLink
from .runner import Runner

LONGEST_VALUE: Final = 512  # bytes that a characteristic can hold
MOST_NOTIFICATIONS: Final = 500

_WRITE: Final = "write"
_SILENT: Final = "write-without-response"
_SPEAKS: Final = frozenset({"notify", "indicate"})


class Code(IntEnum):
    """What can go wrong, with the numbers of Tasmota's driver."""

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
    """What an operation does."""

    READ = "read"
    WRITE = "write"
    NOTIFY = "notify"


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation that the user asked for; UUIDs are full lower-case strings.

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
        """Return whether it changes something in the device."""
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


class OperationFailed(MiBmsError):
    """An operation that failed: ``number`` counts from 1, ``reason`` is one short word."""

    def __init__(self, number: int, code: Code, reason: str, what: str = "") -> None:
        """Keep where it failed, why, and the UUID or the size that it is about."""
        super().__init__(reason)
        self.number, self.code, self.reason, self.what = number, code, reason, what


class Impossible(OperationFailed):
    """An operation that this device cannot do, found before the first one was done."""


def check(link: GattLink, operations: Sequence[Operation]) -> None:
    """Raise ``Impossible`` for the first operation that this device cannot do."""
    for number, one in enumerate(operations, 1):
        for uuid in dict.fromkeys((one.where, one.target)):
            _find(link, number, one, uuid)
        can = link.properties(one.where)
        if one.do is Do.READ and "read" not in can:
            raise Impossible(number, Code.NOT_READ, "not_readable", one.where)
        if one.do is Do.NOTIFY and _SPEAKS.isdisjoint(can):
            raise Impossible(number, Code.CANNOT_NOTIFY, "cannot_notify", one.where)
        if one.data is not None:
            _check_write(link, number, one, one.data)


def _find(link: GattLink, number: int, one: Operation, uuid: str) -> None:
    if uuid in link.characteristics:
        return
    known = {name.partition("/")[0] for name in link.characteristics if "/" in name}
    if one.service and one.service not in known:
        raise Impossible(number, Code.NO_SERVICE, "no_service", one.service)
    raise Impossible(number, Code.NO_CHARACTERISTIC, "no_characteristic", uuid)


def _check_write(link: GattLink, number: int, one: Operation, data: bytes) -> None:
    can = link.properties(one.target)
    ways = {True: {_WRITE}, False: {_SILENT}, None: {_WRITE, _SILENT}}
    if ways[one.response].isdisjoint(can):
        raise Impossible(number, Code.NOT_WRITABLE, "not_writable", one.target)
    most = LONGEST_VALUE if _confirmed(link, one) else link.max_write(one.target)
    if len(data) > most:
        raise Impossible(number, Code.NOT_WRITTEN, "too_many_bytes", str(most))


def _confirmed(link: GattLink, one: Operation) -> bool:
    if one.response is None:
        return _WRITE in link.properties(one.target)
    return one.response


class Batch:
    """Operations on one connection."""

    def __init__(self, link: GattLink) -> None:
        """Take an open link."""
        self._link = link
        self._at: tuple[int, Operation] | None = None

    async def run(self, operations: Sequence[Operation]) -> list[list[bytes]]:
        """Do all operations and return of each the value read, the notifications, or nothing for a write.

        Raises ``Impossible`` before the first one if any cannot be done, ``OperationFailed`` when one fails,
        ``Unreachable`` when the link breaks; ``broken`` says at what.
        """
        check(self._link, operations)
        return await Runner(self._link).run(self._talk(operations))

    @property
    def broken(self) -> OperationFailed | None:
        """Return what it means that the link broke now; None before the first operation."""
        if self._at is None:
            return None
        number, one = self._at
        if one.writes:
            # Nobody knows what the device took before it left.
            return OperationFailed(number, Code.CONNECTION, "left_writing", one.target)
        return OperationFailed(number, Code.CONNECTION, "left", one.where)

    def _talk(self, operations: Sequence[Operation]) -> Listening[list[list[bytes]]]:
        brought = []
        for number, one in enumerate(operations, 1):
            self._at = number, one
            brought.append((yield from _do(number, one)))
        return brought


def _do(number: int, one: Operation) -> Listening[list[bytes]]:
    if one.do is Do.READ:
        refusal = OperationFailed(number, Code.NOT_READ, "not_read", one.where)
        value = yield from _step(Read(one.where), refusal)
        return [value] if isinstance(value, bytes) else []
    if one.do is Do.NOTIFY:
        refusal = OperationFailed(
            number, Code.CANNOT_NOTIFY, "not_subscribed", one.where
        )
        yield from _step(Subscribe(one.where), refusal)
        # What came before was no answer to this one.
        yield Wait(0.0, MOST_NOTIFICATIONS, one.where)
    if one.data is not None:
        refusal = OperationFailed(number, Code.NOT_WRITTEN, "not_written", one.target)
        yield from _step(Write(one.data, one.target, one.response), refusal)
    if one.do is Do.WRITE:
        return []
    most = min(one.count or MOST_NOTIFICATIONS, MOST_NOTIFICATIONS)
    heard = yield Wait(one.seconds, most, one.where)
    if not heard:
        raise OperationFailed(
            number, Code.NO_NOTIFICATION, "silent", f"{one.seconds:g}"
        )
    return [said.data for said in heard if isinstance(said, Notification)]


def _step(
    step: Read | Write | Subscribe, refusal: OperationFailed
) -> Listening[object]:
    """Take a step; raises ``refusal`` where the device, still connected, does not want it."""
    try:
        return (yield step)
    except Unreachable as err:
        if err.reason == LOST:
            raise
        raise refusal from err
