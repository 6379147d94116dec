"""Actions whose answers may hold keys: record a sensor's adverts, export all keys."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from probatio import Optional, Required, Schema

from homeassistant.const import ATTR_DEVICE_ID
from homeassistant.core import ServiceCall, ServiceResponse, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.util.json import JsonValueType

from ..keys.export import async_export
from ..options import within
from .devices import sensor_of
from .errors import refusal

ATTR_CONFIRM: Final = "confirm"
ATTR_MINUTES: Final = "minutes"
ATTR_DISGUISE: Final = "disguise"

SHORTEST: Final = 0.1
LONGEST: Final = 60

_CONFIRM: Final = {Optional(ATTR_CONFIRM, default=False): cv.boolean}
RECORD: Final = Schema(
    {
        **_CONFIRM,
        Required(ATTR_DEVICE_ID): cv.string,
        Optional(ATTR_MINUTES, default=5): within(SHORTEST, LONGEST),
        Optional(ATTR_DISGUISE, default=True): cv.boolean,
    }
)
EXPORT: Final = Schema(_CONFIRM)


def undisguised(data: Mapping[str, Any]) -> bool:
    """Return whether a recording holds the true address and key."""
    return not data[ATTR_DISGUISE]


async def async_record(call: ServiceCall) -> ServiceResponse:
    """Record a sensor's adverts for some minutes and return them in the replay format."""
    coordinator = sensor_of(call.hass, call.data[ATTR_DEVICE_ID])
    if coordinator.path.capture.running is not None:
        raise refusal("already_recording")
    finished: asyncio.Future[list[dict[str, Any]]] = call.hass.loop.create_future()

    @callback
    def done(vectors: list[dict[str, Any]]) -> None:
        if not finished.done():
            finished.set_result(vectors)

    stop = coordinator.async_record(
        call.data[ATTR_MINUTES] * 60, done, disguised=not undisguised(call.data)
    )
    try:
        vectors = await finished
    finally:
        # The one who asked may have gone; the recording would keep others out.
        stop()
    return {"vectors": list[JsonValueType](vectors)}


async def async_export_keys(call: ServiceCall) -> ServiceResponse:
    """Return all keys."""
    everything = await async_export(call.hass)
    return {
        # The device itself writes the NUL that ends the file; text has no use for it.
        "mi32cfg": everything.mi32cfg.rstrip(b"\0").decode(),
        "list": everything.plain,
        "too_big_for_tasmota": everything.too_big,
        "not_in_mi32cfg": list[JsonValueType](everything.left_out),
    }
