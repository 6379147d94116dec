"""The formats that are not MiBeacon."""

import struct

from cryptography.hazmat.primitives.ciphers.aead import AESCCM

from custom_components.mi_bms.proto.mibeacon.decoder import Decoder
from custom_components.mi_bms.proto.mibeacon.devices import EVENT_TYPES
from custom_components.mi_bms.proto.mibeacon.formats import bthome as bthome_format
from custom_components.mi_bms.proto.model.fields import Field
from custom_components.mi_bms.proto.model.reading import KeyState, Outcome, Reason
from tests.each import rows

from .frames import (
    ADDRESS,
    FE95,
    KEY,
    MAC,
    OTHER_KEY,
    bthome,
    clear,
    decode,
    events,
    number,
    obj,
    uuid,
    values,
)

REVERSED = MAC[::-1]
ATC = MAC + bytes.fromhex("00a22f5f0bf819")
CUSTOM = REVERSED + bytes.fromhex("a9066911b60b58f70d")


def maker(company: int, data: bytes, address: str = ADDRESS):
    return Decoder(address).feed({}, {company: data}, 0.0)


def test_custom_format_without_flags() -> None:
    reading = decode(CUSTOM[:14], service=0x181A)
    assert values(reading) == {
        "temperature": 17.05,
        "humidity": 44.57,
        "voltage": 2.998,
        "battery": 88,
    }
    assert reading.format == "pvvx"


@rows(
    ("service", "data"),
    [
        (0x181A, REVERSED + ATC[6:]),
        (0x181A, MAC + CUSTOM[6:]),
        (0x181A, bytes(16)),
        (0x181A, b""),
        (0x2A56, b"\x01\x02"),
        (0x2AEB, b"\x01"),
        (0x181D, bytes(9)),
        (0x181B, bytes(10)),
        (0xFD50, bytes(8)),
        (0xFEE0, bytes(5)),
        (0xFDCD, bytes(5)),
        (0xFDCD, b"\x08\x01" + bytes(6)),
        (0x181C, b"\x02"),
        (0x181C, b"\x02\xff\x01"),
        (0x181E, bytes(8)),
        (0xFCD2, b"\x40"),
        (0xFCD2, b"\x20\x01\x02"),
        (0x1234, bytes(20)),
        (0x181A, bytes(300)),
    ],
)
def test_not_ours(service: int, data: bytes) -> None:
    assert decode(data, service=service).outcome is Outcome.NOT_OURS


@rows(
    ("service", "data", "field"),
    [
        (0x181A, MAC + bytes.fromhex("00a22f5fffff19"), "voltage"),
        (0x181A, CUSTOM[:10] + b"\xff\xff" + CUSTOM[12:], "voltage"),
        (0x181D, bytes.fromhex("22ffffe507040b101301"), "weight_raw"),
        (0x181D, bytes.fromhex("23ffffe507040b101301"), "weight_raw"),
        (0x181D, bytes.fromhex("32ffffe507040b101301"), "weight_raw"),
        (0x181B, bytes.fromhex("0226b20705040f0201ac01ffff"), "weight_raw"),
        (0xFEE0, bytes(7) + b"\xff\xff\x01" + bytes(10), "weight_raw"),
    ],
)
def test_a_number_with_every_bit_set_is_none(
    service: int, data: bytes, field: str
) -> None:
    reading = values(decode(data, service=service))
    assert field not in reading
    assert field.removesuffix("_raw") not in reading


def test_unknown_address_form_takes_the_macs_word() -> None:
    decoder = Decoder("B1F0C6A4-0000-4000-8000-0123456789AB")
    assert decoder.feed_one(uuid(0x181A), ATC, 0.0).outcome is Outcome.DECODED
    assert decoder.feed_one(uuid(0x181A), bytes(8), 0.0).outcome is Outcome.NOT_OURS
    short = decoder.feed_one(uuid(0xFCD2), bthome(b"\x01\x50", 200), 0.0)
    assert short.reason is Reason.NO_MAC
    assert decoder.feed_one(uuid(0x181E), bytes(20), 0.0).reason is Reason.NO_MAC


def test_reed_frames() -> None:
    assert values(decode(b"\x01", service=0x2A56)) == {"opening": True, "switch": False}
    assert values(decode(b"\x00\x01\x02", service=0x2AEB)) == {"count": 258}


def atc_sealed(plain: bytes) -> bytes:
    nonce = REVERSED + bytes((len(plain) + 8,)) + b"\x16\x1a\x18\x07"
    return b"\x07" + AESCCM(KEY, tag_length=4).encrypt(nonce, plain, b"\x11")


def test_encrypted_custom_clips_a_full_battery() -> None:
    data = atc_sealed(struct.pack("<hHBB", -550, 4200, 112, 2))
    reading = decode(data, KEY, 0x181A)
    assert values(reading) == {
        "temperature": -5.5,
        "humidity": 42.0,
        "battery": 100,
        "opening": False,
        "switch": True,
    }
    assert (reading.format, reading.encrypted) == ("pvvx", True)
    assert values(decode(atc_sealed(b"\x76\x32\xff"), KEY, 0x181A))["battery"] == 100


def test_encrypted_custom_key_states() -> None:
    data = atc_sealed(bytes(6))
    decoder = Decoder(ADDRESS)
    assert decoder.feed_one(uuid(0x181A), data, 0.0).outcome is Outcome.NEEDS_KEY
    assert decoder.key_state is None
    reading = decoder.set_key(KEY)
    assert reading
    assert reading.outcome is Outcome.DECODED
    assert decode(data, OTHER_KEY, 0x181A).outcome is Outcome.WRONG_KEY


def test_a_short_counter_that_leaps_says_again_that_the_key_is_right() -> None:
    decoder, service = Decoder(ADDRESS, KEY), uuid(0x181A)

    def say(count: int, key: bytes = KEY) -> Reason | None:
        plain = struct.pack("<hHBB", 2000 + count, 4200, 77, 2)
        head = bytes((count,))
        nonce = REVERSED + b"\x0e\x16\x1a\x18" + head
        box = AESCCM(key, tag_length=4).encrypt(nonce, plain, b"\x11")
        return decoder.feed_one(service, head + box, count).reason

    assert say(1) is None
    say(2, OTHER_KEY)
    say(3, OTHER_KEY)
    assert decoder.key_state is KeyState.WRONG
    for count in (1, 100, 101):
        say(count)
        assert decoder.key_state is KeyState.WRONG
    assert say(102) is None
    assert decoder.key_state is KeyState.RIGHT


def qingping(kind: int, entries: str, mac: bytes = MAC) -> bytes:
    return bytes((0x08, kind)) + mac[::-1] + bytes.fromhex(entries)


@rows(
    ("kind", "entries", "expected", "model"),
    [
        (0x07, "0104f3ff4502", {"temperature": -1.3, "humidity": 58.1}, "CGG1"),
        (
            0x12,
            "0804000000010904e8030000",
            {"motion": False, "illuminance": 1000},
            "CGPR1",
        ),
        (0x12, "110100", {"light": False}, "CGPR1"),
        (0x04, "040101", {"opening": False, "door_left_open": False}, "CGH1"),
        (0x04, "040102", {"opening": True, "door_left_open": True}, "CGH1"),
        (0x04, "040100", {"opening": True}, "CGH1"),
        (0x04, "040103", {}, "CGH1"),
        (0x04, "0f01010f0101", {"opening": False, "door_left_open": False}, "CGH1"),
        (0x1E, "020142", {"battery": 0x42}, "CGC1"),
        (0x4F, "0104f3ff4502", {"temperature": -1.3, "humidity": 58.1}, "CGG3"),
        (0x15, "020142", {"battery": 0x42}, "CGF1W"),
        (0x0F, "020142", {"battery": 0x42}, "CGM1"),
        (0x07, "0f01010f0101", {}, "CGG1"),
        (0x33, "1302fd02", {"co2": 765}, "CGP22C"),
        (0x07, "020142ff", {"battery": 0x42}, "CGG1"),
        (0x07, "0201420104f3", {"battery": 0x42}, "CGG1"),
        (0x07, "020242420a00", {}, "CGG1"),
        (0x99, "020142", {"battery": 0x42}, None),
    ],
)
def test_qingping(
    kind: int, entries: str, expected: dict[str, object], model: str | None
) -> None:
    reading = decode(qingping(kind, entries), service=0xFFF9)
    assert values(reading) == expected
    assert reading.model == model


def test_qingping_product_id_is_that_of_the_same_model() -> None:
    decoder = Decoder(ADDRESS)
    assert decoder.product_id is None
    decoder.feed_one(uuid(0xFDCD), qingping(0x0C, "020142"), 0.0)
    assert decoder.product_id == 0x0576
    decoder = Decoder(ADDRESS)
    decoder.feed_one(uuid(0xFDCD), qingping(0x09, "020142"), 0.0)
    assert (decoder.model, decoder.product_id) == ("CGP1W", None)


def test_qingping_bright_light_uses_its_third_byte() -> None:
    assert (
        values(decode(qingping(0x12, "080401000001"), service=0xFDCD))["illuminance"]
        == 65536
    )


def test_qingping_empty_packet_id_after_two_says_nothing() -> None:
    # Found by script/fuzz.
    entries = "0201600f012b0f016d0f00"
    assert values(decode(qingping(0x04, entries), service=0xFDCD)) == values(
        decode(qingping(0x04, entries[:-4]), service=0xFDCD)
    )


def test_qingping_without_entries_is_presence() -> None:
    assert (
        decode(qingping(0x0E, "", bytes(6)), service=0xFDCD).outcome
        is Outcome.NO_PAYLOAD
    )


def test_scales_in_catties() -> None:
    assert (
        values(decode(bytes.fromhex("309e43") + bytes(7), service=0x181D))["weight"]
        == 86.55
    )
    body = bytes.fromhex("0262") + bytes(7) + bytes.fromhex("ac019e43")
    assert values(decode(body, service=0x181B))["impedance"] == 428


def test_xiaogui() -> None:
    body = bytes.fromhex("0276138b0002")
    assert values(maker(0xA3C0, body + b"\x20" + MAC)) == {
        "weight_raw": 63.0,
        "stabilized": False,
    }
    assert values(maker(0xA3C0, body + b"\x25" + MAC))["weight"] == 6.3
    assert (
        "impedance" not in maker(0xA3C0, b"\x02\x76" + bytes(4) + b"\x21" + MAC).values
    )
    for data in (body, body + b"\x22" + MAC, body + b"\x21" + bytes(6)):
        assert maker(0xA3C0, data).outcome is Outcome.NOT_OURS


def test_xiaogui_counts_in_its_company_id() -> None:
    decoder = Decoder(ADDRESS)
    data = bytes.fromhex("0276138b000221") + MAC
    assert decoder.feed({}, {0x01C0: data}, 0.0).outcome is Outcome.DECODED
    assert (
        decoder.feed({}, {0x01C0: data, 0x02C0: data}, 1.0).outcome is Outcome.DECODED
    )
    assert (
        decoder.feed({}, {0x01C0: data, 0x02C0: data}, 2.0).outcome is Outcome.REPEATED
    )


def test_bands_and_amazfit() -> None:
    assert values(maker(0x0157, bytes.fromhex("02010047") + MAC)) == {"heart_rate": 71}
    assert maker(0x0157, bytes.fromhex("020100ff") + MAC).outcome is Outcome.IGNORED
    assert maker(0x0157, bytes(10)).outcome is Outcome.NOT_OURS
    assert maker(0x0157, bytes(3)).outcome is Outcome.NOT_OURS
    assert values(decode(number(5000, 4), service=0xFEE0)) == {"steps": 5000}
    scale = bytes(5) + number(5003, 2) + number(14000, 2)
    assert values(decode(scale + b"\x01\x02\x03\x48" + bytes(7), service=0xFEE0)) == {
        "weight_raw": 70.0,
        "weight": 70.0,
        "impedance": 500.3,
        "stabilized": True,
        "heart_rate": 72,
    }
    moving = decode(scale + bytes(11), service=0xFEE0)
    assert values(moving) == {"weight_raw": 70.0, "stabilized": False}
    bare = bytes(7) + number(14000, 2) + b"\x01\x02\x03" + bytes(8)
    assert values(decode(bare, service=0xFEE0)) == {
        "weight_raw": 70.0,
        "weight": 70.0,
        "stabilized": True,
    }


BTHOME = [
    ("0007015002ceff", {"battery": 80, "temperature": -0.5}),
    ("04138a01", {"pressure": 100883}),
    ("05138a14", {"illuminance": 13460.67}),
    ("065e1f", {"weight": 80.3}),
    ("073e1d", {"weight": 33.956}),
    ("08ca06", {"dew_point": 17.38}),
    (
        "09600a138a140d120c0e021c",
        {"count": 96, "energy": 1346.067, "pm25": 3090, "pm10": 7170},
    ),
    ("12e20413330114020c", {"co2": 1250, "tvoc": 307, "moisture": 30.74}),
    ("3d0960", {"count": 24585}),
    ("434e344a020c", {"current": 13.39, "voltage": 307.4}),
    ("4632", {"uv_index": 5.0}),
    ("53034f4b215402aabb0150", {"text": "OK!", "raw": "aabb", "battery": 80}),
    ("5300", {"text": ""}),
    ("3f020c", {"rotation": 307.4}),
    ("400c00", {"distance": 0.012}),
    ("414e00", {"distance": 7.8}),
    ("424e3400", {"duration": 13.39}),
    ("444e34", {"speed": 133.9}),
    ("478756", {"volume": 2215.1}),
    ("48dc87", {"volume": 34.78}),
    ("49dc87", {"flow_rate": 34.78}),
    ("4b138a14", {"gas_volume": 1346.067}),
    ("4c41018a01", {"gas_volume": 25821.505}),
    ("4d12138a14", {"energy": 344593.17}),
    ("4e87562a01", {"volume": 19551.879}),
    ("4f87562a01", {"water": 19551.879}),
    ("505d396164", {"timestamp": 1684093277}),
    ("518756", {"acceleration": 22.151}),
    ("528756", {"gyroscope": 22.151}),
    ("5587562a01", {"volume_storage": 19551.879}),
    ("5e9f3e", {"direction": 160.31}),
    ("5fa90a", {"precipitation": 272.9}),
    ("6003", {"channel": 3}),
    ("61ac0d", {"rotational_speed": 3500}),
    ("6220a10700", {"speed": 0.5}),
    ("6301000080", {"acceleration": -2147.483647}),
    ("640565fe", {"light_level": 5, "settings_revision": 254}),
    ("f2060500", {"firmware": "0.5.6"}),
    (
        "17011801190122011b012d00",
        {
            "carbon_monoxide": True,
            "cold": True,
            "connectivity": True,
            "moving": True,
            "garage_door": True,
            "window": False,
        },
    ),
    (
        "1d01240125012701280129002a012b002c01",
        {
            "heat": True,
            "plug": True,
            "presence": True,
            "running": True,
            "safety": True,
            "smoke": False,
            "sound": True,
            "tamper": False,
            "vibration": True,
        },
    ),
    ("2c02", {}),
    ("57ea", {"temperature": -22}),
    ("58ea", {"temperature": -7.7}),
    ("59ea", {"count": -22}),
    ("5d02ea", {"current": -5.63}),
    ("0b021b00", {"power": 69.14}),
    (
        "0f011001150016011a01",
        {
            "generic": True,
            "switch": True,
            "battery_low": False,
            "charging_state": "charging",
            "door": True,
        },
    ),
    ("1f0121012d022600", {"lock": True, "motion": True, "fault": False}),
    ("11002300", {"opening": False, "occupancy": False}),
    ("0150ee01", {"battery": 80}),
    ("015002ca", {"battery": 80}),
    (
        "f00100f1010203040150",
        {"device_type": 1, "firmware": "4.3.2.1", "battery": 80},
    ),
]


@rows(("objects", "expected"), BTHOME)
def test_bthome_objects(objects: str, expected: dict[str, object]) -> None:
    data = bytes.fromhex(objects)
    assert values(decode(b"\x40" + data, service=0xFCD2)) == expected
    assert values(decode(bthome(data, 5), KEY, 0xFCD2)) == expected
    assert values(decode(bthome(data, 5, info=0x43), KEY, 0xFCD2)) == expected
    assert values(decode(b"\x42" + REVERSED + data, service=0xFCD2)) == expected


def test_bthome_objects_of_one_kind_are_numbered() -> None:
    # Two probes, a door with two contacts, and the same quantity under another id.
    reading = decode(
        bytes.fromhex("40" + "02ca09" + "02ff0f" + "451101" + "1100" + "1101"),
        service=0xFCD2,
    )
    assert values(reading) == {"temperature": 25.06, "opening": False}
    assert reading.further == {
        (Field.TEMPERATURE, 2): 40.95,
        (Field.TEMPERATURE, 3): 27.3,
        (Field.OPENING, 2): True,
    }


def test_bthome_numbers_stay_when_a_value_is_impossible() -> None:
    reading = decode(bytes.fromhex("40" + "0177" + "0150"), service=0xFCD2)
    assert (values(reading), reading.reason) == ({}, Reason.RANGE)
    assert reading.further == {(Field.BATTERY, 2): 80}


def test_numbered_values_of_two_entries_are_merged() -> None:
    bthome_entry = bytes.fromhex("4002ca0902ff0f")
    reading = Decoder(ADDRESS).feed(
        {uuid(0x181A): ATC, uuid(0xFCD2): bthome_entry}, {}, 0.0
    )
    assert reading.values[Field.VOLTAGE]
    assert reading.further == {(Field.TEMPERATURE, 2): 40.95}


@rows(
    "objects",
    [
        "5302fffe0150",
        "53026107" + "0150",
        "5304" + "61e280ae" + "0150",  # from right to left
        "5481" + "ab" * 129 + "0150",
    ],
)
def test_bthome_words_that_cannot_be_shown(objects: str) -> None:
    reading = decode(bytes.fromhex("40" + objects), service=0xFCD2)
    assert (values(reading), reading.reason) == ({"battery": 80}, Reason.RANGE)


def test_bthome_events() -> None:
    assert events(decode(bytes.fromhex("403a04"), service=0xFCD2)) == [
        ("button", "long_press")
    ]
    several = decode(bytes.fromhex("403a003a023a80"), service=0xFCD2)
    assert events(several) == [("button_2", "double_press"), ("button_3", "hold_press")]
    rest = decode(bytes.fromhex("403b023b093c01033c0001"), service=0xFCD2)
    assert events(rest) == [("command", "toggle"), ("dimmer", "rotate_left", "3")]


def test_every_bthome_id_has_one_meaning() -> None:
    tables = (
        bthome_format.NUMBERS,
        bthome_format.FLAGS,
        bthome_format.EVENTS,
        bthome_format.WORDS,
    )
    known = [number for table in tables for number in table]
    # The packet id is the only one that is not published.
    assert sorted(known) == [*range(0x01, 0x30), *range(0x3A, 0x66), 0xF0, 0xF1, 0xF2]
    assert set(bthome_format.BUTTON_TYPES.values()) <= set(EVENT_TYPES["button"])
    assert set(bthome_format.COMMANDS) == set(EVENT_TYPES["command"])
    assert set(bthome_format.TURNS.values()) <= set(EVENT_TYPES["dimmer"])


@rows(
    ("data", "reason"),
    [
        (b"\x42" + bytes(6) + b"\x01\x50", Reason.FOREIGN_MAC),
        (b"\x42\x01", Reason.FOREIGN_MAC),
        (b"\x41" + bytes(8), Reason.SHORT),
    ],
)
def test_bthome_refusals(data: bytes, reason: Reason) -> None:
    reading = decode(data, KEY, 0xFCD2)
    assert (reading.outcome, reading.reason) == (Outcome.REJECTED, reason)


def v1(objects: bytes, counter: int = 1) -> bytes:
    count = number(counter, 4)
    body = AESCCM(KEY, tag_length=4).encrypt(
        MAC + b"\x1e\x18" + count, objects, b"\x11"
    )
    return body[:-4] + count + body[-4:]


@rows(
    ("objects", "expected"),
    [
        ("2302ceff", {"temperature": -0.5}),
        ("4503" + struct.pack("<f", 5000).hex(), {"humidity": 50.0}),
        ("4403112233020150", {"battery": 80}),
        ("63536162020150", {"text": "ab", "battery": 80}),
        ("8753a4c1380283f4020150", {"battery": 80}),
        ("021101020150", {"opening": True, "battery": 80}),
        ("0201500501", {"battery": 80}),
        ("0201500001", {"battery": 80}),
        ("0201ff020150", {}),
        # A time, and the same format where no time belongs
        ("a55000f15365", {"timestamp": 1_700_000_000}),
        ("a30260ee020150", {"battery": 80}),
        # No number has more than eight bytes
        ("0a3d" + "01" * 9, {}),
        ("093d" + "01" + "00" * 7, {"count": 1}),
        ("093d" + "ff" * 8, {}),
        ("63536107", {}),
    ],
)
def test_bthome_v1(objects: str, expected: dict[str, object]) -> None:
    data = bytes.fromhex(objects)
    assert values(decode(data, service=0x181C)) == expected
    assert values(decode(v1(data), KEY, 0x181E)) == expected


def test_bthome_v1_events() -> None:
    assert events(decode(bytes.fromhex("023a01"), service=0x181C)) == [
        ("button", "press")
    ]
    assert not decode(bytes.fromhex("023c01020150"), service=0x181C).events


def test_bthome_nan_is_nothing() -> None:
    data = bytes.fromhex("4502" + struct.pack("<f", float("nan")).hex())
    assert decode(data, service=0x181C).reason is Reason.RANGE


def test_clear_frame_of_a_device_that_encrypts_is_forged() -> None:
    """The bit that says "encrypted" is not protected itself: without it ciphertext looks like objects."""
    decoder, service = Decoder(ADDRESS, KEY), uuid(0xFCD2)
    plain = b"\x44\x00\x01\x3a\x01"
    assert decoder.feed_one(service, plain, 0.0).events
    frame = bthome(b"\x01\x50\x02\x10\x05", 7)
    assert values(decoder.feed_one(service, frame, 1.0))
    for now, forged in enumerate((b"\x40" + frame[1:], b"\x44\x00\x02\x3a\x01"), 2):
        reading = decoder.feed_one(service, forged, float(now))
        assert (reading.reason, reading.values, reading.events) == (
            Reason.DOWNGRADE,
            {},
            (),
        )
    assert decoder.counters["downgrade"] == 2
    assert decoder.key_state is KeyState.RIGHT
    # However long it lasts: only its owner knows whether it was told to send in the clear.
    later = decoder.feed_one(service, b"\x44\x00\x03\x3a\x01", 90_000.0)
    assert (later.reason, later.events) == (Reason.DOWNGRADE, ())


def test_clear_frame_counts_after_the_key_is_gone() -> None:
    decoder, service = Decoder(ADDRESS, KEY), uuid(0xFCD2)
    assert values(decoder.feed_one(service, bthome(b"\x01\x50", 7), 1.0))
    decoder.set_key(None)
    assert decoder.feed_one(service, b"\x44\x00\x03\x3a\x01", 2.0).events


def test_bthome_counter_must_not_go_back() -> None:
    decoder = Decoder(ADDRESS, KEY)
    service = uuid(0xFCD2)
    assert (
        decoder.feed_one(service, bthome(b"\x01\x50", 2000), 0.0).outcome
        is Outcome.DECODED
    )
    assert (
        decoder.feed_one(service, bthome(b"\x01\x51", 1999), 1.0).reason
        is Reason.REPLAY
    )
    assert (
        decoder.feed_one(service, bthome(b"\x01\x52", 2001), 2.0).outcome
        is Outcome.DECODED
    )
    assert (
        decoder.feed_one(service, bthome(b"\x01\x52", 4, key=OTHER_KEY), 3.0).reason
        is Reason.CORRUPT
    )


@rows("version", [2, 4])
def test_mibeacon_in_manufacturer_data(version: int) -> None:
    frame = (
        bytes((0x50, version << 4))
        + bytes.fromhex("aa0101")
        + REVERSED
        + bytes.fromhex("0a100151")
    )
    decoder = Decoder(ADDRESS)
    assert values(decoder.feed({}, {0x038F: frame}, 0.0)) == {"battery": 81}
    assert decoder.feed({}, {0x038F: frame}, 1.0).outcome is Outcome.REPEATED


@rows(
    "data", ["5050aa0101f4830238c1a40a100151", "5040efbe01f4830238c1a40a100151", "0102"]
)
def test_other_manufacturer_data_of_the_maker(data: str) -> None:
    assert maker(0x038F, bytes.fromhex(data)).outcome is Outcome.NOT_OURS


def test_many_company_ids_cost_nothing() -> None:
    decoder = Decoder(ADDRESS)
    data = bytes.fromhex("0276138b000221") + MAC
    for company in range(0x00C0, 0xFFFF, 0x100):
        decoder.feed({}, {company: data}, 0.0)
    assert (
        decoder.feed({}, {0x0157: bytes.fromhex("02010047") + MAC}, 0.0).outcome
        is Outcome.DECODED
    )


@rows(
    ("product", "firmware"),
    [
        (0x055B, "pvvx"),
        (0x066F, "pvvx"),
        (0x0C3C, None),
        (0x098B, None),
        (0x069E, None),
    ],
)
def test_custom_firmware_is_named_only_of_models_that_can_run_it(
    product: int, firmware: str | None
) -> None:
    """A clear frame of a model that encrypts proves no custom firmware, only its own format does."""
    decoder = Decoder(ADDRESS)
    decoder.feed_one(FE95, clear(product, obj(0x100A, "3b")), 0.0)
    assert decoder.firmware is None
    custom = MAC[::-1] + bytes.fromhex("a9066911b60b58f70d")
    decoder.feed_one(uuid(0x181A), custom, 1.0)
    assert decoder.firmware == firmware
