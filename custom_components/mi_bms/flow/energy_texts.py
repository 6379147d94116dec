"""How a battery stands in the Energy dashboard, or will, line by line; and why it cannot."""

from collections.abc import Iterable
from typing import Final

from homeassistant.core import HomeAssistant

from ..dashboard.parts import METERS, Parts
from ..dashboard.source import Offer, Source, power_config
from ..texts import Words

LINE: Final = "energy_line"
NOTE: Final = "energy_note"
FAULT: Final = "energy_fault"
MISTAKE: Final = "energy_mistake"
# In the order of the dashboard's own form.
_BEFORE: Final = ("stat_energy_from", "stat_energy_to")
_AFTER: Final = ("stat_soc", "capacity", "name")


def lines_of(hass: HomeAssistant, source: Source, words: Words) -> str:
    """Return each field of a battery, as the dashboard's own form calls it."""
    # What the dashboard makes of a power is its own affair.
    rate = power_config(source) or {"stat_rate": source.get("stat_rate")}
    shown = {key: source.get(key) for key in _BEFORE}
    shown |= rate
    shown |= {key: source.get(key) for key in _AFTER}
    return "\n".join(
        f"- {words(LINE, key, value=_called(hass, value))}"
        for key, value in shown.items()
        if value is not None
    )


def _called(hass: HomeAssistant, value: object) -> str:
    """Return an entity by its name and its id; anything else as it is."""
    if isinstance(value, int | float):
        return f"{value:g}"
    if not isinstance(value, str):
        return str(value)
    state = hass.states.get(value) if "." in value else None
    return f"{state.name} ({value})" if state else value


def notes_of(parts: Parts, words: Words) -> str:
    """Return what of a battery stays out of the dashboard, and why."""
    return "\n\n".join(
        words(NOTE, part, why=words(FAULT, fault))
        for part, fault in parts.faults.items()
        if part not in METERS
    )


def refusal_of(parts: Parts, words: Words) -> str:
    """Return why a battery cannot stand in the dashboard, and what to do."""
    faults = (parts.faults[part] for part in METERS if part in parts.faults)
    return words.sentences(
        words(FAULT, f"meters_{fault}") for fault in dict.fromkeys(faults)
    )


def mistakes_of(offer: Offer | None, sources: Iterable[Source], words: Words) -> str:
    """Return what is wrong with a battery that stands in the dashboard."""
    found = (one for source in sources if offer for one in offer.mistakes(source))
    return "\n\n".join(words(MISTAKE, one) for one in dict.fromkeys(found))
