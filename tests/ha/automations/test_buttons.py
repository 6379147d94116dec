"""Our trigger for buttons tells once, twice, three times and held apart, and fires once for each."""

from typing import Any

import pytest

from homeassistant.helpers import entity_registry as er
from tests.world.devices import KINDS
from tests.world.devices.beacon import Beacon

from ..home import Home
from .conftest import Automate

PRESSES = {
    "press": "01",
    "double_press": "02",
    "triple_press": "03",
    "long_press": "04",
    "long_double_press": "05",
}


def button() -> Beacon:
    """Make a button that only the test presses."""
    steps = [
        {"hex": code, "tells": {"event:button": word}} for word, code in PRESSES.items()
    ]
    return KINDS["BTHOME_OBJECTS"](
        address="54:48:E6:00:00:3A",
        objects=[
            {"id": 0x01, "kind": "u8", "start": 80},
            {"id": 0x3A, "kind": "script", "every": 9e9, "steps": steps},
        ],
    )


async def press(home: Home, device: Beacon, word: str) -> None:
    device.press("button", word)
    await home.listen(device, 3, every=0.1)


async def added(home: Home, **options: Any) -> Beacon:
    """Add a button that was pressed once: from then on it can be chosen."""
    device = button()
    entry = await home.add(device)
    if options:
        await home.set_options(await home.options(entry), options)
    await press(home, device, "press")
    return device


def pressed(home: Home, device: Beacon, **options: Any) -> dict[str, Any]:
    return {
        "trigger": "mi_bms.button_pressed",
        "target": {"entity_id": home.entity_id(device, "event_button")},
        "options": options,
    }


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({}, "press"),
        ({"times": 2}, "double_press"),
        ({"times": 3}, "triple_press"),
        ({"held": True}, "long_press"),
        ({"times": 2, "held": True}, "long_double_press"),
    ],
)
async def test_only_what_was_asked_for_fires(
    home: Home, automate: Automate, options: dict[str, Any], word: str
) -> None:
    device = await added(home)
    calls = await automate(pressed(home, device, **options))
    for other in PRESSES.keys() - {word}:
        await press(home, device, other)
    assert calls == []
    for times in (1, 2):
        await press(home, device, word)
        assert len(calls) == times


async def test_what_comes_back_fires_nothing(home: Home, automate: Automate) -> None:
    """A reload shows the last press again: nobody pressed anything."""
    device = await added(home)
    calls = await automate(pressed(home, device))
    (entry,) = home.hass.config_entries.async_entries("mi_bms")
    await home.clock.wait(home.hass.config_entries.async_reload(entry.entry_id))
    await home.clock.run(5)
    assert home.value(device, "event_button")[:1] == "2"
    assert calls == []


async def test_a_press_after_a_long_silence_fires(
    home: Home, automate: Automate
) -> None:
    """The first sign of life of a sensor that was given up is a press, and it counts."""
    device = await added(home, timeout=1)
    calls = await automate(pressed(home, device))
    await home.clock.run(3000)
    (entry,) = home.hass.config_entries.async_entries("mi_bms")
    await home.clock.wait(home.hass.config_entries.async_reload(entry.entry_id))
    assert home.value(device, "event_button") == "unavailable"
    await press(home, device, "press")
    assert len(calls) == 1


async def test_a_device_is_target_enough(home: Home, automate: Automate) -> None:
    device = await added(home)
    entity_id = home.entity_id(device, "event_button")
    assert entity_id
    row = er.async_get(home.hass).async_get(entity_id)
    assert row
    calls = await automate(
        {
            "trigger": "mi_bms.button_pressed",
            "target": {"device_id": row.device_id},
            "options": {"times": 2},
        }
    )
    await press(home, device, "double_press")
    assert len(calls) == 1


async def test_a_dimmer_is_pressed_like_a_button(
    home: Home, automate: Automate
) -> None:
    steps = [
        {"hex": code, "tells": {"event:dimmer": word}}
        for code, word in (("000103", "once"), ("000303", "three times"))
    ]
    device = KINDS["YLKG07YL"](
        address="F8:24:41:00:03:B6",
        key="b6" * 12,
        objects=[{"id": 0x1001, "kind": "script", "every": 9e9, "steps": steps}],
    )
    await home.add(device)
    await home.clock.run(1)
    device.press("dimmer", "once")
    await home.listen(device, 3, every=0.1)
    trigger = pressed(home, device, times=3)
    trigger["target"] = {"entity_id": home.entity_id(device, "event_dimmer")}
    calls = await automate(trigger)
    for word, times in (("once", 0), ("three times", 1)):
        device.press("dimmer", word)
        await home.listen(device, 3, every=0.1)
        assert len(calls) == times
