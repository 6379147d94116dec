"""The steps of pairing: a device is chosen and prepared, then gets a key over Bluetooth, without the maker's account.

The pairing runs in a task of its own; the steps only show how far it is. Each stage is a progress
step whose task ends when the next stage begins, so a browser that was closed and opened again shows
the present stage.
"""

import asyncio
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final, override

import probatio

from homeassistant.config_entries import (
    SOURCE_REAUTH,
    SOURCE_RECONFIGURE,
    ConfigFlowResult,
)
from homeassistant.const import CONF_ADDRESS
from homeassistant.core import CALLBACK_TYPE, callback
from homeassistant.helpers import selector
from homeassistant.helpers.event import async_track_time_interval

from ..bluetooth.adverts import async_search
from ..bluetooth.discovery import Heard, find
from ..const import CONF_PRODUCT
from ..entries import async_new_name, entry_of, name_of
from ..keys.pairing import UNREACHABLE, Pairing
from ..keys.ring import async_keys
from ..proto.activation.devices import Preparation, Way, hint_of
from ..proto.mibeacon.devices import DEVICES
from ..proto.model.address import parse_address
from ..proto.model.names import bracketed
from ..proto.scheduler.diagnosis import WEAK
from ..texts import async_words
from .pair_end import CONF_ACCEPT, PairEnd
from .pair_list import Listed, async_listed, product_of

CONF_PREFIX: Final = "prefix"
CONF_INSTANT: Final = "instant"
LISTEN: Final = 2.0  # s before the list is shown for the first time
REFRESH: Final = timedelta(seconds=2)

_ACCEPT: Final = probatio.Schema(
    {
        probatio.Required(CONF_ACCEPT, default=False): selector.BooleanSelector(),
        probatio.Required(CONF_INSTANT, default=False): selector.BooleanSelector(),
    }
)
_FILTER: Final = probatio.Schema(
    {
        probatio.Optional(CONF_PREFIX): selector.TextSelector(),
        probatio.Optional(CONF_ADDRESS): selector.TextSelector(),
    }
)


class PairSteps(PairEnd):
    """The steps of pairing: choose a device, prepare it, wait, and see its key."""

    def __init__(self) -> None:
        """Begin without a device."""
        super().__init__()
        self._pair_product: int | None = None
        self._pair_prefix = ""
        self._pair_waiter: asyncio.Task[None] | None = None
        self._pair_scan: asyncio.Task[None] | None = None
        self._pair_listening: asyncio.Task[None] | None = None
        self._pair_stop: CALLBACK_TYPE | None = None
        self._pair_seen: dict[str, Listed] = {}

    async def async_step_pair(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Listen for two seconds before anything is listed.

        The frontend looks for news of a flow only from its first step of progress on.
        """
        if self._pair_scan is None:
            self._pair_scan = self.hass.async_create_background_task(
                async_search(self.hass), "pairing scan"
            )
            self._pair_listening = self.hass.async_create_background_task(
                asyncio.sleep(LISTEN), "pairing list"
            )
        if self._pair_listening is not None and not self._pair_listening.done():
            return self.async_show_progress(
                step_id="pair",
                progress_action="pair_listen",
                progress_task=self._pair_listening,
            )
        return self.async_show_progress_done(next_step_id="pair_choose")

    @override
    async def async_step_pair_choose(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """List the devices that are heard; the list stays up to date while it is shown."""
        words = await async_words(self.hass)
        if self._pair_stop is None:
            self._pair_stop = async_track_time_interval(
                self.hass, self._async_pair_look, REFRESH, cancel_on_shutdown=True
            )
        self._pair_seen = await self._async_pair_heard()
        options = {}
        for one in self._pair_seen.values():
            step = f"pair_{one.heard.address.replace(':', '').lower()}"
            # A menu leads to steps only, and by their names.
            setattr(self, f"async_step_{step}", partial(self._async_chosen, one.heard))
            options[step] = one.label(words)
        options["pair_filter"] = words("pair_list", "filter")
        shown = "some" if self._pair_seen else "none"
        return self.async_show_menu(
            step_id="pair_choose",
            menu_options=options,
            description_placeholders={
                "found": words("pair_list", shown),
                "filter": words("pair_list", "filtered", prefix=self._pair_prefix)
                if self._pair_prefix
                else "",
            },
        )

    async def _async_pair_heard(self) -> dict[str, Listed]:
        return await async_listed(self.hass, self._pair_prefix, list(self._pair_seen))

    @property
    def _shows_pair_list(self) -> bool:
        step = self.cur_step
        return step is not None and step["step_id"] == "pair_choose"

    async def _async_pair_look(self, _now: datetime) -> None:
        """Show the list anew if it reads otherwise by now."""
        if not self._shows_pair_list:
            return
        now, seen = await self._async_pair_heard(), self._pair_seen
        differs = now.keys() != seen.keys() or any(
            one.differs(seen[address]) for address, one in now.items()
        )
        # The form may have been closed or left while everything was looked at.
        if differs and self._pair_stop and self._shows_pair_list:
            self.async_notify_flow_changed()

    async def _async_chosen(
        self, heard: Heard, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        return await self._async_prepare(heard.address)

    async def async_step_pair_filter(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for prefixes that shorten the list, or for the address of a device that is still asleep."""
        errors: dict[str, str] = {}
        if user_input is not None:
            self._pair_prefix = user_input.get(CONF_PREFIX, "").strip()
            self._pair_seen = {}
            named = user_input.get(CONF_ADDRESS, "").strip()
            if not named:
                return await self.async_step_pair_choose()
            if address := parse_address(named):
                return await self._async_prepare(address)
            errors[CONF_ADDRESS] = "invalid_address"
        shown = user_input or {CONF_PREFIX: self._pair_prefix}
        return self.async_show_form(
            step_id="pair_filter",
            data_schema=self.add_suggested_values_to_schema(_FILTER, shown),
            errors=errors,
        )

    async def _async_prepare(self, address: str) -> ConfigFlowResult:
        """Take a device, and ask for it to be made ready."""
        self._pair_address = address
        heard, entry = find(self.hass, address), entry_of(self.hass, address)
        self._pair_product = product_of(heard) if heard else None
        if self._pair_product is None and entry:
            self._pair_product = entry.data.get(CONF_PRODUCT)
        if self.source not in {SOURCE_REAUTH, SOURCE_RECONFIGURE}:
            await self.async_set_unique_id(address, raise_on_progress=False)
        await self._async_name_pair()
        return await self.async_step_pair_prepare()

    async def _async_name_pair(self) -> None:
        """Take the name of the device, or one that it gets by its product."""
        spec = DEVICES.get(self._pair_product or 0)
        address, product = self._pair_address, self._pair_product
        if entry := entry_of(self.hass, address):
            self._pair_title = name_of(self.hass, entry)
        else:
            self._pair_title = await async_new_name(self.hass, address, product)
        shown = bracketed(self._pair_title, spec.short_model if spec else "")
        self.context["title_placeholders"] = {"name": shown}

    async def async_step_pair_prepare(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Say what to do at the device and what is lost by it; begin once that is accepted."""
        errors: dict[str, str] = {}
        hint = hint_of(self._pair_product)
        if user_input is not None and CONF_ACCEPT in user_input:
            if not user_input[CONF_ACCEPT]:
                errors[CONF_ACCEPT] = "not_accepted"
            elif await self._async_start_pairing(wait=user_input[CONF_INSTANT]):
                return await self.async_step_pairing()
            else:
                errors["base"] = "pairing_busy"
        words = await async_words(self.hass)
        heard = find(self.hass, self._pair_address)
        rssi = heard.info.rssi if heard else None
        note = "weak" if rssi is not None and rssi < WEAK else "near"
        quick = hint.way is Way.LEGACY or hint.preparation is not Preparation.NOTHING
        suggested = user_input or {CONF_INSTANT: quick}
        return self.async_show_form(
            step_id="pair_prepare",
            data_schema=self.add_suggested_values_to_schema(_ACCEPT, suggested),
            errors=errors,
            description_placeholders={
                "name": self._pair_title,
                "address": self._pair_address,
                "preparation": words("preparation", hint.preparation),
                "way": words("pair_way", hint.way),
                "signal": words("pair_signal", note if heard else "silent"),
                "rssi": "-" if rssi is None else str(rssi),
            },
        )

    async def _async_start_pairing(self, *, wait: bool) -> bool:
        keys = await async_keys(self.hass)
        pairing = Pairing(
            self.hass,
            keys,
            self._pair_address,
            self._pair_product,
            wait=wait,
            shown_by=self.flow_id,
        )
        if not pairing.start():
            return False
        self._pairing = pairing
        return True

    async def async_step_pairing(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Show the present stage until there is another."""
        pairing = self._pairing
        if pairing is None or pairing.done:
            return self.async_show_progress_done(
                next_step_id="pair_done"
                if pairing and pairing.result
                else "pair_failed"
            )
        if self._pair_waiter is None or self._pair_waiter.done():
            self._pair_waiter = self.hass.async_create_background_task(
                pairing.async_changed(pairing.stage, pairing.attempt), "pairing stage"
            )
        self.async_update_progress(pairing.progress)
        return self.async_show_progress(
            step_id="pairing",
            progress_action=f"pair_{pairing.stage}",
            progress_task=self._pair_waiter,
            description_placeholders={
                "name": self._pair_title,
                "attempt": str(max(1, pairing.attempt)),
            },
        )

    async def async_step_pair_failed(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Say why there is no key, and offer to try again."""
        failure = self._pairing.failure if self._pairing else None
        words = await async_words(self.hass)
        return self.async_show_menu(
            step_id="pair_failed",
            # What began with one sensor goes on with its other ways to a key.
            menu_options=[
                "pair_prepare",
                "key_ways" if self._address else "pair_choose",
            ],
            description_placeholders={
                "name": self._pair_title,
                "reason": words("pair_failure", failure or UNREACHABLE),
            },
        )

    @callback
    @override
    def async_remove(self) -> None:
        """Stop when the form is closed: the connection is needed by others."""
        super().async_remove()
        if self._pair_stop:
            self._pair_stop()
            self._pair_stop = None
        for task in (self._pair_scan, self._pair_listening):
            if task:
                task.cancel()
        if self._pairing:
            self._pairing.cancel()
            if self._pairing.result:
                self._pair_settle()
        if self._pair_waiter:
            self._pair_waiter.cancel()
