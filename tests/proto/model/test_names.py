"""Names from the air."""

import unicodedata

from hypothesis import given, settings, strategies as st

from custom_components.mi_bms.proto.model.names import (
    LONGEST_NAME,
    bracketed,
    clean_name,
    kinded,
    titled,
    titled_apart,
)
from tests.each import rows
from tests.proto.characters import ANY


@rows(
    "name",
    [
        "JBD-SP04S020",
        "DL-40D2F1A0B2C3",
        "Renogy_BT_1",
        "ANT@BLE24S",
        "R-12100BNN160-A00001",
        "LiFePO4 12V/100Ah (2)",
        "Papa's boat",
        "Akku #2, 50 %",
        "小象电动",
        "Küche",
        "%s",
    ],
)
def test_usual_names_stay(name: str) -> None:
    assert clean_name(name) == name


@rows(
    ("name", "shown"),
    [
        ("![x](http://evil.example/a.png)", "!x(http evil.example/a.png)"),
        ("<img src=x onerror=alert(1)>", "img src=x onerror=alert(1)"),
        ("a\u202etxt.exe", "atxt.exe"),
        ("a\u2066b\u2069\u200b\ufeffc\u00ad", "abc"),
        ("one\ntwo\r\n\n# three", "one two # three"),
        ("# heading", "heading"),
        ("- item", "item"),
        ("***bold*** __it__ `code` ~~no~~", "bold it code no"),
        ("a_b_", "a_b"),
        ("www.evil.example", "www evil.example"),
        ("w*ww.evil.example", "www evil.example"),
        ("ht*tp:_//evil", "http evil"),
        ("mail me@evil.example", "mail me evil.example"),
        ("&#x202e;&lt;b", "x202e;lt;b"),
        ("{name} %s {0}", "name %s 0"),
        ("a | b", "a b"),
        ("  \t\n ", ""),
        ("\u3164\u2800", ""),
        ("\0JBD\0\0", "JBD"),
        ("a" + "\u0301" * 50, "á\u0301\u0301"),
        ("x" * 240, "x" * LONGEST_NAME),
        ("é" * 240, "é" * LONGEST_NAME),
        ("x" * 63 + "_y", "x" * 63),
        ("@@.", ""),
        ("&&copy", "copy"),
        ("me@you@there.com", "me you there.com"),
    ],
)
def test_what_is_more_than_a_name_goes(name: str, shown: str) -> None:
    assert clean_name(name) == shown


@settings(max_examples=60, deadline=None)
@given(st.text(ANY | st.sampled_from("_*[]()!&@.:/w#- \u202e\n"), max_size=90))
def test_any_text(name: str) -> None:
    shown = clean_name(name)
    assert len(shown) <= LONGEST_NAME
    assert shown == shown.strip()
    assert all(one == " " or unicodedata.category(one)[0] not in "CZ" for one in shown)
    assert not set(shown) & set("*[]<>{}|\\`~")
    assert "://" not in shown
    assert "www." not in shown.lower()
    assert clean_name(shown) == shown


@rows(
    ("name", "title"),
    [
        ("LYWSD03MMC", "LYWSD03MMC 055B"),
        ("ATC_00055B", "ATC_00055B"),
        ("atc-055b", "atc-055b"),
        ("055B-ATC", "055B-ATC 055B"),
        ("A4:C1:38:00:05:5B", "A4:C1:38:00:05:5B"),
        ("x" * LONGEST_NAME, "x" * (LONGEST_NAME - 5) + " 055B"),
    ],
)
def test_twins_are_told_apart(name: str, title: str) -> None:
    assert titled(name, "A4:C1:38:00:05:5B") == title


ONE, TWIN = "A4:C1:38:12:05:5B", "A4:C1:38:13:05:5B"


def test_a_name_that_somebody_has_gets_the_third_byte() -> None:
    taken = {"Thermometer 055B"}
    assert titled("Thermometer", ONE, taken) == "Thermometer 12055B"
    assert titled("Thermometer", ONE, {"Plant sensor 055B"}) == "Thermometer 055B"
    every = {f"Thermometer {ONE.replace(':', '')[-n:]}" for n in (4, 6, 8, 10)}
    assert titled("Thermometer", ONE, every) == "Thermometer A4C13812055B"


def test_twins_in_a_list_get_the_third_byte_both() -> None:
    plain = {ONE: "Thermometer", TWIN: "Thermometer", "A5:C2:37:00:00:04": "Scale"}
    assert titled_apart(plain) == {
        ONE: "Thermometer 12055B",
        TWIN: "Thermometer 13055B",
        "A5:C2:37:00:00:04": "Scale 0004",
    }
    assert titled_apart({ONE: "Scale", TWIN: "Lock"}, {"Lock 055B"}) == {
        ONE: "Scale 055B",
        TWIN: "Lock 13055B",
    }
    assert titled_apart({}) == {}


@rows(
    ("twin", "ours", "its"),
    [
        ("A4:C1:39:12:05:5B", "3812055B", "3912055B"),
        ("A4:C2:38:12:05:5B", "C13812055B", "C23812055B"),
        ("A5:C1:38:12:05:5B", "A4C13812055B", "A5C13812055B"),
    ],
)
def test_twins_that_have_more_bytes_in_common_get_more(
    twin: str, ours: str, its: str
) -> None:
    names = {ONE: f"Lock {ours}", twin: f"Lock {its}"}
    assert titled_apart({ONE: "Lock", twin: "Lock"}) == names


@settings(max_examples=50, deadline=None)
@given(
    st.dictionaries(
        st.binary(min_size=6, max_size=6).map(lambda raw: raw.hex(":").upper()),
        st.sampled_from(("Lock", "Scale", "BT-055B")),
        max_size=9,
    )
)
def test_no_two_of_a_list_are_called_the_same(plain: dict[str, str]) -> None:
    names = titled_apart(plain)
    assert names.keys() == plain.keys()
    assert len(set(names.values())) == len(names)


@rows(
    ("name", "inside", "shown"),
    [
        ("Thermometer 055B", "LYWSD03MMC", "Thermometer 055B (LYWSD03MMC)"),
        ("Thermometer 055B", "", "Thermometer 055B"),
        ("My LYWSD03MMC", "LYWSD03MMC", "My LYWSD03MMC"),
        ("x" * LONGEST_NAME, "LYWSD03MMC", "x" * LONGEST_NAME),
    ],
)
def test_the_model_stands_in_brackets_where_there_is_room(
    name: str, inside: str, shown: str
) -> None:
    assert bracketed(name, inside) == shown


def test_a_battery_is_called_one_once() -> None:
    assert kinded("Battery", "JBD-SP04S020") == "Battery JBD-SP04S020"
    assert kinded("Battery", "battery 12 V") == "battery 12 V"
