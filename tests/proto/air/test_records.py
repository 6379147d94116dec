"""An advert as scripts get it, and how often adverts are passed on."""

from custom_components.mi_bms.proto.air.adverts import AirAdvert
from custom_components.mi_bms.proto.air.records import record
from custom_components.mi_bms.proto.air.throttle import REMEMBERED, Budget, Throttle

ADDRESS = "C4:7C:8D:6A:05:5B"
BATTERY = "0000180f-0000-1000-8000-00805f9b34fb"


def test_an_advert_with_its_bytes() -> None:
    raw = bytes.fromhex("020106 03030f18 ff")
    said = record(
        AirAdvert(address=ADDRESS, rssi=-60, name="Box", raw=raw), {"address_type": 1}
    )
    assert said["raw"] == "02010603030f18ff" and said["rebuilt"] is False
    assert said["unread"] == "ff"
    assert (said["address_type"], said["address_kind"]) == ("random", "static")
    assert said["structures"][1] == {
        "type": "03",
        "name": "complete_list_16_bit_services",
        "data": "0f18",
        "value": [BATTERY],
    }


def test_an_advert_without_bytes_is_put_together() -> None:
    said = record(
        AirAdvert(
            address=ADDRESS,
            rssi=-60,
            services=(BATTERY,),
            service_data={BATTERY: b"d"},
            manufacturer_data={0x004C: b"\1"},
            tx_power=4,
        ),
        None,
    )
    assert said["raw"] is None and said["rebuilt"] is True and said["unread"] is None
    assert said["name"] is None and said["tx_power"] == 4
    assert said["services"] == [BATTERY]
    assert said["service_data"] == {BATTERY: "64"}
    assert said["manufacturer_data"] == {"004c": "01"}
    assert {one["type"] for one in said["structures"]} == {"03", "0a", "16", "ff"}


def test_a_device_is_passed_on_now_and_then() -> None:
    throttle = Throttle(10)
    assert throttle.is_due("a", 0)
    throttle.passed("a", 0)
    assert not throttle.is_due("a", 9.9)
    assert throttle.is_due("b", 9.9)
    assert throttle.is_due("a", 10)


def test_few_devices_are_remembered() -> None:
    throttle = Throttle(10)
    for number in range(REMEMBERED):
        throttle.passed(f"{number}", 0)
    # Nobody is due: the one that waits longest is forgotten.
    throttle.passed("new", 1)
    assert throttle.is_due("0", 1) and not throttle.is_due("1", 1)
    # All but the last are due.
    throttle.passed("newer", 10)
    throttle.passed("newest", 10.5)
    assert not throttle.is_due("new", 10.5) and not throttle.is_due("newer", 10.5)


def test_so_many_in_a_second() -> None:
    budget = Budget(2)
    assert [budget.spend(5.0) for _ in range(3)] == [True, True, False]
    assert not budget.spend(5.9)
    assert budget.spend(6.0)
