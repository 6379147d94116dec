"""The record of a move: the plan, how far it is, and what was before, to JSON and back.

It is written before the first change and is the way back. It holds ids and what the registries say of
rows and devices; never a key, a password or a value.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Final

from .model import Fate, MovePlan, OldRow, OurRow, Recipe, Ruling, Statistic, Why

# What a plan says for its preview alone.
_FOR_PREVIEW: Final = ("value", "at", "text", "number")

type Pairs = tuple[tuple[str, str], ...]


class NoOrderError(ValueError):
    """What is stored is no move that can be read."""


class OrderState(StrEnum):
    """Say how far a move is."""

    ORDERED = "ordered"  # written down; nothing is changed, or a part of it
    MOVED = "moved"  # done, but perhaps not on the disk
    SETTLED = "settled"  # surely on the disk
    CONTENT = "content"  # for good: the other entry is gone
    RETURNING = "returning"  # given back, but perhaps not on the disk
    FAILED = "failed"  # undone, because it could not be carried out


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptRow:
    """Hold an entity as it was; ``facts`` is what its integration said of it."""

    row_id: str
    entity_id: str
    platform: str
    unique_id: str
    device_id: str | None
    subentry_id: str | None
    disabled_by: str | None
    facts: Mapping[str, Any]
    options: Mapping[str, Mapping[str, Any]]

    @property
    def domain(self) -> str:
        """Return the domain of the entity."""
        return self.entity_id.partition(".")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptDevice:
    """Hold a device as it was; ``facts`` is what its integration said of it."""

    device_id: str
    identifiers: Pairs
    connections: Pairs
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptStatistic:
    """Hold the unit of a statistic as it was; ``archive`` is the name that it gets, None where it keeps its own."""

    row_id: str
    statistic_id: str
    unit: str | None
    unit_class: str | None
    archive: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Hold a move: ``rows`` and ``device`` are the peer's as they were, ``ours`` and ``our_device`` our own.

    ``made``: our entry was made for it. ``peer_off``: the peer was switched off before. ``since`` is
    when it became what it is (s since the epoch), ``word`` why it could not be carried out.
    """

    plan: MovePlan
    state: OrderState
    made: bool
    peer_off: bool
    since: float
    device: KeptDevice
    rows: tuple[KeptRow, ...] = ()
    our_device: KeptDevice | None = None
    ours: tuple[KeptRow, ...] = ()
    statistics: tuple[KeptStatistic, ...] = ()
    word: str | None = None

    @property
    def open(self) -> bool:
        """Return whether it is to be carried out at the next start."""
        return self.state in {OrderState.ORDERED, OrderState.MOVED}

    @property
    def moved(self) -> bool:
        """Return whether it can be given back."""
        return self.open or self.state is OrderState.SETTLED

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON."""
        found = asdict(self)
        plan = found["plan"]
        rows = [*plan["added"]]
        for ruling in plan["rulings"]:
            rows += filter(None, (ruling["old"], ruling["ours"]))
        for row in rows:
            for name in _FOR_PREVIEW:
                row.pop(name, None)
        return found


@dataclass(frozen=True, slots=True)
class _Part:
    """Take the parts of a stored object, each as it has to be."""

    data: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, data: object) -> _Part:
        if not isinstance(data, dict) or not all(isinstance(one, str) for one in data):
            raise NoOrderError("no object")
        return cls(data)

    def text(self, name: str) -> str:
        if not isinstance(found := self.data.get(name), str) or not found:
            raise NoOrderError(f"no text: {name}")
        return found

    def maybe(self, name: str) -> str | None:
        found = self.data.get(name)
        if found is not None and not isinstance(found, str):
            raise NoOrderError(f"no text: {name}")
        return found

    def flag(self, name: str) -> bool:
        if not isinstance(found := self.data.get(name), bool):
            raise NoOrderError(f"no flag: {name}")
        return found

    def number(self, name: str) -> float:
        found = self.data.get(name)
        if isinstance(found, bool) or not isinstance(found, int | float):
            raise NoOrderError(f"no number: {name}")
        return float(found)

    def each[T](self, name: str, take: Callable[[_Part], T]) -> tuple[T, ...]:
        if not isinstance(found := self.data.get(name), list | tuple):
            raise NoOrderError(f"no list: {name}")
        return tuple(take(_Part.of(one)) for one in found)

    def one[T](self, name: str, take: Callable[[_Part], T]) -> T | None:
        found = self.data.get(name)
        return None if found is None else take(_Part.of(found))

    def pairs(self, name: str) -> Pairs:
        if not isinstance(found := self.data.get(name), list | tuple):
            raise NoOrderError(f"no list: {name}")
        return tuple(_pair(one) for one in found)

    def objects(self, name: str) -> dict[str, Any]:
        return dict(_Part.of(self.data.get(name)).data)


def _pair(value: object) -> tuple[str, str]:
    if not isinstance(value, Sequence) or isinstance(value, str) or len(value) != 2:
        raise NoOrderError("no pair")
    first, second = value
    if not isinstance(first, str) or not isinstance(second, str):
        raise NoOrderError("no pair of texts")
    return first, second


def _old(part: _Part) -> OldRow:
    return OldRow(
        row_id=part.text("row_id"),
        entity_id=part.text("entity_id"),
        unique_id=part.text("unique_id"),
        name=part.maybe("name") or "",
        device_class=part.maybe("device_class"),
        unit=part.maybe("unit"),
        statistic=Statistic(part.text("statistic")),
        user_disabled=part.flag("user_disabled"),
    )


def _our(part: _Part) -> OurRow:
    return OurRow(
        domain=part.text("domain"),
        key=part.text("key"),
        device_class=part.maybe("device_class"),
        unit=part.maybe("unit"),
        statistic=Statistic(part.text("statistic")),
        entity_id=part.maybe("entity_id"),
        shown=part.flag("shown"),
    )


def _ruling(part: _Part) -> Ruling:
    why = part.maybe("why")
    return Ruling(
        old=_old(_Part.of(part.data.get("old"))),
        ours=part.one("ours", _our),
        fate=Fate(part.text("fate")),
        why=None if why is None else Why(why),
    )


def _plan(part: _Part) -> MovePlan:
    return MovePlan(
        address=part.text("address"),
        peer=part.text("peer"),
        recipe=Recipe(part.text("recipe")),
        peer_entry=part.text("peer_entry"),
        device_id=part.text("device_id"),
        rulings=part.each("rulings", _ruling),
        added=part.each("added", _our),
    )


def _row(part: _Part) -> KeptRow:
    options = part.objects("options")
    return KeptRow(
        row_id=part.text("row_id"),
        entity_id=part.text("entity_id"),
        platform=part.text("platform"),
        unique_id=part.text("unique_id"),
        device_id=part.maybe("device_id"),
        subentry_id=part.maybe("subentry_id"),
        disabled_by=part.maybe("disabled_by"),
        facts=part.objects("facts"),
        options={name: dict(_Part.of(one).data) for name, one in options.items()},
    )


def _device(part: _Part) -> KeptDevice:
    return KeptDevice(
        device_id=part.text("device_id"),
        identifiers=part.pairs("identifiers"),
        connections=part.pairs("connections"),
        facts=part.objects("facts"),
    )


def _statistic(part: _Part) -> KeptStatistic:
    return KeptStatistic(
        row_id=part.text("row_id"),
        statistic_id=part.text("statistic_id"),
        unit=part.maybe("unit"),
        unit_class=part.maybe("unit_class"),
        archive=part.maybe("archive"),
    )


def order_from(data: object) -> Order:
    """Return the move that was stored; NoOrderError for what is none."""
    try:
        return _take(_Part.of(data))
    except ValueError as err:
        # Also a word that a newer version has.
        raise NoOrderError(str(err)) from err


def _take(part: _Part) -> Order:
    return Order(
        plan=_plan(_Part.of(part.data.get("plan"))),
        state=OrderState(part.text("state")),
        made=part.flag("made"),
        peer_off=part.flag("peer_off"),
        since=part.number("since"),
        device=_device(_Part.of(part.data.get("device"))),
        rows=part.each("rows", _row),
        our_device=part.one("our_device", _device),
        ours=part.each("ours", _row),
        statistics=part.each("statistics", _statistic),
        word=part.maybe("word"),
    )
