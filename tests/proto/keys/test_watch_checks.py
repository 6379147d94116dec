"""Whether another key is asked for where a frame has one byte of check, which one guess in 256 hits."""

import random

from custom_components.mi_bms.proto.keys.watch import Watch
from custom_components.mi_bms.proto.mibeacon.decoder import Decoder
from custom_components.mi_bms.proto.mibeacon.spec import SLOW
from custom_components.mi_bms.proto.model.reading import KeyState
from tests.each import rows
from tests.proto.mibeacon.frames import ADDRESS, FE95, SHORT_KEY, legacy, obj

DIMMER = 0x03B6


class Remote:
    """An old remote that turns round and round, and somebody who guesses check bytes."""

    def __init__(self, seed: int = 1) -> None:
        """Be heard often enough to be proven."""
        self.decoder = Decoder(ADDRESS, SHORT_KEY, product_id=DIMMER)
        self.watch = Watch(self.decoder, 0.0)
        self.key, self.now, self.count = SHORT_KEY, 0.0, 0
        self.events = 0
        self.said: list[bytes] = []
        self.chance = random.Random(seed)
        for _ in range(30):
            self.says()

    def hears(self, frame: bytes, after: float) -> None:
        self.now += after
        reading = self.decoder.feed_one(FE95, frame, self.now)
        self.watch.take(reading, self.now)
        self.events += len(reading.events)

    def says(self, after: float = 20.0) -> None:
        self.count += 1
        turned = obj(0x1001, bytes((0, 1 + self.count % 99, 4)))
        self.said.append(legacy(DIMMER, turned, self.count & 0xFF, key=self.key))
        self.hears(self.said[-1], after)

    def forged(self, after: float = 1.0) -> None:
        self.hears(guess(self.chance), after)


def guess(chance: random.Random) -> bytes:
    """Make a frame of somebody who does not know the key."""
    content = obj(0x1001, chance.randbytes(3))
    return legacy(DIMMER, content, chance.randrange(256), key=chance.randbytes(12))


@rows("forged", [4, 7])
def test_no_key_is_asked_for_while_presses_agree_more_often_than_guesses(
    forged: int,
) -> None:
    remote = Remote()
    for _ in range(400):
        for _ in range(forged):
            remote.forged()
        remote.says()
        assert not remote.watch.wants_key
    assert remote.watch.state is KeyState.RIGHT


def test_the_question_goes_with_the_third_press_that_agrees() -> None:
    """Nobody pressed for long; the presses themselves are told of no sooner than before."""
    remote = Remote()
    for _ in range(400):
        remote.forged()
    assert remote.watch.wants_key
    asked, told = [], remote.events
    for _ in range(6):
        for _ in range(4):
            remote.forged()
        remote.says()
        asked.append(remote.watch.wants_key)
    assert asked == [True, True, False, False, False, False]
    assert remote.events == told


@rows("replays", [False, True])
def test_a_new_key_is_asked_for_beside_guesses(replays: bool) -> None:
    """Whatever was recorded of the presses that agreed with the former key."""
    remote = Remote()
    for _ in range(60):
        for _ in range(4):
            remote.forged()
        remote.says()
    recorded = remote.said[-60:]
    remote.key, since = SHORT_KEY[::-1], remote.now
    while not remote.watch.wants_key:
        for _ in range(4):
            remote.forged()
        remote.says()
        if replays:
            for _ in range(3):
                recorded.append(recorded.pop(0))
                remote.hears(recorded[-1], 5.0)
        assert remote.now - since < 2 * SLOW


def test_who_guesses_all_the_time_hardly_ever_looks_like_the_sensor() -> None:
    """36,000 guesses look like it once, which puts the question off for as long as a press does."""
    asked, withdrawn = 0, 0
    chance = random.Random(1)
    guesses = [guess(chance) for _ in range(7_200)]
    for seed in range(10):
        remote = Remote(seed)
        remote.key = SHORT_KEY[::-1]
        # Half of them each time, in another order: to make them costs more than to hear them.
        for frame in remote.chance.sample(guesses, 3_600):
            before = remote.watch.wants_key
            remote.hears(frame, 1.0)
            withdrawn += before and not remote.watch.wants_key
        asked += remote.watch.wants_key
    assert asked >= 9
    assert withdrawn <= 3
