"""What moves shows its last value at once, and is switched on as ours would be."""

import pytest

from custom_components.mi_bms.takeover.give_back import async_give_back
from homeassistant.helpers import entity_registry as er
from tests.ha.home import Home
from tests.world.devices import KINDS

from .registers import devices, plan_of, read_by, row_of, rows
from .test_move import ADDRESS, KEY, SETTLED, made, same_word, thermometer


async def test_the_last_value_is_there_at_once(home: Home) -> None:
    sensor = thermometer()
    peer = await read_by(home, "xiaomi_ble", sensor, bindkey=KEY)
    name = row_of(home.hass, "xiaomi_ble", f"{ADDRESS}-temperature").entity_id
    registry = er.async_get(home.hass)
    registry.async_update_entity_options(name, "sensor", {"unit_of_measurement": "°F"})
    await home.listen(sensor, 6, every=10)
    before = home.hass.states.get(name)
    assert before is not None
    assert before.attributes["unit_of_measurement"] == "°F"
    at = home.clock.time

    await made(home, plan_of(home.hass, peer, ADDRESS, same_word))
    after = home.hass.states.get(name)

    assert after is not None
    assert float(after.state) == float(before.state)
    assert after.attributes["unit_of_measurement"] == "°F"
    assert home.clock.time - at < 2


async def test_the_strength_of_reception_is_shown_once_and_at_once(
    home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    sensor = thermometer()
    peer = await read_by(home, "xiaomi_ble", sensor, bindkey=KEY)
    row = row_of(home.hass, "xiaomi_ble", f"{ADDRESS}-signal_strength")
    er.async_get(home.hass).async_update_entity(row.entity_id, disabled_by=None)
    await home.clock.run(40)
    await home.listen(sensor, 6, every=10)
    before = home.hass.states.get(row.entity_id)
    assert before is not None

    def ours(one: er.RegistryEntry) -> str | None:
        return same_word(one) or "rssi"

    await made(home, plan_of(home.hass, peer, ADDRESS, ours))
    after = home.hass.states.get(row.entity_id)

    assert after is not None
    assert float(after.state) == float(before.state)
    await home.listen(sensor, 6, every=10)
    assert "does not generate unique IDs" not in caplog.text


async def test_a_sensor_that_says_everything_in_the_clear(home: Home) -> None:
    sensor = KINDS["BTHOME"](address=ADDRESS)
    peer = await read_by(home, "bthome", sensor)
    before = rows(home.hass, peer), devices(home.hass, peer)
    plan = plan_of(home.hass, peer, ADDRESS, same_word)
    ours = await made(home, plan, key=None, product=None)
    now = rows(home.hass, ours)
    moved = [one.old for one in plan.moving]
    assert {(one.row_id, one.entity_id) for one in moved} <= {
        (row["id"], row["entity_id"]) for row in now.values()
    }
    await home.listen(sensor, 3, every=10)
    assert float(home.value(sensor, "temperature"))
    await home.clock.wait(async_give_back(home.hass, ours))
    await home.clock.run(SETTLED)
    assert (rows(home.hass, peer), devices(home.hass, peer)) == before
