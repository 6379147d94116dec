"""Why a battery cannot be reached and what helps, as sentences in the language of the house."""

from bluetooth_data_tools import monotonic_time_coarse

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError

from ..bluetooth.adverts import last_advert
from ..bluetooth.scanners import describe
from ..const import DOMAIN
from ..entries import name_of
from ..proto.model.errors import MiBmsError
from ..proto.scheduler.diagnosis import QUIET, Diagnosis, diagnose
from ..proto.scheduler.facts import Facts
from ..proto.scheduler.link_state import LinkState, failure_of
from ..runtime import SHARED
from ..texts import async_tell
from .coordinator import BatteryCoordinator


def obstacle(coordinator: BatteryCoordinator) -> Diagnosis | None:
    """Return what keeps a battery from being read, None while nothing is known to."""
    state = coordinator.link_state
    fine = state is None or (coordinator.online and state is LinkState.AWAKE)
    return None if fine else coordinator.diagnose()


async def async_why(
    hass: HomeAssistant,
    address: str,
    err: MiBmsError,
    *,
    has_password: bool,
    was_heard: bool,
) -> str:
    """Return why a battery that is not (or no longer) read by turns could not be read just now.

    ``was_heard``: somebody has seen it, even if Home Assistant has forgotten it meanwhile.
    """
    # Before the first device is added, nothing of ours is set up.
    shared = hass.data.get(SHARED)
    scheduler = shared.polls.scheduler if shared else None
    info = last_advert(hass, address)
    found = describe(
        hass,
        address,
        shared.polls.addresses if shared else (),
        troubled=scheduler.sick if scheduler else lambda _: False,
    )
    silence = QUIET if was_heard else None
    facts = Facts(
        scanners=found,
        failure=failure_of(err),
        failures=1,
        heard_for=monotonic_time_coarse() - info.time if info else silence,
        has_password=has_password,
        reserve=shared.reserve if shared else 0,
    )
    return await async_tell(hass, diagnose(facts))


async def async_refresh(coordinator: BatteryCoordinator) -> None:
    """Read a battery now; raise what a person can do something about."""
    before = coordinator.read_at
    await coordinator.async_refresh()
    if coordinator.read_at == before:
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key="not_read",
            translation_placeholders={
                "name": name_of(coordinator.hass, coordinator.entry),
                "reason": await async_tell(coordinator.hass, coordinator.diagnose()),
            },
        )
