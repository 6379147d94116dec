"""Hand messages to a broker through Home Assistant's own MQTT integration.

Imported only when that integration is loaded: without it, its library is not installed. A message
counts as handed over when Home Assistant's client says so while the connection that took it still
stands; otherwise it is sent again, because one that comes twice is better than one that is lost.
"""

import asyncio
import logging
from typing import Final, override

from homeassistant.components import mqtt
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError

from ..const import DOMAIN
from ..proto.publish.outbox import Item
from .options import QOS, RETAIN
from .output import Output, OutputConfigEntry
from .shapes import Shape

_LOGGER = logging.getLogger(__name__)

AT_ONCE: Final = 200  # messages under way
# The quality of service at which the client itself keeps what is under way.
ONCE: Final = 2
FINISH: Final = 5.0  # s
PAUSE: Final = 1.0  # s, when nothing went out although there is a connection


class MqttOutput(Output):
    """An output that publishes messages."""

    def __init__(
        self, hass: HomeAssistant, entry: OutputConfigEntry, shape: Shape
    ) -> None:
        """Take the options."""
        super().__init__(hass, entry, shape)
        options = entry.options
        self._qos, self._retain = int(QOS.of(options)), bool(RETAIN.of(options))
        self._losses = 0  # of the connection
        # Not told by the task: one that never has to wait is done before it is known here.
        self._busy = False
        self._sending: asyncio.Task[None] | None = None

    @override
    async def async_start(self) -> None:
        """Follow the connection, too."""
        await super().async_start()
        self._stops.append(
            mqtt.async_subscribe_connection_status(self.hass, self._connection)
        )

    @callback
    def _connection(self, connected: bool) -> None:
        if connected:
            self.kick()
        else:
            self._losses += 1

    @property
    def _ready(self) -> bool:
        loaded = self.hass.config_entries.async_loaded_entries(mqtt.DOMAIN)
        return bool(loaded) and mqtt.is_connected(self.hass)

    @callback
    @override
    def kick(self) -> None:
        """Send, unless that is under way or there is no connection."""
        if not self._busy and len(self.outbox) and self._ready:
            self._sending = self.entry.async_create_background_task(
                self.hass, self._async_send(), f"{DOMAIN} publish"
            )

    async def _async_send(self) -> None:
        self._busy = True
        try:
            while len(self.outbox) and self._ready:
                if not await self._async_send_some():
                    await asyncio.sleep(PAUSE)
        finally:
            self._busy = False

    async def _async_send_some(self) -> int:
        """Send the oldest ones and return how many need not wait any more."""
        items = self.outbox.take(AT_ONCE)
        waits = [True] * len(items)
        try:
            async with asyncio.TaskGroup() as group:
                for place, item in enumerate(items):
                    group.create_task(self._async_publish(item, waits, place))
        finally:
            self.outbox.put_back(
                item for item, wait in zip(items, waits, strict=True) if wait
            )
            self.handed_over()
        return waits.count(False)

    async def _async_publish(self, item: Item, waits: list[bool], place: int) -> None:
        losses = self._losses
        try:
            await mqtt.async_publish(
                self.hass, item.topic, item.payload, self._qos, self._retain
            )
        except HomeAssistantError:
            return
        except ValueError:
            # It can never be sent, and all others would wait behind it.
            _LOGGER.warning("A message that cannot be sent was dropped")
            self.outbox.drop()
            waits[place] = False
            return
        if self._qos == ONCE or losses == self._losses:
            self.outbox.done()
            waits[place] = False

    @override
    async def async_finish(self) -> None:
        """Send what waits as long as that takes no time."""
        self.kick()
        if (sending := self._sending) is not None:
            await asyncio.wait([sending], timeout=FINISH)
            if sending.cancel():
                await asyncio.wait([sending])
