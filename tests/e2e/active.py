"""Use what sensors do over a connection as a person does, then look at what they hold.

What is done with a device, and what it holds afterwards, stands in the scenario.
"""

import asyncio
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
import time
from typing import Any, Final
from zoneinfo import ZoneInfo

from .api import Api, Json
from .compare import stamp, unique_id
from .process import PATIENCE, Trouble, until
from .world_client import WorldProcess

DOMAIN: Final = "mi_bms"
AT_ONCE: Final = 3  # devices
STEP_TIME: Final = 600.0
SHOWN_TIME_SLACK: Final = 10.0  # s
HOUR_SLACK: Final = 90.0  # s
PROMPT, ANSWERS = (
    0.5,
    20,
)  # s of an answer that tells a time, and how often it is asked for
VALUE_SLACK: Final = 0.011
WHOLE_SLACK: Final = 2
# Which entity shows what a device holds.
SHOWN: Final[Mapping[str, str]] = {
    "temperature_unit": "unit",
    "comfort_temperature_high": "temperature_high",
    "comfort_temperature_low": "temperature_low",
    "comfort_humidity_high": "humidity_high",
    "comfort_humidity_low": "humidity_low",
}


class Person:
    """Use sensors through Home Assistant."""

    def __init__(
        self, api: Api, world: WorldProcess, say: Callable[[str], None]
    ) -> None:
        """Take both sides and where progress goes."""
        self._api, self._world, self._say = api, world, say
        self._entities: dict[str, Json] = {}
        self._zone = ""
        self._longest: dict[str, float] = {}  # s that a step with a device took

    async def move_in(self) -> None:
        """Let the house stand where the scenario says."""
        self._zone = (await self._world.get("/world"))["time_zone"]
        if self._zone:
            await self._api.call("config/core/update", time_zone=self._zone)

    async def use(self, truth: Mapping[str, Json], added: Collection[str]) -> list[str]:
        """Take all steps; give what went wrong and what does not hold afterwards."""
        devices = {one: truth[one] for one in added if truth[one].get("steps")}
        if not devices:
            return []
        await self._know()
        await self._enable(devices)
        gate = asyncio.Semaphore(AT_ONCE)

        async def use_one(address: str) -> list[str]:
            async with gate:
                return await self._use_one(address, devices[address])

        found = await asyncio.gather(*(use_one(address) for address in devices))
        problems = [line for lines in found for line in lines]
        for address, device in devices.items():
            holds = await self._held(address)
            late = self._longest.get(address, 0.0)
            wrong = unlike(device.get("expect", {}), holds, self._local_time, late)
            wrong += await self._unlike_shown(address, holds)
            problems += [f"{address} ({device['kind']}): {line}" for line in wrong]
        return problems

    async def _held(self, address: str) -> Json:
        """Return what a device holds now: an answer that took long says what it held some time ago."""
        for _ in range(ANSWERS):
            begun = time.monotonic()
            holds = (await self._world.holds(address))[address]
            if time.monotonic() - begun < PROMPT:
                break
        return holds

    def _local_time(self) -> float:
        """Return the time of the house as if it were UTC."""
        now = time.time()
        offset = datetime.fromtimestamp(now, ZoneInfo(self._zone or "UTC")).utcoffset()
        return now + (offset.total_seconds() if offset else 0.0)

    # --- entities --------------------------------------------------------------------------

    async def _know(self) -> None:
        self._entities = {
            one["unique_id"]: one
            for one in await self._api.call("config/entity_registry/list")
            if one["platform"] == DOMAIN
        }

    async def _enable(self, devices: Mapping[str, Json]) -> None:
        """Switch on what is switched off at first and wanted."""
        wanted = [
            self._entities.get(unique_id(address, key), {})
            for address, device in devices.items()
            for step in device["steps"]
            for key in entities_of(step)
        ]
        off = [one["entity_id"] for one in wanted if one.get("disabled_by")]
        for name in off:
            await self._api.call(
                "config/entity_registry/update", entity_id=name, disabled_by=None
            )

        async def all_on() -> bool:
            shown = await self._states()
            return all(shown.get(name, "unavailable") != "unavailable" for name in off)

        if off:
            self._say(f"{len(off)} entities were switched on")
            await until("the entities that were switched on", PATIENCE, all_on)

    async def _states(self) -> dict[str, str]:
        states = await self._api.call("get_states")
        return {one["entity_id"]: one["state"] for one in states}

    def _entity(self, address: str, key: str) -> str:
        if (found := self._entities.get(unique_id(address, key))) is None:
            raise Trouble(f"it has no entity {key}")
        return str(found["entity_id"])

    async def _unlike_shown(self, address: str, holds: Json) -> list[str]:
        """Return the settings that Home Assistant shows otherwise than the device holds them."""
        shown = await self._states()
        problems = []
        for key, name in SHOWN.items():
            entity = self._entities.get(unique_id(address, key))
            if name not in holds or entity is None or entity.get("disabled_by"):
                continue
            state = shown.get(entity["entity_id"], "nothing")
            if not same(state, holds[name]):
                problems.append(f"{key} shows {state}, it holds {holds[name]}")
        drift = self._entities.get(unique_id(address, "clock_drift"))
        if "zone" in holds and drift is not None:
            state = shown.get(drift["entity_id"], "nothing")
            if misread({"clock_drift": float(state)}, self._told(holds)):
                problems.append(f"{drift['entity_id']} shows {state}")
        return problems

    # --- steps -----------------------------------------------------------------------------

    async def _use_one(self, address: str, device: Json) -> list[str]:
        problems = []
        for step in device["steps"]:
            (kind, what), *_ = step.items()
            title = f"{address} ({device['kind']}): {kind} {what}"
            begun = time.monotonic()
            try:
                problems += [
                    f"{title}: {line}" for line in await self._step(address, kind, what)
                ]
            except Trouble as err:
                problems.append(f"{title}: {err}")
            else:
                took = time.monotonic() - begun
                self._longest[address] = max(took, self._longest.get(address, 0.0))
                self._say(f"{title}: {took:.1f} s")
        return problems

    async def _step(self, address: str, kind: str, what: Any) -> list[str]:
        match kind:
            case "fault":
                await self._world.fault(address, what)
            case "press":
                await self._act("button", "press", self._entity(address, what))
            case "choose":
                for key, option in what.items():
                    entity = self._entity(address, key)
                    await self._act("select", "select_option", entity, option=option)
            case "set":
                for key, value in what.items():
                    entity = self._entity(address, key)
                    await self._act("number", "set_value", entity, value=value)
            case _:
                return await self._call(address, what)
        return []

    async def _act(self, domain: str, action: str, entity: str, **data: object) -> None:
        await self._api.call(
            "call_service",
            within=STEP_TIME,
            domain=domain,
            service=action,
            service_data=data,
            target={"entity_id": entity},
        )

    async def _call(self, address: str, action: str) -> list[str]:
        """Call an action of ours; give what is wrong with its answer."""
        device_id = next(
            one["device_id"]
            for key, one in self._entities.items()
            if key.startswith(f"{address}-")
        )
        answers = action.startswith("read_")
        called = await self._api.call(
            "call_service",
            within=STEP_TIME,
            domain=DOMAIN,
            service=action,
            service_data={"device_id": device_id},
            return_response=answers,
        )
        if not answers:
            return []
        holds = await self._held(address)
        if action == "read_history":
            return forgotten(called["response"], holds["memory"])
        return misread(called["response"]["values"], self._told(holds))

    def _told(self, holds: Json) -> Json:
        """Return what a device told over connections; how wrong a clock is, its reader finds out."""
        told: Json = holds["told"]
        if "zone" in holds:
            told["clock_drift"] = round(holds["shown_time"] - self._local_time())
        return told


def same(state: str, held: object) -> bool:
    """Tell whether a state shows what is held."""
    if isinstance(held, int | float):
        return state not in {"unknown", "unavailable"} and float(state) == held
    return state == held


def entities_of(step: Json) -> list[str]:
    """Return the keys of the entities that a step uses."""
    if "press" in step:
        return [step["press"]]
    return [*step.get("choose", {}), *step.get("set", {})]


def unlike(
    expect: Mapping[str, Any],
    holds: Json,
    local_time: Callable[[], float],
    late: float = 0.0,
) -> list[str]:
    """Return how what a device holds differs from what is expected; ``"local"`` is the house's time.

    ``late``: for so long (s) what it was set to may have been on its way to the device.
    """
    problems = []
    for key, wanted in expect.items():
        held = holds.get(key)
        if wanted == "local":
            off = None if held is None else held - local_time()
            if off is None or not -SHOWN_TIME_SLACK - late <= off <= SHOWN_TIME_SLACK:
                problems.append(f"{key} is wrong by {off} s")
        elif held not in (wanted if isinstance(wanted, list) else [wanted]):
            problems.append(f"{key} is {held}, expected {wanted}")
    return problems


def misread(values: Mapping[str, Any], told: Json) -> list[str]:
    """Return what an answer holds that the device did not tell."""
    problems = [] if values else ["the answer is empty"]
    for key, value in values.items():
        right = told.get(key) == value
        if isinstance(value, int | float) and key in told:
            # Whole numbers are told as such: seconds pass, a share may be rounded.
            slack = WHOLE_SLACK if isinstance(told[key], int) else VALUE_SLACK
            right = abs(told[key] - value) <= slack
        if not right:
            problems.append(f"{key} is {value}, the device told {told.get(key)}")
    return problems


def forgotten(answer: Json, memory: list[Any]) -> list[str]:
    """Return how an answer differs from a memory: hours as [end, {quantity: [lowest, highest]}]."""
    records = answer["records"]
    problems = [] if answer["complete"] else ["the answer is incomplete"]
    if len(records) != len(memory):
        return [*problems, f"{len(records)} hours of {len(memory)} were read"]
    for record, (end, values) in zip(records, memory, strict=True):
        wrong = [] if abs(stamp(record["end"]) - end) <= HOUR_SLACK else ["end"]
        for key, (low, high) in values.items():
            got = record.get(key, {})
            if (
                abs(got.get("min", 1e9) - low) > VALUE_SLACK
                or abs(got.get("max", 1e9) - high) > VALUE_SLACK
            ):
                wrong.append(key)
        wrong += [key for key in record if key not in {"end", *values}]
        if wrong:
            return [*problems, f"hour {record} should be {end} {values}"]
    return problems
