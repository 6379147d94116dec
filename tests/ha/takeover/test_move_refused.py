"""A move that does not fit what there is: refused in a word before anything is changed, or undone."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.mi_bms.proto.takeover.journal import OrderState
from custom_components.mi_bms.proto.takeover.model import MovePlan
from custom_components.mi_bms.takeover.check import Refused
from custom_components.mi_bms.takeover.give_back import async_content, async_give_back
from custom_components.mi_bms.takeover.journal import order_of
from custom_components.mi_bms.takeover.move import async_begin
from homeassistant.config_entries import ConfigEntryDisabler, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.device_registry import DeviceInfo
from tests.ha.home import Home

from .registers import devices, plan_of, rows
from .stub import DOMAIN, OldReader, measured
from .test_move import ADDRESS, made

TOLD = {
    f"old-{key}": measured(key.title(), 20.5) for key in ("temperature", "humidity")
}


@pytest.fixture
def reader(home: Home) -> Iterator[OldReader]:
    info = DeviceInfo(
        identifiers={(DOMAIN, ADDRESS)},
        connections={(dr.CONNECTION_BLUETOOTH, ADDRESS)},
        name="Attic",
    )
    reader = OldReader(home.hass, info)
    yield reader
    reader.close()


@pytest.fixture
async def peer(reader: OldReader) -> MockConfigEntry:
    return await reader.install(TOLD, unique_id=ADDRESS)


@pytest.fixture
def plan(home: Home, peer: MockConfigEntry) -> MovePlan:
    return plan_of(
        home.hass, peer, ADDRESS, lambda row: row.unique_id.removeprefix("old-")
    )


def registry_of(hass: HomeAssistant) -> er.EntityRegistry:
    return er.async_get(hass)


def remove_row(hass: HomeAssistant, plan: MovePlan) -> None:
    registry_of(hass).async_remove(plan.rulings[0].old.entity_id)


def other_unique_id(hass: HomeAssistant, plan: MovePlan) -> None:
    registry_of(hass).async_update_entity(
        plan.rulings[0].old.entity_id, new_unique_id="another"
    )


def taken_by_others(hass: HomeAssistant, plan: MovePlan) -> None:
    other = MockConfigEntry(domain="mi_bms", unique_id="A4:C1:38:00:00:01")
    other.add_to_hass(hass)
    registry_of(hass).async_get_or_create(
        "sensor", "mi_bms", f"{ADDRESS}-temperature", config_entry=other
    )


def with_parts(hass: HomeAssistant, plan: MovePlan) -> None:
    dr.async_get(hass).async_get_or_create_child(
        config_entry_id=plan.peer_entry,
        parent_device_id=plan.device_id,
        identifiers={(DOMAIN, "part")},
        name="Part",
    )


def without_device(hass: HomeAssistant, plan: MovePlan) -> None:
    dr.async_get(hass).async_remove_device(plan.device_id)


def older_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(er.EntityRegistry, "async_update_entity_platform")


@pytest.mark.parametrize(
    ("word", "happens"),
    [
        ("row_gone", remove_row),
        ("row_changed", other_unique_id),
        ("taken", taken_by_others),
        ("has_parts", with_parts),
        ("device_gone", without_device),
    ],
)
async def test_what_has_changed_meanwhile(
    home: Home,
    peer: MockConfigEntry,
    plan: MovePlan,
    word: str,
    happens: Callable[[HomeAssistant, MovePlan], None],
) -> None:
    happens(home.hass, plan)
    await home.clock.settle()
    before = rows(home.hass, peer), devices(home.hass, peer)
    with pytest.raises(Refused) as refused:
        await home.clock.wait(async_begin(home.hass, plan, made=True))
    assert refused.value.word == word
    assert (peer.state, peer.disabled_by) == (ConfigEntryState.LOADED, None)
    assert (rows(home.hass, peer), devices(home.hass, peer)) == before
    assert order_of(home.hass, ADDRESS) is None


async def test_a_peer_that_is_gone(
    home: Home, peer: MockConfigEntry, plan: MovePlan
) -> None:
    await home.hass.config_entries.async_remove(peer.entry_id)
    with pytest.raises(Refused, match="peer_gone"):
        await home.clock.wait(async_begin(home.hass, plan, made=True))


async def test_two_for_one(home: Home, plan: MovePlan) -> None:
    first, second = plan.rulings
    twice = replace(plan, rulings=(first, replace(second, ours=first.ours)))
    with pytest.raises(Refused, match="taken"):
        await home.clock.wait(async_begin(home.hass, twice, made=True))


async def test_an_older_home(
    home: Home, plan: MovePlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    older_home(monkeypatch)
    with pytest.raises(Refused, match="too_old"):
        await home.clock.wait(async_begin(home.hass, plan, made=True))


async def test_ours_is_gone_off_or_something_else(home: Home, plan: MovePlan) -> None:
    with pytest.raises(Refused, match="ours_gone"):
        await home.clock.wait(async_begin(home.hass, plan, made=False))
    told = {"unique_id": ADDRESS, "data": {"kind": "output", "address": ADDRESS}}
    ours = MockConfigEntry(domain="mi_bms", **told)
    ours.add_to_hass(home.hass)
    with pytest.raises(Refused, match="other_kind"):
        await home.clock.wait(async_begin(home.hass, plan, made=False))
    await home.hass.config_entries.async_remove(ours.entry_id)
    off = {"kind": "sensor", "address": ADDRESS}
    MockConfigEntry(
        domain="mi_bms",
        unique_id=ADDRESS,
        data=off,
        disabled_by=ConfigEntryDisabler.USER,
    ).add_to_hass(home.hass)
    with pytest.raises(Refused, match="ours_off"):
        await home.clock.wait(async_begin(home.hass, plan, made=False))


async def test_a_peer_that_does_not_let_go(
    home: Home, reader: OldReader, peer: MockConfigEntry, plan: MovePlan
) -> None:
    reader.stuck = True
    with pytest.raises(Refused, match="not_unloaded"):
        await home.clock.wait(async_begin(home.hass, plan, made=True))
    assert peer.disabled_by is None
    assert order_of(home.hass, ADDRESS) is None


async def test_a_disk_that_cannot_be_written(
    home: Home, peer: MockConfigEntry, plan: MovePlan, tmp_path: Path
) -> None:
    (tmp_path / ".storage").write_text("in the way")
    home.hass.config.config_dir = str(tmp_path)
    with pytest.raises(Refused, match="not_written"):
        await home.clock.wait(async_begin(home.hass, plan, made=True))
    assert (peer.state, peer.disabled_by) == (ConfigEntryState.LOADED, None)
    assert order_of(home.hass, ADDRESS) is None


@pytest.mark.parametrize("at", range(3))  # two rows and the device
async def test_an_error_on_the_way_undoes_all(
    home: Home,
    peer: MockConfigEntry,
    plan: MovePlan,
    at: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = rows(home.hass, peer), devices(home.hass, peer)
    calls = 0

    def failing(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            nonlocal calls
            if "new_config_entry_id" in kwargs:
                calls += 1
                if calls == at + 1:
                    raise ValueError("out of order")
            return real(*args, **kwargs)

        return call

    for owner, name in (
        (er.EntityRegistry, "async_update_entity_platform"),
        (dr.DeviceRegistry, "async_update_device"),
    ):
        real = getattr(owner, name)
        # The signature is what is probed.
        wrapper = failing(real)
        wrapper.__wrapped__ = real  # type: ignore[attr-defined]
        monkeypatch.setattr(owner, name, wrapper)
    ours = await made(home, plan)
    await home.clock.settle()

    assert ours.state is ConfigEntryState.LOADED
    assert (peer.state, peer.disabled_by) == (ConfigEntryState.LOADED, None)
    assert calls > at
    order = order_of(home.hass, ADDRESS)
    assert order is not None
    assert (order.state, order.word) == (OrderState.FAILED, "failed")
    assert (rows(home.hass, peer), devices(home.hass, peer)) == before


async def test_nothing_to_give_back(home: Home, peer: MockConfigEntry) -> None:
    with pytest.raises(Refused, match="not_moved"):
        await home.clock.wait(async_give_back(home.hass, peer))
    with pytest.raises(Refused, match="not_moved"):
        await home.clock.wait(async_content(home.hass, peer))


async def test_moved_once_is_enough(
    home: Home, peer: MockConfigEntry, plan: MovePlan
) -> None:
    ours = await made(home, plan)
    with pytest.raises(Refused, match="not_settled"):
        await home.clock.wait(async_content(home.hass, ours))
    await home.clock.run(210)
    with pytest.raises(Refused, match="moved_before"):
        await home.clock.wait(async_begin(home.hass, plan, made=False))


async def test_content(home: Home, peer: MockConfigEntry, plan: MovePlan) -> None:
    ours = await made(home, plan)
    await home.clock.run(210)
    moved = rows(home.hass, ours)
    await home.clock.wait(async_content(home.hass, ours))
    (left,) = home.hass.config_entries.async_entries(DOMAIN)
    assert (left.source, left.unique_id) == ("ignore", ADDRESS)
    assert rows(home.hass, ours) == moved
    order = order_of(home.hass, ADDRESS)
    assert order is not None
    assert order.state is OrderState.CONTENT
    with pytest.raises(Refused, match="not_moved"):
        await home.clock.wait(async_give_back(home.hass, ours))


async def test_our_entry_is_removed(
    home: Home, peer: MockConfigEntry, plan: MovePlan
) -> None:
    before = rows(home.hass, peer), devices(home.hass, peer)
    ours = await made(home, plan)
    await home.clock.wait(home.hass.config_entries.async_remove(ours.entry_id))
    await home.clock.run(210)
    assert (rows(home.hass, peer), devices(home.hass, peer)) == before
    assert peer.state is ConfigEntryState.LOADED
    assert order_of(home.hass, ADDRESS) is None


async def test_what_cannot_be_given_back_now(
    home: Home,
    peer: MockConfigEntry,
    plan: MovePlan,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ours = await made(home, plan)

    def fail(*_args: Any, **_kwargs: Any) -> None:
        raise ValueError("out of order")

    monkeypatch.setattr(er.EntityRegistry, "async_update_entity_platform", fail)
    await home.clock.wait(home.hass.config_entries.async_remove(ours.entry_id))
    await home.clock.run(210)
    # The peer goes on, and the next start tries again.
    assert (peer.state, peer.disabled_by) == (ConfigEntryState.LOADED, None)
    order = order_of(home.hass, ADDRESS)
    assert order is not None
    assert order.state is OrderState.RETURNING


async def test_a_peer_that_was_off(
    home: Home, peer: MockConfigEntry, plan: MovePlan
) -> None:
    await home.clock.wait(
        home.hass.config_entries.async_set_disabled_by(
            peer.entry_id, ConfigEntryDisabler.USER
        )
    )
    before = rows(home.hass, peer), devices(home.hass, peer)
    ours = await made(home, plan)
    assert {row["disabled_by"] for row in rows(home.hass, ours).values()} >= {None}
    await home.clock.run(210)
    await home.clock.wait(async_give_back(home.hass, ours))
    await home.clock.run(30)
    assert peer.disabled_by is ConfigEntryDisabler.USER
    assert (rows(home.hass, peer), devices(home.hass, peer)) == before
