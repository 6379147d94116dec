"""Stories of one battery in any order: a wish holds until its owner ends it, and all doors tell the same."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from random import Random
from typing import Any, Final

import pytest

from custom_components.mi_bms.const import DOMAIN
from homeassistant.config_entries import ConfigEntry, ConfigEntryDisabler
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr

from ..home import Home
from .test_batteries import ADDRESS, report
from .test_diagnosis import issue
from .test_healing import held, polled

FOREVER: Final = float("inf")
# What the state and the diagnosis call by one name.
SAME: Final = frozenset({"paused", "held", "asleep"})
RELEASE: Final = 10  # min, the option as it is at first

type Step = Callable[["Story"], Awaitable[None]]


class Story:
    """One battery, what its owner wished, and what is told of it."""

    def __init__(
        self, home: Home, entry: ConfigEntry[Any], device: Any, chance: Random
    ) -> None:
        self.home, self.entry, self.device = home, entry, device
        self.chance, self.wish = chance, 0.0
        self.release = RELEASE
        self.told: list[str] = []

    @property
    def away(self) -> bool:
        return self.home.clock.time < self.wish

    def leave(self, minutes: float) -> None:
        """Note a release: it ends no pause for good."""
        if self.wish != FOREVER:
            self.wish = self.home.clock.time + minutes * 60

    async def act(self, domain: str, action: str, **data: Any) -> None:
        call = self.home.hass.services.async_call(domain, action, data, blocking=True)
        # A battery that cannot be read just now is said to be so.
        with suppress(HomeAssistantError):
            await self.home.clock.wait(call)

    async def press(self, domain: str, action: str, field: str) -> None:
        entity_id = self.home.entity_id(self.device, field)
        assert entity_id
        await self.act(domain, action, entity_id=entity_id)

    async def check(self) -> None:
        """Compare what states, switch, repairs and diagnostics tell with the wish."""
        home, story = self.home, " > ".join(self.told)
        state = home.value(self.device, "connection")
        cause = (await report(home, self.entry))["cause"]
        assert (state == "paused") == self.away, f"{state}: {story}"
        for word in SAME:
            assert (state == word) == (cause == word), f"{state}, {cause}: {story}"
        switch = home.value(self.device, "reading")
        assert (switch == "off") == (self.wish == FOREVER), f"{switch}: {story}"
        if self.away:
            assert not issue(home, self.entry), f"repair while left alone: {story}"


async def pause(story: Story) -> None:
    await story.press("switch", "turn_off", "reading")
    story.wish = FOREVER


async def resume(story: Story) -> None:
    await story.press("switch", "turn_on", "reading")
    story.wish = 0.0


async def release(story: Story) -> None:
    await story.press("button", "press", "release")
    story.leave(story.release)


async def release_for(story: Story) -> None:
    minutes = story.chance.choice((1, 3, 60))
    await story.act(DOMAIN, "release", minutes=minutes)
    story.leave(minutes)


async def refresh(story: Story) -> None:
    """Press the button: it ends a release, but no pause for good."""
    if story.wish != FOREVER:
        story.wish = 0.0
    await story.press("button", "press", "refresh")


async def refresh_by_action(story: Story) -> None:
    """Ask for all batteries or for this one: neither is a reason to take it from an app."""
    device = dr.async_get(story.home.hass).async_get_device_by_identifier(
        (DOMAIN, ADDRESS), story.entry.entry_id
    )
    assert device
    data = story.chance.choice(({}, {"device_id": device.id}))
    await story.act(DOMAIN, "refresh", **data)


async def options(story: Story) -> None:
    story.release = story.chance.choice((2, 10, 30))
    given = {
        "release_minutes": story.release,
        "interval": story.chance.choice((5, 30, 300)),
        "invert_current": story.chance.random() < 0.5,
    }
    form = await story.home.options(story.entry)
    await story.home.set_options(form, given)


async def reload(story: Story) -> None:
    await story.home.clock.wait(
        story.home.hass.config_entries.async_reload(story.entry.entry_id)
    )


async def disable(story: Story) -> None:
    """Switch the entry off and on: nothing of it stays in memory."""
    entries, entry_id = story.home.hass.config_entries, story.entry.entry_id
    for why in (ConfigEntryDisabler.USER, None):
        await story.home.clock.wait(entries.async_set_disabled_by(entry_id, why))
        await story.home.clock.run(story.chance.choice((0.5, 20)))


async def advert(story: Story) -> None:
    story.home.shout(story.device)
    await story.home.clock.run(1)


async def adverts(story: Story) -> None:
    await story.home.listen(story.device, 6, every=5)


async def silence(story: Story) -> None:
    await story.home.clock.run(story.chance.choice((40, 130, 400)))


async def refuse(story: Story) -> None:
    story.home.air.refuse ^= {ADDRESS}
    await adverts(story)


async def lose(story: Story) -> None:
    for link in list(story.home.air.links.values()):
        link.lose(0x08)
    await story.home.clock.run(1)


async def load(story: Story) -> None:
    """Change whether it has reason to sleep."""
    pack = story.device.pack
    pack.current = 0.0 if pack.current else -20.0
    await adverts(story)


STEPS: Final[dict[Step, int]] = {
    pause: 2,
    resume: 1,
    release: 2,
    release_for: 2,
    refresh: 1,
    refresh_by_action: 2,
    options: 1,
    reload: 1,
    disable: 1,
    advert: 3,
    adverts: 3,
    silence: 3,
    refuse: 2,
    lose: 1,
    load: 1,
}


@pytest.mark.parametrize("seed", range(4))
async def test_a_wish_holds_and_all_doors_tell_the_same(home: Home, seed: int) -> None:
    chance = Random(seed)
    device = (polled, held)[seed % 2]()
    device.pack.step = lambda _seconds: None
    entry = await home.add(device)
    await home.clock.run(2)
    story = Story(home, entry, device, chance)
    for _ in range(30):
        (step,) = chance.choices(list(STEPS), list(STEPS.values()))
        story.told.append(f"{step.__name__}@{home.clock.time:.0f}")
        before, away = home.air.connects, story.away
        await step(story)
        await home.clock.run(1)
        await story.check()
        if away and story.away:
            assert home.air.connects == before, f"connected: {story.told}"
