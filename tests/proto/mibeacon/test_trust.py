"""Trust: what a key proves, what is believed after that, and what a check byte is worth."""

from itertools import count

from custom_components.mi_bms.proto.mibeacon.decoder import Decoder
from custom_components.mi_bms.proto.mibeacon.devices import DEVICES
from custom_components.mi_bms.proto.mibeacon.key_check import check_key
from custom_components.mi_bms.proto.mibeacon.objects import OBJECTS
from custom_components.mi_bms.proto.model.reading import (
    KeyCheck,
    KeyState,
    Outcome,
    Reason,
)
from tests.each import rows

from .frames import (
    ADDRESS,
    FE95,
    KEY,
    MAC,
    SHORT_KEY,
    bthome,
    clear,
    legacy,
    obj,
    sealed,
    uuid,
    values,
)
from .test_formats import atc_sealed

PRESS = obj(0x1001, "000103")
DIMMER = 0x03B6
CLIMATE = obj(0x100D, "aa00bd01")


def odd(frame: bytes) -> bytes:
    """Return a legacy frame whose last byte is another thing than a check."""
    return frame[:-1] + bytes((frame[-1] ^ 0x5A,))


def test_a_key_is_missed_after_several_frames_and_no_more_when_it_is_heard_in_clear() -> (
    None
):
    decoder = Decoder(ADDRESS)
    states = []
    for counter in range(1, 5):
        decoder.feed_one(FE95, sealed(0x0098, CLIMATE, counter), 0.0)
        states.append(decoder.key_state)
    assert states == [None] * 2 + [KeyState.MISSING] * 2
    decoder.feed_one(FE95, clear(0x0098, CLIMATE, 6), 1.0)
    assert decoder.key_state is KeyState.NOT_NEEDED


def test_one_foreign_frame_asks_for_no_key() -> None:
    decoder = Decoder(ADDRESS)
    for counter in range(20):
        decoder.feed_one(FE95, clear(0x0098, CLIMATE, counter), counter)
        decoder.feed_one(FE95, sealed(0x0098, CLIMATE, counter), counter)
        assert decoder.key_state is KeyState.NOT_NEEDED


def test_what_the_key_opened_stands_above_every_clear_format() -> None:
    decoder = Decoder(ADDRESS, KEY)
    pvvx = MAC[::-1] + bytes.fromhex("a9066911b60b58f70d")
    first = {uuid(0x181A): pvvx, FE95: sealed(0x055B, CLIMATE)}
    assert values(decoder.feed(first, {}, 0.0))["temperature"] == 17.0
    first = {FE95: sealed(0x055B, CLIMATE), uuid(0x181A): pvvx}
    assert values(Decoder(ADDRESS, KEY).feed(first, {}, 0.0))["temperature"] == 17.0
    decoder.allow_clear()
    assert decoder.feed_one(FE95, sealed(0x055B, CLIMATE, 2), 1.0).values
    assert decoder.guarded


def test_presence_of_a_proven_device_implies_nothing() -> None:
    """A scale that is stepped off sends a frame without object, which anybody can send."""
    scale = next(product for product, spec in DEVICES.items() if spec.idle)
    idle = bytes.fromhex("1059") + scale.to_bytes(2, "little") + b"\x07" + MAC[::-1]
    bare = bytes.fromhex("3058") + scale.to_bytes(2, "little") + b"\x08" + MAC[::-1]
    decoder = Decoder(ADDRESS, KEY)
    assert decoder.feed_one(FE95, idle, 0.0).values
    decoder.feed_one(FE95, sealed(scale, obj(0x1004, "c800"), 9), 1.0)
    for now, frame in enumerate((idle[:4] + b"\x09" + idle[5:], bare + b"\x08"), 2):
        reading = decoder.feed_one(FE95, frame, now)
        assert (reading.outcome, reading.values) == (Outcome.NO_PAYLOAD, {})
    # It was reset: that is worth knowing, and gives no value.
    assert decoder.paired is False
    decoder.feed_one(FE95, sealed(scale, obj(0x1004, "c800"), 10), 4.0)
    assert decoder.paired is True
    qingping = b"\x08\x07" + MAC[::-1]
    reading = decoder.feed_one(uuid(0xFDCD), qingping, 5.0)
    assert (reading.outcome, reading.model) == (Outcome.NO_PAYLOAD, None)
    assert decoder.model == DEVICES[scale].model


def test_a_counter_of_eight_bits_gives_nothing_beside_a_longer_one() -> None:
    decoder = Decoder(ADDRESS, KEY)
    service = uuid(0x181A)
    assert decoder.feed_one(service, atc_sealed(bytes(6)), 0.0).values
    assert decoder.guarded
    assert decoder.feed_one(uuid(0xFCD2), bthome(b"\x01\x50", 1), 1.0).values
    reading = decoder.feed_one(service, atc_sealed(b"\x01" * 6), 2.0)
    assert (reading.reason, reading.values) == (Reason.DOWNGRADE, {})


def test_check_byte_that_never_agrees_is_none() -> None:
    decoder = Decoder(ADDRESS, SHORT_KEY)
    frames = [odd(legacy(DIMMER, PRESS, counter)) for counter in range(1, 6)]
    outcomes = [decoder.feed_one(FE95, frame, 0.0).outcome for frame in frames]
    assert outcomes == [Outcome.WRONG_KEY] * 2 + [Outcome.DECODED] * 3
    assert decoder.key_state is KeyState.RIGHT
    assert decoder.counters["unchecked"] == 3
    # It proves nothing, so the clear stays open, over a restart too.
    assert not decoder.guarded
    again = Decoder(ADDRESS, SHORT_KEY, kept=decoder.snapshot())
    assert again.feed_one(FE95, odd(legacy(DIMMER, PRESS, 9)), 0.0).events
    assert again.feed_one(FE95, legacy(DIMMER, PRESS, 10), 0.0).events
    entries = [(FE95, frame) for frame in frames]
    assert check_key(ADDRESS, SHORT_KEY, entries) is KeyCheck.RIGHT
    assert check_key(ADDRESS, SHORT_KEY, entries[:2]) is KeyCheck.WRONG


def test_check_byte_that_agreed_once_is_needed_for_good() -> None:
    decoder = Decoder(ADDRESS, SHORT_KEY)
    assert decoder.feed_one(FE95, legacy(DIMMER, PRESS, 1), 0.0).events
    for counter in range(2, 12):
        reading = decoder.feed_one(FE95, odd(legacy(DIMMER, PRESS, counter)), 0.0)
        assert not reading.events
    assert decoder.key_state is KeyState.WRONG


@rows(
    "objects",
    [
        obj(0x1001, "000103")[:-1],  # does not fill the frame
        obj(0x1001, "000103") + b"\x00",
        obj(0x1001, "0001"),  # no such length
        obj(0x1015, "01"),  # nothing that a dimmer says
        obj(0xFFFF, "01"),
        obj(0x100A, "ff"),  # impossible
        obj(0x1001, "0001ff"),  # nothing
    ],
)
def test_check_byte_is_not_given_up_for_nonsense(objects: bytes) -> None:
    decoder = Decoder(ADDRESS, SHORT_KEY)
    for counter in range(1, 8):
        reading = decoder.feed_one(FE95, odd(legacy(DIMMER, objects, counter)), 0.0)
        assert reading.outcome is Outcome.WRONG_KEY
    assert decoder.key_state is KeyState.WRONG


def test_wrong_key_is_found_though_the_check_byte_may_disagree() -> None:
    for number in range(300):
        key = number.to_bytes(12)
        decoder = Decoder(ADDRESS, key)
        for counter in range(1, 7):
            decoder.feed_one(FE95, legacy(DIMMER, PRESS, counter), 0.0)
        assert decoder.key_state is KeyState.WRONG


def test_headers_that_make_sense_are_few() -> None:
    """What the estimate of the false rate rests on."""
    common = sum(len(row.decode) for row in OBJECTS.values())
    for spec in DEVICES.values():
        own = sum(len(row.decode) for row in spec.objects.values())
        assert own + common <= 320


def test_unknown_product_may_speak_under_a_check_byte_that_is_none() -> None:
    decoder = Decoder(ADDRESS, SHORT_KEY)
    frames = (odd(legacy(0xBEEF, obj(0x100A, "32"), one)) for one in count(1))
    readings = [decoder.feed_one(FE95, next(frames), 0.0) for _ in range(4)]
    assert [bool(reading.values) for reading in readings] == [False, False, True, True]


def test_without_a_key_nothing_is_counted_and_with_one_each_device_counts_alone() -> (
    None
):
    first, second = Decoder(ADDRESS), Decoder(ADDRESS)
    entries = {
        FE95: sealed(0x055B, CLIMATE, 9),
        uuid(0xFCD2): bthome(b"\x02\xca\x09", 9),
    }
    for decoder in (first, second):
        decoder.feed(entries, {}, 0.0)
        assert decoder.snapshot()["counters"] == {}
        decoder.set_key(KEY)
        assert decoder.feed_one(FE95, sealed(0x055B, CLIMATE, 20), 1.0).values
        # Nor does what was counted without a key reach one that comes later.
        assert decoder.feed_one(FE95, sealed(0x055B, CLIMATE, 21), 2.0).values
    first.set_key(None)
    assert first.snapshot()["counters"] == {}
    assert second.snapshot()["counters"][FE95]["long"]["last"] == 21


def paired_dimmer() -> Decoder:
    """Return a dimmer's decoder whose key is proven by the check byte."""
    decoder = Decoder(ADDRESS, SHORT_KEY)
    for counter in range(1, 30):
        assert decoder.feed_one(FE95, legacy(DIMMER, PRESS, counter), 0.0).events
    return decoder


def test_a_wrong_check_byte_hides_nothing_and_guesses_are_few() -> None:
    decoder = paired_dimmer()
    for counter in range(30, 60):
        decoder.feed_one(FE95, odd(legacy(DIMMER, PRESS, counter)), 0.0)
        assert decoder.feed_one(FE95, legacy(DIMMER, PRESS, counter), 0.0).events
    for counter in range(60, 70):
        decoder.feed_one(FE95, odd(legacy(DIMMER, PRESS, counter)), 0.0)
    # One of those who guess that long hits; what was recorded does not make up for it.
    for counter in range(50, 60):
        reading = decoder.feed_one(FE95, legacy(DIMMER, PRESS, counter), 1e4)
        assert reading.reason is Reason.REPLAY
    assert not decoder.feed_one(FE95, legacy(DIMMER, PRESS, 70), 0.0).events
    assert decoder.feed_one(FE95, legacy(DIMMER, PRESS, 71), 0.0).events


def test_what_comes_round_with_eight_bits_is_told_and_proves_nothing() -> None:
    decoder = paired_dimmer()
    percent = obj(0x100A, "32")
    for counter in range(30, 602):
        objects = percent if counter % 256 in {95, 140} else PRESS
        reading = decoder.feed_one(
            FE95, legacy(DIMMER, objects, counter % 256), 1e3 * counter
        )
        assert bool(reading.values) is (objects is percent)
        assert bool(reading.events) is (objects is PRESS)
        assert (reading.reason is Reason.RECURRING) is (counter > 256)
    # In its place, and after one from elsewhere: what it tells of may be over, what it measured holds.
    for counter, objects in ((92, PRESS), (95, percent)):
        known = decoder.snapshot()
        again = Decoder(ADDRESS, SHORT_KEY, kept=known)
        stray = legacy(DIMMER, percent, 140)
        assert again.feed_one(FE95, stray, 1e6).reason is Reason.REPLAY
        reading = again.feed_one(FE95, legacy(DIMMER, objects, counter), 1e6)
        assert not reading.events
        assert bool(reading.values) is (objects is percent)


def test_after_a_gap_of_eight_bits_what_is_measured_holds() -> None:
    decoder = paired_dimmer()
    percent = obj(0x100A, "32")
    frames = [legacy(DIMMER, percent, counter) for counter in range(150, 153)]
    readings = [decoder.feed_one(FE95, one, 0.0) for one in frames]
    assert [bool(one.values) for one in readings] == [False, False, True]
    assert readings[-1].reason is None


def test_a_key_that_is_typed_after_nonsense_alone_has_nothing_to_open() -> None:
    decoder = Decoder(ADDRESS, None)
    assert decoder.feed_one(FE95, b"\0", 0.0).reason is Reason.SHORT
    assert not decoder.frames
    assert decoder.set_key(KEY) is None
