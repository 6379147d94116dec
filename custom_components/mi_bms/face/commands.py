"""What pages may ask over the websocket."""

from collections.abc import Callable
from typing import Any, Final

import probatio

from homeassistant.components import websocket_api
from homeassistant.core import HomeAssistant, callback

from ..texts import Words
from .faces import Viewer
from .reception import Reception
from .sentences import async_words_in
from .subscription import Subscription

DEVICES: Final = "mi_bms/devices/subscribe"
RECEPTION: Final = "mi_bms/reception/subscribe"

type _Looks = Callable[
    [Words, Callable[[dict[str, Any]], None]], Subscription | Reception
]


@callback
def async_register(hass: HomeAssistant) -> None:
    """Answer pages from now on."""
    websocket_api.async_register_command(hass, subscribe_devices)
    websocket_api.async_register_command(hass, subscribe_reception)


async def _async_tell(
    hass: HomeAssistant,
    connection: websocket_api.ActiveConnection,
    msg: dict[str, Any],
    looks: _Looks,
) -> None:
    """Tell a page how it is now, and what changes from then on."""
    number = msg["id"]
    words = await async_words_in(hass, msg.get("language"))

    def send(data: dict[str, Any]) -> None:
        connection.send_message(websocket_api.event_message(number, data))

    page = looks(words, send)
    connection.subscriptions[number] = page.stop
    connection.send_result(number)
    send(page.start())


@websocket_api.websocket_command(
    {probatio.Required("type"): DEVICES, probatio.Optional("language"): str}
)
@websocket_api.async_response
async def subscribe_devices(
    hass: HomeAssistant,
    connection: websocket_api.ActiveConnection,
    msg: dict[str, Any],
) -> None:
    """Tell of all devices, and then of those that change."""
    admin = connection.user.is_admin
    await _async_tell(
        hass,
        connection,
        msg,
        lambda words, send: Subscription(hass, Viewer(words=words, admin=admin), send),
    )


@websocket_api.websocket_command(
    {probatio.Required("type"): RECEPTION, probatio.Optional("language"): str}
)
@websocket_api.async_response
async def subscribe_reception(
    hass: HomeAssistant,
    connection: websocket_api.ActiveConnection,
    msg: dict[str, Any],
) -> None:
    """Tell how well sensors are heard."""
    await _async_tell(
        hass, connection, msg, lambda words, send: Reception(hass, words, send)
    )
