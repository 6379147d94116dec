"""A house that another integration reads already, seen from outside: what a user can see and do."""

from collections.abc import Iterable
from typing import Any, Final

import attr
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.mi_bms.const import DOMAIN
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from tests.world.devices import KINDS
from tests.world.devices.beacon import Beacon

from ..home import Home, Result

PEER: Final = "xiaomi_ble"
ADDRESS: Final = "A4:C1:38:00:05:5B"
KEY: Final = "5b0500112233445566778899aabbcc01"
# What says only when a row was written, and what Home Assistant notes of each change itself.
STAMPS: Final = {"created_at", "modified_at", "_cache", "previous_unique_id"}
KEPT: Final = (
    "id",
    "entity_id",
    "name",
    "icon",
    "area_id",
    "labels",
    "aliases",
    "categories",
    "hidden_by",
    "disabled_by",
    "options",
)

type Rows = dict[str, dict[str, Any]]


def thermometer(address: str = ADDRESS, key: str = KEY) -> Beacon:
    """Make a thermometer that encrypts."""
    device: Beacon = KINDS["LYWSD03MMC"](address=address, key=key)
    return device


async def read_there(
    home: Home, device: Beacon, peer: str = PEER, times: int = 6
) -> MockConfigEntry:
    """Let the other integration read a device, until it shows its values."""
    data = {"bindkey": device.key} if getattr(device, "key", None) else {}
    entry = MockConfigEntry(
        domain=peer, unique_id=device.address, title="Old name", data=data
    )
    entry.add_to_hass(home.hass)
    await home.clock.wait(home.hass.config_entries.async_setup(entry.entry_id))
    if device.address not in home.air.devices:
        home.air.add(device)
    await home.listen(device, times)
    return entry


def plain(one: Any) -> dict[str, Any]:
    """Return what a row of a registry holds, without when it was written."""
    return {
        field.name: getattr(one, field.name)
        for field in attr.fields(type(one))
        if field.name not in STAMPS
    }


def entity_rows(hass: HomeAssistant, entry_id: str | None = None) -> Rows:
    """Return the entities of the house, or of an entry, by row id."""
    return {
        one.id: plain(one)
        for one in er.async_get(hass).entities.values()
        if entry_id in {None, one.config_entry_id}
    }


def devices(hass: HomeAssistant) -> Rows:
    """Return the devices of the house."""
    return {one.id: plain(one) for one in dr.async_get(hass).devices}


def entries(hass: HomeAssistant) -> Rows:
    """Return the entries of the house."""
    return {
        one.entry_id: {
            "domain": one.domain,
            "title": one.title,
            "data": {**one.data},
            "options": {**one.options},
            "unique_id": one.unique_id,
            "disabled_by": one.disabled_by,
            "state": one.state,
        }
        for one in hass.config_entries.async_entries()
    }


def house(hass: HomeAssistant) -> dict[str, Rows]:
    """Return everything that a move may change, and a way back has to restore."""
    return {
        "entities": entity_rows(hass),
        "devices": devices(hass),
        "entries": entries(hass),
    }


def kept(row: dict[str, Any]) -> dict[str, Any]:
    """Return what a user may have chosen of an entity; what an integration suggests is not his."""
    options = {
        domain: {one: what for one, what in chosen.items() if "suggested" not in one}
        for domain, chosen in row["options"].items()
    }
    return {part: row[part] for part in KEPT} | {"options": options}


def customise(hass: HomeAssistant, rows: Iterable[str]) -> None:
    """Give each entity something of its own, as users do."""
    registry = er.async_get(hass)
    for number, name in enumerate(rows):
        registry.async_update_entity(
            name,
            new_entity_id=f"{name.partition('.')[0]}.mine_{number}",
            name=f"Mine {number}",
            icon="mdi:star",
            labels={f"label_{number}"},
            aliases=[f"alias {number}"],
            categories={"helpers": f"c{number}"},
            hidden_by=er.RegistryEntryHider.USER if number % 2 else None,
        )
        registry.async_update_entity_options(
            f"{name.partition('.')[0]}.mine_{number}",
            "sensor",
            {"display_precision": number},
        )


def names(hass: HomeAssistant, entry: ConfigEntry[Any]) -> list[str]:
    """Return the entity ids of an entry."""
    return sorted(
        one.entity_id
        for one in er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    )


def ours(hass: HomeAssistant, address: str = ADDRESS) -> ConfigEntry[Any] | None:
    """Return our entry of an address."""
    return hass.config_entries.async_entry_for_domain_unique_id(DOMAIN, address)


def unique(hass: HomeAssistant) -> None:
    """Check that no two entities are the same one."""
    seen = [
        (one.domain, one.platform, one.unique_id)
        for one in er.async_get(hass).entities.values()
    ]
    assert len(seen) == len(set(seen))
    places = [(one.id, one.entity_id) for one in er.async_get(hass).entities.values()]
    assert len({row for row, _ in places}) == len({name for _, name in places})


async def preview(home: Home, device: Beacon) -> Result:
    """Open the card of a device, and there the preview of its move."""
    home.shout(device)
    await home.clock.until(lambda: home.flows(device.address))
    flow = await home.answer(home.flows(device.address)[0])
    if flow["step_id"] == "found":
        flow = await home.choose(flow, "add_one")
    return await home.choose(flow, "move_here")


async def move(home: Home, device: Beacon) -> Result:
    """Move a device here from its card."""
    done = await home.send(await preview(home, device), {})
    await home.clock.settle()
    return done


async def standing(home: Home, step: str, address: str = ADDRESS) -> Result:
    """Choose something of what reconfiguring our entry offers."""
    entry = ours(home.hass, address)
    assert entry
    flow = await home.reconfigure(entry)
    return await home.choose(flow, step)


async def give_back(home: Home, address: str = ADDRESS) -> Result:
    """Give a device back."""
    done = await home.send(await standing(home, "give_back", address), {})
    await home.clock.run(60)
    return done


def stamps(hass: HomeAssistant) -> dict[str, Any]:
    """Return when each row of a registry was written last."""
    rows = [*er.async_get(hass).entities.values(), *dr.async_get(hass).devices]
    return {one.id: one.modified_at for one in rows}


def same(after: dict[str, Rows], before: dict[str, Rows]) -> None:
    """Check that a house is as it was; says each thing that is not."""
    faults = []
    for kind, rows in before.items():
        gone, new = rows.keys() - after[kind].keys(), after[kind].keys() - rows.keys()
        faults += [f"{kind} gone: {label(rows[row])}" for row in gone]
        faults += [f"{kind} new: {label(after[kind][row])}" for row in new]
        faults += [
            f"{label(old)} {part}: {old[part]!r} became {after[kind][row][part]!r}"
            for row, old in rows.items()
            if row in after[kind]
            for part in old
            if old[part] != after[kind][row][part]
        ]
    assert not faults, "\n".join(faults)


def label(row: dict[str, Any]) -> str:
    """Return what a row is called by people who read a failed test."""
    names = ("entity_id", "unique_id", "platform", "domain", "name", "title")
    return " ".join(str(row[one]) for one in names if row.get(one))
