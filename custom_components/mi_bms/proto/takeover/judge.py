"""What becomes of each old entity: what moves to which of ours, what stays and why; nothing is changed here.

An old entity is looked up in its peer's table, its target among what the device has with us; then units,
kinds of statistics and signs are compared. What several of theirs want moves once or not at all.
Where a peer may turn signs round, it turns all of a device: one that tells no direction goes with the others.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
import math
import re
from typing import Final, NamedTuple

from ..model.fields import Field
from .model import Fate, OldRow, OurRow, Peer, PeerRow, Ruling, Statistic, Why

type Ours = Mapping[tuple[str, str], OurRow]
# The device class of ours, their unit, our unit: whether Home Assistant converts between both.
type Convertible = Callable[[str | None, str | None, str | None], bool]

# The same unit by another spelling, which Home Assistant does not know to be the same.
SPELLINGS: Final = frozenset(
    {
        ("ohm", "Ω"),
        ("Ohm", "Ω"),
        ("m3/hr", "m³/h"),
        ("N", None),
        ("steps", None),
        (None, "UV index"),
        # Who leaves the unit out means ours.
        (None, "μS/cm"),
        (None, "dBm"),
        ("UV Index", "UV index"),
        ("lux", "lx"),
        ("C", "°C"),
        ("µS/cm", "μS/cm"),
        ("µg/m³", "μg/m³"),
        ("m3", "m³"),
        ("deg", "°"),
        ("degrees", "°"),
    }
)
_NO_VALUE: Final = (None, "unavailable", "unknown", "")
_TOGETHER: Final = 60.0  # s between two values that are compared


class _Flow(NamedTuple):
    """Say from which size on a value tells its direction, and what a unit is in ours."""

    least: float
    units: Mapping[str, float]


_FLOWS: Final[Mapping[Field, _Flow]] = {
    Field.CURRENT: _Flow(0.5, {"A": 1, "mA": 0.001}),
    Field.POWER: _Flow(20.0, {"W": 1, "kW": 1000, "mW": 0.001}),
}


class _Aim(NamedTuple):
    """Say which row of the table an old entity is, and which of ours it would be."""

    row: PeerRow
    key: str | None


class _Pair(NamedTuple):
    """Hold an old entity, the row of the table that it is, and its counterpart."""

    old: OldRow
    row: PeerRow
    ours: OurRow


def judge(
    olds: Sequence[OldRow],
    peer: Peer,
    address: str,
    ours: Ours,
    convertible: Convertible,
) -> tuple[Ruling, ...]:
    """Return what becomes of each old entity of one device, in their order."""
    found = [_pair(old, peer, address, ours) for old in olds]
    signs = {_sign(one) for one in found if isinstance(one, _Pair) and one.row.signed}
    told = signs - {Why.SIGN_UNKNOWN}
    sign = told.pop() if len(told) == 1 else Why.SIGN_UNKNOWN
    rulings = [
        one if isinstance(one, Ruling) else _compared(one, sign, convertible)
        for one in found
    ]
    wanting: dict[tuple[str, str], list[int]] = {}
    for at, ruling in enumerate(rulings):
        if ruling.ours is not None:
            wanting.setdefault((ruling.ours.domain, ruling.ours.key), []).append(at)
    for rivals in wanting.values():
        chosen = _chosen([rulings[at].old for at in rivals])
        for place, at in enumerate(rivals):
            if place != chosen:
                rulings[at] = _stays(rulings[at].old, Why.TAKEN)
    return tuple(rulings)


def _chosen(rivals: Sequence[OldRow]) -> int | None:
    """Return which of several is in use, None where that cannot be told."""
    if len(rivals) == 1:
        return 0
    enabled = [at for at, one in enumerate(rivals) if not one.user_disabled]
    valued = [at for at in enabled if rivals[at].value not in _NO_VALUE]
    left = valued or enabled
    return left[0] if len(left) == 1 else None


def _pair(old: OldRow, peer: Peer, address: str, ours: Ours) -> _Pair | Ruling:
    """Return an entity with its counterpart, or that it stays without one."""
    named = peer.named(old.unique_id)
    if named is None or named.address not in (None, address):
        return _stays(old, Why.NO_COUNTERPART)
    aims = list(_aims(peer, old.domain, named.key))
    if not aims:
        return _stays(old, _elsewhere(peer, old.domain, named.key))
    wanted = [aim for aim in aims if aim.key is not None]
    if not wanted:
        return _stays(old, aims[0].row.why or Why.NO_COUNTERPART)
    for row, key in wanted:
        if row_of_ours := ours.get((old.domain, key or "")):
            return _Pair(old, row, row_of_ours)
    return _stays(old, Why.NOT_SHOWN)


def target_of(peer: Peer, old: OldRow) -> str | None:
    """Return the key of ours that an old entity would be by the table alone, None where it stays."""
    named = peer.named(old.unique_id)
    aims = _aims(peer, old.domain, named.key) if named else ()
    return next((aim.key for aim in aims), None)


def _aims(peer: Peer, domain: str, key: str) -> Iterator[_Aim]:
    """Return the rows that a key may be: those that name it first, then those with a number."""
    for row in peer.rows:
        if row.domain == domain and row.key == key:
            yield _Aim(row, row.ours)
    for row in peer.rows:
        if row.domain == domain and (number := number_of(row.key, key)) is not None:
            yield _Aim(row, _numbered(row, number))


def number_of(pattern: str, key: str) -> int | None:
    """Return the number that a key has where its pattern says ``{n}``, None where it is another key."""
    if "{n}" not in pattern:
        return None
    before, _, after = pattern.partition("{n}")
    found = re.fullmatch(
        rf"{re.escape(before)}([0-9]{{1,4}}){re.escape(after)}", key, re.ASCII
    )
    return int(found[1]) if found else None


def _numbered(row: PeerRow, number: int) -> str | None:
    return row.ours and row.ours.replace("{n}", str(number + row.shift))


def _elsewhere(peer: Peer, domain: str, key: str) -> Why:
    """Return why a key of no row of its domain stays."""
    others = {row.domain for row in peer.rows} - {domain}
    found = any(aim.key for other in others for aim in _aims(peer, other, key))
    return Why.OTHER_DOMAIN if found else Why.NO_COUNTERPART


def _compared(pair: _Pair, sign: Why | None, convertible: Convertible) -> Ruling:
    """Return what becomes of an entity whose counterpart is there; ``sign`` is what its device tells."""
    old, row, ours = pair
    why = _sign(pair)
    if why is Why.SIGN_UNKNOWN:
        why = sign if row.signed else None
    if why:
        return _stays(old, why)
    unit = _unit_of(old, row)
    fits = unit == ours.unit or convertible(ours.device_class, unit, ours.unit)
    if not fits and (unit, ours.unit) not in SPELLINGS:
        return _stays(old, Why.UNIT)
    note = row.why
    if old.statistic is not ours.statistic and old.statistic is not Statistic.NONE:
        ends = ours.statistic is Statistic.NONE
        return Ruling(
            old=old, ours=ours, fate=Fate.ARCHIVED, why=Why.ENDS if ends else note
        )
    if old.statistic is Statistic.NONE:
        begins = ours.statistic is not Statistic.NONE
        return Ruling(
            old=old, ours=ours, fate=Fate.MOVES, why=Why.BEGINS if begins else note
        )
    return Ruling(old=old, ours=ours, fate=Fate.MOVES if fits else Fate.CURED, why=note)


def _unit_of(old: OldRow, row: PeerRow) -> str | None:
    """Return the unit of an old entity; one that was never loaded has that of the table."""
    unheard = old.value in _NO_VALUE and old.statistic is Statistic.NONE
    return row.unit if old.unit is None and unheard else old.unit


def _sign(pair: _Pair) -> Why | None:
    """Return whether two values tell opposite directions or cannot be compared, None where they fit."""
    old, row, ours = pair
    flow = _FLOWS.get(row.field) if row.field and old.domain == "sensor" else None
    if flow is None:
        return None
    theirs, mine = _amount(old, flow), _amount(ours, flow)
    if theirs is None or mine is None or old.at is None or ours.at is None:
        return Why.SIGN_UNKNOWN
    if abs(old.at - ours.at) > _TOGETHER:
        return Why.SIGN_UNKNOWN
    return None if theirs * mine > 0 else Why.OPPOSITE_SIGN


def _amount(row: OldRow | OurRow, flow: _Flow) -> float | None:
    """Return a value in our unit that is large enough to tell its direction."""
    value, scale = number(row.value), flow.units.get(row.unit or "")
    if value is None or scale is None or abs(value * scale) <= flow.least:
        return None
    return value * scale


def number(value: str | None) -> float | None:
    """Return the number that a state is, None where it is none."""
    try:
        told = float(value or "")
    except ValueError:
        return None
    return told if math.isfinite(told) else None


def _stays(old: OldRow, why: Why) -> Ruling:
    return Ruling(old=old, ours=None, fate=Fate.STAYS, why=why)
