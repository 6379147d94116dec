"""The options of a battery: how it is read, what of it is recorded, corrections, and the Energy dashboard."""

from collections.abc import Mapping
from typing import Any, Final, override

from homeassistant.config_entries import ConfigFlowResult

from ..batteries.coordinator import BatteryCoordinator
from ..batteries.options import (
    METERS,
    ROWS,
    SHARING,
    bands_of,
    detail_of,
    starts_of,
    usual_grace,
)
from ..batteries.rows import labelled, rows_per_day, told
from ..const import CONF_FAMILY, CONF_RESERVE
from ..dashboard.preferences import is_loaded
from ..entries import running
from ..options import Checked, check, form
from ..proto.bms.control import Target
from ..runtime import SHARED
from ..texts import Words, async_words
from .energy_options import EnergyOptions
from .switching_options import SwitchingOptions, async_control_of
from .window_options import WindowOptions

# Where the options of this form are stored.
_HERE: Final = frozenset(row.section if row.apart else row.key for row in ROWS)
_WHOLE: Final = frozenset(row.key for row in ROWS if row.bounds and row.step == 1)


class BatteryOptions(EnergyOptions, SwitchingOptions, WindowOptions):
    """The options of a battery: how it is read, and corrections of what it says; they act at once.

    Where it can be switched, or where there is an Energy dashboard, a menu leads there, too.
    """

    async def async_step_init(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Lead to the form, or store it; ask what is wanted where there is more."""
        if user_input is None:
            return await self.async_step_battery_menu()
        return await self.async_step_reading(user_input)

    async def async_step_battery_menu(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask what is wanted, where there is more than one thing."""
        control = await async_control_of(self.hass, self.config_entry)
        if control is None and not is_loaded(self.hass):
            return await self.async_step_reading()
        return self.async_show_menu(
            step_id="battery_menu",
            menu_options=[
                "reading",
                *(["switching"] if control else ()),
                *(["charge_window"] if self._has_window() else ()),
                *(["energy"] if is_loaded(self.hass) else ()),
            ],
        )

    async def async_step_reading(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Show and store the options; the form's answer comes back to ``init``."""
        shared = self.hass.data[SHARED]
        checked = Checked({}, {}, set())
        if user_input is not None:
            checked = check(ROWS, user_input)
            if starts_of(user_input) != starts_of(self.config_entry.options):
                # The meters run: it would count as energy of this hour.
                checked.errors["base"] = "start_fixed"
                checked.sections.add(METERS)
            if not checked.errors:
                given = {**user_input, **user_input[SHARING]}
                del given[SHARING]
                given |= {name: int(given[name]) for name in given.keys() & _WHOLE}
                shared.async_set_reserve(given.pop(CONF_RESERVE))
                given = self._others | given
                self._take(given)
                return self.async_create_entry(data=given)
        stored = {**self.config_entry.options, CONF_RESERVE: shared.reserve}
        shown = user_input or {**stored, SHARING: stored}
        coordinator = running(self.config_entry, BatteryCoordinator)
        rows = labelled(coordinator, await async_words(self.hass), shown)
        return self.async_show_form(
            step_id="init",
            data_schema=self.add_suggested_values_to_schema(
                form(
                    rows, self.config_entry.data[CONF_FAMILY], opened=checked.sections
                ),
                shown,
            ),
            errors=checked.errors,
            description_placeholders=checked.named
            | await self._async_measured(shown)
            | {"usual_grace": f"{usual_grace(self.config_entry.options):g}"},
        )

    def _has_window(self) -> bool:
        """Return whether charging may be switched."""
        coordinator = running(self.config_entry, BatteryCoordinator)
        offers = coordinator.switching.offers if coordinator else ()
        return any(one.target is Target.CHARGE for one in offers)

    @override
    def keep(self, options: dict[str, Any]) -> ConfigFlowResult:
        """Store all options of the battery, and end."""
        self._take(options)
        return self.async_create_entry(data=options)

    @property
    def _others(self) -> dict[str, Any]:
        """Return the options that have a form of their own."""
        stored = self.config_entry.options
        return {key: one for key, one in stored.items() if key not in _HERE}

    async def _async_measured(self, shown: Mapping[str, Any]) -> dict[str, str]:
        """Return how long reading takes, and what is written to the database."""
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
    """Return how many rows a day are written now, once there are readings to tell it from."""
    rows = rows_per_day(coordinator, bands_of(shown, detail_of(shown)))
    if rows is None:
        return words("rows", "unknown")
    return words("rows", "known", now=told(rows))


def _pace(coordinator: BatteryCoordinator, words: Words) -> str:
    """Return how long reading takes and whether the interval can be kept."""
    battery = coordinator.battery
    if battery.quality.seconds is None:
        return words("pace", "unknown")
    seconds = words.number(battery.quality.seconds, 1)
    if battery.raised is None:
        return words("pace", "fits", seconds=seconds)
    return words(
        "pace",
        "raised",
        seconds=seconds,
        wanted=f"{battery.raised.wanted:g}",
        possible=f"{battery.raised.possible:g}",
    )
