"""Add, repair and change one sensor or battery in Home Assistant's user interface.

A sensor's key is judged on packets that were already heard; a battery is read once, without
changing anything in it, before its entry is made. Nothing live travels through flow data.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
import contextlib
from typing import Any, Final, override

import probatio

from homeassistant.components import bluetooth
from homeassistant.components.bluetooth import (
    BluetoothChange,
    BluetoothScanningMode,
    BluetoothServiceInfoBleak,
)
from homeassistant.config_entries import (
    SOURCE_REAUTH,
    SOURCE_RECONFIGURE,
    ConfigEntry,
    ConfigFlow,
    ConfigFlowResult,
)
from homeassistant.const import CONF_ADDRESS, CONF_PASSWORD
from homeassistant.core import callback
from homeassistant.helpers import selector

from .battery_options import BatteryOptions
from .const import (
    CONF_FAMILY,
    CONF_KEY,
    CONF_KIND,
    CONF_MODEL,
    CONF_PRODUCT,
    CONF_PROFILE,
    DOMAIN,
    KIND_BATTERY,
    KIND_SENSOR,
)
from .options_flow import SensorOptionsFlow
from .profile import Profile
from .proto.bms import registry
from .proto.bms.contract import Family
from .proto.bms.index import INDEX
from .proto.bms.matching import Advert, recognise
from .proto.link.gatt import GattLink
from .proto.link.session import Device, Session, probe
from .proto.mibeacon.crypto import parse_key_and_mac
from .proto.mibeacon.decoder import Decoder, Sighting, check_key, identify
from .proto.model.address import parse_address
from .proto.model.errors import (
    AuthNeeded,
    AuthRejected,
    FrameError,
    KeyFormatError,
    MiBmsError,
    NoAnswer,
    Unreachable,
    Unsupported,
)
from .proto.model.reading import KeyCheck
from .proto.model.sample import BmsSample
from .transport import async_meet, async_use, reachability

FIND_OUT: Final = "find_out"

_KEY_TEXT: Final = selector.TextSelector(
    selector.TextSelectorConfig(type=selector.TextSelectorType.TEXT)
)
_PASSWORD_TEXT: Final = selector.TextSelector(
    selector.TextSelectorConfig(type=selector.TextSelectorType.PASSWORD)
)
_KEY: Final = probatio.Schema({probatio.Required(probatio.Secret(CONF_KEY)): _KEY_TEXT})
_KEY_IF_ANY: Final = probatio.Schema(
    {probatio.Optional(probatio.Secret(CONF_KEY)): _KEY_TEXT}
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


def advert_of(info: BluetoothServiceInfoBleak) -> Advert:
    """Take from an advert what tells battery families apart."""
    return Advert(
        address=info.address,
        name=info.name if info.name != info.address else None,
        service_uuids=tuple(info.service_uuids),
        manufacturer_data=info.manufacturer_data,
        service_data=info.service_data,
    )


def sighting_of(info: BluetoothServiceInfoBleak) -> Sighting | None:
    """Say which sensor an advert comes from, if from any of ours."""
    return identify(info.service_data, info.manufacturer_data, info.name, info.address)


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


class MiBmsConfigFlow(ConfigFlow, domain=DOMAIN):
    """Lead from a heard device, or an address, to a working entry."""

    VERSION = 1
    MINOR_VERSION = 2

    def __init__(self) -> None:
        """Start knowing nothing."""
        self._address = ""
        self._info: BluetoothServiceInfoBleak | None = None
        self._sighting: Sighting | None = None
        self._families: list[str] = []
        self._secret: str | None = None
        self._decoder: Decoder | None = None
        self._stop_listening: Callable[[], None] | None = None
        self._search: asyncio.Task[None] | None = None
        self._key: str | None = None

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
        return await self._async_step_for_kind()

    @override
    async def async_step_user(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask how to find the device."""
        if not bluetooth.async_scanner_count(self.hass, connectable=False):
            return self.async_abort(reason="no_bluetooth")
        return self.async_show_menu(step_id="user", menu_options=["search", "manual"])

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
        configured = self._async_current_ids(include_ignore=False)
        found = []
        for info in bluetooth.async_discovered_service_info(self.hass, False):
            if info.address in configured:
                continue
            if sighting := sighting_of(info):
                model = sighting.title
            elif candidates := recognise(advert_of(info)):
                title = INDEX[candidates[0].family_id].title
                model = f"{advert_of(info).name or title} ({title})"
            else:
                continue
            label = f"{model} · {info.address} · {info.rssi} dBm"
            found.append((-info.rssi, info.address, label))
        return [
            selector.SelectOptionDict(value=address, label=label)
            for _, address, label in sorted(found)
        ]

    def _recognise(self, info: BluetoothServiceInfoBleak) -> bool:
        self._info = info
        self._address = info.address
        self._sighting = sighting_of(info)
        if self._sighting:
            self._set_title(self._sighting.model or self._sighting.title)
            return True
        candidates = recognise(advert_of(info))
        if not candidates:
            return False
        best = candidates[0].score
        self._families = [
            found.family_id for found in candidates if found.score == best
        ]
        self._set_title(advert_of(info).name or INDEX[self._families[0]].title)
        return True

    def _set_title(self, name: str) -> None:
        tail = self._address.replace(":", "")[-4:]
        title = name if tail in name or name == self._address else f"{name} {tail}"
        self.context["title_placeholders"] = {"name": title}

    @property
    def _title(self) -> str:
        return self.context["title_placeholders"]["name"]

    def _placeholders(self) -> dict[str, str]:
        signal = str(self._info.rssi) if self._info else "-"
        return {"name": self._title, "address": self._address, "rssi": signal}

    async def _async_step_for_kind(self) -> ConfigFlowResult:
        if self._sighting is None:
            return await self.async_step_battery()
        self._listen()
        match self._sighting.encrypted:
            case True:
                return await self.async_step_key()
            case False:
                return await self.async_step_confirm()
        return await self.async_step_key_if_any()

    # --- sensors ---------------------------------------------------------------------------

    def _listen(self) -> None:
        """Keep the packets that this device sends while the form is open, to judge keys on them."""
        if self._stop_listening:
            return
        self._decoder = decoder = Decoder(self._address)

        @callback
        def heard(info: BluetoothServiceInfoBleak, _change: BluetoothChange) -> None:
            decoder.feed(info.service_data, info.manufacturer_data, info.time)

        self._stop_listening = bluetooth.async_register_callback(
            self.hass,
            heard,
            {"address": self._address, "connectable": False},
            BluetoothScanningMode.PASSIVE,
        )

    @callback
    @override
    def async_remove(self) -> None:
        """Stop listening when the flow ends, however it ends."""
        if self._stop_listening:
            self._stop_listening()
            self._stop_listening = None

    async def async_step_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Confirm a sensor that sends in the clear."""
        if user_input is not None:
            return self._finish_sensor(None)
        self._set_confirm_only()
        return self.async_show_form(
            step_id="confirm", description_placeholders=self._placeholders()
        )

    async def async_step_key(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the key of a sensor that encrypts."""
        return await self._async_ask_key("key", _KEY, user_input)

    async def async_step_key_if_any(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the key of a sensor that has not yet shown whether it encrypts."""
        return await self._async_ask_key("key_if_any", _KEY_IF_ANY, user_input)

    async def _async_ask_key(
        self, step_id: str, schema: probatio.Schema, user_input: dict[str, Any] | None
    ) -> ConfigFlowResult:
        self._listen()
        errors = {}
        if user_input is not None:
            text = user_input.get(CONF_KEY, "")
            if not text.strip() and schema is _KEY_IF_ANY:
                return self._finish_sensor(None)
            key, verdict = self._judge(text)
            if verdict is KeyCheck.RIGHT:
                return self._finish_sensor(key)
            if verdict is KeyCheck.UNKNOWN:
                self._key = key
                return await self.async_step_unchecked()
            errors[CONF_KEY] = str(verdict)
        return self.async_show_form(
            step_id=step_id,
            data_schema=schema,
            errors=errors,
            description_placeholders=self._placeholders(),
        )

    def _judge(self, text: str) -> tuple[str | None, KeyCheck | str]:
        """Give the key in plain digits and a verdict: an error word, or what the packets say."""
        try:
            key, owner = parse_key_and_mac(text)
        except KeyFormatError as err:
            return None, f"key_{err.reason}"
        if owner is not None and owner != self._address:
            return None, "key_of_other_device"
        frames = self._decoder.frames if self._decoder else ()
        verdict = check_key(self._address, key, frames)
        if verdict is KeyCheck.WRONG:
            return None, "wrong_key"
        return key.hex(), verdict

    async def async_step_unchecked(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Say that the key could not be checked yet, and go on if the user wants to."""
        if user_input is not None:
            return self._finish_sensor(self._key)
        self._set_confirm_only()
        return self.async_show_form(
            step_id="unchecked", description_placeholders=self._placeholders()
        )

    def _finish_sensor(self, key: str | None) -> ConfigFlowResult:
        update = {CONF_KEY: key} if key else {}
        if self.source == SOURCE_REAUTH:
            return self.async_update_reload_and_abort(
                self._get_reauth_entry(), data_updates=update
            )
        if self.source == SOURCE_RECONFIGURE:
            return self.async_update_reload_and_abort(
                self._get_reconfigure_entry(), data_updates=update
            )
        seen = self._sighting
        return self.async_create_entry(
            title=self._title,
            data={
                CONF_KIND: KIND_SENSOR,
                CONF_ADDRESS: self._address,
                CONF_PRODUCT: seen.product_id if seen else None,
                CONF_MODEL: seen.title if seen else None,
                **update,
            },
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
            "reason": reachability(self.hass, self._address),
        }

    async def _async_try(
        self, choice: str, errors: dict[str, str]
    ) -> ConfigFlowResult | None:
        """Read the battery; give the end of the flow, another form, or None with ``errors`` filled."""
        family = choice
        try:
            if choice == FIND_OUT:
                family = await self._async_find((*self._families, *INDEX)) or FIND_OUT
            sample = await self._async_read(family)
        except MiBmsError as err:
            ask = isinstance(err, AuthNeeded) and self._secret is None
            if ask and family != FIND_OUT:
                self._families = [family]
                return await self.async_step_password()
            errors["base"] = _ERRORS[type(err)]
        else:
            return self._finish_battery(family, sample)
        return None

    @property
    def _device(self) -> Device:
        name = advert_of(self._info).name if self._info else None
        return Device(name=name or "", address=self._address)

    async def _async_read(self, family: str) -> BmsSample:
        """Read the battery once, as the family that it is said to be."""
        known = await self.hass.async_add_import_executor_job(load_known, [family])
        if family not in known:
            raise Unsupported("family")
        session = Session(known[family])
        return await async_meet(self.hass, session, self._device, self._secret)

    async def _async_find(self, names: Iterable[str]) -> str | None:
        """Find the family by harmless questions, asked in the order given."""
        known = await self.hass.async_add_import_executor_job(load_known, names)

        async def ask(link: GattLink) -> str | None:
            return await probe(link, self._device, known.values())

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
        return await self.async_step_key()

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Change a sensor's key, or a battery's type and password."""
        entry = self._get_reconfigure_entry()
        self._take_entry(entry)
        if entry.data[CONF_KIND] == KIND_SENSOR:
            return await self.async_step_key_if_any()
        return self.async_show_menu(
            step_id="reconfigure",
            menu_options=["family", "password"],
            description_placeholders=self._battery_placeholders(),
        )

    @staticmethod
    @callback
    @override
    def async_get_options_flow(
        config_entry: ConfigEntry,
    ) -> BatteryOptions | SensorOptionsFlow:
        """Give the options form of a device's kind."""
        battery = config_entry.data[CONF_KIND] == KIND_BATTERY
        return BatteryOptions() if battery else SensorOptionsFlow()
