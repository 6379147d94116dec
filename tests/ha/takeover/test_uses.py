"""Who uses what moves: automations and scripts, triggers that go silent, accessories of Apple Home."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.mi_bms.proto.model.fields import Field
from custom_components.mi_bms.proto.takeover.model import Fate, MovePlan
from custom_components.mi_bms.quantities import BINARY_SENSORS
from custom_components.mi_bms.takeover.find import async_found_of
from custom_components.mi_bms.takeover.our_rows import flag_row
from custom_components.mi_bms.takeover.ours import ours_of_sensor
from custom_components.mi_bms.takeover.preview import async_plan, async_preview_text
from custom_components.mi_bms.takeover.uses import async_broken_triggers, async_uses
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from homeassistant.util.yaml import parse_yaml

from .others import TEMPERATURE, OtherDevice, OtherRow

pytestmark = pytest.mark.usefixtures("alone", "enable_bluetooth")

ADDRESS = "A4:C1:38:00:14:41"
ACTION = [{"event": "done"}]


async def automate(hass: HomeAssistant, *triggers: dict[str, Any], **more: Any) -> None:
    """Have an automation with these triggers."""
    config = {"id": "one", "alias": "Lights", "triggers": list(triggers)}
    config |= {"actions": ACTION, **more}
    assert await async_setup_component(hass, "automation", {"automation": [config]})
    await hass.async_block_till_done()


async def plan_of(hass: HomeAssistant) -> MovePlan:
    """Return the plan of the one device."""
    (found,) = async_found_of(hass, ADDRESS)
    ours = dict(ours_of_sensor(hass, ADDRESS, None, {}))
    if found.peer.domain == "bms_ble":
        row = flag_row("chrg_mosfet", BINARY_SENSORS[Field.CHRG_MOSFET], None, None)
        ours[row.domain, row.key] = row
    return await async_plan(hass, found, ours)


def remote(hass: HomeAssistant) -> OtherDevice:
    """Return a remote that another integration has."""
    old = OtherDevice(hass, "xiaomi_ble", address=ADDRESS, name="Remote")
    old.add(TEMPERATURE, OtherRow(key="button", domain="event", state_class=None))
    return old


async def test_nobody_uses_it(hass: HomeAssistant) -> None:
    remote(hass)
    plan = await plan_of(hass)
    assert not any(async_uses(hass, plan))
    assert async_broken_triggers(hass, plan) == []


async def test_automations_and_scripts_are_told(hass: HomeAssistant) -> None:
    old = remote(hass)
    await automate(hass, {"trigger": "state", "entity_id": "sensor.remote_temperature"})
    script = {
        "sequence": [
            {
                "condition": "numeric_state",
                "entity_id": "sensor.remote_temperature",
                "above": 3,
            }
        ]
    }
    assert await async_setup_component(hass, "script", {"script": {"warm": script}})
    plan = await plan_of(hass)
    uses = async_uses(hass, plan)
    assert [one.name for one in uses.automations] == ["Lights"]
    assert [one.entity_id for one in uses.scripts] == ["script.warm"]
    assert not uses.triggers
    text = await async_preview_text(hass, plan, uses)
    assert "changed by hand: Lights, warm" in text
    assert old.device.id not in text


async def test_a_device_trigger_comes_with_the_new_text(hass: HomeAssistant) -> None:
    old = remote(hass)
    await automate(
        hass,
        {
            "trigger": "device",
            "domain": "xiaomi_ble",
            "device_id": old.device.id,
            "type": "button",
            "subtype": "double_press",
        },
    )
    plan = await plan_of(hass)
    (broken,) = async_broken_triggers(hass, plan)
    assert broken.where.name == "Lights"
    assert broken.text is not None
    assert parse_yaml(broken.text) == [
        {
            "trigger": "device",
            "domain": "mi_bms",
            "device_id": old.device.id,
            "type": "multi_press_end_2",
            "subtype": "button",
        }
    ]
    text = await async_preview_text(hass, plan, async_uses(hass, plan))
    assert f"```yaml\n{broken.text}\n```" in text


async def test_one_that_is_like_nothing_of_ours_is_told(hass: HomeAssistant) -> None:
    old = remote(hass)
    trigger = {"trigger": "device", "domain": "xiaomi_ble", "device_id": old.device.id}
    await automate(hass, {**trigger, "type": "`|\n*x*", "subtype": "y"})
    plan = await plan_of(hass)
    (broken,) = async_broken_triggers(hass, plan)
    assert broken.text is None
    text = await async_preview_text(hass, plan, async_uses(hass, plan))
    assert "has nothing like it here" in text
    assert "*x*" not in text


async def test_a_trigger_of_another_device_is_none_of_ours(hass: HomeAssistant) -> None:
    remote(hass)
    trigger = {"trigger": "device", "domain": "xiaomi_ble", "device_id": "0" * 32}
    await automate(hass, {**trigger, "type": "button", "subtype": "press"})
    assert not any(async_uses(hass, await plan_of(hass)))


async def test_one_inside_the_actions_is_found(hass: HomeAssistant) -> None:
    old = remote(hass)
    trigger = {
        "trigger": "device",
        "domain": "xiaomi_ble",
        "device_id": old.device.id,
        "type": "button",
        "subtype": "press",
    }
    await automate(hass, actions=[{"wait_for_trigger": [trigger]}])
    assert len(async_broken_triggers(hass, await plan_of(hass))) == 1


async def test_a_flag_without_our_class_is_turned_on(hass: HomeAssistant) -> None:
    prefix = f"bms_ble-{ADDRESS.lower()}-"
    old = OtherDevice(hass, "bms_ble", address=ADDRESS, prefix=prefix)
    (row,) = old.add(
        OtherRow(
            key="chrg_mosfet",
            domain="binary_sensor",
            kind="power",
            state_class=None,
            value="on",
        )
    )
    await automate(
        hass,
        {
            "trigger": "device",
            "domain": "binary_sensor",
            "device_id": old.device.id,
            "entity_id": row.id,
            "type": "not_powered",
        },
    )
    plan = await plan_of(hass)
    assert plan.rulings[0].fate is Fate.MOVES
    (broken,) = async_broken_triggers(hass, plan)
    assert broken.text is not None
    (said,) = parse_yaml(broken.text)
    assert (said["type"], said["entity_id"]) == ("turned_off", row.id)


async def test_words_of_events_are_told(hass: HomeAssistant) -> None:
    remote(hass)
    await automate(
        hass,
        {
            "trigger": "state",
            "entity_id": "event.remote_button",
            "attribute": "event_type",
            "to": "long_press",
        },
    )
    plan = await plan_of(hass)
    uses = async_uses(hass, plan)
    assert [(one.old, one.new) for one in uses.words] == [
        ("long_press", "long_press_end")
    ]
    text = await async_preview_text(hass, plan, uses)
    assert "`long_press` of `event.remote_button` is called `long_press_end`" in text


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (None, True),
        ({"address": ADDRESS}, True),
        ({"address": "A4:C1:38:99:99:99"}, False),
    ],
)
async def test_events_that_only_the_other_sends(
    hass: HomeAssistant, data: dict[str, str] | None, told: bool
) -> None:
    remote(hass)
    trigger: dict[str, Any] = {"trigger": "event", "event_type": "xiaomi_ble_event"}
    await automate(hass, trigger | ({"event_data": data} if data else {}))
    uses = async_uses(hass, await plan_of(hass))
    assert [one.name for one in uses.events] == (["Lights"] if told else [])


async def test_details_inside_entities(hass: HomeAssistant) -> None:
    prefix = f"bms_ble-{ADDRESS.lower()}-"
    old = OtherDevice(hass, "bms_ble", address=ADDRESS, prefix=prefix, name="Bank")
    old.add(OtherRow(key="voltage", name="Voltage", value="13", unit="V"))
    template = "{{ state_attr('sensor.bank_voltage', 'cell_voltages')[0] < 3 }}"
    await automate(hass, {"trigger": "template", "value_template": template})
    uses = async_uses(hass, await plan_of(hass))
    assert [one.name for one in uses.attributes] == ["Lights"]


@pytest.mark.parametrize(
    ("chosen", "told"),
    [
        ({"include_domains": ["sensor"]}, ("sensor.remote_temperature",)),
        ({"include_entities": ["sensor.other"]}, ()),
        ({"include_domains": 7}, ()),
        (["nonsense"], ()),
    ],
)
async def test_accessories_of_apple_home(
    hass: HomeAssistant, chosen: Any, told: tuple[str, ...]
) -> None:
    remote(hass)
    bridge = MockConfigEntry(
        domain="homekit", options={"filter": chosen}, state=ConfigEntryState.LOADED
    )
    bridge.add_to_hass(hass)
    plan = await plan_of(hass)
    uses = async_uses(hass, plan)
    assert uses.home == told
    text = await async_preview_text(hass, plan, uses)
    assert ("Apple Home" in text) is bool(told)
