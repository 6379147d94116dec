"""Keys: how they are read, what they open, and how a wrong one is told from a damaged packet."""

import gc

from cryptography.exceptions import InvalidTag
import pytest

from custom_components.mi_bms.proto.mibeacon.crypto import (
    Cipher,
    parse_key,
    parse_key_and_mac,
    parse_mac_and_key,
)
from custom_components.mi_bms.proto.mibeacon.decoder import Decoder
from custom_components.mi_bms.proto.mibeacon.key_check import check_key
from custom_components.mi_bms.proto.model.errors import KeyFormatError
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
    OTHER_KEY,
    SHORT_KEY,
    bthome,
    clear,
    decode,
    events,
    legacy,
    obj,
    sealed,
    uuid,
    values,
)

HUMIDITY = obj(0x1006, "d301")
PRESS = obj(0x1001, "000203")
DIMMER = 0x03B6


@rows(
    "text",
    [
        "00112233445566778899aabbccddeeff",
        "00112233445566778899AABBCCDDEEFF",
        " 00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff\n",
        "0011-2233-4455-6677 8899-aabb-ccdd-eeff",
    ],
)
def test_key_is_read_in_any_dress(text: str) -> None:
    assert parse_key(text) == KEY
    assert parse_key_and_mac(text) == (KEY, None)


@rows(
    ("text", "reason"),
    [
        ("", "length"),
        ("0011", "length"),
        ("00" * 22, "length"),
        ("0x" + "00" * 16, "not_hex"),
        ("ä" * 32, "not_hex"),
    ],
)
def test_what_is_no_key(text: str, reason: str) -> None:
    with pytest.raises(KeyFormatError) as caught:
        parse_key(text)
    assert caught.value.reason == reason


def test_key_with_its_devices_address() -> None:
    assert parse_key_and_mac(KEY.hex() + "a4c1380283f4") == (KEY, ADDRESS)
    assert parse_key_and_mac(SHORT_KEY.hex().upper() + "A4C1380283F4") == (
        SHORT_KEY,
        ADDRESS,
    )
    with pytest.raises(KeyFormatError):
        parse_key_and_mac("00" * 20)


def test_address_with_its_key() -> None:
    assert parse_mac_and_key("a4:c1:38:02:83:f4 " + KEY.hex()) == (KEY, ADDRESS)
    assert parse_mac_and_key("A4C1380283F4" + SHORT_KEY.hex()) == (SHORT_KEY, ADDRESS)
    assert parse_mac_and_key(KEY.hex()) is None
    assert parse_mac_and_key("x" * 44) is None


@rows("size", [0, 5, 15, 17])
def test_key_of_another_length_is_refused_at_once(size: int) -> None:
    with pytest.raises(KeyFormatError):
        Cipher(bytes(size))
    with pytest.raises(KeyFormatError):
        Decoder(ADDRESS, bytes(size))
    with pytest.raises(KeyFormatError):
        check_key(ADDRESS, bytes(size), [(FE95, b"")])


def test_short_key_opens_new_frames_with_padding() -> None:
    frame = sealed(DIMMER, PRESS, key=SHORT_KEY + b"\xff" * 4)
    assert decode(frame, SHORT_KEY).outcome is Outcome.DECODED


@rows(
    "key",
    [
        SHORT_KEY,
        SHORT_KEY + b"\xff" * 4,
        SHORT_KEY[:6] + bytes.fromhex("8d3d3c97") + SHORT_KEY[6:],
    ],
)
def test_legacy_key_in_its_three_shapes(key: bytes) -> None:
    assert events(decode(legacy(DIMMER, PRESS), key)) == [("dimmer", "press", "2")]


def test_legacy_frame_that_cannot_be_opened() -> None:
    frame = legacy(DIMMER, PRESS)
    assert decode(frame).outcome is Outcome.NEEDS_KEY
    assert decode(frame[:14], SHORT_KEY).reason is Reason.SHORT


def test_full_key_cannot_open_a_legacy_frame() -> None:
    assert decode(legacy(DIMMER, PRESS), KEY).outcome is Outcome.WRONG_KEY


def test_legacy_check_byte_catches_wrong_keys() -> None:
    frame = legacy(DIMMER, PRESS)
    passed = 0
    for number in range(1000):
        key = number.to_bytes(12, "big")
        reading = decode(frame, key)
        passed += reading.outcome is not Outcome.WRONG_KEY
    assert passed <= 3


@rows("size", [1, 15, 16, 17, 33, 240])
def test_legacy_object_of_any_size_opens_as_it_was_sealed(size: int) -> None:
    cipher, nonce = Cipher(SHORT_KEY), bytes(range(13))
    plain = bytes(number * 7 & 0xFF for number in range(size))
    sealed, check = cipher.encrypt_legacy(nonce, plain)
    # The cipher is used again and again, and nothing of one frame may stay for the next.
    for _ in range(2):
        assert cipher.decrypt_legacy(nonce, sealed, check) == plain
    with pytest.raises(InvalidTag):
        cipher.decrypt_legacy(nonce, sealed, check ^ 1)


def test_legacy_object_that_does_not_fit_counts_as_wrong_key() -> None:
    frame = legacy(DIMMER, b"\x01\x10\x09\x00\x02\x03")
    assert decode(frame, SHORT_KEY).outcome is Outcome.WRONG_KEY


@pytest.mark.parametrize("with_mac", [True, False])
@pytest.mark.parametrize(
    "capability",
    [b"", b"\x08", b"\x28\x01\x00", b"\x18\xaa\xbb", b"\x38\xaa\xbb\x01\x00"],
)
def test_every_header_opens(with_mac: bool, capability: bytes) -> None:
    frame = sealed(0x055B, HUMIDITY, with_mac=with_mac, capability=capability)
    reading = decode(frame, KEY)
    assert values(reading) == {"humidity": 46.7}
    assert (reading.model, reading.product_id) == ("LYWSD03MMC", 0x055B)


def test_missing_key_keeps_the_frame_until_there_is_one() -> None:
    decoder = Decoder(ADDRESS)
    assert decoder.key_state is None
    for sequence in range(1, 8):
        reading = decoder.feed_one(
            FE95, sealed(0x1949, obj(0x4E0C, "01"), sequence), 0.0
        )
        assert (reading.outcome, reading.model) == (Outcome.NEEDS_KEY, "XMWXKG01YL")
    assert decoder.key_state is KeyState.MISSING
    assert len(decoder.frames) == 4
    found = decoder.set_key(KEY)
    assert found
    assert (found.outcome, found.events) == (Outcome.DECODED, ())
    assert decoder.key_state is KeyState.RIGHT
    assert decoder.set_key(None) is None
    assert decoder.key_state is KeyState.MISSING


def test_kept_frame_survives_a_wrong_key() -> None:
    decoder = Decoder(ADDRESS)
    decoder.feed_one(FE95, sealed(0x055B, HUMIDITY), 0.0)
    wrong = decoder.set_key(OTHER_KEY)
    assert wrong
    assert wrong.outcome is Outcome.WRONG_KEY
    right = decoder.set_key(KEY)
    assert right
    assert values(right) == {"humidity": 46.7}


def test_key_without_a_frame_is_unverified() -> None:
    decoder = Decoder(ADDRESS, KEY)
    assert decoder.key_state is KeyState.UNVERIFIED
    assert decoder.set_key(KEY) is None
    decoder.feed_one(FE95, clear(0x055B, HUMIDITY), 0.0)
    assert decoder.key_state is KeyState.UNVERIFIED


def test_first_failure_may_be_an_old_frame() -> None:
    decoder = Decoder(ADDRESS, OTHER_KEY)
    assert (
        decoder.feed_one(FE95, sealed(0x055B, HUMIDITY, 1), 0.0).outcome
        is Outcome.WRONG_KEY
    )
    assert decoder.key_state is KeyState.UNVERIFIED
    assert (
        decoder.feed_one(FE95, sealed(0x055B, HUMIDITY, 2), 1.0).outcome
        is Outcome.WRONG_KEY
    )
    assert decoder.key_state is KeyState.WRONG


def test_one_damaged_packet_does_not_cost_the_key() -> None:
    decoder = Decoder(ADDRESS, KEY)
    good = [sealed(0x055B, HUMIDITY, sequence) for sequence in range(1, 9)]
    damaged = [frame[:-1] + bytes((frame[-1] ^ 1,)) for frame in good]
    assert decoder.feed_one(FE95, good[0], 0.0).outcome is Outcome.DECODED
    reading = decoder.feed_one(FE95, damaged[1], 1.0)
    assert (reading.outcome, reading.reason) == (Outcome.REJECTED, Reason.CORRUPT)
    assert decoder.key_state is KeyState.RIGHT
    assert decoder.feed_one(FE95, good[2], 2.0).outcome is Outcome.DECODED
    assert decoder.feed_one(FE95, damaged[3], 3.0).reason is Reason.CORRUPT
    assert decoder.feed_one(FE95, damaged[4], 4.0).outcome is Outcome.WRONG_KEY
    assert decoder.key_state is KeyState.WRONG
    assert decoder.feed_one(FE95, good[5], 5.0).outcome is Outcome.DECODED
    assert decoder.key_state is KeyState.RIGHT


def test_clear_frames_are_taken_while_there_is_a_key() -> None:
    decoder = Decoder(ADDRESS, KEY)
    assert (
        decoder.feed_one(FE95, clear(0x055B, HUMIDITY), 0.0).outcome is Outcome.DECODED
    )
    assert decoder.firmware is None


def test_same_values_in_clear_make_the_key_needless() -> None:
    decoder = Decoder(ADDRESS)
    hidden = sealed(0x066F, HUMIDITY)
    fdcd = b"\x08\x10" + MAC[::-1] + bytes.fromhex("0104e8008f03")
    reading = decoder.feed({FE95: hidden, uuid(0xFDCD): fdcd}, {}, 0.0)
    assert reading.outcome is Outcome.DECODED
    assert decoder.key_state is KeyState.NOT_NEEDED


def test_host_without_addresses_learns_it_from_a_frame() -> None:
    decoder = Decoder("0F7A1B2C-0000-4000-8000-0123456789AB", KEY)
    blind = decoder.feed_one(FE95, sealed(0x055B, HUMIDITY, 1, with_mac=False), 0.0)
    assert (blind.outcome, blind.reason) == (Outcome.REJECTED, Reason.NO_MAC)
    assert (
        decoder.feed_one(FE95, sealed(0x055B, HUMIDITY, 2), 1.0).outcome
        is Outcome.DECODED
    )
    later = sealed(0x055B, HUMIDITY, 3, with_mac=False)
    assert decoder.feed_one(FE95, later, 2.0).outcome is Outcome.DECODED


def test_check_key() -> None:
    frames = [(FE95, clear(0x055B, HUMIDITY)), (FE95, sealed(0x055B, HUMIDITY))]
    assert check_key(ADDRESS, KEY, frames) is KeyCheck.RIGHT
    assert check_key(ADDRESS, OTHER_KEY, frames) is KeyCheck.WRONG
    assert check_key(ADDRESS, KEY, frames[:1]) is KeyCheck.UNKNOWN
    assert check_key(ADDRESS, KEY, [(FE95, frames[1][1][:18])]) is KeyCheck.UNKNOWN
    assert check_key(ADDRESS, KEY, [("maker-x", b""), ("", b"")]) is KeyCheck.UNKNOWN
    assert (
        check_key(ADDRESS, KEY, [(uuid(0xFCD2), bthome(b"\x01\x50", 1))])
        is KeyCheck.RIGHT
    )


@rows("key", [None, KEY, OTHER_KEY])
def test_who_tries_a_decoder_leaves_nothing_to_the_collector_of_garbage(
    key: bytes | None,
) -> None:
    entries = [
        {FE95: sealed(0x055B, HUMIDITY)},
        {FE95: clear(0x055B, HUMIDITY)},
        {uuid(0xFCD2): bthome(b"\x01\x50", 1)},
    ]

    def use() -> None:
        for entry in entries:
            decoder = Decoder(ADDRESS, key)
            decoder.feed(entry, {0x038F: legacy(DIMMER, PRESS)}, 0.0)
            decoder.set_key(OTHER_KEY)
            if key:
                check_key(ADDRESS, key, entry.items())

    use()
    gc.collect()
    gc.disable()
    try:
        use()
        assert gc.collect() == 0
    finally:
        gc.enable()


def test_key_for_manufacturer_data() -> None:
    frame = bytearray(legacy(DIMMER, PRESS))
    decoder = Decoder(ADDRESS)
    assert decoder.feed({}, {0x038F: bytes(frame)}, 0.0).outcome is Outcome.NEEDS_KEY
    assert check_key(ADDRESS, SHORT_KEY, decoder.frames) is KeyCheck.RIGHT
    found = decoder.set_key(SHORT_KEY)
    assert found
    assert found.outcome is Outcome.DECODED


def test_newest_encrypted_frame_stays_for_trying_another_key() -> None:
    decoder = Decoder(ADDRESS, KEY)
    frame = sealed(0x055B, HUMIDITY)
    decoder.feed_one(FE95, frame, 0.0)
    decoder.feed_one(uuid(0xFCD2), bthome(b"\x01\x50", 1), 0.0)
    assert decoder.frames == ((FE95, frame), (uuid(0xFCD2), bthome(b"\x01\x50", 1)))
    assert decoder.firmware == "bthome"
