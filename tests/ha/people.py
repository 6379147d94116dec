"""Who uses a house: administrators, ordinary users and guests who only look, each with a websocket."""

from typing import Any

from pytest_homeassistant_custom_component.common import CLIENT_ID, MockUser

from homeassistant.auth.const import GROUP_ID_ADMIN, GROUP_ID_READ_ONLY, GROUP_ID_USER
from homeassistant.auth.permissions import PolicyPermissions
from homeassistant.auth.permissions.models import PermissionLookup
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er

GROUPS = {
    "guest": GROUP_ID_READ_ONLY,
    "user": GROUP_ID_USER,
    "administrator": GROUP_ID_ADMIN,
}


async def person(hass: HomeAssistant, kind: str) -> tuple[MockUser, str]:
    """Make a user of a kind; also give a token."""
    group = await hass.auth.async_get_group(GROUPS[kind])
    assert group
    user = MockUser(name=kind, groups=[group]).add_to_hass(hass)
    return user, await token(hass, user)


async def token(hass: HomeAssistant, user: MockUser) -> str:
    """Return a user's token."""
    refresh = await hass.auth.async_create_refresh_token(user, CLIENT_ID)
    return hass.auth.async_create_access_token(refresh)


def limit(hass: HomeAssistant, user: MockUser, policy: dict[str, Any]) -> None:
    """Let a user do with entities only what a policy says."""
    lookup = PermissionLookup(er.async_get(hass), dr.async_get(hass))
    user.permissions = PolicyPermissions({"entities": policy}, lookup)
