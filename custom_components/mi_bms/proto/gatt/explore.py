"""List what a connected device has: services, characteristics, descriptors and their values.

Everything is addressed by handle, since some modules repeat a UUID.
"""

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from ..model.errors import Unreachable


@dataclass(frozen=True, slots=True, kw_only=True)
class Descriptor:
    """A descriptor; ``value`` is None where none was read."""

    uuid: str
    handle: int
    value: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Characteristic:
    """A characteristic: ``properties`` in bleak's words, ``refused``: its value could not be read."""

    uuid: str
    handle: int
    name: str
    properties: tuple[str, ...]
    descriptors: tuple[Descriptor, ...] = ()
    value: bytes | None = None
    refused: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A service; ``name`` is that of the assigned numbers."""

    uuid: str
    handle: int
    name: str
    characteristics: tuple[Characteristic, ...] = ()


class Explorable(Protocol):
    """An open connection whose table can be looked at; reading raises ``Unreachable``."""

    @property
    def services(self) -> Sequence[Service]:
        """Return the table, without values."""

    async def read_handle(self, handle: int) -> bytes:
        """Read a characteristic."""

    async def read_descriptor(self, handle: int) -> bytes:
        """Read a descriptor."""


async def explore(link: Explorable, *, values: bool = True) -> list[Service]:
    """Return the table; with ``values`` of all that can be read.

    A device may refuse one value and let the next be read: what it refuses is None.
    """
    if not values:
        return list(link.services)
    return [
        replace(
            service,
            characteristics=tuple(
                [await _read(link, one) for one in service.characteristics]
            ),
        )
        for service in link.services
    ]


async def _read(link: Explorable, one: Characteristic) -> Characteristic:
    readable = "read" in one.properties
    value = await _try(link.read_handle(one.handle)) if readable else None
    return replace(
        one,
        descriptors=tuple(
            [
                replace(each, value=await _try(link.read_descriptor(each.handle)))
                for each in one.descriptors
            ]
        ),
        value=value,
        refused=readable and value is None,
    )


async def _try(reading: Awaitable[bytes]) -> bytes | None:
    try:
        return await reading
    except Unreachable:
        return None
