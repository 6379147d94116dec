"""Which adverts are offered to the user, and under what name."""

from custom_components.mi_bms.proto.mibeacon.decoder import Decoder, identify
from custom_components.mi_bms.proto.mibeacon.spec import ProductKind
from tests.each import rows

from .frames import ADDRESS, FE95, MAC, bthome, clear, legacy, obj, sealed, uuid

FOREIGN = "F0:CA:F0:CA:02:01"
ATC = MAC + bytes.fromhex("00a22f5f0bf819")


def said(group: str, word: str, **fill: str) -> str:
    return " ".join((group, word, *fill.values()))


def test_known_product() -> None:
    found = identify({FE95: sealed(0x055B, obj(0x1006, "d301"))}, {}, None, ADDRESS)
    assert found
    assert (found.model, found.product_id, found.encrypted) == (
        "LYWSD03MMC",
        0x055B,
        True,
    )
    assert found.title == "LYWSD03MMC"
    assert found.kind is ProductKind.THERMOMETER
    assert found.known_as(said) == "LYWSD03MMC"
    assert not found.event_only


def test_frame_without_payload_does_not_tell_of_encryption() -> None:
    found = identify({FE95: bytes.fromhex("1059db780df4830238c1a4")}, {}, "", ADDRESS)
    assert found
    assert (found.model, found.encrypted, found.has_payload) == ("ESM787", None, False)


@rows(
    ("frame", "paired"),
    [
        ("30585b0501f4830238c1a408", False),  # shows its capability, is not registered
        ("30585b0501f4830238c1a4280100", False),
        ("30595b0501f4830238c1a408", True),
        ("10595b0501f4830238c1a4", True),  # idle, registered
        ("10585b0501f4830238c1a4", None),
        ("3020980001f4830238c1a40d", None),  # a plant sensor needs no pairing
        ("30205b0501f4830238c1a408", None),  # too old to tell
        (sealed(0x055B, obj(0x1006, "d301")).hex(), True),
        (clear(0x055B, obj(0x1006, "d301")).hex(), None),
    ],
)
def test_what_waits_to_be_paired_is_told_apart(frame: str, paired: bool | None) -> None:
    data = bytes.fromhex(frame)
    found = identify({FE95: data}, {}, None, ADDRESS)
    assert found
    assert found.paired is paired
    decoder = Decoder(ADDRESS)
    assert decoder.paired is None
    decoder.feed_one(FE95, data, 0.0)
    assert decoder.paired is paired


def test_events_only() -> None:
    found = identify({FE95: legacy(0x03B6, obj(0x1001, "000103"))}, {}, "", ADDRESS)
    assert found
    assert found.event_only


def test_unknown_product_with_payload_has_its_number() -> None:
    found = identify({FE95: clear(0xBEEF, obj(0x1004, "c800"))}, {}, "", ADDRESS)
    assert found
    assert (found.title, found.model, found.spec) == ("Xiaomi 0xBEEF", None, None)
    assert found.kind is ProductKind.SENSOR
    assert found.known_as(said) == "product numbered BEEF"
    assert not found.event_only


@rows(
    "data",
    [
        b"",
        b"\x50\x20",
        bytes(300),
        bytes.fromhex("1050efbe01f4830238c1a4"),  # unknown and without payload
        bytes.fromhex("5010aa0101f4830238c1a40a100151"),  # version 1
        bytes.fromhex("5060aa0101f4830238c1a40a100151"),  # version 6
        bytes.fromhex("d050aa0101f4830238c1a40a100151"),  # mesh
        clear(0x01AA, obj(0x100A, "51"), mac=bytes(6)),
    ],
)
def test_other_beacons(data: bytes) -> None:
    assert identify({FE95: data}, {}, "", ADDRESS) is None


@rows(
    ("service", "data", "name", "address", "model"),
    [
        (0x181A, ATC, "", ADDRESS, "ATC"),
        (0x181A, ATC, "", FOREIGN, None),
        (0x181A, bytes(16), "", ADDRESS, None),
        (0x181A, bytes(11), "", ADDRESS, "ATC"),
        (0x181A, bytes(11), "", FOREIGN, None),
        (0x181A, bytes(8), "ATC_ca0201", FOREIGN, "ATC"),
        (0xFCD2, b"\x40\x01\x50", "", ADDRESS, "ATC"),
        (0xFCD2, b"\x40\x01\x50", "BTH_123456", FOREIGN, "ATC"),
        (0xFCD2, b"\x40\x01\x50", "BTH01-123456", FOREIGN, "ATC"),
        (0xFCD2, b"\x40\x01\x50", "Kitchen", ADDRESS, "ATC"),
        (0xFCD2, b"\x40\x01\x50", "Shelly", FOREIGN, None),
        (0xFCD2, bthome(b"\x01\x50", 1), "", ADDRESS, "ATC"),
        (0xFCD2, b"\x42" + bytes(8), "", ADDRESS, None),
        (0x181C, bytes.fromhex("020150"), "", ADDRESS, "ATC"),
        (0xFD50, bytes.fromhex("0e006e0134a428005b"), "", FOREIGN, "HHCCJCY10"),
        (0xFD50, bytes(10), "", FOREIGN, None),
        (
            0x181D,
            bytes.fromhex("229e43e507040b101301"),
            "",
            FOREIGN,
            "XMTZC01HM/XMTZC04HM",
        ),
        (0x181B, bytes(13), "", FOREIGN, "XMTZC02HM/XMTZC05HM/NUN4049CN"),
        (0x181B, bytes(12), "", FOREIGN, None),
        (0xFDCD, b"\x08\x10" + MAC[::-1] + b"\x02\x01\x0b", "", ADDRESS, "CGDK2"),
        (0x2A56, b"\x01", "", ADDRESS, None),
        (0x1234, b"\x01", "", ADDRESS, None),
    ],
)
def test_services(
    service: int, data: bytes, name: str, address: str, model: str | None
) -> None:
    found = identify({uuid(service): data}, {}, name, address)
    assert (found.model if found else None) == model


def test_unknown_kind_of_a_known_maker() -> None:
    found = identify(
        {uuid(0xFDCD): b"\x08\x99" + MAC[::-1] + b"\x02\x01\x0b"}, {}, "", ADDRESS
    )
    assert found
    assert (found.title, found.model) == ("Qingping", None)
    assert found.known_as(said) == "Qingping"


def test_manufacturer_data() -> None:
    scale = bytes.fromhex("0276138b000221") + MAC
    found = identify({}, {0xA3C0: scale}, "", ADDRESS)
    assert found
    assert found.model == "TZC4"
    assert identify({}, {0xA3C0: scale}, "", FOREIGN) is None
    assert identify({}, {0xA3C0: scale}, "", "no address") is None
    assert identify({}, {0x004C: scale}, "", ADDRESS) is None
    beacon = bytes.fromhex("5040aa0101f4830238c1a40a100151")
    found = identify({}, {0x038F: beacon}, "", ADDRESS)
    assert found
    assert found.model == "LYWSDCGQ"


def test_product_id_wins_over_format() -> None:
    beacon = clear(0x055B, obj(0x100D, "aa00bd01"))
    for entries in (
        {FE95: beacon, uuid(0x181A): ATC},
        {uuid(0x181A): ATC, FE95: beacon},
    ):
        found = identify(entries, {}, "", ADDRESS)
        assert found
        assert found.product_id == 0x055B


@rows(
    "text",
    [
        "",
        "fe95",
        "0000zz95-0000-1000-8000-00805f9b34fb",
        "ebe0ccb0-7a0a-4b0c-8a1a-6ff2997da3a6",
    ],
)
def test_other_uuids(text: str) -> None:
    assert identify({text: b"\x01"}, {}, "", ADDRESS) is None
