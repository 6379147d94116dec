"""The entities of a device of another integration, as the registry, the states and the statistics have them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from homeassistant.components.sensor.const import UNIT_CONVERTERS
from homeassistant.const import ATTR_UNIT_OF_MEASUREMENT
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er

from ..proto.takeover.model import OldRow
from .our_rows import said_of, statistic_of

_STATE_CLASS: Final = "state_class"
# Entities of these are not written again while they show the same; their devices say all values at once.
_ONLY_CHANGES: Final = frozenset({"mqtt"})
_DIGITS: Final = 3  # of a value that was converted


async def async_old_rows(
    hass: HomeAssistant, rows: Sequence[er.RegistryEntry]
) -> tuple[OldRow, ...]:
    """Return entities of one device with the units of their long-term statistics, where they have any."""
    return old_rows(
        hass, rows, await _async_units(hass, {row.entity_id for row in rows})
    )


def old_rows(
    hass: HomeAssistant,
    rows: Sequence[er.RegistryEntry],
    units: Mapping[str, str | None],
) -> tuple[OldRow, ...]:
    """Return entities of one device; ``units`` are those of statistics, by entity id."""
    found = [_old_row(hass, row, units) for row in rows]
    quiet = {row.id for row in rows if row.platform in _ONLY_CHANGES}
    spoke = [one.at for one in found if one.row_id in quiet and one.at is not None]
    return tuple(
        replace(one, at=max(spoke))
        if one.row_id in quiet and one.at is not None
        else one
        for one in found
    )


def _old_row(
    hass: HomeAssistant, row: er.RegistryEntry, units: Mapping[str, str | None]
) -> OldRow:
    state = hass.states.get(row.entity_id)
    value, at = said_of(state)
    shown = row.unit_of_measurement
    if state is not None and value is not None:
        shown = state.attributes.get(ATTR_UNIT_OF_MEASUREMENT)
    kind = row.device_class or row.original_device_class
    unit = units.get(row.entity_id, shown)
    return OldRow(
        row_id=row.id,
        entity_id=row.entity_id,
        unique_id=row.unique_id,
        name=er.async_get_full_entity_name(hass, row),
        device_class=kind,
        unit=unit,
        statistic=statistic_of((row.capabilities or {}).get(_STATE_CLASS)),
        value=_in_unit(value, kind, shown, unit),
        at=at,
        user_disabled=row.disabled_by is er.RegistryEntryDisabler.USER,
    )


def _in_unit(
    value: str | None, kind: str | None, shown: str | None, unit: str | None
) -> str | None:
    """Return a value in the unit of its statistics; its user may have it shown in another one."""
    converter = UNIT_CONVERTERS.get(kind)
    if value is None or shown == unit or converter is None:
        return value
    if not {shown, unit} <= converter.VALID_UNITS:
        return value
    try:
        converted = converter.convert(float(value), shown, unit)
    except ValueError:
        return value
    return str(round(converted, _DIGITS))


async def _async_units(
    hass: HomeAssistant, entity_ids: Iterable[str]
) -> dict[str, str | None]:
    """Return the units of long-term statistics, by entity id; empty where nobody records any."""
    if "recorder" not in hass.config.components:
        return {}
    # Not everybody has it.
    from homeassistant.components.recorder import get_instance  # noqa: PLC0415
    from homeassistant.components.recorder.statistics import get_metadata  # noqa: PLC0415

    found = await get_instance(hass).async_add_executor_job(
        lambda: get_metadata(hass, statistic_ids={*entity_ids})
    )
    return {one: said["unit_of_measurement"] for one, (_, said) in found.items()}
