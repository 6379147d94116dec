"""The only touch with Home Assistant's Energy dashboard: read what it keeps, and store it changed.

Home Assistant promises integrations nothing here, so whatever is not as expected counts as a dashboard
that is not there. What is handed over runs through its own schema first: its manager stores anything.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
import contextlib
import logging
from typing import Any, Final, NamedTuple

import probatio

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.util.hass_dict import HassKey

from ..const import DOMAIN
from .source import POWER_CONFIG, SOURCES, Source, power_config

_LOGGER = logging.getLogger(__name__)

ENERGY: Final = "energy"
_LOCK: HassKey[asyncio.Lock] = HassKey(f"{DOMAIN}.dashboard")


@callback
def is_loaded(hass: HomeAssistant) -> bool:
    """Return whether this Home Assistant has an Energy dashboard."""
    return ENERGY in hass.config.components


class _Turned(NamedTuple):
    """The sensor that the dashboard makes of another one's power, by what it is made from."""

    unique_id: str
    entity_id: str


def _turned(source: Source) -> _Turned | None:
    from homeassistant.components.energy import helpers  # noqa: PLC0415

    config: Any = power_config(source)
    if not config or "stat_rate" in config:
        return None
    kind = str(source.get("type"))
    return _Turned(
        helpers.generate_power_sensor_unique_id(kind, config),
        helpers.generate_power_sensor_entity_id(kind, config),
    )


class Preferences:
    """What the Energy dashboard keeps, while nobody else here changes it."""

    def __init__(self, hass: HomeAssistant, manager: Any) -> None:
        """Take Home Assistant's own manager."""
        self._hass, self._manager = hass, manager

    @property
    def data(self) -> Mapping[str, Any]:
        """Return everything; nothing before the dashboard was set up."""
        return self._manager.data or {}

    @property
    def sources(self) -> list[Source]:
        """Return what energy comes from and goes to."""
        found = self.data.get(SOURCES)
        return list(found) if isinstance(found, list) else []

    async def async_store_sources(self, sources: list[Source]) -> bool:
        """Store all sources; return whether they were taken."""
        return await self.async_store({**self.data, SOURCES: sources})

    async def async_store(self, data: Mapping[str, Any]) -> bool:
        """Store everything; return whether it was taken.

        What lies there may be damaged so that Home Assistant itself cannot read it.
        """
        try:
            await self._async_store(data)
        except (AttributeError, KeyError, TypeError, ValueError) as err:
            _LOGGER.warning("The Energy dashboard cannot be written (%r)", err)
            return False
        return True

    async def _async_store(self, data: Mapping[str, Any]) -> None:
        """Store everything; sensors that the dashboard had made go along, or go.

        A sensor of turned power is named after what it is made from. It is let go of first, then
        renamed, then taken up again: so its history stays one.
        """
        before, after = self.sources, data.get(SOURCES, [])
        moved = {
            number: (was, new)
            for number, (one, other) in enumerate(zip(before, after, strict=False))
            if len(before) == len(after)
            and (was := _turned(one))
            and (new := _turned(other))
            and was != new
        }
        if moved:
            await self._manager.async_update({SOURCES: _let_go(before, moved)})
            for was, new in moved.values():
                self._rename(was, new)
        await self._manager.async_update(dict(data))
        kept = {_turned(one) for one in after}
        for one in before:
            if (was := _turned(one)) and was not in kept:
                self._forget(was)

    def _rename(self, was: _Turned, new: _Turned) -> None:
        registry = er.async_get(self._hass)
        entity_id = self._find(was)
        if entity_id is None or self._find(new):
            return
        registry.async_update_entity(entity_id, new_unique_id=new.unique_id)
        # What the user has called it stays; a name that is taken is none for it.
        if entity_id == was.entity_id and not registry.async_get(new.entity_id):
            registry.async_update_entity(entity_id, new_entity_id=new.entity_id)

    def _forget(self, was: _Turned) -> None:
        if entity_id := self._find(was):
            er.async_get(self._hass).async_remove(entity_id)

    def _find(self, one: _Turned) -> str | None:
        registry = er.async_get(self._hass)
        return registry.async_get_entity_id(Platform.SENSOR, ENERGY, one.unique_id)


def _let_go(sources: list[Source], moved: Mapping[int, object]) -> list[Source]:
    bare = {POWER_CONFIG, "stat_rate"}
    return [
        {key: value for key, value in one.items() if key not in bare}
        if number in moved
        else one
        for number, one in enumerate(sources)
    ]


@contextlib.asynccontextmanager
async def async_preferences(hass: HomeAssistant) -> AsyncIterator[Preferences | None]:
    """Hold the preferences, None where there is no dashboard; one at a time may change them."""
    if not is_loaded(hass):
        yield None
        return
    try:
        # It is loaded, so that importing it costs nothing.
        from homeassistant.components.energy import data  # noqa: PLC0415

        manager = await data.async_get_manager(hass)
    except ImportError, AttributeError:
        _LOGGER.warning("This Home Assistant keeps its Energy dashboard otherwise")
        yield None
        return
    async with hass.data.setdefault(_LOCK, asyncio.Lock()):
        yield Preferences(hass, manager)


def known_fields() -> set[str]:
    """Return the fields of a battery that this Home Assistant knows."""
    from homeassistant.components.energy import data  # noqa: PLC0415

    return {str(key) for key in data.BATTERY_SOURCE_SCHEMA.schema}


def is_accepted(source: Source) -> bool:
    """Return whether Home Assistant's own schema takes a source."""
    from homeassistant.components.energy import data  # noqa: PLC0415

    try:
        data.ENERGY_SOURCE_SCHEMA([dict(source)])
    except probatio.Invalid:
        return False
    return True
