"""A bank is switched with all its batteries or not at all, by its action and by its charge window."""

from copy import deepcopy
from typing import Any, Final

import pytest

from homeassistant.config_entries import ConfigEntry
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.service import async_get_all_descriptions
from homeassistant.helpers.translation import async_get_translations
from tests.world.devices import KINDS

from ..batteries.allowing import allow, arm, turn
from ..home import Home
from ..lives import Life, ended, life
from ..sensors.test_sensors import STATE
from .conftest import Owner, address, battery

__all__ = ["life"]  # a fixture

USUAL: Final = {
    "charge_window": True,
    "window_low": 60,
    "window_high": 80,
    "weekly_full": False,
    "holiday_low": 40,
    "holiday_high": 60,
}


class Bank:
    """Do with a bank of three batteries that obey what its owner does."""

    def __init__(self, owner: Owner, count: int = 3) -> None:
        self.owner, self.home = owner, owner.home
        self.devices = [
            battery(number, orders="fb", soc=0.7) for number in range(1, count + 1)
        ]
        self.entries: list[ConfigEntry[Any]] = []
        self.entry: ConfigEntry[Any] | None = None

    async def begin(self, *, armed: bool = True, wiring: str = "parallel") -> None:
        self.entries = await self.owner.add(*self.devices)
        members = [device.address for device in self.devices]
        self.entry = await self.owner.combine(*members, wiring=wiring)
        for entry in self.entries:
            await allow(self.home, entry)
        if armed:
            await self.arm()
        await self.run(5)

    async def arm(self) -> None:
        for device in self.devices:
            await arm(self.home, device)

    async def run(self, seconds: float) -> None:
        """Let time pass while the batteries are heard that are there."""
        end = self.home.clock.time + seconds
        while (left := end - self.home.clock.time) > 0:
            for device in self.devices:
                if device.address not in self.home.air.refuse:
                    self.home.shout(device)
            await self.home.clock.run(min(left, 20))

    async def switch(self, what: str, state: str, **more: Any) -> Any:
        assert self.entry is not None
        data = {
            "device_id": self.owner.device(self.entry).id,
            "what": what,
            "state": state,
            **more,
        }
        services = self.home.hass.services
        done = await self.home.clock.wait(
            services.async_call(
                "mi_bms", "switch", data, blocking=True, return_response=True
            )
        )
        await self.home.clock.settle()
        return done

    async def refused(self, what: str, state: str, **more: Any) -> str:
        """Return the sentence that a command ends with."""
        with pytest.raises(HomeAssistantError) as caught:
            await self.switch(what, state, **more)
        error = caught.value
        texts = await async_get_translations(
            self.home.hass, "en", "exceptions", ["mi_bms"]
        )
        text = texts[f"component.mi_bms.exceptions.{error.translation_key}.message"]
        return text.format(**(error.translation_placeholders or {}))

    def locked(self, what: str = "charge") -> list[bool]:
        return [what in device.pack.locked for device in self.devices]

    def orders(self) -> int:
        """Return how often anything was written to any of the boards."""
        return sum(
            one["by"] == "order"
            for device in self.devices
            for one in device.obedience.ledger
        )

    async def window(self, **more: Any) -> None:
        assert self.entry is not None
        form = await self.home.options(self.entry, "charge_window")
        done = await self.home.set_options(form, {**USUAL, **more})
        assert done["type"] == "create_entry", done
        await self.run(5)

    def status(self) -> str:
        assert self.entry is not None
        return self.owner.value(self.entry, "window_status")

    async def level(self, percent: float, seconds: float = 75) -> str:
        for device in self.devices:
            device.pack.remaining = percent
        await self.run(seconds)
        return self.status()

    def lose(self, number: int) -> None:
        """Let a battery be out of reach."""
        gone = self.devices[number].address
        self.home.air.refuse.add(gone)
        if gone in self.home.air.links:
            self.home.air.links[gone].lose(0x08)


@pytest.fixture
async def bank(owner: Owner) -> Bank:
    """Return a bank of three batteries that may be switched, armed."""
    bank = Bank(owner)
    await bank.begin()
    return bank


async def test_all_are_switched_and_told(bank: Bank) -> None:
    done = await bank.switch("charge", "off")
    assert bank.locked() == [True, True, True]
    assert done["outcome"] == "confirmed"
    assert done["state"] is False
    assert done["returns_at"] is None
    assert {*done["batteries"].values()} == {"confirmed"}
    # What was planned until the last one was switched is given up then.
    await bank.run(15 * 60)
    assert bank.locked() == [True, True, True]


def offered(home: Home, action: Any) -> set[str]:
    """Return the names of the devices that the form of an action offers."""
    wanted = action["fields"]["device_id"]["selector"]["device"]["entity"]
    found = {
        one.device_id
        for one in er.async_get(home.hass).entities.values()
        for row in wanted
        if one.platform == row["integration"]
        and one.domain in row["domain"]
        and one.original_device_class
        in row.get("device_class", [one.original_device_class])
    }
    devices = dr.async_get(home.hass)
    return {str(one.name) for key in found if (one := devices.async_get(key))}


async def test_the_forms_offer_batteries_and_banks_only(bank: Bank) -> None:
    home = bank.home
    await home.add(KINDS["LYWSDCGQ"](address="58:2D:34:00:00:01"))
    actions = (await async_get_all_descriptions(home.hass))["mi_bms"]
    for action in ("switch", "release", "refresh"):
        names = offered(home, actions[action])
        assert len(names) == len(bank.devices) + 1
        assert "Thermometer 0001" not in names


async def test_a_time_counts_for_all(bank: Bank) -> None:
    await bank.switch("charge", "off", minutes=20)
    await bank.run(15 * 60)
    assert bank.locked() == [True, True, True]
    await bank.run(7 * 60)
    assert bank.locked() == [False, False, False]


async def test_discharging_comes_back_after_an_hour(bank: Bank) -> None:
    done = await bank.switch("discharge", "off")
    assert bank.locked("discharge") == [True, True, True]
    assert done["returns_at"] is not None
    await bank.run(63 * 60)
    assert bank.locked("discharge") == [False, False, False]


@pytest.mark.parametrize("wiring", ["parallel", "series"])
async def test_one_that_does_not_obey_has_the_others_put_back(
    owner: Owner, wiring: str
) -> None:
    bank = Bank(owner)
    await bank.begin(wiring=wiring)
    bank.devices[2].obedience.manner.idle = True
    told = await bank.refused("charge", "off")
    assert bank.locked() == [False, False, False]
    assert told.startswith("Battery JBD-3 0103 did not do it")
    assert told.endswith("Battery JBD-2 0102, Battery JBD-1 0101.")
    await bank.run(15 * 60)
    assert bank.locked() == [False, False, False]


async def test_what_stood_otherwise_before_is_so_again(bank: Bank) -> None:
    bank.devices[0].pack.switch("charge", allowed=False)
    await bank.run(45)
    bank.devices[2].obedience.manner.idle = True
    await bank.refused("charge", "off")
    assert bank.locked() == [True, False, False]
    bank.devices[2].obedience.manner.idle = False
    bank.devices[2].pack.switch("charge", allowed=False)
    await bank.run(45)
    bank.devices[1].obedience.manner.refuse = 0x80
    await bank.refused("charge", "on")
    assert bank.locked() == [True, False, True]


async def test_what_was_to_come_back_still_does(bank: Bank) -> None:
    data = {"device_id": bank.owner.device(bank.entries[0]).id, "what": "charge"}
    call = bank.home.hass.services.async_call(
        "mi_bms", "switch", {**data, "state": "off", "minutes": 30}, blocking=True
    )
    await bank.home.clock.wait(call)
    await bank.run(30)
    bank.devices[2].obedience.manner.refuse = 0x80
    await bank.refused("charge", "on")
    assert bank.locked() == [True, False, False]
    await bank.run(25 * 60)
    assert bank.locked() == [True, False, False]
    await bank.run(8 * 60)
    assert bank.locked() == [False, False, False]


async def test_one_that_is_lost_meanwhile_comes_back_by_itself(bank: Bank) -> None:
    first, second = bank.devices[0], bank.devices[1]
    second.obedience.manner.idle = True

    def vanish(*_any: Any) -> None:
        bank.lose(0)

    second.obedience.change = vanish
    write = second.obedience.carry_out

    def carry_out(order: Any, frame: bytes) -> Any:
        vanish()
        return write(order, frame)

    second.obedience.carry_out = carry_out
    told = await bank.refused("charge", "off")
    assert "could not be put back yet: Battery JBD-1 0101" in told
    assert "charge" in first.pack.locked
    bank.home.air.refuse.clear()
    await bank.run(16 * 60)
    assert bank.locked() == [False, False, False]


async def not_armed(bank: Bank) -> None:
    await turn(bank.home, bank.devices[2], "allow_commands", "off")


async def not_allowed(bank: Bank) -> None:
    await allow(bank.home, bank.entries[2], allow_switching=False)


async def paused(bank: Bank) -> None:
    await turn(bank.home, bank.devices[2], "reading", "off")


async def in_two_banks(bank: Bank) -> None:
    extra = battery(9, soc=0.7)
    await bank.owner.add(extra)
    await bank.owner.combine(bank.devices[2].address, extra.address, name="Other")


async def not_loaded(bank: Bank) -> None:
    entry_id = bank.entries[2].entry_id
    await bank.home.clock.wait(bank.home.hass.config_entries.async_unload(entry_id))


async def lost(bank: Bank) -> None:
    bank.lose(2)
    await bank.run(10 * 60)
    await bank.arm()


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (not_armed, "Commands to Battery JBD-3 0103 are not allowed right now"),
        (not_allowed, "Battery JBD-3 0103 may not be switched"),
        (paused, "Battery JBD-3 0103 is left alone"),
        (in_two_banks, "Battery JBD-3 0103 belongs to another bank"),
        (not_loaded, "Battery JBD-3 0103 is removed, switched off"),
        (lost, "Battery JBD-3 0103 could not be read"),
    ],
)
async def test_what_speaks_against_one_keeps_all_from_the_first_write(
    bank: Bank, spoil: Any, says: str
) -> None:
    await spoil(bank)
    told = await bank.refused("charge", "off")
    assert says in told
    assert bank.orders() == 0
    assert bank.locked() == [False, False, False]


async def test_alarms_are_cleared_of_each_alone(bank: Bank) -> None:
    with pytest.raises(ServiceValidationError):
        await bank.switch("alarm", "off")
    assert bank.orders() == 0


async def test_the_window_of_a_bank_keeps_all_together(owner: Owner) -> None:
    bank = Bank(owner)
    await bank.begin(armed=False)
    await bank.window()
    assert bank.status() == "charging"
    assert await bank.level(85) == "blocked"
    assert bank.locked() == [True, True, True]
    assert await bank.level(70, 20 * 60) == "blocked"
    assert await bank.level(60) == "charging"
    assert bank.locked() == [False, False, False]


async def test_a_window_waits_for_all(owner: Owner) -> None:
    bank = Bank(owner)
    await bank.begin(armed=False)
    await bank.window()
    bank.devices[1].obedience.manner.idle = True
    assert await bank.level(85) == "switching"
    await bank.run(60)
    assert bank.locked() == [False, False, False]
    bank.devices[1].obedience.manner.idle = False
    assert await bank.level(85, 6 * 60) == "blocked"
    assert bank.locked() == [True, True, True]


async def test_without_one_all_are_allowed_to_charge(owner: Owner) -> None:
    bank = Bank(owner)
    await bank.begin(armed=False)
    await bank.window()
    assert await bank.level(85) == "blocked"
    bank.lose(1)
    await bank.run(18 * 60)
    assert bank.locked() == [False, True, False]
    for device in bank.devices:
        device.pack.remaining = 70
    await bank.run(60)
    bank.home.air.refuse.clear()
    await bank.run(6 * 60)
    assert bank.locked() == [False, False, False]
    assert bank.status() == "charging"


async def test_a_battery_with_a_window_of_its_own_is_not_a_banks(owner: Owner) -> None:
    bank = Bank(owner)
    await bank.begin(armed=False)
    await bank.window()
    form = await bank.home.options(bank.entries[0], "charge_window")
    await bank.home.set_options(form, USUAL)
    for device in bank.devices:
        device.pack.remaining = 85
    await bank.run(75)
    assert bank.locked() == [True, False, False]


async def test_a_window_that_ends_leaves_nothing_blocked(
    owner: Owner, home: Home
) -> None:
    bank = Bank(owner)
    await bank.begin(armed=False)
    await bank.window()
    await bank.level(85)
    assert bank.entry is not None
    await home.clock.wait(
        home.hass.config_entries.async_remove(bank.entry.entry_id), 200
    )
    assert bank.locked() == [False, False, False]
    assert address(1) == bank.devices[0].address


async def test_a_window_goes_on_after_a_crash_whoever_is_there_first(
    owner: Owner, hass_storage: dict[str, Any], life: Life
) -> None:
    bank = Bank(owner)
    await bank.begin(armed=False)
    await bank.window()
    assert await bank.level(85) == "blocked"
    assert bank.entry is not None
    stored = deepcopy(hass_storage[STATE])
    await ended(bank.home)
    hass_storage[STATE] = stored
    for device in bank.devices:
        device.pack.locked.add("charge")
        device.pack.remaining = 70
        device.obedience.ledger.clear()
    async with life([bank.entry, *bank.entries], {}) as home:
        for device in bank.devices:
            home.air.add(device)
        bank.home = home
        await bank.run(20 * 60)
        assert bank.orders() == 0
        assert bank.locked() == [True, True, True]
