"""Home Assistant's own patterns let everything through that is ours, and little else."""

from custom_components.mi_bms.proto.mibeacon.matchers import MATCHERS

from .test_vectors import RECORDED

BASE = "0000{}-0000-1000-8000-00805f9b34fb"


def offered(uuid: str) -> bool:
    """Return whether Home Assistant would hand a device to us, whatever its name."""
    return any(
        one["service_data_uuid"] == uuid and "local_name" not in one for one in MATCHERS
    )


def test_every_recorded_device_is_offered() -> None:
    # Some are known by their maker's data; FEE0 is in the adverts of every band of its maker.
    by_service = [
        one for one in RECORDED if one["service_uuid"] not in {None, "0xFEE0"}
    ]
    assert len(by_service) > 100
    assert not [
        vector["id"]
        for vector in by_service
        if not offered(BASE.format(vector["service_uuid"].removeprefix("0x").lower()))
    ]


def test_no_pattern_stands_twice_or_wants_a_connection() -> None:
    assert len({tuple(one.items()) for one in MATCHERS}) == len(MATCHERS)
    assert all(one["connectable"] is False for one in MATCHERS)
