"""One quantity of a bank as an entity: its value, and which member it is of."""

from typing import Any, Final, override

from homeassistant.components.sensor import SensorEntity
from homeassistant.core import callback
from homeassistant.helpers.entity import EntityDescription

from ..proto.model.fields import Field
from ..proto.model.reading import Value
from ..proto.model.rows import DEAD_BANDS, worth_a_row
from .coordinator import BankCoordinator
from .entity import BankDeviceEntity

_SECONDS: Final = 3600.0  # of the unit in which times are shown
_DIGITS: Final = 4
# What is told while it goes one way only.
_ONE_WAY: Final = frozenset({Field.RUNTIME, Field.TIME_TO_FULL})


class BankEntity(BankDeviceEntity):
    """One quantity of a bank as it is now."""

    def __init__(
        self, coordinator: BankCoordinator, description: EntityDescription
    ) -> None:
        """Take the row of the quantity."""
        super().__init__(coordinator, description)
        self.field = Field(description.key)

    @property
    @override
    def available(self) -> bool:
        """Return whether any member counts."""
        return self.coordinator.data.available

    @property
    def said(self) -> Value | None:
        """Return the value of this moment."""
        return self.coordinator.data.sample.values.get(self.field)

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        """Return which member, and which of its cells, the value is of."""
        where = self.coordinator.data.where.get(self.field)
        if where is None:
            return {}
        cell = {} if where.cell is None else {"cell": where.cell}
        return {"batteries": self.coordinator.called(where.members), **cell}


class BankSensor(BankEntity, SensorEntity):
    """A number or a word of a bank."""

    _written: object = None
    _was_available: bool | None = None

    @property
    @override
    def available(self) -> bool:
        """Return whether there is a value; of the two times there is none while it goes the other way."""
        told = self.field not in _ONE_WAY or self.said is not None
        return told and super().available

    @property
    @override
    def native_value(self) -> Value | None:
        """Return the value in the unit of its row."""
        value = self.said
        if self.field in _ONE_WAY and isinstance(value, int | float):
            return round(value / _SECONDS, _DIGITS)
        return value

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        """Write what is worth a row: a bank changes with each of its batteries."""
        there, said = self.available, self.said
        band = DEAD_BANDS.get(self.field, 0.0)
        turned = there is not self._was_available
        if not band or turned or worth_a_row(said, self._written, band):
            self._written, self._was_available = said, there
            super()._handle_coordinator_update()
