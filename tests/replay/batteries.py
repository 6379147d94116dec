"""Play battery vectors through the real session: a GATT link made of the vector, in virtual time."""

import asyncio
from collections import Counter
from collections.abc import Callable, Collection, Coroutine, Iterator, Mapping
import contextlib
from functools import cache, cached_property
from typing import Any

from custom_components.mi_bms.proto.bms import registry
from custom_components.mi_bms.proto.bms.alarms import active
from custom_components.mi_bms.proto.bms.contract import Family
from custom_components.mi_bms.proto.bms.matching import BatteryAdvert, recognise
from custom_components.mi_bms.proto.bms.uuids import expand as expanded
from custom_components.mi_bms.proto.gatt.link import Notified
from custom_components.mi_bms.proto.gatt.session import Device, Session
from custom_components.mi_bms.proto.model.errors import (
    MiBmsError,
    NoAnswer,
    Unsupported,
)
from custom_components.mi_bms.proto.model.sample import BmsSample

from .virtual import run

type Vector = Mapping[str, Any]
type Recut = Callable[
    [list[bytes]], list[bytes]
]  # notifications -> the same bytes cut otherwise

_PUSH_GAP = 0.05  # s between pushed notifications, far below any time-out
_ANSWER_AFTER = 0.005  # s
_NOON = 1_700_000_000.0  # unix time that devices are told
_INFO = ("2a24", "2a25", "2a26", "2a27", "2a28", "2a29")

expand = cache(expanded)


class VectorLink:
    """Be the device of a vector: it answers each written frame as recorded.

    A frame is answered by the first unused entry with the same bytes, a repeated one by the last
    answer. Entries without a write are pushed one after the other once somebody subscribes.
    Where the vector names characteristics (written: ``char``, notifying: ``source``), others are dead.
    """

    def __init__(
        self, family: Family, exchange: list[Mapping[str, Any]], recut: Recut = list
    ) -> None:
        self._entries = [dict(entry, used=False) for entry in exchange]
        self._recut = recut
        self._values = {
            expand(entry["read"]): bytes.fromhex(entry["value"])
            for entry in exchange
            if "read" in entry
        }
        self._family = family
        self._named = {
            expand(entry[key])
            for entry in exchange
            for key in ("char", "source")
            if " " not in entry.get(key, " ")
        }
        self._listeners: dict[str, Notified] = {}
        self._pushing = False
        self._pending: dict[str, bytes] = {}
        self._wires = self._fitting_wires()
        # What went on: how often a request was written, which of them has an answer in the
        # vector, and why frames of an answer were refused. ``rejects`` is what the session counts.
        self.rejects: Counter[str] = Counter()
        self._told = 0  # bytes of answers
        self._asked: Counter[str] = Counter()
        self._answered: set[str] = set()
        self._refused: dict[str, Counter[str]] = {}

    def _fitting_wires(self) -> list[Any]:
        named = [
            wire
            for wire in self._family.wires
            if wire.write in self._named or self._named & set(wire.notify)
        ]
        return named or list(self._family.wires[:1])

    @cached_property
    def characteristics(self) -> Collection[str]:
        found = {*self._named, *self._values}
        for wire in self._wires:
            found.update(wire.notify, wire.later, [wire.write] if wire.write else [])
        if not self._has_info():
            found -= {expand(short) for short in _INFO}
        return found

    def _has_info(self) -> bool:
        return any(expand(short) in self._values for short in _INFO)

    def properties(self, uuid: str) -> Collection[str]:
        return ("read", "write", "write-without-response", "notify")

    def max_write(self, uuid: str) -> int:
        return 512

    async def subscribe(self, uuid: str, notified: Notified) -> None:
        self._listeners[uuid] = notified
        if not self._pushing:
            self._pushing = True
            loop = asyncio.get_running_loop()
            pushed = [
                entry
                for entry in self._entries
                if "write" in entry and entry["write"] is None
            ]
            for n, entry in enumerate(pushed):
                loop.call_later(_PUSH_GAP * (n + 1), self._notify, entry)

    async def read(self, uuid: str) -> bytes:
        return self._values.get(uuid, b"")

    async def write(self, uuid: str, data: bytes, *, response: bool) -> None:
        whole = (self._pending.pop(uuid, b"") + data).hex()
        asked = [one for one in self._entries if one.get("write") is not None]
        begun = [
            entry
            for entry in asked
            if entry["write"].startswith(whole) and _at(entry.get("char"), uuid)
        ]
        same = [entry for entry in begun if entry["write"] == whole]
        if not same:
            # Long requests may come in pieces: keep what can still become a recorded one.
            if begun:
                self._pending[uuid] = bytes.fromhex(whole)
            else:
                self._asked[whole] += 1
            return
        entry = next((entry for entry in same if not entry["used"]), same[-1])
        entry["used"] = True
        self._asked[whole] += 1
        if any(entry["notify"]):
            self._answered.add(whole)
        asyncio.get_running_loop().call_later(_ANSWER_AFTER, self._notify, entry)

    def _notify(self, entry: Mapping[str, Any]) -> None:
        before = self.rejects.copy()
        self._told += len("".join(entry["notify"]))
        for uuid in self._listeners:
            if _at(entry.get("source"), uuid):
                for chunk in self._recut(
                    [bytes.fromhex(chunk) for chunk in entry["notify"]]
                ):
                    self._listeners[uuid](chunk)
                break
        if wrong := self.rejects - before:
            self._refused.setdefault(entry.get("write") or "", Counter()).update(wrong)

    def remarks(self) -> Iterator[str]:
        """Return what went wrong, question by question."""
        unfinished = [data.hex() for data in self._pending.values()]
        for request in (*self._asked, *unfinished):
            if request not in self._answered:
                yield f"no answer to {request}"
            elif self._asked[request] > 1 and request not in self._refused:
                yield f"the answer to {request} is not whole, or not the one that is waited for"
        for request, reasons in self._refused.items():
            after = f"the answer to {request}" if request else "a frame"
            why = [REFUSALS.get(one, one) for one in reasons if one != "noise"]
            if why:
                yield f"{after} was refused: {', '.join(why)}"
            else:
                yield f"{after} came with bytes outside any frame, which were dropped"
        if not self._told and any(
            "".join(one.get("notify", ())) for one in self._entries
        ):
            yield UNASKED


UNASKED = "none of the answers in exchange was asked for"
# Reasons of framers that do not explain themselves; others are said as they are.
REFUSALS: Mapping[str, str] = {
    "checksum": "checksum (the bytes do not add up)",
    "length": "length (longer or shorter than its kind of frame)",
    "cut": "cut (another frame begins inside it)",
    "exception": "exception (the device has no such register)",
    "status": "status (the device refuses the question)",
    "digits": "digits (not made of pairs of hex digits)",
}


@cache
def _at(named: str | None, uuid: str) -> bool:
    """Return whether a characteristic is the named one; a vector may leave it open."""
    return named is None or " " in named or _plain(expand(named)) == _plain(uuid)


def _plain(uuid: str) -> str:
    """Take the service off a characteristic's name."""
    return uuid.rpartition("/")[2]


def replay(vector: Vector, recut: Recut = list) -> dict[str, Any]:
    """Play one vector; gives id, outcome (ok, error, unsupported), values, events and error text.

    ``remarks`` say which question had no answer and why frames were refused.
    """
    result: dict[str, Any] = {
        "id": vector["id"],
        "outcome": "ok",
        "values": {},
        "events": [],
        "error": None,
        "remarks": [],
    }
    try:
        result["values"] = _play(vector, recut, result["remarks"])
    except Unsupported as error:
        # A device that cannot be read is an error; only a family without a decoder is not supported.
        known = error.what != vector["family"]
        result["outcome"] = "error" if known else "unsupported"
        result["error"] = _words(error)
        if not known:
            result["remarks"].append("no file of proto/bms/families is called so")
    except MiBmsError as error:
        result["outcome"] = "error"
        result["error"] = _words(error)
    return result


def _words(error: MiBmsError) -> str:
    """Return what went wrong: kind and reason."""
    return f"{type(error).__name__}: {error}".removesuffix(": ")


def _play(vector: Vector, recut: Recut, remarks: list[str]) -> dict[str, Any]:
    if vector["kind"] == "recognise":
        candidates = recognise(advert_of(vector))
        return {"recognised_as": candidates[0].family_id if candidates else None}
    if (play := _KINDS.get(vector["kind"])) is None:
        kinds = ", ".join(sorted({*_KINDS, "recognise"}))
        raise ValueError(f"no kind {vector['kind']!r}: one of {kinds}")
    family = registry.load(vector["family"])
    link = VectorLink(family, vector.get("exchange", []), recut)
    session = Session(family, clock=lambda: _NOON)
    where = vector.get("device", {})
    advert = vector.get("advertisement", {})
    device = Device(
        name=where.get("name") or advert.get("local_name") or "",
        address=where.get("address") or advert.get("address") or "00:00:00:00:00:00",
    )
    link.rejects = session.memory.rejects
    try:
        return run(play(session, link, device, vector))
    finally:
        remarks.extend(link.remarks())


async def _decode(
    session: Session, link: VectorLink, device: Device, vector: Vector
) -> dict[str, Any]:
    return values_of(await session.read(link, device, vector.get("secret")))


async def _device_info(
    session: Session, link: VectorLink, device: Device, vector: Vector
) -> dict[str, Any]:
    info = await session.identify(link, device, vector.get("secret"))
    names = info.__slots__
    return {
        "device_info": {
            name: value for name in names if (value := getattr(info, name)) is not None
        }
    }


async def _auth(
    session: Session, link: VectorLink, device: Device, vector: Vector
) -> dict[str, Any]:
    await session.log_in(link, device, vector.get("secret"))
    return {"authenticated": True}


async def _diagnostic(
    session: Session, link: VectorLink, device: Device, vector: Vector
) -> dict[str, Any]:
    return {
        "error_counters": await session.diagnose(link, device, vector.get("secret"))
    }


async def _settings(
    session: Session, link: VectorLink, device: Device, vector: Vector
) -> dict[str, Any]:
    """Read twice: settings come with the second poll."""
    for _ in range(2):
        sample = await session.read(link, device, vector.get("secret"))
    return values_of(sample)


_KINDS: Mapping[str, Callable[..., Coroutine[Any, Any, dict[str, Any]]]] = {
    "decode": _decode,
    "error": _decode,
    "empty": _decode,
    "device_info": _device_info,
    "error_info": _device_info,
    "auth": _auth,
    "diagnostic": _diagnostic,
    "settings": _settings,
}


def advert_of(vector: Vector) -> BatteryAdvert:
    """Make the advert of a vector."""
    said = vector["advertisement"]
    return BatteryAdvert(
        address=said.get("address", ""),
        name=said.get("local_name"),
        service_uuids=tuple(map(expand, said.get("service_uuids", ()))),
        manufacturer_data={
            int(k): bytes.fromhex(v)
            for k, v in said.get("manufacturer_data", {}).items()
        },
        service_data={
            expand(k): bytes.fromhex(v) for k, v in said.get("service_data", {}).items()
        },
    )


def values_of(sample: BmsSample) -> dict[str, Any]:
    """Return a sample under the names of the canonical list, numbers to three decimals."""
    values: dict[str, Any] = {
        str(name): _rounded(value) for name, value in sample.values.items()
    }
    if sample.cells or values.get("cell_count") == 0:
        values["cell_voltages"] = [_rounded(volts) for volts in sample.cells]
    probes = [probe for probe in sample.probes if probe.celsius is not None]
    if probes or values.get("temp_sensors") == 0:
        values["temp_values"] = [_rounded(probe.celsius) for probe in probes]
        values["temp_types"] = [str(probe.place) for probe in probes]
    values.setdefault("temp_sensors", len(probes))
    if sample.packs:
        values["packs"] = [values_of(pack) for pack in sample.packs]
    if sample.alarms:
        # The most serious first, as a user sees them.
        values["alarms"] = list(map(str, active(sample.alarms, problem=False)))
    return values


def _rounded(value: Any) -> Any:
    """Round a float to three decimals."""
    return round(value, 3) if isinstance(value, float) else value


def agrees(found: Any, expected: Any) -> bool:
    """Compare as the vectors are judged: what is listed must be there, within 0.001 or 0.01 %."""
    if expected == "":
        # An empty answer and none are the same to a person.
        return not found
    if isinstance(expected, Mapping):
        return isinstance(found, Mapping) and all(
            agrees(found.get(k), v) for k, v in expected.items()
        )
    if isinstance(expected, list):
        return (
            isinstance(found, list)
            and len(found) == len(expected)
            and all(
                agrees(one, other) for one, other in zip(found, expected, strict=True)
            )
        )
    if isinstance(expected, int | float) and not isinstance(expected, bool):
        with contextlib.suppress(TypeError):
            return bool(abs(found - expected) <= max(0.001, abs(expected) * 0.0001))
        return False
    return bool(found == expected)


def judge(vector: Vector) -> str | None:
    """Return what is wrong with the replay of a vector; None when it agrees."""
    result = replay(vector)
    if vector.get("expect_error"):
        if result["outcome"] != "error":
            return f"no error but {result}"
        # Silence is an error, too: a broken answer that nobody hears shows nothing.
        silent = result["error"] == NoAnswer.__name__
        unheard = silent and UNASKED in result["remarks"]
        return "; ".join(result["remarks"]) if unheard else None
    if result["outcome"] != "ok":
        return f"{result['outcome']}: {result['error']}"
    wrong = {
        name: (result["values"].get(name), value)
        for name, value in vector["expect"].items()
        if not agrees(result["values"].get(name), value)
    }
    return f"found, expected: {wrong}" if wrong else None
