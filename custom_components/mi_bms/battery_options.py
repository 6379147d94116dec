"""The options form of a battery: how it is read, what of it is recorded, and corrections of what it says."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import probatio

from homeassistant.config_entries import ConfigFlowResult, OptionsFlowWithReload
from homeassistant.const import UnitOfElectricCurrent, UnitOfTemperature, UnitOfTime
from homeassistant.data_entry_flow import SectionConfig, section
from homeassistant.helpers import selector

from .const import (
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
    CONF_TEMPERATURE_OFFSET,
    DEFAULT_INTERVAL,
    DEFAULT_RELEASE,
    MAX_INTERVAL,
    MAX_RELEASE,
    MIN_INTERVAL,
)
from .coordinator import IDLE_INTERVAL, BatteryCoordinator
from .proto.bms.index import INDEX
from .proto.model.rows import Detail, bands
from .runtime import SHARED
from .words import Words, async_words

GAINS: Final = (0.1, 10.0)
MAX_BAND: Final = 10.0  # A
MAX_CAPACITY: Final = 20_000  # Ah
MAX_OFFSET: Final = 20.0  # °C
MAX_GRACE: Final = 86_400  # s
MAX_RESERVE: Final = 3  # slots; a usual proxy has no more

SHARING: Final = "sharing"  # a section of the form; options are stored without it

_WHOLE: Final = (CONF_INTERVAL, CONF_GRACE, CONF_RELEASE, CONF_RESERVE)


class Bound(NamedTuple):
    """Hold what a number may be, and the error that names it."""

    low: float
    high: float
    error: str


def _bounds(given: Mapping[str, Any]) -> dict[str, Bound]:
    """Give the bounds of all numbers; shorter than two intervals, values would come and go."""
    slowest = given[CONF_INTERVAL]
    if given[CONF_ADAPTIVE]:
        slowest = max(slowest, IDLE_INTERVAL)
    grace = Bound(min(2 * slowest, MAX_GRACE), MAX_GRACE, "grace_bounds")
    found = {
        CONF_INTERVAL: Bound(MIN_INTERVAL, MAX_INTERVAL, "interval_bounds"),
        CONF_RELEASE: Bound(1, MAX_RELEASE, "release_bounds"),
        CONF_RESERVE: Bound(0, MAX_RESERVE, "reserve_bounds"),
    }
    # Zero leaves it to the interval; anything else that is no number of seconds is out of bounds.
    return found if given[CONF_GRACE] == 0 else found | {CONF_GRACE: grace}


def _named(bounds: Mapping[str, Bound]) -> dict[str, str]:
    """Give the placeholders of the errors."""
    return {
        f"{bound.error.removesuffix('_bounds')}_{end}": f"{value:g}"
        for bound in bounds.values()
        for end, value in (("low", bound.low), ("high", bound.high))
    }


def _sharing() -> section:
    form = {
        probatio.Required(CONF_GRACE, default=0): _whole(UnitOfTime.SECONDS),
        probatio.Required(CONF_RELEASE, default=DEFAULT_RELEASE): _whole(
            UnitOfTime.MINUTES
        ),
        probatio.Required(CONF_RESERVE, default=1): _whole(),
    }
    return section(probatio.Schema(form), SectionConfig(collapsed=True))


def _whole(unit: str | None = None) -> selector.NumberSelector:
    """Make a field whose bounds are checked by the form, which names them."""
    config = selector.NumberSelectorConfig(step=1, mode=selector.NumberSelectorMode.BOX)
    if unit is not None:
        config["unit_of_measurement"] = unit
    return selector.NumberSelector(config)


def _number(
    low: float, high: float, step: float, unit: str | None = None
) -> selector.NumberSelector:
    config = selector.NumberSelectorConfig(
        min=low, max=high, step=step, mode=selector.NumberSelectorMode.BOX
    )
    if unit is not None:
        config["unit_of_measurement"] = unit
    return selector.NumberSelector(config)


def _corrections() -> section:
    form = {
        probatio.Required(CONF_INVERT, default=False): selector.BooleanSelector(),
        probatio.Required(CONF_GAIN, default=1): _number(*GAINS, 0.001),
        probatio.Required(CONF_CURRENT_BAND, default=0): _number(
            0, MAX_BAND, 0.01, UnitOfElectricCurrent.AMPERE
        ),
        probatio.Required(CONF_CAPACITY, default=0): _number(
            0, MAX_CAPACITY, 0.1, "Ah"
        ),
        probatio.Required(CONF_TEMPERATURE_OFFSET, default=0): _number(
            -MAX_OFFSET, MAX_OFFSET, 0.1, UnitOfTemperature.CELSIUS
        ),
    }
    return section(probatio.Schema(form), SectionConfig(collapsed=True))


def _schema(family: str) -> probatio.Schema:
    """Build the form; the unit is asked for only where the battery does not tell it."""
    form: dict[probatio.Marker, Any] = {
        probatio.Required(CONF_INTERVAL, default=DEFAULT_INTERVAL): _whole(
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
    form[probatio.Required(SHARING)] = _sharing()
    form[probatio.Required(CONF_CORRECTIONS)] = _corrections()
    return probatio.Schema(form)


class BatteryOptions(OptionsFlowWithReload):
    """Let the user say how a battery is read, and what it says wrongly."""

    async def async_step_init(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Show and store the options."""
        shared = self.hass.data[SHARED]
        errors: dict[str, str] = {}
        named: dict[str, str] = {}
        if user_input is not None:
            given = {**user_input, **user_input[SHARING]}
            del given[SHARING]
            bounds = _bounds(given)
            named = _named(bounds)
            errors = {
                # What stands in a section that is closed is told above all fields.
                "base" if name in user_input[SHARING] else name: bound.error
                for name, bound in bounds.items()
                if not bound.low <= given[name] <= bound.high
            }
            if not errors:
                given |= {name: int(given[name]) for name in _WHOLE}
                shared.async_set_reserve(given.pop(CONF_RESERVE))
                return self.async_create_entry(data=given)
        stored = {**self.config_entry.options, CONF_RESERVE: shared.reserve}
        shown = user_input or {**stored, SHARING: stored}
        return self.async_show_form(
            step_id="init",
            data_schema=self.add_suggested_values_to_schema(
                _schema(self.config_entry.data[CONF_FAMILY]), shown
            ),
            errors=errors,
            description_placeholders=named | await self._async_measured(shown),
        )

    async def _async_measured(self, shown: Mapping[str, Any]) -> dict[str, str]:
        """Tell how long reading takes, and what is written to the database."""
        coordinator = getattr(self.config_entry, "runtime_data", None)
        words = await async_words(self.hass)
        if not isinstance(coordinator, BatteryCoordinator):
            return {"pace": words("pace", "unknown"), "rows": words("rows", "unknown")}
        detail = Detail(shown.get(CONF_RECORDING, Detail.ALL))
        return {
            "pace": _pace(coordinator, words),
            "rows": _rows(coordinator, words, detail),
        }


def _rows(coordinator: BatteryCoordinator, words: Words, detail: Detail) -> str:
    """Say how many rows a day each detail makes, once there are readings to tell it from."""
    pack = coordinator.pack
    interval = pack.effective if pack else DEFAULT_INTERVAL
    rows = {
        one.value: coordinator.rows.estimate(bands(one), interval) for one in Detail
    }
    if None in rows.values():
        return words("rows", "unknown")
    told = {name: str(count) for name, count in rows.items()}
    return words("rows", "known", now=told[detail], **told)


def _pace(coordinator: BatteryCoordinator, words: Words) -> str:
    """Say how long reading takes and whether the interval can be kept."""
    pack = coordinator.pack
    if pack is None or pack.quality.seconds is None:
        return words("pace", "unknown")
    seconds = f"{pack.quality.seconds:.1f}"
    if pack.raised is None:
        return words("pace", "fits", seconds=seconds)
    return words(
        "pace",
        "raised",
        seconds=seconds,
        wanted=f"{pack.raised.wanted:g}",
        possible=f"{pack.raised.possible:g}",
    )
