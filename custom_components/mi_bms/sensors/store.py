"""The newest values of a sensor, between what writes them and the entities that show them."""

from collections.abc import Callable
from typing import Protocol

from ..proto.model.reading import Value

type Writer = Callable[[], None]


def follow(followers: list[Writer], follower: Writer) -> Callable[[], None]:
    """Have ``follower`` called with the others, until the returned function is called."""
    followers.append(follower)

    def stop() -> None:
        if follower in followers:
            followers.remove(follower)

    return stop


class ValueEntity(Protocol):
    """An entity that shows one value."""

    def async_write(self) -> None:
        """Write a value that the sensor said just now."""

    def async_follow(self) -> None:
        """Write how the sensor stands, with the newest value."""


class Store:
    """The newest values of one platform by entity key, and the entities that show them."""

    __slots__ = ("shown", "values")

    def __init__(self) -> None:
        """Start empty."""
        self.values: dict[str, Value] = {}
        self.shown: dict[str, ValueEntity] = {}
