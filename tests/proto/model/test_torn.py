"""Of a torn JSON text what is whole is read."""

import json

from hypothesis import given, settings, strategies as st

from custom_components.mi_bms.proto.model.torn import (
    read_torn,
    shallow,
    take_out,
    torn_data,
)
from tests.each import rows
from tests.proto.characters import ANY

DOCUMENT = {
    "version": 1,
    "data": {
        "keys": {"A": "aa", "B, {": 'b\\"]'},
        "loose": ["cc", [1, 2.5], {}],
        "on": True,
    },
}
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(ANY, max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(ANY, max_size=4), inner, max_size=3)
    ),
    max_leaves=12,
)


def part_of(found: object, whole: object) -> bool:
    """Return whether nothing was found that was not there."""
    if isinstance(found, dict) and isinstance(whole, dict):
        return all(
            key in whole and part_of(one, whole[key]) for key, one in found.items()
        )
    if isinstance(found, list) and isinstance(whole, list):
        pairs = zip(found, whole, strict=False)
        return len(found) <= len(whole) and all(part_of(*pair) for pair in pairs)
    return found == whole


@rows("indent", [None, 2])
def test_every_beginning_gives_a_part(indent: int | None) -> None:
    raw = json.dumps(DOCUMENT, indent=indent).encode()
    sizes = []
    for length in range(2, len(raw) + 1):
        found = read_torn(raw[:length])
        assert part_of(found, DOCUMENT)
        sizes.append(len(json.dumps(found)))
    assert sizes == sorted(sizes)
    assert read_torn(raw) == DOCUMENT
    assert read_torn(raw[:-1]) == DOCUMENT


@rows("indent", [None, 2])
def test_every_key_that_is_there_to_its_last_sign_is_read(indent: int | None) -> None:
    """Wherever the file was cut, only the key in whose own text that was is lost."""
    keys = {f"A4:C1:38:00:00:{one:02X}": f"{one:02x}" * 16 for one in range(8)}
    loose = [f"{one:02x}" * 12 for one in range(30, 34)]
    spare = {"A4:C1:38:00:00:01": ["ab" * 16, "cd" * 16]}
    data = {"keys": keys, "spare": spare, "loose": loose, "auto_add": False}
    document = {"version": 1, "minor_version": 1, "key": "mi_bms.keys", "data": data}
    raw = json.dumps(document, indent=indent)
    every = [*keys.values(), *spare["A4:C1:38:00:00:01"], *loose]
    for length in range(2, len(raw) + 1):
        found = json.dumps(read_torn(raw[:length].encode()))
        there = [key for key in every if f'"{key}"' in raw[:length]]
        assert [key for key in every if f'"{key}"' in found] == there


@settings(max_examples=60)
@given(
    st.dictionaries(st.text(ANY, max_size=4), VALUES, min_size=1, max_size=4),
    st.integers(1, 200),
)
def test_nothing_is_invented(document: dict[str, object], length: int) -> None:
    raw = json.dumps(document, ensure_ascii=False).encode()
    assert part_of(read_torn(raw[:length]), document)


@rows(
    ("raw", "found"),
    [
        (b"", None),
        (b"\0" * 64, None),
        (b"// mine\n{}", None),
        (b"null", None),
        (b"[" * 200_000, None),
        (b"9" * 5000, None),
        (b'{"a": [' + b"[" * 100, {"a": []}),
        (b'{"a": 1, "b": 2x, "c": 3}', {"a": 1}),
        (b'{"a": 1}{"a": 2}', {"a": 1}),
        (b'{"a": 1, "b": "to\xff', {"a": 1}),
        (b'{"a": "\\ud800"}', {"a": "\ufffd"}),
        (b'{"a": ' + b"9" * 5000 + b', "b": ', None),
        ('{"a": "ä"}'.encode("utf-16"), {"a": "ä"}),
    ],
)
def test_what_is_read(raw: bytes, found: object) -> None:
    if found == {"a": []}:
        deep = read_torn(raw)
        assert isinstance(deep, dict)
        assert isinstance(deep["a"], list)
    else:
        assert read_torn(raw) == found


@rows(
    ("raw", "found"),
    [
        (b'{"version": 1, "data": {"a": 1}', {"a": 1}),
        (b'{"version": "x", "data": [1, 2', [1]),
        (b'{"version": 1, "data": ["a", "b"', ["a", "b"]),
        (b'{"version": 1, "data": {"a": "b", "c"', {"a": "b"}),
        (b'{"version": 2, "data": {}}', None),
        (b'{"version": 1}', None),
        (b"[1]", None),
    ],
)
def test_data_of_a_torn_document(raw: bytes, found: object) -> None:
    assert torn_data(raw, 1) == found


def test_what_is_wrong_is_taken_out_of_a_copy() -> None:
    copy = shallow(DOCUMENT, 9)
    assert copy == DOCUMENT
    take_out(copy, ["data", "loose", 1, 0])
    take_out(copy, ["version"])
    assert copy["data"]["loose"] == ["cc", [2.5], {}]
    assert "version" not in copy
    assert DOCUMENT["version"] == 1
    assert shallow({"a": [[1], 2], "b": 3}, 2) == {"a": [[], 2], "b": 3}
