"""Put batteries into the Energy dashboard, see how they stand there, and take them out."""

from collections.abc import Collection, Iterable
from enum import StrEnum

from homeassistant.core import HomeAssistant

from .preferences import async_preferences, is_accepted, known_fields
from .source import Offer, Source, naming, without


class Ending(StrEnum):
    """How putting batteries into the dashboard ended."""

    WRITTEN = "written"
    THERE = "there"
    REFUSED = "refused"
    NO_DASHBOARD = "no_dashboard"


async def async_standing(hass: HomeAssistant, meters: Collection[str]) -> list[Source]:
    """Return what stands in the dashboard of a battery with these meters."""
    async with async_preferences(hass) as preferences:
        return naming(preferences.sources, meters) if preferences else []


async def async_put_in(hass: HomeAssistant, offers: Iterable[Offer]) -> Ending:
    """Put batteries beside what is there; all of them or none."""
    async with async_preferences(hass) as preferences:
        if preferences is None:
            return Ending.NO_DASHBOARD
        known, sources = known_fields(), preferences.sources
        for offer in offers:
            # Home Assistant takes the same battery twice, and counts it twice then.
            if naming(sources, {offer.charged, offer.discharged}):
                return Ending.THERE
            source = offer.source(known)
            if not is_accepted(source):
                return Ending.REFUSED
            sources.append(source)
        taken = await preferences.async_store_sources(sources)
    return Ending.WRITTEN if taken else Ending.REFUSED


async def async_take_out(hass: HomeAssistant, gone: set[str]) -> bool:
    """Take batteries with these entities out; return whether there was anything to take out."""
    async with async_preferences(hass) as preferences:
        if preferences is None:
            return False
        before = preferences.sources
        after = without(before, gone)
        if after == before:
            return False
        return await preferences.async_store_sources(after)
