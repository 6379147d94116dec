"""What is heard of a device, its address, and filters."""

from custom_components.mi_bms.proto.air.adverts import (
    AddressType,
    AirAdvert,
    Filter,
    address_type,
)
from tests.each import rows

BATTERY = "0000180f-0000-1000-8000-00805f9b34fb"
BEACON = "0000fe95-0000-1000-8000-00805f9b34fb"
ADVERT = AirAdvert(
    address="A4:C1:38:12:34:56",
    rssi=-60,
    name="LYWSD03MMC",
    services=(BATTERY,),
    service_data={BEACON: b"\x01"},
    manufacturer_data={0x038F: b"\x02"},
)


@rows(
    ("address", "told", "type_", "kind"),
    [
        ("C4:00:00:00:00:00", 0, "public", None),
        ("C4:00:00:00:00:00", 1, "random", "static"),
        ("44:00:00:00:00:00", "random", "random", "resolvable"),
        ("04:00:00:00:00:00", 1, "random", "non_resolvable"),
        ("84:00:00:00:00:00", 1, "random", "reserved"),
        ("C4:00:00:00:00:00", 2, "public_resolved", None),
        ("C4:00:00:00:00:00", 3, "random_resolved", None),
        ("C4:00:00:00:00:00", "public", "public", None),
        ("C4:00:00:00:00:00", None, None, None),
        ("C4:00:00:00:00:00", 9, None, None),
        ("C4:00:00:00:00:00", ["?"], None, None),
        ("not an address", 1, "random", None),
    ],
)
def test_types_of_addresses(
    address: str, told: object, type_: str | None, kind: str | None
) -> None:
    assert address_type(address, {"address_type": told}) == AddressType(type_, kind)


@rows(
    ("details", "type_"),
    [
        ({"props": {"AddressType": "public"}}, "public"),
        ({"props": {"AddressType": "public"}, "address_type": 1}, "random"),
        ({"props": None}, None),
        ({}, None),
        ("path", None),
        (None, None),
    ],
)
def test_each_kind_of_scanner_tells_the_type_in_its_own_place(
    details: object, type_: str | None
) -> None:
    assert address_type("A4:C1:38:12:34:56", details).type == type_


@rows(
    ("wanted", "fits"),
    [
        (Filter(), True),
        (Filter(address=ADVERT.address), True),
        (Filter(address="A4:C1:38:12:34:57"), False),
        (Filter(name="lywsd"), True),
        (Filter(name="MHO"), False),
        (Filter(service=BATTERY), True),
        (Filter(service=BEACON), True),
        (Filter(service="0000181a-0000-1000-8000-00805f9b34fb"), False),
        (Filter(rssi=-60), True),
        (Filter(rssi=-59), False),
        (Filter(company=0x038F), True),
        (Filter(company=0), False),
        (Filter(name="lywsd", company=0), False),
    ],
)
def test_filters(wanted: Filter, fits: bool) -> None:
    assert wanted.fits(ADVERT) is fits


def test_a_nameless_device_has_no_part_of_a_name() -> None:
    nameless = AirAdvert(address=ADVERT.address, rssi=-60)
    assert not Filter(name="a").fits(nameless)


def test_the_bytes_are_taken_where_there_are_any() -> None:
    with_bytes = AirAdvert(
        address=ADVERT.address, rssi=-60, name="x", raw=b"\x02\x01\x06\x05"
    )
    assert [one.name for one in with_bytes.payload.structures] == ["flags"]
    assert with_bytes.payload.rest == b"\x05"
    assert [one.name for one in ADVERT.payload.structures] == [
        "complete_list_16_bit_services",
        "service_data_16_bit",
        "manufacturer_data",
        "complete_name",
    ]
