"""What differs between types of batteries: passwords for commands, and commands that no reading tells."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import async_capture_events

from custom_components.mi_bms.const import CONF_CONTROL_PASSWORD, EVENT_CONTROL
from tests.world.devices import KINDS
from tests.world.devices.ant import FACTORY_PASSWORD

from ..home import Home
from .guarded import Guarded, armed, guarded
from .test_batteries import ADDRESS, report
from .test_switching import cut

WORD, OTHER_WORD = "s3cretword", "anotherword"


def still(kind: str, **more: Any) -> Any:
    name = "ANT-BLE16" if kind == "ANT" else f"{kind}-mine"
    device: Any = KINDS[kind](address=ADDRESS, name=name, **more)
    device.pack.step = lambda _seconds: None
    return device


async def ant(home: Home, word: str = WORD, **options: Any) -> Guarded:
    device = still("ANT", order_password=word)
    return await armed(home, device, {"family": "ant"}, **options)


def passwords(one: Guarded) -> int:
    """Return how often a password was said since this was called last."""
    said = len([data for data in one.device.said_to if data[2:3] == b"\x23"])
    one.device.said_to.clear()
    return said


@pytest.fixture
def listening(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let boards remember what they were told."""
    kind: Any = KINDS["ANT"]
    answer = kind.answer

    def heard(self: Any, data: bytes) -> list[bytes]:
        vars(self).setdefault("said_to", []).append(data)
        found: list[bytes] = answer(self, data)
        return found

    monkeypatch.setattr(kind, "answer", heard)


async def test_a_password_for_commands(home: Home) -> None:
    one = await ant(home, control_password=WORD)
    assert await one.act("charge", "off") == "confirmed"
    assert one.locked == {"charge"}
    assert WORD not in str(await report(home, one.entry))


async def test_without_one_nothing_is_tried(home: Home, listening: None) -> None:
    one = await ant(home, word=FACTORY_PASSWORD, control_password=OTHER_WORD)
    data = {**one.entry.data}
    del data[CONF_CONTROL_PASSWORD]
    home.hass.config_entries.async_update_entry(one.entry, data=data)
    assert await one.act("charge", "off") == "switch_wrong_password"
    assert passwords(one) == 0


async def test_the_makers_own_by_consent_only(home: Home) -> None:
    one = await ant(home, word=FACTORY_PASSWORD, factory_password=True)
    assert await one.act("charge", "off") == "confirmed"


async def test_a_wrong_one_is_not_tried_a_third_time(
    home: Home, listening: None, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    one = await ant(home, control_password=OTHER_WORD)
    for _ in range(2):
        assert await one.act("charge", "off") == "switch_wrong_password"
        await one.listen(40)
    assert one.locked == set()
    assert passwords(one) > 0
    assert await one.act("charge", "off") == "switch_wrong_password"
    assert passwords(one) == 0
    # Neither does a reload give it another chance.
    await one.reload()
    await one.listen(10)
    await one.arm()
    assert await one.act("charge", "off") == "switch_wrong_password"
    assert passwords(one) == 0
    home.hass.config_entries.async_update_entry(
        one.entry, data={**one.entry.data, "control_password": WORD}
    )
    assert await one.act("charge", "off") == "confirmed"
    assert OTHER_WORD not in caplog.text
    assert WORD not in str(one.told)


async def test_commands_that_no_reading_tells_are_asked_for(home: Home) -> None:
    device = still("DALY")
    device.pack.locked = {"charge"}
    device.pack.trip("discharge_overtemperature", 1e9)
    one = await guarded(home, device)
    await one.listen(40)
    shown = home.state(device, "discharging_allowed")
    assert shown.state == "on"
    assert shown.attributes["conducts"] is False
    assert shown.attributes["held_by"] == ["discharge_overtemperature"]
    assert home.value(device, "charging_allowed") == "off"
    await one.arm()
    assert await one.act("charge", "off") == "confirmed"
    # Somebody else switches it on: what conducts was released.
    device.obedience.change({"charge": True}, "phone")
    await one.listen(40)
    assert home.value(device, "charging_allowed") == "on"
    # And off again, which only the question tells, once in a while.
    device.pack.trip("charge_overtemperature", 1e9)
    device.obedience.change({"charge": False}, "phone")
    await one.listen(400)
    assert home.value(device, "charging_allowed") == "off"


async def test_nobody_is_asked_for_commands_where_nothing_may_be_switched(
    home: Home,
) -> None:
    device = still("DALY")
    asked: list[bytes] = []
    answer = device.answer

    def heard(data: bytes) -> list[bytes]:
        asked.append(data)
        found: list[bytes] = answer(data)
        return found

    device.answer = heard
    await home.add(device)
    events = async_capture_events(home.hass, EVENT_CONTROL)
    await home.listen(device, 20, 5)
    question = bytes.fromhex("d20300a50002c78b")
    assert question not in asked
    assert not events


async def test_an_old_answer_says_nothing_of_a_later_command(home: Home) -> None:
    """What is asked for once in a while is asked anew where nobody knows what came of a command."""
    one = await armed(home, still("DALY"))
    await one.listen(20)
    cut(home, one, back=False)
    assert await one.act("discharge", "off", minutes=3) == "switch_unknown"
    home.air.refuse.clear()
    await one.listen(60)
    assert one.locked == {"discharge"}
    assert one.told[-1]["outcome"] == "confirmed"
    assert home.value(one.device, "discharging_allowed") == "off"
    await one.listen(200)
    assert one.locked == set()
