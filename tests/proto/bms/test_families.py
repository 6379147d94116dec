"""What every battery family has to keep to; a new family file is tested by being there."""

from collections.abc import Mapping
from random import Random
import re
from typing import Any

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.mi_bms.proto.bms import registry
from custom_components.mi_bms.proto.bms.contract import Ask, Family
from custom_components.mi_bms.proto.bms.index import INDEX
from custom_components.mi_bms.proto.model.errors import Unsupported
from custom_components.mi_bms.proto.model.fields import Field
from tests.replay.batteries import replay

from .families import IDS, context_of, every
from .fixtures import VECTORS

# A characteristic may be named together with its service.
UUID = re.compile(r"([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/?\b){1,2}")


def own(family: Family, *kinds: str) -> list[dict[str, Any]]:
    return [
        vector
        for vector in VECTORS
        if vector["family"] == family.id and vector["kind"] in kinds
    ]


def test_they_keep_to_the_rules() -> None:
    every(it_keeps_to_the_rules)


def it_keeps_to_the_rules(family: Family) -> None:
    assert family.id in IDS
    assert registry.load(family.id) is family
    assert family.id in INDEX
    assert family.wires
    for wire in family.wires:
        uuids = (
            wire.service,
            *wire.notify,
            *wire.later,
            *((wire.write,) if wire.write else ()),
        )
        assert all(UUID.fullmatch(uuid) for uuid in uuids)
    pacing = family.pacing
    assert 0 < pacing.timeout <= pacing.deadline <= 60
    assert 0 <= pacing.settle <= 2
    assert 1 <= pacing.tries <= 5
    assert 5 <= family.interval <= 300
    assert bool(family.alive) is (family.alive_every > 0)
    assert bool(family.plan) is not bool(family.dialogue)
    steps = family.poll(context_of(family))
    first = next(steps)
    steps.close()
    assert first is not None
    if family.probe is not None:
        assert family.probe.request
        assert family.probe.reply
    assert all(
        isinstance(ask, Ask) and ask.reply is not None and ask.rows
        for ask in family.plan
    )
    assert own(family, "decode")
    assert len(own(family, "error", "empty", "error_info")) >= 2


@settings(max_examples=40)
@given(chunks=st.lists(st.binary(max_size=30), max_size=20))
def test_no_bytes_break_a_familys_framers(chunks: list[bytes]) -> None:
    # The same bytes for all: to think them up costs more than to feed them.
    def break_nothing(family: Family) -> None:
        for make in (family.framer, *family.framers.values()):
            framer = make(context_of(family))
            for chunk in chunks:
                for frame in framer.feed(chunk):
                    assert isinstance(frame, bytes)
            assert len(getattr(framer, "_buffer", b"")) < 8192

    every(break_nothing)


def mutated(vector: Mapping[str, Any], random: Random) -> dict[str, Any]:
    """Spoil the notifications of an exchange: flip, cut, double, drop, exchange."""
    exchange = []
    for entry in vector["exchange"]:
        chunks = [bytearray.fromhex(chunk) for chunk in entry.get("notify", ())]
        for chunk in chunks:
            match random.randrange(6):
                case 0 if chunk:
                    chunk[random.randrange(len(chunk))] ^= 1 << random.randrange(8)
                case 1:
                    del chunk[random.randrange(len(chunk) + 1) :]
                case 2:
                    chunk.extend(bytes(chunk))
                case 3:
                    random.shuffle(chunk)
        exchange.append(
            {**entry, "notify": [chunk.hex() for chunk in chunks]}
            if "notify" in entry
            else entry
        )
    return {**vector, "exchange": exchange}


def test_spoiled_exchanges_give_errors_or_samples() -> None:
    every(spoiled_exchanges_give_errors_or_samples)


def spoiled_exchanges_give_errors_or_samples(family: Family) -> None:
    random = Random(family.id)
    for vector in own(family, "decode", "device_info", "diagnostic", "auth")[:6]:
        for _ in range(3):
            assert replay(mutated(vector, random))["outcome"] in {
                "ok",
                "error",
                "unsupported",
            }


def test_fields_have_no_double_names() -> None:
    assert len(set(Field)) == len(list(Field))


def test_families_that_are_unknown_are_left_out() -> None:
    assert [*registry.load_known(["jbd", "nobody", "daly", "jbd"])] == ["jbd", "daly"]


def test_unknown_families_are_unsupported(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Unsupported):
        registry.load("nobody")
    monkeypatch.setattr(registry, "INDEX", {"nobody": None})
    with pytest.raises(Unsupported):
        registry.load("nobody")


def test_a_broken_family_module_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(name: str) -> None:
        raise ModuleNotFoundError(name="something_else")

    monkeypatch.setattr(registry, "import_module", fail)
    with pytest.raises(ModuleNotFoundError):
        registry.load("jbd")
