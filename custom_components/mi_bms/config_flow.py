"""Add, repair and change one sensor or battery in Home Assistant's user interface.

A sensor's key is judged on packets that were already heard; a battery is read once, without
changing anything in it, before its entry is made. Nothing live travels through flow data.
"""

import asyncio
from collections.abc import Iterable, Mapping
import contextlib
from typing import Any, Final, override

import probatio

from homeassistant.components import bluetooth
from homeassistant.components.bluetooth import BluetoothServiceInfoBleak
from homeassistant.config_entries import (
    SOURCE_REAUTH,
    SOURCE_RECONFIGURE,
    ConfigEntry,
    ConfigFlowResult,
)
from homeassistant.const import CONF_ADDRESS, CONF_NAME, CONF_PASSWORD
from homeassistant.core import callback
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import selector

from .battery_options import BatteryOptions
from .const import (
    CONF_FAMILY,
    CONF_KIND,
    CONF_PRODUCT,
    CONF_PROFILE,
    DOMAIN,
    KIND_BATTERY,
    KIND_OUTPUT,
    KIND_SENSOR,
)
from .doctor import async_why
from .flow_keys import KeySteps
from .flow_nearby import FAILED, WHY, NearbySteps
from .flow_outputs import OutputSteps
from .flow_pair import PairSteps, can_pair
from .flow_sensor import SensorSteps
from .heard import advert_of, everybody, find, sighting_of
from .options_flow import SensorOptionsFlow
from .output_options import OutputOptions
from .outputs import CONF_TYPE
from .profile import Profile
from .proto.bms import registry
from .proto.bms.contract import Family
from .proto.bms.index import INDEX
from .proto.bms.matching import recognise
from .proto.link.gatt import GattLink
from .proto.link.session import Device, Session, probe
from .proto.model.address import parse_address
from .proto.model.errors import (
    AuthNeeded,
    AuthRejected,
    FrameError,
    MiBmsError,
    NoAnswer,
    Unreachable,
    Unsupported,
)
from .proto.model.sample import BmsSample
from .runtime import async_alone
from .transport import async_meet, async_use

FIND_OUT: Final = "find_out"

_PASSWORD_TEXT: Final = selector.TextSelector(
    selector.TextSelectorConfig(type=selector.TextSelectorType.PASSWORD)
)
_PASSWORD: Final = probatio.Schema(
    {probatio.Required(probatio.Secret(CONF_PASSWORD)): _PASSWORD_TEXT}
)
_ADDRESS: Final = probatio.Schema(
    {probatio.Required(CONF_ADDRESS): selector.TextSelector()}
)

_ERRORS: Final[Mapping[type[MiBmsError], str]] = {
    Unreachable: "cannot_connect",
    NoAnswer: "no_answer",
    FrameError: "invalid_reply",
    AuthRejected: "invalid_auth",
    AuthNeeded: "auth_required",
    Unsupported: "not_supported",
}


# What a battery of another family leads to.
_OTHER_FAMILY: Final = (_ERRORS[FrameError], _ERRORS[Unsupported])


def load_known(names: Iterable[str]) -> dict[str, Family]:
    """Load families, in the order given; those without a decoder are left out."""
    found = {}
    for name in dict.fromkeys(names):
        with contextlib.suppress(Unsupported):
            found[name] = registry.load(name)
    return found


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


class MiBmsConfigFlow(
    SensorSteps, PairSteps, KeySteps, NearbySteps, OutputSteps, domain=DOMAIN
):
    """Lead from a heard device, or an address, to a working entry."""

    VERSION = 1
    MINOR_VERSION = 2

    def __init__(self) -> None:
        """Start knowing nothing."""
        super().__init__()
        self._secret: str | None = None
        self._why = "-"
        self._search: asyncio.Task[None] | None = None

    # --- how a device gets here -----------------------------------------------------------

    @override
    async def async_step_bluetooth(
        self, discovery_info: BluetoothServiceInfoBleak
    ) -> ConfigFlowResult:
        """Take a device that Home Assistant has just heard."""
        await self.async_set_unique_id(discovery_info.address)
        self._abort_if_unique_id_configured()
        if not self._recognise(discovery_info):
            return self.async_abort(reason="not_supported")
        result = await self._async_step_for_kind()
        # All keys were tried on it; meanwhile it may have been added by itself.
        self._abort_if_unique_id_configured()
        return result

    @override
    async def async_step_user(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask how to find the device."""
        if not bluetooth.async_scanner_count(self.hass, connectable=False):
            return self.async_abort(reason="no_bluetooth")
        return self.async_show_menu(
            step_id="user",
            menu_options=["search", "nearby", "keys", "pair", "manual", "outputs"],
        )

    async def async_step_search(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Let radios that listen passively ask for names too, for some seconds."""
        if self._search is None:
            self._search = self.hass.async_create_task(
                bluetooth.async_request_active_scan(self.hass)
            )
        if not self._search.done():
            return self.async_show_progress(
                step_id="search",
                progress_action="search",
                progress_task=self._search,
            )
        self._search = None
        return self.async_show_progress_done(next_step_id="pick")

    async def async_step_pick(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Let the user choose among the devices heard now."""
        # A search that takes no time leads here with the answer to the menu before it.
        if user_input is not None and CONF_ADDRESS in user_input:
            return await self._async_take(user_input[CONF_ADDRESS])
        heard = self._heard()
        if not heard:
            return await self.async_step_nothing_heard()
        return self.async_show_form(
            step_id="pick",
            data_schema=probatio.Schema(
                {
                    probatio.Required(CONF_ADDRESS): selector.SelectSelector(
                        selector.SelectSelectorConfig(options=heard)
                    )
                }
            ),
        )

    async def async_step_nothing_heard(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Say why nothing may have been found, and offer both ways again."""
        return self.async_show_menu(
            step_id="nothing_heard", menu_options=["search", "manual"]
        )

    async def async_step_manual(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Take an address by hand."""
        errors = {}
        if user_input is not None:
            if address := parse_address(user_input[CONF_ADDRESS]):
                return await self._async_take(address)
            errors[CONF_ADDRESS] = "invalid_address"
        return self.async_show_form(
            step_id="manual",
            data_schema=self.add_suggested_values_to_schema(_ADDRESS, user_input),
            errors=errors,
        )

    async def _async_take(self, address: str) -> ConfigFlowResult:
        await self.async_set_unique_id(address, raise_on_progress=False)
        self._abort_if_unique_id_configured()
        self._address = address
        info = bluetooth.async_last_service_info(self.hass, address, False)
        if info is not None and self._recognise(info):
            return await self._async_step_for_kind()
        self._info = info
        self._set_title(address)
        return await self.async_step_kind()

    async def async_step_kind(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask what an address is whose adverts do not tell."""
        return self.async_show_menu(
            step_id="kind",
            menu_options=["key_if_any", "family"],
            description_placeholders=self._placeholders(),
        )

    def _heard(self) -> list[selector.SelectOptionDict]:
        known = self._async_current_ids(include_ignore=False)
        return [
            selector.SelectOptionDict(value=heard.address, label=heard.label)
            for heard in everybody(self.hass)
            if heard.address not in known
        ]

    async def _async_step_for_kind(self) -> ConfigFlowResult:
        if self._sighting is None:
            return await self.async_step_battery()
        return await self._async_step_for_sensor()

    async def async_step_import(self, import_data: dict[str, Any]) -> ConfigFlowResult:
        """Add a device that was chosen in a list; a battery that cannot be read is not added."""
        data = dict(import_data)
        name: str = data.pop(CONF_NAME)
        self._address = data[CONF_ADDRESS]
        await self.async_set_unique_id(self._address, raise_on_progress=False)
        self._abort_if_unique_id_configured()
        if data[CONF_KIND] == KIND_SENSOR:
            return self.async_create_entry(title=name, data=data)
        heard = find(self.hass, self._address)
        if heard is None or not heard.families:
            self._why = await async_why(
                self.hass, self._address, Unreachable("not_heard"), has_password=False
            )
            return self._not_added(_ERRORS[Unreachable])
        self._recognise(heard.info)
        self.context["title_placeholders"] = {"name": name}
        errors: dict[str, str] = {}
        choice = self._families[0] if len(self._families) == 1 else FIND_OUT
        result = await self._async_try(choice, errors)
        if result and result["type"] is FlowResultType.CREATE_ENTRY:
            return result
        return self._not_added(errors.get("base", _ERRORS[AuthNeeded]))

    def _not_added(self, error: str) -> ConfigFlowResult:
        return self.async_abort(
            reason="not_added",
            description_placeholders={FAILED: error, WHY: self._why},
        )

    # --- batteries -------------------------------------------------------------------------

    async def async_step_battery(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Read a recognised battery once and make its entry."""
        errors: dict[str, str] = {}
        if user_input is not None:
            choice = user_input.get(CONF_FAMILY, self._families[0])
            if result := await self._async_try(choice, errors):
                return result
            await self._async_propose(choice, errors)
        several = len(self._families) > 1
        field = {probatio.Required(CONF_FAMILY): _family_field(self._families)}
        if not several:
            self._set_confirm_only()
        return self.async_show_form(
            step_id="battery",
            data_schema=probatio.Schema(field if several else {}),
            errors=errors,
            description_placeholders=self._battery_placeholders(),
        )

    async def async_step_family(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Let the user say what battery it is, or have it found out."""
        errors: dict[str, str] = {}
        families = sorted(INDEX, key=lambda name: INDEX[name].title.casefold())
        if user_input is not None:
            choice = user_input[CONF_FAMILY]
            if result := await self._async_try(choice, errors):
                return result
            if found := await self._async_propose(choice, errors):
                user_input = {CONF_FAMILY: found}
        elif self.source == SOURCE_RECONFIGURE:
            user_input = {CONF_FAMILY: self._families[0]}
        schema = probatio.Schema(
            {probatio.Required(CONF_FAMILY): _family_field(families)}
        )
        return self.async_show_form(
            step_id="family",
            data_schema=self.add_suggested_values_to_schema(schema, user_input),
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
        }

    async def _async_try(
        self, choice: str, errors: dict[str, str]
    ) -> ConfigFlowResult | None:
        """Read the battery; give the end of the flow, another form, or None with ``errors`` filled."""
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
            errors["base"] = _ERRORS[type(err)]
            self._why = await async_why(
                self.hass, self._address, err, has_password=self._secret is not None
            )
        else:
            return self._finish_battery(family, sample)
        return None

    @property
    def _device(self) -> Device:
        name = advert_of(self._info).name if self._info else None
        return Device(name=name or "", address=self._address)

    async def _async_read_battery(self, family: str) -> BmsSample:
        """Read the battery once, as the family that it is said to be."""
        known = await self.hass.async_add_import_executor_job(load_known, [family])
        if family not in known:
            raise Unsupported("family")
        session = Session(known[family])
        async with async_alone(self.hass, self._address):
            return await async_meet(self.hass, session, self._device, self._secret)

    async def _async_find(self, names: Iterable[str]) -> str | None:
        """Find the family by harmless questions, asked in the order given."""
        known = await self.hass.async_add_import_executor_job(load_known, names)

        async def ask(link: GattLink) -> str | None:
            return await probe(link, self._device, known.values())

        async with async_alone(self.hass, self._address):
            return await async_use(self.hass, self._address, ask)

    async def _async_propose(self, choice: str, errors: dict[str, str]) -> str | None:
        """Find what a battery is that does not answer as ``choice``, and propose that instead.

        One that stays silent is asked only as what its adverts allow: all questions take minutes.
        """
        others: Iterable[str] = ()
        if choice != FIND_OUT and errors["base"] in _OTHER_FAMILY:
            others = INDEX
        elif errors["base"] == _ERRORS[NoAnswer] and self._info:
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

    def _finish_battery(self, family: str, sample: BmsSample) -> ConfigFlowResult:
        existing = None
        if self.source == SOURCE_REAUTH:
            existing = self._get_reauth_entry()
        elif self.source == SOURCE_RECONFIGURE:
            existing = self._get_reconfigure_entry()
        known = Profile()
        if existing and existing.data[CONF_FAMILY] == family:
            known = Profile.from_json(existing.data[CONF_PROFILE])
        profile = known.learn(sample)
        update: dict[str, Any] = {CONF_FAMILY: family, CONF_PROFILE: profile.to_json()}
        if self._secret is not None:
            update[CONF_PASSWORD] = self._secret
        if existing:
            return self.async_update_reload_and_abort(existing, data_updates=update)
        if self._title == self._address:
            self._set_title(INDEX[family].title)
        return self.async_create_entry(
            title=self._title,
            data={CONF_KIND: KIND_BATTERY, CONF_ADDRESS: self._address, **update},
        )

    # --- existing entries --------------------------------------------------------------------

    def _take_entry(self, entry: ConfigEntry) -> None:
        self._address = entry.data[CONF_ADDRESS]
        self.context["title_placeholders"] = {"name": entry.title}
        self._info = bluetooth.async_last_service_info(self.hass, self._address, False)
        self._sighting = sighting_of(self._info) if self._info else None
        if entry.data[CONF_KIND] == KIND_BATTERY:
            self._families = [entry.data[CONF_FAMILY]]
            self._secret = entry.data.get(CONF_PASSWORD)

    async def async_step_reauth(
        self, entry_data: Mapping[str, Any]
    ) -> ConfigFlowResult:
        """Ask again for a key or a password that no longer fits."""
        self._take_entry(self._get_reauth_entry())
        if entry_data[CONF_KIND] == KIND_BATTERY:
            return await self.async_step_password()
        return await self._async_reauth_sensor(entry_data)

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Change a sensor's key, or a battery's type and password."""
        entry = self._get_reconfigure_entry()
        if entry.data[CONF_KIND] == KIND_OUTPUT:
            return await self._async_reconfigure_output(entry.data[CONF_TYPE])
        self._take_entry(entry)
        if entry.data[CONF_KIND] == KIND_SENSOR:
            if can_pair(entry.data.get(CONF_PRODUCT)):
                return await self.async_step_reconfigure_sensor()
            return await self.async_step_key_if_any()
        return self.async_show_menu(
            step_id="reconfigure",
            menu_options=["family", "password"],
            description_placeholders=self._battery_placeholders(),
        )

    async def async_step_reconfigure_sensor(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask whether the key is known or is to be made."""
        return self.async_show_menu(
            step_id="reconfigure_sensor",
            menu_options=["key_if_any", "pair_entry"],
            description_placeholders=self._placeholders(),
        )

    @staticmethod
    @callback
    @override
    def async_get_options_flow(
        config_entry: ConfigEntry,
    ) -> BatteryOptions | SensorOptionsFlow | OutputOptions:
        """Give the options form of an entry's kind."""
        if config_entry.data[CONF_KIND] == KIND_OUTPUT:
            return OutputOptions()
        battery = config_entry.data[CONF_KIND] == KIND_BATTERY
        return BatteryOptions() if battery else SensorOptionsFlow()
