"""Replays: what was recorded is never news; what the device itself sends comes back by itself."""

from collections.abc import Callable, Iterator
import itertools
from itertools import product
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESCCM
import pytest

from custom_components.mi_bms.proto.mibeacon.decoder import Decoder
from custom_components.mi_bms.proto.model.reading import KeyState, Reason
from tests.each import rows
from tests.proto.mibeacon.frames import (
    ADDRESS,
    FE95,
    KEY,
    MAC,
    OTHER_KEY,
    SHORT_KEY,
    bthome,
    clear,
    legacy,
    number,
    obj,
    sealed,
    uuid,
)

from .test_spoof import FCD2, restarted, shown

type Make = Callable[[int, int], bytes]


def button(counter: int, content: int) -> bytes:
    left = "01" if content % 4 == 1 else "02"
    what = obj(0x4E0C, left) if content % 2 else obj(0x4803, bytes((content % 100,)))
    return sealed(0x1949, what, counter)


def thermometer(counter: int, content: int) -> bytes:
    return sealed(0x055B, obj(0x1004, number(200 + content % 100, 2)), counter)


def bthome_v2(counter: int, content: int) -> bytes:
    return bthome(bytes((0x01, content % 100, 0x3A, 1)), counter, info=0x45)


def bthome_v1(counter: int, content: int) -> bytes:
    nonce = MAC + b"\x1e\x18" + number(counter, 4)
    plain = bytes((0x02, 0x01, content % 100, 0x02, 0x3A, 1))
    body = AESCCM(KEY, tag_length=4).encrypt(nonce, plain, b"\x11")
    return body[:-4] + number(counter, 4) + body[-4:]


FORMATS: dict[str, tuple[str, Make]] = {
    "button": (FE95, button),
    "thermometer": (FE95, thermometer),
    "bthome v2": (FCD2, bthome_v2),
    "bthome v1": (uuid(0x181E), bthome_v1),
}


def heard(
    service: str, make: Make, counters: range
) -> tuple[Decoder, list[bytes], float]:
    """Hear a device for a while; give what was recorded of it, and the time."""
    decoder, frames = Decoder(ADDRESS, KEY), []
    for at, counter in enumerate(counters):
        frames.append(make(counter, counter))
        assert shown(decoder.feed_one(service, frames[-1], 10.0 * at))
    return decoder, frames, 10.0 * len(counters)


def recordings(frames: list[bytes]) -> Iterator[tuple[str, list[bytes], float]]:
    """Return what a stranger makes of a recording: its name, its frames and how far they are apart."""
    yield "all, quickly", frames, 0.1
    yield "all, slowly", frames, 30.0
    yield "all again", frames, 10.0
    for step in (1, 5, 17):
        for start in (0, len(frames) // 2, max(0, len(frames) - 4 * step)):
            yield "four that ascend", frames[start::step][:4], 100.0
    yield "backwards", frames[::-1], 10.0
    yield "one", frames[-1:], 10.0
    yield "twenty over hours", frames[:: max(1, len(frames) // 20)][:20], 600.0


@pytest.mark.parametrize("restart", [False, True])
@pytest.mark.parametrize("counters", [range(3, 23), range(70_000, 70_200), range(300)])
def test_nothing_recorded_is_ever_news(
    restart: bool, counters: range, capsys: pytest.CaptureFixture[str]
) -> None:
    played = fired = values = 0
    for service, make in FORMATS.values():
        decoder, frames, now = heard(service, make, counters)
        for _name, recording, apart in recordings(frames):
            if restart:
                decoder = restarted(decoder)
            for frame in recording:
                now += apart
                reading = decoder.feed_one(service, frame, now)
                fired += len(reading.events)
                values += len(reading.values)
                played += 1
        assert shown(decoder.feed_one(service, make(counters[-1] + 1, 1), now + 10))
    with capsys.disabled():
        print(  # noqa: T201
            f"\nreplay: {played} frames, events fired {fired}, values shown {values}"
        )
    assert (fired, values) == (0, 0)


@rows(
    ("name", "restart", "apart", "first"),
    product(FORMATS, [False, True], [10.0, 600.0], [0, 1, 5_000]),
)
def test_a_new_battery_brings_values_and_then_events(
    name: str, restart: bool, apart: float, first: int
) -> None:
    service, make = FORMATS[name]
    decoder, _frames, now = heard(service, make, range(first, first + 200))
    if restart:
        decoder = restarted(decoder)
    needed, quiet = 0, True
    for counter in itertools.count(1):
        reading = decoder.feed_one(service, make(counter, counter + 50), now)
        now += apart
        needed += 1
        quiet &= not reading.events
        if reading.values:
            break
        assert needed < 40
    assert quiet
    # The button says the same under every other counter as it did before.
    assert needed <= (4 if apart > 100 else 33) * (1 + (name == "button"))
    after = [
        decoder.feed_one(service, make(counter + one, counter + one + 50), now + one)
        for one in (1, 2)
    ]
    assert all(shown(reading) for reading in after)
    if name != "thermometer":
        assert any(reading.events for reading in after)


def test_a_new_key_begins_anew_at_once() -> None:
    decoder, _, now = heard(FE95, thermometer, range(70_000, 70_010))
    decoder = restarted(decoder, OTHER_KEY)
    assert not decoder.proven
    frame = sealed(0x055B, obj(0x1004, "c800"), 1, key=OTHER_KEY)
    assert decoder.feed_one(FE95, frame, now).values
    assert decoder.key_state is KeyState.RIGHT


def test_another_firmware_with_the_same_key_is_read_at_once() -> None:
    decoder, _, now = heard(FE95, thermometer, range(70_000, 70_010))
    assert decoder.feed_one(FCD2, bthome_v2(1, 1), now).values
    decoder = restarted(decoder)
    assert decoder.feed_one(FCD2, bthome_v2(2, 2), now).values


def test_encryption_switched_off_on_purpose_needs_one_yes() -> None:
    decoder, _, now = heard(FE95, thermometer, range(70_000, 70_010))
    said = clear(0x055B, obj(0x1004, "9600"), 1)
    assert decoder.feed_one(FE95, said, now).reason is Reason.DOWNGRADE
    decoder.allow_clear()
    assert decoder.feed_one(FE95, said, now + 1).values
    decoder = restarted(decoder)
    assert not decoder.guarded
    assert decoder.feed_one(FE95, clear(0x055B, obj(0x1004, "9700"), 2), now).values
    # A recording changes nothing of that; who encrypts again is believed alone again.
    assert not decoder.feed_one(FE95, thermometer(70_005, 70_005), now + 1).values
    assert not decoder.guarded
    assert decoder.feed_one(FE95, thermometer(70_100, 1), now + 2).values
    assert decoder.guarded
    late = clear(0x055B, obj(0x1004, "9800"), 3)
    assert decoder.feed_one(FE95, late, now + 3).reason is Reason.DOWNGRADE


@rows("restart", [False, True])
def test_an_old_remote_is_not_pressed_by_a_recording(restart: bool) -> None:
    """Its counter has eight bits: it is protected as far as it was heard."""
    decoder = Decoder(ADDRESS, SHORT_KEY)
    frames = [legacy(0x03B6, obj(0x1001, "000103"), counter) for counter in range(60)]
    for now, frame in enumerate(frames):
        assert decoder.feed_one(FE95, frame, float(now)).events
    if restart:
        decoder = restarted(decoder, SHORT_KEY)
    fired = 0
    for now, frame in enumerate((*frames, *frames[::-1], *frames[::7])):
        fired += len(decoder.feed_one(FE95, frame, 1e4 + 400.0 * now).events)
    assert fired == 0
    assert decoder.feed_one(FE95, legacy(0x03B6, obj(0x1001, "000103"), 60), 1e6).events


@rows("restart", [False, True])
def test_what_nothing_seals_makes_no_news_of_an_old_press(restart: bool) -> None:
    """The capability can be exchanged in a recording without its check byte telling."""
    press = obj(0x1001, "000103")

    def said(counter: int, capability: bytes) -> bytes:
        return legacy(0x03B6, press, counter, capability=capability)

    decoder = Decoder(ADDRESS, SHORT_KEY)
    for counter in range(20):
        assert decoder.feed_one(FE95, said(counter, b"\x08"), float(counter)).events
    if restart:
        decoder = restarted(decoder, SHORT_KEY)
    fired, now = 0, 100.0
    for counter in (19, 18, 5):
        for first in range(256):
            now += 10.0
            more = 2 * (first & 0x18 == 0x18) + 2 * (first & 0x20 > 0)
            again = said(counter, bytes((first, *range(more))))
            fired += len(decoder.feed_one(FE95, again, now).events)
    assert fired == 0
    assert decoder.feed_one(FE95, said(20, b"\x09"), now + 400.0).events


@rows("kept", [None, 5, [], {}, {"key": 1}, {"counters": []}])
def test_spoiled_memory_costs_no_decoder(kept: Any) -> None:
    decoder = Decoder(ADDRESS, KEY, kept=kept)
    assert not decoder.proven
    good, _, _ = heard(FE95, thermometer, range(70_000, 70_003))
    snapshot = good.snapshot()
    for spoil in ({"proof": 9}, {"proof": "3"}, {"counters": 7}, {"key": None}):
        again = Decoder(ADDRESS, KEY, kept=snapshot | spoil)
        assert shown(again.feed_one(FE95, thermometer(70_010, 1), 0.0))


@rows(("name", "restart"), product(FORMATS, [False, True]))
def test_a_key_that_comes_back_believes_no_recording(name: str, restart: bool) -> None:
    """It was mistyped, or the one of another sensor, and then typed again."""
    service, make = FORMATS[name]
    decoder, frames, now = heard(service, make, range(500, 700))
    for key in (OTHER_KEY, None, KEY):
        if restart:
            decoder = restarted(decoder, key)
        else:
            decoder.set_key(key)
        assert decoder.proven is (key == KEY)
    assert not decoder.feed_one(service, b"\x40\x02\x70\x17", now).values
    for at, one in enumerate(frames):
        assert not shown(decoder.feed_one(service, one, now + 100.0 * at))
    assert shown(decoder.feed_one(service, make(700, 701), now + 1e5))


def test_few_former_keys_are_kept_and_only_proven_ones() -> None:
    decoder, frames, now = heard(FE95, thermometer, range(500, 510))
    for other in range(1, 9):
        decoder.set_key(bytes((other,)) * 16)
    decoder.set_key(KEY)
    assert not shown(decoder.feed_one(FE95, frames[3], now))
    kept = decoder.snapshot()
    assert kept["former"] == []
    for byte in range(1, 5):
        other = bytes((byte,)) * 16
        decoder.set_key(other)
        frame = sealed(0x055B, obj(0x1004, "c800"), 1, key=other)
        assert shown(decoder.feed_one(FE95, frame, now))
    former = decoder.snapshot()["former"]
    assert isinstance(former, list)
    assert len(former) == 2
    for spoiled in (7, [7], [{"proof": 3, "key": 5}]):
        assert Decoder(ADDRESS, KEY, kept=kept | {"former": spoiled}).proven
