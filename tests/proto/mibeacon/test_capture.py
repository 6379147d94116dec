"""A recording replays to what the device said, and gives nothing of it away."""

import json
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from hypothesis import given, strategies as st
import pytest

from custom_components.mi_bms.proto.mibeacon.capture import MOST, Capture, Disguise
from custom_components.mi_bms.proto.mibeacon.crypto import Cipher
from custom_components.mi_bms.proto.mibeacon.decoder import Decoder
from tests.each import each, rows
from tests.replay import sensors

SALT = b"pepper"
FIXTURES = Path(__file__).parents[2] / "fixtures" / "mibeacon"
RECORDED = [
    vector
    for path in sorted(FIXTURES.glob("*.json"))
    for vector in json.loads(path.read_text())
]
UUID = "0000{}-0000-1000-8000-00805f9b34fb"


def recording(vector: dict[str, Any], salt: bytes | None) -> list[dict[str, Any]]:
    key = vector["bindkey"]
    capture = Capture(vector["address"], bytes.fromhex(key) if key else None, salt)
    service = vector["service_uuid"]
    capture.take(
        {UUID.format(service[2:].lower()): bytes.fromhex(vector["service_data"])}
        if service
        else {},
        {
            int(company, 16): bytes.fromhex(data)
            for company, data in (vector["manufacturer_data"] or {}).items()
        },
    )
    return capture.vectors("captured")


NAMED = [(vector["id"], vector) for vector in RECORDED]


def test_disguised_recordings_replay_alike() -> None:
    each(NAMED, replays_alike_in_disguise)


def replays_alike_in_disguise(vector: dict[str, Any]) -> None:
    (recorded,) = recording(vector, SALT)
    before, after = sensors.replay(vector), sensors.replay(recorded)
    if before["outcome"] not in {"wrong_key", "needs_key"}:
        assert after["values"] == before["values"]
        assert after["events"] == before["events"]
        assert after["outcome"] == before["outcome"]
    text = json.dumps(recorded).lower()
    mac = vector["address"].replace(":", "").lower()
    assert vector["address"].lower() not in text
    if before["outcome"] == "decoded":
        assert mac not in text
        assert bytes.fromhex(mac)[::-1].hex() not in text
    if vector["bindkey"]:
        assert vector["bindkey"].lower() not in text


def test_plain_recordings_are_the_vectors() -> None:
    each(NAMED, is_the_vector_when_plain)


def is_the_vector_when_plain(vector: dict[str, Any]) -> None:
    (recorded,) = recording(vector, None)
    for name in ("address", "service_data", "bindkey"):
        assert (recorded[name] or "").lower() == (vector[name] or "").lower()


def test_fakes_are_consistent_and_salted() -> None:
    address, key = "A4:C1:38:12:34:56", bytes(range(16))
    first, second = Disguise(address, key, SALT), Disguise(address, key, SALT)
    other = Disguise(address, key, b"salt")
    assert (first.address, first.key) == (second.address, second.key)
    assert first.address.startswith("A4:C1:38:")
    assert first.address not in {address, other.address}
    assert first.key not in {key, other.key}
    assert first.name("ATC_123456") == f"ATC_{first.address.replace(':', '')[6:]}"


def test_host_without_addresses_keeps_everything() -> None:
    address = "2F3A1C5E-0000-1111-2222-333344445555"
    disguise = Disguise(address, None, SALT)
    data = bytes.fromhex("5020aa01a3bf2e3b342d580d1004b4009502")
    assert disguise.address == address
    assert disguise.name("x") == "x"
    assert disguise.plain(data) == data
    assert disguise.service_data(UUID.format("fe95"), data) == data


def test_key_of_no_length_is_not_used() -> None:
    disguise = Disguise("A4:C1:38:12:34:56", b"short", SALT)
    sealed = bytes.fromhex("58585b050156341238c1a4") + bytes(14)
    assert disguise.service_data(UUID.format("fe95"), sealed)[11:] == sealed[11:]


@rows("key", [None, bytes(12), bytes(16)])
def test_legacy_frame_that_does_not_open_stays(key: bytes | None) -> None:
    disguise = Disguise("A4:C1:38:12:34:56", key, SALT)
    for tail in (bytes(10), b""):
        sealed = bytes.fromhex("5830b60301563412" + "38c1a4") + tail
        assert disguise.service_data(UUID.format("fe95"), sealed)[11:] == tail


@rows("size", [0, 4, 6, 12, 17])
def test_cut_frame_is_kept_as_it_is(size: int) -> None:
    disguise = Disguise("A4:C1:38:12:34:56", bytes(16), SALT)
    frame = bytes.fromhex("48590b04aa") + bytes(12)
    assert disguise.service_data(UUID.format("fe95"), frame[:size]) == frame[:size]


def test_legacy_object_needs_a_legacy_key() -> None:
    with pytest.raises(InvalidTag):
        Cipher(bytes(range(16))).encrypt_legacy(bytes(13), b"\x01\x10\x03\x00\x00\x00")


def test_unknown_entries_and_each_payload_once() -> None:
    capture = Capture("A4:C1:38:12:34:56", None, SALT)
    strange = "12345678-1234-1234-1234-123456789012"
    for _ in range(3):
        capture.take({strange: b"\x01"}, {0x0042: bytes.fromhex("563412")})
    assert len(capture) == 2
    service, maker = capture.vectors("captured")
    assert service["outcome"] == maker["outcome"] == "not_ours"
    assert service["service_data"] == "01"
    assert maker["manufacturer_data"] == {"0x0042": "563412"}


def test_is_bounded() -> None:
    capture = Capture("A4:C1:38:12:34:56", None)
    for number in range(MOST + 10):
        capture.take({UUID.format("fe95"): number.to_bytes(2)}, {})
    assert len(capture) == MOST


def test_decoder_agrees_under_the_fake_key() -> None:
    vector = next(one for one in RECORDED if one["bindkey"] and one["expect"])
    (recorded,) = recording(vector, SALT)
    decoder = Decoder(recorded["address"], bytes.fromhex(recorded["bindkey"]))
    uuid = UUID.format(recorded["service_uuid"][2:].lower())
    reading = decoder.feed_one(uuid, bytes.fromhex(recorded["service_data"]), 0.0)
    assert dict(reading.values)


@given(
    st.binary(max_size=40),
    st.sampled_from(("fe95", "181a", "fcd2", "181e", "fdcd")),
    st.sampled_from((None, bytes(12), bytes(16))),
)
def test_no_bytes_make_it_raise(data: bytes, uuid: str, key: bytes | None) -> None:
    capture = Capture("A4:C1:38:12:34:56", key, SALT)
    capture.take({UUID.format(uuid): data}, {0x038F: data})
    assert json.dumps(capture.vectors("captured"))
