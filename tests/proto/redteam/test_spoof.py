"""Spoofing: once the key has proven itself, nothing that anybody may send gives a value or an event."""

import json

import pytest

from custom_components.mi_bms.proto.mibeacon.decoder import Decoder
from custom_components.mi_bms.proto.mibeacon.devices import DEVICES
from custom_components.mi_bms.proto.model.reading import KeyState, Reading
from tests.each import rows
from tests.proto.mibeacon.frames import (
    ADDRESS,
    FE95,
    KEY,
    SHORT_KEY,
    bthome,
    legacy,
    obj,
    sealed,
    uuid,
)

from .air import Entries, beacons, others

FCD2 = uuid(0xFCD2)
BATTERY = obj(0x100A, "32")


def restarted(decoder: Decoder, key: bytes = KEY) -> Decoder:
    kept = json.loads(json.dumps(decoder.snapshot()))
    return Decoder(ADDRESS, key, product_id=decoder.product_id, kept=kept)


def forge(decoder: Decoder, entries: Entries, now: float) -> Reading:
    return decoder.feed(*entries, now)


def shown(reading: Reading) -> int:
    return len(reading.values) + len(reading.further) + len(reading.events)


@pytest.mark.parametrize("restart", [False, True])
def test_no_model_shows_what_a_stranger_sends(
    restart: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    frames = forged = changed = 0
    others_ = list(others())
    # What is kept over a restart is the same for all models: some are enough.
    models = list(DEVICES)[:: 5 if restart else 1]
    for product in models:
        decoder = Decoder(ADDRESS, KEY, product_id=product)
        decoder.feed_one(FE95, sealed(product, BATTERY, 1_000), 0.0)
        if restart:
            decoder = restarted(decoder)
        before = decoder.product_id, decoder.spec, decoder.firmware
        for now, entries in enumerate((*beacons(product), *others_), 1):
            forged += shown(forge(decoder, entries, float(now)))
            frames += 1
        changed += before != (decoder.product_id, decoder.spec, decoder.firmware)
        assert decoder.counters["downgrade"] > 100
        # The device itself is heard as before.
        assert decoder.feed_one(FE95, sealed(product, BATTERY, 1_001), 1e4).values
    with capsys.disabled():
        print(  # noqa: T201
            f"\nspoof: {len(models)} models, {frames} frames, forged values shown {forged}"
        )
    assert frames > 10_000
    assert (forged, changed) == (0, 0)


def test_the_frames_would_be_read_if_no_key_were_proven() -> None:
    """A test that cannot fail shows nothing."""
    decoder = Decoder(ADDRESS, product_id=0x055B)
    read = sum(
        bool(shown(forge(decoder, entries, 3.0 * now)))
        for now, entries in enumerate((*beacons(0x055B), *others()))
    )
    assert read > 100


@rows("product", [0x055B, 0x07F6, 0x0A8D, 0x1949])
def test_another_models_frames_change_nothing(product: int) -> None:
    decoder = Decoder(ADDRESS, KEY)
    decoder.feed_one(FE95, sealed(product, BATTERY, 1_000), 0.0)
    spec = decoder.spec
    for other in (0x055B, 0x069E, 0x3531, 0x0863):
        for entries in beacons(other):
            assert not shown(forge(decoder, entries, 1.0))
        garbage = sealed(other, BATTERY, 2_000, key=bytes(16))
        assert not shown(forge(decoder, ({FE95: garbage}, {}), 2.0))
    assert (decoder.product_id, decoder.spec) == (product, spec)


def test_every_way_to_prove_the_key_closes_the_clear() -> None:
    proofs = {
        "mibeacon": (KEY, FE95, sealed(0x055B, BATTERY, 9)),
        "bthome v2": (KEY, FCD2, bthome(b"\x01\x50", 9)),
        "pvvx": (KEY, uuid(0x181A), bytes.fromhex("bd86c53ffab900c1515859")),
    }
    proofs["pvvx"] = (bytes([0xAA]) * 16, *proofs["pvvx"][1:])
    for name, (key, service, frame) in proofs.items():
        address = "A4:C1:38:AA:BB:CC" if name == "pvvx" else ADDRESS
        decoder = Decoder(address, key)
        assert decoder.feed_one(service, frame, 0.0).values, name
        assert decoder.guarded, name
        reading = decoder.feed_one(FCD2, bytes.fromhex("40024006"), 1.0)
        assert not shown(reading), name


def test_a_weaker_proof_gives_nothing_where_a_stronger_one_was_heard() -> None:
    """Frames whose check is a byte, or whose counter has eight bits, can be made or played again."""
    full = SHORT_KEY + b"\xff" * 4
    decoder = Decoder(ADDRESS, full)
    press = obj(0x1001, "000103")
    assert decoder.feed_one(FE95, sealed(0x03B6, press, 9, key=full), 0.0).events
    for counter in range(4):
        reading = decoder.feed_one(FE95, legacy(0x03B6, press, counter), 1.0)
        assert not shown(reading)
    assert decoder.counters["downgrade"] == 4
    assert decoder.key_state is KeyState.RIGHT


def test_who_tries_every_check_byte_of_an_old_remote_gets_nothing_through() -> None:
    press = obj(0x1001, "000103")
    decoder = Decoder(ADDRESS, SHORT_KEY)
    for counter in range(5):
        assert decoder.feed_one(FE95, legacy(0x03B6, press, counter), counter).events
    assert decoder.guarded
    fired = 0
    for check in range(256):
        forged = legacy(0x03B6, press, 5)[:-5] + bytes((1, 2, 3, 4, check))
        fired += shown(decoder.feed_one(FE95, forged, 10.0 + check))
    assert fired == 0
    decoder.feed_one(FE95, legacy(0x03B6, press, 6), 300.0)
    assert decoder.feed_one(FE95, legacy(0x03B6, press, 7), 301.0).events
