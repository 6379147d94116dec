"""What is watched while a stranger sends: values, events, entities, questions, what is fired."""

from collections.abc import Iterable
from typing import Any

from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.mi_bms.const import DOMAIN
from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE, MATCH_ALL
from homeassistant.core import Event, callback
from homeassistant.helpers import entity_registry as er, issue_registry as ir
from tests.world import ad

from ..air import Air
from ..home import Home
from .forger import Frame, Victim

QUIET = ("_signal_strength", "_last_seen", "_lost_packets_air", "_key")
CORE = {
    "state_changed", "state_reported", "service_registered", "call_service", "component_loaded",
    "entity_registry_updated", "device_registry_updated", "core_config_updated",
    "repairs_issue_registry_updated", "homeassistant_final_write", "data_entry_flow_progress_update",
    "persistent_notifications_updated", "service_executed", "service_removed", "panels_updated",
}  # fmt: skip


class Watch:
    """Hold one sensor's entry and note whatever becomes of it."""

    def __init__(self, home: Home, victim: Victim, data: dict[str, Any] | None = None):
        """Take what its entry holds."""
        self.home, self.victim = home, victim
        self.count = 70_000
        self.said: list[Frame] = []
        self.changes: list[tuple[str, str, dict[str, Any]]] = []
        self.fired: list[tuple[str, Any]] = []
        base = {
            "kind": "sensor",
            "address": victim.address,
            "product": victim.product,
            "model": None,
            "key": victim.key.hex(),
        }
        self.entry = MockConfigEntry(
            domain=DOMAIN,
            unique_id=victim.address,
            title=victim.name,
            data=base | (data or {}),
            # A value that waits a minute is one that nobody sees come.
            options={"every_change": True},
        )
        self._stop = home.hass.bus.async_listen(MATCH_ALL, self._note)

    @callback
    def _note(self, event: Event[Any]) -> None:
        if event.event_type == "state_changed":
            new, old = event.data["new_state"], event.data["old_state"]
            name = event.data["entity_id"]
            if new is None or name.endswith(QUIET) or name not in self.entities():
                return
            before = old.state if old else None
            if new.domain == "event":
                if new.state == before or not new.state[:1].isdigit():
                    return
                self.fired.append((name, dict(new.attributes).get("event_type")))
            elif new.state not in {before, "unavailable", "unknown"}:
                self.changes.append((name, new.state, {"before": before}))
        elif event.event_type not in CORE:
            self.fired.append((str(event.event_type), dict(event.data)))

    def entities(self) -> set[str]:
        registry = er.async_get(self.home.hass)
        return {
            one.entity_id
            for one in er.async_entries_for_config_entry(registry, self.entry.entry_id)
        }

    def states(self) -> dict[str, str]:
        found = {}
        for one in self.entities():
            state = self.home.hass.states.get(one)
            if state and not one.endswith(QUIET):
                found[one] = state.state
        return found

    def key_state(self) -> str | None:
        for one in self.entities():
            if one.endswith("_key") and (state := self.home.hass.states.get(one)):
                return state.state
        return None

    def forget(self) -> None:
        self.changes.clear()
        self.fired.clear()

    async def set_up(self) -> None:
        self.entry.add_to_hass(self.home.hass)
        await self.home.clock.wait(
            self.home.hass.config_entries.async_setup(self.entry.entry_id)
        )
        await self.home.clock.run(1)

    async def reload(self) -> None:
        await self.home.clock.wait(
            self.home.hass.config_entries.async_reload(self.entry.entry_id)
        )
        await self.home.clock.run(1)

    async def hear(
        self, frame: Frame, after: float = 0.5, air: Air | None = None
    ) -> None:
        await self.home.clock.run(after)
        (air or self.home.air).hear(self.victim.address, ad.service_data16(*frame))
        await self.home.clock.settle()

    async def raw(self, structures: bytes, after: float = 0.5) -> None:
        await self.home.clock.run(after)
        self.home.air.hear(self.victim.address, structures)
        await self.home.clock.settle()

    async def genuine(self, objects: bytes, after: float = 10.0) -> Frame:
        """Let the sensor say something."""
        self.count += 1
        frame = self.victim.frame(objects, self.count)
        self.said.append(frame)
        await self.hear(frame, after)
        return frame

    async def lives(self, rounds: int = 3, every: float = 10.0) -> None:
        """Let the sensor say all it can."""
        for _ in range(rounds):
            for objects in (*self.victim.states, *self.victim.events):
                await self.genuine(objects, every)

    def questions(self) -> list[str]:
        asked = [
            flow["context"]["source"]
            for flow in self.home.flows()
            if flow["context"]["source"] == "reauth"
        ]
        issues: Iterable[ir.IssueEntry] = ir.async_get(self.home.hass).issues.values()
        return asked + [
            str(one.translation_key)
            for one in issues
            if one.domain == DOMAIN and one.active
        ]

    async def flush(self) -> None:
        self.home.hass.bus.async_fire(EVENT_HOMEASSISTANT_FINAL_WRITE)
        await self.home.clock.settle()
