"""What pages may ask over the websocket."""

from typing import Any, Final

import probatio

from homeassistant.components import websocket_api
from homeassistant.core import HomeAssistant, callback

from .faces import Viewer
from .sentences import async_words_in
from .subscription import Subscription

SUBSCRIBE: Final = "mi_bms/devices/subscribe"


@callback
def async_register(hass: HomeAssistant) -> None:
    """Answer pages from now on."""
    websocket_api.async_register_command(hass, subscribe_devices)


@websocket_api.websocket_command(
    {
        probatio.Required("type"): SUBSCRIBE,
        probatio.Optional("language"): str,
    }
)
@websocket_api.async_response
async def subscribe_devices(
    hass: HomeAssistant,
    connection: websocket_api.ActiveConnection,
    msg: dict[str, Any],
) -> None:
    """Tell of all devices, and then of those that change."""
    number = msg["id"]
    words = await async_words_in(hass, msg.get("language"))

    def send(data: dict[str, Any]) -> None:
        connection.send_message(websocket_api.event_message(number, data))

    viewer = Viewer(words=words, admin=connection.user.is_admin)
    subscription = Subscription(hass, viewer, send)
    connection.subscriptions[number] = subscription.stop
    connection.send_result(number)
    send(subscription.start())
