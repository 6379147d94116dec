"""A clock that was in the future: a stored time that lies ahead is as good as none."""

from datetime import timedelta
from typing import Any

import pytest

from custom_components.mi_bms.const import CONF_KEYED_AT
from custom_components.mi_bms.proto.active import codec
from custom_components.mi_bms.runtime import SHARED
from custom_components.mi_bms.sensors.options import SYNC_CLOCK
from homeassistant.config_entries import ConfigEntry
from homeassistant.util import dt as dt_util
from tests.world.devices import KINDS

from .home import Home
from .sensors.test_auto_off import DAY, choose, product, say, script
from .sensors.test_gatt import TIME, clock, options, pass_by, plant

AHEAD = [3_600.0 * 30, 300_000_000.0]


def future(seconds: float) -> str:
    return (dt_util.utcnow() + timedelta(seconds=seconds)).isoformat()


async def unload(home: Home, entry: ConfigEntry[Any]) -> dict[str, Any]:
    """Unload an entry, and give what is kept of it for the next start."""
    await home.clock.wait(home.hass.config_entries.async_unload(entry.entry_id))
    kept: dict[str, Any] = home.hass.data[SHARED].kept[entry.data["address"]]
    return kept


async def load(home: Home, entry: ConfigEntry[Any]) -> None:
    await home.clock.wait(home.hass.config_entries.async_setup(entry.entry_id))
    await home.clock.run(1)


@pytest.mark.parametrize("ahead", AHEAD)
async def test_the_daily_reading_is_not_put_off(home: Home, ahead: float) -> None:
    entry = await home.add(device := plant())
    await pass_by(home, device, 1, 0.5)
    kept = await unload(home, entry)
    kept["active"]["due"] = dt_util.utcnow().timestamp() + ahead
    links = device.links
    await load(home, entry)
    await pass_by(home, device, 1, 0.5)
    assert device.links == links + 1


async def test_the_clock_of_a_sensor_is_set(home: Home) -> None:
    entry = await home.add(device := clock())
    await options(home, entry, **{SYNC_CLOCK.key: True})
    await pass_by(home, device, 1, 0.5)
    kept = await unload(home, entry)
    kept["active"]["set_at"][0] += 300_000_000
    before = device.values[TIME]
    await load(home, entry)
    await pass_by(home, device, 1, 0.5)
    assert codec.dial(device.values[TIME]).unix > codec.dial(before).unix


@pytest.mark.parametrize("ahead", AHEAD)
async def test_a_sensor_was_not_heard_in_the_future(home: Home, ahead: float) -> None:
    device = KINDS["LYWSD03MMC"](address="A4:C1:38:00:00:41", key="11" * 16)
    entry = await home.add(device)
    await home.listen(device, 20)
    kept = await unload(home, entry)
    assert kept["seen_at"]
    # Longer than the receivers remember an advert.
    await home.clock.run(1200)
    kept["seen_at"] = future(ahead)
    await load(home, entry)
    assert home.value(device, "temperature") == "unavailable"
    await home.listen(device, 6)
    assert home.value(device, "temperature") != "unavailable"


async def test_no_state_outlives_what_anybody_can_choose(home: Home) -> None:
    device = product(0x51E2, script(0x5201, ("01", "low", "low")))
    entry = await home.add(device)
    await choose(home, entry, timeout=60 * 24 * 30)
    await say(home, device, "low")
    kept = await unload(home, entry)
    (name,) = kept["ends"]
    await home.clock.leap(2 * DAY)
    kept["ends"][name] = future(70 * DAY)
    await load(home, entry)
    assert home.value(device, "battery_low") == "off"


async def test_a_key_was_not_made_in_the_future(home: Home) -> None:
    device: Any = KINDS["LYWSD03MMC"](address="A4:C1:38:00:00:42", key="11" * 16)
    entry = await home.add(device)
    await home.listen(device, 6)
    keyed_at = dt_util.utcnow().timestamp() + 300_000_000
    home.hass.config_entries.async_update_entry(
        entry, data={**entry.data, CONF_KEYED_AT: keyed_at}
    )
    device.bind("22" * 16)
    # Longer than the model is silent: nothing is asked while the key may still open one.
    await home.listen(device, 12, every=400)
    assert [flow["context"]["source"] for flow in home.flows()] == ["reauth"]
