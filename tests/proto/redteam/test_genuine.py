"""What the sensors themselves send is believed, however badly it is heard, and nothing else is.

Lost, late, twice, out of order, over counters that come round, changes of battery and restarts.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
import itertools
from itertools import product
import json
import random

from custom_components.mi_bms.proto.mibeacon.decoder import Decoder
from tests.each import rows
from tests.proto.mibeacon.frames import ADDRESS, FE95, KEY, SHORT_KEY, legacy, obj

from .test_replay import FORMATS, Make
from .test_spoof import shown

TURNS = ("000003", "000104", "01ff04")  # pressed, turned right, turned left while held
ALL = itertools.repeat(True)


class Told:
    """Be what is known of one sensor, and the time."""

    def __init__(self, service: str, make: Make, key: bytes = KEY) -> None:
        """Begin without any knowledge."""
        self.service, self.make, self.key = service, make, key
        self.decoder, self.now = Decoder(ADDRESS, key), 0.0

    def restart(self) -> None:
        kept = json.loads(json.dumps(self.decoder.snapshot()))
        self.decoder = Decoder(ADDRESS, self.key, kept=kept)

    def hears(self, frame: bytes, after: float, source: str = "") -> bool:
        self.now += after
        data = {self.service: frame}
        return bool(shown(self.decoder.feed(data, {}, self.now, source)))

    def speaks(
        self,
        counters: Iterable[int],
        every: float,
        heard: Iterable[bool] = ALL,
        content: int = 0,
    ) -> tuple[int, int]:
        """Return how many frames were heard and how many of them were believed."""
        found = []
        for number, (counter, ok) in enumerate(
            zip(counters, heard, strict=False), content
        ):
            self.now += every
            if ok:
                found.append(self.hears(self.make(counter, number), 0.0))
        return len(found), sum(found)


def some(share: float, seed: int = 1) -> Iterable[bool]:
    chance = random.Random(seed)
    return iter(lambda: chance.random() < share, None)


@rows(("name", "every"), product(FORMATS, [10, 3_600, 43_200]))
def test_nine_of_ten_are_lost(name: str, every: float) -> None:
    """Whatever is heard of a long count is news."""
    told = Told(*FORMATS[name])
    heard, believed = told.speaks(range(70_000, 70_300), every, some(0.1))
    assert believed == heard > 10


@rows(
    ("every", "share", "least"),
    [
        (every, share, least)
        for every in (10, 3_600)
        for share, least in ((1.0, 0.98), (0.5, 0.98), (0.1, 0.4))
    ],
)
def test_eight_bits_come_round(every: float, share: float, least: float) -> None:
    """Four times; after a gap of more than 16 three must count up."""

    def make(counter: int, content: int) -> bytes:
        return legacy(0x03B6, obj(0x1001, TURNS[content % 3]), counter)

    told = Told(FE95, make, SHORT_KEY)
    told.speaks(range(200, 205), every)
    counters = [one & 0xFF for one in range(205, 1_230)]
    heard, believed = told.speaks(counters, every, some(share), content=5)
    assert believed >= least * heard


@rows(
    ("name", "bits", "every", "lost"),
    [
        (name, bits, every, lost)
        for name, bits in product(FORMATS, [8, 16, 24, 32])
        for every, lost in ((10, 31), (60, 6), (3_600, 4))
    ],
)
def test_a_long_count_comes_round(
    name: str, bits: int, every: float, lost: int
) -> None:
    """As after a change of battery; and the frames of before are over."""
    told, top = Told(*FORMATS[name]), (1 << bits) - 1
    before = [*range(top - 40, top + 1)]
    assert told.speaks(before, every) == (41, 41)
    heard, believed = told.speaks(range(80), every, content=41)
    assert believed >= heard - lost
    old = [told.make(counter, number) for number, counter in enumerate(before)]
    assert not any(told.hears(one, after) for after in (1, 100) for one in old)


@rows(
    ("name", "every", "restarts", "share"),
    product(FORMATS, [60, 600, 43_200], [False, True], [1.0, 0.5]),
)
def test_a_new_battery_with_all_that_can_happen(
    name: str, every: float, restarts: bool, share: float
) -> None:
    """Loss, and a restart after every tenth frame: within four that are heard over five minutes."""
    told = Told(*FORMATS[name])
    told.speaks(range(5_000, 5_060), every)
    heard = some(share)
    missed = 0
    for part in range(6):
        told_of = told.speaks(
            range(1 + 10 * part, 11 + 10 * part), every, heard, content=100 + 10 * part
        )
        missed += told_of[0] - told_of[1]
        if restarts:
            told.restart()
    assert missed <= 6


@rows("name", FORMATS)
def test_receivers_that_disagree_about_the_order(name: str) -> None:
    told, chance = Told(*FORMATS[name]), random.Random(4)
    late: list[tuple[int, bytes]] = []
    for number in range(200):
        frame = told.make(70_000 + number, number)
        assert told.hears(frame, 3.0, "near")
        late.append((number + chance.randrange(40), frame))
        due = [one for one in late if one[0] <= number]
        late = [one for one in late if one[0] > number]
        for _, old in due:
            assert not told.hears(old, 0.1, "far")


# How many frames late each is.
DELAYS: dict[str, Callable[[int], int]] = {
    "minutes": lambda _: 60,
    "a few frames": lambda number: 3 + number * 7 % 5,
}


@rows(("name", "late"), product(FORMATS, DELAYS))
def test_a_receiver_that_is_late(name: str, late: str) -> None:
    """Beside one that is not, but hears one in ten: nothing old comes after what is newer."""
    told, hears, delay = Told(*FORMATS[name]), random.Random(6), DELAYS[late]
    frames = [told.make(70_000 + number, number) for number in range(1_000)]
    queue: defaultdict[int, list[bytes]] = defaultdict(list)
    for number, frame in enumerate(frames):
        queue[number + delay(number)].append(frame)
        if hears.random() < 0.1:
            assert told.hears(frame, 10.0, "near")
            assert not any(told.hears(old, 0.5, "late") for old in queue[number])


@rows("name", FORMATS)
def test_a_receiver_that_is_late_and_alone(name: str) -> None:
    """It is believed: how late it is cannot be known."""
    told = Told(*FORMATS[name])
    for number in range(100):
        assert told.hears(told.make(70_000 + number, number), 300.0, "late")


@rows("name", FORMATS)
def test_what_was_heard_of_the_old_count_comes_late_into_the_new_one(
    name: str,
) -> None:
    told = Told(*FORMATS[name])
    old = [told.make(900 + number, number) for number in range(60)]
    assert all(told.hears(one, 60.0, "near") for one in old)
    missed = 0
    for number in range(60):
        missed += not told.hears(told.make(number, number + 1), 60.0, "near")
        if number < 50:
            assert not told.hears(old[10 + number], 1.0, "late")
    assert missed <= 6
