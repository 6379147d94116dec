"""Actions that look at the air and talk to what is there."""

from collections.abc import Mapping
from typing import Any, Final

import probatio

from homeassistant.components import bluetooth
from homeassistant.const import ATTR_DEVICE_ID, ATTR_NAME, CONF_ADDRESS
from homeassistant.core import ServiceCall, ServiceResponse
from homeassistant.helpers import config_validation as cv

from ..proto.air.adverts import Filter
from ..proto.air.uuids import parse_uuid
from ..proto.gatt.operations import (
    LONGEST_VALUE,
    MOST_NOTIFICATIONS,
    Code,
    Do,
    Operation,
)
from ..proto.model.address import parse_address
from ..proto.model.fields import Field
from .devices import devices, set_reading
from .errors import mistake
from .gatt import async_explore, async_talk
from .listen import LISTENERS
from .scan import MOST_DEVICES, Scan, records

type Json = dict[str, Any]

ATTR_SERVICE: Final = "service"
ATTR_MIN_RSSI: Final = "min_rssi"
ATTR_COMPANY: Final = "company"
ATTR_SECONDS: Final = "seconds"
ATTR_VALUES: Final = "values"
ATTR_CHARACTERISTIC: Final = "characteristic"
ATTR_DO: Final = "do"
ATTR_DATA: Final = "data"
ATTR_RESPONSE: Final = "response"
ATTR_COUNT: Final = "count"
ATTR_WRITE_TO: Final = "write_to"
ATTR_STEPS: Final = "steps"
ATTR_ALLOW_OWN: Final = "allow_own"
ATTR_MINUTES: Final = "minutes"
ATTR_EVERY: Final = "every"
ATTR_LISTENER: Final = "listener"

LONGEST_SCAN: Final = 120  # s
LONGEST_WAIT: Final = 120  # s for notifications
LONGEST_TALK: Final = 300  # s for those of all steps
MOST_STEPS: Final = 50
LONGEST_LISTEN: Final = 1440  # min
WAIT: Final = 15.0  # s
_COMPANIES: Final = 0x10000
_TOO_LONG: Final = 4 * LONGEST_VALUE  # characters; longer ones are not looked at


def _number(low: float, high: float) -> Any:
    return probatio.All(probatio.Coerce(float), probatio.Range(min=low, max=high))


_FILTER: Final = {
    probatio.Optional(CONF_ADDRESS): cv.string,
    probatio.Optional(ATTR_NAME): cv.string,
    probatio.Optional(ATTR_SERVICE): cv.string,
    probatio.Optional(ATTR_MIN_RSSI): probatio.All(
        probatio.Coerce(int), probatio.Range(min=-127, max=20)
    ),
    probatio.Optional(ATTR_COMPANY): cv.string,
}
_WHERE: Final = {
    probatio.Required(ATTR_CHARACTERISTIC): cv.string,
    probatio.Optional(ATTR_SERVICE): cv.string,
}
_WRITE: Final = {
    probatio.Required(ATTR_DATA): cv.string,
    probatio.Optional(ATTR_RESPONSE): cv.boolean,
}
_NOTIFY: Final = {
    probatio.Optional(ATTR_SECONDS, default=WAIT): _number(0.1, LONGEST_WAIT),
    probatio.Optional(ATTR_COUNT): probatio.All(
        probatio.Coerce(int), probatio.Range(min=1, max=MOST_NOTIFICATIONS)
    ),
    probatio.Optional(ATTR_DATA): cv.string,
    probatio.Optional(ATTR_WRITE_TO): cv.string,
    probatio.Optional(ATTR_RESPONSE): cv.boolean,
}
_ADDRESS: Final = {probatio.Required(CONF_ADDRESS): cv.string}
_OWN: Final = {probatio.Optional(ATTR_ALLOW_OWN, default=False): cv.boolean}
_STEP: Final = probatio.Schema(
    {
        **_WHERE,
        **_NOTIFY,
        probatio.Required(ATTR_DO): probatio.Coerce(Do),
    }
)
# The fields that a form has a place for; all others go into an object.
_USUAL: Final = (Field.TEMPERATURE, Field.HUMIDITY, Field.BATTERY)
SET_READING: Final = probatio.Schema(
    {
        probatio.Required(ATTR_DEVICE_ID): cv.string,
        **{probatio.Optional(str(name)): probatio.Coerce(float) for name in _USUAL},
        probatio.Optional(ATTR_VALUES, default=dict): {cv.string: object},
    }
)
SCAN: Final = probatio.Schema(
    {**_FILTER, probatio.Optional(ATTR_SECONDS, default=0): _number(0, LONGEST_SCAN)}
)
EXPLORE: Final = probatio.Schema(
    {**_ADDRESS, probatio.Optional(ATTR_VALUES, default=True): cv.boolean}
)
READ: Final = probatio.Schema({**_ADDRESS, **_WHERE})
WRITE: Final = probatio.Schema({**_ADDRESS, **_WHERE, **_WRITE, **_OWN})
NOTIFY: Final = probatio.Schema({**_ADDRESS, **_WHERE, **_NOTIFY, **_OWN})
TALK: Final = probatio.Schema(
    {
        **_ADDRESS,
        probatio.Required(ATTR_STEPS): probatio.All(
            cv.ensure_list, probatio.Length(min=1, max=MOST_STEPS), [_STEP]
        ),
        **_OWN,
    }
)
LISTEN: Final = probatio.Schema(
    {
        **_FILTER,
        probatio.Optional(ATTR_MINUTES, default=10): _number(0, LONGEST_LISTEN),
        probatio.Optional(ATTR_EVERY, default=1): _number(0.1, 3600),
    }
)
UNLISTEN: Final = probatio.Schema({probatio.Optional(ATTR_LISTENER): cv.string})


def _done(**answer: Any) -> Json:
    return {"code": int(Code.OK), **answer}


# --- what was entered ------------------------------------------------------------------------


def _address(written: str) -> str:
    if (address := parse_address(written)) is None:
        raise mistake("bad_address", Code.CONNECTION, what=_shown(written))
    return address


def _uuid(written: str, code: Code) -> str:
    if (uuid := parse_uuid(written)) is None:
        raise mistake("bad_uuid", code, what=_shown(written))
    return uuid


def _shown(written: str) -> str:
    """Return the beginning of a text for a message."""
    return written[:40]


def _company(written: str) -> int:
    try:
        number = int(written.lower().removeprefix("0x"), 16)
    except ValueError:
        number = -1
    if not 0 <= number < _COMPANIES:
        raise mistake("bad_company", Code.CONNECTION, what=_shown(written))
    return number


def _bytes(written: str) -> bytes:
    plain = written.replace(" ", "").replace(":", "").lower().removeprefix("0x")
    if len(plain) > _TOO_LONG:
        raise mistake("too_many_entered", Code.NOT_WRITTEN, what=str(LONGEST_VALUE))
    try:
        return bytes.fromhex(plain)
    except ValueError:
        raise mistake("bad_data", Code.NOT_WRITTEN) from None


def _filter(data: Mapping[str, Any]) -> Filter:
    address, service = data.get(CONF_ADDRESS), data.get(ATTR_SERVICE)
    company = data.get(ATTR_COMPANY)
    return Filter(
        address=_address(address) if address else None,
        name=data.get(ATTR_NAME) or None,
        service=_uuid(service, Code.NO_SERVICE) if service else None,
        rssi=data.get(ATTR_MIN_RSSI),
        company=_company(company) if company else None,
    )


def _step(do: Do, data: Mapping[str, Any]) -> Operation:
    service, target = data.get(ATTR_SERVICE), data.get(ATTR_WRITE_TO)
    written = data.get(ATTR_DATA)
    payload = _bytes(written) if written is not None and do is not Do.READ else None
    if do is Do.WRITE and payload is None:
        raise mistake("nothing_to_write", Code.NOT_WRITTEN)
    return Operation(
        do=do,
        characteristic=_uuid(data[ATTR_CHARACTERISTIC], Code.NO_CHARACTERISTIC),
        service=_uuid(service, Code.NO_SERVICE) if service else None,
        data=payload,
        write_to=_uuid(target, Code.NO_CHARACTERISTIC)
        if target and do is Do.NOTIFY
        else None,
        response=data.get(ATTR_RESPONSE),
        seconds=data.get(ATTR_SECONDS, 0.0) if do is Do.NOTIFY else 0.0,
        count=data.get(ATTR_COUNT),
    )


# --- the actions -----------------------------------------------------------------------------


async def async_scan(call: ServiceCall) -> ServiceResponse:
    """Return a record of each device that is known, or that is heard within some seconds."""
    hass, wanted = call.hass, _filter(call.data)
    if seconds := call.data[ATTR_SECONDS]:
        scan = await Scan(hass, wanted).run(seconds)
        found = await scan.records()
    else:
        known = bluetooth.async_discovered_service_info(hass, connectable=False)
        found = await records(hass, list(known), wanted)
    return _done(count=len(found), complete=len(found) < MOST_DEVICES, adverts=found)


async def async_explore_device(call: ServiceCall) -> ServiceResponse:
    """Connect to a device and list what it has."""
    address = _address(call.data[CONF_ADDRESS])
    services = await async_explore(call.hass, address, values=call.data[ATTR_VALUES])
    return _done(address=address, services=services)


async def _async_one(call: ServiceCall, do: Do) -> Json:
    """Do one step on a connection of its own."""
    address = _address(call.data[CONF_ADDRESS])
    allow_own = call.data.get(ATTR_ALLOW_OWN, False)
    (answer,) = await async_talk(
        call.hass, address, [_step(do, call.data)], allow_own=allow_own
    )
    return _done(address=address, **answer)


async def async_read(call: ServiceCall) -> ServiceResponse:
    """Read one value."""
    return await _async_one(call, Do.READ)


async def async_write(call: ServiceCall) -> ServiceResponse:
    """Write one value."""
    return await _async_one(call, Do.WRITE)


async def async_notify(call: ServiceCall) -> ServiceResponse:
    """Collect what a device says by itself or as an answer."""
    return await _async_one(call, Do.NOTIFY)


async def async_talk_to(call: ServiceCall) -> ServiceResponse:
    """Do a list of steps on one connection."""
    address = _address(call.data[CONF_ADDRESS])
    steps = [_step(one[ATTR_DO], one) for one in call.data[ATTR_STEPS]]
    if sum(step.seconds for step in steps) > LONGEST_TALK:
        raise mistake("too_much_waiting", Code.NO_NOTIFICATION, what=str(LONGEST_TALK))
    answers = await async_talk(
        call.hass, address, steps, allow_own=call.data[ATTR_ALLOW_OWN]
    )
    return _done(address=address, steps=answers)


async def async_listen(call: ServiceCall) -> ServiceResponse:
    """Pass adverts on as events for some minutes, or until it is told to end."""
    number, ends = call.hass.data[LISTENERS].async_listen(
        _filter(call.data), call.data[ATTR_EVERY], call.data[ATTR_MINUTES] * 60
    )
    return _done(listener=number, ends=ends.isoformat() if ends else None)


async def async_unlisten(call: ServiceCall) -> ServiceResponse:
    """End one listener, or all."""
    ended = call.hass.data[LISTENERS].async_unlisten(call.data.get(ATTR_LISTENER))
    return _done(ended=ended)


async def async_devices(call: ServiceCall) -> ServiceResponse:
    """Return our devices and what they said last."""
    return _done(devices=devices(call.hass))


async def async_set_reading(call: ServiceCall) -> ServiceResponse:
    """Show values of a sensor that somebody else knows."""
    given = {str(name): call.data[name] for name in _USUAL if name in call.data}
    wanted = {**call.data[ATTR_VALUES], **given}
    return _done(**set_reading(call.hass, call.data[ATTR_DEVICE_ID], wanted))
