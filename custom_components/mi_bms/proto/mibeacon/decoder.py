"""One decoder for each device: from what Home Assistant hands over to one reading.

The host gives the merge of all entries it ever heard, so each entry has a channel that knows what
it took last; only entries that changed are decoded. Entries that are new together are merged.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from ..model.reading import KeyState, Outcome, Reading, Reason
from .beacon import Beacon
from .channel import Channel
from .counters import Counters
from .devices import DEVICES, DeviceSpec
from .formats import CUSTOM, REFLASHABLE, SERVICES, of_company
from .history import PayloadHistory
from .identify import (
    FE95,
    NEWEST_IN_MAKER_DATA,
    XIAOMI,
    Sighting,
    beacon,
    identify,
    uuid16,
)
from .merge import Finest, keep_finest, merge
from .rows import EventTypes
from .sensor_device import SensorDevice
from .spec import OFTEN

__all__ = ["Decoder", "Sighting", "identify"]

_MAKER: Final = "maker-"

_OUTCOME: Final = Reading._fields.index("outcome")
_REASON: Final = Reading._fields.index("reason")
_DECODED: Final = Outcome.DECODED
_REPEATED: Final = Outcome.REPEATED
_NOT_OURS: Final = Reading(Outcome.NOT_OURS)

_FORMER: Final = 2  # keys of which is kept what they opened


class Decoder:
    """Decode the adverts of one device."""

    __slots__ = (
        "_channels",
        "_counts",
        "_decoded",
        "_finest",
        "_former",
        "_heard_at",
        "_kept",
        "_makers",
        "_repeated",
        "device",
    )

    def __init__(
        self,
        address: str,
        key: bytes | None = None,
        *,
        product_id: int | None = None,
        kept: object = None,
        backup: object = None,
        heard_at: float | None = None,
    ) -> None:
        """Take the address as the host gives it, the key, and what former runs know.

        That is the product, and a ``snapshot`` as JSON gives it back; what is none is passed over.
        ``backup`` is an older one: it holds where the newer one is lost or damaged.
        ``heard_at`` is when the device was heard last, on the clock of ``feed``; None where that is not known.
        A key that has neither 12 nor 16 bytes raises ``KeyFormatError``.
        """
        self.device = SensorDevice(address, key)
        self._kept: dict[str, object] = {}
        self._heard_at = heard_at
        # What was known of the keys before: who gets one of them back must not believe all again.
        self._former: list[Mapping[str, object]] = []
        self._restore(backup)
        self._restore(kept)
        self._channels: dict[str, Beacon | Channel] = {}
        self._makers: dict[int, Beacon | Channel] = {}
        self._finest: Finest = {}  # the finest format that gave a number
        # Decoded and repeated ones apart: they are the many, and a plain number is quicker.
        self._decoded = self._repeated = 0
        self._counts: dict[Outcome | Reason, int] = {}
        if product_id is not None:
            self.device.product_id = product_id
            self.device.spec = DEVICES.get(product_id)

    def feed(
        self,
        service_data: Mapping[str, bytes],
        manufacturer_data: Mapping[int, bytes],
        now: float,
        source: str = "",
    ) -> Reading:
        """Decode what is new in one advert; ``now`` in seconds, ``source`` is the receiver.

        Keys are full lower-case UUIDs and company ids. Nothing raises; values are of this advert only.
        """
        best: Reading | None = None
        known: Beacon | Channel | None = None
        channels = self._channels
        for uuid, data in service_data.items():
            channel = channels.get(uuid) or self._service(uuid)
            if channel is None:
                continue
            known = channel
            if data != channel.history.last:
                reading = channel.take(data, now, source)
                best = reading if best is None else merge(best, reading)
        if manufacturer_data:
            best, known = self._feed_makers(manufacturer_data, now, source, best, known)
        if best is None:
            if known:
                self._repeated += 1
                return known.again
            best = _NOT_OURS
        elif len(channels) > 1 and best.values:
            best = keep_finest(best, now, self._finest)
        # By their places: names of a tuple take longer, and this is done with each advert.
        if best[_OUTCOME] is _DECODED and not best[_REASON]:
            self._decoded += 1
        else:
            self._count(best)
        return best

    def _count(self, reading: Reading) -> None:
        for what in (reading.outcome, reading.reason):
            if what:
                self._counts[what] = self._counts.get(what, 0) + 1

    def feed_one(self, entry: str, data: bytes, now: float) -> Reading:
        """Decode one entry by its name, as ``frames`` has it."""
        kind, _, company = entry.partition(_MAKER)
        if not kind and company.isdecimal():
            return self.feed({}, {int(company): data}, now)
        return self.feed({entry: data}, {}, now)

    def _restore(self, kept: object) -> None:
        if not isinstance(kept, Mapping):
            return
        former = kept.get("former")
        former = former if isinstance(former, list) else []
        found = [one for one in former if isinstance(one, Mapping)]
        found.append({name: part for name, part in kept.items() if name != "former"})
        for one in found:
            if not self.device.restore(one):
                if one.get("proof"):
                    mark = one.get("key")
                    others = [had for had in self._former if had.get("key") != mark]
                    self._former = [*others, one]
                continue
            counters = one.get("counters")
            for entry, part in (
                counters.items() if isinstance(counters, Mapping) else ()
            ):
                self._kept[entry] = Counters.join(self._kept.get(entry), part)
        del self._former[:-_FORMER]

    def _resume(self, name: str, channel: Beacon | Channel) -> None:
        """Let a channel count on from a former run; without a key it counts nothing."""
        if self.device.cipher is not None:
            channel.counters.restore(self._kept.pop(name, None), self._heard_at)

    def snapshot(self) -> dict[str, object]:
        """Return what the next run has to know to believe no more than this one, for JSON."""
        counters = dict(self._kept)
        if self.device.cipher is not None:
            counters |= {name: one.counters.snapshot() for name, one in self._entries()}
        return {**self.device.snapshot(), "counters": counters, "former": self._former}

    def allow_clear(self) -> None:
        """Believe what the device sends in the clear, until the key opens a frame again."""
        self.device.allow_clear()
        for _, channel in self._entries():
            # What was refused is said again.
            channel.history = PayloadHistory()

    @property
    def guarded(self) -> bool:
        """Return whether nothing is believed but what the key opens."""
        return bool(self.device.guarded)

    @property
    def proven(self) -> bool:
        """Return whether the key has ever opened a frame, in this run or a former one."""
        return bool(self.device.proof)

    def set_key(self, key: bytes | None) -> Reading | None:
        """Use another key and try it on the frames that nothing opened yet.

        Give the reading of the newest of them, without its events: what happened then is over.
        """
        device, before = self.device, self.snapshot()
        device.set_key(key)
        self._former, self._kept = [], {}
        self._restore(before)
        for name, channel in self._entries():
            channel.new_key()
            self._resume(name, channel)
        waiting, device.kept = device.kept, ()
        channels = dict(self._entries())
        reading: Reading | None = None
        for entry, data in waiting:
            # The clock is of no matter here: the counters begin anew.
            reading = channels[entry].take(data, 0.0, "", again=True)
        return reading._replace(events=()) if reading else None

    @property
    def key_state(self) -> KeyState | None:
        """Return what is known of the key; None while that is nothing."""
        return self.device.key_state

    @property
    def spec(self) -> DeviceSpec | None:
        """Return what is known of the product."""
        return self.device.spec

    @property
    def product_id(self) -> int | None:
        """Return the product id of the newest MiBeacon frame, or that of the kind that was heard."""
        device = self.device
        if device.product_id is None and device.spec is not None:
            return device.spec.product_id
        return device.product_id

    @property
    def model(self) -> str | None:
        """Return the model, if the product is known."""
        return self.device.spec.model if self.device.spec else None

    @property
    def events(self) -> EventTypes:
        """Return the sources of events that the product has, each with its types."""
        return self.device.spec.events if self.device.spec else {}

    @property
    def availability(self) -> float:
        """Return how many seconds of silence are normal, to begin with."""
        return self.device.spec.availability if self.device.spec else OFTEN

    @property
    def waits(self) -> bool:
        """Return whether the device speaks when something happens; of an unknown product it may."""
        device = self.device
        return device.spec.waits if device.spec else device.product_id is not None

    @property
    def firmware(self) -> str | None:
        """Name the custom firmware's format, or ``stock`` for encrypted frames of its maker."""
        spec, firmware = self.device.spec, self.device.firmware
        # Anybody may use its formats; what cannot run it does not.
        foreign = firmware in CUSTOM and spec and spec.model not in REFLASHABLE
        return None if foreign else firmware

    @property
    def paired(self) -> bool | None:
        """Return whether the device is paired, as its newest frame has it; None if nothing told yet."""
        return self.device.paired

    @property
    def counters(self) -> Mapping[str, int]:
        """Return how often each outcome and each reason occurred."""
        counts = {_DECODED: 0, _REPEATED: 0, **self._counts}
        counts[_DECODED] += self._decoded
        counts[_REPEATED] += self._repeated
        return {name: count for name, count in counts.items() if count}

    @property
    def frames(self) -> tuple[tuple[str, bytes], ...]:
        """Return the newest encrypted entries as (name, bytes), for trying a key.

        The name of service data is its UUID, that of manufacturer data ``maker-`` and the company id.
        """
        found = list(self.device.kept)
        for name, channel in self._entries():
            if channel.sealed and (name, channel.sealed) not in found:
                found.append((name, channel.sealed))
        return tuple(found)

    def _entries(self) -> Iterator[tuple[str, Beacon | Channel]]:
        yield from self._channels.items()
        for company, channel in self._makers.items():
            yield f"{_MAKER}{company}", channel

    def _feed_makers(
        self,
        manufacturer_data: Mapping[int, bytes],
        now: float,
        source: str,
        best: Reading | None,
        known: Beacon | Channel | None,
    ) -> tuple[Reading | None, Beacon | Channel | None]:
        for company, data in manufacturer_data.items():
            channel = self._makers.get(company) or self._maker(company, data)
            if channel is None:
                continue
            known = channel
            if data != channel.history.last:
                reading = channel.take(data, now, source)
                best = reading if best is None else merge(best, reading)
        return best, known

    def _service(self, uuid: str) -> Beacon | Channel | None:
        number = uuid16(uuid)
        if number == FE95:
            channel: Beacon | Channel = Beacon(uuid, self.device)
        elif number is None or number not in SERVICES:
            return None
        else:
            channel = Channel(uuid, self.device, SERVICES[number])
        self._resume(uuid, channel)
        self._channels[uuid] = channel
        return channel

    def _maker(self, company: int, data: bytes) -> Beacon | Channel | None:
        entry = f"{_MAKER}{company}"
        if company == XIAOMI:
            newest, mac = NEWEST_IN_MAKER_DATA, self.device.mac
            if beacon(data, mac, newest, strict=True) is None:
                return None
            channel: Beacon | Channel = Beacon(entry, self.device, newest)
        elif form := of_company(company):
            channel = Channel(entry, self.device, form)
        else:
            return None
        self._resume(entry, channel)
        self._makers[company] = channel
        return channel
