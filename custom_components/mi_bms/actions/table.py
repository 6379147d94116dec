"""The actions of the integration, in one table: what they take, who may call them, what they answer.

An automation has no user: it was written by an administrator, and may do what does not tell a key.
What tells keys is for an administrator in person, who says that this is meant.
"""

from collections.abc import Callable, Coroutine, Mapping
from enum import StrEnum
from functools import partial
from typing import Any, Final, NamedTuple

import probatio

from homeassistant.auth.models import User
from homeassistant.auth.permissions.const import POLICY_CONTROL
from homeassistant.const import ATTR_DEVICE_ID
from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.exceptions import Unauthorized, UnknownUser
from homeassistant.helpers import entity_registry as er

from ..banks.members import entries_behind
from ..const import DOMAIN
from ..entries import entry_of_device
from ..proto.gatt.entered import Mistaken
from ..proto.gatt.operations import Do
from . import air, battery, keys, pages, sensor, switch
from .errors import mistake, refusal
from .listen import LISTENERS, Listeners

type Handler = Callable[[ServiceCall], Coroutine[Any, Any, ServiceResponse]]
type Data = Mapping[str, Any]


class Who(StrEnum):
    """Which users may call an action; automations and administrators may call all."""

    USERS = "users"  # who may control all entities of the devices that are meant
    ADMINISTRATORS = "administrators"


def _never(_data: Data) -> bool:
    return False


def _always(_data: Data) -> bool:
    return True


class Action(NamedTuple):
    """An action; ``tells_keys`` says of its data whether the answer holds keys."""

    name: str
    handler: Handler
    schema: probatio.Schema
    who: Who
    response: SupportsResponse = SupportsResponse.NONE
    tells_keys: Callable[[Data], bool] = _never


_USERS, _ADMINS = Who.USERS, Who.ADMINISTRATORS
_ONLY, _OPTIONAL = SupportsResponse.ONLY, SupportsResponse.OPTIONAL
_NOTHING: Final = probatio.Schema({})

ACTIONS: Final = (
    Action("refresh", battery.async_refresh_batteries, battery.REFRESH, _USERS),
    Action("release", battery.async_release, battery.RELEASE, _USERS),
    Action("switch", switch.async_switch, switch.SWITCH, _USERS, _OPTIONAL),
    Action("read_sensor", sensor.async_read_sensor, sensor.SENSOR, _USERS, _OPTIONAL),
    Action("set_clock", sensor.async_set_clock, sensor.SENSOR, _USERS),
    Action("read_history", sensor.async_read_history, sensor.HISTORY, _USERS, _ONLY),
    Action("record", keys.async_record, keys.RECORD, _ADMINS, _ONLY, keys.undisguised),
    Action("export_keys", keys.async_export_keys, keys.EXPORT, _ADMINS, _ONLY, _always),
    Action("scan", air.async_scan, air.SCAN, _ADMINS, _ONLY),
    Action("explore", air.async_explore_device, air.EXPLORE, _ADMINS, _ONLY),
    Action("read", partial(air.async_one, Do.READ), air.READ, _ADMINS, _ONLY),
    Action("write", partial(air.async_one, Do.WRITE), air.WRITE, _ADMINS, _OPTIONAL),
    Action("notify", partial(air.async_one, Do.NOTIFY), air.NOTIFY, _ADMINS, _ONLY),
    Action("talk", air.async_talk_to, air.TALK, _ADMINS, _ONLY),
    Action("listen", air.async_listen, air.LISTEN, _ADMINS, _OPTIONAL),
    Action("unlisten", air.async_unlisten, air.UNLISTEN, _ADMINS, _OPTIONAL),
    Action("devices", air.async_devices, _NOTHING, _ADMINS, _ONLY),
    Action("add_blueprints", pages.async_add_blueprints, _NOTHING, _ADMINS, _OPTIONAL),
    Action("make_dashboard", pages.async_make_dashboard, _NOTHING, _ADMINS, _OPTIONAL),
    Action("set_reading", air.async_set_reading, air.SET_READING, _ADMINS, _OPTIONAL),
)


@callback
def async_setup_services(hass: HomeAssistant) -> None:
    """Register the actions, once for the integration."""
    hass.data[LISTENERS] = Listeners(hass)
    for action in ACTIONS:
        hass.services.async_register(
            DOMAIN,
            action.name,
            partial(_async_call, action),
            schema=action.schema,
            supports_response=action.response,
        )


async def _async_call(action: Action, call: ServiceCall) -> ServiceResponse:
    """Run an action for somebody who may call it."""
    await _async_check(action, call)
    try:
        return await action.handler(call)
    except Mistaken as err:
        raise mistake(err.reason, err.code, what=err.what) from err


async def _async_check(action: Action, call: ServiceCall) -> None:
    """Raise ``Unauthorized``, or what keeps keys from being told."""
    tells_keys = action.tells_keys(call.data)
    user = await _async_user(call)
    if user is None:
        allowed = not tells_keys
    elif user.is_admin:
        allowed = True
    else:
        allowed = action.who is Who.USERS and _may_control(call, user)
    if not allowed:
        raise Unauthorized(
            context=call.context,
            user_id=call.context.user_id,
            permission=POLICY_CONTROL,
        )
    if tells_keys and not call.data[keys.ATTR_CONFIRM]:
        raise refusal("export_not_confirmed")


async def _async_user(call: ServiceCall) -> User | None:
    """Return who calls, None for an automation; raise ``UnknownUser`` for one who is gone."""
    if (user_id := call.context.user_id) is None:
        return None
    user = await call.hass.auth.async_get_user(user_id)
    if user is None:
        raise UnknownUser(context=call.context, user_id=user_id)
    return user


def _may_control(call: ServiceCall, user: User) -> bool:
    """Return whether a user may control all entities of the devices that are meant."""
    if user.permissions.access_all_entities(POLICY_CONTROL):
        return True
    named = call.data.get(ATTR_DEVICE_ID, ())
    ids = {named} if isinstance(named, str) else set(named)
    entities = [_entities(call.hass, one) for one in ids]
    # Without a device all are meant; one without entities is controlled by whoever controls all.
    return bool(entities) and all(
        of_device
        and all(
            user.permissions.check_entity(entity_id, POLICY_CONTROL)
            for entity_id in of_device
        )
        for of_device in entities
    )


def _entities(hass: HomeAssistant, device_id: str) -> list[str]:
    """Return the entities that an action on a device is about.

    An action on a pack is one on its battery, and one on a bank is one on its batteries.
    """
    entry, registry = entry_of_device(hass, device_id), er.async_get(hass)
    return [
        entity.entity_id
        for one in (entries_behind(hass, entry) if entry else ())
        for entity in er.async_entries_for_config_entry(registry, one.entry_id)
    ]
