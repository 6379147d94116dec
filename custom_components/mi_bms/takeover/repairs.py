"""Repairs of moves, and of devices that two integrations read: they come and go by themselves.

What is wrong is looked for as a whole, a moment after anything has changed that it depends on.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from homeassistant.config_entries import (
    SIGNAL_CONFIG_ENTRY_CHANGED,
    ConfigEntry,
    ConfigEntryDisabler,
)
from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er, issue_registry as ir
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.event import async_call_later, async_track_time_interval
from homeassistant.helpers.start import async_at_started
from homeassistant.util import dt as dt_util

from ..const import CONF_BESIDE, DOMAIN
from ..entries import entry_of, name_of
from ..proto.model.address import parse_address
from ..proto.takeover.journal import Order, OrderState
from ..proto.takeover.model import Recipe
from ..proto.takeover.peers import PEERS
from .find import Found, async_found
from .journal import CHANGED, orders
from .told import async_reason, async_told_triggers, title_of
from .uses import async_broken_triggers

ACTIVE: Final = "moved_active"
STUB: Final = "moved_stub"
UNFINISHED: Final = "moved_unfinished"
SILENT: Final = "triggers_silent"
BOTH: Final = "both_read"
_KEYS: Final = (ACTIVE, STUB, UNFINISHED, SILENT, BOTH)

_SOON: Final = 10.0  # s
_EVERY: Final = timedelta(minutes=10)
# Who has just added a device beside another one knows.
_FRESH: Final = timedelta(minutes=5)
_LONG: Final = (
    600.0  # s; a move takes seconds, and minutes until it is surely on the disk
)
_RELOADED: Final = "automation_reloaded"


class _Issue(NamedTuple):
    """One repair that is shown now."""

    key: str
    address: str
    told: dict[str, str]

    @property
    def issue_id(self) -> str:
        """Return its id; of devices that two read there is one for all."""
        return f"{self.key}_{self.address}" if self.address else self.key


@callback
def async_watch_moves(hass: HomeAssistant) -> None:
    """Look after moves as soon as Home Assistant has started."""
    due: list[CALLBACK_TYPE] = []

    async def look(_now: datetime) -> None:
        due.clear()
        await _async_look(hass)

    @callback
    def changed(*_what: Any) -> None:
        if not due:
            job = HassJob(look, cancel_on_shutdown=True)
            due.append(async_call_later(hass, _SOON, job))

    @callback
    def is_switched(data: er.EventEntityRegistryUpdatedData) -> bool:
        return data["action"] == "update" and "disabled_by" in data["changes"]

    @callback
    def started(_hass: HomeAssistant) -> None:
        async_dispatcher_connect(hass, SIGNAL_CONFIG_ENTRY_CHANGED, changed)
        async_dispatcher_connect(hass, CHANGED, changed)
        hass.bus.async_listen(_RELOADED, changed)
        hass.bus.async_listen(
            er.EVENT_ENTITY_REGISTRY_UPDATED, changed, event_filter=is_switched
        )
        async_track_time_interval(hass, changed, _EVERY, cancel_on_shutdown=True)
        changed()

    async_at_started(hass, started)


async def _async_look(hass: HomeAssistant) -> None:
    """Show what is wrong now, and nothing else."""
    issues = [
        issue
        for address, order in orders(hass).items()
        for issue in await _async_issues_of(hass, address, order)
    ]
    if both := async_both(hass):
        issues.append(await _async_issue_of_both(hass, both))
    shown = {one.issue_id for one in issues}
    for domain, issue_id in [*ir.async_get(hass).issues]:
        if domain == DOMAIN and issue_id.startswith(_KEYS) and issue_id not in shown:
            ir.async_delete_issue(hass, DOMAIN, issue_id)
    for one in issues:
        ir.async_create_issue(
            hass,
            DOMAIN,
            one.issue_id,
            is_fixable=one.key != SILENT,
            data={"address": one.address},
            severity=ir.IssueSeverity.WARNING,
            translation_key=one.key,
            translation_placeholders=one.told,
        )


async def _async_issues_of(
    hass: HomeAssistant, address: str, order: Order
) -> list[_Issue]:
    entry = entry_of(hass, address)
    told = {
        "name": name_of(hass, entry) if entry else address,
        "peer": title_of(order.plan),
    }
    issues = []
    if order.moved and active_again(hass, order):
        issues.append(_Issue(ACTIVE, address, told))
    if order.moved and (stubs := switched_on(hass, order)):
        count = {"count": str(len(stubs))}
        issues.append(_Issue(STUB, address, told | count))
    if _is_stuck(order):
        why = {"why": await async_reason(hass, order)}
        issues.append(_Issue(UNFINISHED, address, told | why))
    broken = async_broken_triggers(hass, order.plan) if order.moved else []
    if broken:
        text = await async_told_triggers(hass, broken)
        issues.append(_Issue(SILENT, address, told | {"triggers": text}))
    return issues


def _is_stuck(order: Order) -> bool:
    if order.state is OrderState.FAILED:
        return True
    age = dt_util.utcnow().timestamp() - order.since
    return order.state in {OrderState.ORDERED, OrderState.RETURNING} and age > _LONG


@callback
def active_again(hass: HomeAssistant, order: Order) -> list[ConfigEntry[Any]]:
    """Return the entries with which the other one reads a device again that was moved."""
    if order.plan.recipe is not Recipe.OWN:
        return []
    entries = hass.config_entries.async_entries(
        order.plan.peer, include_ignore=False, include_disabled=False
    )
    return [
        one
        for one in entries
        if one.entry_id == order.plan.peer_entry
        or parse_address(str(one.unique_id or "")) == order.plan.address
    ]


@callback
def switched_on(hass: HomeAssistant, order: Order) -> list[str]:
    """Return the entities that keep the places of moved ones and are no longer switched off."""
    peer = PEERS.get(order.plan.peer)
    if peer is None or peer.recipe is not Recipe.SHARED:
        return []
    registry = er.async_get(hass)
    found = (
        registry.async_get_entity_id(one.old.domain, peer.platform, one.old.unique_id)
        for one in order.plan.moving
    )
    rows = (registry.async_get(one) for one in found if one)
    return [one.entity_id for one in rows if one and one.disabled_by is None]


@callback
def async_switch_off(hass: HomeAssistant, order: Order) -> None:
    """Switch the entities off that keep the places of moved ones."""
    registry = er.async_get(hass)
    for entity_id in switched_on(hass, order):
        registry.async_update_entity(
            entity_id, disabled_by=er.RegistryEntryDisabler.USER
        )


async def async_switch_entries_off(hass: HomeAssistant, order: Order) -> None:
    """Switch the entries off with which the other one reads a moved device."""
    for entry in active_again(hass, order):
        await hass.config_entries.async_set_disabled_by(
            entry.entry_id, ConfigEntryDisabler.USER
        )


# --- devices that two read -------------------------------------------------------------------


@callback
def async_both(hass: HomeAssistant) -> list[Found]:
    """Return the devices that another integration reads, too, without somebody having wanted that."""
    now, moves = dt_util.utcnow(), orders(hass)
    return [
        one
        for one in async_found(hass)
        if one.certain
        and one.address not in moves
        and _is_read_there(hass, one)
        and _is_read_here(entry_of(hass, one.address), now)
    ]


def _is_read_there(hass: HomeAssistant, found: Found) -> bool:
    entry = hass.config_entries.async_get_entry(found.entry_id)
    return entry is not None and entry.disabled_by is None


def _is_read_here(entry: ConfigEntry[Any] | None, now: datetime) -> bool:
    if entry is None or entry.disabled_by is not None or entry.data.get(CONF_BESIDE):
        return False
    return now - entry.created_at > _FRESH


async def _async_issue_of_both(hass: HomeAssistant, both: list[Found]) -> _Issue:
    lines = "\n".join(f"- {one}" for one in dict.fromkeys(_both_lines(hass, both)))
    addresses = {one.address for one in both}
    return _Issue(BOTH, "", {"count": str(len(addresses)), "devices": lines})


def _both_lines(hass: HomeAssistant, both: list[Found]) -> Iterator[str]:
    for one in both:
        entry = entry_of(hass, one.address)
        yield f"{name_of(hass, entry) if entry else one.address}: {one.peer.title}"


@callback
def async_leave_all_beside(hass: HomeAssistant) -> None:
    """Remember of all devices that two read that it is meant so."""
    for one in async_both(hass):
        if entry := entry_of(hass, one.address):
            async_leave_beside(hass, entry)


@callback
def async_leave_beside(hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
    """Remember that another integration is meant to read a device, too."""
    data = {**entry.data, CONF_BESIDE: True}
    hass.config_entries.async_update_entry(entry, data=data)
