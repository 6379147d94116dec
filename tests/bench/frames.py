"""Adverts of the measurements: MiBeacon frames of any device and counter, as AD structures."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from tests.world import ad
from tests.world.devices.xiaomi import SERVICE, seal

KEY: Final = bytes.fromhex("e9ea895fac7cca6d30532432a516f3a8")

type Make = Callable[
    [bytes, int], bytes
]  # MAC in printed order, number -> service data


@dataclass(frozen=True, slots=True)
class Kind:
    """Hold one kind of advert: how it is made, and the key it needs."""

    title: str
    make: Make
    key: bytes | None = None

    @property
    def product(self) -> int:
        """Return the product id that its frames name."""
        return int.from_bytes(self.make(bytes(6), 0)[2:4], "little")


def address_of(number: int) -> str:
    """Return the address of a device by its number."""
    return (0xA4C1_3800_0000 + number).to_bytes(6).hex(":").upper()


def clear(mac: bytes, number: int) -> bytes:
    """Make a clear frame with temperature and humidity in one object; both change each time."""
    temperature, humidity = 200 + number % 100, 300 + number % 97
    return (
        bytes.fromhex("5020aa01")
        + bytes((number & 0xFF,))
        + mac[::-1]
        + b"\x0d\x10\x04"
        + temperature.to_bytes(2, "little")
        + humidity.to_bytes(2, "little")
    )


def two_objects(mac: bytes, number: int) -> bytes:
    """Make a clear frame with two objects: temperature with humidity, and battery."""
    return clear(mac, number) + b"\x0a\x10\x01" + bytes((1 + number % 100,))


def sealed(mac: bytes, number: int) -> bytes:
    """Make an encrypted version 5 frame with one humidity."""
    head = bytes.fromhex("58585b05") + bytes((number & 0xFF,)) + mac[::-1]
    plain = b"\x06\x10\x02" + (10 * (20 + number % 70)).to_bytes(2, "little")
    return head + seal(KEY, mac, head, plain, (number >> 8).to_bytes(3, "little"))


def repeated(mac: bytes, _number: int) -> bytes:
    """Make the same frame each time."""
    return clear(mac, 1)


KINDS: Final = (
    Kind("clear, one object", clear),
    Kind("clear, two objects", two_objects),
    Kind("encrypted v5", sealed, KEY),
    Kind("repeated", repeated),
)


def raw(kind: Kind, address: str, number: int) -> bytes:
    """Make the advertising data of one advert."""
    mac = bytes.fromhex(address.replace(":", ""))
    return ad.payload(ad.flags(), ad.service_data16(SERVICE, kind.make(mac, number)))
