"""Follow over the websocket what Home Assistant shows of each battery: how old it is, when it is gone."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable
import contextlib
from dataclasses import dataclass, field
import time
from typing import Any, Final

import aiohttp

from tests.e2e.api import Api
from tests.e2e.check import TIMES
from tests.e2e.process import Trouble

DOMAIN: Final = "mi_bms"
DEVICES: Final = "/api/services/mi_bms/devices?return_response"
ASK: Final = 1.0  # s between two questions
CONNECTION: Final = "connection"
GONE: Final = "unavailable"

type Json = dict[str, Any]


@dataclass(slots=True)
class Seen:
    """Hold what was seen of one battery; all times are seconds since the epoch.

    ``ages`` are (time, age) once a second. ``gone`` and ``back`` are when entities turned unavailable and available, ``called`` is what
    the connection was called from when on.
    """

    read_at: float | None = None
    reads: list[float] = field(default_factory=list)
    ages: list[tuple[float, float]] = field(default_factory=list)
    gone: list[tuple[float, str]] = field(default_factory=list)
    back: list[tuple[float, str]] = field(default_factory=list)
    called: list[tuple[float, str]] = field(default_factory=list)


class Watch:
    """Watch all entities of ours."""

    def __init__(self, addresses: Iterable[str]) -> None:
        """Take the batteries."""
        self.seen = {address: Seen() for address in addresses}
        self.counting = False
        self.shift = 0.0  # s that Home Assistant's wall clock is ahead
        self._owner: dict[str, tuple[str, str]] = {}
        self._states: dict[str, str] = {}
        self._reader: asyncio.Task[None] | None = None
        self._asker: asyncio.Task[None] | None = None
        self._http: aiohttp.ClientSession | None = None

    async def open(self, api: Api) -> None:
        """Subscribe; again after each restart."""
        for one in await api.call("config/entity_registry/list"):
            address, _, key = one["unique_id"].partition("-")
            # Of two times the one that does not apply is unavailable, which says nothing of the battery.
            if (
                one["platform"] == DOMAIN
                and address in self.seen
                and f"-{key}" not in TIMES
            ):
                self._owner[one["entity_id"]] = (address, key)
        self._http = aiohttp.ClientSession()
        socket = await self._http.ws_connect(f"{api.url}/api/websocket", max_msg_size=0)
        await socket.receive_json()
        token = api._http.headers["Authorization"].removeprefix("Bearer ")
        await socket.send_json({"type": "auth", "access_token": token})
        await socket.receive_json()
        await socket.send_json(
            {"id": 1, "type": "subscribe_entities", "entity_ids": [*self._owner]}
        )
        self._reader = asyncio.create_task(self._read(socket))
        self._asker = asyncio.create_task(self._ask(api))

    async def close(self) -> None:
        """Stop watching."""
        for task in (self._reader, self._asker):
            if task is not None:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
        if self._http is not None:
            await self._http.close()

    def sample(self) -> None:
        """Note how old the shown values are now."""
        now = time.time()
        for seen in self.seen.values():
            if self.counting and seen.read_at is not None:
                seen.ages.append((now, max(0.0, now - seen.read_at)))

    @property
    def unavailable(self) -> dict[str, int]:
        """Count the entities of each battery that are unavailable now."""
        counts: dict[str, int] = defaultdict(int)
        for entity, state in self._states.items():
            if state == GONE:
                counts[self._owner[entity][0]] += 1
        return counts

    async def _read(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async for message in socket:
            if message.type is not aiohttp.WSMsgType.TEXT:
                return
            event = message.json().get("event") or {}
            for entity, state in event.get("a", {}).items():
                self._take(entity, state["s"])
            for entity, change in event.get("c", {}).items():
                if "s" in (new := change.get("+", {})):
                    self._take(entity, new["s"])

    async def _ask(self, api: Api) -> None:
        """Ask how old the data are: what the entity of it shows moves in steps."""
        while True:
            with contextlib.suppress(aiohttp.ClientError, Trouble, TimeoutError):
                said = await api.post(DEVICES, {})
                for device in said["service_response"]["devices"]:
                    if device["age"] is not None and device["address"] in self.seen:
                        self._was_read(device["address"], device["age"])
            await asyncio.sleep(ASK)

    def _was_read(self, address: str, age: float) -> None:
        seen, now = self.seen[address], time.time()
        if seen.read_at is None or now - age > seen.read_at + ASK:
            seen.read_at = now - age
            if self.counting:
                seen.reads.append(now)

    def _take(self, entity: str, state: str) -> None:
        if entity not in self._owner:
            return
        address, key = self._owner[entity]
        seen, before, now = self.seen[address], self._states.get(entity), time.time()
        self._states[entity] = state
        if key == CONNECTION:
            seen.called.append((now, state))
        if self.counting and before is not None and (before == GONE) != (state == GONE):
            (seen.gone if state == GONE else seen.back).append((now, key))
