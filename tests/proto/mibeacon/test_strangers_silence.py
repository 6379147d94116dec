"""A new battery, then silences: by day and by night, over restarts, with losses, beside recordings.

By somebody who knows the wire formats and the decoder's door, nothing of how counters are judged.
"""

from collections.abc import Callable
from functools import cache
import json
import random
from typing import Any, Final

from custom_components.mi_bms.proto.mibeacon.decoder import Decoder
from custom_components.mi_bms.proto.model.reading import Reading
from tests.each import rows

from .frames import ADDRESS, FE95, KEY, bthome, number, obj, sealed, uuid

PRODUCT: Final = 0x055B
FORMER: Final = 20_000  # where the former count ended
GROWN: Final = 4_500  # frames of the new one, more than are told apart one by one
EVERY: Final = 10.0  # s
PRESS: Final = b"\x3a\x01"
NIGHT: Final = 3.0  # times as long


def degrees(said: int) -> bytes:
    return number(said * 7 % 500, 2)


def mibeacon(counter: int, said: int) -> tuple[str, bytes]:
    return FE95, sealed(PRODUCT, obj(0x1004, degrees(said)), counter)


def home(counter: int, said: int) -> tuple[str, bytes]:
    return uuid(0xFCD2), bthome(b"\x02" + degrees(said) + PRESS, counter)


KINDS: Final = {"mibeacon": mibeacon, "bthome": home}


class Sensor:
    """Be a sensor, and who listens to it."""

    def __init__(self, kind: str, kept: Any = None, heard_at: float = 0.0) -> None:
        self.says: Callable[[int, int], tuple[str, bytes]] = KINDS[kind]
        self.decoder = Decoder(ADDRESS, KEY, kept=kept, heard_at=heard_at)
        self.count, self.former, self.now = 0, True, 0.0

    def hears(self, counter: int, *, former: bool) -> Reading:
        entry, data = self.says(counter, 2 * counter + former)
        return self.decoder.feed_one(entry, data, self.now)

    def speaks(self, frames: int, every: float = EVERY, lost: float = 0.0) -> list[int]:
        """Return at which of its frames a value is shown, of those that are heard."""
        chance, shown = random.Random(frames), []
        for one in range(frames):
            self.now += every
            self.count += 1
            if chance.random() >= lost and self.hears(self.count, former=False).values:
                shown.append(one)
        return shown

    def records(self, counter: int) -> bool:
        """Let somebody play a frame of the former count; return whether it shows."""
        reading = self.hears(counter, former=True)
        assert not reading.events
        return bool(reading.values)


@cache
def grown(kind: str, every: float) -> str:
    """Return what is kept of a sensor with a new battery, whose pace is that of the night."""
    sensor = Sensor(kind)
    for counter in (*range(GROWN), *range(FORMER - 50, FORMER)):
        assert sensor.hears(counter, former=True).values
    shown = sensor.speaks(GROWN, every)
    assert shown == [*range(max(3, int(300 / every)), GROWN)]
    return json.dumps(sensor.decoder.snapshot())


def later(kind: str, *, away: float = 0.0, silent: float = 0.0) -> Sensor:
    """Return it after a restart ``away`` seconds later, and after so many of silence after that."""
    pace = EVERY * NIGHT
    sensor = Sensor(kind, json.loads(grown(kind, pace)), 5_000.0 - away)
    sensor.now, sensor.count = 5_000.0 + silent, GROWN
    return sensor


@rows("kind", [*KINDS])
def test_silences_are_over_soon_though_it_sends_more_often_by_day(kind: str) -> None:
    for silent in (300.0, 1_800.0, 7_200.0, 21_600.0, 86_400.0):
        for lost, frames in ((0.0, 7), (0.3, 11), (0.6, 25)):
            sensor = later(kind)
            sensor.speaks(40)
            sensor.now += silent
            sensor.count += int(silent / EVERY)
            assert sensor.speaks(40, lost=lost)[0] < frames, (silent, lost)


@rows("away", [60.0, 3_600.0, 43_200.0])
def test_so_are_those_which_last_beyond_a_restart(away: float) -> None:
    for silent in (0.0, 300.0, 21_600.0):
        sensor = later("mibeacon", away=away, silent=silent)
        sensor.count += int((away + silent) / EVERY)
        assert sensor.speaks(20)[-14:] == [*range(6, 20)], silent


@rows("spoilt", ["fast", None, -1, [], True, 1 << 70])
def test_a_spoilt_pace_costs_no_memory(spoilt: Any) -> None:
    kept = json.loads(grown("mibeacon", EVERY * NIGHT))
    kept["counters"][FE95]["long"]["rate"] = spoilt
    sensor = Sensor("mibeacon", kept)
    sensor.count = GROWN
    old = (1, 4_000, FORMER - 1)
    assert not any(sensor.records(counter) for counter in old)
    assert sensor.speaks(5) == [*range(5)]


@rows("ahead", [100, 1_000, 10_000])
def test_recordings_from_further_ahead_show_nothing_beside_it(ahead: int) -> None:
    for away in (0.0, 3_600.0):
        sensor = later("mibeacon", away=away)
        sensor.count += int(away / EVERY)
        sensor.speaks(10)
        for counter in range(60):
            assert sensor.speaks(1) == [0]
            base = sensor.count + ahead + 3 * counter
            assert not any(sensor.records(base + one) for one in range(3))


@rows("away", [60.0, 3_600.0, 43_200.0])
def test_recordings_about_the_end_of_a_silence_tell_of_nothing(away: float) -> None:
    sensor = later("bthome", away=away)
    sensor.count += int(away / EVERY)
    assert sensor.speaks(20)
    # Each of them says that a button was pressed.
    for counter in (*range(-30, 0), *range(1, 200)):
        sensor.records(sensor.count + counter)
