"""A typed key, judged in one word."""

import pytest

from custom_components.mi_bms.proto.keys import verdict
from custom_components.mi_bms.proto.keys.ring import KeyRing
from custom_components.mi_bms.proto.keys.verdict import judge
from tests.each import rows
from tests.proto.mibeacon.frames import (
    ADDRESS,
    FE95,
    KEY,
    OTHER_KEY,
    SHORT_KEY,
    bthome,
    legacy,
    obj,
    sealed,
    uuid,
)

HUMIDITY = obj(0x1006, "d301")
PRESS = obj(0x1001, "000203")
OTHER = "A4:C1:38:00:00:01"
THIRD = "A4:C1:38:00:00:02"
MINE = [(FE95, sealed(0x055B, HUMIDITY, number)) for number in (1, 2)]
OLD = [(FE95, legacy(0x03B6, PRESS, number)) for number in (1, 2)]
BTHOME = [(uuid(0xFCD2), bthome(b"\x01\x61", 1))]
THEIRS = {
    ADDRESS: MINE,
    THIRD: BTHOME,
    OTHER: [
        (
            FE95,
            sealed(
                0x055B, HUMIDITY, 1, key=OTHER_KEY, mac=bytes.fromhex("a4c138000001")
            ),
        )
    ],
}
WRONG = b"\x07" * 16


@rows(
    ("text", "frames", "word"),
    [
        (KEY.hex(), MINE, "right"),
        (KEY.hex(":").upper(), MINE, "right"),
        (KEY.hex(), BTHOME, "right"),
        (SHORT_KEY.hex(), OLD, "right"),
        (KEY.hex() + "A4C1380283F4", MINE, "right"),
        # The packet proves more than what was typed behind the key.
        (KEY.hex() + "A4C138000001", MINE, "right"),
        (f"mac: {ADDRESS}\nbindkey: {KEY.hex()}", MINE, "right"),
        (f"{OTHER} {WRONG.hex()}\n{ADDRESS} {KEY.hex()}", MINE, "right"),
        (f"bindkey: {KEY.hex()}", MINE, "right"),
        (WRONG.hex(), MINE, "wrong"),
        (WRONG.hex(), [*MINE, *OLD], "wrong"),
        (b"".join((b"\x07" * 12,)).hex(), OLD, "wrong"),
        (b"".join((b"\x07" * 12, b"\xff" * 4)).hex(), OLD, "wrong"),
        (SHORT_KEY.hex(), MINE, "legacy_key_for_new_device"),
        (SHORT_KEY.hex(), BTHOME, "legacy_key_for_new_device"),
        (SHORT_KEY.hex() + "ffffffff", MINE, "legacy_key_for_new_device"),
        (WRONG.hex(), OLD, "new_key_for_legacy_device"),
        (KEY.hex(), [], "nothing_heard"),
        (KEY.hex(), [(FE95, MINE[0][1][:9])], "corrupt"),
        ("", MINE, "bad_key_length"),
        (KEY.hex()[:-1], MINE, "bad_key_length"),
        (KEY.hex()[:-1] + "O", MINE, "bad_key_digits"),
        ("hello", MINE, "bad_key_digits"),
        (f"mac: {ADDRESS}\nbindkey: {KEY.hex()[:-1]}", MINE, "bad_key_length"),
        (f"{ADDRESS} {KEY.hex()}", MINE, "right"),
        (f"{ADDRESS}\n{KEY.hex()}", MINE, "right"),
        ("0011 2233 4455 6677 8899 aabb ccdd eeff", MINE, "right"),
    ],
)
def test_words(text: str, frames: list[tuple[str, bytes]], word: str) -> None:
    told = judge(text, ADDRESS, iter(frames))
    assert (told.word, told.other) == (word, None)
    assert told.frames == len(frames)
    assert (told.key is None) == word.startswith("bad_key")
    assert KEY.hex() not in repr(told)
    assert repr(KEY) not in repr(told)


def test_key_of_another_device_is_named() -> None:
    def word(
        text: str, frames: list[tuple[str, bytes]], **more: object
    ) -> tuple[str, str | None]:
        told = judge(text, ADDRESS, frames, **more)  # type: ignore[arg-type]
        return told.word, told.other

    other = "right_for_other_device", OTHER
    # Its packets say so, also while the sensor itself is silent.
    assert word(OTHER_KEY.hex(), MINE, others=THEIRS) == other
    assert word(OTHER_KEY.hex(), [], others=THEIRS) == other
    assert word(WRONG.hex(), MINE, others=THEIRS) == ("wrong", None)
    # The ring says so.
    assert word(OTHER_KEY.hex(), MINE, ring=KeyRing({OTHER: OTHER_KEY})) == other
    ring = KeyRing({ADDRESS: OTHER_KEY, OTHER: OTHER_KEY})
    assert word(OTHER_KEY.hex(), MINE, ring=ring) == ("wrong", None)
    # What was pasted says so, unless that device's packets say otherwise.
    assert word(OTHER_KEY.hex() + "A4C138000001", MINE) == other
    assert word(f"{OTHER} {OTHER_KEY.hex()}", []) == other
    assert word(f"{OTHER} {WRONG.hex()}", MINE, others=THEIRS) == ("wrong", None)
    assert word(WRONG.hex() + "A4C1380283F4", MINE) == ("wrong", None)


def test_an_address_in_front_of_its_key_is_understood() -> None:
    """Only the device itself tells that the digits do not begin with the key."""
    digits = ADDRESS.replace(":", "")
    for text in (digits + KEY.hex(), f"{ADDRESS}:{KEY.hex(':')}", KEY.hex() + digits):
        told = judge(text, ADDRESS, MINE)
        assert (told.word, told.key) == ("right", KEY)


def test_a_key_is_tried_on_a_bounded_number_of_devices(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    others = {f"A4:C1:38:01:{number:04X}": MINE for number in range(900)}
    tried: list[str] = []

    def opens(address: str, key: bytes, frames: verdict.Frames) -> bool:
        tried.append(address)
        return False

    monkeypatch.setattr(verdict, "opens", opens)
    assert judge(OTHER_KEY.hex(), ADDRESS, MINE, None, others).word == "wrong"
    assert len(tried) == 500


def test_of_two_keys_for_one_device_the_one_that_fits_counts() -> None:
    text = f"{ADDRESS} {OTHER_KEY.hex()}\n{ADDRESS} {KEY.hex()}"
    assert (judge(text, ADDRESS, MINE).word, judge(text, ADDRESS, MINE).key) == (
        "right",
        KEY,
    )


@rows("text", ["F" * 32, "f" * 24, "F" * 32 + "A4C1380283F4"])
def test_what_the_cloud_gives_where_it_has_no_key(text: str) -> None:
    assert judge(text, ADDRESS, MINE).word == "empty_key"


def test_an_address_first_is_read_so_if_it_is_this_device() -> None:
    stranger = "C0:FF:EE:00:00:01"
    told = judge(stranger.replace(":", "") + KEY.hex(), stranger, [])
    assert (told.word, told.key) == ("nothing_heard", KEY)
