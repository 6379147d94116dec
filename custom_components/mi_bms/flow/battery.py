"""The steps of a battery: what type it is, its password, and whether it can be read.

It is read once, without changing anything in it, before its entry is made.
"""

from collections.abc import Iterable
import contextlib
from typing import Any, Final, cast, override

import probatio

from homeassistant.config_entries import (
    SOURCE_IMPORT,
    SOURCE_RECONFIGURE,
    ConfigEntry,
    ConfigFlowResult,
)
from homeassistant.const import CONF_ADDRESS, CONF_PASSWORD
from homeassistant.data_entry_flow import FlowResultType

from ..bluetooth.discovery import advert_of, find
from ..const import CONF_FAMILY, CONF_KIND, CONF_PROFILE, KIND_BATTERY
from ..dashboard.preferences import is_loaded
from ..proto.bms.catalogue import Secret
from ..proto.bms.index import INDEX
from ..proto.bms.matching import recognise
from ..proto.bms.profile import Profile
from ..proto.model.errors import (
    AuthNeeded,
    FrameError,
    MiBmsError,
    NoAnswer,
    PairingNeeded,
    Unreachable,
    Unsupported,
)
from ..proto.model.sample import BmsSample
from .base import FAILED, WHY
from .battery_errors import ERRORS, word_of
from .battery_fields import FIND_OUT, MAYBE_PASSWORD, PASSWORD, family_field
from .battery_reading import BatteryReading, async_hand_over_first
from .meter_start import start_fields, start_options

# What a battery of another family leads to.
_OTHER_FAMILY: Final = (ERRORS[FrameError], ERRORS[Unsupported])
# What makes the type doubtful, so that another one can be chosen.
_DOUBTFUL: Final = (*_OTHER_FAMILY, ERRORS[NoAnswer])
_LOOKALIKE: Final = "maybe_controller"

type _Made = tuple[BmsSample, dict[str, Any]]


class BatterySteps(BatteryReading):
    """The steps that read a battery and make its entry, or change that."""

    def __init__(self) -> None:
        """Begin without a failure."""
        super().__init__()
        self._why = self._att = "-"
        self._options: dict[str, Any] = {}
        self._made: _Made | None = None
        self._update: dict[str, Any] = {}  # of the entry that is changed

    async def async_step_battery(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Read a recognised battery once, and ask whether it is the one."""
        if user_input is not None:
            return self._show_work(self._async_battery(user_input))
        return await self._async_offer() or await self._async_battery(None)

    async def _async_battery(
        self, user_input: dict[str, Any] | None
    ) -> ConfigFlowResult:
        errors: dict[str, str] = {}
        if user_input is not None:
            self._options = start_options(user_input)
            choice = user_input.get(CONF_FAMILY, self._families[0])
            if result := await self._async_try(choice, errors):
                return result
            found = await self._async_propose(choice, errors)
            if not found and errors["base"] in _DOUBTFUL:
                return self._show_types(choice, errors)
        fields = start_fields()
        if len(self._families) > 1:
            kinds = {probatio.Required(CONF_FAMILY): family_field(self._families)}
            fields = kinds | fields
        else:
            self._set_confirm_only()
        return self.async_show_form(
            step_id="battery",
            data_schema=probatio.Schema(fields),
            errors=errors,
            description_placeholders=self._battery_placeholders()
            | {"about": await self._async_about()},
        )

    async def async_step_family(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Let the user say what battery it is, or have it found out."""
        if user_input is not None:
            return self._show_work(self._async_family(user_input))
        return await self._async_family(None)

    async def _async_family(
        self, user_input: dict[str, Any] | None
    ) -> ConfigFlowResult:
        errors: dict[str, str] = {}
        choice = None
        if user_input is not None:
            choice = user_input[CONF_FAMILY]
            self._secret = user_input.get(CONF_PASSWORD) or self._secret
            if result := await self._async_try(choice, errors):
                return result
            choice = await self._async_propose(choice, errors) or choice
        elif self.source == SOURCE_RECONFIGURE:
            choice = self._families[0]
        return self._show_family(choice, errors)

    def _show_types(self, choice: str, errors: dict[str, str]) -> ConfigFlowResult:
        """Show all types to somebody whose battery is not what it was taken for."""
        if choice in INDEX and INDEX[choice].shared_module:
            errors["base"] = _LOOKALIKE
        return self._show_family(FIND_OUT, errors)

    def _show_family(
        self, choice: str | None, errors: dict[str, str]
    ) -> ConfigFlowResult:
        families = sorted(INDEX, key=lambda name: INDEX[name].title.casefold())
        schema = probatio.Schema(
            {probatio.Required(CONF_FAMILY): family_field(families)} | MAYBE_PASSWORD
        )
        return self.async_show_form(
            step_id="family",
            data_schema=self.add_suggested_values_to_schema(
                schema, {CONF_FAMILY: choice} if choice else None
            ),
            errors=errors,
            description_placeholders=self._battery_placeholders(),
        )

    async def async_step_password(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the battery's password and try it at once."""
        if user_input is not None:
            return self._show_work(self._async_password(user_input))
        return await self._async_password(None)

    async def _async_password(
        self, user_input: dict[str, Any] | None
    ) -> ConfigFlowResult:
        errors: dict[str, str] = {}
        if user_input is not None:
            self._secret = user_input[CONF_PASSWORD]
            if result := await self._async_try(self._families[0], errors):
                return result
            # An entry has its type already: there, only the password is in doubt.
            if self._changed is None and errors["base"] in _DOUBTFUL:
                return self._show_types(self._families[0], errors)
        return self.async_show_form(
            step_id="password",
            data_schema=PASSWORD,
            errors=errors,
            description_placeholders=self._battery_placeholders(),
        )

    def _battery_placeholders(self) -> dict[str, str]:
        title = INDEX[self._families[0]].title if self._families else "-"
        return self._placeholders() | {
            "family": title,
            "reason": self._why,
            "att": self._att,
        }

    async def _async_try(
        self, choice: str, errors: dict[str, str]
    ) -> ConfigFlowResult | None:
        """Read the battery; return the end of the flow or another form, or None with ``errors`` filled."""
        family = choice
        try:
            if choice == FIND_OUT:
                family = await self._async_find((*self._families, *INDEX)) or FIND_OUT
            sample = await self._async_read_battery(family)
        except MiBmsError as found:
            err = AuthNeeded() if self._is_closed(found) else found
            ask = isinstance(err, AuthNeeded) and self._secret is None
            if ask and family != FIND_OUT:
                self._families = [family]
                return await self._async_password(None)
            errors["base"] = word_of(err)
            if isinstance(err, PairingNeeded):
                self._att = str(err.code)
            self._why = await self._async_why(err)
        else:
            return await self._async_finish_battery(family, sample)
        return None

    def _is_closed(self, err: MiBmsError) -> bool:
        """Return whether a refusal means a password for what the battery most likely is."""
        if not isinstance(err, PairingNeeded) or err.code is None:
            return False
        meant = {INDEX[family].password.refusal for family in self._families}
        return err.code in meant

    async def _async_propose(self, choice: str, errors: dict[str, str]) -> str | None:
        """Return what a battery is that does not answer as ``choice``, and propose that instead.

        One that stays silent is asked only as what its adverts allow: all questions take minutes.
        """
        others: Iterable[str] = ()
        if choice != FIND_OUT and errors["base"] in _OTHER_FAMILY:
            others = INDEX
        elif errors["base"] == ERRORS[NoAnswer] and self._info:
            others = [one.family_id for one in recognise(advert_of(self._info))]
        names = [name for name in others if name != choice]
        if not names:
            return None
        found = None
        # The first error is the one to tell of.
        with contextlib.suppress(MiBmsError):
            found = await self._async_find(names)
        if found is not None:
            self._families = [found]
            errors["base"] = "other_family"
        return found

    async def _async_finish_battery(
        self, family: str, sample: BmsSample
    ) -> ConfigFlowResult:
        known, entry = Profile(), self._changed
        # What a battery of another type has shown says nothing of this one.
        if entry and entry.data[CONF_FAMILY] == family:
            known = Profile.from_json(entry.data[CONF_PROFILE])
        profile = known.learn(sample)
        update: dict[str, Any] = {CONF_FAMILY: family, CONF_PROFILE: profile.to_json()}
        if self._secret and INDEX[family].password.kind is not Secret.NONE:
            update[CONF_PASSWORD] = self._secret
        if entry:
            self._update = update
            return self.async_show_progress_done(next_step_id="changed")
        await self._async_name_late(INDEX[family].called)
        self._made, self._families = (sample, update), [family]
        if self.source == SOURCE_IMPORT:
            return await self.async_step_is_it({})
        return await self.async_step_is_it()

    async def async_step_changed(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Change the entry, only now: it is set up anew, which ends a flow that is still at work."""
        return self.async_update_reload_and_abort(
            cast(ConfigEntry[Any], self._changed),
            data_updates=self._update,
            reason="change_kept",
        )

    async def async_step_is_it(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Say what was read, and make the entry if that is the battery that was meant."""
        sample, update = cast(_Made, self._made)
        if user_input is None:
            self._set_confirm_only()
            return self.async_show_form(
                step_id="is_it",
                description_placeholders=self._battery_placeholders()
                | {"told": await self._async_told(sample)},
            )
        return await self._async_add(
            title=self._title,
            data={CONF_KIND: KIND_BATTERY, CONF_ADDRESS: self._address, **update},
            options=self._options,
            has_meters=is_loaded(self.hass),
        )

    @override
    async def _async_end(self) -> ConfigFlowResult:
        """Hand over what was read: else everything would be unknown until it is read again."""
        if self._made is not None:
            sample, update = self._made
            async_hand_over_first(self.hass, self._address, update[CONF_FAMILY], sample)
        return await super()._async_end()

    async def async_import_battery(
        self, name: str, data: dict[str, Any]
    ) -> ConfigFlowResult:
        """Add a battery that was chosen in a list; one that cannot be read is not added."""
        if CONF_PROFILE in data:  # it was read already
            return self.async_create_entry(title=name, data=data)
        heard = find(self.hass, self._address)
        if heard is None or not heard.families:
            self._why = await self._async_why(Unreachable("not_heard"))
            return self._not_added(ERRORS[Unreachable])
        self._recognise(heard.info)
        self._set_title(name)
        errors: dict[str, str] = {}
        choice = self._families[0] if len(self._families) == 1 else FIND_OUT
        result = await self._async_try(choice, errors)
        if result and result["type"] is FlowResultType.CREATE_ENTRY:
            return result
        return self._not_added(errors.get("base", ERRORS[AuthNeeded]))

    def _not_added(self, error: str) -> ConfigFlowResult:
        return self.async_abort(
            reason="not_added",
            description_placeholders={FAILED: error, WHY: self._why},
        )

    def _take_battery(self, entry: ConfigEntry) -> None:
        self._take_entry(entry)
        self._families = [entry.data[CONF_FAMILY]]
        self._secret = entry.data.get(CONF_PASSWORD)

    async def async_reauth_battery(self, entry: ConfigEntry) -> ConfigFlowResult:
        """Ask for a password that no longer fits."""
        self._take_battery(entry)
        return await self.async_step_password()

    async def async_reconfigure_battery(self, entry: ConfigEntry) -> ConfigFlowResult:
        """Change a battery's type, and its password where it may have one."""
        self._take_battery(entry)
        if INDEX[entry.data[CONF_FAMILY]].password.kind is Secret.NONE:
            return await self.async_step_family()
        return self.async_show_menu(
            step_id="reconfigure",
            menu_options=["family", "password"],
            description_placeholders=self._battery_placeholders(),
        )
