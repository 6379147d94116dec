"""Adverts lead to the right family, and no matcher claims other people's devices."""

from collections.abc import Mapping
from fnmatch import fnmatchcase
from importlib import import_module
import json
from pathlib import Path
import subprocess
import sys
from typing import Any

from custom_components.mi_bms.proto.bms import families as families_package
from custom_components.mi_bms.proto.bms.catalogue import Listing, Secret
from custom_components.mi_bms.proto.bms.index import INDEX
from custom_components.mi_bms.proto.bms.matching import (
    BatteryAdvert,
    MatcherGap,
    clean_name,
    matchers,
    not_offered,
    recognise,
    spell_out,
)
from custom_components.mi_bms.proto.bms.uuids import NUS, expand
from tests.each import rows
from tests.replay.batteries import advert_of

from .fixtures import FOLDER, VECTORS

FF00 = (expand("ff00"),)
NAMED: list[dict[str, Any]] = json.loads(
    (FOLDER.parent / "adverts" / "batteries.json").read_text("utf-8")
)
ADVERTS = [vector for vector in VECTORS if "advertisement" in vector]


def families(**said: object) -> list[str]:
    return [found.family_id for found in recognise(BatteryAdvert(**said))]  # type: ignore[arg-type]


def test_the_index_has_all_families() -> None:
    folder = Path(families_package.__file__).parent
    stale = "the index is stale: run script/generate"
    assert {*INDEX} == {path.stem for path in folder.glob("[a-z]*.py")}, stale
    listings = {
        name: import_module(f"{families_package.__name__}.{name}").LISTING
        for name in INDEX
    }
    assert listings == INDEX, stale
    by_order = sorted(INDEX, key=lambda name: (INDEX[name].order, name))
    assert [*INDEX] == by_order, stale
    titles = [entry.title for entry in INDEX.values()]
    assert len(set(titles)) == len(titles)
    assert all(bool(entry.match) is not entry.manual for entry in INDEX.values())
    for name, entry in INDEX.items():
        whose = {brand for row in entry.match for brand in row.brands}
        assert whose <= {*entry.brands}, (
            f"{name}: a row names a brand that the listing lacks"
        )


def test_recognition_imports_no_decoder() -> None:
    code = (
        "import sys\n"
        f"sys.path.insert(0, {str(Path(families_package.__file__).parents[3])!r})\n"
        "from proto.bms import matching\n"
        "matching.recognise(matching.BatteryAdvert(name='JBD-1'))\n"
        "print([one for one in sys.modules if '.families' in one or '.dialects' in one])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]", "recognition has to stay light"


def test_passwords_are_described() -> None:
    for entry in INDEX.values():
        assert (entry.password.kind is Secret.NONE) is (entry.password.longest == 0)


@rows(
    ("said", "family"),
    [
        ({"name": "LT-12V12345"}, "ej"),
        ({"name": "libattU_1", "manufacturer_data": {21320: b""}}, "ej"),
        ({"name": "EJ-1", "manufacturer_data": {21320: b"\x11"}}, "ejpro"),
        ({"name": "AG100L", "manufacturer_data": {21320: b""}}, "ag"),
        ({"address": "a4:c1:37:04:2d:be", "service_uuids": FF00}, "jbd"),
        (
            {
                "address": "A5:C2:99:28:18:52",
                "service_uuids": FF00,
                "manufacturer_data": {6226: bytes.fromhex("2899c2a5")},
            },
            "jbd",
        ),
        (
            {
                "address": "C4:A9:B8:00:00:01",
                "service_uuids": (expand("fff0"),),
            },
            "greenway",
        ),
        (
            {"service_uuids": (expand("ffe0"),), "service_data": {expand("3333"): b""}},
            "epoch_pro",
        ),
        (
            {"name": "Epsilon-1", "manufacturer_data": {0x50BE: b"Epsilon V2 x"}},
            "superb_v2",
        ),
        ({"manufacturer_data": {2117: b"\x14\x85\x00"}}, "dometic"),
    ],
)
def test_adverts_without_a_recording(said: Mapping[str, object], family: str) -> None:
    assert families(**said)[0] == family


@rows(
    "said",
    [
        {},
        {
            "name": "BT-ROCC2440-1",
            "manufacturer_data": {22618: b"\x01"},
            "service_uuids": (expand("ffe0"),),
        },
        {"address": "A4:C1:38:00:00:01", "name": "ATC_000001"},
        {"service_uuids": (NUS,)},
        {"service_uuids": FF00, "address": "nonsense", "manufacturer_data": {1: b""}},
        {
            "service_uuids": FF00,
            "address": "11:22:33:44:55:66",
            "manufacturer_data": {1: b"1234"},
        },
        {"manufacturer_data": {2117: b"\x00"}},
        {"name": "JBD-1", "service_uuids": FF00, "connectable": False},
    ],
)
def test_other_devices_are_no_batteries(said: Mapping[str, object]) -> None:
    assert families(**said) == []


def test_what_may_be_two_families_is_not_sure() -> None:
    found = recognise(BatteryAdvert(name="DL-1", service_uuids=(expand("fff0"),)))
    assert [(one.family_id, one.sure) for one in found] == [
        ("daly", True),
        ("daly_legacy", False),
    ]


@rows("case", NAMED)
def test_adverts_of_strangers(case: dict[str, Any]) -> None:
    found = recognise(advert_of(case))
    best = [one for one in found if not found[0].sure or one.sure]
    assert [one.family_id for one in best] == case["families"]
    assert all(one.sure is case["sure"] for one in best)


def test_a_module_that_is_in_other_devices_too_is_never_sure() -> None:
    shared = {name: entry for name, entry in INDEX.items() if entry.shared_module}
    assert set(shared) == {"renogy"}
    assert not any(row.sure for entry in shared.values() for row in entry.match)


def test_what_cannot_be_looked_for_is_listed() -> None:
    gaps = {(family_id, row.name): gap for family_id, row, gap in not_offered()}
    assert gaps["greenway", None] is MatcherGap.ADDRESS
    assert gaps["tdt", "WT???AZ*"] is MatcherGap.NAME
    assert ("gobel", "B[0-9][0-9]*") not in gaps


def test_names_are_cut_at_the_end_only() -> None:
    assert clean_name(" B12100A \r\n\0") == " B12100A"
    assert clean_name(None) == ""


def test_patterns_are_spelled_out() -> None:
    assert list(spell_out("BP0?")) == ["BP0?"]
    assert list(spell_out("ST[0-2]*")) == ["ST0*", "ST1*", "ST2*"]
    assert list(spell_out(" [BS]12*")) == [" B12*", " S12*"]
    assert list(spell_out("RT[1,3]x")) == ["RT1x", "RT3x"]
    assert (
        list(spell_out("EJ*")) == list(spell_out("12?")) == list(spell_out("EJ")) == []
    )


def test_matchers_are_valid_and_narrow() -> None:
    made = matchers()
    assert made == matchers()
    assert all(made.count(one) == 1 for one in made)
    for matcher in made:
        assert matcher["connectable"] is True
        keys = set(matcher) - {"connectable"}
        assert keys <= {
            "local_name",
            "service_uuid",
            "service_data_uuid",
            "manufacturer_id",
            "manufacturer_data_start",
        }
        name = matcher.get("local_name")
        if isinstance(name, str):
            assert not set(name[:3]) & set("*?[")
            assert len(name) >= 3
        else:
            common = {expand("fff0"), expand("ffe0"), expand("180f"), NUS}
            assert keys != {"service_uuid"} or matcher["service_uuid"] not in common
            assert keys != {"manufacturer_id"} or matcher["manufacturer_id"] not in {
                0,
                1,
                76,
                0xFFFF,
            }


MATCHERS = matchers()


def caught(advert: BatteryAdvert) -> bool:
    """Match like Home Assistant does."""
    return any(_catches(matcher, advert) for matcher in MATCHERS)


def _catches(matcher: Mapping[str, object], advert: BatteryAdvert) -> bool:
    mfr, start = matcher.get("manufacturer_id"), matcher.get("manufacturer_data_start")
    name, service = matcher.get("local_name"), matcher.get("service_uuid")
    data = advert.manufacturer_data.get(mfr) if isinstance(mfr, int) else None
    return (
        (service is None or service in advert.service_uuids)
        and (mfr is None or data is not None)
        and (not isinstance(start, list) or (data or b"").startswith(bytes(start)))
        and matcher.get("service_data_uuid") in {None, *advert.service_data}
        and (not isinstance(name, str) or fnmatchcase(clean_name(advert.name), name))
    )


def test_recorded_adverts_wake_home_assistant() -> None:
    ours = [vector for vector in ADVERTS if vector["family"] is not None]
    assert len(ours) > 100
    assert not [one["id"] for one in ours if not caught(advert_of(one))]


@rows(
    ("title", "called"),
    [
        ("JK BMS", "JK BMS"),
        ("Eleksol battery", "Eleksol"),
        ("BMS with Modbus over Nordic UART", "BMS with Modbus"),
        ("Dalysmartbatterymanagement system", "Dalysmartbatterymanagement"),
        ("123\\SmartBMS", "123SmartBMS"),
    ],
)
def test_a_family_is_called_in_few_words(title: str, called: str) -> None:
    assert Listing(title=title).called == called
