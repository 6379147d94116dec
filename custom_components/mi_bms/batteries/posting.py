"""Leave what a battery said last on the board, where banks find it."""

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback

from ..proto.bank.board import LastSample
from ..proto.scheduler.link_state import LinkState
from ..runtime import SHARED
from .coordinator import BatteryCoordinator


@callback
def async_post(hass: HomeAssistant, coordinator: BatteryCoordinator) -> CALLBACK_TYPE:
    """Post each sample, and each change of how the battery stands; return what ends that."""
    board, battery = hass.data[SHARED].board, coordinator.battery

    @callback
    def post() -> None:
        if battery.read_at is None or coordinator.read_at is None:
            return
        sleeps = coordinator.link_state is LinkState.ASLEEP
        last = LastSample(
            sample=coordinator.data,
            # When the current was measured, not when the poll ended.
            at=battery.read_at - coordinator.reader.age,
            interval=battery.effective,
            # A sleep that lasts longer than any before is a battery that is gone.
            asleep=sleeps and coordinator.online,
            factor=coordinator.settings.correction.factor,
        )
        board.post(coordinator.address, last)

    post()
    stop_listening = coordinator.async_add_listener(post)

    @callback
    def stop() -> None:
        stop_listening()
        board.withdraw(coordinator.address)

    return stop
