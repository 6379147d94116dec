"""What is heard again and again is done with when it is over: none of it is left to the collector of garbage.

That one looks through all objects of Home Assistant, and stops its loop for as long as this takes.
"""

from collections.abc import Iterator
import gc
from typing import Any

import pytest
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from tests.bench.probe import Collector
from tests.world.devices import KINDS
from tests.world.peripheral import Peripheral

from .home import Home

PAGES = ("mi_bms/devices/subscribe", "mi_bms/reception/subscribe")
KEY = "5b0500112233445566778899aabbcc01"


@pytest.fixture
def collector() -> Iterator[Collector]:
    """Return who looks for garbage, while nobody else does."""
    gc.disable()
    yield Collector()
    gc.enable()


@pytest.fixture
async def sensors(home: Home) -> list[Peripheral]:
    """Add sensors that speak in each way, and to which nobody connects."""
    devices: list[Any] = [
        KINDS["MCCGQ02HL"](address="E4:AA:EC:7E:00:09", key=KEY),
        KINDS["PVVX"](address="A4:C1:38:7E:00:94"),
        KINDS["BTHOME"](address="A4:C1:38:7E:00:FC"),
    ]
    for device in devices:
        await home.add(device)
    return devices


async def hear(home: Home, sensors: list[Peripheral], times: int) -> None:
    """Hear all sensors, once a second."""
    for _ in range(times):
        await home.clock.run(1)
        home.shout(*sensors)
        await home.clock.settle()


@pytest.mark.parametrize("pages", [(), PAGES])
async def test_hearing_leaves_none(
    home: Home,
    sensors: list[Peripheral],
    collector: Collector,
    hass_ws_client: WebSocketGenerator,
    pages: tuple[str, ...],
) -> None:
    client = await hass_ws_client(home.hass)
    for page in pages:
        await client.send_json_auto_id({"type": page})
        answer = await client.receive_json()
        # The page before may tell something in between.
        while answer["type"] == "event":
            answer = await client.receive_json()
        assert answer["success"]
    await hear(home, sensors, 5)
    collector.find()
    await hear(home, sensors, 60)
    found = collector.find()
    # It does find some: a state and the event that tells of it keep each other in Home Assistant.
    assert found["all"] > 0
    assert found["ours"] == {}
