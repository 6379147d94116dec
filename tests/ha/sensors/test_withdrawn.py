"""A question for another key that is taken back before its form is there."""

import asyncio

import pytest

from tests.proto.mibeacon.frames import number, obj, sealed
from tests.world import ad

from ..home import Home
from .test_trust import ADDRESS, KEY, Told

PRODUCT = 0x055B
OTHER_KEY = bytes(16)


@pytest.mark.parametrize("turns", range(4))
async def test_a_question_that_is_asked_and_withdrawn_at_once_logs_nothing(
    home: Home, caplog: pytest.LogCaptureFixture, turns: int
) -> None:
    sensor = Told(home, ADDRESS, KEY.hex(), PRODUCT)
    await sensor.set_up()

    def hears(count: int, key: bytes = KEY) -> None:
        said = obj(0x1004, number(200 + count % 9, 2))
        frame = sealed(PRODUCT, said, count, key=key)
        home.air.hear(ADDRESS, ad.service_data16(0xFE95, frame))

    hears(70_000)
    await home.clock.run(4_000)
    for count in range(4):
        hears(count, OTHER_KEY)
    for _ in range(turns):
        await asyncio.sleep(0)
    hears(70_001)
    await home.clock.settle()
    assert sensor.questions() == []
    # What was asked once can be asked again.
    await home.clock.run(4_000)
    for count in range(4, 8):
        hears(count, OTHER_KEY)
    await home.clock.settle()
    assert sensor.questions() == ["reauth"]
    assert [one.getMessage() for one in caplog.records if one.exc_info] == []
