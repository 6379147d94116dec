"""Read a battery because somebody asked, and say why when that fails."""

from homeassistant.exceptions import HomeAssistantError

from .const import DOMAIN
from .coordinator import BatteryCoordinator
from .doctor import async_tell


async def async_refresh(coordinator: BatteryCoordinator) -> None:
    """Read a battery now; raises what a person can do something about."""
    before = coordinator.read_at
    await coordinator.async_refresh()
    if coordinator.read_at == before:
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key="not_read",
            translation_placeholders={
                "name": coordinator.name,
                "reason": await async_tell(coordinator.hass, coordinator.diagnose()),
            },
        )
