"""The check of a whole run: discover each device, add it, compare each entity with the truth."""

import asyncio
from collections.abc import Callable
import contextlib
from dataclasses import dataclass, field
import time
from typing import Final

from .active import Person
from .air import look
from .api import Api, Json
from .banks import combine
from .compare import POLL_AGE, POLL_TIME, Row, judge, table
from .home_assistant import HomeAssistant, hopeless, leaked, unexpected
from .process import PATIENCE, Trouble, until
from .world_client import WorldProcess

DOMAIN: Final = "mi_bms"
# Home Assistant asks for names (its first active scan) four minutes after a proxy has joined.
ACTIVE_SCAN_TIME: Final = 420.0
CARDS: Final = 50  # so many are shown at once: custom_components/mi_bms/flow/cards.py
DISCOVERY_TIME: Final = 120.0  # s without another device
VALUES_TIME: Final = 120.0  # s without another right value
FLOW_STEPS: Final = 12
FLOWS_AT_ONCE: Final = 4
TRIES: Final = 3
LOOKS: Final = 1500  # at a pairing that does not go on
TIMES: Final = ("-runtime", "-time_to_full")
HISTORY: Final = POLL_AGE + POLL_TIME
TRANSIENT: Final = frozenset({"cannot_connect", "no_answer", "invalid_reply"})
# The form comes back to tell that the battery is of another kind than its advert says: going on is right.
ADVICE: Final = frozenset({"other_family"})


@dataclass(slots=True)
class Outcome:
    """Collect what a check found."""

    rows: list[Row] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    retries: int = 0
    seconds_discovered: float = 0.0
    seconds_added: float = 0.0
    seconds_shown: float = 0.0


class Check:
    """Check one run."""

    def __init__(
        self, home: HomeAssistant, world: WorldProcess, say: Callable[[str], None]
    ) -> None:
        """Take both sides and where progress goes."""
        self.home, self.world = home, world
        self.api: Api = home.api
        self.outcome = Outcome()
        self._say = say
        self._children = (home.child, world.child)
        self._added: set[str] = set()
        self._last: list[Row] = []
        self._made: dict[str, Json] = {}
        self._ill: list[str] = []

    def _since_start(self) -> float:
        return time.monotonic() - self.home.started

    async def run(self) -> Outcome:
        """Do all of it; what fails is in the outcome's problems."""
        person = Person(self.api, self.world, self._say)
        await person.move_in()
        truth = await self.world.truth(time.time())
        wanted = {
            address: device
            for address, device in truth.items()
            if not device.get("foreign")
        }
        by_hand = {
            address: wanted[address]
            for address in wanted
            if wanted[address].get("by_hand")
        }
        self._added = await self._configured() & set(wanted)
        known = f", {len(self._added)} known before" if self._added else ""
        to_find = set(wanted) - set(by_hand) - self._added
        to_pair = await self._discover_and_add(
            {address: wanted[address] for address in wanted if address in to_find}
        )
        self._say(f"{len(to_find)} devices to discover{known}")
        await self._add_by_hand(by_hand)
        await self._pair_all(wanted, to_pair)
        self.outcome.seconds_added = self._since_start()
        self._say(f"added; waiting for values of {len(self._added)} devices")
        # What was not added is named already; it must not cost the whole waiting time.
        if self._added:
            await self._compare(self._added)
            self.outcome.problems += await look(
                self.api, wanted, self._say, raw=not self.world.adapters
            )
        if any(wanted[one].get("steps") for one in self._added):
            self.outcome.problems += await person.use(wanted, self._added)
            await self._compare(self._added)
        self.outcome.problems += await combine(self.api, self.world, self._say)
        await self._look_for_strangers(truth)
        with contextlib.suppress(Trouble):
            await until(
                "entries and entities",
                PATIENCE,
                self._all_well,
                children=self._children,
                pause=1.0,
            )
        self.outcome.problems += self._ill
        self._read_log(truth)
        return self.outcome

    # --- discovery ---------------------------------------------------------------------

    async def _flows(self) -> dict[str, str]:
        """Return the open discoveries of ours: address to flow id."""
        return {
            one["context"].get("unique_id", ""): one["flow_id"]
            for one in await self.api.call("config_entries/flow/progress")
            if one["handler"] == DOMAIN
        }

    async def _configured(self) -> set[str]:
        """Return the addresses that a kept configuration has already."""
        entries = await self.api.call("config_entries/get", domain=DOMAIN)
        devices = await self.api.call("config/device_registry/list")
        ours = {one["entry_id"] for one in entries}
        return {
            value
            for device in devices
            if ours & set(device["config_entries"])
            for kind, value in device["connections"]
            if kind == "bluetooth"
        }

    async def _discover_and_add(self, wanted: dict[str, Json]) -> list[str]:
        """Add all as they are discovered; return those that are given a key by pairing.

        Only so many cards are shown at once: the next ones come when these are dealt with.
        """
        left, to_pair = dict(wanted), list[str]()
        while left:
            found = await self._discovered(left)
            self.outcome.seconds_discovered = self._since_start()
            to_pair += [one for one in found if left[one].get("activate")]
            await self._add_all(
                left, {one: found[one] for one in found if one not in to_pair}
            )
            for address in found:
                del left[address]
            if self.outcome.problems:
                break
        return to_pair

    async def _discovered(self, wanted: dict[str, Json]) -> dict[str, str]:
        """Return the cards of all that are wanted, or of as many as are shown at once."""
        flows: dict[str, str] = {}
        proxies = (await self.world.get("/world"))["proxies"]
        patient = not all(one["always_active"] for one in proxies)

        async def there() -> bool:
            if line := hopeless(self.home.log_text()):
                raise Trouble(line)
            shown = await self._flows()
            flows.update(
                {address: flow for address, flow in shown.items() if address in wanted}
            )
            return set(wanted) <= flows.keys() or len(shown) >= CARDS

        try:
            seconds = ACTIVE_SCAN_TIME if patient else DISCOVERY_TIME
            await until(
                "discovery",
                seconds,
                there,
                children=self._children,
                progress=lambda: len(flows),
            )
        except Trouble:
            for child in self._children:
                child.check()
            self.outcome.problems += [
                f"{address} ({wanted[address]['kind']}) was not discovered"
                for address in sorted(set(wanted) - set(flows))
            ]
        return flows

    # --- adding ------------------------------------------------------------------------

    async def _add_all(self, wanted: dict[str, Json], flows: dict[str, str]) -> None:
        gate = asyncio.Semaphore(FLOWS_AT_ONCE)

        async def add(address: str) -> None:
            async with gate:
                try:
                    await self._add(flows[address], wanted[address])
                    self._added.add(address)
                except Trouble as err:
                    self.outcome.problems.append(
                        f"{address} ({wanted[address]['kind']}) was not added: {err}"
                    )

        await asyncio.gather(*(add(address) for address in flows))

    async def _add_by_hand(self, devices: dict[str, Json]) -> None:
        """Add what no advert gives away as a person does: by its address."""
        for address, device in devices.items():
            if address in self._added:
                continue
            flow = await self.api.start_flow(DOMAIN)
            try:
                await self._add(flow["flow_id"], device | {"address": address})
                self._added.add(address)
            except Trouble as err:
                self.outcome.problems.append(
                    f"{address} ({device['kind']}) was not added by hand: {err}"
                )

    async def _pair_all(self, wanted: dict[str, Json], addresses: list[str]) -> None:
        """Give devices a key over Bluetooth, one after the other."""
        for address in addresses:
            try:
                stages = await self._pair_again(address)
            except Trouble as err:
                self.outcome.problems.append(
                    f"{address} ({wanted[address]['kind']}) was not paired: {err}"
                )
            else:
                self._added.add(address)
                self._say(f"{address} was given a key: {', '.join(stages)}")

    async def _pair_again(self, address: str) -> list[str]:
        """Pair as often as a person tries: a sensor waits for some seconds only."""
        for _ in range(TRIES - 1):
            with contextlib.suppress(Trouble):
                return await self._pair(address)
            self.outcome.retries += 1
        return await self._pair(address)

    async def _pair(self, address: str) -> list[str]:
        """Walk through the steps of a pairing; give the stages that were shown."""
        api, stages = self.api, []
        flow_id = (await api.start_flow(DOMAIN))["flow_id"]
        answer: Json | None = {"next_step_id": "pair"}
        forms: dict[str, Json] = {
            "pair_choose": {"next_step_id": f"pair_{address.replace(':', '').lower()}"},
            "pair_prepare": {"accept": True, "instant": False},
            "pair_done": {},
            "offer": {"next_step_id": "without_dashboard"},
        }
        looks = 0
        while looks < LOOKS:
            if answer is None:
                looks += 1
                await asyncio.sleep(0.2)
                result = await api.look_at_flow(flow_id)
            else:
                looks = 0
                result = await api.answer_flow(flow_id, answer)
            answer = None
            if result["type"] == "create_entry":
                return stages
            if result["type"] == "progress":
                if result["progress_action"] not in stages:
                    looks = 0
                    stages.append(result["progress_action"])
            elif result.get("step_id") in forms and not result.get("errors"):
                answer = forms[result["step_id"]]
                if result["step_id"] == "pair_done":
                    shown = result["description_placeholders"]
                    self._made[address] = {one: shown[one] for one in ("key", "token")}
            elif result["type"] != "progress_done":
                words = result.get("errors") or result.get("description_placeholders")
                raise Trouble(f"step {result.get('step_id')} says {words}")
        raise Trouble(f"it stays at {', '.join(stages)}")

    async def _add(self, flow_id: str, device: Json) -> None:
        result = await self.api.look_at_flow(flow_id)
        tries = steps = 0
        while steps < FLOW_STEPS:
            kind = result["type"]
            # Reading takes as long as it takes; it ends by itself.
            steps += kind not in {"progress", "progress_done"}
            if kind == "create_entry":
                return
            if kind == "abort":
                raise Trouble(f"the flow ended with {result['reason']}")
            if kind == "menu":
                result = await self.api.answer_flow(
                    flow_id, {"next_step_id": menu_choice(result, device)}
                )
                continue
            if kind in {"progress", "progress_done"}:
                await asyncio.sleep(0.2)
                result = await self.api.look_at_flow(flow_id)
                continue
            if errors := result.get("errors"):
                tries += 1
                if tries >= TRIES or not is_transient(result):
                    raise Trouble(f"step {result['step_id']} says {errors}")
                self.outcome.retries += 1
            result = await self.api.answer_flow(flow_id, answers(result, device))
        raise Trouble(f"the flow did not end within {FLOW_STEPS} steps")

    # --- comparing ---------------------------------------------------------------------

    async def _compare(self, added: set[str]) -> None:
        async def all_right() -> bool:
            now = time.time()
            everything = await self.world.truth(now - HISTORY)
            truth = {address: everything[address] for address in added}
            entities = await self.api.call("config/entity_registry/list")
            states = await self.api.call("get_states")
            ours = [one for one in entities if one["platform"] == DOMAIN]
            self._last = judge(truth, ours, states, time.time())
            everybody = {row.address for row in self._last} == added
            return everybody and all(row.problem is None for row in self._last)

        try:
            await until(
                "values",
                VALUES_TIME,
                all_right,
                children=self._children,
                pause=0.5,
                progress=lambda: sum(row.problem is None for row in self._last),
            )
        except Trouble:
            for child in self._children:
                child.check()
            silent = added - {row.address for row in self._last}
            self.outcome.problems += [f"{one} holds no value yet" for one in silent]
        self.outcome.seconds_shown = self.outcome.seconds_shown or self._since_start()
        self.outcome.rows = self._last
        for line in table(self._last):
            self._say(line)
        self.outcome.problems += [
            f"{row.address} {row.device} {row.key}: {row.problem}"
            + (f", shown {row.state}" if row.state else "")
            for row in self._last
            if row.problem is not None
        ]

    async def _look_for_strangers(self, truth: dict[str, Json]) -> None:
        flows = await self._flows()
        self.outcome.problems += [
            f"{address} ({device['kind']}) is foreign and was discovered all the same"
            for address, device in truth.items()
            if device.get("foreign") and address in flows
        ]

    async def _all_well(self) -> bool:
        """Note entries that are not loaded, and entities of ours that nothing fills, also those that no truth names.

        Who was not heard for a while, or not read, is told of as long as that lasts.
        """
        self._ill = [
            f"entry {one['title']} is in state {one['state']}: {one.get('reason') or 'no reason given'}"
            for one in await self.api.call("config_entries/get", domain=DOMAIN)
            if one["state"] != "loaded"
        ]
        shown = {one["entity_id"]: one for one in await self.api.call("get_states")}
        for one in await self.api.call("config/entity_registry/list"):
            if one["platform"] != DOMAIN or one["disabled_by"]:
                continue
            # Of two times the one that does not apply is there, too.
            if one["unique_id"].endswith(TIMES):
                continue
            state = shown.get(one["entity_id"])
            if state is None or state["state"] == "unavailable":
                self._ill.append(f"{one['entity_id']} is unavailable")
        return not self._ill

    def _read_log(self, truth: dict[str, Json]) -> None:
        log = self.home.log_text()
        self.outcome.problems += [f"log: {line}" for line in unexpected(log)[:20]]
        secrets = {
            f"{word} of {address}": device[word]
            for address, device in truth.items()
            for word in ("key", "password")
            if device.get(word)
        } | {
            f"new {word} of {address}": secret
            for address, made in self._made.items()
            for word, secret in made.items()
        }
        self.outcome.problems += [
            f"log: the {name} occurs in it" for name in leaked(log, secrets)
        ]


def is_transient(form: Json) -> bool:
    """Tell whether a form says nothing that would stand in the way of sending it once more."""
    return set((form.get("errors") or {}).values()) <= TRANSIENT | ADVICE


def menu_choice(result: Json, device: Json) -> str:
    """Choose what a user with the device's key or password in hand would choose."""
    options = list(result["menu_options"])
    for word in ("key", "password"):
        if device.get(word) and word in options:
            return word
    by_hand = {"user": "manual", "kind": "family"}
    if device.get("by_hand") and by_hand.get(result["step_id"]) in options:
        return by_hand[result["step_id"]]
    for word in ("confirm", "add_one", "key_ways", "keyless", "without_dashboard"):
        if word in options:
            return word
    raise Trouble(f"the menu {result['step_id']} offers only {', '.join(options)}")


def answers(result: Json, device: Json) -> Json:
    """Fill a form with what the world knows; leave out what has a default or is optional."""
    given: Json = {}
    for one in result.get("data_schema") or []:
        name = one["name"]
        if name in {"key", "password", "family", "address"} and device.get(name):
            if name != "family" or one.get("required"):
                given[name] = device[name]
        elif one.get("required") and "default" not in one:
            raise Trouble(
                f"step {result['step_id']} wants {name!r}, which the world does not name"
            )
    return given
