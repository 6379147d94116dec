"""Every recorded exchange gives the values it should, cut as recorded and cut otherwise."""

from collections.abc import Mapping
from itertools import batched
from typing import Any

import pytest

from custom_components.mi_bms.proto.bms import registry
from custom_components.mi_bms.proto.bms.framing import WholeFramer
from tests.replay.batteries import judge, replay

from .families import context_of
from .fixtures import VECTORS

type Vector = Mapping[str, Any]

DECODED = [vector for vector in VECTORS if vector["kind"] == "decode"]


def test_ids_are_unique_and_sources_are_named() -> None:
    ids = [vector["id"] for vector in VECTORS]
    assert len(set(ids)) == len(ids)
    assert all(vector["source"] for vector in VECTORS)


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["id"] for vector in VECTORS])
def test_replay(vector: Vector) -> None:
    assert judge(vector) is None


@pytest.mark.parametrize("size", [1, 7])
@pytest.mark.parametrize("vector", DECODED, ids=[vector["id"] for vector in DECODED])
def test_cutting_changes_nothing(vector: Vector, size: int) -> None:
    family = registry.load(vector["family"])
    makers = (family.framer, *family.framers.values())
    if any(isinstance(make(context_of(family)), WholeFramer) for make in makers):
        pytest.skip("its notifications are frames")

    def recut(chunks: list[bytes]) -> list[bytes]:
        return [bytes(part) for part in batched(b"".join(chunks), size, strict=False)]

    assert replay(vector, recut)["values"] == replay(vector)["values"]


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


@pytest.mark.parametrize("key", ["char", "source"])
@pytest.mark.parametrize("vector", ASKED.values(), ids=ASKED.keys())
def test_a_vector_is_not_answered_over_another_wire(vector: Vector, key: str) -> None:
    moved = [
        {**entry, key: "12345678-0000-0000-0000-000000000000"}
        if entry.get("write") is not None
        else entry
        for entry in vector["exchange"]
    ]
    assert replay({**vector, "exchange": moved})["outcome"] == "error"
