"""A thermometer that another integration reads, as strangers' tests begin with it."""

from typing import Any

import pytest

from tests.ha.home import Home

from .moving import ADDRESS, Old, Peers, Result, device, row, through

TEMPERATURE, HUMIDITY, BATTERY = (
    f"sensor.there_{one}" for one in ("temperature", "humidity", "battery")
)


@pytest.fixture
def peers(home: Home, monkeypatch: pytest.MonkeyPatch) -> Peers:
    return Peers(home, monkeypatch)


def climate(address: str = ADDRESS) -> Any:
    return device(address, temperature=20.5, humidity=51.0, battery=80)


async def there(peers: Peers, address: str = ADDRESS, title: str = "There") -> Any:
    """Let another integration read a thermometer."""
    return await peers.bthome(
        address,
        [
            Old("temperature", 20.5, "°C", "temperature"),
            Old("humidity", 51.0, "%", "humidity"),
            Old("battery", 80, "%", "battery"),
            Old("packet_id", 3),
        ],
        title,
    )


async def done(home: Home, flow: Result) -> Result:
    """Say yes to the preview and wait until all have moved."""
    end = await through(home, await home.send(flow, {}))
    await home.clock.run(40)
    return end


def platforms(home: Home, *entity_ids: str) -> list[str]:
    """Return which integration has each entity."""
    return [row(home.hass, one).platform for one in entity_ids]
