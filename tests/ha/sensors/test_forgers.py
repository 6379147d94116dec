"""A stranger with a radio and a recorder: what is forged or played again shows nothing and fires nothing.

And the other side of it: what the sensors themselves send comes back.
"""

import random
import struct

import pytest

from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util
from tests.world import ad

from ..air import Air
from ..home import Home
from .forger import (
    VICTIMS,
    Frame,
    Victim,
    bthome2,
    in_the_clear,
    makers,
    mi_clear,
    mi_sealed,
    obj,
)
from .victims import Watch

pytestmark = pytest.mark.slow

NAMED = {one.name: one for one in VICTIMS}
every_victim = pytest.mark.parametrize("victim", VICTIMS, ids=lambda one: one.name)
# One of each way to encrypt; the decoder's own tests have every model.
kinds = (
    "thermo4",
    "motion",
    "lock2",
    "remote",
    "knob",
    "bthome2",
    "bthome1",
    "pvvx",
    "atc",
)
every_kind = pytest.mark.parametrize("victim", [NAMED[one] for one in kinds], ids=kinds)


def says(victim: Victim, number: int) -> bytes:
    """Return what a victim says, which is another thing each time, if it can be."""
    if victim.name in {"pvvx", "atc"}:
        return struct.pack("<hHB", 1000 + number % 40 * 50, 4800, 50 + number % 3)
    if victim.name.startswith("bthome") and not victim.events:
        head = b"\x02" if victim.name == "bthome2" else b"\x23\x02"
        return head + struct.pack("<h", 1000 + number % 5000)
    if victim.events:
        return victim.events[number % len(victim.events)]
    if victim.name.startswith("thermo"):
        return obj(0x1004, struct.pack("<h", 100 + number % 400).hex())
    if victim.name == "door":
        return obj(0x1019, f"{number % 2:02x}")
    return obj(0x4A08, struct.pack("<f", 10 + number % 300).hex())


def recording(victim: Victim, counts: range, more: int = 0) -> list[Frame]:
    return [victim.frame(says(victim, one + more), one) for one in counts]


async def hear(watch: Watch, frames: list[Frame], every: float) -> tuple[int, int]:
    """Let frames be heard; return how many values changed and how much was fired."""
    watch.forget()
    for frame in frames:
        await watch.hear(frame, every)
    return len(watch.changes), len(watch.fired)


async def replay(watch: Watch, frames: list[Frame], every: float) -> tuple[int, int]:
    """Let frames be heard as ``hear`` does, but leap from one to the next: what is due in between is no frame."""
    watch.forget()
    for frame in frames:
        await watch.home.clock.leap(every - 1)
        await watch.hear(frame, 1)
    return len(watch.changes), len(watch.fired)


@every_victim
async def test_no_clear_frame_of_any_format_is_shown(
    home: Home, victim: Victim
) -> None:
    """By itself, beside a frame of the sensor, and at another receiver; also after a reload."""
    watch = Watch(home, victim)
    await watch.set_up()
    await watch.lives(4)
    home.clock.hurries = True
    await home.clock.run(400)
    entities = watch.entities()
    frames = [*in_the_clear(victim.address, victim.product)]
    other = Air(home.hass, source="AA:BB:CC:00:00:77")
    for start in range(3):
        genuine = await watch.genuine((victim.states or victim.events)[0])
        if start == 1:
            await watch.reload()
        watch.forget()
        for frame in frames[start::150]:
            if start == 2:
                both = ad.service_data16(*genuine) + ad.service_data16(*frame)
                await watch.raw(both)
            else:
                await watch.hear(frame, 0.5, other if start else None)
        for company, data in [*makers(victim.address)][start::9]:
            await watch.raw(ad.manufacturer(company, data))
        assert (watch.changes, watch.fired) == ([], [])
        # Who merely hears the stranger hears no sensor.
        new = watch.entities() - entities
        assert {one for one in new if "lost_packets" not in one} == set()
    other.close()
    assert "reauth" not in watch.questions()


@every_kind
async def test_no_bit_of_a_frame_can_be_another_one(home: Home, victim: Victim) -> None:
    watch = Watch(home, victim)
    await watch.set_up()
    await watch.lives(3)
    home.clock.hurries = True
    await home.clock.run(300)
    service, data = watch.said[-1]
    changed = [
        data[: bit // 8]
        + bytes((data[bit // 8] ^ 1 << bit % 8,))
        + data[bit // 8 + 1 :]
        for bit in range(len(data) * 8)
    ]
    changed += [data[:end] for end in range(len(data))]
    frames = [(service, one) for one in changed]
    assert await hear(watch, frames, 0.5) == (0, 0)
    assert len(watch.said) == watch.count - 70_000


@every_kind
async def test_nothing_recorded_happens_again(home: Home, victim: Victim) -> None:
    """At any pace, after a reload, a year later, and after the key was mistyped for a while."""
    watch = Watch(home, victim)
    await watch.set_up()
    home.clock.hurries = True
    first = 3 if victim.name == "remote" else 70_000
    frames = recording(victim, range(first, first + 30))
    changes, fired = await hear(watch, frames, 5)
    assert changes + fired >= 15
    old = frames[:-1]
    await home.clock.run(60)
    assert await hear(watch, old, 1) == (0, 0)
    assert await replay(watch, old[::2], 100) == (0, 0)
    await watch.reload()
    assert await replay(watch, old[::3], 40) == (0, 0)
    # Long lost: a recording does not bring it back.
    await home.clock.leap(400 * 86_400)
    assert await replay(watch, old[::4], 100) == (0, 0)
    assert await replay(watch, old[:6], 4000) == (0, 0)
    for key in ("11" * len(victim.key), victim.key.hex()):
        data = {**watch.entry.data, "key": key}
        home.hass.config_entries.async_update_entry(watch.entry, data=data)
        await watch.reload()
        assert await replay(watch, old, 30) == (0, 0)
    more = recording(victim, range(first + 30, first + 40))
    assert sum(await hear(watch, more, 60)) >= 4


@pytest.mark.parametrize("name", ["door", "lock2", "remote", "bthome2"])
async def test_frames_of_before_a_new_battery_are_over(home: Home, name: str) -> None:
    """Heard or missed, quick or slow; and the sensor itself goes on between them."""
    victim = NAMED[name]
    watch = Watch(home, victim)
    await watch.set_up()
    home.clock.hurries = True
    chance = random.Random(5)
    before = recording(victim, range(5, 155))
    heard = [chance.random() < 0.9 for _ in before]
    await hear(watch, [one for one, ok in zip(before, heard, strict=True) if ok], 20)
    now = recording(victim, range(1, 60), more=1)
    back = await hear(watch, now[:40], 60)
    # A fingerprint says the same each time, as it did before.
    alike = len(victim.events) == 1
    assert sum(back) >= (0 if alike else 15)
    await home.clock.run(200)
    for pick in (True, False):
        old = [
            one for one, ok in zip(before[60:], heard[60:], strict=True) if ok is pick
        ]
        for every in (1, 100):
            assert await hear(watch, old, every) == (0, 0)
    assert sum(await hear(watch, now[40:], 60)) >= (0 if alike else 8)
    changes, fired = await hear(watch, before[:100], 60)
    # Shown is at most what it may say itself under the next counters, and what was never heard;
    # nothing that happened is told.
    assert (changes <= 16 + heard[:100].count(False), fired) == (True, 0)


async def test_a_jammer_who_plays_later_what_nobody_heard(home: Home) -> None:
    victim = NAMED["remote"]
    watch = Watch(home, victim)
    await watch.set_up()
    home.clock.hurries = True
    frames = recording(victim, range(1_000, 1_200))
    held = frames[50:100]
    assert (await hear(watch, frames[:50] + frames[100:], 20))[1]
    for every in (10, 400):
        assert await hear(watch, held, every) == (0, 0)
    assert await hear(watch, frames[100:], 100) == (0, 0)


async def test_a_door_that_was_used_a_lot_is_there_in_the_morning(home: Home) -> None:
    """How it speaks in a busy hour says nothing of a quiet night."""
    victim = NAMED["door"]
    watch = Watch(home, victim)
    await watch.set_up()
    home.clock.hurries = True
    await watch.lives(10)
    for _ in range(11):
        await home.clock.run(3600)
    assert watch.states()["binary_sensor.door_door"] == "off"


async def test_a_sensor_that_is_gone_is_not_kept_alive(home: Home) -> None:
    """Neither by what is played again nor by what is forged."""
    victim = NAMED["thermo5"]
    watch = Watch(home, victim)
    await watch.set_up()
    home.clock.hurries = True
    await watch.lives(10, every=60)
    shown = "sensor.thermo5_temperature"
    assert watch.states()[shown] == "21.5"
    hot = obj(0x1004, "5802")
    for count in range(60):
        await watch.hear(mi_clear(victim.address, 0x055B, hot, count), 30)
        await watch.hear(watch.said[count % 20], 30)
        wrong = mi_sealed(victim.address, 0x055B, hot, 90_000 + count, b"\x01" * 16)
        await watch.hear(wrong, 30)
    assert watch.states()[shown] == "unavailable"
    await watch.genuine(obj(0x1004, "d200"))
    assert watch.states()[shown] == "21.0"


def beacon(victim: Victim, count: int) -> Frame:
    """Return what shows in the clear that a sensor is there, and says nothing else."""
    control = 0x5010
    return mi_clear(victim.address, victim.product or 0, b"", count, control)


DAY = 86_400


@pytest.mark.parametrize(
    ("name", "options", "there", "gone", "restart"),
    [
        # A thermometer is missed by what it says itself: it speaks all day.
        ("thermo5", {}, 100, 3700, False),
        ("bthome2", {}, 100, 3700, True),
        # What waits is shown by its beacons, for a day at most (its own time may be longer).
        ("motion", {"timeout": 120}, DAY - 3600, DAY + 7200, False),
        ("remote", {}, DAY - 3600, DAY + 7200, True),
    ],
)
@pytest.mark.usefixtures("all_entities_on")
async def test_nobody_keeps_a_sensor_that_is_gone(
    home: Home,
    name: str,
    options: dict[str, int],
    there: int,
    gone: int,
    restart: bool,
) -> None:
    """Not by beacons, not by what is nothing at all; nor do they move the time it was last heard."""
    victim = NAMED[name]
    watch = Watch(home, victim)
    watch.entry.add_to_hass(home.hass)
    home.hass.config_entries.async_update_entry(watch.entry, options=options)
    await home.clock.wait(home.hass.config_entries.async_setup(watch.entry.entry_id))
    home.clock.hurries = True
    await watch.lives(13, every=5)
    heard = home.clock.time
    shown = [
        one
        for one, state in watch.states().items()
        if one.startswith(("sensor", "binary_sensor")) and state != "unknown"
    ]
    every = gone / 40
    for count in range(42):
        if count == 2 and restart:
            await watch.reload()
        await home.clock.leap(every)
        frame = (0x1234, bytes((count,))) if count % 5 == 4 else beacon(victim, count)
        await watch.hear(frame)
        states = {watch.states()[one] for one in shown}
        if home.clock.time - heard < there:
            assert "unavailable" not in states
    assert states == {"unavailable"}
    await home.clock.run(60)
    seen = home.hass.states.get(f"sensor.{name}_last_seen")
    ago = home.clock.time - heard
    assert seen and (at := dt_util.parse_datetime(seen.state))
    assert (dt_util.utcnow() - at).total_seconds() == pytest.approx(ago, abs=5)
    # It comes back with its first own word.
    await watch.genuine((victim.states or victim.events)[0])
    assert "unavailable" not in {watch.states()[one] for one in shown}


async def test_beacons_between_its_words_are_no_lost_packets(home: Home) -> None:
    """They count on with the rest."""
    victim = NAMED["thermo5"]
    watch = Watch(home, victim)
    await watch.set_up()
    await watch.hear(beacon(victim, 69_999))
    name = "sensor.thermo5_lost_packets_air"
    er.async_get(home.hass).async_update_entity(name, disabled_by=None)
    await home.clock.run(40)
    for count in range(70_000, 70_060, 3):
        await watch.hear(victim.frame(says(victim, count), count))
        await watch.hear(beacon(victim, count + 1))
        await watch.hear(beacon(victim, count + 2))
    await home.clock.run(60)
    state = home.hass.states.get(name)
    assert state and state.state == "0.0"


async def test_other_firmware_with_the_key_and_back(home: Home) -> None:
    """Each is read at its first packet, and the recording of the other one gives nothing."""
    victim = NAMED["thermo5"]
    watch = Watch(home, victim)
    await watch.set_up()
    await watch.lives(4)
    stock = [*watch.said]
    flashed = [
        bthome2(victim.address, b"\x02" + struct.pack("<h", 2000 + one), one)
        for one in range(1, 20)
    ]
    assert (await hear(watch, flashed, 10))[0] == 19
    assert await hear(watch, stock, 60) == (0, 0)
    watch.forget()
    await watch.genuine(obj(0x1004, "6400"))
    # It had been unavailable, as recordings are no sign of life: all that it measures is back.
    assert {new for name, new, _ in watch.changes if name.endswith("temperature")} == {
        "10.0"
    }
    assert {one["before"] for _, _, one in watch.changes} == {"unavailable"}
    assert await hear(watch, flashed, 60) == (0, 0)
