"""A sensor whose states are compared with what Home Assistant itself would write."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from homeassistant.core import State, StateMachine
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity import Entity
from homeassistant.helpers.entity_platform import async_get_platforms
from tests.world import ad

from ..home import Home

ADDRESS = "A4:C1:38:00:77:01"
type Values = tuple[int, int, int, int]  # hundredths of °C and of %, mV, %

HOT: Values = (2511, 4123, 2987, 77)
# Each is far from the one before: the same again, and small moves, are kept back on purpose.
WILD: list[Values] = [
    (1511, 2123, 2587, 67),
    (0, 0, 0, 0),
    (-300, 999, 1111, 1),
    (-1, 9999, 65535, 100),
    (3000, 5000, 3000, 50),
    (-3000, 10000, 2000, 100),
    (12499, 10, 1999, 0),
    (333, 6667, 3141, 33),
    HOT,
]


class Watched:
    """One sensor that says what it is told to say, and whose states are compared."""

    def __init__(self, home: Home) -> None:
        """Take the house."""
        self.home, self.hass, self.count = home, home.hass, 0
        self.registry = er.async_get(home.hass)

    def says(self, values: Values) -> None:
        """Send one advert, without waiting for what comes of it."""
        self.count = (self.count + 1) % 256
        temperature, humidity, voltage, battery = values
        data = bytes.fromhex(ADDRESS.replace(":", ""))[::-1]
        data += temperature.to_bytes(2, "little", signed=True)
        data += humidity.to_bytes(2, "little") + voltage.to_bytes(2, "little")
        data += bytes((battery, self.count, 0))
        raw = ad.payload(ad.service_data16(0x181A, data))
        self.home.air.hear(ADDRESS, raw)

    async def hear(self, values: Values, after: float = 61.0) -> None:
        """Send one advert and compare."""
        await self.home.clock.run(after)
        self.says(values)
        self.compare()
        await self.home.clock.settle()
        self.compare()

    async def all_of_it(self, after: float = 61.0) -> None:
        """Send what is ordinary and what is not."""
        for values in WILD:
            await self.hear(values, after)

    def entities(self) -> list[Entity]:
        """Return what Home Assistant has of us."""
        return [
            one
            for platform in async_get_platforms(self.hass, "mi_bms")
            for one in platform.entities.values()
            if platform.domain in {"sensor", "binary_sensor"}
            # What is polled is written when Home Assistant asks.
            and not one.should_poll
        ]

    def entity(self, field: str = "temperature") -> Entity:
        """Return one of them."""
        wanted = f"{ADDRESS}-{field}"
        return next(one for one in self.entities() if one.unique_id == wanted)

    def state(self, field: str = "temperature") -> State:
        """Return its state."""
        state = self.hass.states.get(self.entity(field).entity_id)
        assert state is not None
        return state

    def compare(self) -> None:
        """Compare each state with what Home Assistant itself would write, without writing it."""
        assert self.entities()
        for one in self.entities():
            with intercepted() as written:
                whole(one)(one)
            assert len(written) == 1, one.entity_id
            entity_id, state, attributes, _, _, info, *_ = written[0]
            there = self.hass.states.get(entity_id)
            assert there is not None, entity_id
            assert there.state == state, entity_id
            assert dict(there.attributes) == attributes, entity_id
            assert there.state_info is info, entity_id


def whole(entity: Entity) -> Callable[[Entity], None]:
    """Return Home Assistant's own way to write an entity, whatever has been put over it."""
    name = "_async_write_ha_state"
    own = next(
        kind
        for kind in type(entity).__mro__
        if kind.__module__.startswith("homeassistant.") and name in vars(kind)
    )
    found: Callable[[Entity], None] = vars(own)[name]
    return found


@contextmanager
def intercepted() -> Iterator[list[tuple[Any, ...]]]:
    """Keep from the state machine what would be written."""
    written: list[tuple[Any, ...]] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            StateMachine,
            "async_set_internal",
            lambda _self, *args: written.append(args),
        )
        yield written
