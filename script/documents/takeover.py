"""The tables of entities that can move here from other integrations, and of those that stay."""

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Final

from custom_components.mi_bms.batteries.link_entities import LINK_SENSORS
from custom_components.mi_bms.proto.takeover.model import Peer, PeerRow, Statistic, Why
from custom_components.mi_bms.proto.takeover.peers import PEERS
from custom_components.mi_bms.quantities import BINARY_SENSORS, SENSORS
from homeassistant.components.sensor import SensorStateClass
from homeassistant.helpers.entity import EntityDescription

from .markdown import NAMES, joined, table

REASONS: Final[Mapping[Why, str]] = {
    Why.NO_COUNTERPART: "nothing like it is here",
    Why.OTHER_DOMAIN: "here it is another kind of entity",
    Why.OTHER_BASE: "it counts from elsewhere: ours would make a jump",
    Why.UNIT: "its unit cannot be converted",
}
_KINDS: Final[Mapping[SensorStateClass | str | None, Statistic]] = {
    None: Statistic.NONE,
    SensorStateClass.MEASUREMENT: Statistic.MEAN,
    SensorStateClass.MEASUREMENT_ANGLE: Statistic.ANGLE,
    SensorStateClass.TOTAL: Statistic.SUM,
    SensorStateClass.TOTAL_INCREASING: Statistic.SUM,
}
_OURS: Final[Mapping[tuple[str, str], EntityDescription]] = {
    **{("sensor", row.key): row for row in (*SENSORS.values(), *LINK_SENSORS)},
    **{("binary_sensor", row.key): row for row in BINARY_SENSORS.values()},
}


def moving() -> list[str]:
    """List what can move, by what it is here."""
    rows = [
        (peer.title, _keys(several), name, note)
        for peer in PEERS.values()
        for (name, note), several in _grouped(peer)
    ]
    return table(("Of", "Their entity", "Here", "Note"), rows)


def staying() -> list[str]:
    """List what stays, by why."""
    rows = [
        (peer.title, _keys(several), reason)
        for peer in PEERS.values()
        for why, reason in REASONS.items()
        if (several := [row for row in peer.rows if row.why is why])
    ]
    return table(("Of", "Their entity", "Why it stays"), rows)


def _grouped(peer: Peer) -> Iterator[tuple[tuple[str, str], list[PeerRow]]]:
    said = [((_name(row), _note(row)), row) for row in peer.rows if row.ours]
    for head, pairs in groupby(sorted(said, key=lambda pair: pair[0]), lambda p: p[0]):
        yield head, [row for _, row in pairs]


def _keys(rows: list[PeerRow]) -> str:
    """Return the words of theirs; of one kind, the first of several goes without saying."""
    words = [row.key for row in rows]
    shown = [
        word
        for word in words
        if not (word.endswith("_1") and f"{word[:-2]}_{{n}}" in words)
    ]
    return joined(f"`{word.replace('{n}', 'n')}`" for word in shown)


def _name(row: PeerRow) -> str:
    if row.domain == "event":
        return "Events of buttons, locks and the like"
    described = _OURS[row.domain, row.field or str(row.ours)]
    name: str = NAMES[row.domain][described.translation_key]["name"]
    return name.replace("{number}", "*n*")


def _note(row: PeerRow) -> str:
    if row.why is Why.WORDS:
        return "presses are called otherwise here"
    if row.signed:
        return "only where both count in the same direction"
    if row.domain != "sensor":
        return ""
    described = _OURS[row.domain, row.field or str(row.ours)]
    ours = _KINDS[getattr(described, "state_class", None)]
    if row.statistic is Statistic.NONE:
        return "" if ours is Statistic.NONE else "statistics begin"
    if ours is Statistic.NONE:
        return "no statistics here: the old ones are kept under a name of their own"
    if ours is not row.statistic:
        return "other statistics here: the old ones are kept under a name of their own"
    return ""
