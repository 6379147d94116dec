"""Home Assistant's own patterns let everything through that is ours, and little else."""

from typing import Any

import pytest

from custom_components.mi_bms.proto.mibeacon.matchers import MATCHERS

from .test_vectors import VECTORS

BASE = "0000{}-0000-1000-8000-00805f9b34fb"


def offered(uuid: str) -> bool:
    """Return whether Home Assistant would hand a device to us, whatever its name."""
    return any(
        one["service_data_uuid"] == uuid and "local_name" not in one for one in MATCHERS
    )


# One device is known by its maker's data.
BY_SERVICE = [one for one in VECTORS if one.values[0]["service_uuid"]]  # type: ignore[index]


@pytest.mark.parametrize("vector", BY_SERVICE)
def test_every_recorded_device_is_offered(vector: dict[str, Any]) -> None:
    short = vector["service_uuid"].removeprefix("0x").lower()
    uuid = BASE.format(short)
    assert offered(uuid)


def test_no_pattern_stands_twice_or_wants_a_connection() -> None:
    assert len({tuple(one.items()) for one in MATCHERS}) == len(MATCHERS)
    assert all(one["connectable"] is False for one in MATCHERS)
