"""A page that looks at the house."""

from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web
import pytest
from pytest_homeassistant_custom_component.typing import (
    MockHAClientWebSocket,
    WebSocketGenerator,
)

from homeassistant.setup import async_setup_component

from ..home import Home
from ..people import person

SUBSCRIBE = "mi_bms/devices/subscribe"


class Page:
    """What a card knows: all that it was told, put together."""

    def __init__(self, home: Home, client: MockHAClientWebSocket) -> None:
        """Take the connection."""
        self.home, self.client = home, client
        self.devices: dict[str, Any] = {}
        self.messages: list[dict[str, Any]] = []

    async def subscribe(self, **more: Any) -> dict[str, Any]:
        """Ask for the devices; return the first message."""
        await self.client.send_json_auto_id({"type": SUBSCRIBE, **more})
        answer = await self.client.receive_json()
        assert answer["success"], answer
        first = await self._receive()
        assert first["version"] == 1
        return first

    async def _receive(self) -> dict[str, Any]:
        event: dict[str, Any] = (await self.client.receive_json())["event"]
        self.messages.append(event)
        for one, device in event["devices"].items():
            if device is None:
                del self.devices[one]
            else:
                self.devices[one] = device
        return event

    async def news(self, seconds: float = 1.0) -> list[dict[str, Any]]:
        """Let some time pass; return what was told meanwhile."""
        before = len(self.messages)
        await self.home.clock.run(seconds)
        # What answers last was sent last.
        await self.client.send_json_auto_id({"type": "ping"})
        while True:
            message = await self.client.receive_json()
            if message["type"] == "pong":
                return self.messages[before:]
            event = message["event"]
            self.messages.append(event)
            for one, device in event["devices"].items():
                if device is None:
                    self.devices.pop(one, None)
                else:
                    self.devices[one] = device

    def of(self, name: str) -> dict[str, Any]:
        """Return a device by its name."""
        found = [one for one in self.devices.values() if name in one["name"]]
        assert len(found) == 1, [one["name"] for one in self.devices.values()]
        device: dict[str, Any] = found[0]
        return device


type Open = Callable[..., Awaitable[Page]]


@pytest.fixture
async def look(
    home: Home, hass_ws_client: WebSocketGenerator, monkeypatch: pytest.MonkeyPatch
) -> Open:
    """Return what opens a page, as a person of a kind."""
    patient = web.WebSocketResponse
    # Time jumps: nobody answers a heart that beats in it.
    monkeypatch.setattr(
        web, "WebSocketResponse", lambda **how: patient(**how | {"heartbeat": None})
    )

    async def opened(kind: str = "administrator") -> Page:
        assert await async_setup_component(home.hass, "websocket_api", {})
        _, token = await person(home.hass, kind)
        return Page(home, await hass_ws_client(home.hass, token))

    return opened
