"""What triggers and conditions of batteries share: which entities they look at, and in which unit."""

from typing import Final

from homeassistant.const import ATTR_UNIT_OF_MEASUREMENT, UnitOfElectricPotential
from homeassistant.core import HomeAssistant, State
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
from homeassistant.util.unit_conversion import ElectricPotentialConverter

from ..const import DOMAIN
from ..proto.model.fields import Field

CONF_ALARM: Final = "alarm"
CONF_DIFFERENCE: Final = "difference"  # mV
WIDEST: Final = 5000.0


def those_of(hass: HomeAssistant, entities: set[str], field: Field) -> set[str]:
    """Return our entities that show one field: a target may be a whole house."""
    registry = er.async_get(hass)
    return {
        entity_id
        for entity_id in entities
        if (row := registry.async_get(entity_id))
        and (row.platform, row.translation_key) == (DOMAIN, field)
    }


def millivolts(state: State) -> float | None:
    """Return a voltage, in whichever unit the user has it shown; None if there is none."""
    try:
        return ElectricPotentialConverter.convert(
            float(state.state),
            state.attributes.get(ATTR_UNIT_OF_MEASUREMENT),
            UnitOfElectricPotential.MILLIVOLT,
        )
    except ValueError, HomeAssistantError:
        return None
