"""A typed key, judged in one word."""

from time import perf_counter

import pytest

from custom_components.mi_bms.proto.keys.ring import KeyRing
from custom_components.mi_bms.proto.keys.verdict import judge
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


@pytest.mark.parametrize(
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
    verdict = judge(text, ADDRESS, iter(frames))
    assert (verdict.word, verdict.other) == (word, None)
    assert verdict.frames == len(frames)
    assert (verdict.key is None) == word.startswith("bad_key")
    assert KEY.hex() not in repr(verdict)
    assert repr(KEY) not in repr(verdict)


def test_key_of_another_device_is_named() -> None:
    def word(
        text: str, frames: list[tuple[str, bytes]], **more: object
    ) -> tuple[str, str | None]:
        verdict = judge(text, ADDRESS, frames, **more)  # type: ignore[arg-type]
        return verdict.word, verdict.other

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
        verdict = judge(text, ADDRESS, MINE)
        assert (verdict.word, verdict.key) == ("right", KEY)


def test_verdict_comes_at_once() -> None:
    others = {f"A4:C1:38:01:00:{number:02X}": MINE * 2 for number in range(100)}
    ring = KeyRing(dict.fromkeys(others, WRONG))
    begin = perf_counter()
    assert judge(OTHER_KEY.hex(), ADDRESS, MINE, ring, others).word == "wrong"
    assert perf_counter() - begin < 0.1
