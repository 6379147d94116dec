"""The simulated world as a process of its own, and its proxies in Home Assistant."""

import asyncio
import contextlib
import json
from pathlib import Path
import sys
from typing import Any, Final

import aiohttp

from .api import Api, Json
from .home_assistant import HOST, ROOT
from .process import PATIENCE, Child, Trouble

PORTS: Final = "world_ports.json"
CONTROL: Final = "world_control"  # a file with the address of the remote control
# What forms say where nobody answered within the seconds that they wait, and how often that is tried again.
NOT_REACHED: Final = frozenset({"connection_error", "resolve_error", "cannot_connect"})
UNREACHED: Final = 10


class WorldProcess:
    """A running world and its remote control."""

    def __init__(self, child: Child, announcement: Json) -> None:
        """Take the process and what it said when it was up."""
        self.child = child
        self.proxies: list[Json] = announcement["proxies"]
        self.devices: int = announcement["devices"]
        self.bus: str | None = announcement["bus"]
        self.adapters: list[str] = announcement["adapters"]
        self.control: str = announcement["control"]
        self._http = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=PATIENCE)
        )

    @classmethod
    async def start(cls, scenario: Path, folder: Path) -> WorldProcess:
        """Start it and wait until it is up; raise ``Trouble`` with its own words when it refuses.

        ``folder`` keeps the ports, so that the proxies of a kept Home Assistant are found again.
        """
        command: list[str | Path] = [sys.executable, "-m", "tests.world", scenario]
        for name, port in _kept_ports(folder).items():
            command += ["--port", f"{name}={port}"]
        child = await Child.start(
            "the simulated world",
            command,
            folder / "world.log",
            folder=ROOT,
            pipes=True,
        )
        try:
            announcement = await cls._hear(child)
        except BaseException:
            await child.stop()
            raise
        ports = {one["name"]: one["port"] for one in announcement["proxies"]}
        (folder / PORTS).write_text(json.dumps(ports), encoding="utf-8")
        (folder / CONTROL).write_text(announcement["control"], encoding="utf-8")
        return cls(child, announcement)

    @staticmethod
    async def _hear(child: Child) -> Json:
        stdout = child.process.stdout
        line = b""
        if stdout is not None:
            with contextlib.suppress(TimeoutError):
                line = await asyncio.wait_for(stdout.readline(), PATIENCE)
        try:
            announcement: Json = json.loads(line)
        except ValueError:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(child.process.wait(), 2)
            words = child.output.read_text(errors="replace").strip().splitlines()
            raise Trouble(
                words[-1] if words else "the simulated world did not start"
            ) from None
        return announcement

    async def get(self, path: str) -> Any:
        """Ask the remote control; raise ``Trouble``."""
        self.child.check()
        try:
            async with self._http.get(self.control + path) as reply:
                return await reply.json()
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as err:
            raise Trouble(
                f"the simulated world does not answer {path}: {str(err) or type(err).__name__}"
            ) from None

    async def press(self, address: str, **how: object) -> None:
        """Press a device's button; raise ``Trouble``."""
        await self._post("/press", {"address": address, **how})

    async def say(self, address: str, data: bytes) -> None:
        """Send one advert under any address, as a stranger may; raise ``Trouble``."""
        await self._post("/say", {"address": address, "data": data.hex()})

    async def fault(self, address: str, faults: Json) -> None:
        """Let something go wrong with a device from now on; raise ``Trouble``."""
        await self._post("/fault", {"address": address, "faults": faults})

    async def leap(self, seconds: float) -> None:
        """Let much time pass for all devices at once; raise ``Trouble``."""
        await self._post("/leap", {"seconds": seconds})

    async def holds(self, address: str | None = None) -> dict[str, Json]:
        """Return what each device, or one, holds besides what it tells; raise ``Trouble``."""
        query = f"?address={address}" if address else ""
        found: dict[str, Json] = await self.get(f"/holds{query}")
        return found

    async def _post(self, path: str, body: Json) -> None:
        self.child.check()
        try:
            async with self._http.post(self.control + path, json=body) as reply:
                if reply.status != 200:
                    raise Trouble(f"the world refused {body}: {await reply.text()}")
        except (aiohttp.ClientError, OSError, TimeoutError) as err:
            raise Trouble(
                f"the simulated world does not answer: {str(err) or type(err).__name__}"
            ) from None

    async def truth(self, since: float) -> dict[str, Json]:
        """Return what each device holds now and held since a moment."""
        found: dict[str, Json] = await self.get(f"/truth?since={since}")
        return found

    async def all_subscribed(self) -> bool:
        """Tell whether Home Assistant listens to all proxies."""
        return all(one["subscribed"] for one in (await self.get("/world"))["proxies"])

    async def stop(self) -> None:
        """End it."""
        await self._http.close()
        await self.child.stop()


def _kept_ports(folder: Path) -> dict[str, int]:
    try:
        ports = json.loads((folder / PORTS).read_text(encoding="utf-8"))
        return {str(name): int(port) for name, port in ports.items()}
    except OSError, ValueError, AttributeError, TypeError:
        return {}


async def add_proxy(api: Api, proxy: Json) -> None:
    """Add one proxy through the config flow of ESPHome; raise ``Trouble``."""
    result = await api.start_flow("esphome")
    tries = 0
    for _ in range(4 + UNREACHED):
        kind, step = result["type"], result.get("step_id")
        if kind == "create_entry":
            return
        if kind == "abort" and "already_configured" in result["reason"]:
            return
        errors = set((result.get("errors") or {}).values())
        tries += bool(errors)
        if kind != "form" or errors - NOT_REACHED or tries > UNREACHED:
            break
        if step == "user":
            data: Json = {"host": HOST, "port": proxy["port"]}
        elif step == "encryption_key":
            data = {"noise_psk": proxy["key"]}
        else:
            data = {}
        result = await api.answer_flow(result["flow_id"], data)
    words = result.get("reason") or result.get("errors") or result.get("step_id")
    raise Trouble(f"Home Assistant did not take the proxy {proxy['name']}: {words}")


async def add_adapter(api: Api, name: str) -> None:
    """Add a local adapter through the config flow of Bluetooth; raise ``Trouble``."""
    result = await api.start_flow("bluetooth")
    if result["type"] == "form":
        asked = {one["name"] for one in result["data_schema"] or []}
        data = {"adapter": name} if "adapter" in asked else {}
        result = await api.answer_flow(result["flow_id"], data)
    if result["type"] != "create_entry":
        words = result.get("reason") or result.get("errors") or result.get("step_id")
        raise Trouble(f"Home Assistant did not take the adapter {name}: {words}")
