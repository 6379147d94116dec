"""What cards are told of one device: what it is, with its entities by role, and how it stands.

``Plan`` is what changes with a registry or an option, ``Standing`` what changes by itself. Values are in
neither: cards read the states of the entities.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import device_registry as dr

from ..const import DOMAIN
from ..texts import Words
from .roles import Cast, parts

type Plan = dict[str, Any]
type Standing = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """Who looks: in which language, and whether as an administrator."""

    words: Words
    admin: bool


def standing(word: str, *, read_at: float | None, **more: Any) -> Standing:
    """Return how a device stands; what is not said is absent."""
    return {
        "read_at": None if read_at is None else round(read_at),
        "stale_after": None,
        "standing": word,
        "cause": None,
        "remedy": None,
        "act": None,
        "until": None,
        **more,
    }


class DeviceFace[Runtime](ABC):
    """One device for one viewer; ``roles`` are those of the last plan."""

    kind: str
    # s between two times that only the time of reading is told
    told_every = 15.0

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry[Any], coordinator: Runtime
    ) -> None:
        """Take the device's entry and what it runs."""
        self.hass, self.entry, self.coordinator = hass, entry, coordinator
        self.roles: dict[str, str] = {}

    def plan(self, device: dr.AnyDeviceEntry) -> Plan:
        """Return what the device is."""
        found = parts(self.hass, self.entry)
        self.roles = roles = found[0].roles
        if design := roles.get("design_capacity"):
            roles.setdefault("capacity", design)
        return {
            "id": device.id,
            "kind": self.kind,
            "face": self.kind,
            "name": name_of_device(device) or self.entry.title,
            "area": device.area_id,
            "model": getattr(device, "model", None),
            "chemistry": None,
            "limits": None,
            "capacity": None,
            "packs": [],
            "roles": roles,
            "members": [],
            "left_out": [],
            "wiring": None,
            **self.of_kind(device, found),
        }

    @abstractmethod
    def of_kind(
        self, device: dr.AnyDeviceEntry, found: dict[int, Cast]
    ) -> dict[str, Any]:
        """Return what only devices of this kind have."""

    @abstractmethod
    def standing(self, viewer: Viewer) -> Standing:
        """Return how the device stands."""

    @abstractmethod
    def follow(self, changed: Callable[[], None]) -> CALLBACK_TYPE:
        """Call ``changed`` when the standing may be another one; return what ends that."""


def name_of_device(device: dr.AnyDeviceEntry) -> str | None:
    """Return the user's name of a device, else ours."""
    return device.name_by_user or device.name


@callback
def device_of(hass: HomeAssistant, entry: ConfigEntry[Any]) -> dr.AnyDeviceEntry | None:
    """Return the device of an entry, None where there is none (yet)."""
    return dr.async_get(hass).async_get_device_by_identifier(
        (DOMAIN, str(entry.unique_id)), entry.entry_id
    )


@callback
def children(
    hass: HomeAssistant, entry: ConfigEntry[Any]
) -> Iterator[tuple[str, dr.ChildDeviceEntry]]:
    """Yield the parts of a device by our identifiers of them."""
    registry = dr.async_get(hass)
    for device in dr.async_child_entries_for_config_entry(registry, entry.entry_id):
        for domain, identifier in device.identifiers:
            if domain == DOMAIN:
                yield identifier, device
