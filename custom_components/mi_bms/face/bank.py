"""What cards are told of a bank."""

from collections.abc import Callable
import time
from typing import Any, override

from homeassistant.core import CALLBACK_TYPE
from homeassistant.helpers import device_registry as dr

from ..banks.coordinator import BankCoordinator
from ..banks.members import CONF_WIRING
from ..batteries.entity import pack_number
from ..entries import entry_of
from ..proto.bank.absence import Absence
from ..proto.bank.wiring import parts_of
from ..runtime import SHARED
from .faces import DeviceFace, Standing, Viewer, children, device_of, standing
from .roles import Cast


class BankFace(DeviceFace[BankCoordinator]):
    """Several batteries as one."""

    kind = "bank"

    def _device(self, member: str) -> str | None:
        """Return the device of a member: a battery's, or that of one of its packs."""
        address, pack = parts_of(member)
        entry = entry_of(self.hass, address)
        if entry is None:
            return None
        if pack is None:
            device = device_of(self.hass, entry)
            return device.id if device else None
        return next(
            (
                one.id
                for identifier, one in children(self.hass, entry)
                if pack_number(address, identifier) == pack
            ),
            None,
        )

    @override
    def of_kind(
        self, device: dr.AnyDeviceEntry, found: dict[int, Cast]
    ) -> dict[str, Any]:
        """Return its members that are set up, and how they are wired."""
        members = (self._device(one) for one in self.coordinator.members)
        return {
            "members": [one for one in members if one],
            "wiring": str(self.entry.data[CONF_WIRING]),
        }

    @override
    def standing(self, viewer: Viewer) -> Standing:
        """Return how it stands, and whom it has to leave out."""
        view, words = self.coordinator.data, viewer.words
        left_out = [
            {"device": device, "why": words("absence", why)}
            for member, why in view.left_out.items()
            if (device := self._device(member))
        ]
        word = "fresh" if view.available else "old"
        new = all(why is Absence.NEVER_READ for why in view.left_out.values())
        if not view.available and new:
            word = "starting"
        cause = None if view.available else words("absence", "all")
        return standing(word, read_at=self._read_at(), left_out=left_out, cause=cause)

    def _read_at(self) -> float | None:
        """Return when the member was read that was read last."""
        shared = self.hass.data[SHARED]
        at = [
            post.last.at
            for member in self.coordinator.members
            if (post := shared.board.posts.get(parts_of(member)[0])) and post.last
        ]
        return time.time() - (shared.polls.now() - max(at)) if at else None

    @override
    def follow(self, changed: Callable[[], None]) -> CALLBACK_TYPE:
        """Follow each time that it is worked out."""
        return self.coordinator.async_add_listener(changed)
