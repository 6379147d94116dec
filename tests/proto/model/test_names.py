"""Names from the air."""

import unicodedata

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.mi_bms.proto.model.names import LONGEST_NAME, clean_name, titled
from tests.proto.characters import ANY


@pytest.mark.parametrize(
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


@pytest.mark.parametrize(
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


@settings(max_examples=150, deadline=None)
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


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("LYWSD03MMC", "LYWSD03MMC 055B"),
        ("ATC_00055B", "ATC_00055B"),
        ("A4:C1:38:00:05:5B", "A4:C1:38:00:05:5B"),
        ("x" * LONGEST_NAME, "x" * (LONGEST_NAME - 5) + " 055B"),
    ],
)
def test_twins_are_told_apart(name: str, title: str) -> None:
    assert titled(name, "A4:C1:38:00:05:5B") == title
