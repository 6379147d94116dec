"""Two sensors that say the same at the same time, and a stranger at one of them: no difference shows."""

from collections.abc import Iterator
from dataclasses import replace
import itertools
import random
import struct
import sys
from typing import Any

import pytest

from ..home import Home
from .forger import (
    VICTIMS,
    Frame,
    Victim,
    atc,
    bthome2,
    in_the_clear,
    mi_clear,
    mi_sealed,
    obj,
    pvvx,
)
from .test_forgers import beacon, says
from .test_proofs import gone, restart
from .victims import Watch

NAMED = {one.name: one for one in VICTIMS}
KINDS = ("thermo5", "motion", "door", "lock", "remote", "knob", "bthome2", "bthome1")
HOUR = 3600.0
SHOWN = ("_signal_strength", "_last_seen", "_lost_packets_air", "_key")
COUNTS = {"frames": 0, "values": 0, "events": 0, "moments": 0}


class Pair:
    """Hold the one that is attacked and the one that is left alone."""

    def __init__(self, home: Home, victim: Victim) -> None:
        """Make the twin, which differs by its address alone."""
        twin = f"{victim.address[:-5]}EE:{victim.address[-2:]}"
        self.home = home
        self.kind = victim
        self.one = Watch(home, replace(victim, name="one"))
        self.two = Watch(home, replace(victim, name="two", address=twin))
        self.said = 0
        self.talks = True

    async def set_up(self, options: dict[str, Any]) -> None:
        hass = self.home.hass
        for watch in (self.one, self.two):
            watch.entry.add_to_hass(hass)
            hass.config_entries.async_update_entry(watch.entry, options=options)
        await self.home.clock.wait(
            hass.config_entries.async_setup(self.one.entry.entry_id)
        )
        await self.home.clock.run(1)

    async def say(self, after: float) -> None:
        """Let both say the same, at the same time."""
        self.said += 1
        await self.home.clock.leap(after)
        for watch in (self.one, self.two):
            frame = watch.victim.frame(self.word(), 70_000 + self.said)
            watch.said.append(frame)
            await watch.hear(frame, 0.0)

    def word(self) -> bytes:
        victim = self.kind
        everything = (*victim.states, *victim.events)
        if self.said % 2:
            return says(victim, self.said)
        return everything[self.said // 2 % len(everything)]

    def look(self, watch: Watch) -> tuple[Any, ...]:
        states = {
            entity.replace(f".{watch.victim.name}_", "."): state.state
            for entity in watch.entities()
            if (state := self.home.hass.states.get(entity))
            and not entity.endswith(SHOWN)
        }
        events = [key for key in states if key.startswith("event.")]
        told = {key: states.pop(key) for key in events}
        fired = [
            (name.replace(f".{watch.victim.name}_", "."), kind)
            for name, kind in watch.fired
            if isinstance(kind, str | None)
        ]
        questions = [
            flow["context"]["source"] for flow in self.home.flows(watch.victim.address)
        ]
        # Of a sensor that says nothing, another's key cannot be told from a new one.
        return states, told, fired, questions if self.talks else []

    def same(self, when: str) -> bool:
        """Compare; return whether both are there."""
        COUNTS["moments"] += 1
        one, two = self.look(self.one), self.look(self.two)
        COUNTS["values"] += len(one[0].items() ^ two[0].items())
        COUNTS["events"] += abs(len(one[2]) - len(two[2]))
        if one != two:
            differ = {
                key: (one[0].get(key), two[0].get(key))
                for key in one[0].keys() | two[0].keys()
                if one[0].get(key) != two[0].get(key)
            }
            raise AssertionError(f"{when}: {differ}; {one[1:]} {two[1:]}")
        return "unavailable" not in one[0].values()


def stranger(watch: Watch) -> Iterator[Frame]:
    """Yield what somebody sends who has listened, in turn, for ever."""
    victim, chance = watch.victim, random.Random(3)
    clear = [*in_the_clear(victim.address, victim.product)]
    for number in itertools.count(1):
        yield clear[number * 37 % len(clear)]
        # As it was recorded: all of it in its order, the last one again, any one.
        yield watch.said[number % len(watch.said)]
        yield watch.said[-1]
        service, data = chance.choice(watch.said)
        at = chance.randrange(len(data) * 8)
        yield (
            service,
            bytes(
                byte ^ (1 << at % 8 if place == at // 8 else 0)
                for place, byte in enumerate(data)
            ),
        )
        yield service, chance.randbytes(len(data))
        yield 0x1234, bytes((number & 255,))
        yield mi_clear(victim.address, victim.product or 0, obj(0x1004, "5802"), number)
        if number % 3 == 0:
            wrong = 90_000 + number, bytes(16)
            yield mi_sealed(
                victim.address, victim.product or 0x055B, obj(0x1004, "5802"), *wrong
            )


@pytest.mark.parametrize(
    ("name", "damage"),
    [*((one, "none") for one in KINDS), ("thermo5", "restart"), ("door", "state_gone")],
)
@pytest.mark.usefixtures("all_entities_on")
async def test_a_stranger_makes_no_difference(
    home: Home,
    hass_storage: dict[str, Any],
    capsys: pytest.CaptureFixture[str],
    name: str,
    damage: str,
) -> None:
    """While the sensor is there, when it goes, while it is gone, and as it comes back."""
    pair = Pair(home, NAMED[name])
    await pair.set_up({})
    home.clock.hurries = True
    for _ in range(24):
        await pair.say(5.0)
    assert pair.same("before")
    forged = stranger(pair.one)

    async def attack(frames: int, every: float) -> bool:
        there = True
        for number, frame in enumerate(itertools.islice(forged, frames)):
            await home.clock.leap(every)
            await pair.one.hear(frame, 0.0)
            if number % 4 == 0:
                # What it sends in the clear by itself cannot be told from another's.
                for watch in (pair.one, pair.two):
                    await watch.hear(beacon(watch.victim, number), 0.0)
            COUNTS["frames"] += 1
            there = pair.same(f"attacked {number} times every {every} s")
        return there

    # It is there, quick and slow: its habits are not others'.
    for every in (60.0, 600.0):
        for _ in range(8):
            await pair.say(every / 2)
            await attack(6, every / 12)
    if damage != "none":
        home.clock.hurries = False
        await restart(
            home,
            pair.one,  # type: ignore[arg-type]
            lambda: gone(hass_storage, "") if damage == "state_gone" else None,
        )
        home.clock.hurries = True
        assert pair.same("restart") is not None
    pair.talks = False
    # It is gone: for an hour closely, then for two days.
    await attack(60, 30.0)
    # A knob has no states, and none that could be gone.
    assert await attack(60, 1800.0) is not bool(pair.kind.states)
    for number in range(6):
        await pair.say(20.0)
        if name == "knob" and not number:
            # So many guesses at its check byte: the first that agrees may be one.
            pair.two.fired.pop()
            continue
        pair.same("back")
    assert "unavailable" not in pair.look(pair.one)[0].values()
    with capsys.disabled():
        sys.stdout.write(
            "\n{frames} forged or replayed frames, {moments} comparisons: values shown {values}, events fired {events}\n".format(
                **COUNTS
            )
        )


def rekeyed(victim: Victim, words: bytes, count: int) -> Frame:
    """Return what a sensor says under the key it has got elsewhere."""
    key = bytes(range(16))
    if victim.name in {"pvvx", "atc"}:
        seal = pvvx if victim.name == "pvvx" else atc
        temp, hum, percent = struct.unpack("<hHB", words)
        return seal(victim.address, temp, hum, percent, count, key)
    if victim.product is None:
        return bthome2(victim.address, words, count, key)
    return mi_sealed(victim.address, victim.product, words, count, key)


@pytest.mark.parametrize(
    ("name", "length"),
    [
        ("thermo5", 24),
        ("bthome2", 24),
        ("door", 24),
        ("atc", 150),
        ("pvvx", 300),
    ],
)
async def test_a_recording_neither_hides_nor_withdraws_the_question(
    home: Home, name: str, length: int
) -> None:
    """A sensor was paired anew elsewhere, and somebody plays what it said before."""
    victim = NAMED[name]
    pair = Pair(home, victim)
    await pair.set_up({})
    home.clock.hurries = True
    for _ in range(length):
        await pair.say(60.0)
    # A form that asks is made with the help of threads.
    home.clock.hurries = False
    recording = itertools.cycle([*pair.one.said])
    asked: dict[str, float] = {}
    begun, count = home.clock.time, 0
    while home.clock.time - begun < 8 * HOUR:
        count += 1
        await home.clock.leap(300.0)
        for watch in (pair.one, pair.two):
            frame = rekeyed(watch.victim, says(victim, count), count)
            await watch.hear(frame, 0.0)
        for old in itertools.islice(recording, 1 + length // 48):
            await pair.one.hear(old, 1.0)
        await pair.one.hear(pair.one.said[-1], 1.0)
        for watch in (pair.one, pair.two):
            if "reauth" in pair.look(watch)[3]:
                asked.setdefault(watch.victim.name, home.clock.time - begun)
            elif watch.victim.name in asked:
                raise AssertionError(
                    f"withdrawn from {watch.victim.name} after {asked}"
                )
    assert set(asked) == {"one", "two"}, asked
    assert asked["one"] == pytest.approx(asked["two"], abs=700)


@pytest.mark.parametrize("name", ["thermo5", "bthome2", "pvvx", "knob"])
@pytest.mark.usefixtures("all_entities_on")
async def test_what_anybody_sends_says_nothing_of_the_key(
    home: Home, name: str
) -> None:
    """Beside it, sealed with another key; as long as nothing is asked, the key fits."""
    victim = NAMED[name]
    watch = Watch(home, victim)
    await watch.set_up()
    forged = []
    for number in range(12):
        words = (victim.states or victim.events)[0]
        service, data = replace(victim, key=bytes(range(16))).frame(words, number + 9)
        forged.append((service, data[:-5] + bytes(reversed(data[-5:]))))
    for number in range(6):
        await watch.genuine(says(victim, number), 35.0)
    for frame in (*forged[:1], *forged):
        await watch.hear(frame, 5.0)
        assert watch.key_state() == "right"
    # Read anew, as it is every half minute.
    await watch.hear(watch.said[-1], 35.0)
    assert watch.key_state() == "right"
    assert not watch.questions()
    await watch.genuine(says(victim, 7), 35.0)
    assert watch.key_state() == "right"
