"""What is said of another integration that reads the same devices, and of a move away from it.

A *peer* is the other integration, a *row* of its table says what one of its entities is with us. A
*plan* is what would become of each entity of one device; nothing is changed by making one.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from ..model.fields import Field


class Recipe(StrEnum):
    """Say how the entities of a peer can be moved."""

    OWN = "own"  # it has an entry for each device, which is switched off
    SHARED = "shared"  # its entry holds other things, too, and goes on


class Statistic(StrEnum):
    """Say what Home Assistant's statistics keep of an entity."""

    NONE = "none"
    MEAN = "mean"
    ANGLE = "angle"
    SUM = "sum"


class Fate(StrEnum):
    """Say what becomes of an entity."""

    MOVES = "moves"
    CURED = "cured"  # moves, and the unit of its old statistic is mended
    ARCHIVED = "archived"  # moves, and its old statistic is kept under another name
    STAYS = "stays"


class Why(StrEnum):
    """Say why an entity stays, or what a user should know of one that moves."""

    NO_COUNTERPART = "no_counterpart"  # we have nothing like it
    OTHER_DOMAIN = "other_domain"  # ours is another sort of entity
    OTHER_BASE = "other_base"  # a counter that begins elsewhere
    OPPOSITE_SIGN = "opposite_sign"  # positive means the other direction there
    SIGN_UNKNOWN = "sign_unknown"  # no two values at one moment to compare
    UNIT = "unit"  # no way from their unit to ours
    NOT_SHOWN = "not_shown"  # this device does not report it
    TAKEN = "taken"  # two of theirs want to be the same of ours
    BEGINS = "begins"  # moves; statistics begin, there were none
    ENDS = "ends"  # moves; statistics end, ours is no such number
    WORDS = "words"  # moves; its states are called otherwise here


class Named(NamedTuple):
    """Say whose entity a unique id names: an address where it holds one, the device in the peer's words, its key."""

    address: str | None
    device: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerRow:
    """Say what one entity of a peer is with us.

    ``key`` is the peer's word with ``{n}`` for a number, ``ours`` the part of our unique id behind the
    address, with ``{n}`` likewise; None where it stays, for ``why``. ``field`` is the quantity of
    ours, None for what is no reading (an event). ``unit`` and ``statistic`` are the peer's.
    ``signed``: both have to say the same sign before it moves.
    """

    domain: str
    key: str
    ours: str | None
    field: Field | None = None
    unit: str | None = None
    statistic: Statistic = Statistic.NONE
    why: Why | None = None
    signed: bool = False
    shift: int = 0  # added to a number of theirs to get ours


class Trigger(NamedTuple):
    """Name what a device trigger waits for."""

    type: str
    subtype: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """Say everything about one other integration.

    ``domain`` is its own, ``platform`` that of its rows in the entity registry. ``named`` takes a
    unique id apart, None for one that is not of a device of ours. ``families`` are our types of
    battery by its words. ``trigger`` returns what waits for the same with us, None where nothing does.
    """

    domain: str
    title: str
    platform: str
    recipe: Recipe
    rows: tuple[PeerRow, ...]
    named: Callable[[str], Named | None]
    families: Mapping[str, str] = field(default_factory=dict)
    trigger: Callable[[Trigger], Trigger | None] = lambda _trigger: None


@dataclass(frozen=True, slots=True, kw_only=True)
class OldRow:
    """Hold one entity of a peer as the registry has it; ``value`` is its state, None without one.

    ``unit`` is that of its statistics or, without any, its own; ``at`` is when the value was said (s).
    """

    row_id: str
    entity_id: str
    unique_id: str
    name: str
    device_class: str | None = None
    unit: str | None = None
    statistic: Statistic = Statistic.NONE
    value: str | None = None
    at: float | None = None
    user_disabled: bool = False

    @property
    def domain(self) -> str:
        """Return the domain of the entity."""
        return self.entity_id.partition(".")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class OurRow:
    """Hold one entity that the device has, or would have, with us; the key stands behind the address.

    ``shown`` is False where it is off until somebody wants it. ``text`` is the word that its name is
    translated by, ``number`` tells it from others of its kind.
    """

    domain: str
    key: str
    device_class: str | None = None
    unit: str | None = None
    statistic: Statistic = Statistic.NONE
    value: str | None = None
    at: float | None = None
    entity_id: str | None = None  # where it is there already
    shown: bool = True
    text: str | None = None
    number: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """Say what becomes of one old entity; ``ours`` is None where it stays."""

    old: OldRow
    ours: OurRow | None
    fate: Fate
    why: Why | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MovePlan:
    """Say what becomes of one device of a peer; ``added`` is what we have besides."""

    address: str
    peer: str  # its domain
    recipe: Recipe
    peer_entry: str
    device_id: str
    rulings: tuple[Ruling, ...]
    added: tuple[OurRow, ...] = ()

    @property
    def moving(self) -> tuple[Ruling, ...]:
        """Return what moves."""
        return tuple(one for one in self.rulings if one.ours is not None)
