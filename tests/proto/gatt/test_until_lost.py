"""Work over a link ends with the link."""

import asyncio
import contextlib

import pytest

from custom_components.mi_bms.proto.gatt.link import until_lost
from custom_components.mi_bms.proto.model.errors import Unreachable
from tests.each import rows


def test_work_that_is_done_gives_its_result() -> None:
    async def work() -> int:
        return 7

    async def main() -> int:
        return await until_lost(work(), asyncio.get_running_loop().create_future())

    assert asyncio.run(main()) == 7


@rows("ends", [True, False])
def test_work_ends_when_the_link_breaks(ends: bool) -> None:
    """Also where the work itself turns its end into an error of the link."""
    ended: list[bool] = []

    async def work() -> None:
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            ended.append(True)
            if ends:
                raise
            raise Unreachable("link") from None

    async def main() -> None:
        lost = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_soon(lost.set_result, None)
        await until_lost(work(), lost)

    with pytest.raises(Unreachable, match="lost"):
        asyncio.run(main())
    assert ended == [True]


def test_whoever_waits_takes_the_work_along() -> None:
    ended: list[bool] = []

    async def work() -> None:
        with contextlib.suppress(TimeoutError):
            try:
                await asyncio.sleep(3600)
            finally:
                ended.append(True)

    async def main() -> None:
        waiting = asyncio.ensure_future(
            until_lost(work(), asyncio.get_running_loop().create_future())
        )
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        waiting.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await waiting

    asyncio.run(main())
    assert ended == [True]
