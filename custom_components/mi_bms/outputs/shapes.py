"""The forms in which outputs pass readings on."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.util import dt as dt_util

from ..const import DOMAIN
from ..proto.publish.news import BatteryNews, News, SensorNews
from ..proto.publish.outbox import Item
from ..proto.publish.place import distinct, level
from ..proto.publish.shape import battery_line, battery_message, sensor_line
from ..proto.publish.tasmota import HeardReading, Tasmota
from .options import AGGREGATE, CONF_TOPIC, DIRECT, OWN_NAMES, SUMMARY


class Shape(ABC):
    """A form of messages, made of what devices say."""

    @abstractmethod
    def take(self, news: News) -> Iterable[Item]:
        """Return what one reading leads to at once."""

    def period(self, now: float) -> Iterable[Item]:
        """Return what a period that ends now leads to."""
        return ()

    def rest(self) -> Iterable[Item]:
        """Return what waits for the end of a period."""
        return ()


class TasmotaShape(Shape):
    """Tasmota's messages, made of what sensors say."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
        """Take the options."""
        options = entry.options
        self._hass = hass
        self._topic = f"tele/{entry.data[CONF_TOPIC]}/SENSOR"
        self._own_names: bool = OWN_NAMES.of(options)
        self._messages = Tasmota(
            aggregate=AGGREGATE.of(options),
            summary=SUMMARY.of(options),
            direct=DIRECT.of(options),
            zone=dt_util.get_default_time_zone(),
        )

    @override
    def take(self, news: News) -> Iterable[Item]:
        """Return the message of an event or, where that is wanted, of any reading."""
        if not isinstance(news, SensorNews):
            return ()
        device = device_of(self._hass, news)
        message = self._messages.hear(
            HeardReading(
                address=news.address,
                reading=news.reading,
                at=news.at,
                rssi=news.rssi,
                product_id=news.product_id,
                own=name_of(self._hass, news) if self._own_names else None,
                keep=news.keep,
                firmware=device.sw_version if device else None,
            )
        )
        return () if message is None else (Item(message, self._topic),)

    @override
    def period(self, now: float) -> Iterable[Item]:
        return [Item(one, self._topic) for one in self._messages.period(now)]

    @override
    def rest(self) -> Iterable[Item]:
        return [Item(one, self._topic) for one in self._messages.rest()]


class BatteryShape(Shape):
    """One message of each battery reading."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
        """Take the prefix."""
        self._hass, self._prefix = hass, entry.data[CONF_TOPIC]
        self._levels: dict[str, str] = {}

    @override
    def take(self, news: News) -> Iterable[Item]:
        """Return the message; two batteries never share a topic."""
        if not isinstance(news, BatteryNews):
            return
        name = name_of(self._hass, news)
        others = {one for key, one in self._levels.items() if key != news.address}
        last = self._levels[news.address] = distinct(level(name), news.address, others)
        zone = dt_util.get_default_time_zone()
        message = battery_message(name, news.at, zone, news.sample)
        yield Item(message, f"{self._prefix}/{last}")


class LineShape(Shape):
    """One line of each reading."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
        """Take what names devices."""
        self._hass = hass

    @override
    def take(self, news: News) -> Iterable[Item]:
        name = name_of(self._hass, news)
        if isinstance(news, BatteryNews):
            yield Item(battery_line(name, news.address, news.at, news.sample))
        else:
            line = sensor_line(name, news.address, news.at, news.reading, news.rssi)
            yield Item(line)


def device_of(hass: HomeAssistant, news: News) -> dr.DeviceEntry | None:
    """Return the device that news are of."""
    return dr.async_get(hass).async_get_device_by_identifier(
        (DOMAIN, news.address), news.entry_id
    )


def name_of(hass: HomeAssistant, news: News) -> str:
    """Return the name that the user knows a device by."""
    device = device_of(hass, news)
    return (device and device.name_by_user) or news.title
