"""Reading keys: every format, mixed texts, mistakes, and texts that mean harm."""

import json
from pathlib import Path
import sys
from typing import Any
from unittest import mock

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.mi_bms.proto.keys import collect, importer, jsonish
from custom_components.mi_bms.proto.keys.importer import (
    Import,
    KeyLine,
    Refusal,
    RefusedLine,
    TextFormat,
    read_keys,
)
from custom_components.mi_bms.proto.keys.lines import LineReader
from tests.each import each, rows
from tests.proto.characters import ANY

FIXTURES = Path(__file__).parents[2] / "fixtures" / "keys"
CASES: list[dict[str, Any]] = json.loads((FIXTURES / "import.json").read_text())
KEY = "00112233445566778899aabbccddeeff"
ADDRESS = "A4:C1:38:00:00:01"


def text_of(case: dict[str, Any]) -> str:
    return "\n".join(case["text"])


def found(read: Import) -> list[dict[str, Any]]:
    return [
        {
            "address": one.address,
            "key": one.key.hex(),
            "name": one.name,
            "product_id": one.product_id,
            "lines": [one.line, one.last],
            "format": one.format,
        }
        for one in read.found
    ]


def refused(read: Import) -> list[dict[str, Any]]:
    return [
        {
            "lines": [one.line, one.last],
            "reason": one.reason,
            "address": one.address,
            "name": one.name,
            "shown": one.text,
        }
        for one in read.refused
    ]


def reasons(read: Import) -> list[str]:
    return [str(one.reason) for one in read.refused]


def accounted(read: Import) -> None:
    """Check that each line is taken, refused or aside, and that none is both."""
    parts: list[KeyLine | RefusedLine] = [*read.found, *read.refused]
    told = {line for part in parts for line in range(part.line, part.last + 1)}
    assert told.isdisjoint(read.aside)
    assert told | set(read.aside) == set(
        range(1, max(read.lines, max(told, default=0)) + 1)
    )


@rows("case", CASES)
def test_formats(case: dict[str, Any]) -> None:
    read = read_keys(text_of(case))
    assert found(read) == case["found"]
    assert refused(read) == case["refused"]
    assert [key.hex() for key in read.loose] == case["loose"]
    assert list(read.aside) == case["aside"]
    accounted(read)


@pytest.mark.parametrize("ending", ["\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_files_of_other_systems(encoding: str, ending: str) -> None:
    def is_read_alike(case: dict[str, Any]) -> None:
        data = text_of(case).replace("\n", ending).encode(encoding)
        assert read_keys(data) == read_keys(text_of(case))

    each(((case["id"], case) for case in CASES), is_read_alike)


def test_all_formats_in_one_paste() -> None:
    # Each case has its own addresses here, so that none is a duplicate of another's.
    texts = [
        text_of(case).replace("A4:C1:38:00:00", f"A4:C1:38:00:{number:02X}")
        for number, case in enumerate(CASES)
    ]
    read = read_keys("\n\n".join(texts))
    accounted(read)
    wanted = {
        one["address"].replace("A4:C1:38:00:00", f"A4:C1:38:00:{number:02X}")
        for number, case in enumerate(CASES)
        for one in case["found"]
        if case["id"]
        not in {"mi32cfg", "mi32cfg-cut", "mi32cfg-web", "mi32key", "mi32keys", "pairs"}
    }
    assert wanted <= {one.address for one in read.found}


def test_old_encodings_colours_and_unseen_characters() -> None:
    read = read_keys(f"{ADDRESS} {KEY} Küche".encode("cp1252"))
    assert read.found[0].name == "Küche"
    text = f"\ufeff\x1b[33mMAC:\x1b[0m\u00a0“{ADDRESS}”\u200b\n\x1b[1mBLE KEY: {KEY}\x1b[0m\0\0"
    assert [one.address for one in read_keys(text).found] == [ADDRESS]
    name = read_keys(
        f'[{{"mac":"{ADDRESS}","key":"{KEY}","name":"\\ud800\\u0007x"}}]'
    ).found[0]
    assert name.name == "?x"


def test_names_hold_no_keys_and_stay_short() -> None:
    text = f'{{"mac":"{ADDRESS}","bindkey":"{KEY}","name":"%s"}}'
    assert read_keys(text % KEY).found[0].name is None
    assert read_keys(text % "- ").found[0].name is None
    assert read_keys(text % ("x" * 400)).found[0].name == "x" * 64


def test_settings_that_stand_elsewhere_count_only_if_they_are_a_sensors() -> None:
    assert reasons(read_keys("key: !secret wifi")) == []
    assert reasons(read_keys("bindkey: !secret one")) == ["reference"]
    assert reasons(read_keys("mac: <your mac>")) == ["reference"]
    assert reasons(read_keys("address: 0x40")) == []
    assert reasons(read_keys("address: 0x40\nkey: abc")) == []
    assert reasons(read_keys(f"address: 0x40\nkey: {KEY}")) == ["no_address"]
    assert reasons(read_keys(f"address: {ADDRESS}\nkey: xyz")) == ["bad_key_digits"]
    assert reasons(read_keys("mac: abc")) == ["bad_address"]


def test_blocks_end_where_the_text_says_so() -> None:
    key = "mac: A4:C1:38:00:00:0%d\nbindkey: {KEY}"
    text = f"    mac: A4:C1:38:00:00:01\n    bindkey: {KEY}\n  name: next\n"
    assert read_keys(text).found[0].name is None
    text = f"  mac: A4:C1:38:00:00:01\nother: 1\n  bindkey: {KEY}"
    assert reasons(read_keys(text)) == ["no_key", "no_address"]
    text = "\n\n".join((key % 1, key % 2)).replace("{KEY}", KEY)
    assert len(read_keys(text).found) == 2
    text = (
        f"- mac: {ADDRESS}\n  token:\n    name: token\n  bindkey: {KEY}\n  name: mine"
    )
    assert read_keys(text).found[0].name == "mine"


def test_secrets_are_never_shown() -> None:
    for case in CASES:
        read = read_keys(text_of(case))
        shown = repr(read) + "".join(map(str, read.refused))
        digits = "".join(char for char in shown.lower() if char.isalnum())
        for one in case["found"]:
            assert one["key"] not in digits
        for key in case["loose"]:
            assert key not in digits


@rows(
    "line",
    [
        "00112233445566778899aabbccddeeff0",
        "0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99",
        "00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:fg x:",
        "prefix_00112233445566778899aabbccddeeff",
        "0011 2233 4455 6677 8899 aabb ccdd eefg",
        "bm90IGEgYmluZCBrZXksIG5vdCBhdCBhbGwuLi4uLi4=",
    ],
)
def test_whatever_could_be_a_key_is_masked(line: str) -> None:
    for one in read_keys(line).refused:
        assert "33" not in one.text
        assert "90" not in one.text


def test_sentences_are_shown() -> None:
    line = "this is not a key at all, it is just me and you, internationalized"
    assert read_keys(line).refused[0].text == line[:59] + "…"


# --- bounds ------------------------------------------------------------------------------------


def test_too_long_and_binary() -> None:
    for text in ("x" * (importer.LARGEST + 1), b"x" * (importer.LARGEST + 1)):
        assert reasons(read_keys(text)) == ["too_long"]
    assert reasons(read_keys(bytes(range(256)) * 4)) == ["binary"]
    assert reasons(read_keys("\0\1" * 50)) == ["binary"]
    assert (
        read_keys("")
        == read_keys(b"\0\0")
        == Import(found=(), refused=(), loose=(), lines=0, aside=())
    )
    assert reasons(read_keys("a b " * 2000)) == ["too_long"]


def test_too_deep() -> None:
    deep = "[" * 30 + "1" + "]" * 30
    assert reasons(read_keys(deep)) == ["too_deep"]
    inside = f'[{deep}, {deep}, {{"mac": "{ADDRESS}", "bindkey": "{KEY}"}}]'
    read = read_keys(inside)
    assert (reasons(read), len(read.found)) == (["too_deep"], 1)
    assert reasons(read_keys("[" * 100_000)) == ["too_deep", "cut_off"]


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Reach the bounds with a tenth of the text."""
    if "too_many" in request.node.name:
        monkeypatch.setattr(collect, "ENTRIES", 200)
        monkeypatch.setattr(collect, "REFUSALS", 200)
        monkeypatch.setattr(importer, "LINES", 5_000)
        monkeypatch.setattr(jsonish, "_TOKENS", 40_000)


def many(count: int) -> list[tuple[str, str]]:
    return [(f"A4C138{number:06X}", f"{number:032x}") for number in range(count)]


def test_too_many() -> None:
    pairs = many(collect.ENTRIES + 5)
    for text in (
        "\n".join(f"{mac} {key}" for mac, key in pairs),
        json.dumps([{"mac": mac, "key": key} for mac, key in pairs]),
        json.dumps([{"mac": mac, "key": key} for mac, key in pairs], indent=1),
        "\n".join(f"mac: {mac}\nkey: {key}" for mac, key in pairs),
    ):
        read = read_keys(text)
        assert len(read.found) == collect.ENTRIES
        assert reasons(read) == ["too_many"]
        assert read.refused[0].last == read.lines
        accounted(read)
    read = read_keys("what is this\n" * 300)
    assert len(read.refused) == collect.REFUSALS + 1
    assert read.refused[-1].reason is Refusal.TOO_MANY
    accounted(read)
    read = read_keys("\n" * 6_000 + "x")
    assert reasons(read) == ["too_many"]
    accounted(read)
    read = read_keys("[" + "[]," * 30_000)
    assert reasons(read) == ["too_many"]


HOSTILE = [
    "[\n",
    "{\n",
    '{"a":',
    '["',
    "[{",
    "\\",
    '"\\',
    "00:",
    "00:" * 400 + "x\n",
    "00 " * 400 + "x\n",
    "- " * 600 + "\n",
    "mac" * 400 + "\n",
    "mac: " * 240 + "\n",
    "A4:C1:38:00:00:01 " * 60 + "\n",
    "a=b;" * 300 + "mi32keys\n",
    " " * 1200 + "x\n",
    ("0" * 32 + " ") * 30 + "\n",
    f'[{{{{"key":"{KEY}"}}}},',
    "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n",
    "'" * 1200 + "\n",
    "x:",
    "\x1b[",
    "{}",
    "{}x",
    "[[]\n",
    "[]]",
    '{"a":[{},',
    f"{ADDRESS}\n",
    f"{KEY}\n",
    f"{ADDRESS}\n{KEY}\n",
    "mac,key\n",
]


def calls(text: str) -> int:
    """Count the calls that reading a text takes, built-in functions included."""
    count = 0

    def seen(_frame: object, event: str, _what: object) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    sys.setprofile(seen)
    try:
        read = read_keys(text)
    finally:
        sys.setprofile(None)
    accounted(read)
    return count


@rows("unit", HOSTILE)
def test_work_grows_no_faster_than_the_text(unit: str) -> None:
    times = max(1, 300 // len(unit))
    assert calls(unit * times * 4) <= 4.4 * calls(unit * times) + 500


def test_a_line_is_not_copied_for_each_object_in_it() -> None:
    """Copies are no calls: what is handed on stays short, however long the line is."""
    handed: list[int] = []

    class Noting(LineReader):
        def read(self, number: int, line: str) -> None:
            handed.append(len(line))
            super().read(number, line)

    with mock.patch.object(importer, "LineReader", Noting):
        read_keys("{}a=b " * 5000)
    assert sum(handed) <= 3 * len("{}a=b " * 5000)


def test_aliases_are_not_followed() -> None:
    bomb = "a: &a [lol, lol]\n" + "b: &b [*a, *a]\n" * 9 + "bindkey: *b\nmac: *a"
    assert reasons(read_keys(bomb)) == ["reference"]


def test_five_hundred_mixed_lines() -> None:
    lines: list[str] = []
    for number, (mac, key) in enumerate(many(300)):
        lines += (
            f'[{{"MAC":"{mac}","PID":"055b","key":"{key}"}}]',
            f"MI32Key {key}{mac}",
            f"{mac} {key[:-1]}",
            f"- mac: {mac}\n  bindkey: {key}\n  name: Sensor {number}",
            f"{mac};{key};name",
            "some words",
        )[number % 6].split("\n")
    text = "\n".join(lines[:500])
    read = read_keys(text)
    accounted(read)
    assert read.lines == len(lines[:500])


# --- properties --------------------------------------------------------------------------------

LINES = [line for case in CASES for line in case["text"]]
PIECES = [
    *(
        "[",
        "]",
        "{",
        "}",
        ":",
        ",",
        '"',
        "'",
        "\\",
        "\n",
        " ",
        "-",
        "#",
        "=",
        ";",
        "\0",
    ),
    *(
        "mac",
        "key",
        "name",
        "MAC: ",
        "BLE KEY: ",
        "- ",
        "MI32Key ",
        "MI32Keys ",
        "null",
        "1",
    ),
    *(
        ADDRESS,
        KEY,
        KEY[:-1],
        KEY + "A4C138000001",
        "\ud800",
        "\x1b[",
        "!secret",
        "&a",
        "0x",
    ),
]
texts = st.one_of(
    st.text(ANY, max_size=200),
    st.lists(st.sampled_from(PIECES), max_size=60).map("".join),
    st.lists(st.sampled_from(LINES), max_size=12).map("\n".join),
    st.tuples(
        st.sampled_from(CASES).map(text_of),
        st.integers(0, 900),
        st.integers(0, 9),
        st.text(ANY, max_size=4),
    ).map(lambda made: made[0][: made[1]] + made[3] + made[0][made[1] + made[2] :]),
)


@settings(max_examples=80, deadline=None)
@given(texts)
def test_no_text_raises(text: str) -> None:
    read = read_keys(text)
    accounted(read)
    for one in read.found:
        assert len(one.key) in {12, 16}
        # Nothing is invented: the digits stand in the text.
        assert (
            one.address.replace(":", "")
            in "".join(char for char in text.upper() if char.isalnum())
            or "\\" in text
        )
    for part in read.refused:
        assert len(part.text) <= 60
        part.text.encode()


@settings(max_examples=40, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=200), texts.map(lambda text: text.encode("utf-8", "replace"))
    )
)
def test_no_bytes_raise(data: bytes) -> None:
    accounted(read_keys(data))


def test_a_word_with_key_and_address_can_be_read_in_two_ways() -> None:
    key, mac = "5b0500112233445566778899aabbcc01", "C0FFEE00055B"
    (first,) = read_keys(mac + key).found
    assert first.swapped == ("C0:FF:EE:00:05:5B", bytes.fromhex(key))
    assert first.format is TextFormat.MI32KEY
    (grouped,) = read_keys(
        ":".join((mac + key)[at : at + 2] for at in range(0, 44, 2))
    ).found
    assert grouped.swapped == first.swapped
    assert grouped.format is TextFormat.LINE
    # Tasmota's command says which way it is, and an address beside it does.
    (command,) = read_keys(f"MI32Key {key}{mac}").found
    assert (command.address, command.swapped) == ("C0:FF:EE:00:05:5B", None)
    (named,) = read_keys(f"mac: {mac}\nkey: {mac}{key}").found
    assert (named.address, named.key.hex()) == ("C0:FF:EE:00:05:5B", key)
    (nobody,) = read_keys("0" * 12 + key).found
    assert nobody.swapped is None


STRANGERS: list[dict[str, Any]] = json.loads((FIXTURES / "strangers.json").read_text())


@rows("case", STRANGERS)
def test_what_strangers_pasted(case: dict[str, Any]) -> None:
    read, right = read_keys(text_of(case)), case["right"]
    accounted(read)
    assert "not_understood" not in reasons(read)
    kept = {
        one.address: [key.hex() for key in (one.key, *one.others)] for one in read.found
    }
    for address, keys in right.get("keys_kept_for_address", {}).items():
        assert kept[address] == keys
    wanted = right.get("keys", [])
    assert all(one["key"] in kept[one["address"]] for one in wanted)
    names = {one.address: one.name for one in read.found}
    assert all(names[one["address"]] == one["name"] for one in wanted if "name" in one)
    products = {one.address: one.product_id for one in read.found}
    assert all(
        products[one["address"]] == int(one["product_id"], 16)
        for one in wanted
        if "product_id" in one
    )
    if "keys" in right:
        assert len(read.found) == len(wanted)
    for one in right.get("left_out", []):
        assert one["address"] in {
            other.address for other in read.refused if other.reason is Refusal.EMPTY_KEY
        }
    keyless = {one.address: one for one in read.refused}
    for one in right.get("devices", []):
        assert keyless[one["address"]].product_id == int(one["product_id"], 16)
        assert keyless[one["address"]].name == one.get("name")


def test_a_number_of_a_product_is_only_read_where_it_is_a_plain_one() -> None:
    row = '{"mac":"010000c138a4","evtid":4097,"pid":%s,"beaconkey":"%s"}'
    for number, product in {
        "950": 950,
        "950.5": None,
        "-5": None,
        "1e4": None,
        "9" * 5000: None,
        '"0153"': 0x0153,
    }.items():
        (one,) = read_keys(row % (number, KEY)).found
        assert (one.address, one.product_id) == ("A4:38:C1:00:00:01", product)
    # Elsewhere a number is nothing that is known, and an address stands as it is printed.
    (plain,) = read_keys(f'{{"mac":"a4c138000001","pid":950,"key":"{KEY}"}}').found
    assert (plain.address, plain.product_id) == (ADDRESS, None)


@rows("name", ["MI32KEY", "my MI32Keys a=b"])
def test_a_device_may_be_called_like_a_command(name: str) -> None:
    (one,) = read_keys(f"{ADDRESS} {KEY} # {name}").found
    assert (one.address, one.key.hex(), one.name) == (ADDRESS, KEY, name)
