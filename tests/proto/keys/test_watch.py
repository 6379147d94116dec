"""When a new key is asked for, when whether the clear is meant, and when that is taken back."""

import struct

from cryptography.hazmat.primitives.ciphers.aead import AESCCM
import pytest

from custom_components.mi_bms.proto.keys.watch import (
    CLEAR_FOR,
    CLEAR_FRAMES,
    WRONG_KEY_FRAMES,
    Watch,
)
from custom_components.mi_bms.proto.mibeacon.decoder import Decoder
from custom_components.mi_bms.proto.mibeacon.spec import SLOW
from custom_components.mi_bms.proto.model.reading import KeyState
from tests.each import rows
from tests.proto.mibeacon.frames import (
    ADDRESS,
    FE95,
    KEY,
    MAC,
    OTHER_KEY,
    clear,
    number,
    obj,
    sealed,
    uuid,
)

PRODUCT = 0x055B


class Sensor:
    """A sensor and the watch over its key, at one clock."""

    def __init__(self, key: bytes | None = KEY) -> None:
        """Hear nothing yet."""
        self.decoder = Decoder(ADDRESS, key, product_id=PRODUCT)
        self.watch = Watch(self.decoder, 0.0)
        self.now, self.count = 0.0, 70_000

    def hears(self, frame: bytes, after: float) -> None:
        self.now += after
        self.watch.take(self.decoder.feed_one(FE95, frame, self.now), self.now)

    def says(self, after: float = 10.0, *, key: bytes = KEY) -> None:
        self.count += 1
        value = obj(0x1004, number(self.count % 300, 2))
        self.hears(sealed(PRODUCT, value, self.count, key=key), after)

    def forged(self, after: float = 10.0) -> None:
        self.says(after, key=OTHER_KEY)

    def clear(self, after: float = 60.0) -> None:
        self.count += 1
        value = obj(0x1004, number(self.count % 300, 2))
        self.hears(clear(PRODUCT, value, self.count % 256), after)


def test_nothing_is_asked_while_the_key_opens_frames() -> None:
    sensor = Sensor()
    for _ in range(30):
        sensor.says()
        for _ in range(5):
            sensor.forged(1.0)
        assert not sensor.watch.wants_key
    assert sensor.watch.alert
    sensor.says()
    assert not sensor.watch.alert


def test_a_key_that_opens_nothing_is_asked_for_after_a_few_frames() -> None:
    sensor = Sensor()
    for count in range(1, WRONG_KEY_FRAMES + 1):
        sensor.forged()
        assert sensor.watch.wants_key is (count == WRONG_KEY_FRAMES)
    sensor.says()
    assert not sensor.watch.wants_key


@rows(("heard", "silent"), [(5, SLOW), (40, 180.0)])
def test_a_new_key_is_asked_for_when_the_old_one_is_late(
    heard: int, silent: float
) -> None:
    """An hour at most, as the model; sooner once it is known how often the key opens one."""
    sensor = Sensor()
    for _ in range(heard):
        sensor.says()
    since = sensor.now
    while not sensor.watch.wants_key:
        sensor.forged()
    assert sensor.now - since == pytest.approx(silent, abs=20)


def test_a_missing_key_is_asked_for_and_no_longer_missed() -> None:
    sensor = Sensor(None)
    for _ in range(5):
        sensor.says()
    assert sensor.watch.wants_key
    sensor.clear()
    assert not sensor.watch.wants_key


def test_the_clear_is_asked_for_when_it_lasts() -> None:
    sensor = Sensor()
    for _ in range(3):
        sensor.says()
    began = None
    for count in range(1, 20):
        sensor.clear(20.0)
        began = sensor.now if began is None else began
        lasts = count >= CLEAR_FRAMES and sensor.now - began >= CLEAR_FOR
        assert sensor.watch.wants_clear is lasts
    sensor.says()
    assert not sensor.watch.wants_clear
    assert not sensor.watch.alert


def test_the_clear_that_was_refused_is_not_asked_for_until_the_key_opens_a_frame() -> (
    None
):
    sensor = Sensor()
    sensor.says()
    sensor.watch.refused = True
    for _ in range(10):
        sensor.clear()
    assert not sensor.watch.wants_clear
    sensor.says()
    # As long as its own frames were apart, four times.
    for _ in range(60):
        sensor.clear()
    assert sensor.watch.wants_clear


def test_a_beacon_that_says_nothing_asks_for_nothing() -> None:
    sensor = Sensor()
    sensor.says()
    for count in range(20):
        head = number(0x5010, 2) + number(PRODUCT, 2) + bytes((count,))
        sensor.hears(head + MAC[::-1], 60.0)
    assert not sensor.watch.wants_key
    assert not sensor.watch.wants_clear


def test_the_clear_does_not_take_the_question_for_a_key_back() -> None:
    """Anybody may send it; that it is believed is another matter."""
    sensor = Sensor()
    sensor.says()
    while not sensor.watch.wants_key:
        sensor.forged()
    sensor.decoder.allow_clear()
    sensor.clear()
    assert sensor.watch.wants_key


def test_a_key_of_a_former_run_gets_its_time() -> None:
    first = Sensor()
    first.says()
    decoder = Decoder(ADDRESS, KEY, product_id=PRODUCT, kept=first.decoder.snapshot())
    again = Sensor()
    again.decoder, again.watch = decoder, Watch(decoder, 0.0)
    for _ in range(10):
        again.forged()
    assert not again.watch.wants_key


def test_the_state_of_the_key_follows_the_question() -> None:
    sensor = Sensor()
    for _ in range(3):
        sensor.forged()
        assert (sensor.watch.state is KeyState.WRONG) is sensor.watch.wants_key
    assert sensor.watch.state is KeyState.WRONG
    sensor.says()
    assert sensor.watch.state is KeyState.RIGHT
    for _ in range(9):
        sensor.forged(5.0)
        assert sensor.watch.state is KeyState.RIGHT
    for _ in range(9):
        sensor.forged(SLOW)
    assert sensor.watch.state is KeyState.WRONG
    without = Sensor(None)
    without.clear()
    assert without.watch.state is KeyState.NOT_NEEDED


def test_what_was_heard_before_does_not_say_that_the_key_is_still_right() -> None:
    """Played between the frames under a new key, it would make each of them a damaged packet."""
    sensor = Sensor()
    said = []
    for _ in range(100):
        sensor.says()
        said.append(
            sealed(PRODUCT, obj(0x1004, number(sensor.count % 300, 2)), sensor.count)
        )
    for count in range(40):
        sensor.forged(SLOW / 8)
        sensor.hears(said[count], 1.0)
    assert sensor.watch.wants_key
    assert sensor.watch.state is KeyState.WRONG


def pvvx(count: int, *, key: bytes = KEY) -> bytes:
    """Return a frame of a room in which it is as warm as an hour ago."""
    plain = struct.pack("<hHBB", 2150, 4800, 77, 0)
    nonce = MAC[::-1] + b"\x0e\x16\x1a\x18" + bytes((count & 0xFF,))
    return nonce[-1:] + AESCCM(key, tag_length=4).encrypt(nonce, plain, b"\x11")


@rows("length", [150, 300, 1_000])
def test_a_long_recording_with_eight_bits_neither_hides_nor_withdraws_the_question(
    length: int,
) -> None:
    decoder = Decoder(ADDRESS, KEY)
    watch = Watch(decoder, 0.0)
    now = 0.0

    def hear(frame: bytes) -> bool:
        nonlocal now
        now += 10.0
        reading = decoder.feed_one(uuid(0x181A), frame, now)
        watch.take(reading, now)
        return bool(reading.values)

    said = [pvvx(count) for count in range(length)]
    # As warm as an hour ago, it is shown all the same.
    assert all(hear(one) for one in said)
    for count in range(2_000):
        hear(pvvx(count, key=OTHER_KEY))
        hear(said[count % length])
        assert not count * 20 > SLOW or watch.wants_key
    # What it never said before withdraws it.
    for count in range(3):
        plain = struct.pack("<hHBB", 900, 4800, 77, 0)
        nonce = MAC[::-1] + b"\x0e\x16\x1a\x18" + bytes((count,))
        hear(nonce[-1:] + AESCCM(KEY, tag_length=4).encrypt(nonce, plain, b"\x11"))
    assert not watch.wants_key
