"""Prove that a phone sees our devices: a real HomeKit controller pairs with Home Assistant's bridge.

Starts the world and Home Assistant, adds the devices, adds the bridge in its three steps, takes the
pairing code from the notification, pairs, reads every characteristic, compares it with the entity
it stands for, and presses a button.
"""

from collections.abc import Callable, Iterator
import contextlib
from pathlib import Path
import re
import sys
from typing import Any, Final, override
from uuid import uuid4

from aiohomekit.characteristic_cache import CharacteristicCacheMemory
from aiohomekit.controller.ip.connection import HomeKitConnection
from aiohomekit.controller.ip.controller import IpController
from aiohomekit.controller.ip.pairing import IpPairing
from aiohomekit.exceptions import AccessoryDisconnectedError, AuthenticationError
from aiohomekit.model import Accessories, Accessory
from aiohomekit.model.characteristics import Characteristic, CharacteristicsTypes
from aiohomekit.model.services import Service, ServicesTypes
from aiohomekit.protocol import perform_pair_setup_part1, perform_pair_setup_part2
from zeroconf.asyncio import AsyncZeroconf

from tests.ports import free_port

from .api import Api, Json
from .check import DOMAIN, Check
from .home_assistant import HOST, HomeAssistant, prepare, unexpected
from .process import PATIENCE, Trouble, until
from .proof import prove, say, verdict
from .world_client import WorldProcess, add_proxy

SCENARIO: Final = Path(__file__).parents[1] / "world" / "scenarios" / "homekit.toml"
REMOTE: Final = "F8:24:41:07:01:53"
PRESSED: Final = "Press End Button Plus"
CODE: Final = re.compile(r"\b\d{3}-\d\d-\d{3}\b")
# The libraries of the phone and of the bridge fail to agree about once in ninety times.
PAIRINGS: Final = 4
PRESSES: Final = 3

_S = ServicesTypes
_C = CharacteristicsTypes

# What a phone calls each kind of entity: (domain, device class) to service and characteristic.
SHOWN: Final = {
    ("sensor", "temperature"): (_S.TEMPERATURE_SENSOR, _C.TEMPERATURE_CURRENT),
    ("sensor", "humidity"): (_S.HUMIDITY_SENSOR, _C.RELATIVE_HUMIDITY_CURRENT),
    ("sensor", "illuminance"): (_S.LIGHT_SENSOR, _C.LIGHT_LEVEL_CURRENT),
    ("binary_sensor", "motion"): (_S.MOTION_SENSOR, _C.MOTION_DETECTED),
    ("binary_sensor", "door"): (_S.CONTACT_SENSOR, _C.CONTACT_STATE),
    ("binary_sensor", "moisture"): (_S.LEAK_SENSOR, _C.LEAK_DETECTED),
}
# Lowest steps that the protocol has: a phone shows no more digits.
STEPS: Final = {
    _C.TEMPERATURE_CURRENT: 0.1,
    _C.RELATIVE_HUMIDITY_CURRENT: 1.0,
    _C.LIGHT_LEVEL_CURRENT: 1.0,
    _C.BATTERY_LEVEL: 1.0,
}


# --- the bridge in Home Assistant --------------------------------------------------------


async def add_bridge(api: Api) -> tuple[Json, str]:
    """Add HomeKit Bridge as a user does; give its entry and the pairing code."""
    flow = await api.start_flow("homekit")
    flow = await api.answer_flow(
        flow["flow_id"], {"include_domains": ["binary_sensor", "sensor"]}
    )
    entry = (await api.answer_flow(flow["flow_id"], {}))["result"]
    found: list[str] = []

    async def code_is_shown() -> bool:
        found.extend(
            match[0]
            for one in await api.call("persistent_notification/get")
            if (match := CODE.search(one["message"]))
        )
        return bool(found)

    await until("the pairing code", PATIENCE, code_is_shown)
    return entry, found[0]


async def show_buttons(api: Api, entry_id: str, device_id: str) -> None:
    """Choose a remote in the bridge's options, so that its buttons appear on the phone."""
    path = "/api/config/config_entries/options/flow"
    flow = await api.post(path, {"handler": entry_id})
    answers: dict[str, Json] = {
        "init": {
            "mode": "bridge",
            "include_exclude_mode": "exclude",
            "domains": ["binary_sensor", "sensor"],
        },
        "exclude": {"entities": []},
        "bridged_device_triggers": {"devices": [device_id]},
    }
    while flow["type"] == "form":
        answer = answers[flow["step_id"]]
        flow = await api.post(f"{path}/{flow['flow_id']}", answer)
    if flow["type"] != "create_entry":
        raise Trouble(f"the bridge's options ended with {flow}")


# --- the phone ---------------------------------------------------------------------------


class Controller(IpController):
    """Know the bridge by its port: nobody announces anything on the loopback address."""

    @override
    async def async_start(self) -> None:
        """Look for nobody."""


async def pair(port: int, code: str, zeroconf: AsyncZeroconf) -> IpPairing:
    """Pair with the bridge at a port; raise what the controller says when it is refused."""
    for left in reversed(range(PAIRINGS)):
        try:
            data = await _secrets(port, code)
            break
        except AuthenticationError, AccessoryDisconnectedError:
            if not left:
                raise
    data |= {
        "AccessoryIP": HOST,
        "AccessoryIPs": [HOST],
        "AccessoryPort": port,
        "Connection": "IP",
    }
    controller = Controller(CharacteristicCacheMemory(), zeroconf)
    pairing = controller.load_pairing("bridge", data)
    if pairing is None:
        raise Trouble("the controller did not take the pairing")
    return pairing


async def _secrets(port: int, code: str) -> Any:
    """Return what bridge and controller agree on."""
    connection = HomeKitConnection(None, [HOST], port)
    await connection.ensure_connection()
    try:
        steps = perform_pair_setup_part1()
        salt, public_key = await _talk(connection, steps)
        return await _talk(
            connection, perform_pair_setup_part2(code, str(uuid4()), salt, public_key)
        )
    finally:
        await connection.close()


async def _talk(connection: HomeKitConnection, steps: Any) -> Any:
    request, expected = steps.send(None)
    while True:
        answer = await connection.post_tlv("/pair-setup", request, expected)
        try:
            request, expected = steps.send(answer)
        except StopIteration as end:
            return end.value


async def read(pairing: IpPairing) -> Accessories:
    """Read all accessories with all their values."""
    return Accessories.from_list(await pairing.list_accessories_and_characteristics())


def value_of(service: Service, kind: str) -> float | None:
    """Return the value of one characteristic of a service."""
    one: Characteristic = service[kind]
    return None if one.value is None else float(one.value)


# --- comparing ---------------------------------------------------------------------------


class Home:
    """Hold what Home Assistant shows at one moment."""

    def __init__(self, entities: list[Json], states: list[Json]) -> None:
        """Take the registry and the states."""
        self.states = {one["entity_id"]: one for one in states}
        self.entities = [
            one
            for one in entities
            if one["platform"] == DOMAIN and one["entity_id"] in self.states
        ]

    @classmethod
    async def look(cls, api: Api) -> Home:
        """Ask Home Assistant."""
        return cls(
            await api.call("config/entity_registry/list"), await api.call("get_states")
        )

    def bridged(self) -> Iterator[tuple[Json, Json, tuple[str, str]]]:
        """Return entity, state and what a phone must show, of all that the bridge takes."""
        for entity in self.entities:
            state = self.states[entity["entity_id"]]
            domain = entity["entity_id"].partition(".")[0]
            shown = SHOWN.get((domain, state["attributes"].get("device_class", "")))
            if shown and entity["entity_category"] is None:
                yield entity, state, shown

    def battery(self, device_id: str) -> Json | None:
        """Return the state of a device's battery percentage."""
        for entity in self.entities:
            state = self.states[entity["entity_id"]]
            if (
                entity["device_id"] == device_id
                and entity["entity_id"].startswith("sensor.")
                and state["attributes"].get("device_class") == "battery"
            ):
                return state
        return None


def number(state: Json) -> float:
    """Return a state as the number that the protocol has for it."""
    words = {"on": 1.0, "off": 0.0}
    text = state["state"]
    return words[text] if text in words else float(text)


def differs(shown: float | None, state: Json, kind: str) -> bool:
    """Tell whether a phone shows something else than Home Assistant."""
    return shown is None or abs(shown - number(state)) > STEPS.get(kind, 0.0) / 2 + 0.01


def compare(accessories: Accessories, home: Home) -> tuple[list[str], list[str]]:
    """Return the lines of the table and what is wrong."""
    lines, wrong = [], []
    by_name = {one.name: one for one in accessories.accessories}
    for entity, state, (service_type, kind) in home.bridged():
        title = state["attributes"]["friendly_name"]
        accessory = _accessory(by_name, title)
        services = (
            []
            if accessory is None
            else list(accessory.services.filter(service_type=service_type))
        )
        if accessory is None or not services:
            wrong.append(f"{title}: no such service on the phone")
            continue
        shown = value_of(services[0], kind)
        lines.append(f"{title:<46} {service_name(services[0]):<18} {shown}")
        if differs(shown, state, kind):
            wrong.append(f"{title}: phone {shown}, entity {state['state']}")
        wrong += _compare_battery(accessory, home.battery(entity["device_id"]), lines)
    return lines, wrong


def _accessory(by_name: dict[str, Accessory], title: str) -> Accessory | None:
    # The bridge leaves out what phones do not take in a name, and cuts long ones.
    plain = re.sub(r"[^\w \-]", "", title).strip()
    for name, one in by_name.items():
        if name and plain.startswith(re.sub(r"[^\w \-]", "", name).strip()):
            return one
    return None


def _compare_battery(
    accessory: Accessory, state: Json | None, lines: list[str]
) -> list[str]:
    if state is None:
        return []
    title = state["attributes"]["friendly_name"]
    services = list(accessory.services.filter(service_type=_S.BATTERY_SERVICE))
    if not services:
        return [f"{title}: the phone shows no battery with {accessory.name}"]
    level = value_of(services[0], _C.BATTERY_LEVEL)
    lines.append(f"{title:<46} {'battery':<18} {level}")
    if differs(level, state, _C.BATTERY_LEVEL):
        return [f"{title}: phone {level}, entity {state['state']}"]
    return []


def service_name(service: Service) -> str:
    """Name a service in words."""
    names = {
        _S.TEMPERATURE_SENSOR: "temperature",
        _S.HUMIDITY_SENSOR: "humidity",
        _S.LIGHT_SENSOR: "light",
        _S.MOTION_SENSOR: "motion",
        _S.CONTACT_SENSOR: "contact",
        _S.LEAK_SENSOR: "leak",
    }
    return names.get(service.type, service.type)


def kinds_missing(lines: list[str]) -> list[str]:
    """Name the kinds of service that no device showed: a comparison of nothing proves nothing."""
    wanted = (
        "temperature",
        "humidity",
        "light",
        "motion",
        "contact",
        "leak",
        "battery",
    )
    text = "\n".join(lines)
    return [f"no {kind} at all" for kind in wanted if f" {kind} " not in text]


# --- the button --------------------------------------------------------------------------


def switches(accessories: Accessories) -> Iterator[tuple[int, Characteristic, str]]:
    """Return the programmable switches: accessory id, event characteristic, name."""
    for accessory in accessories.accessories:
        for service in accessory.services.filter(
            service_type=_S.STATELESS_PROGRAMMABLE_SWITCH
        ):
            yield accessory.aid, service[_C.INPUT_EVENT], service.value(_C.NAME)


async def heard_in_a_row(heard: list[str], world: WorldProcess) -> int:
    """Press a button; return how often a phone hears it before it hears another one.

    The simulated remote is pressed by somebody else, too, button after button.
    """

    async def another() -> bool:
        return heard[-1:] not in ([], [PRESSED])

    async def over() -> bool:
        return PRESSED in heard and await another()

    heard.clear()
    await until("another press", PATIENCE, another)
    heard.clear()
    await world.press(REMOTE, key="button_plus", type="press")
    await until("the press", PATIENCE, over)
    rest = heard[heard.index(PRESSED) :]
    return next(at for at, one in enumerate(rest) if one != PRESSED)


async def press(
    pairing: IpPairing, world: WorldProcess, accessories: Accessories
) -> tuple[list[str], list[str]]:
    """Press a button of the remote; give the lines and what is wrong."""
    known = {(aid, one.iid): name for aid, one, name in switches(accessories)}
    heard: list[str] = []

    def happened(events: dict[tuple[int, int], Any]) -> None:
        heard.extend(known[one] for one in events if one in known)

    stop: Callable[[], None] = pairing.dispatcher_connect(happened)
    try:
        await pairing.subscribe(set(known))
        # Somebody else may press the same button just before.
        for _ in range(PRESSES):
            if (count := await heard_in_a_row(heard, world)) == 1:
                break
    finally:
        stop()
    lines = [f"{name:<46} programmable switch" for name in known.values()]
    if count != 1:
        return lines, [f"one press of the remote came {count} times"]
    return [*lines, f"pressed: the phone heard {PRESSED!r}, once"], []


# --- the run -----------------------------------------------------------------------------


async def compared(pairing: IpPairing, api: Api) -> tuple[list[str], list[str]]:
    """Compare until nothing is wrong: one is read after the other, and a value moves meanwhile."""
    lines: list[str] = []
    wrong = ["the phone read nothing"]

    async def right() -> bool:
        nonlocal lines, wrong
        # The phone waits for an answer for some seconds only.
        with contextlib.suppress(AccessoryDisconnectedError):
            lines, wrong = compare(await read(pairing), await Home.look(api))
            wrong += kinds_missing(lines)
            return not wrong
        return False

    with contextlib.suppress(Trouble):
        await until("the phone", PATIENCE, right, pause=1.0)
    return lines, wrong


async def shown_buttons(pairing: IpPairing) -> Accessories:
    """Wait until the phone shows buttons; return all that it shows."""

    async def there() -> Accessories | None:
        with contextlib.suppress(Exception):
            found = await read(pairing)
            return found if any(True for _ in switches(found)) else None
        return None

    return await until("the buttons on the phone", PATIENCE, there)


async def remote_id(api: Api) -> str:
    """Return the remote's device."""
    for one in await api.call("config/device_registry/list"):
        if ["bluetooth", REMOTE] in one["connections"]:
            return str(one["id"])
    raise Trouble("the remote has no device")


async def run(folder: Path) -> int:
    """Do all of it; 0 when all is right."""
    prepare(folder, port := free_port())
    async with contextlib.AsyncExitStack() as stack:
        world = await WorldProcess.start(SCENARIO, folder)
        stack.push_async_callback(world.stop)
        home = await HomeAssistant.start(folder, port)
        stack.push_async_callback(home.stop)
        await home.ready()
        for proxy in world.proxies:
            await add_proxy(home.api, proxy)
        await until("the proxies", PATIENCE, world.all_subscribed)
        outcome = await Check(home, world, lambda _: None).run()
        if outcome.problems:
            raise Trouble("; ".join(outcome.problems))
        say(f"{world.devices} devices added; adding the bridge …")
        entry, code = await add_bridge(home.api)
        zeroconf = await stack.enter_async_context(AsyncZeroconf(interfaces=[HOST]))
        pairing = await pair(int(entry["title"].rpartition(":")[2]), code, zeroconf)
        stack.push_async_callback(pairing.close)
        say("paired")
        lines, wrong = await compared(pairing, home.api)
        await show_buttons(home.api, entry["entry_id"], await remote_id(home.api))
        more, also_wrong = await press(pairing, world, await shown_buttons(pairing))
        wrong += also_wrong + [f"log: {one}" for one in unexpected(home.log_text())]
        for line in lines + more:
            say(line)
        return verdict("HomeKit", wrong)


if __name__ == "__main__":
    sys.exit(prove("homekit", run))
