"""Sensors of a simulated ESPHome node: what a component of it reads of one device, told as its own entities."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from aioesphomeapi import api_pb2 as pb
from google.protobuf.message import Message

from .radio import Radio

MEASUREMENT: Final = 1  # as the messages number state classes


class Sensor(NamedTuple):
    """Say how a value of the device is shown: its word, how the node's owner calls it, unit, class."""

    truth: str
    name: str
    unit: str
    device_class: str


SENSORS: Final = (
    Sensor("temperature", "Temperature", "°C", "temperature"),
    Sensor("humidity", "Humidity", "%", "humidity"),
    Sensor("battery", "Battery level", "%", "battery"),
)


class Shown:
    """Tell what one device holds."""

    def __init__(self, radio: Radio, address: str) -> None:
        """Take the air and the device."""
        self._radio, self._address = radio, address

    def _truth(self) -> Mapping[str, Any]:
        station = self._radio.stations.get(self._address)
        return station.peripheral.truth() if station else {}

    def entities(self) -> Iterator[Message]:
        """Return what there is; each is called after the end of the device's address."""
        end = self._address.replace(":", "")[-6:]
        for key, one in enumerate(SENSORS, 1):
            name = f"Sensor {end} {one.name}"
            yield pb.ListEntitiesSensorResponse(
                object_id=name.lower().replace(" ", "_"),
                key=key,
                name=name,
                unit_of_measurement=one.unit,
                accuracy_decimals=1,
                device_class=one.device_class,
                state_class=MEASUREMENT,
            )

    def states(self) -> Iterator[Message]:
        """Return what they show now."""
        truth = self._truth()
        for key, one in enumerate(SENSORS, 1):
            value = truth.get(one.truth)
            yield pb.SensorStateResponse(
                key=key, state=value or 0.0, missing_state=value is None
            )
