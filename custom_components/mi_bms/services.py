"""Actions of the integration."""

import asyncio
from typing import Any, Final

import probatio

from homeassistant.const import ATTR_DEVICE_ID, CONF_ADDRESS
from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.exceptions import ServiceValidationError, Unauthorized
from homeassistant.helpers import config_validation as cv, device_registry as dr
from homeassistant.util.json import JsonValueType

from .adverts import SensorCoordinator
from .const import CONF_KEY, CONF_KIND, CONF_PRODUCT, DOMAIN, KIND_SENSOR
from .keyring import async_keys
from .proto.keys.contract import KnownSensor
from .proto.keys.exporter import (
    DEVICE_BYTES,
    DEVICE_SLOTS,
    fits_mi32cfg,
    mi32cfg,
    plain,
)

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
    sensors = _known_sensors(hass, (await async_keys(hass)).ring.owned)
    file = mi32cfg(sensors)
    too_big = len(file) > DEVICE_BYTES or len(sensors) > DEVICE_SLOTS
    left_out = [one.address for one in sensors if not fits_mi32cfg(one)]
    return {
        # The device itself writes the NUL that ends the file; text has no use for it.
        "mi32cfg": file.rstrip(b"\0").decode(),
        "list": plain(sensors),
        "too_big_for_tasmota": too_big,
        "not_in_mi32cfg": list[JsonValueType](left_out),
    }


def _known_sensors(hass: HomeAssistant, ring: dict[str, bytes]) -> list[KnownSensor]:
    """Give the sensors that are set up, then keys of sensors that are not."""
    found: dict[str, KnownSensor] = {}
    for entry in hass.config_entries.async_entries(DOMAIN, include_ignore=False):
        if entry.data[CONF_KIND] != KIND_SENSOR:
            continue
        address, key = entry.data[CONF_ADDRESS], entry.data.get(CONF_KEY)
        coordinator = getattr(entry, "runtime_data", None)
        decoder = getattr(coordinator, "decoder", None)
        found[address] = KnownSensor(
            address=address,
            key=bytes.fromhex(key) if key else None,
            name=entry.title,
            product_id=entry.data.get(CONF_PRODUCT),
            firmware=decoder.firmware if decoder else None,
        )
    for address, known in ring.items():
        found.setdefault(address, KnownSensor(address=address, key=known))
    return list(found.values())
