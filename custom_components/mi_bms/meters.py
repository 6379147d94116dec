"""The meters of a battery or a bank in Home Assistant: sensors that never fall.

A meter goes out as sensors. What the recorder and Home Assistant remember of them comes in before the
first state is written: a total that were smaller for a moment would be counted once more as a whole. A
recorder that takes long, as after a start on a slow machine, has them show nothing until it has told.
"""

from abc import abstractmethod
import asyncio
from collections.abc import Callable, Mapping
import logging
from math import floor
from typing import Any, Final, override

from homeassistant.components.sensor import (
    RestoreSensor,
    SensorDeviceClass,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import (
    ATTR_UNIT_OF_MEASUREMENT,
    EVENT_HOMEASSISTANT_STOP,
    EntityCategory,
    UnitOfEnergy,
    UnitOfRatio,
)
from homeassistant.core import Event, HomeAssistant, State, callback
from homeassistant.util.unit_conversion import EnergyConverter

from .proto.energy.day import Day
from .proto.energy.measures import MEASURES, TOTALS, Measure
from .proto.energy.meter import Meter
from .proto.energy.rows import Rows

_LOGGER = logging.getLogger(__name__)

_PATIENCE: Final = 10.0  # s that others wait while the recorder tells what it knows
_LOOKED_AT: Final = (
    20  # last states; of a battery that is often unavailable most are none
)
_NOISE: Final = 1e-6
_SHORTEN: Final = "loads change faster than it is read: shorten the interval"
_UNITS: Final = {"%": UnitOfRatio.PERCENTAGE, "kWh": UnitOfEnergy.KILO_WATT_HOUR}
_DAY: Final = (
    "measured_s",
    "left_out_s",
    "longest_gap_s",
    "estimated_in",
    "estimated_out",
)


def _described(name: Measure) -> SensorEntityDescription:
    row = MEASURES[name]
    energy = row.unit == UnitOfEnergy.KILO_WATT_HOUR
    return SensorEntityDescription(
        key=name,
        translation_key=name,
        device_class=SensorDeviceClass.ENERGY if energy else None,
        native_unit_of_measurement=_UNITS.get(row.unit, row.unit) or None,
        state_class=SensorStateClass.TOTAL_INCREASING
        if row.total
        else SensorStateClass.MEASUREMENT,
        suggested_display_precision=row.digits,
        # The Energy dashboard is where they are looked at: it takes what is no diagnostic, hidden or
        # not, and the overview that Home Assistant makes by itself keeps room for what is now.
        entity_category=None if energy else EntityCategory.DIAGNOSTIC,
        entity_registry_visible_default=not energy,
        entity_registry_enabled_default=row.shown,
    )


METERS: Final[Mapping[Measure, SensorEntityDescription]] = {
    name: _described(name) for name in Measure
}


def report(meter: Meter, day: Day) -> dict[str, Any]:
    """Return what diagnostics tell: totals, the day, and whether it is read too seldom."""
    return {
        **{name.value: round(meter.total(name), 3) for name in TOTALS},
        Measure.EFFICIENCY.value: meter.efficiency,
        Measure.ENERGY_COVERAGE.value: day.coverage,
        **day.to_json(),
        "dropped": dict(meter.dropped),
        "aliased": meter.aliased,
        "advice": _SHORTEN if meter.aliased else None,
    }


async def async_recorded(hass: HomeAssistant, entity_id: str) -> list[State]:
    """Return the last states of an entity that the database holds; none where it cannot tell."""
    if "recorder" not in hass.config.components:
        return []
    # Not everybody has it.
    from homeassistant.components.recorder import get_instance, history  # noqa: PLC0415

    try:
        found = await get_instance(hass).async_add_executor_job(
            history.get_last_state_changes, hass, _LOOKED_AT, entity_id
        )
    except Exception:  # noqa: BLE001  (whatever a database may raise: the own store still counts)
        _LOGGER.warning("The recorder does not tell the last state of %s", entity_id)
        return []
    return found.get(entity_id, [])


class MeterSensor(RestoreSensor):
    """One quantity of a meter; whoever feeds that calls ``async_show`` then."""

    _unrecorded_attributes = frozenset(_DAY)

    def __init__(self, meter: Meter, name: Measure, clock: Callable[[], float]) -> None:
        """Take the row of the quantity, and a clock that runs on."""
        self.entity_description = METERS[name]
        self.meter, self.measure = meter, name
        self._row = MEASURES[name]
        self._rows, self._clock = Rows(self._row.step), clock
        self._is_told = not self._row.total

    @abstractmethod
    def today(self) -> Day:
        """Return how much of the day was measured until now."""

    @property
    @override
    def native_value(self) -> float | None:
        """Return the value, with as many decimals as are told; a total is never rounded up."""
        if not self._is_told:
            return None
        if self._row.total:
            scale = 10.0**self._row.digits
            return floor(self.meter.total(self.measure) * scale + _NOISE) / scale
        if self.measure is Measure.EFFICIENCY:
            value = self.meter.efficiency
        else:
            value = self.today().coverage
        return None if value is None else round(value, self._row.digits)

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any] | None:
        """Return of which times the day is made, beside the measured share."""
        if self.measure is not Measure.ENERGY_COVERAGE:
            return None
        day = self.today().to_json()
        return {name: round(day[name], 3) for name in _DAY}

    @override
    async def async_added_to_hass(self) -> None:
        """Go on from the highest value that was ever recorded."""
        if self._row.total:
            await self._async_go_on()

        @callback
        def stops(_event: Event) -> None:
            self.async_show(urgent=True)

        self.async_on_remove(
            self.hass.bus.async_listen(EVENT_HOMEASSISTANT_STOP, stops)
        )
        await super().async_added_to_hass()

    async def _async_go_on(self) -> None:
        """Take what Home Assistant remembers of the state; what the recorder does may come later."""
        if (last := await self.async_get_last_sensor_data()) is not None:
            self._lift(last.native_value, last.native_unit_of_measurement)
        asked = self.hass.async_create_background_task(
            async_recorded(self.hass, self.entity_id), f"{self.entity_id} as recorded"
        )

        @callback
        def leave() -> None:
            asked.cancel()

        self.async_on_remove(leave)
        await asyncio.wait({asked}, timeout=_PATIENCE)
        if asked.done():
            self._told(asked)
        else:
            asked.add_done_callback(self._told_late)

    @callback
    def _told(self, asked: asyncio.Task[list[State]]) -> None:
        """Go on from the highest of the states that were recorded."""
        for one in asked.result():
            self._lift(one.state, one.attributes.get(ATTR_UNIT_OF_MEASUREMENT))
        self._is_told = True

    @callback
    def _told_late(self, asked: asyncio.Task[list[State]]) -> None:
        """Do so, and show what was not known until now."""
        if not asked.cancelled():
            self._told(asked)
            self.async_show(urgent=True)

    def _lift(self, state: object, unit: str | None) -> None:
        if (value := self._in_unit(state, unit)) is not None:
            self.meter.lift(self.measure, value)

    def _in_unit(self, state: object, unit: str | None) -> float | None:
        """Return a state in the unit of the row; the user may have chosen another one."""
        try:
            value = float(str(state))
        except ValueError:
            return None
        own = self._row.unit
        if own == UnitOfEnergy.KILO_WATT_HOUR and unit in EnergyConverter.VALID_UNITS:
            value = EnergyConverter.convert(value, unit, own)
        return value if value < float("inf") else None

    @callback
    def async_show(self, *, urgent: bool = False) -> None:
        """Write the state if it is worth a row; ``urgent``: before it cannot be written any more."""
        if self._rows.worth(self.native_value, self._clock(), urgent=urgent):
            self.async_write_ha_state()
