"""The world's remote control, and the world as a process."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
import json
from pathlib import Path
import signal
import sys
import time
from typing import Any

import aiohttp
import pytest

from tests.patience import PATIENCE, eventually
from tests.world.control import Control
from tests.world.proxy import GUEST
from tests.world.proxy_link import LinkServer
from tests.world.radio import Heard
from tests.world.scenario import parse
from tests.world.world import World

from .fakes import KINDS

pytestmark = pytest.mark.usefixtures("socket_enabled")

ROOT = Path(__file__).parents[2]
ADDRESS = "A4:C1:38:00:00:01"
SCENARIO = {
    "proxy": [{"name": "near", "mac": "AA:BB:CC:00:00:01"}],
    "device": [
        {
            "kind": "Echo",
            "address": ADDRESS,
            "name": "one",
            "heard_by": {"near": -50},
            "family": "echo",
        }
    ],
}


@asynccontextmanager
async def controlled() -> AsyncIterator[tuple[World, aiohttp.ClientSession]]:
    world = World(parse(SCENARIO, KINDS))
    control = Control(world)
    await world.start()
    await control.start()
    try:
        async with aiohttp.ClientSession(control.url) as http:
            yield world, http
    finally:
        await control.stop()
        await world.stop()


async def test_truth_has_history() -> None:
    begin = time.time()
    truth: dict[str, Any] = {}

    async with controlled() as (world, http):
        station = world.radio.stations[ADDRESS]
        await eventually(lambda: bool(station.history.since(begin)))
        async with http.post(
            "/press", json={"address": ADDRESS, "key": "left"}
        ) as reply:
            assert (await reply.json()) == {"temperature": 22.5}

        async def noted() -> bool:
            async with http.get("/truth", params={"since": begin}) as reply:
                truth.update((await reply.json())[ADDRESS])
            return len(truth["history"]) > 1

        await eventually(noted)
        async with http.get("/truth") as reply:
            assert len((await reply.json())[ADDRESS]["history"]) <= 1
    assert truth["truth"] == {"temperature": 22.5}
    assert [run[2]["temperature"] for run in truth["history"]] == [21.5, 22.5]
    assert {
        "kind": "Echo",
        "name": "one",
        "category": "battery",
        "family": "echo",
    }.items() <= truth.items()
    assert "key" not in truth


async def test_what_devices_hold() -> None:
    async with controlled() as (world, http):
        device = world.devices[ADDRESS].peripheral
        device.holds = lambda: {"unit": "celsius"}  # type: ignore[method-assign]
        async with http.get("/holds") as reply:
            assert await reply.json() == {ADDRESS: {"unit": "celsius"}}
        async with http.get("/world") as reply:
            assert (await reply.json())["time_zone"] == ""


async def test_much_time_passes_at_once() -> None:
    async with controlled() as (world, http):
        device, seen = world.devices[ADDRESS].peripheral, list[float]()
        device.tick = seen.append  # type: ignore[method-assign]
        await eventually(lambda: bool(seen))
        async with http.post("/leap", json={"seconds": 3600}) as reply:
            assert reply.status == 200
        count = len(seen)
        await eventually(lambda: len(seen) > count)
    # It goes on from there.
    assert seen == sorted(seen)
    assert 3600 <= seen[-1] - seen[0] < 3600 + PATIENCE


async def test_faults_and_proxies() -> None:
    async with controlled() as (world, http):
        async with http.post(
            "/fault", json={"address": ADDRESS, "faults": {"drop": 0.5}}
        ) as reply:
            assert await reply.json() == {"drop": 0.5}
        async with http.post(
            "/fault", json={"address": ADDRESS, "clear": True}
        ) as reply:
            assert await reply.json() == {}
        async with http.post("/disconnect", json={"address": ADDRESS}) as reply:
            assert await reply.json() == {"was_connected": False}
        port = world.proxies[0].port
        for action in ("abort", "stop", "start", "freeze", "thaw"):
            async with http.post(
                "/proxy", json={"name": "near", "action": action}
            ) as reply:
                assert await reply.json() == {"name": "near", "port": port}
        async with http.get("/world") as reply:
            state = await reply.json()
        assert state["proxies"][0]["slots_used"] == 0
        assert state["devices"][ADDRESS]["connected"] is False


async def test_others_take_slots_as_they_become_free() -> None:
    async with controlled() as (world, http):
        proxy = world.proxies[0]
        link = LinkServer(proxy, print, 1, ADDRESS)
        assert proxy.take_slot(1, link)

        async def occupied(slots: int) -> list[int]:
            order = {"name": "near", "action": "occupy", "slots": slots}
            async with http.post("/proxy", json=order) as reply:
                assert reply.status == 200
            return list(proxy.allocated)

        assert await occupied(3) == [1, GUEST, GUEST + 1]
        assert not proxy.take_slot(2, link)
        proxy.free_slot(1, link)
        assert list(proxy.allocated) == [GUEST, GUEST + 1, GUEST + 2]
        assert await occupied(1) == [GUEST]
        assert await occupied(0) == []
        await link.stop()


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/fault", {"address": "nobody"}),
        ("/fault", {"address": ADDRESS, "faults": {"x": 1}}),
        ("/fault", {"address": ADDRESS, "faults": 1}),
        ("/fault", []),
        ("/disconnect", {"address": ADDRESS, "reason": "x"}),
        ("/press", {"address": ADDRESS, "color": "red"}),
        ("/say", {"address": ADDRESS, "data": "no hex"}),
        ("/say", {"data": "0201"}),
        ("/leap", {"seconds": 0}),
        ("/leap", {"seconds": "long"}),
        ("/proxy", {"name": "far"}),
        ("/proxy", {"name": "near", "action": "dance"}),
        ("/proxy", {"name": "near", "action": "occupy", "slots": 4}),
        ("/proxy", {"name": "near", "action": "occupy"}),
    ],
)
async def test_bad_requests(path: str, body: object) -> None:
    async with controlled() as (_, http), http.post(path, json=body) as reply:
        assert reply.status == 400


async def test_bad_questions() -> None:
    async with controlled() as (_, http):
        async with http.get("/truth", params={"since": "yesterday"}) as reply:
            assert reply.status == 400
        async with http.post("/fault", data=b"{") as reply:
            assert reply.status == 400


PROCESS_SCENARIO = """
[[proxy]]
name = "near"
mac = "AA:BB:CC:00:00:01"
[[device]]
kind = "LYWSDCGQ"
address = "A4:C1:38:00:00:01"
heard_by = {near = -50}
"""


@pytest.mark.parametrize("way", ["stdin", "signal"])
async def test_process_ends(tmp_path: Path, way: str) -> None:
    file = tmp_path / "world.toml"
    file.write_text(PROCESS_SCENARIO)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.world", str(file)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        cwd=ROOT,
    )
    assert process.stdout is not None
    assert process.stdin is not None
    async with asyncio.timeout(PATIENCE):
        announcement = json.loads(await process.stdout.readline())
        assert announcement["devices"] == 1
        assert announcement["proxies"][0]["port"] > 0
        if way == "stdin":
            process.stdin.close()
        else:
            process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0


async def test_process_names_a_mistake(tmp_path: Path) -> None:
    file = tmp_path / "world.toml"
    file.write_text(PROCESS_SCENARIO.replace("near = -50", "far = -50"))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.world", str(file)),
        stderr=asyncio.subprocess.PIPE,
        cwd=ROOT,
    )
    _, words = await process.communicate()
    assert process.returncode == 1
    assert words.decode().count("\n") == 1
    assert (
        "world.toml: device 1 (A4:C1:38:00:00:01): heard_by names 'far'"
        in words.decode()
    )


async def test_a_stranger_is_heard_by_all() -> None:
    heard: list[Heard] = []

    class Ear:
        name = "ear"

        def hear(self, one: Heard) -> None:
            heard.append(one)

    async with controlled() as (world, http):
        world.radio.add_listener(Ear())
        said = {"address": "A4:C1:38:00:00:99", "data": "020106", "rssi": -71}
        async with http.post("/say", json=said) as reply:
            assert reply.status == 200
    assert heard == [Heard("A4:C1:38:00:00:99", 0, -71, bytes.fromhex("020106"), b"")]
