"""Writing keys, and reading back what was written."""

from hypothesis import example, given, strategies as st

from custom_components.mi_bms.proto.keys.contract import KnownSensor
from custom_components.mi_bms.proto.keys.exporter import (
    DEVICE_SLOTS,
    export,
    fits_mi32cfg,
    mi32cfg,
    plain,
)
from custom_components.mi_bms.proto.keys.importer import Refusal, read_keys
from tests.proto.characters import ANY

KEY = bytes.fromhex("00112233445566778899aabbccddeeff")
SHORT = bytes.fromhex("00112233445566778899aabb")


def sensor(
    number: int, key: bytes | None, product: int | None, **more: str
) -> KnownSensor:
    return KnownSensor(
        address=f"A4:C1:38:00:00:{number:02X}", key=key, product_id=product, **more
    )


SENSORS = [
    sensor(1, KEY, 0x055B, name="Bedroom"),
    sensor(2, None, 0x045B),
    sensor(3, SHORT, 0x03B6),
    sensor(4, KEY, None, firmware="bthome", name="Kitchen, left # 2\n"),
    sensor(5, KEY, 0x055B, firmware="pvvx"),
    sensor(6, KEY, None),
    sensor(7, KEY, 0),
    sensor(8, KEY, 0x0B48, firmware="stock"),
]


def test_mi32cfg_is_what_the_device_writes() -> None:
    assert mi32cfg(SENSORS) == (
        b'[{"MAC":"A4C138000001","PID":"055b","key":"00112233445566778899AABBCCDDEEFF"},'
        b'{"MAC":"A4C138000002","PID":"045b","key":""},'
        b'{"MAC":"A4C138000003","PID":"03b6","key":"0011223344558D3D3C9766778899AABB"},'
        b'{"MAC":"A4C138000004","PID":"b770","key":"00112233445566778899AABBCCDDEEFF"},'
        b'{"MAC":"A4C138000005","PID":"944a","key":"00112233445566778899AABBCCDDEEFF"},'
        b'{"MAC":"A4C138000008","PID":"0b48","key":"00112233445566778899AABBCCDDEEFF"}]\0'
    )
    assert mi32cfg([]) == b"[]\0"
    assert [fits_mi32cfg(one) for one in SENSORS[5:]] == [False, False, True]


def test_plain_list() -> None:
    text = plain(SENSORS[:4])
    assert text.splitlines() == [
        "A4:C1:38:00:00:01 00112233445566778899aabbccddeeff # Bedroom",
        "A4:C1:38:00:00:03 00112233445566778899aabb",
        "A4:C1:38:00:00:04 00112233445566778899aabbccddeeff # Kitchen, left # 2",
    ]
    assert "00112233" not in repr(SENSORS)


def test_mi32cfg_is_read_back() -> None:
    read = read_keys(mi32cfg(SENSORS))
    assert [(one.address[-2:], one.product_id) for one in read.found] == [
        ("01", 0x055B),
        ("03", 0x03B6),
        ("04", 0xB770),
        ("05", 0x944A),
        ("08", 0x0B48),
    ]
    assert [(one.address, one.reason) for one in read.refused] == [
        ("A4:C1:38:00:00:02", Refusal.NO_KEY)
    ]


@given(
    st.dictionaries(
        st.binary(min_size=6, max_size=6).map(lambda mac: mac.hex(":").upper()),
        st.tuples(
            st.one_of(
                st.binary(min_size=16, max_size=16), st.binary(min_size=12, max_size=12)
            ),
            st.one_of(st.none(), st.text(ANY, max_size=30)),
        ),
        max_size=8,
    )
)
@example({"00:00:00:00:00:01": (b"\0" * 16, ",#.;# - a_;_ ")})
@example({"00:00:00:00:00:01": (b"\0" * 16, "\U00018cd6")})
@example({"00:00:00:00:00:01": (b"\0" * 16, "[x](http://e) \u202e")})
def test_plain_list_is_read_back(known: dict[str, tuple[bytes, str | None]]) -> None:
    nobody = {"00:00:00:00:00:00", "FF:FF:FF:FF:FF:FF"}
    sensors = [
        KnownSensor(address=address, key=key, name=name)
        for address, (key, name) in known.items()
        if address not in nobody
    ]
    read = read_keys(plain(sensors))
    assert [(one.address, one.key) for one in read.found] == [
        (one.address, one.key) for one in sensors
    ]
    assert not read.refused
    # Names may lose what cannot stand in a line; what is left is read back as it was written.
    assert plain(
        KnownSensor(address=one.address, key=one.key, name=one.name)
        for one in read.found
    ) == plain(sensors)


def test_what_the_file_said_besides_is_written_again() -> None:
    """The name stands with its field only; what the device has no room for is left out."""
    said = (
        b'[{"MAC":"A4C138000001","PID":"055b","key":"00112233445566778899AABBCCDDEEFF",'
        b'"name":"Bedroom","feat":137,"room":[1,{"a":null}]},'
        b'{"MAC":"A4C138000002","PID":"045b","key":"","feat":1,"x":"\\u00e4"}]\0'
    )
    read = read_keys(said)
    (found,), (refused,) = read.found, read.refused
    known = [
        sensor(1, found.key, found.product_id, name="Bedroom", extra=found.extra),
        sensor(2, None, 0x045B, extra=refused.extra),
    ]
    assert mi32cfg(known) == said
    long = sensor(3, KEY, 0x055B, extra=f'{{"x":"{"y" * 120}"}}')
    assert mi32cfg([long]).endswith(b'99AABBCCDDEEFF"}]\0')


def test_what_cannot_be_kept_is_left() -> None:
    for more in (
        "'feat':1",
        f'"feat":{"1" * 5000}',
        f'"feat":{"[" * 300}{"]" * 300}',
    ):
        text = f'[{{"MAC":"A4C138000001","PID":"055b","key":"{KEY.hex()}",{more}}}]'
        assert [one.extra for one in read_keys(text).found] == [""]
    plain_object = f'{{"mac":"A4:C1:38:00:00:01","key":"{KEY.hex()}","feat":1}}'
    assert [one.extra for one in read_keys(plain_object).found] == [""]


def test_both_ways_say_what_does_not_go_into_the_device() -> None:
    both = export(iter(SENSORS))
    assert both.mi32cfg == mi32cfg(SENSORS)
    assert both.plain == plain(SENSORS)
    assert both.left_out == ["A4:C1:38:00:00:06", "A4:C1:38:00:00:07"]
    assert not both.too_big
    many = [sensor(number, None, 0x045B) for number in range(DEVICE_SLOTS + 1)]
    assert export(many).too_big
    assert not export(many[1:]).too_big
