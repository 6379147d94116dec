"""Say why a battery cannot be reached and what helps: one sentence each, in the language of the house."""

from bluetooth_data_tools import monotonic_time_coarse

from homeassistant.components import bluetooth
from homeassistant.core import HomeAssistant

from .proto.link.doctor import Diagnosis, Facts, diagnose
from .proto.model.availability import failure_of
from .proto.model.errors import MiBmsError
from .radios import describe
from .runtime import SHARED
from .words import async_words


async def async_tell(hass: HomeAssistant, diagnosis: Diagnosis) -> str:
    """Put a diagnosis into two sentences."""
    words = await async_words(hass)
    fill = diagnosis.placeholders
    return f"{words('cause', diagnosis.cause, **fill)} {words('remedy', diagnosis.remedy, **fill)}"


async def async_why(
    hass: HomeAssistant, address: str, err: MiBmsError, *, has_password: bool
) -> str:
    """Say why a battery that is not (or no longer) read by turns could not be read just now."""
    # Before the first device is added, nothing of ours is set up.
    shared = hass.data.get(SHARED)
    scheduler = shared.polls.scheduler if shared else None
    info = bluetooth.async_last_service_info(hass, address, connectable=False)
    ears = describe(
        hass,
        address,
        shared.polls.addresses if shared else (),
        troubled=scheduler.sick if scheduler else lambda _: False,
    )
    facts = Facts(
        ears=ears,
        failure=failure_of(err),
        failures=1,
        heard_for=monotonic_time_coarse() - info.time if info else None,
        has_password=has_password,
        reserve=shared.reserve if shared else 0,
    )
    return await async_tell(hass, diagnose(facts))
