"""What is said before anything moves: each entity, both values, what becomes of it; nothing is changed."""

from dataclasses import replace
from typing import Any

import pytest

from custom_components.mi_bms.proto.bms.profile import Profile
from custom_components.mi_bms.proto.model.fields import Field
from custom_components.mi_bms.proto.model.sample import BmsSample
from custom_components.mi_bms.proto.takeover.model import Fate, MovePlan, Statistic, Why
from custom_components.mi_bms.takeover.find import async_found_of
from custom_components.mi_bms.takeover.ours import ours_of_battery, ours_of_sensor
from custom_components.mi_bms.takeover.preview import async_plan, async_preview_text
from custom_components.mi_bms.takeover.uses import Uses
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.util.unit_system import US_CUSTOMARY_SYSTEM
from tests.world.devices import KINDS

from ..home import Home
from .others import HUMIDITY, TEMPERATURE, OtherDevice, OtherRow

pytestmark = pytest.mark.usefixtures("alone", "enable_bluetooth")

ADDRESS = "A4:C1:38:00:14:41"
BATTERY = "A4:C1:38:00:14:42"
THERMOMETER = 0x055B  # temperature, humidity, battery
SAMPLE = BmsSample(
    values={Field.VOLTAGE: 13.21, Field.CURRENT: 4.2, Field.RUNTIME: 5400},
    cells=(3.301, 3.302, 3.303, 3.304),
)


async def sensor_plan(hass: HomeAssistant, **values: Any) -> MovePlan:
    """Return the plan of a thermometer of which ``values`` were heard."""
    (found,) = async_found_of(hass, ADDRESS)
    heard = {Field(name): value for name, value in values.items()}
    ours = ours_of_sensor(hass, ADDRESS, THERMOMETER, heard)
    return await async_plan(hass, found, ours)


async def battery_plan(hass: HomeAssistant, sample: BmsSample = SAMPLE) -> MovePlan:
    """Return the plan of a battery that was read."""
    (found,) = async_found_of(hass, BATTERY)
    ours = ours_of_battery(hass, BATTERY, Profile().learn(sample), sample)
    return await async_plan(hass, found, ours)


def fates(plan: MovePlan) -> dict[str, tuple[str, str | None]]:
    """Return what becomes of each entity, by the end of its unique id, and which of ours it is."""
    return {
        one.old.unique_id.rpartition("-")[2]: (one.fate, one.ours and one.ours.key)
        for one in plan.rulings
    }


async def test_both_values_stand_side_by_side(hass: HomeAssistant) -> None:
    OtherDevice(hass, "xiaomi_ble", address=ADDRESS).add(TEMPERATURE, HUMIDITY)
    plan = await sensor_plan(hass, temperature=21.46, battery=88)
    assert fates(plan) == {
        "temperature": (Fate.MOVES, "temperature"),
        "humidity": (Fate.MOVES, "humidity"),
    }
    text = await async_preview_text(hass, plan, Uses())
    assert "Old cellar: 2 of 2 entities move here." in text
    (line,) = (one for one in text.splitlines() if "old_cellar_temperature" in one)
    assert line == (
        "- **Temperature** \N{RIGHTWARDS ARROW} Temperature: Moves. 21.4 °C there, 21.5 °C "
        "here. Statistics: average. `sensor.old_cellar_temperature`"
    )
    assert "New here: Battery." in text


@pytest.mark.parametrize(
    ("value", "shown"), [("46.9000015", "46.9"), ("21.0", "21"), ("0.005", "0.005")]
)
async def test_zeros_that_tell_nothing_are_left_out(
    hass: HomeAssistant, value: str, shown: str
) -> None:
    OtherDevice(hass, "xiaomi_ble", address=ADDRESS).add(
        replace(TEMPERATURE, value=value)
    )
    plan = await sensor_plan(hass, temperature=21.46)
    text = await async_preview_text(hass, plan, Uses())
    assert f"Moves. {shown} °C there, " in text


async def test_ours_is_said_in_the_units_of_the_house(hass: HomeAssistant) -> None:
    hass.config.units = US_CUSTOMARY_SYSTEM
    OtherDevice(hass, "xiaomi_ble", address=ADDRESS).add(
        replace(TEMPERATURE, value="70.5", unit="°F")
    )
    plan = await sensor_plan(hass, temperature=21.4)
    assert plan.rulings[0].ours is not None
    assert (plan.rulings[0].ours.unit, plan.rulings[0].ours.value) == ("°F", "70.5")
    assert plan.rulings[0].fate is Fate.MOVES


class TestWhatTheOtherHears:
    """What the other integration has a value of, we hear, too; what it only once had, perhaps not."""

    async def test_a_value_of_now_moves(self, hass: HomeAssistant) -> None:
        old = OtherDevice(hass, "xiaomi_ble", address=ADDRESS)
        old.add(replace(TEMPERATURE, key="moisture", kind="moisture", unit="%"))
        assert fates(await sensor_plan(hass)) == {"moisture": (Fate.MOVES, "moisture")}

    async def test_an_entity_without_a_value_stays(self, hass: HomeAssistant) -> None:
        old = OtherDevice(hass, "xiaomi_ble", address=ADDRESS)
        old.add(
            replace(TEMPERATURE, key="moisture", value=None, kind="moisture", unit="%")
        )
        (ruling,) = (await sensor_plan(hass)).rulings
        assert (ruling.fate, ruling.why) == (Fate.STAYS, Why.NOT_SHOWN)

    async def test_a_button_that_was_pressed_moves(self, hass: HomeAssistant) -> None:
        old = OtherDevice(hass, "xiaomi_ble", address=ADDRESS)
        old.add(OtherRow(key="button_left", domain="event", state_class=None))
        assert fates(await sensor_plan(hass)) == {
            "button_left": (Fate.MOVES, "event_button_left")
        }


async def test_a_battery_keeps_what_it_reports(hass: HomeAssistant) -> None:
    old = OtherDevice(
        hass, "bms_ble", address=BATTERY, prefix=f"bms_ble-{BATTERY.lower()}-"
    )
    old.add(
        OtherRow(key="voltage", value="13.2", unit="V", kind="voltage"),
        OtherRow(key="current", value="4.1", unit="A", kind="current"),
        OtherRow(key="runtime", value="1.5", unit="h", kind="duration"),
        OtherRow(key="heater", domain="binary_sensor", state_class=None),
    )
    plan = await battery_plan(hass)
    assert fates(plan) == {
        "voltage": (Fate.MOVES, "voltage"),
        "current": (Fate.MOVES, "current"),
        "runtime": (Fate.MOVES, "runtime"),
        "heater": (Fate.STAYS, None),
    }
    text = await async_preview_text(hass, plan, Uses())
    assert "Old cellar: 3 of 4 entities" in text
    assert "1.5 h there, 1.5 h here" in text, "seconds are shown as hours"
    assert "Stays. This device does not report it here." in text
    assert (
        "Cell 3 voltage" in text or "Cell voltage 3" in text or "cell 3" in text.lower()
    )


async def test_minus_stays_minus(hass: HomeAssistant) -> None:
    old = OtherDevice(
        hass, "bms_ble", address=BATTERY, prefix=f"bms_ble-{BATTERY.lower()}-"
    )
    old.add(OtherRow(key="current", value="-4.1", unit="A", kind="current"))
    plan = await battery_plan(hass, BmsSample(values={Field.CURRENT: -4.2}))
    text = await async_preview_text(hass, plan, Uses())
    assert "\N{MINUS SIGN}4.1 A there, \N{MINUS SIGN}4.2 A here" in text


async def test_the_opposite_sign_is_said(hass: HomeAssistant) -> None:
    old = OtherDevice(
        hass, "bms_ble", address=BATTERY, prefix=f"bms_ble-{BATTERY.lower()}-"
    )
    old.add(OtherRow(key="current", value="-4.1", unit="A", kind="current"))
    text = await async_preview_text(hass, await battery_plan(hass), Uses())
    assert "Stays. Plus and minus mean the opposite there." in text


async def test_what_its_firmware_invents_stays(home: Home) -> None:
    device = KINDS["LYWSD03MMC"](
        address=ADDRESS, key="5b0500112233445566778899aabbcc01"
    )
    await home.discover(device)
    old = OtherDevice(home.hass, "xiaomi_ble", address=ADDRESS)
    old.add(TEMPERATURE, replace(HUMIDITY, key="battery", value="100", kind="battery"))
    assert fates(await sensor_plan(home.hass)) == {
        "temperature": (Fate.MOVES, "temperature"),
        "battery": (Fate.STAYS, None),
    }


@pytest.mark.parametrize(
    "name", ["a | b", "x\n| y |", "<script>", "[click](http://x.y)", "`code`", "\x00"]
)
async def test_a_name_stays_in_its_line(hass: HomeAssistant, name: str) -> None:
    old = OtherDevice(hass, "xiaomi_ble", address=ADDRESS, name=name)
    old.add(
        replace(TEMPERATURE, name=name),
        replace(TEMPERATURE, key="text", name="Words", value=name, state_class=None),
    )
    text = await async_preview_text(hass, await sensor_plan(hass), Uses())
    rows = [line for line in text.splitlines() if line.startswith("- ")]
    assert len(rows) == 2, "two entities"
    assert {line.count("`") for line in rows} == {2}
    assert not [line for line in text.splitlines() if line.startswith("|")]
    assert "<" not in text
    assert "](" not in text


async def test_a_long_list_is_cut(hass: HomeAssistant) -> None:
    old = OtherDevice(hass, "xiaomi_ble", address=ADDRESS)
    old.add(*(OtherRow(key=f"thing_{n}") for n in range(70)))
    text = await async_preview_text(hass, await sensor_plan(hass), Uses())
    assert len([line for line in text.splitlines() if line.startswith("- ")]) == 61
    assert "… and 10 more" in text


async def test_nothing_is_changed(hass: HomeAssistant) -> None:
    old = OtherDevice(hass, "xiaomi_ble", address=ADDRESS)
    rows = old.add(TEMPERATURE, HUMIDITY)
    await async_preview_text(hass, await sensor_plan(hass), Uses())
    registry = er.async_get(hass)
    assert [registry.async_get(one.entity_id) for one in rows] == rows
    assert len(registry.entities) == len(rows)


async def test_what_the_user_switched_off_is_told(hass: HomeAssistant) -> None:
    old = OtherDevice(hass, "xiaomi_ble", address=ADDRESS)
    old.add(TEMPERATURE, disabled=True)
    (ruling,) = (await sensor_plan(hass)).rulings
    assert ruling.old.user_disabled
    assert ruling.old.statistic is Statistic.MEAN
