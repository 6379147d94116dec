"""What is done for each device of a house that moves here: it is looked at, read where needed, and moved."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from homeassistant.config_entries import SOURCE_IMPORT, ConfigFlowResult
from homeassistant.const import CONF_ADDRESS, CONF_NAME, CONF_PASSWORD
from homeassistant.core import HomeAssistant

from ..batteries.diagnosis import async_why
from ..bluetooth.discovery import Heard, advert_of, find
from ..const import (
    CONF_BESIDE,
    CONF_FAMILY,
    CONF_KIND,
    CONF_PROFILE,
    DOMAIN,
    KIND_BATTERY,
)
from ..entries import Wish, async_add, async_new_name, entry_of, name_of
from ..keys.ring import async_keys
from ..proto.bms.index import INDEX
from ..proto.bms.profile import Profile
from ..proto.gatt.session import Device
from ..proto.keys.ring import opens
from ..proto.model.errors import MiBmsError, Unreachable
from ..proto.model.sample import BmsSample
from ..proto.takeover.model import MovePlan, OurRow
from ..takeover.check import Refused
from ..takeover.find import Found
from ..takeover.move import async_begin
from ..takeover.ours import ours_of_battery, ours_of_entry, ours_of_sensor
from ..takeover.preview import async_plan
from ..takeover.told import async_refusal, has_moved
from ..texts import async_words
from .battery_errors import word_of
from .battery_reading import async_find_out, async_hand_over_first, async_meet
from .summary import values_of

type _Ours = Mapping[tuple[str, str], OurRow]
NO_ENTITY: Final = "no_entity"


@dataclass(slots=True, kw_only=True)
class Mover:
    """One device that somebody wants here; ``wrong`` is why it cannot come, as a sentence."""

    found: Found
    name: str
    is_beside: bool = False  # and is meant to
    plan: MovePlan | None = None
    wrong: str = ""
    key: bytes | None = field(default=None, repr=False)
    sample: BmsSample | None = None
    data: dict[str, Any] = field(default_factory=dict, repr=False)  # of its entry

    @property
    def address(self) -> str:
        """Return its address."""
        return self.found.address


class _CannotError(Exception):
    """A device cannot move, for a reason that is a word of ours."""


async def async_mover(hass: HomeAssistant, found: Found) -> Mover:
    """Return a device with the name that it has here, or will have."""
    if entry := entry_of(hass, found.address):
        beside = bool(entry.data.get(CONF_BESIDE))
        return Mover(found=found, name=name_of(hass, entry), is_beside=beside)
    heard = find(hass, found.address)
    name = await async_new_name(hass, found.address, None, heard)
    return Mover(found=found, name=name)


async def async_learn(hass: HomeAssistant, mover: Mover) -> None:
    """Find out what would become of a device; nothing is changed."""
    words = await async_words(hass)
    try:
        ours = await _async_ours(hass, mover)
    except _CannotError as err:
        mover.wrong = words("takeover_flow", str(err))
        return
    except MiBmsError as err:
        password = mover.found.password is not None
        why = await async_why(
            hass, mover.address, err, has_password=password, was_heard=True
        )
        holds = words("takeover_flow", "holds", peer=mover.found.peer.title)
        reason = words.sentences([why, holds])
        mover.wrong = words("not_added", word_of(err), reason=reason)
        return
    mover.plan = await async_plan(hass, mover.found, ours)
    if not mover.plan.moving:
        mover.wrong = words("takeover_flow", NO_ENTITY)


async def _async_ours(hass: HomeAssistant, mover: Mover) -> _Ours:
    if entry := entry_of(hass, mover.address):
        return ours_of_entry(hass, entry)
    heard = find(hass, mover.address)
    if heard.families if heard else mover.found.family:
        return await _async_ours_of_battery(hass, mover, heard)
    return await _async_ours_of_sensor(hass, mover, heard)


async def _async_ours_of_sensor(
    hass: HomeAssistant, mover: Mover, heard: Heard | None
) -> _Ours:
    keys, address = await async_keys(hass), mover.address
    frames, key = keys.frames(address), mover.found.key
    if key is None or (frames and not opens(address, key, frames)):
        key = await keys.async_match(address, proven=True)
    if key is None and heard and heard.encrypted:
        raise _CannotError("no_key")
    mover.key = key
    if heard is None or heard.sighting is None:
        return ours_of_sensor(hass, address, None, {})
    values = values_of(heard, key, frames, keys.said(address))
    return ours_of_sensor(hass, address, heard.sighting.product_id, values)


async def _async_ours_of_battery(
    hass: HomeAssistant, mover: Mover, heard: Heard | None
) -> _Ours:
    if heard is None:
        raise Unreachable("not_heard")
    device = Device(name=advert_of(heard.info).name or "", address=mover.address)
    family, secret = mover.found.family, mover.found.password
    if family not in INDEX:
        one = heard.families[0] if len(heard.families) == 1 else None
        names = (*heard.families, *INDEX)
        family = one or await async_find_out(hass, device, names)
    if family is None:
        raise _CannotError("no_family")
    sample = await async_meet(hass, device, family, secret)
    profile = Profile().learn(sample)
    mover.sample = sample
    mover.data = {CONF_FAMILY: family, CONF_PROFILE: profile.to_json()}
    if secret is not None:
        mover.data[CONF_PASSWORD] = secret
    return ours_of_battery(hass, mover.address, profile, sample)


async def async_move(hass: HomeAssistant, mover: Mover) -> None:
    """Move a device as was planned."""
    words = await async_words(hass)
    try:
        await _async_move(hass, mover)
    except Refused as err:
        mover.wrong = await async_refusal(hass, err)
        return
    except _CannotError as err:
        mover.wrong = words("takeover_flow", str(err))
        return
    if not has_moved(hass, mover.address):
        mover.wrong = words("takeover_flow", "failed")


async def _async_move(hass: HomeAssistant, mover: Mover) -> None:
    if (plan := mover.plan) is None:
        return
    if entry := entry_of(hass, mover.address):
        await async_begin(hass, plan, made=False)
        await hass.config_entries.async_reload(entry.entry_id)
        return
    keys = await async_keys(hass)
    if mover.key and not await keys.async_take({mover.address: mover.key}):
        raise _CannotError("not_stored")
    await async_begin(hass, plan, made=True)
    await _async_make(hass, mover)


async def _async_make(hass: HomeAssistant, mover: Mover) -> ConfigFlowResult:
    if mover.sample is None:
        wish = Wish(address=mover.address, key=mover.key, name=mover.name)
        return await async_add(hass, wish)
    family = mover.data[CONF_FAMILY]
    async_hand_over_first(hass, mover.address, family, mover.sample)
    data = {
        CONF_NAME: mover.name,
        CONF_KIND: KIND_BATTERY,
        CONF_ADDRESS: mover.address,
        **mover.data,
    }
    return await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_IMPORT}, data=data
    )
