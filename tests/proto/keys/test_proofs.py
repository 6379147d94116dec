"""What keys have proven: kept with the key, taken up where the newer copy is lost or damaged."""

from typing import Any

from custom_components.mi_bms.proto.keys.proofs import Proofs
from custom_components.mi_bms.proto.mibeacon.decoder import Decoder
from tests.each import rows
from tests.proto.mibeacon.frames import (
    ADDRESS,
    FE95,
    KEY,
    OTHER_KEY,
    clear,
    number,
    obj,
    sealed,
)


def frame(count: int) -> bytes:
    return sealed(0x055B, obj(0x1004, number(200 + count % 9, 2)), count)


def lived(until: int = 60, kept: Any = None) -> Decoder:
    decoder = Decoder(ADDRESS, KEY, kept=kept)
    for count in range(until - 20, until):
        decoder.feed_one(FE95, frame(count), 10.0 * count)
    return decoder


def test_a_proof_is_told_once_and_counters_when_they_are_asked_for() -> None:
    proofs, told = Proofs(), []
    decoder = Decoder(ADDRESS, KEY)
    proofs.follow(ADDRESS, decoder, lambda: told.append(1))
    assert not proofs.moves
    assert proofs.snapshot() == {}
    for count in range(1, 30):
        decoder.feed_one(FE95, frame(count), 10.0 * count)
    assert told == [1]
    assert proofs.moves
    assert proofs.snapshot() == {ADDRESS: decoder.snapshot()}
    assert ADDRESS in proofs

    decoder.feed_one(FE95, frame(31), 310.0)
    proofs.leave(ADDRESS)
    assert proofs.moves
    assert proofs.snapshot() == {ADDRESS: decoder.snapshot()}
    assert not proofs.moves

    # Who is known already is not written down again.
    again = Decoder(ADDRESS, KEY, backup=proofs.get(ADDRESS))
    proofs.follow(ADDRESS, again, lambda: told.append(2))
    assert told == [1]
    # Where it was kept elsewhere only, it is.
    elsewhere = Proofs()
    elsewhere.follow(ADDRESS, again, lambda: told.append(3))
    assert told == [1, 3]


def test_a_proof_is_of_one_key() -> None:
    proofs = Proofs({ADDRESS: lived().snapshot()})
    assert proofs.proves(ADDRESS, KEY)
    assert not proofs.proves(ADDRESS, OTHER_KEY)
    proofs.forget(ADDRESS)
    assert not proofs.proves(ADDRESS, KEY)


DAMAGED: dict[str, Any] = {
    "gone": None,
    "a number": 5,
    "empty": {},
    "less": {"proof": 0},
    "no proof": {"proof": "3"},
    "no counters": {"counters": {}},
    "counters are a text": {"counters": "many"},
    "a counter is a text": {"counters": {FE95: "many"}},
    "parts are wrong": {
        "counters": {FE95: {"long": {"last": "x"}, "short": {"frames": 1}}}
    },
}


@rows("damage", DAMAGED.values())
def test_what_is_damaged_is_taken_from_the_older_copy(damage: Any) -> None:
    backup = lived().snapshot()
    kept = backup | damage if isinstance(damage, dict) and damage else damage
    again = Decoder(ADDRESS, KEY, kept=kept, backup=backup)
    assert not again.feed_one(FE95, clear(0x055B, obj(0x1004, "5802"), 3), 1e3).values
    for count in range(40, 60):
        assert not again.feed_one(FE95, frame(count), 1e3 + count).values, count
    assert again.feed_one(FE95, frame(60), 2e3).values


def test_the_newer_copy_counts() -> None:
    backup, newer = lived(60).snapshot(), lived(90).snapshot()
    again = Decoder(ADDRESS, KEY, kept=newer, backup=backup)
    for count in range(60, 90):
        assert not again.feed_one(FE95, frame(count), 1e3 + count).values, count
    assert again.feed_one(FE95, frame(90), 2e3).values


def test_a_former_key_is_remembered_once_from_both_copies() -> None:
    decoder = lived(60)
    decoder.set_key(OTHER_KEY)
    backup = decoder.snapshot()
    for _ in range(3):
        decoder = Decoder(ADDRESS, OTHER_KEY, kept=backup, backup=backup)
        assert decoder.snapshot() == backup
    back = Decoder(ADDRESS, KEY, kept=backup, backup=backup)
    assert back.proven
    assert not back.feed_one(FE95, frame(59), 1e3).values
