"""What cards are told of a battery."""

from collections.abc import Callable, Mapping
from math import isfinite
import time
from typing import Any, Final, override

from homeassistant.core import CALLBACK_TYPE
from homeassistant.helpers import device_registry as dr

from ..batteries.coordinator import BatteryCoordinator
from ..batteries.entity import pack_number
from ..proto.bms.limits import Chemistry, capacity, chemistry_of, number
from ..proto.bms.profile import Profile
from ..proto.model.fields import Field
from ..proto.model.sample import BmsSample
from ..proto.scheduler.diagnosis import Diagnosis, Remedy
from ..proto.scheduler.link_state import LinkState
from ..runtime import SHARED
from .faces import DeviceFace, Standing, Viewer, children, name_of_device, standing
from .roles import Cast, in_order
from .sentences import configure, perform, veiled

_CHEMISTRY: Final = {
    Chemistry.LFP: "lfp",
    Chemistry.LITHIUM_ION: "li_ion",
    Chemistry.LTO: "lto",
}
# What a cell is used between, in volts: the lines of a chart, not what is possible.
_LIMITS: Final[Mapping[str, tuple[float, float]]] = {
    "lfp": (2.5, 3.65),
    "li_ion": (3.0, 4.2),
    "lto": (1.8, 2.8),
}
_CALM: Final = {
    LinkState.ASLEEP: "asleep",
    LinkState.HELD: "held",
    LinkState.PAUSED: "paused",
}
# What only a form helps with, which is the administrator's.
_BY_FORM: Final = frozenset(
    {
        Remedy.ENTER_PASSWORD,
        Remedy.CHECK_PASSWORD,
        Remedy.CHECK_FAMILY,
        Remedy.LOWER_RESERVE,
        Remedy.LENGTHEN_INTERVAL,
    }
)


class BatteryFace(DeviceFace[BatteryCoordinator]):
    """A battery."""

    kind = "battery"

    @override
    def of_kind(
        self, device: dr.AnyDeviceEntry, found: dict[int, Cast]
    ) -> dict[str, Any]:
        """Return its packs and what its cells are made of."""
        made_of = self._chemistry()
        return {
            "chemistry": made_of,
            "limits": self._limits(made_of),
            "capacity": self._capacity(),
            "packs": self._packs(device, found),
        }

    def _samples(self) -> list[BmsSample]:
        """Return the last sample of the battery and of its packs."""
        sample = self.coordinator.data
        return [sample, *sample.packs]

    def _chemistry(self) -> str | None:
        guess = self.coordinator.reader.gate.guess.chemistry
        seen = (chemistry_of(one) for one in self._samples())
        words = (_CHEMISTRY.get(one) for one in (guess, *seen) if one is not None)
        return next(filter(None, words), None)

    def _limits(self, made_of: str | None) -> dict[str, float] | None:
        """Return what cells are used between: where the battery itself switches off, else what is usual."""
        sample, usual = self.coordinator.data, _LIMITS.get(made_of or "", (None, None))
        low = number(sample, Field.CELL_UNDERVOLTAGE_LIMIT) or usual[0]
        high = number(sample, Field.CELL_OVERVOLTAGE_LIMIT) or usual[1]
        return {"low": low, "high": high} if low and high and low < high else None

    def _capacity(self) -> float | None:
        whole, *packs = (capacity(one) for one in self._samples())
        sizes = [one for one in packs if one]
        # Packs behind one BMS are side by side.
        return whole or (round(sum(sizes), 1) if sizes else None)

    def _packs(
        self, device: dr.AnyDeviceEntry, found: dict[int, Cast]
    ) -> list[dict[str, Any]]:
        profile, address = self.coordinator.profile, self.coordinator.address
        if not profile.packs:
            return [_pack(device, None, found[0], profile)]
        devices = {
            number: one
            for identifier, one in children(self.hass, self.entry)
            if (number := pack_number(address, identifier)) is not None
        }
        packs = [
            _pack(
                one,
                name_of_device(one) if one else None,
                found.get(number, Cast()),
                pack,
            )
            | {"roles": found.get(number, Cast()).roles}
            for number, pack in enumerate(profile.packs, 1)
            for one in (devices.get(number),)
        ]
        if found[0].cells:
            return [_pack(device, None, found[0], profile), *packs]
        return packs

    @override
    def standing(self, viewer: Viewer) -> Standing:
        """Return how it stands; why and what helps only where its values do not hold, or it is left alone."""
        battery, state = self.coordinator.battery, self.coordinator.link_state
        word = self._word(state)
        more: dict[str, Any] = {
            "stale_after": battery.grace,
            "balancing": self._balances(),
        }
        if word not in {"fresh", "starting"}:
            diagnosis = self.coordinator.diagnose()
            fill = diagnosis.placeholders
            more |= {
                "cause": veiled(viewer.words("cause", diagnosis.cause, **fill)),
                "remedy": veiled(viewer.words("remedy", diagnosis.remedy, **fill)),
                "act": self._act(diagnosis, viewer),
            }
        if state is LinkState.PAUSED and isfinite(battery.away_until):
            left = battery.away_until - self.hass.data[SHARED].polls.now()
            more["until"] = round(time.time() + left)
        read_at = self.coordinator.read_at
        at = read_at.timestamp() if read_at else None
        return standing(word, read_at=at, **more)

    def _word(self, state: LinkState | None) -> str:
        if state in _CALM:
            return _CALM[state]
        if self.coordinator.online:
            return "fresh"
        if state is None:
            return "starting"
        if state.unreachable:
            return "unreachable"
        return "old" if self.coordinator.read_at else "starting"

    def _act(self, diagnosis: Diagnosis, viewer: Viewer) -> dict[str, Any] | None:
        """Return what a button may do about it: the user's own switch, a form, or another try."""
        if self.coordinator.battery.paused:
            switch = self.roles.get("reading")
            return perform("turn_on", "turn_on", switch) if switch else None
        if diagnosis.remedy in _BY_FORM:
            return configure(self.entry) if viewer.admin else None
        refresh = self.roles.get("refresh")
        return perform("refresh", "press", refresh) if refresh else None

    def _balances(self) -> list[list[int]]:
        """Return which cells are balanced, from 1, for each of the packs."""
        whole, *packs = self._samples()
        samples = packs or [whole]
        if packs and whole.cells:
            samples = [whole, *packs]
        return [_bits(one.values.get(Field.BALANCER)) for one in samples]

    @override
    def follow(self, changed: Callable[[], None]) -> CALLBACK_TYPE:
        """Follow each reading and each change of how it stands."""
        return self.coordinator.async_add_listener(changed)


def _pack(
    device: dr.AnyDeviceEntry | None, name: str | None, part: Cast, profile: Profile
) -> dict[str, Any]:
    return {
        "device": device.id if device else None,
        "name": name,
        "cells": in_order(part.cells, profile.cells if part.cells else 0),
        "probes": in_order(part.probes, len(profile.probes) if part.probes else 0),
    }


def _bits(mask: object) -> list[int]:
    if not isinstance(mask, int) or isinstance(mask, bool):
        return []
    return [number + 1 for number in range(mask.bit_length()) if mask >> number & 1]
