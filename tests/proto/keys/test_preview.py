"""The preview of a heap of keys: what each line would change, and what its device says of the key."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest

from custom_components.mi_bms.proto.keys import preview as module
from custom_components.mi_bms.proto.keys.contract import (
    Import,
    KeyLine,
    Refusal,
    RefusedLine,
    TextFormat,
)
from custom_components.mi_bms.proto.keys.preview import (
    Around,
    Change,
    Fit,
    Frames,
    Preview,
    PreviewRow,
    look,
)
from custom_components.mi_bms.proto.model.names import Words
from tests.each import rows
from tests.proto.mibeacon.frames import (
    ADDRESS,
    FE95,
    KEY,
    OTHER_KEY,
    bthome,
    obj,
    sealed,
    uuid,
)

OTHER = "A4:C1:38:00:00:01"
HUMIDITY = obj(0x1006, "d301")
FRAMES: Frames = tuple((FE95, sealed(0x055B, HUMIDITY, n)) for n in range(1, 5))
CLEAR, ENCRYPTS = 0x01AA, 0x055B  # products


@dataclass(frozen=True)
class Heard:
    rssi: int = -60
    encrypted: bool | None = True

    def plain(self, words: Words) -> str:
        return words("product", "thermometer")

    def known_as(self, words: Words) -> str:
        return "LYWSD03MMC"


def line(address: str = ADDRESS, key: bytes = KEY, **more: Any) -> KeyLine:
    values: dict[str, Any] = {
        "name": None,
        "product_id": None,
        "line": 1,
        "last": 1,
        "format": TextFormat.LINE,
    }
    return KeyLine(address=address, key=key, **(values | more))


def refused(reason: Refusal = Refusal.NO_KEY, **more: Any) -> RefusedLine:
    return RefusedLine(
        **({"line": 1, "last": 1, "text": "it", "reason": reason} | more)
    )


def around(
    heard: Mapping[str, Heard] | None = None,
    frames: Mapping[str, Frames] | None = None,
    keys: Mapping[str, bytes | None] | None = None,
    sensors: set[str] | None = None,
) -> Around:
    known = keys or {}
    return Around(
        (heard or {}).get,
        frames or {},
        known,
        {*known} if sensors is None else sensors,
    )


def seen(
    where: Around, *found: KeyLine | RefusedLine, loose: tuple[bytes, ...] = ()
) -> Preview:
    return look(
        where,
        Import(
            found=tuple(one for one in found if isinstance(one, KeyLine)),
            refused=tuple(one for one in found if isinstance(one, RefusedLine)),
            loose=loose,
            lines=len(found),
            aside=(7,),
        ),
    )


def only(preview: Preview) -> PreviewRow:
    (row,) = preview.rows.values()
    return row


def words(group: str, word: str, **fill: str) -> str:
    return " ".join((group, word, *fill.values()))


@rows(
    ("keys", "sensors", "typed", "change", "fit", "wanted"),
    [
        ({}, None, KEY, Change.ADDED, Fit.RIGHT, True),
        ({}, None, OTHER_KEY, Change.ADDED, Fit.WRONG, False),
        ({ADDRESS: OTHER_KEY}, None, KEY, Change.UPDATED, Fit.RIGHT, True),
        ({ADDRESS: None}, None, OTHER_KEY, Change.UPDATED, Fit.WRONG, False),
        ({ADDRESS: KEY}, None, KEY, Change.UNCHANGED, Fit.RIGHT, False),
        ({ADDRESS: KEY}, None, OTHER_KEY, Change.CONFLICT, Fit.WRONG, False),
        ({ADDRESS: None}, set(), KEY, Change.UNCHANGED, Fit.RIGHT, False),
    ],
)
def test_what_a_key_would_change(
    keys: dict[str, bytes | None],
    sensors: set[str] | None,
    typed: bytes,
    change: Change,
    fit: Fit,
    wanted: bool,
) -> None:
    where = around(frames={ADDRESS: FRAMES}, keys=keys, sensors=sensors)
    row = only(seen(where, line(key=typed)))
    assert (row.change, row.fit, row.wanted) == (change, fit, wanted)


def test_silence_tells_nothing_of_a_key() -> None:
    assert only(seen(around(), line())).fit is Fit.LATER


def test_of_several_keys_the_one_that_opens_is_taken() -> None:
    several = line(key=OTHER_KEY, others=(KEY,))
    preview = seen(around(frames={ADDRESS: FRAMES}), several)
    assert only(preview).key == KEY
    assert preview.spare == {ADDRESS: (OTHER_KEY, KEY)}
    assert only(seen(around(keys={ADDRESS: KEY}), several)).key == KEY
    assert only(seen(around(), several)).key == OTHER_KEY


def test_a_word_that_can_be_read_in_two_ways() -> None:
    both = line(swapped=(OTHER, OTHER_KEY))
    rows = seen(around(), both).rows
    assert {(one.address, one.key, one.fit) for one in rows.values()} == {
        (ADDRESS, KEY, Fit.EITHER),
        (OTHER, OTHER_KEY, Fit.EITHER),
    }
    assert not any(one.wanted for one in rows.values())
    assert only(seen(around({OTHER: Heard()}), both)).address == OTHER
    assert only(seen(around(keys={OTHER: None}), both)).address == OTHER
    tasmota = line(swapped=(OTHER, OTHER_KEY), format=TextFormat.MI32KEY)
    assert only(seen(around(), tasmota)).address == ADDRESS


def test_a_silent_device_is_called_by_its_product() -> None:
    for where, said in (
        (around(), line(product_id=ENCRYPTS)),
        (around({ADDRESS: Heard()}), line()),
    ):
        preview = seen(where, said)
        assert only(preview).name is None
        (label,), _ = preview.told(words)
        assert label.startswith("product thermometer 83F4 (LYWSD03MMC) · ")
    (label,), _ = seen(around(), line()).told(words)
    assert label.startswith(f"product sensor 83F4 · {ADDRESS} · ")
    assert only(seen(around(), line(product_id=ENCRYPTS, name="Attic"))).name == "Attic"


def test_twins_are_told_apart_and_from_what_is_there() -> None:
    twin = ADDRESS.replace(ADDRESS[9:11], "00")
    assert twin != ADDRESS
    lines = line(product_id=ENCRYPTS), line(twin, product_id=ENCRYPTS, line=2)
    labels, _ = seen(around(), *lines).told(words)
    assert [one.partition(" (")[0] for one in labels] == [
        "product thermometer 4883F4".replace("48", ADDRESS[9:11]),
        "product thermometer 0083F4",
    ]
    there = replace(around(), taken={"product thermometer 83F4"})
    (label,), _ = seen(there, lines[1]).told(words)
    assert label.startswith("product thermometer 0083F4 (")


def test_what_is_set_up_is_called_by_its_name() -> None:
    where = replace(
        around({ADDRESS: Heard()}, keys={ADDRESS: OTHER_KEY}), names={ADDRESS: "Attic"}
    )
    for said in (line(), line(name="LYWSD03MMC")):
        (label,), _ = seen(where, said).told(words)
        assert label.startswith(f"Attic (LYWSD03MMC) · {ADDRESS} · ")
    placed = replace(where, frames={ADDRESS: FRAMES})
    (label,), _ = seen(placed, loose=(KEY,)).told(words)
    assert label.startswith("Attic (LYWSD03MMC) · ")
    same = seen(where, line(key=OTHER_KEY))
    assert same.rest(words) == f"- line line 1 Attic (`{ADDRESS}`): change unchanged"


@rows(
    ("one", "heard", "fit"),
    [
        (refused(address=ADDRESS), Heard(encrypted=False), Fit.NO_KEY),
        (refused(address=ADDRESS), Heard(encrypted=None), None),
        (refused(address=ADDRESS), None, None),
        (refused(address=ADDRESS, product_id=CLEAR), None, Fit.NO_KEY),
        (refused(address=ADDRESS, product_id=ENCRYPTS), None, Fit.LATER),
        (refused(Refusal.EMPTY_KEY, address=ADDRESS, product_id=CLEAR), None, None),
        (
            refused(Refusal.BAD_KEY_LENGTH, address=ADDRESS),
            Heard(encrypted=False),
            None,
        ),
        (refused(), None, None),
    ],
)
def test_what_needs_no_key(
    one: RefusedLine, heard: Heard | None, fit: Fit | None
) -> None:
    preview = seen(around({ADDRESS: heard} if heard else {}), one)
    if fit is None:
        assert preview.refused == (one,)
        assert preview.rows == {}
    else:
        assert preview.refused == ()
        assert (only(preview).fit, only(preview).key) == (fit, None)


def test_a_device_with_a_key_is_not_taken_without() -> None:
    without = refused(address=ADDRESS)
    preview = seen(around({ADDRESS: Heard(encrypted=False)}), line(), without)
    assert only(preview).key == KEY
    assert preview.refused == (without,)


def test_a_key_without_an_address_finds_its_device() -> None:
    where = around({ADDRESS: Heard()}, {OTHER: ((FE95, b"\0"),), ADDRESS: FRAMES})
    preview = seen(where, loose=(OTHER_KEY, KEY))
    row = only(preview)
    assert (row.address, row.key, row.line, row.fit) == (ADDRESS, KEY, None, Fit.RIGHT)
    assert preview.loose == (OTHER_KEY, KEY)
    named = seen(where, line(key=OTHER_KEY), loose=(KEY,))
    assert only(named).key == OTHER_KEY


def test_keys_are_not_tried_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TRIES", 1)
    assert seen(around(frames={ADDRESS: FRAMES}), loose=(OTHER_KEY, KEY)).rows == {}


def test_other_formats_are_tried_too() -> None:
    frames = ((uuid(0xFCD2), bthome(b"\x01\x61", 1)),)
    assert only(seen(around(frames={ADDRESS: frames}), loose=(KEY,))).key == KEY


@rows(
    ("row", "label"),
    [
        (
            PreviewRow(address=ADDRESS, name="Attic", heard=Heard()),
            f"Hall (LYWSD03MMC) · {ADDRESS} · -60 dBm · change added · fit later",
        ),
        (
            PreviewRow(address=ADDRESS, product=ENCRYPTS),
            f"Hall (LYWSD03MMC) · {ADDRESS} · heard silent · change added · fit later",
        ),
        (
            PreviewRow(address=ADDRESS, change=Change.CONFLICT, fit=Fit.WRONG),
            f"Hall · {ADDRESS} · heard silent · change conflict · fit wrong",
        ),
    ],
)
def test_labels(row: PreviewRow, label: str) -> None:
    assert row.label(words, "Hall") == label


def test_what_is_left_is_told_in_the_order_of_the_text(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    where = around(keys={ADDRESS: KEY})
    preview = seen(
        where,
        line(line=3),
        line(OTHER, line=4),
        line("A4:C1:38:00:00:02", line=5),
        refused(line=2, text="a `key`", reason=Refusal.BAD_KEY_DIGITS),
        refused(line=0, text="", reason=Refusal.TOO_MANY),
    )
    monkeypatch.setattr(module, "OFFERED", 1)
    assert [one.address for one in preview.takeable()] == [OTHER]
    assert preview.rest(words).splitlines() == [
        "- refusal too_many",
        "- line line 2 `a 'key'`: refusal bad_key_digits",
        f"- line line 3 `{ADDRESS}`: change unchanged",
        "- line line 5 `A4:C1:38:00:00:02`: line later",
    ]
    monkeypatch.setattr(module, "SHOWN", 1)
    assert preview.rest(words).splitlines() == [
        "- refusal too_many",
        "- line more 3",
    ]


def test_no_key_is_shown() -> None:
    preview = seen(around(frames={ADDRESS: FRAMES}), line(), loose=(OTHER_KEY,))
    shown = repr(preview)
    assert repr(KEY) not in shown
    assert repr(OTHER_KEY) not in shown


def test_what_is_told_and_taken_of_a_preview() -> None:
    where = around(keys={OTHER: KEY})
    several = line(key=OTHER_KEY, others=(KEY,))
    preview = seen(where, several, line(OTHER, line=2))
    labels, left = preview.told(words)
    assert labels == [preview.rows[ADDRESS].label(words, "product sensor 83F4")]
    assert left == f"line left\n\n- line line 2 `{OTHER}`: change unchanged"
    assert seen(where, several).told(words)[1] == ""
    assert preview.further({ADDRESS}) == {ADDRESS: (OTHER_KEY, KEY)}
    assert preview.further({OTHER}) == {}
    proven = seen(around(frames={ADDRESS: FRAMES}), several)
    assert proven.further({ADDRESS}) == {ADDRESS: (OTHER_KEY, KEY)}
