"""A house for strangers: other integrations that only pretend, rows as they would leave them, and the owner's clicks."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    MockModule,
    MockPlatform,
    mock_integration,
    mock_platform,
)

from custom_components.mi_bms.const import DOMAIN
from homeassistant.components.sensor import SensorEntity
from homeassistant.config_entries import HANDLERS, ConfigEntry, ConfigFlow
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.device_registry import DeviceInfo
from tests.ha.home import Home, Result
from tests.ha.lives import RADIO
from tests.world.devices import KINDS
from tests.world.devices.beacon import Beacon

ADDRESS: Final = "54:48:E6:00:01:01"
OTHER: Final = "54:48:E6:00:01:02"
THIRD: Final = "54:48:E6:00:01:03"
# BTHome: word of the peer → number of the object, its bytes, their scale
OBJECTS: Final = {
    "temperature": (0x02, "s16", 0.01),
    "humidity": (0x03, "u16", 0.01),
    "battery": (0x01, "u8", 1),
    "voltage": (0x0C, "u16", 0.001),
    "conductivity": (0x56, "u16", 1),
    "energy": (0x0A, "u24", 0.001),
    "count": (0x09, "u8", 1),
    "pressure": (0x04, "u24", 0.01),
    "mass": (0x06, "u16", 0.01),
    "distance": (0x40, "u16", 1),
    "volume_flow_rate": (0x49, "u16", 0.001),
    "water": (0x4F, "u32", 0.001),
}
FIELDS: Final = {"mass": "weight", "volume_flow_rate": "flow_rate"}


@dataclass
class Old:
    """Be one entity of another integration."""

    key: str
    value: float | str
    unit: str | None = None
    device_class: str | None = None
    state_class: str | None = "measurement"
    unique_id: str = ""
    more: Mapping[str, Any] = field(default_factory=dict)


class OldSensor(SensorEntity):
    """Show one value of another integration."""

    _attr_has_entity_name = True
    _attr_should_poll = False

    def __init__(self, old: Old, device: DeviceInfo) -> None:
        self.old = old
        self._attr_unique_id = old.unique_id
        self._attr_name = old.key
        self._attr_native_value = old.value
        self._attr_native_unit_of_measurement = old.unit
        self._attr_device_class = old.device_class  # type: ignore[assignment]
        self._attr_state_class = old.state_class  # type: ignore[assignment]
        self._attr_device_info = device
        for name, value in old.more.items():
            setattr(self, f"_attr_{name}", value)


class Peers:
    """Hold the other integrations of a house."""

    def __init__(self, home: Home, monkeypatch: Any) -> None:
        self.home, self.hass, self._patch = home, home.hass, monkeypatch
        self.made: dict[str, list[OldSensor]] = {}
        self.plans: dict[str, list[tuple[DeviceInfo, list[Old]]]] = {}
        self.unloads: Callable[[ConfigEntry[Any]], bool] = lambda _: True

    def integration(self, domain: str) -> None:
        """Let an integration be installed."""

        async def begin(hass: HomeAssistant, entry: ConfigEntry[Any]) -> bool:
            await hass.config_entries.async_forward_entry_setups(entry, ["sensor"])
            return True

        async def end(hass: HomeAssistant, entry: ConfigEntry[Any]) -> bool:
            return self.unloads(
                entry
            ) and await hass.config_entries.async_unload_platforms(entry, ["sensor"])

        async def sensors(
            hass: HomeAssistant, entry: ConfigEntry[Any], add: Any
        ) -> None:
            del hass
            made = [
                OldSensor(old, info)
                for info, olds in self.plans.get(entry.entry_id, ())
                for old in olds
            ]
            self.made[entry.entry_id] = made
            add(made)

        class Flow(ConfigFlow):
            """Be the flow of an integration."""

        module = MockModule(domain, async_setup_entry=begin, async_unload_entry=end)
        mock_integration(self.hass, module)
        mock_platform(self.hass, f"{domain}.config_flow", None)
        mock_platform(
            self.hass, f"{domain}.sensor", MockPlatform(async_setup_entry=sensors)
        )
        self._patch.setitem(HANDLERS, domain, Flow)

    async def entry(
        self,
        domain: str,
        devices: list[tuple[DeviceInfo, list[Old]]],
        *,
        unique_id: str | None = None,
        title: str = "There",
        data: Mapping[str, Any] | None = None,
    ) -> MockConfigEntry:
        """Add an entry of another integration, and set it up."""
        if domain not in HANDLERS or domain not in self._seen():
            self.integration(domain)
        entry = MockConfigEntry(
            domain=domain, unique_id=unique_id, title=title, data=dict(data or {})
        )
        self.plans[entry.entry_id] = devices
        entry.add_to_hass(self.hass)
        await self.home.clock.wait(self.hass.config_entries.async_setup(entry.entry_id))
        await self.home.clock.settle()
        return entry

    def _seen(self) -> set[str]:
        found = self.hass.data["components"]
        return {
            domain for domain, module in found.items() if isinstance(module, MockModule)
        }

    async def bthome(
        self,
        address: str,
        olds: list[Old],
        title: str = "There",
        domain: str = "bthome",
    ) -> MockConfigEntry:
        """Add an entry of Home Assistant's own integration for one address."""
        for old in olds:
            old.unique_id = old.unique_id or f"{address}-{old.key}"
        ids = {("bluetooth", address)}
        info = DeviceInfo(identifiers=ids, connections=ids, name=title)
        return await self.entry(domain, [(info, olds)], unique_id=address, title=title)

    async def say(self, entry: ConfigEntry[Any], key: str, value: float | str) -> None:
        """Let an entity there have another value."""
        one = next(one for one in self.made[entry.entry_id] if one.old.key == key)
        one._attr_native_value = value
        one.async_write_ha_state()
        await self.home.clock.settle()


def device(address: str = ADDRESS, **values: float) -> Beacon:
    """Return a BTHome device that sends these values."""
    return KINDS["BTHOME_OBJECTS"](
        address=address,
        objects=[
            {
                "id": OBJECTS[key][0],
                "kind": OBJECTS[key][1],
                "field": FIELDS.get(key, key),
                "start": value,
                "scale": OBJECTS[key][2],
                "frame": str(number // 6),
            }
            for number, (key, value) in enumerate(
                sorted(values.items(), key=lambda one: OBJECTS[one[0]][0])
            )
        ],
    )


def monitored(address: str, name: str) -> tuple[DeviceInfo, list[Old]]:
    """Return a device of an integration that has all devices in one entry."""
    mac = address.replace(":", "")
    found = [
        Old("temperature", 20.5, "°C", "temperature", unique_id=f"t_{mac}"),
        Old("humidity", 51.0, "%", "humidity", unique_id=f"h_{mac}"),
    ]
    return DeviceInfo(identifiers={("ble_monitor", address)}, name=name), found


def row(hass: HomeAssistant, entity_id: str) -> er.RegistryEntry:
    """Return a row that has to be there."""
    found = er.async_get(hass).async_get(entity_id)
    assert found is not None, f"{entity_id} is gone"
    return found


def rows(hass: HomeAssistant, entry: ConfigEntry[Any]) -> dict[str, er.RegistryEntry]:
    """Return the rows of an entry by their ids."""
    found = er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    return {one.id: one for one in found}


def ours(hass: HomeAssistant, address: str = ADDRESS) -> ConfigEntry[Any]:
    """Return our entry of an address."""
    found = hass.config_entries.async_entry_for_domain_unique_id(DOMAIN, address)
    assert found is not None, "no entry of ours"
    return found


def image(hass: HomeAssistant) -> dict[str, Any]:
    """Return all rows and devices but those of Bluetooth, without the times at which they changed."""
    found: dict[str, Any] = {}
    for one in er.async_get(hass).entities.values():
        found[one.id] = {**one.extended_dict, "hidden": one.hidden_by}
    for two in list(dr.async_get(hass).devices):
        if ("bluetooth", RADIO) not in two.connections:
            pairs = ("identifiers", "connections")
            ordered = {name: sorted(two.dict_repr[name]) for name in pairs}
            found[two.id] = {**two.dict_repr, **ordered}
    for things in found.values():
        for late in ("modified_at", "created_at"):
            things.pop(late, None)
    return found


async def offer(home: Home, beacon: Beacon) -> Result:
    """Hear a device that another integration has."""
    flow = await home.discover(beacon)
    assert flow["step_id"] == "already_read", flow
    return flow


async def preview(home: Home, flow: Result) -> Result:
    """Choose to move it here."""
    shown = await home.choose(flow, "move_here")
    if shown.get("step_id") == "reading":
        shown = await home.read(shown)
    return shown


async def move(
    home: Home, beacon: Beacon, sure: Mapping[str, Any] | None = None
) -> Any:
    """Move a device here, from its card on."""
    shown = await preview(home, await offer(home, beacon))
    assert shown["step_id"] == "move_preview", shown
    done = await home.answer(shown, dict(sure or {}))
    await home.clock.settle()
    assert done["type"] in {"create_entry", "abort"}, done
    return done


async def back(home: Home, address: str = ADDRESS) -> Result:
    """Give a device back."""
    flow = await home.reconfigure(ours(home.hass, address))
    flow = await home.choose(flow, "give_back")
    assert flow["type"] == "form", flow
    done = await home.answer(flow, {})
    await home.clock.settle()
    return done


async def content(home: Home, address: str = ADDRESS) -> Result:
    """Finish a move."""
    flow = await home.reconfigure(ours(home.hass, address))
    flow = await home.choose(flow, "content")
    assert flow["type"] == "form", flow
    done = await home.answer(flow, {})
    await home.clock.settle()
    return done


async def settled(home: Home) -> None:
    """Wait until a move may be finished, and registries are written."""
    await home.clock.run(310)


def differ(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """Return what of rows and devices that were there is another now, and what is gone."""
    return {
        f"{things.get('entity_id', one)}.{name}": (value, after.get(one, {}).get(name))
        for one, things in before.items()
        for name, value in things.items()
        if after.get(one, {}).get(name) != value
    }


async def listed(home: Home) -> Result:
    """Open the list of the whole house."""
    return await home.choose(await home.start(), "take_all")


async def through(home: Home, flow: Result) -> Result:
    """Wait until a flow wants to be answered, or is over."""
    for _ in range(100):
        if flow["type"] != "progress":
            return flow
        await home.clock.run(1)
        flow = await home.send(flow, None)
    raise AssertionError(flow)


async def tick(
    home: Home, flow: Result, picked: dict[str, list[str]] | None = None
) -> Result:
    """Send the list, as it is or with these ticked, and give the preview."""
    return await through(home, await home.send(flow, picked or {}))


def offered(flow: Result) -> dict[str, list[dict[str, str]]]:
    """Return what a list offers, by field."""
    return {
        str(field): list(kind.config["options"])
        for field, kind in flow["data_schema"].schema.items()
    }
