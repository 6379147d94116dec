"""Talk to any device that is heard: look at its table, or do a list of operations on one connection."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.util.hass_dict import HassKey

from ..bluetooth.connection import BleakLink, async_use
from ..const import DOMAIN
from ..entries import entry_of, name_of
from ..proto.gatt.explore import Service, explore
from ..proto.gatt.operations import Batch, Code, Operation, OperationFailed
from ..proto.gatt.records import Record, answer, service
from ..proto.model.errors import LOST, Unreachable
from ..runtime import SHARED
from .errors import failed_step, failure, mistake, unreachable

TURN_WITHIN: Final = 30.0  # s to wait for a free connection
WORK_WITHIN: Final = 90.0  # s for connecting and all that is not waiting for answers
_LIMIT: Final = TURN_WITHIN + WORK_WITHIN


async def async_explore(
    hass: HomeAssistant, address: str, *, values: bool
) -> list[Record]:
    """Return services, characteristics and descriptors of a device, with the values that can be read."""

    async def work(link: BleakLink) -> list[Service]:
        return await explore(link, values=values)

    return [service(one) for one in await _async_visit(hass, address, work, _LIMIT)]


async def async_talk(
    hass: HomeAssistant,
    address: str,
    operations: Sequence[Operation],
    *,
    allow_own: bool,
) -> list[Record]:
    """Do operations on one connection; return what each one brought.

    Nothing is written unless all of them can be done. What is set up here is only written to where that
    is said to be meant.
    """
    own = entry_of(hass, address)
    if own and not allow_own and any(one.writes for one in operations):
        raise mistake("own_device", Code.NOT_WRITABLE, name=name_of(hass, own))

    batch: Batch | None = None

    async def work(link: BleakLink) -> list[list[bytes]]:
        nonlocal batch
        batch = Batch(link)
        return await batch.run(operations)

    limit = _LIMIT + sum(one.seconds for one in operations)
    brought = await _async_visit(
        hass, address, work, limit, lambda: batch.broken if batch else None
    )
    return [answer(*one) for one in zip(operations, brought, strict=True)]


async def _async_visit[T](
    hass: HomeAssistant,
    address: str,
    work: Callable[[BleakLink], Awaitable[T]],
    limit: float,
    broken: Callable[[], OperationFailed | None] = lambda: None,
) -> T:
    """Connect in turn with all others, work, and disconnect whatever happens.

    ``broken`` returns what it means that the connection broke now.
    """
    busy = hass.data.setdefault(_BUSY, set())
    if address in busy:
        raise mistake("busy", Code.CONNECTION, address=address)
    busy.add(address)
    try:
        async with (
            asyncio.timeout(limit),
            hass.data[SHARED].polls.async_visit(address, within=TURN_WITHIN),
        ):
            return await async_use(hass, address, work)
    except OperationFailed as err:
        raise failed_step(err) from err
    except Unreachable as err:
        if err.reason == LOST and (failed := broken()):
            raise failed_step(failed) from err
        raise unreachable(err, address) from err
    except TimeoutError as err:
        raise failure("too_long", Code.CONNECTION, address=address) from err
    finally:
        busy.discard(address)


_BUSY: HassKey[set[str]] = HassKey(f"{DOMAIN}.talking")
