"""A tiny virtual device: a thermometer that advertises and echoes what is written to it."""

from dataclasses import dataclass
from typing import override

from tests.world.peripheral import (
    Characteristic,
    Descriptor,
    GattError,
    Peripheral,
    Service,
    Truth,
)

NOTIFY = "0000ff01-0000-1000-8000-00805f9b34fb"
WRITE = "0000ff02-0000-1000-8000-00805f9b34fb"
NAME = "00002a00-0000-1000-8000-00805f9b34fb"
NORDIC = "6e400001-b5a3-f393-e0a9-e50e24dcca9e"

SERVICES = (
    Service("1800", 1, (Characteristic(NAME, 3, frozenset({"read"})),)),
    Service(
        "ff00",
        4,
        (
            Characteristic(NOTIFY, 6, frozenset({"notify"}), (Descriptor("2902", 7),)),
            Characteristic(WRITE, 9, frozenset({"write", "write-without-response"})),
        ),
    ),
    Service(NORDIC, 20, ()),
)


@dataclass
class Echo(Peripheral):
    """Answer each write with two notifications: the bytes, and the bytes reversed."""

    temperature: float = 21.5
    counter: int = 0
    log: list[str] | None = None

    def __post_init__(self) -> None:
        self.services = SERVICES
        self.connectable = True
        self.log = []

    def say(self, text: str) -> None:
        assert self.log is not None
        self.log.append(text)

    @override
    def advertisement(self, now: float) -> tuple[bytes, bytes] | None:
        self.counter = (self.counter + 1) % 256
        data = bytes([2, 1, 6, 4, 0xFF, 0xFF, 0xFF, self.counter])
        name = (self.name or "").encode()
        return data, bytes([len(name) + 1, 9]) + name

    @override
    def connected(self, now: float) -> None:
        self.say("connected")

    @override
    def disconnected(self, now: float) -> None:
        self.say("disconnected")

    @override
    def subscribed(self, uuid: str, enabled: bool) -> None:
        self.say(f"subscribed {enabled}")

    @override
    def read(self, uuid: str) -> bytes:
        return b"echo"

    @override
    def write(self, uuid: str, data: bytes, response: bool) -> None:
        self.say(f"write {data.hex()} {response}")
        if data == b"bug":
            raise ZeroDivisionError
        if data == b"no":
            raise GattError(3)
        if self.notify is not None:
            self.notify(NOTIFY, data)
            self.notify(NOTIFY, data[::-1])

    @override
    def truth(self) -> Truth:
        return {"temperature": self.temperature}

    def press(self, key: str = "button") -> None:
        self.temperature += 1
        self.say(f"press {key}")


def thermometer(
    address: str, name: str | None = None, interval: float = 0.05, start: float = 21.5
) -> Echo:
    """Build one, as a scenario does."""
    if start > 100:
        msg = "start is too hot"
        raise ValueError(msg)
    return Echo(address=address, name=name, interval=interval, temperature=start)


KINDS = {"Echo": thermometer}
