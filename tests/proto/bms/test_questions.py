"""What a battery is asked: each question is needed or optional on purpose, and no answer to an optional one loses the sample."""

from collections.abc import Callable, Mapping
from functools import cache
from itertools import batched
import json
from pathlib import Path
from typing import Any, Final

from custom_components.mi_bms.proto.bms import registry
from custom_components.mi_bms.proto.bms.checksum import (
    high_low,
    low_high,
    modbus16,
    xmodem16,
)
from custom_components.mi_bms.proto.bms.contract import Family
from custom_components.mi_bms.proto.gatt.session import Device, Session
from custom_components.mi_bms.proto.model.errors import MiBmsError
from tests.replay.batteries import VectorLink, agrees, run, values_of

from .families import IDS, every
from .fixtures import VECTORS

TABLE: Final = Path(__file__).with_name("questions.json")
PLAYED: Final = 2  # recorded polls of a family
PAGED: Final = ("dpwrcore",)  # pages of one size, each acknowledged byte for byte
NEEDED: Final = ("voltage", "current", "battery_level")

type Vector = Mapping[str, Any]
type Fault = Callable[[Family, str, bytes], list[str]]


def poll(vector: Vector, exchange: list[Mapping[str, Any]]) -> dict[str, Any] | None:
    """Read once; None when no sample came."""
    family = registry.load(vector["family"])
    where = {**vector.get("advertisement", {}), **vector.get("device", {})}
    device = Device(
        name=where.get("name") or where.get("local_name") or "",
        address=where.get("address") or "00:00:00:00:00:00",
    )
    link = VectorLink(family, exchange)
    session = Session(family, clock=lambda: 1_700_000_000.0)
    try:
        return values_of(run(session.read(link, device, vector.get("secret"))))
    except MiBmsError:
        return None


def silence(_family: Family, _request: str, _answer: bytes) -> list[str]:
    return []


def is_modbus(answer: bytes) -> bool:
    return len(answer) > 4 and low_high(modbus16(answer[:-2])) == answer[-2:]


def is_jbd(answer: bytes) -> bool:
    return answer[:1] == b"\xdd" and answer[-1:] == b"\x77"


def is_tdt(answer: bytes) -> bool:
    return answer[:2] in (b"\x7e\0", b"\x7e\x04") and answer[-1:] == b"\r"


def is_seplos_v2(answer: bytes) -> bool:
    return answer[:2] == b"\x7e\x14" and answer[-1:] == b"\r"


def jbd(register: int, status: int, data: bytes) -> bytes:
    body = bytes((status, len(data))) + data
    return b"\xdd" + bytes((register,)) + body + high_low(-sum(body) & 0xFFFF) + b"\x77"


def refusal(_family: Family, request: str, answer: bytes) -> list[str]:
    """Make the refusal that the protocol knows; where it knows none, nothing is said."""
    if is_modbus(answer):
        core = bytes((answer[0], answer[1] | 0x80, 2))
        return [(core + low_high(modbus16(core))).hex()]
    if is_jbd(answer):
        return [jbd(answer[1], 0x80, b"").hex()]
    if is_tdt(answer):
        core = answer[:4] + b"\x01" + answer[5:6] + b"\0\0"
        return [(core + high_low(modbus16(core)) + b"\r").hex()]
    if is_seplos_v2(answer):
        core = answer[1:4] + b"\x01\0\0"
        return [(b"\x7e" + core + high_low(xmodem16(core)) + b"\r").hex()]
    if request.startswith("3e47"):  # ogt, scrambled by this pack's key
        return ["3e47513950" + "67677a6724181f"]
    return []


def longer(family: Family, _request: str, answer: bytes) -> list[str]:
    """Make an answer with two more bytes of data; where it does not tell its length, two more bytes."""
    if family.id in PAGED:
        return [page.hex() for page in map(bytes, batched(answer, 20, strict=False))]
    if is_modbus(answer):
        core = answer[:2] + bytes((answer[2] + 2,)) + answer[3:-2] + b"\0\x01"
        return [(core + low_high(modbus16(core))).hex()]
    if is_jbd(answer):
        return [jbd(answer[1], 0, answer[4:-3] + b"\0\x01").hex()]
    if is_tdt(answer):
        size = int.from_bytes(answer[6:8]) + 2
        core = answer[:6] + size.to_bytes(2) + answer[8:-3] + b"\0\x01"
        return [(core + high_low(modbus16(core)) + b"\r").hex()]
    return [(answer + b"\0\x01").hex()]


FAULTS: Final[Mapping[str, Fault]] = {
    "silence": silence,
    "refusal": refusal,
    "longer": longer,
}


def own(family: Family) -> list[Vector]:
    return [
        vector
        for vector in VECTORS
        if vector["family"] == family.id and vector["kind"] == "decode"
    ][:PLAYED]


def spoiled(vector: Vector, request: str, fault: Fault) -> list[Mapping[str, Any]]:
    """Return the exchange of a vector with one question answered in another way."""
    family = registry.load(vector["family"])
    return [
        {
            **entry,
            "notify": fault(family, request, bytes.fromhex("".join(entry["notify"]))),
        }
        if entry.get("write") == request
        else entry
        for entry in vector["exchange"]
    ]


def survived(vector: Vector, good: dict[str, Any] | None, request: str) -> set[str]:
    """Return after which faults of a question a sample with the values that matter still comes."""
    # Where a protocol knows no refusal, it is silence: what is the same is played once.
    played: list[tuple[list[Mapping[str, Any]], bool]] = []
    passed = set()
    for name, fault in FAULTS.items():
        exchange = spoiled(vector, request, fault)
        survives = next((well for same, well in played if same == exchange), None)
        if survives is None:
            found = poll(vector, exchange)
            survives = found is not None and agrees(
                {key: found.get(key) for key in NEEDED},
                {key: (good or {}).get(key) for key in NEEDED},
            )
            played.append((exchange, survives))
        passed |= {name} if survives else set()
    return passed


@cache
def kinds(family_id: str) -> Mapping[str, Mapping[str, set[str]]]:
    """Sort the questions of recorded polls by what may happen to them, and keep which faults they survive."""
    found: dict[str, dict[str, set[str]]] = {
        "needed": {},
        "refusable": {},
        "optional": {},
    }
    for vector in own(registry.load(family_id)):
        good = poll(vector, vector["exchange"])
        for entry in vector["exchange"]:
            if entry.get("write") is None or not any(entry.get("notify", ())):
                continue
            request = entry["write"]
            passed = survived(vector, good, request)
            kind = (
                "optional"
                if "silence" in passed
                else "refusable"
                if "refusal" in passed
                else "needed"
            )
            known = found[kind].setdefault(request, passed)
            known &= passed
    for request in found["needed"]:
        found["optional"].pop(request, None)
    return found


def test_no_answer_to_an_optional_question_loses_the_sample() -> None:
    every(no_answer_to_an_optional_question_loses_the_sample)


def no_answer_to_an_optional_question_loses_the_sample(family: Family) -> None:
    lost = {
        request: set(FAULTS) - passed
        for request, passed in kinds(family.id)["optional"].items()
        if passed != set(FAULTS)
    }
    assert not lost


def test_each_question_is_needed_or_optional_on_purpose() -> None:
    every(each_question_is_needed_or_optional_on_purpose)


def each_question_is_needed_or_optional_on_purpose(family: Family) -> None:
    """Compare with the table; a changed line there is a decision, not an accident.

    What it does not name is needed: a question of a recorded poll that no longer is, shows here.
    """
    table = json.loads(TABLE.read_text("utf-8")).get(family.id, {})
    found = {kind: sorted(asked) for kind, asked in kinds(family.id).items()}
    del found["needed"]
    assert found == {"refusable": [], "optional": [], **table}, (
        f"a sample of {family.id} can do without other questions than "
        f"tests/proto/bms/{TABLE.name} says. If that is "
        f'meant, write there: "{family.id}": {json.dumps({k: v for k, v in found.items() if v})}'
    )


def test_the_table_names_families() -> None:
    table = json.loads(TABLE.read_text("utf-8"))
    assert set(table) <= set(IDS)
    assert all(table.values())
    assert {kind for kinds_of in table.values() for kind in kinds_of} <= {
        "refusable",
        "optional",
    }
