"""What follows from a sensor's values: off at first, right when it is on, and nothing invented."""

import pytest

from custom_components.mi_bms.proto.model.derived import DERIVED
from homeassistant.helpers import entity_registry as er
from tests.world.devices import KINDS
from tests.world.devices.beacon import Beacon

from ..home import Home

ADDRESS = "A4:C1:38:00:14:41"
AIR = ("derived_dew_point", "derived_absolute_humidity")


def thermometer() -> Beacon:
    return KINDS["ATC1441"](
        address=ADDRESS, start={"temperature": 21.7, "humidity": 40}
    )


def plant(moisture: int) -> Beacon:
    return KINDS["MIBEACON"](
        address="C4:7C:8D:00:00:98",
        product=0x0098,
        objects=[
            {
                "id": 0x1008,
                "kind": "u8",
                "field": "moisture",
                "start": moisture,
                "low": 0,
                "high": 100,
            }
        ],
    )


async def switch_on(home: Home, device: Beacon, *keys: str) -> None:
    registry = er.async_get(home.hass)
    for key in keys:
        entity_id = home.entity_id(device, key)
        assert entity_id, f"no {key}"
        assert registry.entities[entity_id].disabled_by, f"{key} is on at first"
        registry.async_update_entity(entity_id, disabled_by=None)
    await home.clock.run(40)  # Home Assistant reloads the entry by itself


def told(home: Home, device: Beacon) -> tuple[float, ...]:
    return tuple(float(home.value(device, key)) for key in AIR)


def followed(home: Home, device: Beacon) -> tuple[float | None, ...]:
    """Return what follows from the values that are shown."""
    air = {
        name: float(home.value(device, name)) for name in ("temperature", "humidity")
    }
    return tuple(row.of(air) for row in DERIVED)


async def test_air_has_a_dew_point_and_water_in_it(home: Home) -> None:
    device = thermometer()
    await home.add(device)
    await home.listen(device, 3)
    await switch_on(home, device, *AIR)

    # At once, from the values that outlived the reload.
    assert told(home, device) == pytest.approx((7.5, 7.6), abs=0.2)
    assert told(home, device) == followed(home, device)
    state = home.state(device, "derived_absolute_humidity")
    assert state.attributes["device_class"] == "absolute_humidity"
    assert state.attributes["unit_of_measurement"] == "g/m³"

    device.put("temperature", 30.0)
    device.put("humidity", 100)
    await home.listen(device, 3)
    assert told(home, device) == pytest.approx((30.0, 30.3), abs=3)
    assert told(home, device) == followed(home, device)


async def test_what_an_earlier_version_did_not_have_comes_after_the_update(
    home: Home,
) -> None:
    registry = er.async_get(home.hass)
    for device, keys in ((thermometer(), AIR), (plant(40), ("derived_needs_water",))):
        entry = await home.add(device)
        await home.listen(device, 3)
        for key in keys:
            registry.async_remove(home.entity_id(device, key))
        await home.hass.config_entries.async_reload(entry.entry_id)
        await home.listen(device, 1)
        assert all(home.entity_id(device, key) for key in keys), keys


async def test_corrections_count(home: Home) -> None:
    """A dew point of the air that the user sees, not of the one that the sensor says."""
    device = thermometer()
    entry = await home.add(device)
    await home.set_options(
        await home.options(entry),
        {"offset_temperature": 5, "offset_humidity": 20},
    )
    await home.listen(device, 3)
    await switch_on(home, device, *AIR)
    shown = (
        float(home.value(device, "temperature")),
        float(home.value(device, "humidity")),
    )
    assert shown == pytest.approx((26.7, 60), abs=0.5)
    assert told(home, device) == pytest.approx((18.3, 15.2), abs=0.5)
    assert told(home, device) == followed(home, device)


async def test_they_go_with_the_sensor(home: Home) -> None:
    device = thermometer()
    entry = await home.add(device)
    await home.listen(device, 3)
    await home.set_options(await home.options(entry), {"timeout": 5})
    await switch_on(home, device, *AIR, "derived_heard")
    assert home.value(device, "derived_heard") == "home"
    await home.clock.run(600)
    assert home.value(device, "derived_dew_point") == "unavailable"
    assert home.value(device, "derived_heard") == "not_home"
    tracker = home.state(device, "derived_heard")
    assert tracker.domain == "device_tracker"
    assert tracker.attributes["source_type"] == "bluetooth_le"

    await home.listen(device, 3)
    assert told(home, device) == followed(home, device)
    assert home.value(device, "derived_heard") == "home"


async def test_a_remote_is_not_away_because_nobody_uses_it(home: Home) -> None:
    device = KINDS["YLYK01YL"](address="F8:24:41:00:01:53")
    await home.add(device)
    assert home.entity_id(device, "derived_heard") is None


async def test_what_lacks_an_input_has_none(home: Home) -> None:
    device = plant(50)
    await home.add(device)
    await home.listen(device, 3)
    for key in AIR:
        assert home.entity_id(device, key) is None
    assert home.value(device, "derived_needs_water") == "off"


@pytest.mark.parametrize(
    ("options", "on"),
    [
        ({}, False),
        ({"water": "dry"}, False),
        ({"water": "wet"}, True),
        ({"water": "own", "water_below": 60, "water_from": 70}, True),
        ({"water": "normal", "water_below": 60, "water_from": 70}, False),
    ],
)
async def test_a_plant_needs_water_as_its_options_say(
    home: Home, options: dict[str, object], on: bool
) -> None:
    device = plant(30)
    entry = await home.add(device)
    await home.listen(device, 3)
    if options:
        await home.set_options(await home.options(entry), options)
    # Without another reading: the options themselves count.
    assert home.value(device, "derived_needs_water") == ("on" if on else "off")


async def test_between_the_limits_it_stays_over_a_restart(home: Home) -> None:
    device = plant(15)
    entry = await home.add(device)
    await home.listen(device, 3)
    assert home.value(device, "derived_needs_water") == "on"
    device.put("moisture", 22)
    await home.listen(device, 3)
    assert home.value(device, "moisture") == "22"
    assert home.value(device, "derived_needs_water") == "on"
    await home.clock.wait(home.hass.config_entries.async_reload(entry.entry_id))
    assert home.value(device, "derived_needs_water") == "on"
    device.put("moisture", 30)
    await home.listen(device, 3)
    assert home.value(device, "derived_needs_water") == "off"


async def test_a_sensor_that_tells_its_dew_point_needs_no_second(home: Home) -> None:
    frame = {"frame": "all"}
    device = KINDS["BTHOME_OBJECTS"](
        address=ADDRESS,
        objects=[
            {
                "id": 0x45,
                "kind": "s16",
                "field": "temperature",
                "start": 21.7,
                "scale": 0.1,
                **frame,
            },
            {"id": 0x2E, "kind": "u8", "field": "humidity", "start": 40, **frame},
            {
                "id": 0x08,
                "kind": "s16",
                "field": "dew_point",
                "start": 7.0,
                "scale": 0.01,
                **frame,
            },
        ],
    )
    await home.add(device)
    await home.listen(device, 3)
    assert home.value(device, "dew_point") == "7.0"
    assert home.entity_id(device, "derived_dew_point") is None
    assert home.entity_id(device, "derived_absolute_humidity")
