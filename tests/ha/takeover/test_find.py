"""Who reads a device beside us: found by what other integrations have left in the registries."""

from dataclasses import replace
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.mi_bms.proto.bms.profile import Profile
from custom_components.mi_bms.proto.model.fields import Field
from custom_components.mi_bms.proto.model.sample import BmsSample, DeviceInfo
from custom_components.mi_bms.proto.takeover.model import Fate
from custom_components.mi_bms.takeover.find import async_found, async_found_of
from custom_components.mi_bms.takeover.ours import ours_of_battery
from custom_components.mi_bms.takeover.preview import async_plan
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er

from .others import KEY, TEMPERATURE, OtherDevice, OtherRow, switched_off

pytestmark = pytest.mark.usefixtures("alone", "enable_bluetooth")

ADDRESS = "A4:C1:38:00:14:41"


@pytest.mark.parametrize("domain", ["xiaomi_ble", "bthome", "qingping"])
async def test_an_entry_for_the_address_is_certain(
    hass: HomeAssistant, domain: str
) -> None:
    old = OtherDevice(hass, domain, address=ADDRESS, data={"bindkey": KEY})
    (found,) = async_found_of(hass, ADDRESS)
    assert (found.peer.domain, found.device_id) == (domain, old.device.id)
    assert found.certain
    assert found.key == bytes.fromhex(KEY)
    assert found.name == "Old cellar"
    assert KEY not in repr(found), "keys reach no log"
    assert async_found(hass) == [found]


async def test_a_battery_tells_type_and_password(hass: HomeAssistant) -> None:
    OtherDevice(
        hass,
        "bms_ble",
        address=ADDRESS,
        data={"type": "aiobmsble.bms.jbd_bms"},
        options={"password": "secret 123"},
    )
    (found,) = async_found_of(hass, ADDRESS)
    assert (found.family, found.password) == ("jbd", "secret 123")
    assert "secret" not in repr(found)


async def test_an_entry_that_is_switched_off_counts(hass: HomeAssistant) -> None:
    OtherDevice(hass, "xiaomi_ble", address=ADDRESS, **switched_off())
    assert async_found_of(hass, ADDRESS)


async def test_one_that_is_ignored_does_not(hass: HomeAssistant) -> None:
    OtherDevice(hass, "xiaomi_ble", address=ADDRESS, source="ignore")
    assert not async_found_of(hass, ADDRESS)
    assert not async_found(hass)


async def test_two_that_read_one_device_are_both_found(hass: HomeAssistant) -> None:
    for domain in ("xiaomi_ble", "bthome"):
        OtherDevice(hass, domain, address=ADDRESS)
    assert {one.peer.domain for one in async_found_of(hass, ADDRESS)} == {
        "xiaomi_ble",
        "bthome",
    }


@pytest.mark.parametrize(
    "told",
    [
        {"data": {"bindkey": 7, "type": ["jbd_bms"]}, "options": {"password": {}}},
        {"data": {"bindkey": "zz" * 12, "type": "?"}, "options": {"password": ""}},
        {"data": {"bindkey": None, "type": None}},
    ],
)
@pytest.mark.parametrize("domain", ["xiaomi_ble", "bms_ble"])
async def test_what_an_entry_holds_may_be_anything(
    hass: HomeAssistant, domain: str, told: dict[str, Any]
) -> None:
    OtherDevice(hass, domain, address=ADDRESS, name="<b>|\n`[x](y)", **told)
    (found,) = async_found_of(hass, ADDRESS)
    assert (found.key, found.family, found.password) == (None, None, None)
    assert not set(found.name) & set("<>|\n`[]")


async def test_an_id_that_is_no_address_is_nobodys(hass: HomeAssistant) -> None:
    entry = MockConfigEntry(domain="bthome", unique_id="hello")
    entry.add_to_hass(hass)
    OtherDevice(hass, "bthome", identifier="x", entry=entry)
    assert not async_found(hass)


class TestWithinAnEntry:
    """Devices of entries that hold other things, too."""

    async def test_an_address_in_an_id_is_certain(self, hass: HomeAssistant) -> None:
        entry = MockConfigEntry(
            domain="ble_monitor",
            unique_id="ble_monitor",
            options={"devices": [{"mac": ADDRESS, "encryption_key": KEY}, 3, {}]},
        )
        entry.add_to_hass(hass)
        old = OtherDevice(
            hass, "ble_monitor", identifier=ADDRESS, prefix="", entry=entry
        )
        old.add(OtherRow(key="t_A4C138001441"), OtherRow(key="h_A4C138001441"))
        (found,) = async_found_of(hass, ADDRESS)
        assert (found.certain, found.device_id) == (True, old.device.id)
        assert found.key == bytes.fromhex(KEY)
        assert async_found(hass) == [found]
        assert not async_found_of(hass, "A4:C1:38:00:14:42")

    async def test_what_came_later_is_found_too(self, hass: HomeAssistant) -> None:
        entry = MockConfigEntry(domain="ble_monitor", unique_id="ble_monitor")
        entry.add_to_hass(hass)
        assert not async_found_of(hass, ADDRESS)
        old = OtherDevice(
            hass, "ble_monitor", identifier=ADDRESS, prefix="", entry=entry
        )
        old.add(OtherRow(key="t_A4C138001441"))
        await hass.async_block_till_done()
        assert async_found_of(hass, ADDRESS)

    async def test_rows_that_the_user_switched_off_are_no_reading(
        self, hass: HomeAssistant
    ) -> None:
        entry = MockConfigEntry(domain="ble_monitor", unique_id="ble_monitor")
        entry.add_to_hass(hass)
        old = OtherDevice(
            hass, "ble_monitor", identifier=ADDRESS, prefix="", entry=entry
        )
        (row,) = old.add(OtherRow(key="t_A4C138001441"), disabled=True)
        assert not async_found_of(hass, ADDRESS)
        er.async_get(hass).async_update_entity(row.entity_id, disabled_by=None)
        await hass.async_block_till_done()
        assert async_found_of(hass, ADDRESS)


async def test_nothing_is_changed_by_looking(hass: HomeAssistant) -> None:
    old = OtherDevice(hass, "xiaomi_ble", address=ADDRESS)
    rows = old.add(TEMPERATURE)
    async_found(hass)
    registry = er.async_get(hass)
    assert [registry.async_get(one.entity_id) for one in rows] == rows


BATTERY = BmsSample(
    values={Field.VOLTAGE: 13.21, Field.BATTERY_LEVEL: 71},
    cells=(3.301, 3.302, 3.303, 3.304),
    info=DeviceInfo(serial_number="JBD-0815", name="Camper battery"),
)


def batmon(hass: HomeAssistant, *, topic: str, identifier: str) -> OtherDevice:
    """Return a battery that batmon announces over MQTT, beside a lamp."""
    entry = MockConfigEntry(domain="mqtt", unique_id="mqtt")
    entry.add_to_hass(hass)
    lamp = OtherDevice(hass, "mqtt", identifier="lamp", prefix="", entry=entry)
    lamp.add(OtherRow(key="0x00158d_power_mqtt", value="13"))
    old = OtherDevice(
        hass,
        "mqtt",
        identifier=identifier,
        prefix=f"{topic}__",
        entry=entry,
        name="The battery",
    )
    cells = [
        OtherRow(key=f"cell_voltages_{n}", value="3.3", unit="V") for n in range(1, 5)
    ]
    old.add(
        OtherRow(key="soc_total_voltage", value="13.25", unit="V"),
        OtherRow(key="soc_soc_percent", value="70.5", unit="%"),
        *cells,
    )
    return old


class TestBatmon:
    """No address stands anywhere: only a serial number is certain."""

    @pytest.mark.parametrize(
        ("topic", "identifier", "certain"),
        [
            ("bms", "JBD-0815", True),
            ("camper_battery", "camper_battery", False),
            ("something", "something", False),  # by what it shows
        ],
    )
    async def test_how_sure_it_is(
        self, hass: HomeAssistant, topic: str, identifier: str, certain: bool
    ) -> None:
        old = batmon(hass, topic=topic, identifier=identifier)
        profile = Profile().learn(BATTERY)
        (found,) = async_found_of(hass, ADDRESS, profile, BATTERY)
        assert (found.device_id, found.certain) == (old.device.id, certain)
        plan = await async_plan(
            hass, found, ours_of_battery(hass, ADDRESS, profile, BATTERY)
        )
        assert [one.fate for one in plan.rulings] == [Fate.MOVES] * 6

    @pytest.mark.parametrize(
        ("serial", "certain"), [("51020BO4900", True), ("51020BO4", False)]
    )
    async def test_a_serial_number_that_fills_its_field(
        self, hass: HomeAssistant, serial: str, certain: bool
    ) -> None:
        # Batmon reads up to the next zero, which is behind the passcode.
        batmon(hass, topic="something", identifier="51020BO49000422")
        sample = replace(BATTERY, info=DeviceInfo(serial_number=serial))
        (found,) = async_found_of(hass, ADDRESS, Profile().learn(sample), sample)
        assert found.certain is certain

    @pytest.mark.parametrize(
        ("heard", "found", "fate"),
        [("3.31", True, Fate.MOVES), (None, False, Fate.STAYS)],
    )
    async def test_what_stays_the_same_is_not_written_again(
        self,
        hass: HomeAssistant,
        freezer: FrozenDateTimeFactory,
        heard: str | None,
        found: bool,
        fate: Fate,
    ) -> None:
        old = batmon(hass, topic="something", identifier="something")
        current = OtherRow(key="soc_current", value="-12.0", unit="A", kind="current")
        old.add(current)
        sample = replace(BATTERY, values={**BATTERY.values, Field.CURRENT: -12.1})
        profile = Profile().learn(sample)
        (one,) = async_found_of(hass, ADDRESS, profile, sample)
        freezer.tick(600)
        if heard:  # the only one that is not as it was
            (cell,) = (one for one in hass.states.async_all() if "_1" in one.entity_id)
            hass.states.async_set(cell.entity_id, heard, cell.attributes)
        assert bool(async_found_of(hass, ADDRESS, profile, sample)) is found
        ours = ours_of_battery(hass, ADDRESS, profile, sample)
        plan = await async_plan(hass, one, ours)
        assert plan.rulings[-1].fate is fate

    async def test_another_battery_is_not_proposed(self, hass: HomeAssistant) -> None:
        batmon(hass, topic="something", identifier="something")
        other = replace(BATTERY, cells=(3.3,) * 8, info=DeviceInfo())
        assert not async_found_of(hass, ADDRESS, Profile().learn(other), other)

    async def test_nothing_is_known_of_a_battery_yet(self, hass: HomeAssistant) -> None:
        batmon(hass, topic="something", identifier="JBD-0815")
        assert not async_found_of(hass, ADDRESS)


async def test_the_end_of_an_address_proposes(hass: HomeAssistant) -> None:
    entry = MockConfigEntry(domain="tasmota", unique_id="tasmota")
    entry.add_to_hass(hass)
    old = OtherDevice(
        hass,
        "tasmota",
        identifier="esp32",
        prefix="0123456789AB_sensor_sensor_",
        entry=entry,
    )
    old.add(
        OtherRow(key="LYWSD03-001441_Temperature"),
        OtherRow(key="LYWSD03-001442_Temperature"),
    )
    (found,) = async_found_of(hass, ADDRESS)
    assert not found.certain
    plan = await async_plan(hass, found, {})
    assert [one.old.unique_id[-28:] for one in plan.rulings] == [
        "r_LYWSD03-001441_Temperature"
    ]


async def test_a_name_of_the_users_own_hides_no_address(hass: HomeAssistant) -> None:
    entry = MockConfigEntry(domain="ble_monitor", unique_id="ble_monitor")
    entry.add_to_hass(hass)
    old = OtherDevice(hass, "ble_monitor", identifier=ADDRESS, prefix="", entry=entry)
    old.add(OtherRow(key="t_Cellar"))
    (found,) = async_found(hass)
    assert (found.address, found.certain) == (ADDRESS, True)
