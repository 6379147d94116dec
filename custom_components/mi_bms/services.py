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
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv, device_registry as dr
from homeassistant.util.json import JsonValueType

from .adverts import SensorCoordinator
from .const import DOMAIN

ACTION_RECORD: Final = "record"
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


def _sensor(hass: HomeAssistant, device_id: str) -> SensorCoordinator:
    """Give the coordinator of a device; raise what the user did wrong."""
    device = dr.async_get(hass).async_get(device_id)
    for entry_id in device.config_entries if device else ():
        entry = hass.config_entries.async_get_entry(entry_id)
        coordinator = getattr(entry, "runtime_data", None)
        if isinstance(coordinator, SensorCoordinator):
            return coordinator
    raise ServiceValidationError(
        translation_domain=DOMAIN, translation_key="not_a_sensor"
    )


async def _async_record(call: ServiceCall) -> ServiceResponse:
    """Record a sensor's adverts for some minutes and give them in the replay format."""
    coordinator = _sensor(call.hass, call.data[ATTR_DEVICE_ID])
    if coordinator.recording:
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
