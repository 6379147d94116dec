"""Follow over the websocket what Home Assistant shows of each battery: how old it is, when it is gone."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable
import contextlib
from dataclasses import dataclass, field
from datetime import datetime
import time
from typing import Any, Final

import aiohttp

from tests.e2e.api import Api

DOMAIN: Final = "mi_bms"
READ_AT: Final = "last_read"
CONNECTION: Final = "connection"
GONE: Final = "unavailable"

type Json = dict[str, Any]


@dataclass(slots=True)
class Seen:
    """Hold what was seen of one battery; all times are seconds since the epoch.

    ``ages`` are (time, age) once a second; the shown time has no fractions, so an age is up to 1 s
    too high. ``gone`` and ``back`` are when entities turned unavailable and available, ``called`` is what
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
        self._http: aiohttp.ClientSession | None = None

    async def open(self, api: Api) -> None:
        """Subscribe; again after each restart."""
        for one in await api.call("config/entity_registry/list"):
            address, _, key = one["unique_id"].partition("-")
            if one["platform"] == DOMAIN and address in self.seen:
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

    async def close(self) -> None:
        """Stop watching."""
        if self._reader is not None:
            self._reader.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._reader
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
        if key != READ_AT or state in {GONE, "unknown"}:
            return
        read_at = datetime.fromisoformat(state).timestamp() - self.shift
        if seen.read_at is None or read_at > seen.read_at:
            seen.read_at = read_at
            if self.counting:
                seen.reads.append(now)
