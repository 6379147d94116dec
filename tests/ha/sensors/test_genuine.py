"""What the sensors themselves send runs automations and comes back; what is forged or played again does not."""

from collections.abc import Awaitable, Callable
import random
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import async_mock_service

from custom_components.mi_bms.const import DOMAIN
from homeassistant.core import ServiceCall
from homeassistant.helpers import device_registry as dr
from homeassistant.setup import async_setup_component
from tests.world.devices import KINDS

from ..air import Air
from ..home import Home
from .forger import VICTIMS, Frame, in_the_clear, obj
from .test_forgers import says
from .test_proofs import CLEAR, Watcher, come_back, gone, restart

NAMED = {one.name: one for one in VICTIMS}
OTHER = "AA:BB:CC:00:00:77"


async def began(home: Home, name: str) -> Watcher:
    watch = Watcher(home, NAMED[name])
    await watch.set_up()
    return watch


def device_id(home: Home, watch: Watcher) -> str:
    registry = dr.async_get(home.hass)
    (device,) = dr.async_entries_for_config_entry(registry, watch.entry.entry_id)
    return str(device.id)


async def automations(home: Home, watch: Watcher) -> list[ServiceCall]:
    """Make an automation for each thing that happens; return what they do."""
    calls = async_mock_service(home.hass, "test", "automation")
    trigger: dict[str, Any] = {
        "platform": "device",
        "domain": DOMAIN,
        "device_id": device_id(home, watch),
    }
    happens = [("button_left", "press_end"), ("button_right", "multi_press_end_2")]
    done = async_setup_component(
        home.hass,
        "automation",
        {
            "automation": [
                {
                    "alias": subtype,
                    "trigger": {**trigger, "subtype": subtype, "type": kind},
                    "action": {"service": "test.automation"},
                }
                for subtype, kind in happens
            ]
        },
    )
    assert await home.clock.wait(done)
    return calls


LEFT, RIGHT = obj(0x4E0C, "01"), obj(0x4E0D, "02")


async def test_only_genuine_presses_run_automations(
    home: Home, hass_storage: dict[str, Any]
) -> None:
    """Also after a reload, a restart and a lost cache: from the second frame on, at the latest."""
    watch = await began(home, "remote")
    victim = watch.victim
    for _ in range(2):
        await watch.genuine(LEFT)
        await watch.genuine(RIGHT)
    calls = await automations(home, watch)
    clear = [*in_the_clear(victim.address, victim.product)][:400:7]

    async def nothing() -> None:
        return

    async def restarted() -> None:
        await restart(home, watch, lambda: None)

    async def cacheless() -> None:
        await restart(home, watch, lambda: gone(hass_storage, victim.address))

    steps: tuple[Callable[[], Awaitable[None]], ...] = (
        nothing,
        watch.reload,
        restarted,
        cacheless,
    )
    for step in steps:
        await step()
        calls.clear()
        for frame in [*watch.said, *clear, *watch.said[::3]]:
            await watch.hear(frame, 2)
        assert calls == [], step.__name__
        for number in range(4):
            await watch.genuine(RIGHT if number % 2 else LEFT)
            assert len(calls) >= number, step.__name__
        for frame in [*watch.said[-6:], *clear[:20]]:
            await watch.hear(frame, 60)
        assert len(calls) <= 4, step.__name__


async def test_a_battery_that_is_changed_while_the_entry_is_away(home: Home) -> None:
    """The count begins anew under a key that remembers the old one; four frames over five minutes."""
    await home.add(KINDS["ATC1441"](address=CLEAR))
    watch = await began(home, "remote")
    victim = watch.victim
    watch.count = 5_000
    for number in range(40):
        await watch.genuine(says(victim, number), 20)
    old = [*watch.said]
    watch.count = 0
    first: list[Frame] = [
        victim.frame(says(victim, number), number) for number in (1, 2)
    ]
    watch.count = 2
    await come_back(home, watch, first)
    for number in range(12):
        await watch.genuine(says(victim, number + 1), 60)
    watch.forget()
    for number in range(6):
        await watch.genuine(says(victim, number + 1), 60)
    assert len(watch.fired) >= 4
    watch.forget()
    for frame in [*old, *watch.said[-6:]]:
        await watch.hear(frame, 30)
    assert (watch.changes, watch.fired) == ([], [])


@pytest.mark.parametrize("late", [0, 40], ids=["out of order", "minutes late"])
async def test_each_press_counts_once_whoever_brings_it(home: Home, late: int) -> None:
    """A second receiver brings all again, in another order or from a buffer."""
    watch = await began(home, "remote")
    victim, chance = watch.victim, random.Random(4)
    home.clock.hurries = True
    other = Air(home.hass, source=OTHER)
    frames = [victim.frame(says(victim, one), 70_000 + one) for one in range(120)]
    waiting: list[tuple[int, Frame]] = []
    await watch.genuine(victim.states[0])
    watch.count, heard = 70_120, 0
    watch.forget()
    for number, frame in enumerate(frames, 1):
        if not late or chance.random() < 0.3:
            heard += 1
            await watch.hear(frame, 6)
        waiting.append((number + (late or chance.randrange(12)), frame))
        for due in [one for one in waiting if one[0] <= number]:
            waiting.remove(due)
            # Beside a receiver that is not late.
            if not late or watch.said:
                await watch.hear(due[1], 0.3, other)
    other.close()
    fired = [one for one, _ in watch.fired if one.startswith("event.")]
    # The first of each button makes its entity.
    assert heard - 3 <= len(fired) <= heard
