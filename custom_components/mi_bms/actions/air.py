"""Actions that look at the air and talk to what is there."""

from typing import Any, Final

from probatio import All, Coerce, Length, Optional, Required, Schema

from homeassistant.const import ATTR_DEVICE_ID, ATTR_NAME, CONF_ADDRESS
from homeassistant.core import ServiceCall, ServiceResponse
from homeassistant.helpers import config_validation as cv

from ..bluetooth.adverts import last_adverts
from ..options import decimal, whole_number, within
from ..proto.gatt.entered import Mistaken, address_of, filter_of, operation_of
from ..proto.gatt.operations import MOST_NOTIFICATIONS, Code, Do
from ..proto.model.fields import Field
from .devices import devices, set_reading
from .gatt import async_explore, async_talk
from .listen import LISTENERS
from .scan import MOST_DEVICES, Scan, records

type Json = dict[str, Any]

LONGEST_SCAN: Final = 120  # s
LONGEST_WAIT: Final = 120  # s for notifications
LONGEST_TALK: Final = 300  # s for those of all steps
MOST_STEPS: Final = 50
LONGEST_LISTEN: Final = 1440  # min
WAIT: Final = 15.0  # s


# The fields are those of services.yaml; proto/gatt/entered.py reads the ones with text.
_FILTER: Final = {
    Optional(CONF_ADDRESS): cv.string,
    Optional(ATTR_NAME): cv.string,
    Optional("service"): cv.string,
    Optional("min_rssi"): within(-127, 20, whole_number),
    Optional("company"): cv.string,
}
_WHERE: Final = {Required("characteristic"): cv.string, Optional("service"): cv.string}
_WRITE: Final = {Required("data"): cv.string, Optional("response"): cv.boolean}
_NOTIFY: Final = {
    Optional("seconds", default=WAIT): within(0.1, LONGEST_WAIT),
    Optional("count"): within(1, MOST_NOTIFICATIONS, whole_number),
    Optional("data"): cv.string,
    Optional("write_to"): cv.string,
    Optional("response"): cv.boolean,
}
_ADDRESS: Final = {Required(CONF_ADDRESS): cv.string}
_OWN: Final = {Optional("allow_own", default=False): cv.boolean}
_STEP: Final = Schema({**_WHERE, **_NOTIFY, Required("do"): Coerce(Do)})
# The fields that a form has a place for; all others go into an object.
_USUAL: Final = (Field.TEMPERATURE, Field.HUMIDITY, Field.BATTERY)
SET_READING: Final = Schema(
    {
        Required(ATTR_DEVICE_ID): cv.string,
        **{Optional(str(name)): decimal for name in _USUAL},
        Optional("values", default=dict): {cv.string: object},
    }
)
SCAN: Final = Schema(
    {**_FILTER, Optional("seconds", default=0): within(0, LONGEST_SCAN)}
)
EXPLORE: Final = Schema({**_ADDRESS, Optional("values", default=True): cv.boolean})
READ: Final = Schema({**_ADDRESS, **_WHERE})
WRITE: Final = Schema({**_ADDRESS, **_WHERE, **_WRITE, **_OWN})
NOTIFY: Final = Schema({**_ADDRESS, **_WHERE, **_NOTIFY, **_OWN})
TALK: Final = Schema(
    {
        **_ADDRESS,
        Required("steps"): All(cv.ensure_list, Length(min=1, max=MOST_STEPS), [_STEP]),
        **_OWN,
    }
)
LISTEN: Final = Schema(
    {
        **_FILTER,
        Optional("minutes", default=10): within(0, LONGEST_LISTEN),
        Optional("every", default=1): within(0.1, 3600),
    }
)
UNLISTEN: Final = Schema({Optional("listener"): cv.string})


def _done(**answer: Any) -> Json:
    return {"code": int(Code.OK), **answer}


async def async_scan(call: ServiceCall) -> ServiceResponse:
    """Return a record of each device that is known, or that is heard within some seconds."""
    hass, wanted = call.hass, filter_of(call.data)
    if seconds := call.data["seconds"]:
        scan = await Scan(hass, wanted).run(seconds)
        found = await scan.records()
    else:
        found = await records(hass, last_adverts(hass), wanted)
    return _done(count=len(found), complete=len(found) < MOST_DEVICES, adverts=found)


async def async_explore_device(call: ServiceCall) -> ServiceResponse:
    """Connect to a device and list what it has."""
    address = address_of(call.data)
    services = await async_explore(call.hass, address, values=call.data["values"])
    return _done(address=address, services=services)


async def async_one(do: Do, call: ServiceCall) -> ServiceResponse:
    """Read, write or collect what a device says, on a connection of its own."""
    address = address_of(call.data)
    allow_own = call.data.get("allow_own", False)
    (answer,) = await async_talk(
        call.hass, address, [operation_of(do, call.data)], allow_own=allow_own
    )
    return _done(address=address, **answer)


async def async_talk_to(call: ServiceCall) -> ServiceResponse:
    """Do a list of steps on one connection."""
    address = address_of(call.data)
    steps = [operation_of(one["do"], one) for one in call.data["steps"]]
    if sum(step.seconds for step in steps) > LONGEST_TALK:
        raise Mistaken("too_much_waiting", Code.NO_NOTIFICATION, str(LONGEST_TALK))
    answers = await async_talk(
        call.hass, address, steps, allow_own=call.data["allow_own"]
    )
    return _done(address=address, steps=answers)


async def async_listen(call: ServiceCall) -> ServiceResponse:
    """Pass adverts on as events for some minutes, or until it is told to end."""
    number, ends = call.hass.data[LISTENERS].async_listen(
        filter_of(call.data), call.data["every"], call.data["minutes"] * 60
    )
    return _done(listener=number, ends=ends.isoformat() if ends else None)


async def async_unlisten(call: ServiceCall) -> ServiceResponse:
    """End one listener, or all."""
    ended = call.hass.data[LISTENERS].async_unlisten(call.data.get("listener"))
    return _done(ended=ended)


async def async_devices(call: ServiceCall) -> ServiceResponse:
    """Return our devices and what they said last."""
    return _done(devices=devices(call.hass))


async def async_set_reading(call: ServiceCall) -> ServiceResponse:
    """Show values of a sensor that somebody else knows."""
    given = {str(name): call.data[name] for name in _USUAL if name in call.data}
    wanted = {**call.data["values"], **given}
    return _done(**set_reading(call.hass, call.data[ATTR_DEVICE_ID], wanted))
