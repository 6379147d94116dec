"""Corrections of a battery, and the unit of one that does not tell it."""

from typing import Any

import probatio
import pytest

from homeassistant.config_entries import ConfigEntry
from tests.world.devices import KINDS
from tests.world.peripheral import Peripheral

from ..home import Home, Result

ADDRESS = "A5:C2:37:00:00:04"
UNCHANGED = {
    "invert_current": False,
    "current_gain": 1,
    "temperature_offset": 0,
}


async def added(home: Home, device: Peripheral) -> ConfigEntry[Any]:
    entry = await home.add(device)
    await home.clock.run(3)
    return entry


def jbd() -> Any:
    device = KINDS["JBD"](address=ADDRESS, name="JBD-mine")
    device.pack.step = lambda _seconds: None
    device.pack.current = -12.5
    return device


async def set_options(home: Home, entry: ConfigEntry[Any], **more: Any) -> Result:
    """Send the form, and wait until the battery was read with it."""
    options = home.hass.config_entries.options
    form = await home.options(entry)
    general = {key: more.pop(key) for key in ("celsius",) if key in more}
    data = {
        "interval": 30,
        **general,
        "sharing": {},
        "meters": {},
        "steps": {},
        "corrections": UNCHANGED | more,
    }
    done: Result = await home.clock.wait(options.async_configure(form["flow_id"], data))
    await home.clock.run(5)
    return done


async def test_corrections_change_what_is_shown(home: Home) -> None:
    device = jbd()
    entry = await added(home, device)
    names = ("current", "power", "probe_temperature_1", "temperature", "voltage")
    before = {name: float(home.value(device, name)) for name in names}
    assert before["current"]
    await set_options(
        home, entry, invert_current=True, current_gain=2, temperature_offset=-1.5
    )
    after = {name: float(home.value(device, name)) for name in names}
    assert after["current"] == pytest.approx(-2 * before["current"])
    assert after["power"] == pytest.approx(-2 * before["power"])
    for name in ("probe_temperature_1", "temperature"):
        assert after[name] == pytest.approx(before[name] - 1.5)
    assert after["voltage"] == before["voltage"]


@pytest.mark.usefixtures("all_entities_on")
async def test_a_capacity_and_a_dead_band(home: Home) -> None:
    device = jbd()
    entry = await added(home, device)
    level = float(home.value(device, "battery_level"))
    await set_options(home, entry, capacity=280, current_dead_band=10)
    assert float(home.value(device, "current")) == -12.5
    assert float(home.value(device, "design_capacity")) == 280
    assert float(home.value(device, "cycle_charge")) == pytest.approx(2.8 * level)
    device.pack.current = -5.0
    await home.clock.until(lambda: float(home.value(device, "current")) == 0, 400)
    assert home.value(device, "battery_charging") == "off"


async def test_the_form_shows_what_is_set(home: Home) -> None:
    entry = await added(home, jbd())
    await set_options(home, entry, invert_current=True)
    assert entry.options["corrections"] == UNCHANGED | {"invert_current": True}
    form = await home.options(entry)
    schema = form["data_schema"].schema
    assert "celsius" not in schema
    inner = schema["corrections"].schema.schema
    shown = {str(one): one.description for one in inner}
    assert shown["invert_current"] == {"suggested_value": True}


@pytest.mark.parametrize(
    ("name", "value", "error", "low", "high"),
    [
        ("current_gain", 0, "gain", "0.1", "10"),
        ("current_gain", 11, "gain", "0.1", "10"),
        ("current_dead_band", 0, "band", "0.01", "10"),
        ("current_dead_band", 11, "band", "0.01", "10"),
        ("capacity", 0, "capacity", "0.1", "20000"),
        ("capacity", 20_001, "capacity", "0.1", "20000"),
        ("temperature_offset", 21, "offset", "-20", "20"),
        ("temperature_offset", float("nan"), "offset", "-20", "20"),
    ],
)
async def test_the_form_has_bounds_and_names_them(
    home: Home, name: str, value: float, error: str, low: str, high: str
) -> None:
    entry = await added(home, jbd())
    form = await set_options(home, entry, **{name: value})
    assert form["errors"] == {"base": f"{error}_bounds"}
    named = form["description_placeholders"]
    assert (named[f"{error}_low"], named[f"{error}_high"]) == (low, high)
    assert not entry.options


async def test_a_battery_that_does_not_tell_its_unit(home: Home) -> None:
    device = KINDS["RECORDED"](address=ADDRESS, vector="lithionics:no_modules")
    entry = await added(home, device)
    fahrenheit = float(home.value(device, "probe_temperature_1"))
    await set_options(home, entry, celsius=True)
    celsius = float(home.value(device, "probe_temperature_1"))
    assert fahrenheit == pytest.approx((celsius - 32) * 5 / 9, abs=0.01)


async def test_what_is_emptied_is_as_nobody_had_set_it(home: Home) -> None:
    device = jbd()
    entry = await added(home, device)
    await home.set_options(
        await home.options(entry), {"capacity": 280, "grace": 300, "interval": 40}
    )
    await home.clock.run(5)
    assert entry.options["grace"] == 300
    assert entry.options["corrections"]["capacity"] == 280
    assert float(home.value(device, "design_capacity")) == 280
    form = await home.options(entry)
    # Nothing comes back by itself into a field that somebody empties.
    for section, key in (("sharing", "grace"), ("corrections", "capacity")):
        fields = form["data_schema"].schema[section].schema.schema
        (field,) = [one for one in fields if one == key]
        assert isinstance(field, probatio.Optional)
        assert isinstance(field.default, probatio.Undefined)
    assert form["description_placeholders"]["usual_grace"] == "160"
    await home.set_options(form, {"interval": 40})
    await home.clock.run(5)
    assert "grace" not in entry.options
    assert "capacity" not in entry.options["corrections"]
    assert float(home.value(device, "design_capacity")) == 100


@pytest.mark.parametrize("kept", ["new in a later version", None, 7])
async def test_a_detail_that_nobody_knows_is_the_usual_one(
    home: Home, kept: Any
) -> None:
    entry = await added(home, device := jbd())
    entries = home.hass.config_entries
    entries.async_update_entry(entry, options={"recording": kept})
    await home.clock.wait(entries.async_reload(entry.entry_id))
    await home.listen(device, 15, every=30)
    assert home.value(device, "current") == "-12.5"
    form = await home.options(entry)
    recording = form["data_schema"].schema["recording"]
    assert "rows a day" in recording.config["options"][0]["label"]
