"""What moves shows its last value at once, and is switched on as ours would be."""

import pytest

from homeassistant.helpers import entity_registry as er
from tests.ha.home import Home

from .registers import plan_of, read_by, row_of
from .test_move import ADDRESS, KEY, made, same_word, thermometer


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
