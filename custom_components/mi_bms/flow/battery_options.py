"""The options form of a battery: how it is read, what of it is recorded, and corrections of what it says."""

from collections.abc import Callable, Collection, Mapping
from typing import Any, Final, NamedTuple

import probatio

from homeassistant.config_entries import ConfigFlowResult, OptionsFlow
from homeassistant.const import (
    PERCENTAGE,
    UnitOfElectricCurrent,
    UnitOfElectricPotential,
    UnitOfPower,
    UnitOfTemperature,
    UnitOfTime,
)
from homeassistant.data_entry_flow import SectionConfig, section
from homeassistant.helpers import selector

from ..batteries.coordinator import BatteryCoordinator
from ..batteries.options import bands_of, detail_of
from ..const import (
    CONF_ADAPTIVE,
    CONF_CAPACITY,
    CONF_CELSIUS,
    CONF_CORRECTIONS,
    CONF_CURRENT_BAND,
    CONF_FAMILY,
    CONF_GAIN,
    CONF_GRACE,
    CONF_INTERVAL,
    CONF_INVERT,
    CONF_RECORDING,
    CONF_RELEASE,
    CONF_RESERVE,
    CONF_STEPS,
    CONF_TEMPERATURE_OFFSET,
    DEFAULT_INTERVAL,
    DEFAULT_RELEASE,
    IDLE_INTERVAL,
    MAX_INTERVAL,
    MAX_RELEASE,
    MIN_INTERVAL,
)
from ..entries import running
from ..proto.bms.index import INDEX
from ..proto.model.fields import Field
from ..proto.model.rows import DEAD_BANDS, STEPS, Detail
from ..runtime import SHARED
from ..texts import Words, async_words

MAX_GRACE: Final = 86_400  # s

SHARING: Final = "sharing"  # a section of the form; options are stored without it

_WHOLE: Final = (CONF_INTERVAL, CONF_GRACE, CONF_RELEASE, CONF_RESERVE)


class Bound(NamedTuple):
    """Hold what a number may be, the error that names it, and the section of the form it is in."""

    low: float
    high: float
    error: str
    section: str | None = None


# One error names the bounds of all quantities.
_STEPS_ERROR: Final = "steps_bounds"
_BOUNDS: Final[Mapping[str, Bound]] = {
    CONF_INTERVAL: Bound(MIN_INTERVAL, MAX_INTERVAL, "interval_bounds"),
    CONF_RELEASE: Bound(1, MAX_RELEASE, "release_bounds", SHARING),
    # A usual proxy has no more slots.
    CONF_RESERVE: Bound(0, 3, "reserve_bounds", SHARING),
    CONF_GAIN: Bound(0.1, 10, "gain_bounds", CONF_CORRECTIONS),
    CONF_CURRENT_BAND: Bound(0, 10, "band_bounds", CONF_CORRECTIONS),
    CONF_CAPACITY: Bound(0, 20_000, "capacity_bounds", CONF_CORRECTIONS),
    CONF_TEMPERATURE_OFFSET: Bound(-20, 20, "offset_bounds", CONF_CORRECTIONS),
    Field.VOLTAGE: Bound(0, 5, _STEPS_ERROR, CONF_STEPS),
    Field.CURRENT: Bound(0, 50, _STEPS_ERROR, CONF_STEPS),
    Field.POWER: Bound(0, 2000, _STEPS_ERROR, CONF_STEPS),
    Field.BATTERY_LEVEL: Bound(0, 20, _STEPS_ERROR, CONF_STEPS),
    Field.CELL_VOLTAGE: Bound(0, 0.5, _STEPS_ERROR, CONF_STEPS),
    Field.TEMPERATURE: Bound(0, 10, _STEPS_ERROR, CONF_STEPS),
}
_STEP_UNITS: Final[Mapping[Field, str]] = {
    Field.VOLTAGE: UnitOfElectricPotential.VOLT,
    Field.CURRENT: UnitOfElectricCurrent.AMPERE,
    Field.POWER: UnitOfPower.WATT,
    Field.BATTERY_LEVEL: PERCENTAGE,
    Field.CELL_VOLTAGE: UnitOfElectricPotential.VOLT,
    Field.TEMPERATURE: UnitOfTemperature.CELSIUS,
}


def _bounds(given: Mapping[str, Any]) -> dict[str, Bound]:
    """Return the bounds of all numbers; shorter than two intervals, values would come and go."""
    found = dict(_BOUNDS)
    # Zero leaves it to the interval; anything else that is no number of seconds is out of bounds.
    if given[SHARING][CONF_GRACE] != 0:
        slowest = given[CONF_INTERVAL]
        if given[CONF_ADAPTIVE]:
            slowest = max(slowest, IDLE_INTERVAL)
        shortest = min(2 * slowest, MAX_GRACE)
        found[CONF_GRACE] = Bound(shortest, MAX_GRACE, "grace_bounds", SHARING)
    return found


class Checked(NamedTuple):
    """Hold what is wrong with what was entered: errors, their placeholders, and the sections they are in."""

    errors: dict[str, str]
    named: dict[str, str]
    sections: set[str]


def _check(given: Mapping[str, Any]) -> Checked:
    """Compare what was entered with the bounds."""
    found = Checked({}, {}, set())
    for name, bound in _bounds(given).items():
        inside = given[bound.section] if bound.section else given
        if not bound.low <= inside[name] <= bound.high:
            # What stands in a section is told above all fields, or it would not be seen.
            found.errors["base" if bound.section else name] = bound.error
            if bound.section:
                found.sections.add(bound.section)
        own = bound.error == _STEPS_ERROR
        prefix = name if own else bound.error.removesuffix("_bounds")
        found.named[f"{prefix}_low"] = f"{bound.low:g}"
        found.named[f"{prefix}_high"] = f"{bound.high:g}"
    return found


type _Fields = dict[probatio.Marker, Any]


def _section(form: _Fields, *, opened: bool) -> section:
    return section(probatio.Schema(form), SectionConfig(collapsed=not opened))


def _number(unit: str | None = None, step: float = 1) -> selector.NumberSelector:
    """Make a field whose bounds are checked by the form, which names them."""
    config = selector.NumberSelectorConfig(
        step=step, mode=selector.NumberSelectorMode.BOX
    )
    if unit is not None:
        config["unit_of_measurement"] = unit
    return selector.NumberSelector(config)


def _sharing() -> _Fields:
    return {
        probatio.Required(CONF_GRACE, default=0): _number(UnitOfTime.SECONDS),
        probatio.Required(CONF_RELEASE, default=DEFAULT_RELEASE): _number(
            UnitOfTime.MINUTES
        ),
        probatio.Required(CONF_RESERVE, default=1): _number(),
    }


def _steps() -> _Fields:
    return {
        probatio.Required(name.value, default=DEAD_BANDS[name]): _number(
            _STEP_UNITS[name], 0.001
        )
        for name in STEPS
    }


def _corrections() -> _Fields:
    return {
        probatio.Required(CONF_INVERT, default=False): selector.BooleanSelector(),
        probatio.Required(CONF_GAIN, default=1): _number(step=0.001),
        probatio.Required(CONF_CURRENT_BAND, default=0): _number(
            UnitOfElectricCurrent.AMPERE, 0.01
        ),
        probatio.Required(CONF_CAPACITY, default=0): _number("Ah", 0.1),
        probatio.Required(CONF_TEMPERATURE_OFFSET, default=0): _number(
            UnitOfTemperature.CELSIUS, 0.1
        ),
    }


_SECTIONS: Final[Mapping[str, Callable[[], _Fields]]] = {
    CONF_STEPS: _steps,
    SHARING: _sharing,
    CONF_CORRECTIONS: _corrections,
}


def _schema(family: str, opened: Collection[str] = ()) -> probatio.Schema:
    """Build the form; the unit is asked for only where the battery does not tell it."""
    form: dict[probatio.Marker, Any] = {
        probatio.Required(CONF_INTERVAL, default=DEFAULT_INTERVAL): _number(
            UnitOfTime.SECONDS
        ),
        probatio.Required(CONF_ADAPTIVE, default=False): selector.BooleanSelector(),
        probatio.Required(
            CONF_RECORDING, default=Detail.ALL.value
        ): selector.SelectSelector(
            selector.SelectSelectorConfig(
                options=[detail.value for detail in Detail],
                translation_key=CONF_RECORDING,
            )
        ),
    }
    entry = INDEX.get(family)
    if entry is not None and entry.either_unit:
        form[probatio.Required(CONF_CELSIUS, default=False)] = (
            selector.BooleanSelector()
        )
    for name, fields in _SECTIONS.items():
        form[probatio.Required(name)] = _section(fields(), opened=name in opened)
    return probatio.Schema(form)


class BatteryOptions(OptionsFlow):
    """Let the user say how a battery is read, and what it says wrongly; it is followed at once."""

    async def async_step_init(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Show and store the options."""
        shared = self.hass.data[SHARED]
        checked = Checked({}, {}, set())
        if user_input is not None:
            checked = _check(user_input)
            if not checked.errors:
                given = {**user_input, **user_input[SHARING]}
                del given[SHARING]
                given |= {name: int(given[name]) for name in _WHOLE}
                shared.async_set_reserve(given.pop(CONF_RESERVE))
                self._take(given)
                return self.async_create_entry(data=given)
        stored = {**self.config_entry.options, CONF_RESERVE: shared.reserve}
        shown = user_input or {**stored, SHARING: stored}
        return self.async_show_form(
            step_id="init",
            data_schema=self.add_suggested_values_to_schema(
                _schema(self.config_entry.data[CONF_FAMILY], checked.sections), shown
            ),
            errors=checked.errors,
            description_placeholders=checked.named | await self._async_measured(shown),
        )

    def _take(self, given: dict[str, Any]) -> None:
        """Store what was entered, and let a battery that is set up follow it without being set up anew."""
        entry = self.config_entry
        self.hass.config_entries.async_update_entry(entry, options=given)
        if coordinator := running(entry, BatteryCoordinator):
            coordinator.async_take_options()

    async def _async_measured(self, shown: Mapping[str, Any]) -> dict[str, str]:
        """Tell how long reading takes, and what is written to the database."""
        coordinator = running(self.config_entry, BatteryCoordinator)
        words = await async_words(self.hass)
        if coordinator is None:
            return {"pace": words("pace", "unknown"), "rows": words("rows", "unknown")}
        return {
            "pace": _pace(coordinator, words),
            "rows": _rows(coordinator, words, shown),
        }


def _rows(
    coordinator: BatteryCoordinator, words: Words, shown: Mapping[str, Any]
) -> str:
    """Return how many rows a day each detail makes, once there are readings to tell it from."""
    interval = coordinator.battery.effective
    rows = {
        one: coordinator.rows.estimate(bands_of(shown, one), interval) for one in Detail
    }
    if None in rows.values():
        return words("rows", "unknown")
    told = {name.value: str(count) for name, count in rows.items()}
    return words("rows", "known", now=told[detail_of(shown)], **told)


def _pace(coordinator: BatteryCoordinator, words: Words) -> str:
    """Return how long reading takes and whether the interval can be kept."""
    battery = coordinator.battery
    if battery.quality.seconds is None:
        return words("pace", "unknown")
    seconds = f"{battery.quality.seconds:.1f}"
    if battery.raised is None:
        return words("pace", "fits", seconds=seconds)
    return words(
        "pace",
        "raised",
        seconds=seconds,
        wanted=f"{battery.raised.wanted:g}",
        possible=f"{battery.raised.possible:g}",
    )
