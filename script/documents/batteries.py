"""The tables of batteries."""

from collections.abc import Iterable
import contextlib
import json

from custom_components.mi_bms.proto.bms import matching, registry
from custom_components.mi_bms.proto.bms.catalogue import Listing, Match, Secret
from custom_components.mi_bms.proto.bms.contract import Family
from custom_components.mi_bms.proto.bms.control import Confidence, Control, Target
from custom_components.mi_bms.proto.bms.index import INDEX
from custom_components.mi_bms.proto.bms.uuids import expand
from custom_components.mi_bms.proto.model.errors import Unsupported

from .markdown import ROOT, joined, table

FIXTURES = ROOT / "tests" / "fixtures" / "bms"
PASSWORD = {Secret.NONE: "", Secret.TEXT: "password, if set", Secret.PIN: "PIN"}


def batteries_number() -> int:
    """Count the types of batteries that have a decoder."""
    return sum(1 for _ in _supported())


def batteries() -> list[str]:
    """List the battery families that have a decoder."""
    rows = [
        (
            entry.title,
            ", ".join(entry.brands),
            _looks(entry),
            PASSWORD[entry.password.kind],
            _tested(family),
        )
        for entry, family in _supported()
    ]
    return table(
        ("Type", "Sold as", "Shows up as", "Password", "Tested with answers"), rows
    )


def switched() -> list[str]:
    """List what of which battery can be switched, and how sure that is."""
    rows = [
        (
            entry.title,
            _targets(family.control, Confidence.PROVEN),
            _targets(family.control, Confidence.EXPERIMENTAL),
            "password" if family.control.unlock else "",
        )
        for entry, family in _supported()
        if family.control
    ]
    return table(("Type", "Proven", "Experimental", "Needs"), rows)


def _targets(control: Control, confidence: Confidence) -> str:
    """Return what can be switched, with how much certainty."""
    return ", ".join(
        TARGETS[one.target] for one in control.switches if one.confidence is confidence
    )


TARGETS = {
    Target.CHARGE: "charging",
    Target.DISCHARGE: "discharging",
    Target.BALANCER: "balancer",
    Target.HEATER: "heater",
    Target.ALARM: "clear alarm",
}

GAPS = {
    matching.MatcherGap.ADDRESS: "only the address tells it from other devices, and Home Assistant cannot look for"
    " addresses",
    matching.MatcherGap.NAME: "the name may begin in more ways than Home Assistant can look for",
}


def not_offered() -> list[str]:
    """List the batteries that do not appear by themselves, or not under each of their names."""
    rows = [
        (
            INDEX[family_id].title,
            f"`{row.name}`" if row.name else _signs(row),
            f"`{row.discover}`" if row.discover else "never",
            GAPS[gap],
        )
        for family_id, row, gap in matching.not_offered()
    ]
    return table(("Type", "Recognised as", "Appears by itself", "Why"), rows)


def _looks(entry: Listing) -> str:
    """Return how the adverts of a family look: names first, then what is told by other signs."""
    if entry.manual:
        return "anything: choose the type by hand, or let it be found out"
    named = joined(_called(row, entry) for row in entry.match if row.name)
    others = joined(_signs(row) for row in entry.match if not row.name)
    return "; ".join(part for part in (named, others) if part)


def _called(row: Match, entry: Listing) -> str:
    """Return a name with whose it is, where only some of a family's brands have it."""
    whose = (
        f" ({', '.join(row.brands)})" if 0 < len(row.brands) < len(entry.brands) else ""
    )
    return f"`{row.name}`{whose}"


def _signs(row: Match) -> str:
    """Return what an advert without a certain name has."""
    signs = [f"service `{_short(row.service)}`"] if row.service else []
    signs += [f"service data `{_short(row.service_data)}`"] if row.service_data else []
    if row.mfr:
        signs.append("maker " + " or ".join(f"`{mfr:#06x}`" for mfr in row.mfr))
    if row.ouis:
        signs.append("address " + " or ".join(f"`{oui}…`" for oui in row.ouis))
    if row.own_address:
        signs.append("its own address as data")
    return " with ".join((signs[0], " and ".join(signs[1:]))) if signs[1:] else signs[0]


def _short(uuid: str) -> str:
    """Return the four digits of a UUID that is in the Bluetooth base."""
    return uuid[4:8] if expand(uuid[4:8]) == uuid else uuid


def _tested(family: Family) -> str:
    """Count the answers that the tests replay, and say where no hardware has confirmed the protocol."""
    vectors = json.loads((FIXTURES / f"{family.id}.json").read_text())
    made = sum("synthesised" in vector["source"] for vector in vectors)
    parts = [
        f"{count} {kind}"
        for count, kind in ((len(vectors) - made, "published"), (made, "synthesised"))
        if count
    ]
    if family.uncertain or made == len(vectors):
        parts.append("untested on hardware")
    return ", ".join(parts)


def _supported() -> Iterable[tuple[Listing, Family]]:
    for name, entry in sorted(INDEX.items(), key=lambda item: item[1].title.casefold()):
        with contextlib.suppress(Unsupported):
            yield entry, registry.load(name)
