"""Thousands of strangers: what is offered, added and remembered of them stays bounded."""

from collections import Counter
import random
import sys
import threading
from typing import Any

import pytest

from custom_components.mi_bms.bluetooth import discovery
from custom_components.mi_bms.bluetooth.discovery import Heard, look_at
from custom_components.mi_bms.flow import cards
from custom_components.mi_bms.flow.nearby_list import Group
from custom_components.mi_bms.keys import ring as keyring, storage
from custom_components.mi_bms.proto.keys import newcomers
from homeassistant.components import bluetooth
from homeassistant.components.bluetooth import BluetoothServiceInfoBleak
from homeassistant.config_entries import SOURCE_IGNORE
from homeassistant.helpers import issue_registry as ir
from tests.world import ad

from ..home import Home
from ..keys.test_ring import entries, thermometer

pytestmark = pytest.mark.slow

KNOWN, STRANGE = 0x01AA, 0x7FF1  # products
MOST = {KNOWN: cards.CARDS, STRANGE: cards.STRANGE_CARDS}
CROWD = 20_000
CHUNK = 250


def told(address: str, product: int, number: int) -> bytes:
    """Make a clear MiBeacon frame of a product that says 21.5 °C."""
    payload = (
        bytes.fromhex("95fe5050")
        + product.to_bytes(2, "little")
        + bytes((number & 255,))
        + bytes.fromhex(address.replace(":", ""))[::-1]
        + bytes.fromhex("041002d700")
    )
    return bytes((len(payload) + 1, 0x16)) + payload


def addresses(count: int, first: int | None = None) -> list[str]:
    chance = random.Random(8)
    found = []
    for _ in range(count):
        digits = chance.randbytes(6)
        if first is not None:
            digits = bytes((first,)) + digits[1:]
        found.append(digits.hex(":").upper())
    return found


async def hear(home: Home, crowd: list[str], product: int, turn: int = 0) -> None:
    for number, address in enumerate(crowd):
        home.air.hear(address, told(address, product, number + turn))
        await home.clock.settle()


def shown(home: Home) -> list[str]:
    return [one["context"]["unique_id"] for one in home.flows()]


async def ignore(home: Home, address: str) -> None:
    await home.hass.config_entries.flow.async_init(
        "mi_bms",
        context={"source": SOURCE_IGNORE},
        data={"unique_id": address, "title": address},
    )
    await home.clock.settle()


async def switch_on(home: Home) -> None:
    form = await home.choose(await home.start(), "nearby")
    await home.answer(form, {"take": [], "names": {}, "auto_add": True, "ignored": []})
    await home.clock.settle()


def containers(thing: Any) -> dict[str, int]:
    """Count what an object holds in each of its own containers."""
    return {
        name: len(value)
        for name, value in vars(thing).items()
        if hasattr(value, "__len__") and not isinstance(value, str)
    }


@pytest.mark.parametrize(("product", "most"), MOST.items())
async def test_a_crowd_is_offered_on_a_few_cards(
    home: Home, product: int, most: int
) -> None:
    for number, address in enumerate(addresses(most + 40)):
        home.air.hear(address, told(address, product, number))
        await home.clock.settle()
    assert len(home.flows()) == most
    # A card that is gone makes room for one that waits.
    gone = home.flows()[0]
    home.hass.config_entries.flow.async_abort(gone["flow_id"])
    for number, address in enumerate(addresses(most + 40)):
        home.air.hear(address, told(address, product, number + 7))
        await home.clock.settle()
    assert len(home.flows()) == most
    assert gone["context"]["unique_id"] not in {
        one["context"]["unique_id"] for one in home.flows()
    }


async def test_everybody_is_offered_in_the_end(home: Home) -> None:
    """Also who found no room among those that wait for it."""
    crowd = addresses(cards.CARDS + 104)
    offered: set[str] = set()
    for turn in range(8):
        await hear(home, crowd, KNOWN, turn)
        new = set(shown(home))
        assert len(new) <= cards.CARDS
        assert not new & offered
        offered |= new
        for address in new:
            await ignore(home, address)
    assert offered == set(crowd)


@pytest.mark.parametrize("order", [(KNOWN, STRANGE), (STRANGE, KNOWN)])
async def test_the_crowd_of_one_kind_is_not_in_the_way_of_the_other(
    home: Home, order: tuple[int, int]
) -> None:
    """Many of the first are heard, and then three more of the second than there are cards."""
    first, second = order
    await hear(home, addresses(160, first=0x40), first)
    few = addresses(MOST[second] + 3, first=0x80)
    await hear(home, few, second)
    assert sum(one in few for one in shown(home)) == MOST[second]
    offered: set[str] = set()
    for _ in few:
        one = next((one for one in shown(home) if one in few), None)
        assert one is not None, set(few) - offered
        offered.add(one)
        await ignore(home, one)
        assert len(shown(home)) <= cards.CARDS + cards.STRANGE_CARDS
    assert offered == set(few)


@pytest.mark.parametrize("product", [KNOWN, STRANGE])
async def test_who_left_while_waiting_takes_no_place(home: Home, product: int) -> None:
    """It is offered when it is heard again, if there is room then."""
    crowd = addresses(MOST[product] + 6)
    await hear(home, crowd, product)
    waiting = [one for one in crowd if one not in shown(home)]
    *left, last = waiting
    for turn in range(1, 30):
        await home.clock.leap(60)
        await hear(home, [one for one in crowd if one not in left], product, turn)
    assert len(shown(home)) == MOST[product]
    assert not any(bluetooth.async_last_service_info(home.hass, one) for one in left)
    await ignore(home, shown(home)[0])
    assert last in shown(home)
    for one in left:
        await ignore(home, shown(home)[0])
        await hear(home, [one], product, 40)
        assert one in shown(home)


async def test_a_long_history_hides_nobody(home: Home) -> None:
    """More is in the air than is looked at in one go, and it was there before."""
    others = addresses(1_200, first=0x40)
    for address in others:
        home.air.hear(address, bytes.fromhex("04ff4c0010"))
    crowd = addresses(cards.CARDS + 80, first=0x80)
    offered: set[str] = set()
    for turn in range(6):
        await hear(home, crowd, KNOWN, turn)
        for address in shown(home):
            offered.add(address)
            await ignore(home, address)
        await home.clock.settle()
    assert offered == set(crowd)


async def test_whose_card_only_ended_comes_after_the_others(home: Home) -> None:
    """A card that ends without an entry, again and again, keeps nobody out."""
    crowd = addresses(cards.STRANGE_CARDS * 4)
    await hear(home, crowd, STRANGE)
    offered = set(shown(home))
    for _ in crowd:
        ended = home.flows()[0]
        home.hass.config_entries.flow.async_abort(ended["flow_id"])
        # Who comes next is looked for beside the event loop.
        await home.clock.until(lambda: len(shown(home)) == cards.STRANGE_CARDS)
        assert ended["context"]["unique_id"] not in shown(home)
        offered |= set(shown(home))
    assert offered == set(crowd)


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> Counter[bool]:
    """Count the devices that were judged in the event loop, and those beside it."""
    loop, counts = threading.get_ident(), Counter[bool]()

    def look(info: BluetoothServiceInfoBleak) -> Heard | None:
        counts[threading.get_ident() == loop] += 1
        return look_at(info)

    monkeypatch.setattr(discovery, "look_at", look)
    return counts


async def test_a_crowd_is_looked_at_beside_the_event_loop(
    home: Home, looks: Counter[bool]
) -> None:
    """By every form that lists who is heard, however many they are."""
    crowd = addresses(CROWD, first=0xC4)
    for number, address in enumerate(crowd):
        home.air.hear(address, told(address, KNOWN, number), rssi=-50 - number % 40)
    ways = {"nearby": "nearby", "search": "pick", "pair": "pair_choose"}
    for way, step in ways.items():
        looks.clear()
        form = await home.choose(await home.start(), way)
        if form["type"] == "progress":
            await home.clock.until(
                lambda shown=step: any(one["step_id"] == shown for one in home.flows())
            )
            await home.answer(form)
        assert looks[True] == 0, way
        assert looks[False] >= CROWD, way
        home.hass.config_entries.flow.async_abort(form["flow_id"])


async def test_a_long_look_lets_others_have_their_turn(
    home: Home, looks: Counter[bool]
) -> None:
    others = addresses(3_000, first=0x40)
    for address in others:
        home.air.hear(address, bytes.fromhex("04ff4c0010"))
    await hear(home, addresses(cards.CARDS + 1, first=0x80), KNOWN)
    looks.clear()
    await ignore(home, shown(home)[0])
    await home.clock.settle()
    assert len(shown(home)) == cards.CARDS
    assert looks[True] == 0
    assert looks[False] > len(others)


async def test_addresses_that_change_all_the_time_are_never_offered_nor_added(
    home: Home,
) -> None:
    await switch_on(home)
    crowd = addresses(20, first=0x5A) + addresses(20, first=0x1A)
    for turn in range(6):
        for address in crowd:
            home.air.hear(address, told(address, KNOWN, turn), address_type=1)
        await home.clock.run(40)
    assert home.flows() == []
    assert entries(home) == {}
    assert home.hass.data[keyring.KEYS].everybodys_frames() == {}


async def test_ten_an_hour_are_added_and_then_it_stops_and_says_so(home: Home) -> None:
    await switch_on(home)
    crowd = addresses(40)
    for turn in range(7):
        for address in crowd:
            home.air.hear(address, told(address, KNOWN, turn))
            await home.clock.settle()
        await home.clock.run(40)
    assert len(entries(home)) == newcomers.AN_HOUR
    issues = ir.async_get(home.hass)
    assert issues.async_get_issue("mi_bms", storage.STOPPED)
    form = await home.choose(await home.start(), "nearby")
    fields = {str(one): one for one in form["data_schema"].schema}
    assert fields["auto_add"].default() is False
    home.hass.config_entries.flow.async_abort(form["flow_id"])
    await switch_on(home)
    assert not issues.async_get_issue("mi_bms", storage.STOPPED)


async def test_nothing_grows_with_a_crowd(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    """A sensor of the house goes on meanwhile."""
    await switch_on(home)
    device = thermometer()
    await home.add(device)
    await home.listen(device, 3)
    crowd = addresses(CROWD)
    keys = home.hass.data[keyring.KEYS]
    for start in range(0, CROWD, CHUNK):
        for number, address in enumerate(crowd[start : start + CHUNK]):
            home.air.hear(address, told(address, STRANGE, number))
        await home.clock.settle()
    counts = containers(keys) | containers(keys._adding._newcomers)
    with capsys.disabled():
        sys.stdout.write(f"\nafter {CROWD} addresses: {counts}\n")
    assert max(counts.values()) <= keyring.DEVICES
    await home.listen(device, 2)
    assert home.value(device, "temperature") not in {"unknown", "unavailable"}


@pytest.mark.parametrize("first", [0xC4, 0x5A])
async def test_forms_show_the_nearest_of_a_crowd(home: Home, first: int) -> None:
    """And nobody whose address changes all the time."""
    crowd = addresses(discovery.SHOWN + 60, first=first)
    for number, address in enumerate(crowd):
        name = ad.payload(ad.flags(), ad.services16(0xFF00), ad.name(f"JBD-{number}"))
        raw = told(address, 0x01AA, number) if number % 2 else name
        home.air.hear(address, raw, rssi=-40 - number // 8, address_type=1)
    await home.clock.settle()
    nearest = crowd[: discovery.SHOWN] if first == 0xC4 else []
    form = await home.choose(await home.start(), "nearby")
    fields = {str(one): kind for one, kind in form["data_schema"].schema.items()}
    groups = [fields[one] for one in Group if one in fields]
    offered = {one["value"] for kind in groups for one in kind.config["options"]}
    assert len(fields["names"].schema.schema) == len(nearest)
    assert len(offered) == len(nearest)
    assert offered >= set(nearest[:-8])
