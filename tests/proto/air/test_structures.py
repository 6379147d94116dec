"""Advertising data taken apart and put together again."""

from hypothesis import given, strategies as st

from custom_components.mi_bms.proto.air.structures import (
    LONGEST,
    TYPES,
    Payload,
    Said,
    find,
    parse,
    rebuild,
    structure,
)
from custom_components.mi_bms.proto.air.uuids import parse_uuid, shortest, text
from tests.each import rows

BASE = "-0000-1000-8000-00805f9b34fb"
LONG = "6e400001-b5a3-f393-e0a9-e50e24dcca9e"
LONG_PACKED = "9ecadc240ee5a9e093f3a3b50100406e"


def test_advert_and_scan_response_of_one_device() -> None:
    """The worked example: flags, MiBeacon, then the name that the scan response adds."""
    raw = bytes.fromhex(
        "0201061a1695fe58585b052a56341238c1a484b1f51af301000061104a52"
        "0b094c5957534430334d4d43"
    )
    payload = parse(raw)
    assert [(one.name, one.value) for one in payload.structures] == [
        ("flags", ["general_discoverable", "br_edr_not_supported"]),
        (
            "service_data_16_bit",
            {
                "uuid": f"0000fe95{BASE}",
                "data": "58585b052a56341238c1a484b1f51af301000061104a52",
            },
        ),
        ("complete_name", "LYWSD03MMC"),
    ]
    assert payload.rest == b""
    assert payload.structures[0].data == b"\x06"


@rows(
    ("kind", "data", "value"),
    [
        (0x01, "1b", [
            "limited_discoverable",
            "general_discoverable",
            "le_and_br_edr_controller",
            "le_and_br_edr_host",
        ]),
        (0x01, "", None),
        (0x02, "0f180a18", [f"0000180f{BASE}", f"0000180a{BASE}"]),
        (0x02, "0f180a", None),
        (0x03, "", []),
        (0x04, "78563412", [f"12345678{BASE}"]),
        (0x05, "7856", None),
        (0x06, LONG_PACKED, [LONG]),
        (0x07, LONG_PACKED[2:], None),
        (0x08, "4c59", "LY"),
        (0x09, "4c59ff00", "LY\ufffd"),
        (0x0A, "f4", -12),
        (0x0A, "7f", None),
        (0x0A, "0000", None),
        (0x0D, "0c015a", "5a010c"),
        (0x0D, "0c01", None),
        (0x0E, "00" * 16, None),
        (0x12, "0600ffff", {"min_ms": 7.5, "max_ms": None}),
        (0x12, "0600", None),
        (0x14, "0f18", [f"0000180f{BASE}"]),
        (0x15, LONG_PACKED, [LONG]),
        (0x16, "0f1864", {"uuid": f"0000180f{BASE}", "data": "64"}),
        (0x16, "0f", None),
        (0x17, "563412c2a4a4", ["A4:A4:C2:12:34:56"]),
        (0x18, "5634", None),
        (0x19, "4103", {"category": 13, "subcategory": 1}),
        (0x19, "41", None),
        (0x1A, "a000", 100.0),
        (0x1A, "a00000", None),
        (0x1B, "563412c2a4a401", {
            "address": "A4:A4:C2:12:34:56", "address_type": "random",
        }),
        (0x1B, "563412c2a4a400", {
            "address": "A4:A4:C2:12:34:56", "address_type": "public",
        }),
        (0x1B, "563412c2a4a4", None),
        (0x1C, "02", "peripheral_preferred"),
        (0x1C, "04", None),
        (0x1C, "", None),
        (0x1F, "78563412", [f"12345678{BASE}"]),
        (0x20, "7856341205", {"uuid": f"12345678{BASE}", "data": "05"}),
        (0x21, f"{LONG_PACKED}01", {"uuid": LONG, "data": "01"}),
        (0x24, "172f2f612e62", "https://a.b"),
        (0x24, "ff2f2f", None),
        (0x24, "", None),
        (0x27, "01", None),
        (0x2F, "a00000", 100.0),
        (0x2F, "a0000000", 100.0),
        (0x2F, "a000", None),
        (0x30, "4c59", "LY"),
        (0xFF, "8f030102", {"company": "038f", "data": "0102"}),
        (0xFF, "8f", None),
        (0x99, "00", None),
    ],
)  # fmt: skip
def test_each_type(kind: int, data: str, value: Said) -> None:
    raw = bytes.fromhex(data)
    (one,) = parse(bytes((len(raw) + 1, kind)) + raw).structures
    assert (one.type, one.data, one.value) == (kind, raw, value)
    assert one.name == (TYPES[kind].name if kind in TYPES else "unknown")


def test_names_of_types_are_unique() -> None:
    assert len({row.name for row in TYPES.values()}) == len(TYPES)


def test_padding_is_skipped() -> None:
    payload = parse(bytes.fromhex("020106" + "00" * 3 + "03034142" + "0000"))
    assert [one.type for one in payload.structures] == [0x01, 0x03]
    assert payload.rest == b""


def test_what_is_cut_short_is_handed_back() -> None:
    payload = parse(bytes.fromhex("020106" + "05094c59"))
    assert [one.type for one in payload.structures] == [0x01]
    assert payload.rest.hex() == "05094c59"
    assert parse(b"\x01").rest == b"\x01"


def test_a_flood_is_bounded() -> None:
    payload = parse(b"\x02\x01\x06" * LONGEST)
    assert sum(len(one.data) + 2 for one in payload.structures) <= LONGEST
    assert len(payload.rest) == 2 * LONGEST


def test_several_of_a_type_are_kept_and_the_first_is_found() -> None:
    payload = parse(bytes.fromhex("03160102" + "03160304"))
    assert [one.data.hex() for one in payload.structures] == ["0102", "0304"]
    first = find(payload, 0x16)
    assert first is not None
    assert first.data.hex() == "0102"
    assert find(payload, 0x09) is None


@given(st.binary(max_size=300))
def test_no_bytes_are_lost_and_nothing_raises(raw: bytes) -> None:
    payload = parse(raw)
    again = b"".join(
        bytes((len(one.data) + 1, one.type)) + one.data for one in payload.structures
    )
    assert parse(again).structures == payload.structures
    zeros = len(raw) - len(again) - len(payload.rest)
    assert zeros >= 0
    assert again + payload.rest == raw or zeros
    # The same structures stand in the same order between the zeros.
    at = 0
    for one in payload.structures:
        whole = bytes((len(one.data) + 1, one.type)) + one.data
        while raw[at : at + len(whole)] != whole:
            assert raw[at] == 0
            at += 1
        at += len(whole)


@given(st.integers(0, 255), st.binary(max_size=40))
def test_any_data_under_any_type(kind: int, data: bytes) -> None:
    assert structure(kind, data).data == data


def test_rebuild() -> None:
    payload = rebuild(
        name="LYWSD",
        services=(f"0000180f{BASE}", f"0000180a{BASE}", f"12345678{BASE}", LONG, "no"),
        service_data={f"0000fe95{BASE}": b"\x01", LONG: b"\x02", "no": b"\x03"},
        manufacturer_data={0x038F: b"\x04", 0x10000: b"\x05"},
        tx_power=-12,
    )
    assert [(one.name, one.value) for one in payload.structures] == [
        ("complete_list_16_bit_services", [f"0000180f{BASE}", f"0000180a{BASE}"]),
        ("complete_list_32_bit_services", [f"12345678{BASE}"]),
        ("complete_list_128_bit_services", [LONG]),
        ("service_data_16_bit", {"uuid": f"0000fe95{BASE}", "data": "01"}),
        ("service_data_128_bit", {"uuid": LONG, "data": "02"}),
        ("manufacturer_data", {"company": "038f", "data": "04"}),
        ("complete_name", "LYWSD"),
        ("tx_power", -12),
    ]


@rows("power", [None, -200, 200])
def test_rebuild_of_nothing(power: int | None) -> None:
    assert rebuild(
        name=None, services=(), service_data={}, manufacturer_data={}, tx_power=power
    ) == Payload(())


@rows(
    ("written", "uuid"),
    [
        ("180F", f"0000180f{BASE}"),
        (" 0x180f ", f"0000180f{BASE}"),
        ("12345678", f"12345678{BASE}"),
        (LONG.upper(), LONG),
        (LONG.replace("-", ""), LONG),
        ("", None),
        ("180", None),
        ("18 0f", None),
        ("zzzz", None),
        (LONG[:-1], None),
    ],
)
def test_uuids_as_people_write_them(written: str, uuid: str | None) -> None:
    assert parse_uuid(written) == uuid


@given(st.sampled_from((2, 4, 16)).flatmap(lambda n: st.binary(min_size=n, max_size=n)))
def test_uuids_survive_packing(packed: bytes) -> None:
    again = shortest(text(packed))
    assert again is not None
    assert text(again) == text(packed)
    assert len(again) <= len(packed)
