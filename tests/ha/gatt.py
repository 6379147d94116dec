"""A sensor that advertises as the simulated one of its model and serves a plain table of values."""

from collections.abc import Callable
from typing import override

from tests.world.devices import KINDS
from tests.world.devices.beacon import Beacon
from tests.world.peripheral import (
    Characteristic,
    Descriptor,
    GattError,
    Peripheral,
    Service,
)

UNLIKELY = 14
ALL = frozenset({"read", "write", "notify"})


class GattSensor(Peripheral):
    """Hold values by ``service/characteristic``; ``taken`` hears each write before it is kept."""

    def __init__(self, model: str, address: str, values: dict[str, bytes]) -> None:
        super().__init__(address, connectable=True)
        encrypted = {"key": "0f" * 16} if model == "LYWSD03MMC" else {}
        self.beacon: Beacon = KINDS[model](address=address, **encrypted)
        self.key = encrypted.get("key")
        self.values = {name.rpartition("/")[2]: data for name, data in values.items()}
        self.written: list[tuple[str, bytes, bool]] = []
        self.taken: Callable[[str, bytes], bool] = lambda *_: True
        self.said: Callable[[str], None] = lambda *_: None
        self.links = 0
        tables: dict[str, list[str]] = {}
        for name in values:
            service, _, one = name.rpartition("/")
            tables.setdefault(service, []).append(one)
        handles = iter(range(1, 999))
        self.services = tuple(
            Service(
                service,
                next(handles),
                tuple(
                    Characteristic(
                        one, next(handles), ALL, (Descriptor("2902", next(handles)),)
                    )
                    for one in ones
                ),
            )
            for service, ones in tables.items()
        )

    @override
    def advertisement(self, now: float) -> tuple[bytes, bytes] | None:
        return self.beacon.advertisement(now)

    @override
    def connected(self, now: float) -> None:
        self.links += 1

    @override
    def subscribed(self, uuid: str, enabled: bool) -> None:
        self.said(uuid)

    @override
    def read(self, uuid: str) -> bytes:
        return self.values[uuid]

    @override
    def write(self, uuid: str, data: bytes, response: bool) -> None:
        self.written.append((uuid, data, response))
        if self.taken(uuid, data):
            self.values[uuid] = data


def refuse(*_: object) -> bool:
    """Refuse a write."""
    raise GattError(UNLIKELY)
