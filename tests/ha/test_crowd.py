"""Thousands of strangers: what is offered, added and remembered of them stays bounded."""

import random
import sys
from typing import Any

import pytest

from custom_components.mi_bms import cards, keyring, newcomers
from homeassistant.config_entries import SOURCE_IGNORE
from homeassistant.helpers import issue_registry as ir

from .home import Home
from .test_keys_ring import entries, thermometer

CROWD = 20_000
CHUNK = 250


def advert(product: int, number: int) -> bytes:
    """Make a clear MiBeacon frame of a product that says 21.5 °C."""
    data = (
        bytes.fromhex("5050") + product.to_bytes(2, "little") + bytes((number & 255,))
    )
    payload = bytes.fromhex("95fe") + data + bytes(6) + bytes.fromhex("041002d700")
    return bytes((len(payload) + 1, 0x16)) + payload


def bytes_of(address: str) -> bytes:
    return bytes.fromhex(address.replace(":", ""))[::-1]


def told(address: str, product: int, number: int) -> bytes:
    return advert(product, number).replace(bytes(6), bytes_of(address))


def addresses(count: int, first: int | None = None) -> list[str]:
    chance = random.Random(8)
    found = []
    for _ in range(count):
        digits = chance.randbytes(6)
        if first is not None:
            digits = bytes((first,)) + digits[1:]
        found.append(digits.hex(":").upper())
    return found


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


@pytest.mark.parametrize(
    ("product", "most"), [(0x7FF1, cards.STRANGE_CARDS), (0x01AA, cards.CARDS)]
)
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
    hass, crowd = home.hass, addresses(cards.CARDS + cards.WAITING + 40)
    offered: set[str] = set()
    for turn in range(8):
        for number, address in enumerate(crowd):
            home.air.hear(address, told(address, 0x01AA, number + turn))
            await home.clock.settle()
        new = {one["context"]["unique_id"] for one in home.flows()}
        assert len(new) <= cards.CARDS
        assert not new & offered
        offered |= new
        for address in new:
            await hass.config_entries.flow.async_init(
                "mi_bms",
                context={"source": SOURCE_IGNORE},
                data={"unique_id": address, "title": address},
            )
    assert offered == set(crowd)


async def test_addresses_that_change_all_the_time_are_never_offered_nor_added(
    home: Home,
) -> None:
    await switch_on(home)
    crowd = addresses(20, first=0x5A) + addresses(20, first=0x1A)
    for turn in range(6):
        for address in crowd:
            home.air.hear(address, told(address, 0x01AA, turn), address_type=1)
        await home.clock.run(40)
    assert home.flows() == []
    assert entries(home) == {}
    assert home.hass.data[keyring.KEYS].everybodys_frames() == {}


async def test_ten_an_hour_are_added_and_then_it_stops_and_says_so(home: Home) -> None:
    await switch_on(home)
    crowd = addresses(40)
    for turn in range(7):
        for address in crowd:
            home.air.hear(address, told(address, 0x01AA, turn))
            await home.clock.settle()
        await home.clock.run(40)
    assert len(entries(home)) == newcomers.AN_HOUR
    issues = ir.async_get(home.hass)
    assert issues.async_get_issue("mi_bms", keyring.STOPPED)
    form = await home.choose(await home.start(), "nearby")
    fields = {str(one): one for one in form["data_schema"].schema}
    assert fields["auto_add"].default() is False
    home.hass.config_entries.flow.async_abort(form["flow_id"])
    await switch_on(home)
    assert not issues.async_get_issue("mi_bms", keyring.STOPPED)


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
            home.air.hear(address, told(address, 0x7FF1, number))
        await home.clock.settle()
    counts = containers(keys) | containers(keys._newcomers)
    with capsys.disabled():
        sys.stdout.write(f"\nafter {CROWD} addresses: {counts}\n")
    assert max(counts.values()) <= keyring.DEVICES
    await home.listen(device, 2)
    assert home.value(device, "temperature") not in {"unknown", "unavailable"}
