"""A charge window at work: a battery that obeys, its owner's options and switches, and what goes wrong."""

from copy import deepcopy
from typing import Any, Final

import pytest

from custom_components.mi_bms.proto.control.window import Doing
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import State
from tests.world.devices import KINDS

from ..home import Home, Result
from ..lives import Life, ended, life
from ..sensors.test_sensors import STATE

__all__ = ["life"]  # a fixture

ADDRESS: Final = "A5:C2:37:00:00:17"
DAY: Final = 86_400.0


def jbd(**more: Any) -> Any:
    """Return a battery of 100 Ah that stays as it is set, and obeys."""
    device: Any = KINDS["JBD"](
        address=ADDRESS,
        name="JBD-17",
        orders="fb",
        pack={"capacity": 100.0, "soc": 0.7, "spread": 0},
        **more,
    )
    device.pack.step = lambda _seconds: None
    device.pack.current = 0.0
    return device


class Owner:
    """Do with a battery and its window what its owner does."""

    def __init__(self, home: Home, device: Any) -> None:
        self.home, self.device = home, device
        self.entry: ConfigEntry[Any] | None = None

    async def add(self) -> None:
        self.entry = await self.home.add(self.device)
        await self.home.clock.run(5)

    async def menu(self) -> Result:
        assert self.entry is not None
        return await self.home.options(self.entry, None)

    async def set(self, step: str, **data: Any) -> Result:
        assert self.entry is not None
        form = await self.home.options(self.entry, step)
        return await self.home.set_options(form, data)

    async def allow(self, *, allowed: bool = True) -> None:
        done = await self.set(
            "switching", allow_switching=allowed, powers_home=False, arm_minutes=10
        )
        assert done["type"] == "create_entry", done

    async def window(self, **more: Any) -> None:
        wanted = {"charge_window": True, "window_low": 60, "window_high": 80}
        rest = {"weekly_full": False, "holiday_low": 40, "holiday_high": 60}
        done = await self.set("charge_window", **{**wanted, **rest, **more})
        assert done["type"] == "create_entry", done
        await self.home.clock.run(5)

    async def level(self, percent: float, seconds: float = 45) -> Doing:
        """Let the battery have a state of charge, and wait until that was read and acted upon."""
        self.device.pack.remaining = percent
        await self.run(seconds)
        return self.doing

    async def run(self, seconds: float) -> None:
        """Let time pass while the battery is heard as long as it is there."""
        end = self.home.clock.time + seconds
        while (left := end - self.home.clock.time) > 0:
            if ADDRESS not in self.home.air.refuse:
                self.home.shout(self.device)
            await self.home.clock.run(min(left, 20))

    @property
    def status(self) -> State:
        return self.home.state(self.device, "window_status")

    @property
    def doing(self) -> Doing:
        return Doing(self.status.state)

    @property
    def blocked(self) -> bool:
        return "charge" in self.device.pack.locked

    @property
    def changes(self) -> list[bool]:
        """Return what the board was told about charging, in the order of it."""
        return [
            one["wishes"]["charge"]
            for one in self.device.obedience.ledger
            if one["by"] == "order" and one["outcome"] == "done"
        ]

    async def press(self, switch: str, *, on: bool) -> None:
        entity_id = self.home.entity_id(self.device, switch)
        await self.home.clock.wait(
            self.home.hass.services.async_call(
                "switch",
                "turn_on" if on else "turn_off",
                {"entity_id": entity_id},
                blocking=True,
            )
        )
        await self.home.clock.run(5)

    def vanish(self) -> None:
        """Let the battery be out of reach."""
        for link in list(self.home.air.links.values()):
            link.lose(0x08)
        self.home.air.refuse.add(ADDRESS)

    def appear(self) -> None:
        """Let the battery be there again."""
        self.home.air.refuse.clear()

    @property
    def device_id(self) -> str:
        assert self.entry is not None
        return str(self.entry.runtime_data.device_id)


@pytest.fixture
async def owner(home: Home) -> Owner:
    """Return the owner of a battery with a window from 60 to 80 %."""
    owner = Owner(home, jbd())
    await owner.add()
    await owner.allow()
    await owner.window()
    return owner


async def test_there_is_no_window_before_switching_is_allowed(home: Home) -> None:
    owner = Owner(home, jbd())
    await owner.add()
    menu = await owner.menu()
    assert "charge_window" not in menu["menu_options"]
    await owner.allow()
    menu = await owner.menu()
    assert "charge_window" in menu["menu_options"]
    for name in ("charge_window", "holiday", "window_status"):
        assert home.entity_id(owner.device, name) is None


async def test_it_is_charged_to_high_and_again_from_low(owner: Owner) -> None:
    assert owner.doing is Doing.CHARGING
    assert await owner.level(79) is Doing.CHARGING
    assert await owner.level(80) is Doing.BLOCKED
    assert owner.blocked
    assert await owner.level(61) is Doing.BLOCKED
    assert await owner.level(60) is Doing.CHARGING
    assert not owner.blocked
    assert owner.changes == [False, True]
    assert owner.status.attributes["low"] == 60
    assert owner.status.attributes["high"] == 80
    # Nobody had to arm anything.
    assert owner.home.value(owner.device, "allow_commands") == "off"


async def test_what_it_writes_stands_in_the_log_as_the_window(owner: Owner) -> None:
    heard: list[dict[str, Any]] = []
    owner.home.hass.bus.async_listen(
        "mi_bms_control", lambda event: heard.append(dict(event.data))
    )
    await owner.level(85)
    commands = [one for one in heard if one["target"] == "charge"]
    assert {one["by"] for one in commands} == {"window"}
    assert commands[-1]["outcome"] == "confirmed"


@pytest.mark.parametrize(
    "bounds",
    [
        {"window_low": 60, "window_high": 64},
        {"window_low": 80, "window_high": 60},
        {"holiday_low": 59, "holiday_high": 60},
    ],
)
async def test_bounds_too_close_are_refused_in_the_form(
    owner: Owner, bounds: dict[str, float]
) -> None:
    usual = {"charge_window": True, "window_low": 60, "window_high": 80}
    rest = {"weekly_full": False, "holiday_low": 40, "holiday_high": 60}
    form = await owner.set("charge_window", **{**usual, **rest, **bounds})
    assert form["errors"] == {"base": "window_too_close"}
    # What was entered stays to be mended.
    fields = {str(key): key.default() for key in form["data_schema"].schema}
    assert {**fields, **bounds} == fields


async def test_without_a_reading_charging_is_allowed_again(owner: Owner) -> None:
    await owner.level(85)
    assert owner.blocked
    owner.vanish()
    await owner.run(14 * 60)
    assert owner.doing is Doing.BLOCKED
    await owner.run(3 * 60)
    assert owner.doing is Doing.RELEASING
    # Nobody can reach it: as soon as that is so, it is allowed, also between the bounds.
    owner.device.pack.remaining = 70
    owner.appear()
    await owner.run(6 * 60)
    assert not owner.blocked
    assert owner.doing is Doing.CHARGING
    assert owner.changes == [False, True]


async def test_one_that_is_too_full_after_an_outage_is_blocked_again(
    owner: Owner,
) -> None:
    await owner.level(85)
    owner.vanish()
    await owner.run(30 * 60)
    owner.appear()
    await owner.run(7 * 60)
    assert owner.blocked
    assert owner.doing is Doing.BLOCKED


async def test_readings_put_the_release_off(owner: Owner) -> None:
    await owner.level(75, 45)
    await owner.level(85)
    await owner.level(75, 40 * 60)
    assert owner.doing is Doing.BLOCKED
    assert owner.changes == [False]


async def test_an_outage_that_ends_in_time_changes_nothing(owner: Owner) -> None:
    await owner.level(85)
    owner.vanish()
    await owner.run(8 * 60)
    owner.appear()
    await owner.run(20 * 60)
    assert owner.doing is Doing.BLOCKED
    assert owner.changes == [False]


async def test_what_fails_is_tried_again(owner: Owner) -> None:
    owner.device.obedience.manner.idle = True
    assert await owner.level(85) is Doing.SWITCHING
    await owner.run(30)
    assert owner.status.attributes["problem"] in {"failed", "too_soon"}
    owner.device.obedience.manner.idle = False
    await owner.run(6 * 60)
    assert owner.doing is Doing.BLOCKED
    assert owner.status.attributes["problem"] is None


async def test_it_ends_with_its_switch(owner: Owner) -> None:
    await owner.level(85)
    await owner.press("charge_window", on=False)
    await owner.run(30)
    assert not owner.blocked
    assert owner.status.state == "off"
    owner.device.pack.remaining = 90
    await owner.run(20 * 60)
    assert owner.changes == [False, True]
    await owner.press("charge_window", on=True)
    await owner.run(45)
    assert owner.blocked


@pytest.mark.parametrize("step", ["charge_window", "switching"])
async def test_it_ends_with_its_options(owner: Owner, step: str) -> None:
    await owner.level(85)
    if step == "switching":
        await owner.allow(allowed=False)
    else:
        await owner.window(charge_window=False)
    await owner.run(45)
    assert not owner.blocked
    for name in ("charge_window", "holiday", "window_status"):
        assert owner.home.entity_id(owner.device, name) is None
    owner.device.pack.remaining = 90
    await owner.run(20 * 60)
    assert owner.changes == [False, True]


@pytest.mark.parametrize("how", ["unload", "reload", "remove"])
async def test_it_ends_with_its_entry(owner: Owner, how: str) -> None:
    await owner.level(85)
    assert owner.entry is not None
    entries = owner.home.hass.config_entries
    await owner.home.clock.wait(getattr(entries, f"async_{how}")(owner.entry.entry_id))
    assert owner.changes == [False, True]
    if how == "reload":
        await owner.run(60)
        assert owner.changes == [False, True, False]
        assert owner.doing is Doing.BLOCKED


async def test_what_a_person_switches_counts_until_a_bound(owner: Owner) -> None:
    await owner.level(85)
    await owner.press("allow_commands", on=True)
    await owner.press("charging_allowed", on=True)
    assert not owner.blocked
    assert await owner.level(90) is Doing.BY_HAND
    assert await owner.level(75) is Doing.BY_HAND
    assert await owner.level(80) is Doing.BLOCKED
    assert owner.blocked


async def test_what_somebody_blocks_for_a_time_comes_back_then(owner: Owner) -> None:
    await owner.press("allow_commands", on=True)
    await owner.home.clock.wait(
        owner.home.hass.services.async_call(
            "mi_bms",
            "switch",
            {
                "device_id": owner.device_id,
                "what": "charge",
                "state": "off",
                "minutes": 30,
            },
            blocking=True,
        )
    )
    assert await owner.level(70) is Doing.BY_HAND
    await owner.run(28 * 60)
    assert owner.blocked
    await owner.run(3 * 60)
    assert not owner.blocked
    assert owner.doing is Doing.CHARGING


async def test_a_holiday_has_lower_bounds(owner: Owner) -> None:
    await owner.level(70)
    await owner.press("holiday", on=True)
    await owner.run(45)
    assert owner.doing is Doing.BLOCKED
    assert owner.status.attributes["low"] == 40
    assert await owner.level(40) is Doing.CHARGING
    await owner.press("holiday", on=False)
    assert await owner.level(70) is Doing.CHARGING


async def test_once_a_week_it_is_full(owner: Owner) -> None:
    await owner.window(weekly_full=True)
    await owner.level(85)
    await owner.home.clock.leap(7 * DAY)
    # Nothing was read meanwhile.
    await owner.run(6 * 60)
    assert owner.doing is Doing.FILLING
    assert not owner.blocked
    assert await owner.level(100) is Doing.BALANCING
    assert await owner.level(100, 31 * 60) is Doing.BLOCKED
    assert owner.blocked


async def test_protections_and_cold_are_asked_first(owner: Owner) -> None:
    await owner.level(85)
    owner.device.pack.temperature = -5.0
    assert await owner.level(50) is Doing.SWITCHING
    assert owner.blocked
    assert owner.status.attributes["problem"] in {"too_cold", "charge_protection"}
    owner.device.pack.temperature = 10.0
    await owner.level(50, 6 * 60)
    assert not owner.blocked


async def test_a_shut_down_allows_charging_first(owner: Owner) -> None:
    await owner.level(85)
    await owner.home.clock.wait(owner.home.hass.async_stop(force=True))
    assert owner.changes == [False, True]


async def started_anew(
    owner: Owner, hass_storage: dict[str, Any], life: Life, away: float, percent: float
) -> list[bool]:
    """Kill Home Assistant while charging is blocked, start it later; return what was written since."""
    await owner.level(85)
    assert owner.entry is not None
    stored = deepcopy(hass_storage[STATE])
    await ended(owner.home)
    owner.device.pack.locked.add("charge")
    hass_storage[STATE] = stored
    owner.device.pack.remaining = percent
    await owner.home.clock.run(away)
    owner.device.obedience.ledger.clear()
    async with life([owner.entry], {}) as home:
        home.air.add(owner.device)
        again = Owner(home, owner.device)
        await again.run(20 * 60)
        return again.changes


@pytest.mark.parametrize(
    ("away", "percent", "writes"),
    [
        (120, 85, []),
        (120, 70, []),
        (120, 55, [True]),
        # Nobody has looked for longer than a block holds: it is allowed, and blocked again if need be.
        (3600, 70, [True]),
        (3600, 85, [True, False]),
    ],
)
async def test_after_a_crash_the_first_reading_decides(
    owner: Owner,
    hass_storage: dict[str, Any],
    life: Life,
    away: float,
    percent: float,
    writes: list[bool],
) -> None:
    assert await started_anew(owner, hass_storage, life, away, percent) == writes
