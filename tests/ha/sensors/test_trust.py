"""Trust over time: keys that fit again, encryption that is switched off, recordings, faults of ours."""

from collections.abc import AsyncIterator, Mapping
import json
from pathlib import Path
from typing import Any
from unittest.mock import Mock, patch

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.mi_bms.const import DOMAIN
from custom_components.mi_bms.proto.mibeacon.decoder import Decoder
from custom_components.mi_bms.proto.mibeacon.losses import Losses
from custom_components.mi_bms.proto.scheduler.battery import Battery
from custom_components.mi_bms.proto.scheduler.events import Advert
from homeassistant.components.repairs import repairs_flow_manager
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import Event
from homeassistant.helpers import entity_registry as er, issue_registry as ir
from homeassistant.setup import async_setup_component
from tests.proto.mibeacon.frames import clear, number, obj, sealed
from tests.proto.redteam.air import beacons, others
from tests.world import ad
from tests.world.devices import KINDS

from ..home import Home

TIMED = Path(__file__).parents[2] / "fixtures" / "timed"
ADDRESS = "A4:C1:38:02:83:F4"
KEY = bytes.fromhex("00112233445566778899aabbccddeeff")


class Told:
    """Be one sensor that sends what a test gives it."""

    def __init__(
        self, home: Home, address: str, key: str | None, product: int | None
    ) -> None:
        """Take what its entry holds."""
        self.home, self.address = home, address
        data = {"kind": "sensor", "address": address, "product": product, "model": None}
        self.entry = MockConfigEntry(
            domain=DOMAIN,
            unique_id=address,
            title="Sensor",
            data=data | ({"key": key} if key else {}),
        )

    async def set_up(self) -> None:
        self.entry.add_to_hass(self.home.hass)
        setup = self.home.hass.config_entries.async_setup(self.entry.entry_id)
        await self.home.clock.wait(setup)
        await self.home.clock.run(1)

    async def reload(self) -> None:
        again = self.home.hass.config_entries.async_reload(self.entry.entry_id)
        await self.home.clock.wait(again)
        await self.home.clock.run(1)

    async def says(
        self, data: bytes, *, after: float = 1.0, service: int = 0xFE95
    ) -> None:
        await self.home.clock.run(after)
        self.home.air.hear(self.address, ad.service_data16(service, data))
        await self.home.clock.settle()

    async def sends(self, structure: bytes) -> None:
        await self.home.clock.run(0.5)
        self.home.air.hear(self.address, structure)
        await self.home.clock.settle()

    def fields(self) -> set[str]:
        registry = er.async_get(self.home.hass)
        found = er.async_entries_for_config_entry(registry, self.entry.entry_id)
        return {one.unique_id.removeprefix(f"{self.address}-") for one in found}

    def value(self, field: str) -> str | None:
        registry = er.async_get(self.home.hass)
        for platform in ("sensor", "binary_sensor", "event"):
            entity = registry.async_get_entity_id(
                platform, DOMAIN, f"{self.address}-{field}"
            )
            if entity and (state := self.home.hass.states.get(entity)):
                return state.state
        return None

    def questions(self) -> list[str]:
        """Return what is asked: keys, and whether the clear is meant."""
        asked = [
            flow["context"]["source"]
            for flow in self.home.flows()
            if flow["context"]["source"] == "reauth"
        ]
        issues = ir.async_get(self.home.hass).issues.values()
        return asked + [
            str(one.translation_key)
            for one in issues
            if one.domain == DOMAIN and one.active
        ]


class Story:
    """Play a recording that has times."""

    def __init__(self, home: Home, name: str) -> None:
        """Read it."""
        told = json.loads((TIMED / f"{name}.json").read_text())
        product = told.get("product_id")
        self.service = int(told["service_uuid"], 16)
        self.adverts = [
            (one["at_s"], bytes.fromhex(one["service_data"])) for one in told["adverts"]
        ]
        self.sensor = Told(
            home,
            told["address"],
            told["bindkey"],
            int(product, 16) if product else None,
        )

    async def play(self) -> AsyncIterator[float]:
        """Return the time after each advert."""
        await self.sensor.set_up()
        before = -1.0
        for at, data in self.adverts:
            await self.sensor.says(data, after=at - before, service=self.service)
            before = at
            yield at


async def test_a_sensor_in_the_clear_is_not_asked_for_a_key_by_one_frame(
    home: Home,
) -> None:
    story = Story(home, "clear_only_asks")
    async for at in story.play():
        assert story.sensor.questions() == [], at
    assert story.sensor.value("temperature") == "32.0"


async def test_a_neighbours_garbage_asks_for_no_new_key(home: Home) -> None:
    story = Story(home, "key_fits_again")
    async for at in story.play():
        assert story.sensor.questions() == [], at
    assert story.sensor.value("battery") == "99"


async def fix(home: Home, entry: ConfigEntry[Any], answer: str) -> Mapping[str, Any]:
    """Open the repair and answer it."""
    await home.clock.wait(async_setup_component(home.hass, "repairs", {}))
    manager = repairs_flow_manager(home.hass)
    assert manager
    issue = {"issue_id": f"clear_again_{entry.entry_id}"}
    flow = await home.clock.wait(manager.async_init(DOMAIN, data=issue))
    assert flow["menu_options"] == ["allow", "refuse"]
    assert flow["description_placeholders"] == {"name": entry.title}
    step = {"next_step_id": answer}
    return await home.clock.wait(manager.async_configure(flow["flow_id"], step))


@pytest.mark.parametrize("answer", ["allow", "refuse"])
async def test_encryption_switched_off_is_asked_for_once(
    home: Home, answer: str
) -> None:
    story = Story(home, "bthome_clear_again")
    sensor = story.sensor
    asked_at = None
    async for at in story.play():
        assert sensor.value("temperature") == "21.0"
        if sensor.questions() and asked_at is None:
            asked_at = at
    assert asked_at == 180
    assert sensor.questions() == ["clear_again"]

    done = await fix(home, sensor.entry, answer)
    assert done["type"] == "create_entry"
    assert sensor.questions() == []
    for restarted in (False, True):
        if restarted:
            await sensor.reload()
        for count in range(30):
            counter = bytes((0x40, 0x00, count + 100 * restarted))
            data = counter + bytes.fromhex("016402dc0503dd12")
            await sensor.says(data, after=10, service=0xFCD2)
        # What is refused is no sign of life, either.
        refused = "unavailable" if restarted else "21.0"
        shown = "15.0" if answer == "allow" else refused
        assert sensor.value("temperature") == shown
        assert sensor.questions() == []


async def test_the_question_goes_when_the_key_opens_a_frame(home: Home) -> None:
    sensor = Told(home, ADDRESS, KEY.hex(), 0x055B)
    await sensor.set_up()
    await sensor.says(sealed(0x055B, obj(0x1004, "c800"), 70_000))
    for count in range(20):
        forged = clear(0x055B, obj(0x1004, "5802"), count)
        await sensor.says(forged, after=10)
    assert sensor.questions() == ["clear_again"]
    await sensor.says(sealed(0x055B, obj(0x1004, "d200"), 70_001))
    assert sensor.questions() == []
    assert sensor.value("temperature") == "21.0"

    # And when the sensor is removed.
    for count in range(100, 120):
        await sensor.says(clear(0x055B, obj(0x1004, "5802"), count), after=60)
    assert sensor.questions() == ["clear_again"]
    await home.clock.wait(home.hass.config_entries.async_remove(sensor.entry.entry_id))
    assert sensor.questions() == []


async def test_a_fix_of_a_sensor_that_is_gone_says_so(home: Home) -> None:
    story = Story(home, "bthome_clear_again")
    async for _ in story.play():
        pass
    entry = story.sensor.entry
    with patch.object(entry, "runtime_data", None):
        done = await fix(home, entry, "allow")
    assert (done["type"], done["reason"]) == ("abort", "not_loaded")


async def test_a_wrong_key_is_asked_for_after_the_models_time_and_withdrawn(
    home: Home,
) -> None:
    sensor = Told(home, ADDRESS, KEY.hex(), 0x055B)
    await sensor.set_up()
    await sensor.says(sealed(0x055B, obj(0x1004, "c800"), 70_000))
    asked_at = None
    for count in range(40):
        foreign = sealed(0x055B, obj(0x1004, "c800"), count, key=bytes(16))
        await sensor.says(foreign, after=100)
        if sensor.questions() and asked_at is None:
            asked_at = 100 * (count + 1)
    assert asked_at == 3_700
    assert sensor.questions() == ["reauth"]
    await sensor.says(sealed(0x055B, obj(0x1004, "d200"), 70_001))
    assert sensor.questions() == []
    assert sensor.value("temperature") == "21.0"


async def test_a_key_that_was_never_right_is_asked_for_at_once(home: Home) -> None:
    sensor = Told(home, ADDRESS, bytes(16).hex(), 0x055B)
    await sensor.set_up()
    for count in range(3):
        assert sensor.questions() == []
        await sensor.says(sealed(0x055B, obj(0x1004, "c800"), count))
    assert sensor.questions() == ["reauth"]


@pytest.mark.parametrize("product", [0x1203, 0x1949, 0x0A8D, 0x3531])
async def test_nothing_forged_is_shown(
    home: Home, product: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before a restart and after it: no value, no event, no entity."""
    sensor = Told(home, ADDRESS, KEY.hex(), product)
    await sensor.set_up()
    await sensor.says(sealed(product, obj(0x100A, "32"), 70_000))
    home.clock.hurries = True
    fields = sensor.fields()
    changed: list[Event[Any]] = []

    def note(event: Event[Any]) -> None:
        state = event.data["new_state"]
        if not event.data["entity_id"].endswith(
            ("signal_strength", "last_seen", "lost_packets_air", "_key")
        ):
            changed.append(state)

    frames = [*beacons(product)][::6] + [*others()][::3]
    for restart in (False, True):
        if restart:
            await sensor.reload()
        stop = home.hass.bus.async_listen("state_changed", note)
        for service_data, maker_data in frames:
            for service, data in service_data.items():
                await sensor.sends(ad.service_data16(int(service[4:8], 16), data))
            for company, data in maker_data.items():
                await sensor.sends(ad.manufacturer(company, data))
        stop()
    with capsys.disabled():
        print(f"\n{2 * len(frames)} forged adverts, {len(changed)} shown")  # noqa: T201
    assert changed == []
    assert sensor.fields() == fields
    assert sensor.value("battery") == "50"


async def test_a_recorded_press_is_not_fired_again_after_a_restart(home: Home) -> None:
    sensor = Told(home, ADDRESS, KEY.hex(), 0x1949)
    await sensor.set_up()
    recorded = [sealed(0x1949, obj(0x4E0C, "01"), 300 + count) for count in range(20)]
    for frame in recorded:
        await sensor.says(frame)
    pressed = sensor.value("event_button_left")
    assert pressed
    for recording in (recorded, recorded[::5], recorded[:4]):
        await sensor.reload()
        for frame in recording:
            await sensor.says(frame, after=100)
        assert sensor.value("event_button_left") == pressed
    await sensor.says(sealed(0x1949, obj(0x4E0C, "01"), 320))
    assert sensor.value("event_button_left") != pressed


async def test_what_a_key_has_proven_is_written_down_at_once(
    home: Home, hass_storage: dict[str, Any]
) -> None:
    """A crash must not open the door again."""
    sensor = Told(home, ADDRESS, KEY.hex(), 0x055B)
    await sensor.set_up()
    await sensor.says(sealed(0x055B, obj(0x1004, number(200, 2)), 70_000))
    await home.clock.run(10)
    trust = hass_storage["mi_bms.state"]["data"][ADDRESS]["trust"]
    assert trust["proof"] == 3
    assert KEY.hex() not in json.dumps(hass_storage["mi_bms.state"])


async def test_a_busy_house_is_written_down_too(
    home: Home, hass_storage: dict[str, Any]
) -> None:
    """Presses one after the other must not put off for ever what a crash would undo."""
    sensor = Told(home, ADDRESS, KEY.hex(), 0x1949)
    await sensor.set_up()
    for count in range(300, 340):
        await sensor.says(sealed(0x1949, obj(0x4E0C, "01"), count), after=3)
    trust = hass_storage["mi_bms.state"]["data"][ADDRESS]["trust"]
    (counter,) = trust["counters"].values()
    # A minute at the most is lost.
    assert counter["long"]["last"] >= 339 - 60 / 3


async def test_a_fault_of_ours_ends_at_the_door(
    home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing old is shown for new, it is said once, and the next good advert brings all back."""
    sensor = Told(home, ADDRESS, KEY.hex(), 0x055B)
    await sensor.set_up()
    await sensor.says(sealed(0x055B, obj(0x1004, "c800"), 1))
    with patch.object(Losses, "take", side_effect=KeyError(ADDRESS)):
        for count in range(2, 5):
            await sensor.says(sealed(0x055B, obj(0x1004, "d200"), count))
        assert sensor.value("temperature") == "unavailable"
    said = [one for one in caplog.records if "could not be taken" in one.getMessage()]
    assert len(said) == 1
    assert ADDRESS not in said[0].getMessage()
    assert sensor.entry.runtime_data.guard.faults == 3
    await sensor.says(sealed(0x055B, obj(0x1004, "dc00"), 9))
    assert sensor.value("temperature") == "22.0"


async def test_faults_with_other_devices_end_at_the_door_too(
    home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    battery = KINDS["JBD"](address="A4:C1:38:00:00:77", name="JBD-mine")
    await home.add(battery)
    with (
        patch.dict(Battery._EFFECTS, {Advert: Mock(side_effect=ValueError)}),
        patch.object(Decoder, "feed", side_effect=ValueError),
        # The card decodes for itself, not where adverts arrive.
        patch("custom_components.mi_bms.flow.base.values_of", return_value={}),
    ):
        home.shout(battery)
        stranger = Told(home, ADDRESS, None, None)
        await stranger.says(clear(0x01AA, obj(0x1004, "c800"), 1))
        await stranger.says(clear(0x01AA, obj(0x1004, "c800"), 2))
    said = {
        one.getMessage().partition(":")[0]
        for one in caplog.records
        if "could not be taken" in one.getMessage()
    }
    assert said >= {"batteries", "keys"}
