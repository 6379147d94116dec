"""The world's remote control: JSON over HTTP on the loopback address.

GET  /world              proxies with their ports, slots in use, counters of each device
GET  /truth?since=T      what each device tells now, and told since T (seconds since the epoch)
GET  /holds?address=…    what it holds besides: its clock, settings, memory, what was ordered; without
                         an address all devices
POST /fault              {"address": "…", "faults": {…}} or {"address": "…", "clear": true}
POST /disconnect         {"address": "…", "reason": 8}: the device drops its link
POST /press              {"address": "…", …}: calls the device's ``press`` with the rest
POST /say                {"address": "…", "data": "…", "rssi": -60}: one advert under any address
POST /leap               {"seconds": 3600}: so much time passes for all devices at once
POST /proxy              {"name": "…", "action": "abort" | "stop" | "start" | "freeze" | "thaw"
                          | "occupy", "slots": 1}
                         freeze: its plug is pulled, TCP connections stay half open
                         occupy: others hold so many of its slots (0: none) as soon as they are free
"""

import inspect
import time
from typing import TYPE_CHECKING, Final

from aiohttp import web

from .faults import Faults
from .proxy import HOST

if TYPE_CHECKING:
    from .scenario import DeviceSpec
    from .world import World

type Json = dict[str, object]

LONGEST_LEAP: Final = 86_400.0  # s


class Control:
    """Answer questions about a world and change it."""

    def __init__(self, world: World) -> None:
        """Take the world."""
        self._world = world
        self._runner: web.AppRunner | None = None
        self.url = ""

    async def start(self) -> None:
        """Listen on a free port."""
        app = web.Application()
        app.add_routes(
            [
                web.get("/world", self._get_world),
                web.get("/truth", self._get_truth),
                web.get("/holds", self._get_holds),
                web.post("/fault", self._fault),
                web.post("/disconnect", self._disconnect),
                web.post("/press", self._press),
                web.post("/say", self._say),
                web.post("/leap", self._leap),
                web.post("/proxy", self._proxy),
            ]
        )
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, HOST, 0)
        await site.start()
        self.url = f"http://{HOST}:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        """Stop listening."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _get_world(self, _: web.Request) -> web.Response:
        return web.json_response(self._world.summary())

    async def _get_truth(self, request: web.Request) -> web.Response:
        try:
            since = float(request.query.get("since", time.time()))
        except ValueError:
            raise _bad("since must be a number") from None
        return web.json_response(
            {
                address: {
                    **about(spec),
                    "truth": dict(spec.peripheral.truth()),
                    "history": self._world.radio.stations[address].history.since(since),
                }
                for address, spec in self._world.devices.items()
            }
        )

    async def _get_holds(self, request: web.Request) -> web.Response:
        one = request.query.get("address")
        return web.json_response(
            {
                address: dict(spec.peripheral.holds())
                for address, spec in self._world.devices.items()
                if one in {None, address}
            }
        )

    async def _fault(self, request: web.Request) -> web.Response:
        body = await _body(request)
        faults = self._faults(body)
        if body.get("clear"):
            faults.clear()
        changes = body.get("faults", {})
        if not isinstance(changes, dict):
            raise _bad("faults must be an object")
        try:
            faults.update(changes)
        except ValueError as err:
            raise _bad(str(err)) from None
        return web.json_response(faults.active())

    def _faults(self, body: Json) -> Faults:
        return self._world.radio.stations[self._address(body)].faults

    async def _disconnect(self, request: web.Request) -> web.Response:
        body = await _body(request)
        link = self._world.radio.stations[self._address(body)].link
        reason = body.get("reason", 8)
        if not isinstance(reason, int):
            raise _bad("reason must be a whole number")
        if link is not None:
            link.lose(reason)
        return web.json_response({"was_connected": link is not None})

    async def _press(self, request: web.Request) -> web.Response:
        body = await _body(request)
        device = self._world.devices[self._address(body)].peripheral
        press = getattr(device, "press", None)
        if press is None:
            raise _bad("this device has nothing to press")
        arguments = {key: value for key, value in body.items() if key != "address"}
        try:
            inspect.signature(press).bind(**arguments)
            press(**arguments)
        except (TypeError, ValueError) as err:
            raise _bad(str(err)) from None
        return web.json_response(dict(device.truth()))

    async def _say(self, request: web.Request) -> web.Response:
        body = await _body(request)
        address, data, rssi = body.get("address"), body.get("data"), body.get("rssi")
        if not isinstance(address, str) or not isinstance(data, str):
            raise _bad("address and data must be texts")
        try:
            said = bytes.fromhex(data)
        except ValueError:
            raise _bad("data must be hex") from None
        self._world.radio.say(address, said, rssi if isinstance(rssi, int) else -60)
        return web.json_response({})

    async def _leap(self, request: web.Request) -> web.Response:
        seconds = (await _body(request)).get("seconds")
        if not isinstance(seconds, int | float) or not 0 < seconds <= LONGEST_LEAP:
            raise _bad(f"seconds must lie between 0 and {LONGEST_LEAP:.0f}")
        self._world.radio.leap(seconds)
        return web.json_response({})

    async def _proxy(self, request: web.Request) -> web.Response:
        body = await _body(request)
        proxy = next(
            (one for one in self._world.proxies if one.name == body.get("name")), None
        )
        if proxy is None:
            raise _bad("name is no proxy")
        match body.get("action"):
            case "abort":
                proxy.abort()
            case "stop":
                await proxy.stop()
            case "start":
                await proxy.start()
            case "freeze":
                await proxy.freeze()
            case "thaw":
                proxy.thaw()
            case "occupy":
                slots = body.get("slots")
                if not isinstance(slots, int) or not 0 <= slots <= proxy.spec.slots:
                    raise _bad("slots must be a whole number that the proxy has")
                proxy.occupy(slots)
            case _:
                raise _bad("action must be abort, stop, start, freeze, thaw or occupy")
        return web.json_response({"name": proxy.name, "port": proxy.port})

    def _address(self, body: Json) -> str:
        address = body.get("address")
        if not isinstance(address, str) or address.upper() not in self._world.devices:
            raise _bad("address is no device")
        return address.upper()


def about(spec: DeviceSpec) -> Json:
    """Return what a device is, without the entries that it does not have."""
    everything = {
        "kind": spec.kind,
        "name": spec.peripheral.name,
        "category": spec.category,
        "family": spec.family,
        "foreign": spec.foreign,
        "by_hand": spec.by_hand,
        "activate": spec.activate,
        "key": spec.key,
        "password": spec.password,
        "steps": spec.steps or None,
        "expect": spec.expect or None,
        "bank": spec.bank or None,
    }
    return {key: value for key, value in everything.items() if value is not None}


async def _body(request: web.Request) -> Json:
    try:
        body = await request.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise _bad("the body must be a JSON object")
    return body


def _bad(text: str) -> web.HTTPBadRequest:
    return web.HTTPBadRequest(text=text + "\n")
