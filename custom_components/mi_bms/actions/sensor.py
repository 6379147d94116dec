"""Actions on sensors over a connection: read them, set their clocks, read their memories."""

from typing import Final

from probatio import Optional, Required, Schema

from homeassistant.const import ATTR_DEVICE_ID
from homeassistant.core import ServiceCall, ServiceResponse
from homeassistant.helpers import config_validation as cv
from homeassistant.util import dt as dt_util
from homeassistant.util.json import JsonValueType

from ..options import whole_number, within
from ..proto.active.look import ASKED
from ..proto.active.records import HOUR, Hour
from ..proto.active.spec import Function
from ..sensors.gatt import ActiveSensor
from ..sensors.gatt_errors import told
from .devices import sensor_of
from .errors import refusal

ATTR_HOURS: Final = "hours"
MOST_HOURS: Final = 5000  # what the largest memory seen could hold

_DEVICE: Final = {Required(ATTR_DEVICE_ID): cv.string}
SENSOR: Final = Schema(_DEVICE)
HISTORY: Final = Schema(
    {
        **_DEVICE,
        Optional(ATTR_HOURS): within(1, MOST_HOURS, whole_number),
    }
)


def _sensor(call: ServiceCall, functions: frozenset[Function]) -> ActiveSensor:
    """Return the sensor that is meant; raise what the user did wrong."""
    active = sensor_of(call.hass, call.data[ATTR_DEVICE_ID]).active
    if active is None or not functions & active.functions:
        raise refusal("function_missing")
    return active


async def async_read_sensor(call: ServiceCall) -> ServiceResponse:
    """Read a sensor and return what it told, by field."""
    active = _sensor(call, ASKED)
    with told(active):
        values = await active.async_look()
    return {"values": {str(field): value for field, value in values.items()}}


async def async_set_clock(call: ServiceCall) -> None:
    """Set the clock of a sensor."""
    active = _sensor(call, frozenset({Function.CLOCK, Function.SET_CLOCK}))
    with told(active):
        await active.async_set_clock()


async def async_read_history(call: ServiceCall) -> ServiceResponse:
    """Return the memory of a sensor, the oldest hour first."""
    active = _sensor(call, frozenset({Function.HISTORY}))
    hours = call.data.get(ATTR_HOURS)
    since = dt_util.utcnow().timestamp() - hours * HOUR if hours else None
    with told(active):
        history = await active.async_history(since)
    return {
        "records": list[JsonValueType](map(_record, history.hours)),
        "dropped": history.dropped,
        "complete": history.complete,
    }


def _record(hour: Hour) -> dict[str, JsonValueType]:
    end = dt_util.utc_from_timestamp(round(hour.end))
    values: dict[str, JsonValueType] = {
        str(field): {"min": span.low, "max": span.high}
        for field, span in hour.values.items()
    }
    return {"end": end.isoformat(), **values}
