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
from homeassistant.exceptions import ServiceValidationError, Unauthorized, UnknownUser
from homeassistant.helpers import device_registry as dr, entity_registry as er

from ..const import DOMAIN
from .air import (
    EXPLORE,
    LISTEN,
    NOTIFY,
    READ,
    SCAN,
    SET_READING,
    TALK,
    UNLISTEN,
    WRITE,
    async_devices,
    async_explore_device,
    async_listen,
    async_notify,
    async_read,
    async_scan,
    async_set_reading,
    async_talk_to,
    async_unlisten,
    async_write,
)
from .battery import REFRESH, RELEASE, async_refresh_batteries, async_release
from .keys import (
    ATTR_CONFIRM,
    EXPORT,
    RECORD,
    async_export_keys,
    async_record,
    undisguised,
)
from .listen import LISTENERS, Listeners
from .sensor import (
    HISTORY,
    SENSOR,
    async_read_history,
    async_read_sensor,
    async_set_clock,
)

type Handler = Callable[[ServiceCall], Coroutine[Any, Any, ServiceResponse]]
type Data = Mapping[str, Any]


class Who(StrEnum):
    """Describe which users may call an action; automations and administrators may call all."""

    USERS = "users"  # who may control all entities of the devices that are meant
    ADMINISTRATORS = "administrators"


def _never(_data: Data) -> bool:
    return False


def _always(_data: Data) -> bool:
    return True


class Action(NamedTuple):
    """Hold one action; ``tells_keys`` says of its data whether the answer holds keys."""

    name: str
    handler: Handler
    schema: probatio.Schema
    who: Who
    response: SupportsResponse = SupportsResponse.NONE
    tells_keys: Callable[[Data], bool] = _never


_USERS, _ADMINISTRATORS = Who.USERS, Who.ADMINISTRATORS
_ONLY, _OPTIONAL = SupportsResponse.ONLY, SupportsResponse.OPTIONAL
_NOTHING: Final = probatio.Schema({})

ACTIONS: Final = (
    Action("refresh", async_refresh_batteries, REFRESH, _USERS),
    Action("release", async_release, RELEASE, _USERS),
    Action("read_sensor", async_read_sensor, SENSOR, _USERS, _OPTIONAL),
    Action("set_clock", async_set_clock, SENSOR, _USERS),
    Action("read_history", async_read_history, HISTORY, _USERS, _ONLY),
    Action("record", async_record, RECORD, _ADMINISTRATORS, _ONLY, undisguised),
    Action("export_keys", async_export_keys, EXPORT, _ADMINISTRATORS, _ONLY, _always),
    Action("scan", async_scan, SCAN, _ADMINISTRATORS, _ONLY),
    Action("explore", async_explore_device, EXPLORE, _ADMINISTRATORS, _ONLY),
    Action("read", async_read, READ, _ADMINISTRATORS, _ONLY),
    Action("write", async_write, WRITE, _ADMINISTRATORS, _OPTIONAL),
    Action("notify", async_notify, NOTIFY, _ADMINISTRATORS, _ONLY),
    Action("talk", async_talk_to, TALK, _ADMINISTRATORS, _ONLY),
    Action("listen", async_listen, LISTEN, _ADMINISTRATORS, _OPTIONAL),
    Action("unlisten", async_unlisten, UNLISTEN, _ADMINISTRATORS, _OPTIONAL),
    Action("devices", async_devices, _NOTHING, _ADMINISTRATORS, _ONLY),
    Action("set_reading", async_set_reading, SET_READING, _ADMINISTRATORS, _OPTIONAL),
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
    return await action.handler(call)


async def _async_check(action: Action, call: ServiceCall) -> None:
    """Raise ``Unauthorized``, or what keeps keys from being told."""
    keys = action.tells_keys(call.data)
    user = await _async_user(call)
    if user is None:
        allowed = not keys
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
    if keys and not call.data[ATTR_CONFIRM]:
        raise ServiceValidationError(
            translation_domain=DOMAIN, translation_key="export_not_confirmed"
        )


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
    """Return the entities of a device's entry: an action on a pack is one on its battery."""
    device = dr.async_get(hass).async_get(device_id)
    if device is None:
        return []
    registry = er.async_get(hass)
    entry_id = device.config_entry_id
    return [
        one.entity_id for one in er.async_entries_for_config_entry(registry, entry_id)
    ]
