"""What the owner of a house does with it: hear, add, look, wait."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from custom_components.mi_bms.const import DOMAIN
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, State
from homeassistant.data_entry_flow import section
from homeassistant.helpers import entity_registry as er
from tests.world.peripheral import Peripheral

from .air import Air
from .clock import Clock

type Result = Mapping[str, Any]


class Home:
    """Hold a house."""

    def __init__(self, hass: HomeAssistant, clock: Clock, air: Air) -> None:
        """Take what it is made of."""
        self.hass, self.clock, self.air = hass, clock, air

    # --- flows -----------------------------------------------------------------------------

    def flows(self, address: str | None = None) -> list[Result]:
        """Return our flows that wait for an answer, of all devices or of one."""
        return [
            flow
            for flow in self.hass.config_entries.flow.async_progress_by_handler(DOMAIN)
            if address in {None, flow["context"].get("unique_id")}
        ]

    async def start(self) -> Result:
        """Choose "add device"."""
        return await self.clock.wait(
            self.hass.config_entries.flow.async_init(DOMAIN, context={"source": "user"})
        )

    async def reconfigure(self, entry: ConfigEntry[Any]) -> Result:
        """Choose "reconfigure" of an entry."""
        context = {"source": "reconfigure", "entry_id": entry.entry_id}
        return await self.clock.wait(
            self.hass.config_entries.flow.async_init(DOMAIN, context=context)
        )

    async def options(
        self, entry: ConfigEntry[Any], step: str | None = "reading"
    ) -> Result:
        """Choose "configure" of an entry, and a step of its menu if it has that one."""
        flows = self.hass.config_entries.options
        flow = await self.clock.wait(flows.async_init(entry.entry_id))
        if step not in flow.get("menu_options", ()):
            return flow
        chosen = {"next_step_id": step}
        return await self.clock.wait(flows.async_configure(flow["flow_id"], chosen))

    async def forget_keys(self) -> Result:
        """Choose "add device", and there to forget keys."""
        return await self.choose(
            await self.choose(await self.start(), "kept_keys"), "forget_keys"
        )

    async def set_options(self, flow: Result, data: dict[str, Any]) -> Result:
        """Send a form of the options, its sections as they are; the entry is loaded anew."""
        fields = flow["data_schema"].schema
        filled: dict[str, Any] = {}
        for key, kind in fields.items():
            if isinstance(kind, section):
                inside = {str(one) for one in kind.schema.schema} & data.keys()
                filled[str(key)] = {one: data[one] for one in inside}
        inside = {one for fields in filled.values() for one in fields}
        filled |= {one: value for one, value in data.items() if one not in inside}
        done = await self.clock.wait(
            self.hass.config_entries.options.async_configure(flow["flow_id"], filled)
        )
        await self.clock.settle()
        return done

    async def answer(self, flow: Result, data: dict[str, Any] | None = None) -> Result:
        """Send a form; of a card that offers all that are heard, this one is taken."""
        if (
            flow.get("step_id") == "found"
            and data is not None
            and "next_step_id" not in data
        ):
            flow = await self.choose(flow, "add_one")
            if not data or flow["type"] != "form":
                return flow
        flow = await self.send(flow, data)
        if flow.get("step_id") == "reading":
            flow = await self.read(flow)
        # Whoever answers a form of a battery means that one.
        return await self.send(flow, {}) if flow.get("step_id") == "is_it" else flow

    async def send(self, flow: Result, data: dict[str, Any] | None = None) -> Result:
        """Send a form, and nothing else."""
        return await self.clock.wait(
            self.hass.config_entries.flow.async_configure(flow["flow_id"], data)
        )

    async def read(self, flow: Result) -> Result:
        """Wait until a battery was read, and look at what came of it."""
        flows = self.hass.config_entries.flow
        wanted = flow["flow_id"]

        def ended() -> bool:
            steps = {one["flow_id"]: one["step_id"] for one in flows.async_progress()}
            return steps.get(wanted) != "reading"

        await self.clock.until(ended, 600)
        return await self.send(flow)

    async def choose(self, flow: Result, step: str) -> Result:
        """Choose from a menu."""
        return await self.answer(flow, {"next_step_id": step})

    async def discover(self, device: Peripheral) -> Result:
        """Let a device be heard and give the form of its flow."""
        if device.address not in self.air.devices:
            self.air.add(device)
        self.shout(device)
        await self.clock.until(lambda: self.flows(device.address))
        return await self.answer(self.flows(device.address)[0])

    async def ask_key(self, device: Peripheral) -> Result:
        """Let a device be heard and give the form for its key."""
        return await self.choose(await self.discover(device), "key")

    def read_at(self, device: Peripheral) -> datetime | None:
        """Return when a battery was last read."""
        entries = self.hass.config_entries.async_entries(DOMAIN)
        entry = next(one for one in entries if one.unique_id == device.address)
        read: datetime | None = entry.runtime_data.read_at
        return read

    # --- devices -----------------------------------------------------------------------------

    def shout(self, *devices: Peripheral) -> None:
        """Let devices send one advert each."""
        for device in devices:
            self.air.shout(device)

    async def listen(self, device: Peripheral, times: int, every: float = 1.0) -> None:
        """Hear a device several times."""
        for _ in range(times):
            await self.clock.run(every)
            self.shout(device)
            await self.clock.settle()

    async def add(
        self, device: Peripheral, data: dict[str, Any] | None = None
    ) -> ConfigEntry[Any]:
        """Hear a device and add it with the answer to its one form."""
        form = await self.discover(device)
        if data is None:
            key = getattr(device, "key", None)
            data = {"key": key} if key else {}
        if form["step_id"] == "key_ways" and not data:
            data = {"next_step_id": "keyless"}
        elif form["step_id"] == "key_ways":
            form = await self.choose(form, "key")
        done = await self.answer(form, data)
        if done.get("step_id") == "unchecked":
            done = await self.answer(done, {})
        if done.get("step_id") == "offer":
            done = await self.choose(done, "without_dashboard")
        assert done["type"] == "create_entry", done
        await self.clock.settle()
        entry: ConfigEntry[Any] = done["result"]
        return entry

    # --- entities ------------------------------------------------------------------------------

    def entity_id(self, device: Peripheral, field: str) -> str | None:
        """Return the entity of a field of a device."""
        wanted = f"{device.address}-{field}"
        registry = er.async_get(self.hass)
        return next(
            (
                one.entity_id
                for one in registry.entities.values()
                if one.platform == DOMAIN and one.unique_id == wanted
            ),
            None,
        )

    def state(self, device: Peripheral, field: str) -> State:
        """Return the state of a field of a device."""
        entity_id = self.entity_id(device, field)
        assert entity_id is not None, f"no entity for {field}"
        state = self.hass.states.get(entity_id)
        assert state is not None, f"no state for {field}"
        return state

    def value(self, device: Peripheral, field: str) -> str:
        """Return the shown value of a field of a device."""
        return self.state(device, field).state
