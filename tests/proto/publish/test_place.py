"""Where messages and lines may go."""

from typing import NoReturn

from hypothesis import given, strategies as st
import pytest

from custom_components.mi_bms.proto.publish.place import (
    LONGEST_TOPIC,
    MAX_PATH,
    MAX_TOPIC,
    PathFault,
    TopicFault,
    distinct,
    is_publishable,
    level,
    path_fault,
    topic_fault,
)
from tests.each import rows
from tests.proto.characters import ANY


@rows(
    ("topic", "fault"),
    [
        ("mi_bms", None),
        ("house/cellar/Bücher", None),
        ("", TopicFault.EMPTY),
        (" \t", TopicFault.EMPTY),
        ("house/#", TopicFault.WILDCARD),
        ("a+b", TopicFault.WILDCARD),
        ("a\0b", TopicFault.CHARACTER),
        ("a\nb", TopicFault.CHARACTER),
        ("a\x85b", TopicFault.CHARACTER),
        ("a\ud800b", TopicFault.CHARACTER),
        ("a\ufdd0b", TopicFault.CHARACTER),
        ("a\U0001ffffb", TopicFault.CHARACTER),
        ("/a", TopicFault.LEVEL),
        ("a/", TopicFault.LEVEL),
        ("a//b", TopicFault.LEVEL),
        ("$SYS/a", TopicFault.RESERVED),
        ("ä" * 501, TopicFault.LONG),
        ("ä" * 500, None),
    ],
)
def test_topics(topic: str, fault: TopicFault | None) -> None:
    assert topic_fault(topic) is fault


@rows(
    ("path", "fault"),
    [
        ("readings.jsonl", None),
        ("mi_bms/my readings.jsonl", None),
        ("a..b/c.jsonl", None),
        ("", PathFault.EMPTY),
        ("  ", PathFault.EMPTY),
        ("a\0.jsonl", PathFault.CHARACTER),
        ("a\\..\\b.jsonl", PathFault.CHARACTER),
        ("../x.jsonl", PathFault.OUTSIDE),
        ("a/../../x.jsonl", PathFault.OUTSIDE),
        ("/etc/x.jsonl", PathFault.OUTSIDE),
        ("./x.jsonl", PathFault.OUTSIDE),
        ("a//x.jsonl", PathFault.OUTSIDE),
        ("a/ /x.jsonl", PathFault.OUTSIDE),
        (".storage/x.jsonl", PathFault.RESERVED),
        ("a/.x.jsonl", PathFault.RESERVED),
        ("custom_components/x.jsonl", PathFault.RESERVED),
        ("www/x.jsonl", PathFault.PUBLIC),
        ("secrets.yaml", PathFault.ENDING),
        ("x.jsonl/", PathFault.OUTSIDE),
        ("x" * 195 + ".jsonl", PathFault.LONG),
        ("ä" * 98 + ".jsonl", PathFault.LONG),
    ],
)
def test_paths(path: str, fault: PathFault | None) -> None:
    assert path_fault(path) is fault


@given(st.text(ANY))
def test_any_name_makes_a_level(name: str) -> None:
    made = level(name)
    assert topic_fault(f"prefix/{made}") in {None, TopicFault.LONG}
    assert "/" not in made
    assert len(made.encode()) <= 1000


def test_names_keep_what_they_can() -> None:
    assert level(" Büro/Boot #1+ ") == "Büro_Boot _1_"
    assert level("") == level("   ") == "_"
    assert level("ä" * 600) == "ä" * 500


def test_equal_names_are_kept_apart() -> None:
    address = "A4:C1:38:12:34:56"
    assert distinct("boat", address, set()) == "boat"
    assert distinct("boat", address, {"boat"}) == "boat-123456"
    taken = {"boat", "boat-123456"}
    assert distinct("boat", address, taken) == "boat-a4c138123456"


@pytest.mark.parametrize(
    ("topic", "fine"),
    [
        ("tele/house/SENSOR", True),
        ("a" * 65_535, True),
        ("a" * 65_536, False),
        ("\u00e4" * 32_768, False),
        ("", False),
        ("a/+/b", False),
        ("a/#", False),
        ("a\0b", False),
        ("a\ud800", False),
    ],
)
def test_what_a_broker_takes(topic: str, *, fine: bool) -> None:
    assert is_publishable(topic) is fine


class Pasted(str):
    """Be a text that is too long to be looked through."""

    __slots__ = ()

    def _looked_through(self, *_: object) -> NoReturn:
        raise AssertionError("looked through")

    __iter__ = strip = split = startswith = endswith = encode = _looked_through


@rows("sign", ["\0", " ", "\ud800", "../", "+", "ä"])
def test_too_long_comes_before_all_else(sign: str) -> None:
    assert topic_fault(sign * (MAX_TOPIC + 1)) is TopicFault.LONG
    assert path_fault(sign * (MAX_PATH + 1)) is PathFault.LONG


def test_what_is_too_long_is_not_looked_through() -> None:
    """A whole file, pasted into a form, is judged by its length alone."""
    assert topic_fault(Pasted("a" * (MAX_TOPIC + 1))) is TopicFault.LONG
    assert path_fault(Pasted("a" * (MAX_PATH + 1))) is PathFault.LONG
    assert not is_publishable(Pasted("a" * (LONGEST_TOPIC + 1)))
