"""What cards are told of a sensor."""

from collections.abc import Callable, Collection, Mapping
from typing import Any, Final, override

from homeassistant.core import CALLBACK_TYPE
from homeassistant.helpers import device_registry as dr

from ..proto.mibeacon.spec import ProductKind
from ..proto.model.fields import Field
from ..proto.model.reading import KeyState
from ..quantities import NOT_PAIRED
from ..sensors.coordinator import SensorCoordinator
from .faces import DeviceFace, Standing, Viewer, standing
from .roles import Cast
from .sentences import configure

_K = ProductKind
_FACES: Final[Mapping[ProductKind, str]] = {
    _K.AIR_MONITOR: "air",
    _K.BAROMETER: "climate",
    _K.BODY_THERMOMETER: "climate",
    _K.BUTTON: "remote",
    _K.CLOCK: "climate",
    _K.CUBE: "remote",
    _K.DIMMER: "remote",
    _K.DOOR_SENSOR: "contact",
    _K.FLOWER_POT: "plant",
    _K.LEAK_SENSOR: "leak",
    _K.LOCK: "lock",
    _K.MOTION_SENSOR: "motion",
    _K.OCCUPANCY_SENSOR: "motion",
    _K.PLANT_SENSOR: "plant",
    _K.REMOTE: "remote",
    _K.SAFE: "lock",
    _K.SCALE: "scale",
    _K.SMOKE_ALARM: "smoke",
    _K.SWITCH: "remote",
    _K.THERMOMETER: "climate",
}
# Where the kind says nothing: by what it shows, the more telling first.
_SHOWN: Final[tuple[tuple[str, Collection[str]], ...]] = (
    ("lock", {Field.LOCK, Field.FINGERPRINT}),
    ("smoke", {Field.SMOKE, Field.GAS}),
    ("plant", {Field.CONDUCTIVITY, Field.MOISTURE}),
    ("leak", {Field.MOISTURE_DETECTED, Field.BOTTOM_SUBMERSION, Field.TOP_SPLASH}),
    ("contact", {Field.OPENING, Field.DOOR, Field.WINDOW, Field.GARAGE_DOOR}),
    ("motion", {Field.MOTION, Field.OCCUPANCY, Field.PRESENCE}),
    ("scale", {Field.WEIGHT}),
    ("air", {Field.PM25, Field.CO2, Field.TVOC, Field.FORMALDEHYDE}),
    ("climate", {Field.TEMPERATURE, Field.HUMIDITY}),
)
_LOCKED: Final = frozenset({KeyState.MISSING, KeyState.WRONG})


class SensorFace(DeviceFace[SensorCoordinator]):
    """A sensor."""

    kind = "sensor"
    told_every = 60.0

    def _face(self, roles: Collection[str]) -> str:
        spec = self.coordinator.decoder.spec
        if spec and (face := _FACES.get(spec.kind)):
            return face
        by_role = (face for face, shown in _SHOWN if not set(shown).isdisjoint(roles))
        events = any(role.startswith("event_") for role in roles)
        return next(by_role, "remote" if events else "other")

    @override
    def of_kind(
        self, device: dr.AnyDeviceEntry, found: dict[int, Cast]
    ) -> dict[str, Any]:
        """Return its face, and a plant's limits."""
        roles = found[0].roles
        more: dict[str, Any] = {"face": self._face(roles)}
        if Field.MOISTURE in roles:
            low, high = self.coordinator.options.water
            more["limits_of"] = {str(Field.MOISTURE): {"low": low, "high": high}}
        return more

    @override
    def standing(self, viewer: Viewer) -> Standing:
        """Return how it stands: its key goes before whether it is heard."""
        coordinator, words = self.coordinator, viewer.words
        seen_at = coordinator.seen_at
        word, form = self._word(), False
        if word in {"not_paired", "no_key"}:
            form = viewer.admin
        said = (
            {}
            if word == "fresh"
            else {
                "cause": words("sensor_cause", word),
                "remedy": words("sensor_remedy", word),
            }
        )
        return standing(
            word,
            read_at=seen_at.timestamp() if seen_at else None,
            stale_after=coordinator.cadence.limit,
            act=configure(self.entry) if form else None,
            **said,
        )

    def _word(self) -> str:
        coordinator = self.coordinator
        key = coordinator.path.key_state
        if key == NOT_PAIRED:
            return "not_paired"
        if key in _LOCKED:
            return "no_key"
        if coordinator.here:
            return "fresh"
        if coordinator.seen_at is None:
            return "unreachable" if self.hass.is_running else "starting"
        return "old"

    @override
    def follow(self, changed: Callable[[], None]) -> CALLBACK_TYPE:
        """Follow each reading, and that it comes or goes."""
        return self.coordinator.async_follow(changed)
