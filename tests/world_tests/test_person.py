"""The judgement of what sensors hold after a person has used them."""

from typing import Any

import pytest

from tests.e2e.active import entities_of, forgotten, misread, same, unlike
from tests.world.scenario import load

from .test_scenarios import FOLDER

NOW = 1_800_000_000.0


@pytest.mark.parametrize(
    ("expect", "wrong"),
    [
        ({"unit": "celsius", "limit": 26}, 0),
        ({"unit": ["kelvin", "celsius"]}, 0),
        ({"clock": "local"}, 0),
        ({"unit": "kelvin"}, 1),
        ({"unit": ["kelvin"], "limit": 25}, 2),
        ({"slow": "local"}, 1),
        ({"nothing": "local", "nobody": False}, 2),
    ],
)
def test_what_is_expected(expect: dict[str, Any], wrong: int) -> None:
    holds = {"unit": "celsius", "limit": 26.0, "clock": NOW - 9, "slow": NOW - 11}
    assert len(unlike(expect, holds, lambda: NOW)) == wrong


@pytest.mark.parametrize(
    ("values", "wrong"),
    [
        ({}, 1),
        ({"celsius": 21.36, "battery": 80, "firmware": "1.0"}, 0),
        ({"celsius": 21.39}, 1),
        ({"battery": 84}, 1),
        ({"firmware": "1.1"}, 1),
        ({"lux": 3}, 1),
    ],
)
def test_what_was_read(values: dict[str, Any], wrong: int) -> None:
    told = {"celsius": 21.37, "battery": 81, "firmware": "1.0"}
    assert len(misread(values, told)) == wrong


def hour(end: str = "2027-01-15T08:00:00+00:00", **more: Any) -> dict[str, Any]:
    return {"end": end, "celsius": {"min": 20.1, "max": 21.5}, **more}


@pytest.mark.parametrize(
    ("records", "complete", "wrong"),
    [
        ([hour()], True, 0),
        ([hour()], False, 1),
        ([], True, 1),
        ([hour(), hour()], True, 1),
        ([hour("2027-01-15T08:02:00+00:00")], True, 1),
        ([hour(celsius={"min": 20.1, "max": 21.6})], True, 1),
        ([hour(celsius={"min": 2.01, "max": 21.5})], True, 1),
        ([hour(lux={"min": 0, "max": 0})], True, 1),
        ([{"end": "2027-01-15T08:00:00+00:00"}], True, 1),
    ],
)
def test_what_was_remembered(
    records: list[dict[str, Any]], complete: bool, wrong: int
) -> None:
    answer = {"records": records, "complete": complete}
    assert len(forgotten(answer, [[NOW, {"celsius": [20.1, 21.5]}]])) == wrong


def test_what_is_shown() -> None:
    assert same("26.5", 26.5)
    assert same("60", 60.0)
    assert same("celsius", "celsius")
    assert not same("60", 61)
    assert not same("unknown", 61)
    assert not same("unknown", "celsius")


def test_the_entities_of_steps() -> None:
    assert entities_of({"press": "blink"}) == ["blink"]
    assert entities_of({"choose": {"unit": "a"}}) == ["unit"]
    assert entities_of({"set": {"low": 1, "high": 2}}) == ["low", "high"]
    assert entities_of({"call": "read_history"}) == []


def test_every_function_is_used() -> None:
    """What each model can do stands in the developers' table of functions."""
    used = {
        device.kind: {
            str(what if isinstance(what, str) else next(iter(what))).removesuffix(
                "_high"
            )
            for step in device.steps
            for word, what in step.items()
            if word != "fault"
        }
        for device in load(FOLDER / "active.toml").devices
    }
    clocks = {"LYWSD02", "LYWSD02MMC", "LYWSD02MMC_PRO", "MHO-C303"}
    plain = {"LYWSD03MMC", "MHO-C401", "XMWSDJ04MMC"}
    plants = {"HHCCJCY01", "GCLS002", "HHCCPOT002"}
    for kinds, words in (
        (clocks | {"CGC1"}, "set_clock"),
        (clocks | plain | plants, "read_history"),
        (clocks | plain, "temperature_unit"),
        (plain - {"XMWSDJ04MMC"}, "comfort_temperature"),
        (plain - {"MHO-C401"}, "comfort_humidity"),
        (plants, "blink"),
    ):
        for kind in kinds:
            assert words in used[kind], kind
    for kind, done in used.items():
        assert kind == "CGC1" or done & {"read_now", "read_sensor"}, kind
