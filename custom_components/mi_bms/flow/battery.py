"""The steps of a battery: what type it is, its password, and whether it can be read.

It is read once, without changing anything in it, before its entry is made.
"""

from collections.abc import Iterable, Mapping
import contextlib
from typing import Any, Final

import probatio

from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    ConfigEntry,
    ConfigFlowResult,
)
from homeassistant.const import CONF_ADDRESS, CONF_PASSWORD
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import selector

from ..batteries.diagnosis import async_why
from ..batteries.options import BatterySettings
from ..batteries.restore import first_to_store
from ..bluetooth.connection import async_use
from ..bluetooth.discovery import advert_of, find
from ..const import CONF_FAMILY, CONF_KIND, CONF_PROFILE, KIND_BATTERY
from ..dashboard.preferences import is_loaded
from ..proto.bms import registry
from ..proto.bms.catalogue import Secret
from ..proto.bms.index import INDEX
from ..proto.bms.matching import recognise
from ..proto.bms.plausible import credible
from ..proto.bms.profile import Profile
from ..proto.gatt.link import GattLink
from ..proto.gatt.session import Device, Session, probe
from ..proto.model.errors import (
    AuthNeeded,
    AuthRejected,
    FrameError,
    MiBmsError,
    NoAnswer,
    PairingNeeded,
    Unreachable,
    Unsupported,
)
from ..proto.model.sample import BmsSample
from ..runtime import async_alone, async_hand_over
from .base import FAILED, WHY, DeviceFlow
from .meter_start import start_fields, start_options

FIND_OUT: Final = "find_out"

_PASSWORD_TEXT: Final = selector.TextSelector(
    selector.TextSelectorConfig(type=selector.TextSelectorType.PASSWORD)
)
_PASSWORD: Final = probatio.Schema(
    {probatio.Required(probatio.Secret(CONF_PASSWORD)): _PASSWORD_TEXT}
)
ERRORS: Final[Mapping[type[MiBmsError], str]] = {
    PairingNeeded: "pairing_needed",
    Unreachable: "cannot_connect",
    NoAnswer: "no_answer",
    FrameError: "invalid_reply",
    AuthRejected: "invalid_auth",
    AuthNeeded: "auth_required",
    Unsupported: "not_supported",
}
# What a battery of another family leads to.
_OTHER_FAMILY: Final = (ERRORS[FrameError], ERRORS[Unsupported])
# What makes the type doubtful, so that another one can be chosen.
_DOUBTFUL: Final = (*_OTHER_FAMILY, ERRORS[NoAnswer])
_ECHO: Final = "pairing_echo"
_LOOKALIKE: Final = "maybe_controller"


def word_of(err: MiBmsError) -> str:
    """Return the word for what went wrong."""
    if isinstance(err, PairingNeeded) and err.code is None:
        return _ECHO
    return ERRORS[type(err)]


def _family_field(families: list[str]) -> selector.SelectSelector:
    options = [
        selector.SelectOptionDict(value=FIND_OUT, label=FIND_OUT),
        *(
            selector.SelectOptionDict(value=family, label=INDEX[family].title)
            for family in families
        ),
    ]
    return selector.SelectSelector(
        selector.SelectSelectorConfig(
            options=options,
            mode=selector.SelectSelectorMode.DROPDOWN,
            translation_key=CONF_FAMILY,
        )
    )


class BatterySteps(DeviceFlow):
    """The steps that read a battery and make its entry, or change that."""

    def __init__(self) -> None:
        """Begin without a password and without a failure."""
        super().__init__()
        self._secret: str | None = None
        self._why = self._att = "-"
        self._options: dict[str, Any] = {}

    async def async_step_battery(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Read a recognised battery once and make its entry."""
        errors: dict[str, str] = {}
        if user_input is None and (menu := await self._async_offer()):
            return menu
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
            kinds = {probatio.Required(CONF_FAMILY): _family_field(self._families)}
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
        errors: dict[str, str] = {}
        choice = None
        if user_input is not None:
            choice = user_input[CONF_FAMILY]
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
            {probatio.Required(CONF_FAMILY): _family_field(families)}
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
            data_schema=_PASSWORD,
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
        except MiBmsError as err:
            ask = isinstance(err, AuthNeeded) and self._secret is None
            if ask and family != FIND_OUT:
                self._families = [family]
                return await self.async_step_password()
            errors["base"] = word_of(err)
            if isinstance(err, PairingNeeded):
                self._att = str(err.code)
            self._why = await async_why(
                self.hass, self._address, err, has_password=self._secret is not None
            )
        else:
            return await self._async_finish_battery(family, sample)
        return None

    @property
    def _device(self) -> Device:
        name = advert_of(self._info).name if self._info else None
        return Device(name=name or "", address=self._address)

    async def _async_read_battery(self, family: str) -> BmsSample:
        """Read the battery once, as the family that it is said to be."""
        known = await self.hass.async_add_import_executor_job(
            registry.load_known, [family]
        )
        if family not in known:
            raise Unsupported("family")
        session = Session(known[family])

        async def meet(link: GattLink) -> BmsSample:
            return await session.meet(link, self._device, self._secret)

        async with async_alone(self.hass, self._address):
            return await async_use(self.hass, self._address, meet)

    async def _async_find(self, names: Iterable[str]) -> str | None:
        """Return the family that answers harmless questions, asked in the order given."""
        known = await self.hass.async_add_import_executor_job(
            registry.load_known, names
        )

        async def ask(link: GattLink) -> str | None:
            return await probe(link, self._device, known.values())

        async with async_alone(self.hass, self._address):
            return await async_use(self.hass, self._address, ask)

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
        if self._secret is not None:
            update[CONF_PASSWORD] = self._secret
        if entry:
            return self.async_update_reload_and_abort(entry, data_updates=update)
        await self._async_name_late(INDEX[family].called)
        # Else everything of it would be unknown until it is read again.
        read_as = BatterySettings.of({}).read_as(family)
        if credible(sample):
            async_hand_over(self.hass, self._address, first_to_store(sample, read_as))
        return self.async_create_entry(
            title=self._title,
            data={CONF_KIND: KIND_BATTERY, CONF_ADDRESS: self._address, **update},
            options=self._options,
            description="with_dashboard" if is_loaded(self.hass) else None,
        )

    async def async_import_battery(
        self, name: str, _data: dict[str, Any]
    ) -> ConfigFlowResult:
        """Add a battery that was chosen in a list; one that cannot be read is not added."""
        heard = find(self.hass, self._address)
        if heard is None or not heard.families:
            self._why = await async_why(
                self.hass, self._address, Unreachable("not_heard"), has_password=False
            )
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
