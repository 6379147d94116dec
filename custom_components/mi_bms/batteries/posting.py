"""Leave what a battery said last, and how it stands, on the board, where banks find it."""

from typing import Final

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback

from ..proto.bank.absence import Absence
from ..proto.bank.board import LastSample, Post
from ..proto.scheduler.link_state import LinkState
from ..runtime import SHARED
from .coordinator import BatteryCoordinator
from .diagnosis import obstacle

_WHY: Final = {
    LinkState.ASLEEP: Absence.ASLEEP,
    LinkState.HELD: Absence.HELD,
    LinkState.PAUSED: Absence.PAUSED,
}


def _last(coordinator: BatteryCoordinator) -> LastSample | None:
    battery = coordinator.battery
    if battery.read_at is None or coordinator.read_at is None:
        return None
    sleeps = coordinator.link_state is LinkState.ASLEEP
    return LastSample(
        sample=coordinator.data,
        # When the current was measured, not when the poll ended.
        at=battery.read_at - coordinator.reader.age,
        interval=battery.effective,
        # A sleep that lasts longer than any before is a battery that is gone.
        asleep=sleeps and coordinator.online,
        factor=coordinator.settings.correction.factor,
    )


def _why(coordinator: BatteryCoordinator) -> Absence | None:
    state = coordinator.link_state
    if state is None or state is LinkState.AWAKE:
        return None
    return _WHY.get(state, Absence.UNREACHABLE)


@callback
def async_post(hass: HomeAssistant, coordinator: BatteryCoordinator) -> CALLBACK_TYPE:
    """Post each sample, each change of how the battery stands, and how it is switched; return what ends that."""
    shared = hass.data[SHARED]
    board, address = shared.board, coordinator.address
    shared.switchable[address] = coordinator.switching

    @callback
    def post() -> None:
        known = Post(
            last=_last(coordinator),
            why=_why(coordinator),
            diagnose=lambda: obstacle(coordinator),
        )
        board.post(address, known)

    post()
    stop_listening = coordinator.async_add_listener(post)

    @callback
    def stop() -> None:
        stop_listening()
        shared.switchable.pop(address, None)
        board.withdraw(address)

    return stop
