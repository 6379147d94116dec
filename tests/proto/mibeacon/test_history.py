"""What was heard before is not heard again; what goes back is a replay, or a restart."""

from collections.abc import Callable
from typing import Any

from custom_components.mi_bms.proto.mibeacon.beacon import Beacon
from custom_components.mi_bms.proto.mibeacon.decoder import Decoder
from custom_components.mi_bms.proto.mibeacon.history import PayloadHistory
from custom_components.mi_bms.proto.mibeacon.sensor_device import SensorDevice
from custom_components.mi_bms.proto.model.reading import KeyState, Outcome, Reason
from tests.each import rows

from .frames import ADDRESS, FE95, KEY, MAC, OTHER_KEY, clear, obj, sealed, uuid, values

FDCD = uuid(0xFDCD)


def climate(tenths: int) -> bytes:
    return (
        b"\x08\x07"
        + MAC[::-1]
        + b"\x01\x04"
        + tenths.to_bytes(2, "little")
        + b"\xf4\x01"
    )


def press(counter: int) -> bytes:
    return clear(0x0153, obj(0x1001, "000000"), counter, version=3)


def battery(sequence: int, percent: int = 50) -> bytes:
    return sealed(0x055B, obj(0x100A, bytes((percent,))), sequence)


def outcome(decoder: Decoder, data: bytes, now: float, source: str = "a") -> Outcome:
    return decoder.feed({FE95: data}, {}, now, source).outcome


def test_a_sensor_outlives_what_followed_it() -> None:
    device = SensorDevice(ADDRESS, KEY)
    Beacon(FE95, device)
    device.allow_clear()
    assert device.allowed


def test_repeats_carry_nothing() -> None:
    decoder = Decoder(ADDRESS)
    first = decoder.feed_one(FE95, press(1), 0.0)
    assert first.events
    for now in (0.1, 5.0, 10_000.0):
        again = decoder.feed_one(FE95, press(1), now)
        assert (again.outcome, again.values, again.events) == (Outcome.REPEATED, {}, ())
        assert again.model == "YLYK01YL"
    assert decoder.counters == {"decoded": 1, "repeated": 3}


def test_stale_entry_of_a_merged_advert_is_not_decoded_again() -> None:
    decoder = Decoder(ADDRESS)
    decoder.feed({FE95: press(1)}, {}, 0.0)
    both = decoder.feed({FE95: press(1), FDCD: climate(200)}, {}, 1.0)
    assert (both.outcome, both.events) == (Outcome.DECODED, ())
    assert values(both) == {"temperature": 20.0, "humidity": 50.0}


def test_new_entries_of_one_advert_are_merged() -> None:
    decoder = Decoder(ADDRESS)
    pvvx = MAC[::-1] + bytes.fromhex("a9066911b60b58f70d")
    coarse = clear(0x055B, obj(0x100D, "aa00bd01"))
    for entries in (
        {FE95: coarse, uuid(0x181A): pvvx},
        {uuid(0x181A): pvvx, FE95: coarse},
    ):
        reading = Decoder(ADDRESS).feed(entries, {}, 0.0)
        assert values(reading)["temperature"] == 17.05
    foreign = decoder.feed({FE95: press(1), uuid(0x181A): bytes(16)}, {}, 0.0)
    assert foreign.outcome is Outcome.DECODED
    assert foreign.events
    both = Decoder(ADDRESS).feed(
        {uuid(0x181A): pvvx}, {0x00C0: bytes.fromhex("0276138b000221") + MAC}, 0.0
    )
    assert values(both)["weight"] == 63.0


def test_finer_format_holds_against_a_coarser_one() -> None:
    decoder = Decoder(ADDRESS)
    custom = uuid(0x181A)

    def pvvx(counter: int) -> bytes:
        return MAC[::-1] + bytes.fromhex("a9066911b60b58") + bytes((counter, 0x0D))

    def beacon(counter: int) -> dict[str, bytes]:
        return {
            FE95: clear(0x055B, obj(0x100D, "ab00bd01") + obj(0x1019, "00"), counter)
        }

    decoder.feed(beacon(1), {}, 0.0)
    decoder.feed({custom: pvvx(1)}, {}, 1.0)
    assert values(decoder.feed(beacon(2), {}, 2.0)) == {"opening": True}
    only = {FE95: clear(0x055B, obj(0x100D, "ac00bd01"), 3)}
    assert decoder.feed(only, {}, 3.0).outcome is Outcome.IGNORED
    assert values(decoder.feed({custom: pvvx(2)}, {}, 4.0))["temperature"] == 17.05
    assert values(decoder.feed(beacon(4), {}, 200.0))["temperature"] == 17.1


def test_older_payload_through_another_receiver() -> None:
    decoder = Decoder(ADDRESS)
    assert outcome(decoder, press(1), 0.0) is Outcome.DECODED
    assert outcome(decoder, press(2), 60.0) is Outcome.DECODED
    assert outcome(decoder, press(1), 1_000.0, "b") is Outcome.REPEATED
    assert outcome(decoder, press(3), 1_001.0, "b") is Outcome.DECODED
    assert outcome(decoder, press(2), 1_002.0, "a") is Outcome.REPEATED


def test_counter_of_eight_bits_wraps() -> None:
    decoder = Decoder(ADDRESS)
    assert outcome(decoder, press(1), 0.0) is Outcome.DECODED
    assert outcome(decoder, press(2), 1.0) is Outcome.DECODED
    assert outcome(decoder, press(1), 100.0) is Outcome.REPEATED
    assert outcome(decoder, press(1), 800.0) is Outcome.DECODED


def test_values_without_counter_may_return() -> None:
    decoder = Decoder(ADDRESS)
    for now, tenths, expected in (
        (0.0, 200, Outcome.DECODED),
        (10.0, 201, Outcome.DECODED),
        (11.0, 200, Outcome.DECODED),
        (11.5, 201, Outcome.REPEATED),
        (20.0, 201, Outcome.DECODED),
    ):
        assert decoder.feed({FDCD: climate(tenths)}, {}, now, "a").outcome is expected
    assert decoder.feed({FDCD: climate(200)}, {}, 20.5, "b").outcome is Outcome.REPEATED


@rows(
    ("service", "press_of"),
    [
        (0xFCD2, lambda number: bytes((0x44, 0x00, number, 0x3A, 0x01))),
        (0x181C, lambda number: bytes((0x02, 0x00, number, 0x02, 0x3A, 0x01))),
    ],
)
def test_packet_id_tells_a_press_from_a_late_copy(
    service: int, press_of: Callable[[int], bytes]
) -> None:
    decoder = Decoder(ADDRESS)

    def presses(number: int, now: float, source: str) -> int:
        entries = {uuid(service): press_of(number)}
        return len(decoder.feed(entries, {}, now, source).events)

    assert presses(1, 0.0, "a") == presses(2, 10.0, "a") == 1
    assert presses(1, 40.0, "b") == presses(2, 41.0, "b") == 0
    assert presses(3, 42.0, "b") == 1


def test_press_without_packet_id_counts_again() -> None:
    decoder = Decoder(ADDRESS)
    pressed = {uuid(0xFCD2): bytes.fromhex("443a01")}
    assert decoder.feed(pressed, {}, 0.0, "a").events
    assert decoder.feed({uuid(0xFCD2): bytes.fromhex("440132")}, {}, 5.0, "a").values
    assert decoder.feed(pressed, {}, 20.0, "a").events


def test_memory_is_bounded_and_old_payloads_leave() -> None:
    history = PayloadHistory()
    for number in range(1_000):
        assert history.is_new(number.to_bytes(2), number, "", unique=False)
    assert len(history.recent) + len(history.older) <= 64
    assert not history.is_new((990).to_bytes(2), 1_000, "", unique=True)
    assert history.is_new((1).to_bytes(2), 1_000, "", unique=True)
    # One that was taken again stays known, from either generation.
    assert not history.is_new((970).to_bytes(2), 1_001, "", unique=False)
    assert history.is_new((970).to_bytes(2), 1_500, "", unique=False)


def test_lower_counter_is_a_replay() -> None:
    decoder = Decoder(ADDRESS, KEY)
    assert outcome(decoder, battery(70_000), 0.0) is Outcome.DECODED
    assert outcome(decoder, battery(70_001), 1.0) is Outcome.DECODED
    assert (
        outcome(decoder, battery(70_001, 51), 1.0) is Outcome.DECODED
    )  # two under one counter
    stale = decoder.feed_one(FE95, battery(69_000), 2.0)
    assert (stale.outcome, stale.reason, stale.values) == (
        Outcome.REJECTED,
        Reason.REPLAY,
        {},
    )
    assert outcome(decoder, battery(70_000), 3.0) is Outcome.REPEATED
    assert outcome(decoder, battery(70_002), 4.0) is Outcome.DECODED
    assert outcome(decoder, battery(69_999), 5.0) is Outcome.REJECTED
    assert decoder.counters["replay"] == 2


def button(sequence: int, percent: int | None = None, **extra: Any) -> bytes:
    """Press a button, or tell the battery under the same counter."""
    what = obj(0x4E0C, "01") if percent is None else obj(0x4803, bytes((percent,)))
    return sealed(0x1949, what, sequence, **extra)


def test_what_the_tag_does_not_cover_makes_no_news() -> None:
    """The control bits, the MAC and the capability are not authenticated: anybody may change them."""
    decoder = Decoder(ADDRESS, KEY)
    frame = button(1_000)
    assert decoder.feed_one(FE95, frame, 0.0).events
    assert decoder.feed_one(FE95, button(1_000, 50), 0.1).values
    forged = [
        bytes((frame[0] ^ low, frame[1] ^ high)) + frame[2:]
        for low, high in ((1, 0), (2, 0), (4, 0), (0, 1), (0, 2), (0, 0x10))
    ]
    forged += [
        button(1_000, with_mac=False),
        button(1_000, capability=b"\x08"),
        button(1_000, 50, with_mac=False),
    ]
    for now, data in enumerate(forged, 1):
        reading = decoder.feed_one(FE95, data, float(now))
        assert (reading.reason, reading.values, reading.events) == (
            Reason.REPLAY,
            {},
            (),
        )
    assert decoder.feed_one(FE95, button(1_001), 20.0).events


def test_forged_frames_cannot_make_a_press_forgotten() -> None:
    decoder = Decoder(ADDRESS, KEY)
    assert decoder.feed_one(FE95, button(1_000), 0.0).events
    for number in range(100):
        forged = button(1_000)[:-4] + number.to_bytes(4)
        assert not decoder.feed_one(FE95, forged, 1.0).events
    assert outcome(decoder, button(1_000), 2.0) is Outcome.REPEATED


def test_what_counts_up_is_known_for_a_while_when_it_comes_late() -> None:
    decoder = Decoder(ADDRESS, KEY)
    series = [battery(70_000 + number) for number in range(100)]
    for now, frame in enumerate(series):
        assert outcome(decoder, frame, now) is Outcome.DECODED
    late = [outcome(decoder, frame, 200.0, "b") for frame in reversed(series)]
    assert late == [Outcome.REPEATED] * 64 + [Outcome.REJECTED] * 36


def test_few_frames_are_kept_however_many_count_up() -> None:
    beacon = Beacon(FE95, SensorDevice(ADDRESS, KEY))
    for number in range(1_000):
        beacon.take(battery(70_000 + number), number, "a")
        assert len(beacon.counters.long.frames) <= 128
        assert beacon.sealed == battery(70_000 + number)


def test_the_next_counter_under_another_mac_is_not_ours() -> None:
    decoder = Decoder(ADDRESS, KEY)
    for number in range(2):
        assert outcome(decoder, battery(69_999 + number), 0.0) is Outcome.DECODED
    frame = battery(70_001)
    foreign = frame[:5] + bytes(6) + frame[11:]
    assert decoder.feed_one(FE95, foreign, 1.0).reason is Reason.FOREIGN_MAC
    assert outcome(decoder, frame, 2.0) is Outcome.DECODED


def test_one_forged_frame_with_the_next_counter_fails_once() -> None:
    decoder = Decoder(ADDRESS, KEY)
    assert outcome(decoder, battery(70_000), 0.0) is Outcome.DECODED
    forged = battery(70_001)[:-4] + bytes(4)
    heard = [decoder.feed_one(FE95, forged, 1.0 + late) for late in range(2)]
    # Neither does another frame between make it news.
    assert outcome(decoder, battery(70_001), 3.0) is Outcome.DECODED
    heard += [decoder.feed_one(FE95, forged, 4.0)]
    reasons = [(reading.outcome, reading.reason) for reading in heard]
    assert (
        reasons == [(Outcome.REJECTED, Reason.CORRUPT)] + [(Outcome.REPEATED, None)] * 2
    )
    assert decoder.key_state is KeyState.RIGHT


def test_the_frame_that_shows_a_new_count_is_read() -> None:
    decoder = Decoder(ADDRESS, KEY)
    for number in range(3):
        assert outcome(decoder, battery(70_000 + number), number) is Outcome.DECODED
    told = [
        decoder.feed_one(FE95, battery(9 + number), 100.0 * number)
        for number in range(1, 5)
    ]
    assert [reading.outcome for reading in told] == [Outcome.REJECTED] * 3 + [
        Outcome.DECODED
    ]
    assert values(told[-1]) == {"battery": 50}


def test_replayed_series_is_refused_as_a_whole() -> None:
    decoder = Decoder(ADDRESS, KEY)
    series = [battery(1_000 + number) for number in range(100)]
    for now, frame in enumerate(series):
        assert outcome(decoder, frame, now) is Outcome.DECODED
    for now, frame in enumerate(series):
        assert outcome(decoder, frame, 200.0 + now) in {
            Outcome.REPEATED,
            Outcome.REJECTED,
        }


def test_wrap_of_the_low_byte_is_no_step_back() -> None:
    decoder = Decoder(ADDRESS, KEY)
    assert outcome(decoder, battery(0x08FF), 0.0) is Outcome.DECODED
    assert outcome(decoder, battery(0x0901), 1.0) is Outcome.DECODED


def test_another_key_begins_anew() -> None:
    decoder = Decoder(ADDRESS, KEY)
    assert outcome(decoder, battery(70_000), 0.0) is Outcome.DECODED
    decoder.set_key(OTHER_KEY)
    frame = sealed(0x055B, obj(0x100A, "32"), 5_000, key=OTHER_KEY)
    assert outcome(decoder, frame, 1.0) is Outcome.DECODED


def test_what_the_former_key_opened_says_nothing_of_another() -> None:
    decoder = Decoder(ADDRESS, KEY)
    series = [battery(70_000 + number) for number in range(4)]
    for now, frame in enumerate(series):
        assert outcome(decoder, frame, now) is Outcome.DECODED
    decoder.set_key(OTHER_KEY)
    late = [outcome(decoder, frame, 10.0, "b") for frame in series]
    assert late == [Outcome.REPEATED] * 4
    assert decoder.key_state is KeyState.UNVERIFIED


def test_frame_that_ends_before_its_capability() -> None:
    frame = bytes.fromhex("7050aa0101") + MAC[::-1]
    assert Decoder(ADDRESS).feed_one(FE95, frame, 0.0).reason is Reason.SHORT


@rows("version", [0, 1, 6, 15])
def test_unknown_version_is_rejected(version: int) -> None:
    decoder = Decoder(ADDRESS)
    for counter in range(2):
        frame = clear(0x01AA, obj(0x100A, "3b"), counter, version=version)
        reading = decoder.feed_one(FE95, frame, 0.0)
        assert (reading.reason, reading.values) == (Reason.VERSION, {})
    assert decoder.counters == {"rejected": 2, "version": 2}


@rows("version", [2, 3, 4, 5])
def test_known_version_is_read(version: int) -> None:
    frame = clear(0x01AA, obj(0x100A, "3b"), version=version)
    assert values(Decoder(ADDRESS).feed_one(FE95, frame, 0.0)) == {"battery": 59}


@rows("data", [b"", b"\x50\x20\xaa\x01"])
def test_short_entry_is_rejected_each_time(data: bytes) -> None:
    decoder = Decoder(ADDRESS)
    assert decoder.feed_one(FE95, data, 0.0).reason is Reason.SHORT
    assert decoder.feed_one(FE95, data, 0.0).reason is Reason.SHORT
    assert decoder.counters == {"rejected": 2, "short": 2}
