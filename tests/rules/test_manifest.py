"""The manifest: what Home Assistant and HACS demand, and what they do not check."""

import re

import pytest

from .repo import INTEGRATION, ROOT, load

MANIFEST = load(INTEGRATION / "manifest.json")
MATCHER_KEYS = {
    "connectable",
    "local_name",
    "manufacturer_data_start",
    "manufacturer_id",
    "service_data_uuid",
    "service_uuid",
}
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def test_keys_and_their_order() -> None:
    keys = list(MANIFEST)
    assert keys[:2] == ["domain", "name"]
    assert keys[2:] == sorted(keys[2:])
    assert set(keys) == {
        "after_dependencies",
        "bluetooth",
        "codeowners",
        "config_flow",
        "dependencies",
        "documentation",
        "domain",
        "integration_type",
        "iot_class",
        "issue_tracker",
        "loggers",
        "name",
        "requirements",
        "version",
    }


def test_values() -> None:
    assert MANIFEST["domain"] == INTEGRATION.name
    assert MANIFEST["requirements"] == []
    assert MANIFEST["dependencies"] == ["bluetooth_adapters", "file_upload", "http"]
    assert MANIFEST["after_dependencies"] == [
        "blueprint",
        "energy",
        "frontend",
        "lovelace",
        "mqtt",
        "recorder",
    ]
    assert MANIFEST["codeowners"]
    assert MANIFEST["documentation"].startswith("https://")
    assert re.fullmatch(r"\d+\.\d+\.\d+", MANIFEST["version"])


def test_no_matcher_stands_twice() -> None:
    made = [tuple(sorted(map(str, one.items()))) for one in MANIFEST["bluetooth"]]
    twice = sorted({one for one in made if made.count(one) > 1})
    assert not twice, f"two rows of a listing lead to the same matcher: {twice}"


@pytest.mark.parametrize("matcher", MANIFEST["bluetooth"], ids=str)
def test_matcher(matcher: dict[str, object]) -> None:
    assert set(matcher) <= MATCHER_KEYS
    assert isinstance(matcher["connectable"], bool)
    # Home Assistant's Bluetooth does not even start with * or [ here, and never matches ?.
    name = str(matcher.get("local_name", "any"))
    assert len(name) >= 3, f"{name}: Home Assistant wants three letters or more"
    assert not set(name[:3]) & set("*[?"), (
        f"{name}: the first three letters have to be plain; give the row another discover="
    )
    for key in ("service_uuid", "service_data_uuid"):
        assert UUID.fullmatch(
            str(matcher.get(key, "0000fe95-0000-1000-8000-00805f9b34fb"))
        )
    assert set(matcher) - {"connectable"}, (
        "a matcher without criterion claims everything"
    )
    assert 0 <= int(str(matcher.get("manufacturer_id", 0))) <= 0xFFFF


def test_hacs() -> None:
    hacs = load(ROOT / "hacs.json")
    assert hacs == {
        "name": MANIFEST["name"],
        "homeassistant": hacs["homeassistant"],
        # Only releases hold the file that is downloaded.
        "hide_default_branch": True,
        "zip_release": True,
        "filename": "mi_bms.zip",
    }
    assert re.fullmatch(r"\d{4}\.\d{1,2}\.\d+", hacs["homeassistant"])
    assert (INTEGRATION / "brand" / "icon.png").is_file()
