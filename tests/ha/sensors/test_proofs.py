"""What a key has proven stays with the key: an entry that comes back, a cache that is gone or damaged."""

from collections.abc import Callable
from typing import Any

import pytest

from custom_components.mi_bms.const import DOMAIN
from tests.world.devices import KINDS

from ..home import Home
from .forger import VICTIMS, Frame, Victim, in_the_clear, mi_clear, mi_sealed, obj
from .test_forgers import says
from .victims import Watch

pytestmark = pytest.mark.slow

NAMED = {one.name: one for one in VICTIMS}
KINDS_OF_SEAL = ("thermo4", "remote", "knob", "bthome2", "bthome1", "pvvx", "atc")
every_seal = pytest.mark.parametrize(
    "victim", [NAMED[one] for one in KINDS_OF_SEAL], ids=KINDS_OF_SEAL
)
STATE, KEYS = "mi_bms.state", "mi_bms.keys"
CLEAR = "A4:C1:38:00:14:41"


class Watcher(Watch):
    """Know what the sensor itself said last, too."""

    last: dict[str, str]


async def restart(home: Home, watch: Watcher, between: Callable[[], None]) -> None:
    """Let Home Assistant write all down, and begin anew with what then is on the disk."""
    hass = home.hass
    for entry in hass.config_entries.async_entries(DOMAIN):
        await home.clock.wait(hass.config_entries.async_unload(entry.entry_id))
    await watch.flush()
    between()
    for key in ("mi_bms", "mi_bms.keys"):
        hass.data.pop(key)
    hass.config.components.remove(DOMAIN)
    # All others follow.
    await home.clock.wait(hass.config_entries.async_setup(watch.entry.entry_id))
    await home.clock.run(1)


async def lives(watch: Watcher, frames: int = 24) -> None:
    """Let the sensor speak for a while, so that there is something to record."""
    for number in range(frames):
        await watch.genuine(says(watch.victim, number), 5.0)
    watch.last = watch.states()


async def plays(watch: Watcher, frames: list[Frame], every: float) -> None:
    for frame in frames:
        await watch.hear(frame, every)


async def attack(watch: Watcher) -> None:
    """Forge and play again; nothing is shown and nothing is fired."""
    victim, entities = watch.victim, watch.entities()
    watch.forget()
    clear = [*in_the_clear(victim.address, victim.product)]
    await plays(watch, clear[:: len(clear) // 20], 0.5)
    for frames, every in (
        (watch.said, 1.0),
        (watch.said[::3], 100.0),
        (watch.said[-6:], 400.0),
    ):
        await plays(watch, frames, every)
    # What is shown again is what the sensor itself said last.
    news = [one for one in watch.changes if one[1] != watch.last.get(one[0])]
    assert (news, watch.fired) == ([], [])
    new = watch.entities() - entities
    assert {one for one in new if "lost_packets" not in one} == set()


async def is_back(watch: Watcher) -> None:
    """The sensor itself is believed from the second frame on, at the latest."""
    watch.forget()
    for number in range(4):
        await watch.genuine(says(watch.victim, number + 1), 10.0)
    assert watch.fired if watch.victim.events else watch.key_state() == "right"
    watch.last = watch.states()


def gone(hass_storage: dict[str, Any], _address: str) -> None:
    hass_storage.pop(STATE)


def record_gone(hass_storage: dict[str, Any], address: str) -> None:
    hass_storage[STATE]["data"].pop(address)


def record_damaged(hass_storage: dict[str, Any], address: str) -> None:
    hass_storage[STATE]["data"][address] = ["x"]


def trust_damaged(hass_storage: dict[str, Any], address: str) -> None:
    hass_storage[STATE]["data"][address]["trust"] = 5


def trust_empty(hass_storage: dict[str, Any], address: str) -> None:
    hass_storage[STATE]["data"][address]["trust"] = {}


def proof_damaged(hass_storage: dict[str, Any], address: str) -> None:
    hass_storage[STATE]["data"][address]["trust"]["proof"] = "3"


def proof_less(hass_storage: dict[str, Any], address: str) -> None:
    hass_storage[STATE]["data"][address]["trust"]["proof"] = 0


def counters_gone(hass_storage: dict[str, Any], address: str) -> None:
    hass_storage[STATE]["data"][address]["trust"]["counters"] = {}


def counters_damaged(hass_storage: dict[str, Any], address: str) -> None:
    for one in hass_storage[STATE]["data"][address]["trust"]["counters"].values():
        one["long"]["last"], one["short"]["frames"] = "many", 7


def newer(hass_storage: dict[str, Any], _address: str) -> None:
    hass_storage[STATE] = {"version": 9, "key": STATE, "data": {"of": "tomorrow"}}


def proofs_gone(hass_storage: dict[str, Any], _address: str) -> None:
    """Drop what was not there before this was kept with the keys."""
    del hass_storage[KEYS]["data"]["proofs"]


def proofs_damaged(hass_storage: dict[str, Any], address: str) -> None:
    hass_storage[KEYS]["data"]["proofs"] = {address: [], "x": {}}


DAMAGE = (
    gone,
    record_gone,
    record_damaged,
    trust_damaged,
    trust_empty,
    proof_damaged,
    proof_less,
    counters_gone,
    counters_damaged,
    newer,
    proofs_gone,
    proofs_damaged,
)


@every_seal
@pytest.mark.parametrize("damage", DAMAGE[:1], ids=lambda one: str(one.__name__))
async def test_each_kind_of_seal_outlives_the_cache(
    home: Home,
    hass_storage: dict[str, Any],
    victim: Victim,
    damage: Callable[[dict[str, Any], str], None],
) -> None:
    await outlives(home, hass_storage, victim, damage)


@pytest.mark.parametrize("damage", DAMAGE[1:], ids=lambda one: str(one.__name__))
async def test_what_is_proven_outlives_any_damage(
    home: Home,
    hass_storage: dict[str, Any],
    damage: Callable[[dict[str, Any], str], None],
) -> None:
    """Of the cache, or of the proofs where the cache is sound."""
    await outlives(home, hass_storage, NAMED["remote"], damage)


async def outlives(
    home: Home,
    hass_storage: dict[str, Any],
    victim: Victim,
    damage: Callable[[dict[str, Any], str], None],
) -> None:
    watch = Watcher(home, victim)
    await watch.set_up()
    home.clock.hurries = True
    await lives(watch)
    home.clock.hurries = False
    await restart(home, watch, lambda: damage(hass_storage, victim.address))
    home.clock.hurries = True
    await attack(watch)
    await is_back(watch)
    await attack(watch)


async def come_back(home: Home, watch: Watcher, frames: list[Frame]) -> None:
    """Remove the entry, let it be discovered by what a stranger sends, and take what is offered."""
    hass, address = home.hass, watch.victim.address
    await home.clock.wait(hass.config_entries.async_remove(watch.entry.entry_id))
    await home.clock.run(5)
    await plays(watch, frames, 5.0)
    await home.clock.until(lambda: home.flows(address))
    form = await home.answer(home.flows(address)[0])
    assert form["step_id"] == "known_key"
    done = await home.answer(form, {})
    assert done["type"] == "create_entry"
    watch.entry = done["result"]
    await home.clock.settle()
    watch.last = {}


@pytest.mark.parametrize("restarted", [False, True])
async def test_an_entry_that_comes_back_is_as_wary_as_before(
    home: Home, hass_storage: dict[str, Any], restarted: bool
) -> None:
    """Discovered by what is forged, it has its key, and the key has its proof."""
    victim = NAMED["remote"]
    await home.add(KINDS["ATC1441"](address=CLEAR))
    watch = Watcher(home, victim)
    await watch.set_up()
    await lives(watch)
    hot = mi_clear(victim.address, 0x1949, obj(0x4803, "07"), 1)
    press = mi_clear(victim.address, 0x1949, obj(0x4E0C, "01"), 2)
    await come_back(home, watch, [hot, press])
    assert watch.entry.data["key"] == victim.key.hex()
    if restarted:
        await restart(home, watch, lambda: gone(hass_storage, victim.address))
    await attack(watch)
    await is_back(watch)
    await attack(watch)


async def test_a_key_that_is_forgotten_takes_its_proof_along(
    home: Home, hass_storage: dict[str, Any]
) -> None:
    """So does a key that is changed; who enters the old one again is as wary as before."""
    victim = NAMED["thermo5"]
    await home.add(KINDS["ATC1441"](address=CLEAR))
    watch = Watcher(home, victim)
    await watch.set_up()
    await lives(watch)
    hass = home.hass
    for key in ("11" * 16, victim.key.hex()):
        data = {**watch.entry.data, "key": key}
        hass.config_entries.async_update_entry(watch.entry, data=data)
        await watch.reload()
        assert (watch.key_state() == "right") is False
        await restart(home, watch, lambda: gone(hass_storage, victim.address))
    await attack(watch)
    await is_back(watch)

    await home.clock.wait(hass.config_entries.async_remove(watch.entry.entry_id))
    await home.clock.run(5)
    assert victim.address in hass_storage[KEYS]["data"]["proofs"]
    await home.answer(await home.forget_keys(), {"keys": [victim.address]})
    await home.clock.run(5)
    assert hass_storage[KEYS]["data"]["proofs"] == {}


async def test_what_is_proven_is_written_once_and_what_is_counted_seldom(
    home: Home, hass_storage: dict[str, Any]
) -> None:
    """A memory card wears: a sensor that speaks all the time writes a few times a day."""
    victim = NAMED["remote"]
    watch = Watcher(home, victim)
    await watch.set_up()
    home.clock.hurries = True
    await watch.genuine(victim.events[0])
    await home.clock.run(5)
    proof = hass_storage[KEYS]["data"]["proofs"][victim.address]
    assert proof["proof"] == 3
    assert victim.key.hex() not in str(proof)
    written = 0
    for number in range(48):
        del hass_storage[KEYS]
        await watch.genuine(says(victim, number), 1800)
        written += KEYS in hass_storage
        hass_storage.setdefault(KEYS, {})
    assert written <= 4
    await watch.flush()
    (counters,) = hass_storage[KEYS]["data"]["proofs"][victim.address][
        "counters"
    ].values()
    assert counters["long"]["last"] == watch.count


@pytest.mark.parametrize("forged", [[], [b"\x07"]], ids=["clear", "and sealed"])
async def test_what_is_added_by_itself_has_the_key_that_was_proven(
    home: Home, hass_storage: dict[str, Any], forged: list[bytes]
) -> None:
    """A stranger sends in the clear, or what no key opens."""
    victim = NAMED["thermo5"]
    watch = Watcher(home, victim)
    await watch.set_up()
    await lives(watch, 6)
    await home.add(KINDS["ATC1441"](address=CLEAR))
    await home.clock.wait(home.hass.config_entries.async_remove(watch.entry.entry_id))
    away = {"take": [], "names": {}, "auto_add": True, "ignored": []}
    # Who is unticked is left alone; the second time it is taken off that list.
    for _ in range(2):
        form = await home.choose(await home.start(), "nearby")
        await home.answer(form, away)
        await home.clock.settle()
    for count in range(12):
        hot = mi_clear(victim.address, 0x055B, obj(0x1004, "5802"), count)
        await watch.hear(hot, 20)
        for key in forged:
            sealed = mi_sealed(
                victim.address, 0x055B, obj(0x1004, "5802"), 90_000 + count, key * 16
            )
            await watch.hear(sealed, 1)
    found = [
        one
        for one in home.hass.config_entries.async_entries(DOMAIN)
        if one.unique_id == victim.address
    ]
    assert [one.data.get("key") for one in found] == [victim.key.hex()]
    watch.entry, watch.last = found[0], {}
    await attack(watch)
