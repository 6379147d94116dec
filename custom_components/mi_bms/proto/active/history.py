"""Read a sensor's memory, over several connections if need be: each goes on where the last one broke.

A thermometer streams its records from an index on; a plant sensor is asked for one after the other,
the newest first. Nothing is erased.
"""

from dataclasses import dataclass, field as default
import math
from typing import Final

from ..gatt.link import GattLink
from ..gatt.runner import Use
from ..model.errors import FrameError, MiBmsError, NoAnswer, Unsupported
from ..model.fields import Field
from ..model.steps import Ask, Subscribe, Talk, Write
from . import codec, records
from .hold import hold
from .look import live
from .records import HOUR, History, Hour, StoredRecord
from .spec import (
    COUNT,
    INDEX,
    PLANT_MEMORY,
    PLANT_RECORD,
    PLANT_TIME,
    RECORDS,
    TIME,
    ActiveSpec,
    MemoryKind,
    Values,
)
from .wire import SPEAK, Now, carry_out, read

SILENCE: Final = 5.0  # s after which no further record comes
BEGIN: Final = bytes.fromhex("a00000")
ONE: Final = b"\xa1"
_SPARE: Final = 2  # hours more than asked for: the device's hours are not ours


@dataclass(slots=True)
class _Reader:
    """What all connections have brought; ``since`` and ``start`` in Unix seconds."""

    spec: ActiveSpec
    now: Now
    since: float | None
    start: float | None = None
    celsius: float | None = None
    received: dict[int, StoredRecord] = default(default_factory=dict)
    hours: dict[int, Hour] = default(default_factory=dict)
    next: int | None = None
    dropped: int = 0
    done: bool = False

    @property
    def progress(self) -> int:
        """Return how much has been read, to see whether a connection brought anything."""
        return len(self.received) + len(self.hours) + self.dropped

    # --- thermometers ----------------------------------------------------------------------

    def stream(self, link: GattLink) -> Talk[None]:
        """Read the records that a thermometer streams."""
        stored = records.stored((yield from read(COUNT)))
        if not stored.count:
            self.done = True
            return
        yield from self._begin(link)
        if self.next is None:
            self.next = self._first(stored)
        first = self.next
        yield Write(first.to_bytes(4, "little"), INDEX)
        yield Subscribe(RECORDS)
        patience = SPEAK
        while (
            data := (yield Ask(source=RECORDS, timeout=patience, optional=True))
        ) is not None:
            patience = SILENCE
            self._take(data, first, stored.newest)
            if self.next > stored.newest:
                break
        else:
            if patience is SPEAK:
                raise NoAnswer
        # One that is silent early has no more than this, whatever it says of itself.
        self.done = True

    def _begin(self, link: GattLink) -> Talk[None]:
        """Find out when the memory's time began, and what tells the resolution."""
        if self.start is not None:
            return
        if self.spec.memory is MemoryKind.COUNTING:
            counted = codec.dial((yield from read(TIME))).unix
            self.start = self.now().unix - counted
            return
        try:
            told = yield from live(link, self.spec)
            self.celsius = float(told[Field.TEMPERATURE])
        except FrameError, NoAnswer, Unsupported:
            # The usual resolution is tried then.
            self.celsius = None
        self.start = 0.0

    def _first(self, stored: records.Stored) -> int:
        if self.since is None:
            return stored.oldest
        hours = math.ceil((self.now().unix - self.since) / HOUR) + _SPARE
        return max(stored.oldest, stored.newest - hours + 1, 0)

    def _take(self, data: bytes, first: int, newest: int) -> None:
        """Take one record of those that were asked for."""
        try:
            one = records.record(data)
        except FrameError:
            self.dropped += 1
            return
        if one.index > newest:
            self.dropped += 1
        elif one.index >= first:
            # One that was not asked for, or comes again, is no corrupt one.
            self.received[one.index] = one
            self.next = max(self.next or 0, one.index + 1)

    # --- plants ----------------------------------------------------------------------------

    def ask(self, link: GattLink, address: str, product: int) -> Talk[None]:
        """Ask a plant sensor for its records, the newest first."""
        yield from hold(link, address, product)
        yield Write(BEGIN, PLANT_MEMORY)
        head = yield from read(PLANT_RECORD)
        if len(head) < 2:
            raise FrameError("length")
        count = int.from_bytes(head[:2], "little")
        if self.start is None:
            clock = yield from read(PLANT_TIME)
            if len(clock) != 4:
                raise FrameError("length")
            self.start = self.now().unix - int.from_bytes(clock, "little")
        light = self.spec.values is Values.PLANT
        for index in range(self.next or 0, count):
            self.next = index
            yield Write(ONE + index.to_bytes(2, "little"), PLANT_MEMORY)
            data = yield from read(PLANT_RECORD)
            self.next = index + 1
            try:
                hour = records.plant_hour(data, self.start, light=light)
            except FrameError:
                self.dropped += 1
                continue
            # Another hour may have been added at the front meanwhile: time tells records apart.
            self.hours[round(hour.end)] = hour
            if self.since is not None and hour.end <= self.since:
                break
        self.done = True

    # --- the end ---------------------------------------------------------------------------

    def result(self) -> History:
        """Return what was read, in order."""
        hours = list(self.hours.values())
        dropped = self.dropped
        if self.received and self.start is not None:
            steps = records.resolution(
                self.received[max(self.received)],
                None if self.spec.memory is MemoryKind.COUNTING else self.celsius,
            )
            for one in self.received.values():
                try:
                    hours.append(records.hour(one, steps, self.start))
                except FrameError:
                    dropped += 1
        kept, future = records.ordered(hours, self.since, self.now().unix)
        return History(kept, dropped + future, self.done)


async def read_history(
    use: Use,
    spec: ActiveSpec,
    now: Now,
    device: tuple[str, int],
    since: float | None = None,
) -> History:
    """Read the memory of a ``device`` (address, product id) from a Unix time on, or all of it.

    What came before the link broke for good is given, marked as incomplete; raises what was wrong if
    nothing came at all.
    """
    reader = _Reader(spec, now, since)

    def talk(link: GattLink) -> Talk[None]:
        if spec.memory is MemoryKind.PLANT:
            return reader.ask(link, *device)
        return reader.stream(link)

    try:
        await carry_out(use, talk, brought=lambda: reader.progress)
    except MiBmsError:
        found = reader.result()
        if found.hours:
            return found
        raise
    return reader.result()
