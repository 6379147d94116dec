"""Every recorded exchange gives the values it should, cut as recorded and cut otherwise."""

from collections import Counter
from collections.abc import Mapping
from itertools import batched
from typing import Any

from custom_components.mi_bms.proto.bms.contract import Family
from custom_components.mi_bms.proto.bms.framing import WholeFramer
from tests.each import each, rows
from tests.replay.batteries import judge, replay

from .families import ALL, context_of
from .fixtures import VECTORS

type Vector = Mapping[str, Any]

ENOUGH = 1_000  # bytes of a family, one by one
DECODED = [vector for vector in VECTORS if vector["kind"] == "decode"]


def test_ids_are_unique_and_sources_are_named() -> None:
    ids = [vector["id"] for vector in VECTORS]
    assert len(set(ids)) == len(ids)
    assert all(vector["source"] for vector in VECTORS)


def test_replay() -> None:
    judged = {vector["id"]: judge(vector) for vector in VECTORS}
    assert not {name: wrong for name, wrong in judged.items() if wrong}


def ones(chunks: list[bytes]) -> list[bytes]:
    return [bytes((byte,)) for byte in b"".join(chunks)]


def sevens(chunks: list[bytes]) -> list[bytes]:
    return [bytes(part) for part in batched(b"".join(chunks), 7, strict=False)]


def told_by(vector: Vector) -> int:
    """Return how many bytes a device says in a vector."""
    return sum(
        len(chunk) // 2 for one in vector["exchange"] for chunk in one.get("notify", ())
    )


def cuts(family: Family) -> bool:
    """Return whether a family cuts frames itself; the notifications of others are frames."""
    makers = (family.framer, *family.framers.values())
    return not any(isinstance(make(context_of(family)), WholeFramer) for make in makers)


def test_cutting_changes_nothing() -> None:
    own = {family.id for family in ALL if cuts(family)}
    assert len(own) > len(ALL) / 2
    told: Counter[str] = Counter()

    def cuts_change_nothing(vector: Vector) -> None:
        whole = replay(vector)["values"]
        assert replay(vector, sevens)["values"] == whole
        # Byte by byte takes long where a family has many long frames, and shows no more with each.
        if told[vector["family"]] < ENOUGH:
            assert replay(vector, ones)["values"] == whole
            told[vector["family"]] += told_by(vector)

    each(
        ((one["id"], one) for one in DECODED if one["family"] in own),
        cuts_change_nothing,
    )
    assert own == set(told)


def test_unknown_families_are_unsupported() -> None:
    assert (
        replay({"id": "x", "kind": "decode", "family": "nobody"})["outcome"]
        == "unsupported"
    )


ASKED = {
    vector["family"]: vector
    for vector in DECODED
    if any(entry.get("write") is not None for entry in vector["exchange"])
}


@rows("key", ["char", "source"])
def test_a_vector_is_not_answered_over_another_wire(key: str) -> None:
    def moved_is_not_answered(vector: Vector) -> None:
        moved = [
            {**entry, key: "12345678-0000-0000-0000-000000000000"}
            if entry.get("write") is not None
            else entry
            for entry in vector["exchange"]
        ]
        assert replay({**vector, "exchange": moved})["outcome"] == "error"

    each(ASKED.items(), moved_is_not_answered)
