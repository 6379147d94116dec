"""What every virtual device is, free of any transport.

A peripheral is told the time, gives adverts, and serves a GATT table. The proxies (and any other
front end) carry what it says; they never look inside. Faults belong to the radio, except those a
device itself shows, such as sleeping or losing the first command.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

type Truth = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Descriptor:
    """Hold one descriptor of a characteristic."""

    uuid: str
    handle: int
    value: bytes = b""


@dataclass(frozen=True, slots=True)
class Characteristic:
    """Hold one characteristic: ``properties`` in bleak's words, ``handle`` is the value's handle."""

    uuid: str
    handle: int
    properties: frozenset[str]
    descriptors: tuple[Descriptor, ...] = ()


@dataclass(frozen=True, slots=True)
class Service:
    """Hold one primary service."""

    uuid: str
    handle: int
    characteristics: tuple[Characteristic, ...]


class GattError(Exception):
    """Refuse a GATT operation with an ATT error number."""

    def __init__(self, code: int) -> None:
        """Keep the ATT error number."""
        super().__init__(code)
        self.code = code


@dataclass
class Peripheral:
    """Be one virtual device.

    ``address`` is upper case; ``interval`` is seconds between adverts (None: only when ``wake`` is
    called). ``notify`` is set by the front end while a client is connected: call it with a
    characteristic's UUID and the bytes of one notification.
    """

    address: str
    name: str | None = None
    address_type: int = 0  # 0 public, 1 random
    connectable: bool = False
    interval: float | None = 2.0
    services: tuple[Service, ...] = ()
    mtu: int = 247
    notify: Callable[[str, bytes], None] | None = field(default=None, repr=False)
    wake: Callable[[], None] | None = field(
        default=None, repr=False
    )  # set by the front end: advertise now
    leave: Callable[[], None] | None = field(
        default=None, repr=False
    )  # set by the front end while a client is connected: end the link

    def advertisement(self, now: float) -> tuple[bytes, bytes] | None:
        """Return advertising data and scan response as AD structures, or None to stay silent now."""
        raise GattError(6)

    def tick(self, now: float) -> None:
        """Let time pass; called about once a second."""

    def connected(self, now: float) -> None:
        """Learn that a client has connected."""

    def disconnected(self, now: float) -> None:
        """Learn that the client has gone."""

    def subscribed(self, uuid: str, enabled: bool) -> None:
        """Learn that a client switched notifications of a characteristic on or off."""

    def read(self, uuid: str) -> bytes:
        """Answer a read; raise ``GattError`` to refuse."""
        raise GattError(2)

    def write(self, uuid: str, data: bytes, response: bool) -> None:
        """Take a write; raise ``GattError`` to refuse. Answers go out through ``notify``."""
        raise GattError(3)

    def truth(self) -> Truth:
        """Return what a faithful receiver shows now: field (or ``field_n``) → value."""
        return {}

    def holds(self) -> Truth:
        """Return what it holds besides what a receiver shows, such as its clock, settings, memory."""
        return {}
