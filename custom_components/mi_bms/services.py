"""Actions of the integration."""

import asyncio
from typing import Any, Final

import probatio

from homeassistant.const import ATTR_DEVICE_ID
from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.exceptions import ServiceValidationError, Unauthorized
from homeassistant.helpers import config_validation as cv
from homeassistant.util.json import JsonValueType

from .adverts import SensorCoordinator
from .behind import runtime_of_id
from .const import DOMAIN
from .export import async_export

ACTION_RECORD: Final = "record"
ACTION_EXPORT: Final = "export_keys"
ATTR_CONFIRM: Final = "confirm"
ATTR_MINUTES: Final = "minutes"
ATTR_DISGUISE: Final = "disguise"

SHORTEST: Final = 0.1
LONGEST: Final = 60

_RECORD: Final = probatio.Schema(
    {
        probatio.Required(ATTR_DEVICE_ID): cv.string,
        probatio.Optional(ATTR_MINUTES, default=5): probatio.All(
            probatio.Coerce(float), probatio.Range(min=SHORTEST, max=LONGEST)
        ),
        probatio.Optional(ATTR_DISGUISE, default=True): cv.boolean,
    }
)

_EXPORT: Final = probatio.Schema(
    {probatio.Optional(ATTR_CONFIRM, default=False): cv.boolean}
)


@callback
def async_setup_services(hass: HomeAssistant) -> None:
    """Register the actions, once for the integration."""
    hass.services.async_register(
        DOMAIN,
        ACTION_RECORD,
        _async_record,
        schema=_RECORD,
        supports_response=SupportsResponse.ONLY,
    )
    hass.services.async_register(
        DOMAIN,
        ACTION_EXPORT,
        _async_export,
        schema=_EXPORT,
        supports_response=SupportsResponse.ONLY,
    )


def _sensor(hass: HomeAssistant, device_id: str) -> SensorCoordinator:
    """Give the coordinator of a device; raise what the user did wrong."""
    coordinator = runtime_of_id(hass, device_id)
    if isinstance(coordinator, SensorCoordinator):
        return coordinator
    raise ServiceValidationError(
        translation_domain=DOMAIN, translation_key="not_a_sensor"
    )


async def _async_record(call: ServiceCall) -> ServiceResponse:
    """Record a sensor's adverts for some minutes and give them in the replay format."""
    coordinator = _sensor(call.hass, call.data[ATTR_DEVICE_ID])
    if coordinator.recorder.running:
        raise ServiceValidationError(
            translation_domain=DOMAIN, translation_key="already_recording"
        )
    finished: asyncio.Future[list[dict[str, Any]]] = call.hass.loop.create_future()

    @callback
    def done(vectors: list[dict[str, Any]]) -> None:
        if not finished.done():
            finished.set_result(vectors)

    stop = coordinator.async_record(
        call.data[ATTR_MINUTES] * 60, done, disguised=call.data[ATTR_DISGUISE]
    )
    try:
        vectors = await finished
    finally:
        # The one who asked may have gone; the recording would keep others out.
        stop()
    return {"vectors": list[JsonValueType](vectors)}


async def _async_export(call: ServiceCall) -> ServiceResponse:
    """Give all keys, to an administrator who said that this is meant."""
    hass = call.hass
    user_id = call.context.user_id
    user = await hass.auth.async_get_user(user_id) if user_id else None
    # An automation has no user: nobody could have been asked.
    if user is None or not user.is_admin:
        raise Unauthorized(context=call.context, user_id=user_id)
    if not call.data[ATTR_CONFIRM]:
        raise ServiceValidationError(
            translation_domain=DOMAIN, translation_key="export_not_confirmed"
        )
    everything = await async_export(hass)
    return {
        # The device itself writes the NUL that ends the file; text has no use for it.
        "mi32cfg": everything.mi32cfg.rstrip(b"\0").decode(),
        "list": everything.plain,
        "too_big_for_tasmota": everything.too_big,
        "not_in_mi32cfg": list[JsonValueType](everything.left_out),
    }
