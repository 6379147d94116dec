"""Replay every recorded advert: a vector added to a fixture is a test added."""

import json
from pathlib import Path
from typing import Any

from tests.each import each, rows
from tests.replay.sensors import OPTIONAL, equal, judge, replay

FIXTURES = Path(__file__).parents[2] / "fixtures" / "mibeacon"
RECORDED: list[dict[str, Any]] = [
    vector
    for path in sorted(FIXTURES.glob("*.json"))
    for vector in json.loads(path.read_text())
]


def test_vectors() -> None:
    each(((vector["id"], vector) for vector in RECORDED), is_what_was_recorded)


def is_what_was_recorded(vector: dict[str, Any]) -> None:
    result = replay(vector)
    assert result["error"] is None
    assert result["outcome"] == vector["outcome"]
    assert result["values"].keys() - OPTIONAL == vector["expect"].keys() - OPTIONAL
    accepted = vector.get("also_accept", {})
    for name, expected in vector["expect"].items():
        found = result["values"][name]
        fits = equal(name, expected, found)
        assert fits or (name in accepted and equal(name, accepted[name], found)), name
    wanted = [{"properties": {}, **event} for event in vector["events"]]
    assert result["events"] == wanted
    assert judge(vector) is None  # as script/replay --accept sees it


def test_fixtures_say_where_they_are_from() -> None:
    assert not [one["id"] for one in RECORDED if not one["source"]]


@rows(
    "broken",
    [
        {},
        {
            "address": "A4:C1:38:02:83:F4",
            "service_uuid": None,
            "service_data": None,
            "bindkey": None,
        },
        {
            "address": "A4:C1:38:02:83:F4",
            "service_uuid": "0xFE95",
            "service_data": "5z",
            "bindkey": None,
        },
        {
            "address": "A4:C1:38:02:83:F4",
            "service_uuid": "0xFE95",
            "service_data": "50",
            "bindkey": "00",
        },
        {
            "address": None,
            "service_uuid": "0xFE95",
            "service_data": "50",
            "bindkey": None,
        },
        [],
    ],
)
def test_malformed_vector_is_an_error(broken: Any) -> None:
    result = replay(broken)
    assert result["outcome"] == "error"
    assert result["error"]


def test_unknown_product_without_values_is_unsupported() -> None:
    vector = {
        "id": "x",
        "address": "A4:C1:38:02:83:F4",
        "service_uuid": "FE95",
        "service_data": "5050efbe01f4830238c1a4ff4f0101",
        "bindkey": None,
    }
    assert replay(vector)["outcome"] == "unsupported"
    short = vector | {"service_data": "5050"}
    assert replay(short)["outcome"] == "not_ours"
    mesh = vector | {"service_data": "d050aa0101f4830238c1a40410020001"}
    assert replay(mesh)["outcome"] == "ignored"


def test_equal_objects_are_numbered_as_their_entities_are() -> None:
    vector = {
        "id": "x",
        "address": "A4:C1:38:02:83:F4",
        "service_uuid": "FCD2",
        "service_data": "4002ca0902ff0f451101",
        "bindkey": None,
    }
    assert replay(vector)["values"] == {
        "temperature": 25.06,
        "temperature_2": 40.95,
        "temperature_3": 27.3,
    }
