"""The key ring: what fits is found, and no key is ever shown."""

import pytest

from custom_components.mi_bms.proto.keys import ring as module
from custom_components.mi_bms.proto.keys.ring import KeyRing
from custom_components.mi_bms.proto.model.errors import KeyFormatError
from tests.proto.mibeacon.frames import (
    ADDRESS,
    FE95,
    KEY,
    OTHER_KEY,
    SHORT_KEY,
    bthome,
    legacy,
    obj,
    sealed,
    uuid,
)

HUMIDITY = obj(0x1006, "d301")
PRESS = obj(0x1001, "000203")
FRAMES = [(FE95, sealed(0x055B, HUMIDITY, number)) for number in range(1, 5)]
OTHER = "A4:C1:38:00:00:01"
LUCKY = 31_988  # the first of all numbers that passes for a key


def test_own_key_comes_first_then_all_others() -> None:
    ring = KeyRing({ADDRESS: KEY, OTHER: OTHER_KEY})
    assert ring.match(ADDRESS, FRAMES) == KEY
    ring = KeyRing({ADDRESS: OTHER_KEY, OTHER: KEY})
    assert ring.match(ADDRESS, FRAMES) == KEY
    ring = KeyRing(loose=[OTHER_KEY, KEY])
    assert ring.match(ADDRESS, iter(FRAMES)) == KEY
    assert KeyRing({OTHER: OTHER_KEY}).match(ADDRESS, FRAMES) is None
    assert KeyRing().match(ADDRESS, FRAMES) is None
    assert KeyRing({ADDRESS: KEY}).match(ADDRESS, ()) is None


def test_other_formats_match_too() -> None:
    frames = [(uuid(0xFCD2), bthome(b"\x01\x61", 1))]
    assert KeyRing({OTHER: OTHER_KEY}, [KEY]).match(ADDRESS, frames) == KEY


def test_short_key_that_passes_by_chance_does_not_win() -> None:
    frames = [(FE95, legacy(0x03B6, PRESS, counter)) for counter in (1, 2)]
    lucky = LUCKY.to_bytes(12, "big")
    assert module.opens(ADDRESS, lucky, frames[1:])
    assert not module.opens(ADDRESS, lucky, frames[:1])
    assert KeyRing(loose=[lucky, SHORT_KEY]).match(ADDRESS, frames) == SHORT_KEY
    assert KeyRing(loose=[SHORT_KEY, lucky]).match(ADDRESS, frames) == SHORT_KEY


def test_damaged_newest_frame_does_not_matter() -> None:
    damaged = FRAMES[3][1][:-1] + bytes((FRAMES[3][1][-1] ^ 1,))
    assert KeyRing(loose=[KEY]).match(ADDRESS, [*FRAMES[:3], (FE95, damaged)]) == KEY


def test_keeping() -> None:
    ring = KeyRing({OTHER: OTHER_KEY}, [OTHER_KEY, SHORT_KEY, SHORT_KEY])
    assert (len(ring), ring.loose, ring.owned) == (2, (SHORT_KEY,), {OTHER: OTHER_KEY})
    ring.add(ADDRESS, SHORT_KEY)
    assert (len(ring), ring.loose) == (2, ())
    assert ring.get(ADDRESS) == SHORT_KEY
    assert ring.owners(SHORT_KEY) == (ADDRESS,)
    ring.remove(ADDRESS)
    ring.remove(ADDRESS)
    ring.drop(OTHER_KEY)
    assert (len(ring), ring.get(ADDRESS)) == (1, None)
    ring.owned.clear()
    assert len(ring) == 1
    with pytest.raises(KeyFormatError):
        ring.add(None, b"short")


def test_full(monkeypatch: pytest.MonkeyPatch) -> None:
    ring = KeyRing(loose=(number.to_bytes(16) for number in range(module.KEYS + 9)))
    assert len(ring) == module.KEYS
    assert not ring.add(ADDRESS, KEY)
    assert not ring.add(None, KEY)
    assert ring.add(None, bytes(16))
    tried: list[bytes] = []

    def opens(address: str, key: bytes, frames: module.Frames) -> bool:
        tried.extend(data for _, data in frames)
        return False

    monkeypatch.setattr(module, "opens", opens)
    assert ring.match(ADDRESS, FRAMES) is None
    assert len(tried) == 2 * module.KEYS


def test_further_keys_of_a_device() -> None:
    ring = KeyRing({ADDRESS: OTHER_KEY})
    ring.add_spare(ADDRESS, [OTHER_KEY, KEY, KEY])
    ring.add_spare(OTHER, [KEY])
    assert (ring.spare(ADDRESS), ring.spare(OTHER), len(ring)) == ((KEY,), (), 2)
    assert ring.match(ADDRESS, FRAMES) == KEY
    ring.add(ADDRESS, KEY)
    assert ring.spares == {}
    ring.add_spare(ADDRESS, [bytes((number,)) * 16 for number in range(20)])
    assert len(ring.spare(ADDRESS)) == module.SPARE
    kept = ring.spare(ADDRESS)
    ring.settle(ADDRESS)
    assert (ring.spares, ring.loose) == ({}, kept)
    ring.settle(ADDRESS)
    ring.add_spare(ADDRESS, [OTHER_KEY])
    ring.remove(ADDRESS)
    assert (len(ring), ring.spares) == (len(kept), {})


def test_keys_are_not_shown() -> None:
    ring = KeyRing({ADDRESS: KEY}, [OTHER_KEY])
    assert repr(ring) == str(ring) == "<KeyRing of 2 keys>"
    assert not hasattr(ring, "__dict__")


def test_a_ring_comes_back_from_its_texts() -> None:
    ring = KeyRing({ADDRESS: KEY, OTHER: OTHER_KEY}, [SHORT_KEY])
    ring.add_spare(ADDRESS, [OTHER_KEY])
    again = KeyRing()
    again.fill(ring.texts())
    assert again.texts() == ring.texts()
    assert (again.owned, again.spares, again.loose) == (
        ring.owned,
        {ADDRESS: (OTHER_KEY,)},
        (SHORT_KEY,),
    )
    with pytest.raises(KeyFormatError):
        KeyRing().fill({"keys": {ADDRESS: "no key"}, "spare": {}, "loose": []})


def test_frames_decide_between_several_keys() -> None:
    ring = KeyRing({ADDRESS: OTHER_KEY})
    assert ring.decide(ADDRESS, FRAMES) is None
    assert ring.decide(OTHER, FRAMES) is None
    ring.add_spare(ADDRESS, [SHORT_KEY, KEY])
    assert ring.decide(ADDRESS, FRAMES) == KEY
    assert ring.decide(ADDRESS, ()) is None
