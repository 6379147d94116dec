"""Measure the way from Home Assistant's Bluetooth manager to the written states.

    python tests/bench/ha_path.py [rounds]

The same adverts go through the same Home Assistant with our entries, with those of its own
``xiaomi_ble``, and with neither; rounds alternate, and the processor time of the thread is taken, so a
busy machine disturbs little. Times are those of the best rounds; the ratio is that of two rounds side
by side: the middle one counts, the least and the most show how far to trust it. What Home Assistant
does without anybody listening is in both, and shown for itself. Each integration has the entities it
makes by default, and both write the same number of states for an advert.
"""

import gc
from pathlib import Path
from statistics import median
import sys
from time import thread_time
import tracemalloc
from typing import Any, Final, NamedTuple

sys.path.insert(0, str(Path(__file__).parents[2]))

# Ours must be found before anything else of that name.
from custom_components.mi_bms.keys.ring import KEYS
from custom_components.mi_bms.proto.mibeacon.decoder import Decoder
from homeassistant.config_entries import ConfigEntry
from tests.bench.frames import KINDS, Kind, address_of, raw
from tests.bench.house import House, at_home

AIM: Final = 0.48
ROUNDS: Final = 12
DEVICES: Final = 10
PER_DEVICE: Final = 200
MANY: Final = 200
NOBODY: Final = "nobody"
OURS: Final = "mi_bms"
THEIRS: Final = "xiaomi_ble"
WHO: Final = (OURS, THEIRS, NOBODY)


def data_of(domain: str, address: str, kind: Kind) -> dict[str, Any]:
    """Return the data of an entry."""
    key = kind.key.hex() if kind.key else None
    if domain == OURS:
        data = {"kind": "sensor", "address": address, "product": kind.product}
        return data | ({"key": key} if key else {})
    return {"bindkey": key} if key else {}


class Memory(NamedTuple):
    """Hold what one device takes in KiB, and how many entities it shows for that."""

    kib: float
    entities: int

    @property
    def each(self) -> float:
        """Return the KiB for each entity."""
        return self.kib / self.entities


class Series:
    """Hold the devices of one kind of advert, their entries and their next number."""

    def __init__(self, kind: Kind, first: int) -> None:
        self.kind = kind
        self.addresses = [address_of(first + n) for n in range(DEVICES)]
        self.entries: dict[str, list[ConfigEntry[Any]]] = {OURS: [], THEIRS: []}
        self.number = 1
        self.taken: dict[str, list[float]] = {who: [] for who in WHO}

    def adverts(self, count: int) -> list[tuple[str, bytes]]:
        """Make the next adverts of each device, in turn."""
        numbers = range(self.number, self.number + count)
        self.number += count
        return [
            (address, raw(self.kind, address, number))
            for number in numbers
            for address in self.addresses
        ]

    async def prepare(self, home: House) -> None:
        """Make the entries of both, and let each see every kind of entity."""
        for domain, entries in self.entries.items():
            for address in self.addresses:
                data = data_of(domain, address, self.kind)
                # A small move waits otherwise, and fewer states are written than by the other.
                options = {"every_change": True} if domain == OURS else {}
                entries.append(await home.add(domain, address, data, options))
                await home.switch(entries[-1], on=False)

    async def run(self, home: House, who: str) -> None:
        """Time one round of one contestant."""
        entries = self.entries.get(who, [])
        for entry in entries:
            await home.switch(entry, on=True)
        # Our key ring looks at devices that are nobody's; with ours not there it has none to look at.
        keys = home.hass.data[KEYS]
        stops = [
            keys.follow(address, Decoder(address))
            for address in self.addresses
            if who != OURS
        ]
        for _ in range(3):
            home.receiver.take(self.adverts(1))
            await home.settle()
        adverts = self.adverts(PER_DEVICE)
        gc.collect()
        gc.disable()
        start = thread_time()
        home.receiver.take(adverts)
        taken = thread_time() - start
        gc.enable()
        await home.settle()
        self.taken[who].append(taken / len(adverts))
        for stop in stops:
            stop()
        for entry in entries:
            self.check(home, entry)
            await home.switch(entry, on=False)

    def check(self, home: House, entry: ConfigEntry[Any]) -> None:
        """See that an entry shows the last advert."""
        number = 1 if self.kind.title == "repeated" else self.number - 1
        shown = home.shown(entry)
        if self.kind.key:
            expected = {"humidity": 20 + number % 70}
        else:
            expected = {
                "temperature": (200 + number % 100) / 10,
                "humidity": (300 + number % 97) / 10,
            }
        for field, value in expected.items():
            if float(shown.get(field, "nan")) != value:
                raise RuntimeError(f"{entry.title}: {field} {shown}, not {value}")


async def memory(home: House, domain: str, first: int) -> Memory:
    """Return what one more device of an integration takes, with what it makes others keep."""
    kind = KINDS[1]
    addresses = [address_of(first + n) for n in range(MANY + 1)]
    if domain == THEIRS:
        # What our key ring keeps of devices that are nobody's of ours is not theirs.
        nobody = Decoder(addresses[0])
        for address in addresses:
            home.hass.data[KEYS].follow(address, nobody)
    # The other integration must not keep a flow for each.
    for address in addresses:
        await home.ignore(THEIRS if domain == OURS else OURS, address)

    def hear(some: list[str]) -> None:
        for number in range(1, 4):
            home.receiver.take([(one, raw(kind, one, number)) for one in some])

    # One before the rest: modules, tables and caches are nobody's own.
    for address in addresses:
        if address is addresses[1]:
            gc.collect()
            tracemalloc.start()
        entry = await home.add(domain, address, data_of(domain, address, kind))
        hear([address])
    await home.settle()
    gc.collect()
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return Memory(taken / MANY / 1024, len(home.shown(entry)))


async def measure(home: House, rounds: int) -> tuple[list[Series], dict[str, Memory]]:
    """Run everything; give the series and the memory of both."""
    many = [Series(kind, 0x1000 * n) for n, kind in enumerate(KINDS, 1)]
    for series in many:
        await series.prepare(home)
    for _ in range(rounds):
        for series in many:
            for who in WHO:
                await series.run(home, who)
    kept = {
        domain: await memory(home, domain, 0x10_0000 * n)
        for n, domain in enumerate((OURS, THEIRS), 1)
    }
    return many, kept


def main() -> int:
    """Print the table; 1 if the aim is missed."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    many, kept = at_home(lambda home: measure(home, rounds))
    heads = f"{'ratio':>8}{'least':>8}{'most':>8}{'own part':>10}"
    lines = [f"{'µs per advert':22}{'ours':>9}{'xiaomi_ble':>12}{'nobody':>9}{heads}"]
    missed = 0
    for series in many:
        ours, theirs, nobody = (min(series.taken[who]) * 1e6 for who in WHO)
        pairs = zip(series.taken[OURS], series.taken[THEIRS], strict=True)
        ratios = [one / other for one, other in pairs]
        ratio = median(ratios)
        changing = series.kind.title != "repeated"
        missed += changing and ratio > AIM
        own = f"{(ours - nobody) / (theirs - nobody):10.2f}" if changing else ""
        lines.append(
            f"{series.kind.title:22}{ours:9.1f}{theirs:12.1f}{nobody:9.1f}"
            f"{ratio:8.2f}{min(ratios):8.2f}{max(ratios):8.2f}{own}"
        )
    ours, theirs = kept[OURS], kept[THEIRS]
    for title, one, other in (
        ("KiB per device", ours.kib, theirs.kib),
        ("its entities", ours.entities, theirs.entities),
        ("KiB per entity", ours.each, theirs.each),
    ):
        lines.append(f"{title:22}{one:9.1f}{other:12.1f}{'':9}{one / other:8.2f}")
    lines.append(f"aim: ratio at most {AIM} where something changes")
    sys.stdout.write("\n".join(lines) + "\n")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
