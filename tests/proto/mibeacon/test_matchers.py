"""Home Assistant's own patterns let everything through that is ours, and little else."""

from fnmatch import fnmatchcase
from typing import Any

import pytest

from custom_components.mi_bms.proto.mibeacon.matchers import MATCHERS

from .test_vectors import VECTORS

SHARED = {"fcd2", "181c", "181e"}  # BTHome: of everybody
BASE = "0000{}-0000-1000-8000-00805f9b34fb"


def offered(uuid: str, name: str) -> bool:
    """Say whether Home Assistant would offer a device, as its pattern index does."""
    return any(
        one["service_data_uuid"] == uuid
        and fnmatchcase(name, str(one.get("local_name", "*")))
        for one in MATCHERS
    )


# One device is known by its maker's data.
BY_SERVICE = [one for one in VECTORS if one.values[0]["service_uuid"]]  # type: ignore[index]


@pytest.mark.parametrize("vector", BY_SERVICE)
def test_every_recorded_device_is_offered(vector: dict[str, Any]) -> None:
    short = vector["service_uuid"].removeprefix("0x").lower()
    uuid = BASE.format(short)
    assert offered(uuid, "ATC_0283F4" if short in SHARED else "")


@pytest.mark.parametrize("short", sorted(SHARED))
def test_what_belongs_to_everybody_wants_a_name(short: str) -> None:
    assert offered(BASE.format(short), "LYWSD03MMC")
    assert not offered(BASE.format(short), "DIY-sensor")
    assert not offered(BASE.format(short), "")


def test_no_pattern_stands_twice_or_wants_a_connection() -> None:
    assert len({tuple(one.items()) for one in MATCHERS}) == len(MATCHERS)
    assert all(one["connectable"] is False for one in MATCHERS)
