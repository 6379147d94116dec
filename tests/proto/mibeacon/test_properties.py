"""Whatever is on the air: nothing raises, nothing grows, nothing false comes out."""

import json
from pathlib import Path

from hypothesis import given, settings, strategies as st

from custom_components.mi_bms.proto.mibeacon.decoder import Decoder, identify
from custom_components.mi_bms.proto.mibeacon.formats import SERVICES
from custom_components.mi_bms.proto.mibeacon.key_check import check_key
from custom_components.mi_bms.proto.mibeacon.limits import plausible
from custom_components.mi_bms.proto.model.reading import Outcome, Reading

from .frames import ADDRESS, FE95, KEY, MAC, SHORT_KEY, uuid

FIXTURES = Path(__file__).parents[2] / "fixtures" / "mibeacon"
RECORDED = [
    (
        vector["address"],
        uuid(int(vector["service_uuid"], 16)),
        bytes.fromhex(vector["service_data"]),
        vector["bindkey"],
    )
    for path in sorted(FIXTURES.glob("*.json"))
    for vector in json.loads(path.read_text())
    if vector["service_uuid"]
]

services = st.sampled_from([FE95, *map(uuid, SERVICES), uuid(0x1234), "nonsense"])
payloads = st.one_of(
    st.binary(max_size=40),
    st.binary(max_size=24).map(lambda data: data[:5] + MAC[::-1] + data[5:]),
    st.binary(max_size=24).map(lambda data: MAC + data),
    st.binary(max_size=24).map(lambda data: data[:2] + MAC[::-1] + data[2:]),
    st.tuples(st.sampled_from(RECORDED), st.integers(0, 30), st.binary(max_size=4)).map(
        lambda made: (
            made[0][2][: made[1]] + made[2] + made[0][2][made[1] + len(made[2]) :]
        )
    ),
)
adverts = st.dictionaries(services, payloads, max_size=3)
makers = st.dictionaries(
    st.sampled_from([0x038F, 0x0157, 0x00C0, 0xA3C0, 0x004C]), payloads, max_size=2
)
keys = st.sampled_from([None, KEY, SHORT_KEY])
addresses = st.sampled_from([ADDRESS, "0F7A1B2C-0000-4000-8000-0123456789AB", ""])


def check(reading: Reading) -> None:
    told = [*reading.values.items()]
    told += [(field, value) for (field, _), value in reading.further.items()]
    for field, value in told:
        if isinstance(value, str):
            assert value.isprintable()
        else:
            assert isinstance(value, bool) or plausible(field, value)
    if reading.outcome in {
        Outcome.NEEDS_KEY,
        Outcome.WRONG_KEY,
        Outcome.REJECTED,
        Outcome.REPEATED,
        Outcome.NOT_OURS,
    }:
        assert not reading.values
        assert not reading.events
    if reading.outcome is Outcome.REJECTED:
        assert reading.reason


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(adverts, makers), max_size=5), keys, addresses)
def test_nothing_raises(
    heard: list[tuple[dict[str, bytes], dict[int, bytes]]],
    key: bytes | None,
    address: str,
) -> None:
    decoder = Decoder(address, key)
    for now, (service_data, manufacturer_data) in enumerate(heard):
        check(decoder.feed(service_data, manufacturer_data, float(now), "x"))
        identify(service_data, manufacturer_data, "ATC_123456", address)
        for entry, data in service_data.items():
            check(decoder.feed_one(entry, data, float(now)))
    check_key(address, KEY, decoder.frames)
    if (found := decoder.set_key(KEY)) is not None:
        check(found)
    assert len(decoder.frames) <= 4 + len(SERVICES) + 6


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(RECORDED), st.integers(0, 40))
def test_cut_frame_says_nothing_new(
    recorded: tuple[str, str, bytes, str | None], cut: int
) -> None:
    address, entry, data, key = recorded
    secret = bytes.fromhex(key) if key else None
    whole = Decoder(address, secret).feed_one(entry, data, 0.0)
    part = Decoder(address, secret).feed_one(entry, data[:cut], 0.0)
    if entry != FE95 or cut >= len(data):
        return
    assert dict(part.values).items() <= dict(whole.values).items()
    assert set(part.events) <= set(whole.events) if not whole.events else True


@settings(max_examples=80, deadline=None)
@given(
    st.sampled_from(
        [vector for vector in RECORDED if vector[3] and len(vector[3]) == 32]
    ),
    st.data(),
)
def test_changed_bit_of_an_encrypted_frame_is_refused(
    recorded: tuple[str, str, bytes, str], draw: st.DataObject
) -> None:
    address, entry, data, key = recorded
    whole = Decoder(address, bytes.fromhex(key)).feed_one(entry, data, 0.0)
    if whole.outcome is not Outcome.DECODED:
        return
    bit = draw.draw(st.integers(5 * 8, len(data) * 8 - 1))
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    reading = Decoder(address, bytes.fromhex(key)).feed_one(entry, bytes(changed), 0.0)
    assert not reading.values
    assert not reading.events
