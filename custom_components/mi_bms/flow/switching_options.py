"""Options that allow a battery to be switched: off by default, with what can go wrong said first.

What is experimental is asked for once more, in a form of its own. A password is taken and never shown.
"""

from collections.abc import Collection
from typing import Any, Final

import probatio

from homeassistant.config_entries import ConfigEntry, ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.helpers import selector

from ..batteries.commanding import TARGETS
from ..batteries.coordinator import BatteryCoordinator
from ..batteries.options import (
    ALLOW_SWITCHING,
    ARM_MINUTES,
    EXPERIMENTAL,
    FACTORY_PASSWORD,
    POWERS_HOME,
    SWITCHING_ROWS,
)
from ..const import CONF_CONTROL_PASSWORD, CONF_FAMILY, CONF_PASSWORD_TYPED
from ..entries import name_of, running
from ..options import Checked, check, form
from ..proto.bms import registry
from ..proto.bms.control import Confidence, Control
from ..proto.model.errors import Unsupported
from ..texts import Words, async_words
from .entry_options import EntryOptions

CONF_UNDERSTOOD: Final = "understood"
_MOST: Final = 64  # characters of a password
_PASSWORD: Final = probatio.Optional(probatio.Secret(CONF_CONTROL_PASSWORD))
_PASSWORD_FIELD: Final = selector.TextSelector(
    selector.TextSelectorConfig(type=selector.TextSelectorType.PASSWORD)
)
_UNDERSTOOD: Final = probatio.Schema(
    {probatio.Required(CONF_UNDERSTOOD, default=False): selector.BooleanSelector()}
)


async def async_control_of(
    hass: HomeAssistant, entry: ConfigEntry[Any]
) -> Control | None:
    """Return how a battery is switched, None where it cannot be; its entry may be disabled."""
    if coordinator := running(entry, BatteryCoordinator):
        return coordinator.family.control
    try:
        family = await hass.async_add_import_executor_job(
            registry.load, entry.data[CONF_FAMILY]
        )
    except Unsupported:
        return None
    return family.control


def _offer(control: Control, words: Words) -> str:
    """Return what of a battery can be switched, and how sure that is."""
    sorted_out = {
        one: [row.target for row in control.switches if row.confidence is one]
        for one in Confidence
    }
    return words.sentences(
        words(
            "switching_offer",
            f"{one}" if targets else f"{one}_none",
            targets=words.listed(words(TARGETS, target) for target in targets),
        )
        for one, targets in sorted_out.items()
        if targets or one is Confidence.PROVEN
    )


def _with_password(schema: probatio.Schema) -> probatio.Schema:
    """Return a form with a field for the password, right after what matters most."""
    fields: dict[Any, Any] = {}
    for marker, field in schema.schema.items():
        fields[marker] = field
        if marker == POWERS_HOME.key:
            fields[_PASSWORD] = _PASSWORD_FIELD
    return probatio.Schema(fields)


class SwitchingOptions(EntryOptions):
    """Whether a battery may be switched from here, and how."""

    def __init__(self) -> None:
        """Begin with nothing given."""
        self._given: dict[str, Any] = {}
        self._word: str | None = None

    async def async_step_switching(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Show and store whether commands are allowed at all."""
        control = await async_control_of(self.hass, self.config_entry)
        if control is None:
            return self.async_abort(reason="switching_not_known")
        rows = [row for row in SWITCHING_ROWS if row.key not in _absent(control)]
        checked = Checked({}, {}, set())
        if user_input is not None:
            checked = check(rows, user_input)
            given = dict(user_input)
            self._word = (given.pop(CONF_CONTROL_PASSWORD, None) or "").strip() or None
            checked.errors.update(self._wrong(control, given))
            if not checked.errors:
                given[ARM_MINUTES.key] = int(given[ARM_MINUTES.key])
                self._given = given
                if self._is_new(EXPERIMENTAL.key):
                    return await self.async_step_experimental()
                return self._store()
        stored = {**self.config_entry.options, **(user_input or {})}
        schema = form(rows, self.config_entry.data[CONF_FAMILY], stored=stored)
        words = await async_words(self.hass)
        return self.async_show_form(
            step_id="switching",
            data_schema=schema if control.unlock is None else _with_password(schema),
            errors=checked.errors,
            description_placeholders=checked.named
            | {
                "name": name_of(self.hass, self.config_entry),
                "offer": _offer(control, words),
            },
        )

    async def async_step_experimental(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask once more before what is not proven is offered."""
        errors = {}
        if user_input is not None:
            if user_input[CONF_UNDERSTOOD]:
                return self._store()
            errors[CONF_UNDERSTOOD] = "not_understood"
        return self.async_show_form(
            step_id="experimental", data_schema=_UNDERSTOOD, errors=errors
        )

    def _wrong(self, control: Control, given: dict[str, Any]) -> dict[str, str]:
        """Return what is wrong with the password that was given, or left out."""
        if control.unlock is None:
            return {}
        factory = given.get(FACTORY_PASSWORD.key, False)
        if self._word and factory:
            return {"base": "password_twice"}
        known = (
            self._word or factory or self.config_entry.data.get(CONF_CONTROL_PASSWORD)
        )
        if given[ALLOW_SWITCHING.key] and not known:
            return {CONF_CONTROL_PASSWORD: "password_needed"}
        return {}

    def _is_new(self, key: str) -> bool:
        """Return whether commands are allowed, and one of their switches was off until now."""
        stored = self.config_entry.options
        before = ALLOW_SWITCHING.of(stored) and stored.get(key, False)
        now = self._given[ALLOW_SWITCHING.key] and self._given.get(key, False)
        return bool(now and not before)

    def _store(self) -> ConfigFlowResult:
        """Store what was given; a password goes to what nobody is shown."""
        data, options = (
            dict(self.config_entry.data),
            {**self.config_entry.options, **self._given},
        )
        if self._word:
            data[CONF_CONTROL_PASSWORD] = self._word
            # Typed again, it may be tried again, though it be the same one.
            data[CONF_PASSWORD_TYPED] = data.get(CONF_PASSWORD_TYPED, 0) + 1
        elif FACTORY_PASSWORD.of(options):
            data.pop(CONF_CONTROL_PASSWORD, None)
        self._take(options, data)
        return self.async_create_entry(data=options)

    def _take(
        self, options: dict[str, Any], data: dict[str, Any] | None = None
    ) -> None:
        """Store options, and let a battery that is set up follow them without being set up anew."""
        entry = self.config_entry
        self.hass.config_entries.async_update_entry(
            entry, data=entry.data if data is None else data, options=options
        )
        if coordinator := running(entry, BatteryCoordinator):
            coordinator.async_take_options()


def _absent(control: Control) -> Collection[str]:
    """Return the options that mean nothing for a battery of this kind."""
    absent = set()
    if all(one.confidence is Confidence.PROVEN for one in control.switches):
        absent.add(EXPERIMENTAL.key)
    if control.factory_password is None:
        absent.add(FACTORY_PASSWORD.key)
    return absent
