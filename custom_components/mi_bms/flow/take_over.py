"""The steps of a device that another integration has already: move it here, run beside it, give it back.

Key, type and password come from the other's entry, so that nothing is typed. The usual steps of a sensor
and of a battery lead to the preview of the move instead of to the entry, and its yes leads on to that.
"""

from collections.abc import Mapping
from typing import Any, Final, override

import probatio

from homeassistant.config_entries import ConfigFlowResult
from homeassistant.core import callback
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import selector

from ..bluetooth.discovery import Heard
from ..const import CONF_BESIDE, CONF_FAMILY, CONF_PROFILE
from ..keys.ring import async_keys
from ..proto.bms.index import INDEX
from ..proto.bms.profile import Profile
from ..proto.keys.verdict import Judgement
from ..proto.model.errors import MiBmsError
from ..proto.takeover.model import MovePlan, OurRow
from ..takeover.check import Refused
from ..takeover.find import Found, async_found_of
from ..takeover.move import async_begin
from ..takeover.ours import ours_of_battery, ours_of_entry, ours_of_sensor
from ..takeover.preview import async_plan, async_preview_text
from ..takeover.told import async_end, async_refusal
from ..takeover.uses import async_uses
from ..texts import async_words
from .battery import BatterySteps
from .battery_fields import FIND_OUT
from .sensor import SensorSteps
from .summary import values_of

CONF_PEER: Final = "peer"
CONF_SAME: Final = "same_device"
# Words of refusals after which the plan is made anew.
_OUTDATED: Final = {"row_gone", "row_changed", "device_gone", "taken"}


class TakeOverSteps(SensorSteps, BatterySteps):
    """The steps that move a device here from another integration."""

    def __init__(self) -> None:
        """Begin with a device that nobody else is known to have."""
        super().__init__()
        self._readers: list[Found] = []
        self._mover: Found | None = None  # whose entities move
        self._plan: MovePlan | None = None
        self._beside = False
        self._begun = False  # its yes was taken: a second one is none

    # --- what to do with it ---------------------------------------------------------------

    async def _async_offer_move(self) -> ConfigFlowResult | None:
        """Return the choice what becomes of a device that others have, None where nobody has it."""
        if self._beside or self._mover:
            return None
        sample, data = self._made or (None, {})
        profile = Profile.from_json(data[CONF_PROFILE]) if data else None
        self._readers = async_found_of(self.hass, self._address, profile, sample)
        if not self._readers:
            return None
        words = await async_words(self.hass)
        told = (
            words(
                "takeover_flow",
                "has" if one.certain else "may_have",
                peer=one.peer.title,
                called=one.name,
            )
            for one in self._readers
        )
        return self.async_show_menu(
            step_id="already_read",
            menu_options=["move_here", "run_beside", "not_now"],
            description_placeholders=self._placeholders()
            | {"told": words.sentences(told)},
        )

    async def async_step_already_read(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask again what becomes of it."""
        return await self._async_offer_move() or await self._async_usual()

    async def _async_usual(self) -> ConfigFlowResult:
        """Go on as with a device that nobody else has."""
        if self._made:
            return await self.async_step_is_it()
        if self._sighting is None and not self._families:
            return await self.async_step_kind()
        return await self._async_step_for_kind()

    async def async_step_kind(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask what an address is whose adverts do not tell."""
        return self.async_show_menu(
            step_id="kind",
            menu_options=["key_ways", "family"],
            description_placeholders=self._placeholders(),
        )

    async def _async_step_for_kind(self) -> ConfigFlowResult:
        if menu := await self._async_offer_move():
            return menu
        if self._sighting is None:
            return await self.async_step_battery()
        return await self._async_step_for_sensor()

    async def async_step_run_beside(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Go on beside the other; the entry remembers that it was meant so."""
        self._beside, self._mover = True, None
        return await self._async_usual()

    async def async_step_not_now(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Leave everything as it is."""
        return self.async_abort(reason="not_now")

    async def async_step_move_here(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Begin to move, after asking from where if there is a choice."""
        if len(self._readers) == 1:
            return await self._async_move_from(self._readers[0])
        return await self.async_step_take_from()

    async def async_step_take_from(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask whose history comes along."""
        if user_input is not None and CONF_PEER in user_input:
            return await self._async_move_from(
                self._readers[int(user_input[CONF_PEER])]
            )
        options = [
            selector.SelectOptionDict(
                value=str(number), label=f"{one.peer.title}: {one.name}"
            )
            for number, one in enumerate(self._readers)
        ]
        field = selector.SelectSelector(
            selector.SelectSelectorConfig(
                options=options, mode=selector.SelectSelectorMode.LIST
            )
        )
        return self.async_show_form(
            step_id="take_from",
            data_schema=probatio.Schema({probatio.Required(CONF_PEER): field}),
            description_placeholders=self._placeholders(),
        )

    # --- what is needed for it ------------------------------------------------------------

    async def _async_move_from(self, found: Found) -> ConfigFlowResult:
        self._mover = found
        if self._changed or self._made:
            return await self.async_step_move_preview()
        if self._sighting is None and (found.family or self._families):
            return await self._async_meet(found)
        if self._sighting or found.key:
            return await self._async_open(found)
        return await self.async_step_kind()

    async def _async_meet(self, found: Found) -> ConfigFlowResult:
        """Read a battery as the type, and with the password, that the other's entry says."""
        if found.family is not None and found.family in INDEX:
            self._families = [found.family]
        self._secret = found.password
        given = {CONF_FAMILY: FIND_OUT} if len(self._families) > 1 else {}
        return self._show_work(self._async_battery(given))

    async def _async_open(self, found: Found) -> ConfigFlowResult:
        """Try the key that the other's entry has; without one that fits, another way is taken."""
        self._listen()
        if found.key:
            verdict = await self._async_judge(found.key.hex())
            if verdict.word in {Judgement.RIGHT, Judgement.NOTHING_HEARD}:
                return await self._async_finish_sensor(verdict.key)
            words = await async_words(self.hass)
            self._outcome = words("key_outcome", "peer_key", peer=found.peer.title)
            return await self.async_step_key_ways()
        seen = self._sighting
        if seen and seen.encrypted is False and seen.paired is not False:
            keys = await async_keys(self.hass)
            key = await keys.async_match(self._address, proven=True)
            return await self._async_finish_sensor(key)
        if await self._async_find_key():
            return await self._async_finish_sensor(self._key)
        return await self.async_step_key_ways()

    @override
    async def _async_finish_sensor(self, key: bytes | None) -> ConfigFlowResult:
        """Go on to the preview where the sensor is to move, else to its entry."""
        if self._mover is None:
            return await super()._async_finish_sensor(key)
        self._key = key
        return await self.async_step_move_preview()

    @override
    async def async_step_is_it(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Show the preview where the battery is to move; what it said may tell who else has it."""
        if self._mover:
            return await self.async_step_move_preview()
        menu = None if user_input is not None else await self._async_offer_move()
        return menu or await super().async_step_is_it(user_input)

    @override
    async def _async_why(self, err: MiBmsError) -> str:
        """Return why the battery could not be read; the other may hold its connection."""
        why = await super()._async_why(err)
        if self._mover is None:
            return why
        words = await async_words(self.hass)
        return words.sentences(
            [why, words("takeover_flow", "holds", peer=self._mover.peer.title)]
        )

    # --- preview and move -----------------------------------------------------------------

    async def async_step_move_preview(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Show what would become of each entity, and move on yes."""
        found, plan, why, errors = self._mover, None, "", dict[str, str]()
        if found is None:
            return await self.async_step_already_read()
        if user_input is not None and not self._begun and (plan := self._plan):
            if not found.certain and not user_input[CONF_SAME]:
                errors[CONF_SAME] = "not_the_same"
                why = (await async_words(self.hass))("takeover_flow", "say_same")
            else:
                try:
                    self._begun = True
                    return await self._async_move(plan)
                except Refused as err:
                    self._begun = False
                    errors["base"] = "move_refused"
                    why = await async_refusal(self.hass, err)
                    if err.word in _OUTDATED:
                        plan = None
        if plan is None:
            plan = await async_plan(self.hass, found, await self._async_ours())
        self._plan = plan
        return await self._async_preview(found, plan, errors, why)

    async def _async_preview(
        self, found: Found, plan: MovePlan, errors: dict[str, str], why: str
    ) -> ConfigFlowResult:
        uses = async_uses(self.hass, plan)
        shown = self._placeholders() | {
            "peer": found.peer.title,
            "preview": await async_preview_text(self.hass, plan, uses),
            "warning": why and f"**{why}**",  # what stands below is not seen on a phone
            "why": why,
        }
        if not plan.moving:
            return await self._async_nothing(shown)
        same = {probatio.Required(CONF_SAME, default=False): selector.BooleanSelector()}
        return self.async_show_form(
            step_id="move_preview",
            data_schema=probatio.Schema({} if found.certain else same),
            errors=errors,
            description_placeholders=shown,
        )

    async def _async_nothing(self, shown: Mapping[str, str]) -> ConfigFlowResult:
        """Say that nothing can move, and offer what is left."""
        if self._changed:
            return self.async_abort(
                reason="nothing_to_move", description_placeholders=shown
            )
        return self.async_show_menu(
            step_id="nothing_moves",
            menu_options=["run_beside", "not_now"],
            description_placeholders=shown,
        )

    async def async_step_nothing_moves(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Look again whether something can move."""
        return await self.async_step_move_preview()

    async def _async_ours(self) -> Mapping[tuple[str, str], OurRow]:
        """Return what the device has here, or would have."""
        if entry := self._changed:
            return ours_of_entry(self.hass, entry)
        if self._made:
            sample, update = self._made
            profile = Profile.from_json(update[CONF_PROFILE])
            return ours_of_battery(self.hass, self._address, profile, sample)
        seen = self._sighting
        if self._info is None or seen is None:
            return ours_of_sensor(self.hass, self._address, None, {})
        keys = await async_keys(self.hass)
        frames, before = await self._frames(), keys.said(self._address)
        values = values_of(Heard(self._info, seen), self._key, frames, before)
        return ours_of_sensor(self.hass, self._address, seen.product_id, values)

    async def _async_move(self, plan: MovePlan) -> ConfigFlowResult:
        """Move; raise ``Refused`` while nothing is changed."""
        if entry := self._changed:
            await async_begin(self.hass, plan, made=False)
            await self.hass.config_entries.async_reload(entry.entry_id)
            told = {"told": await async_end(self.hass, plan)}
            return self.async_abort(reason="moved", description_placeholders=told)
        self._offers = False
        try:
            made = await self._async_make()
            if made["type"] is FlowResultType.CREATE_ENTRY:
                # Home Assistant makes the entry when this step has ended.
                await async_begin(self.hass, plan, made=True)
                made["description"] = "moved"
        finally:
            # Where nothing moves, the device may be added beside.
            self._offers = True
        return made

    @override
    async def async_on_create_entry(self, result: ConfigFlowResult) -> ConfigFlowResult:
        """Say what came of the move, which the entry carried out when it was set up."""
        if self._plan and result.get("description") == "moved":
            told = {"told": await async_end(self.hass, self._plan)}
            result["description_placeholders"] = told
        return result

    async def _async_make(self) -> ConfigFlowResult:
        if self._made:
            return await super().async_step_is_it({})
        return await super()._async_finish_sensor(self._key)

    @callback
    @override
    def async_create_entry(
        self, *, data: Mapping[str, Any], **more: Any
    ) -> ConfigFlowResult:
        """Return the entry; that it runs beside another one on purpose stays known."""
        beside = {CONF_BESIDE: True} if self._beside else {}
        return super().async_create_entry(data={**data, **beside}, **more)
