"""What was done to a battery: the last entries, and an event of Home Assistant for each."""

from collections import deque
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Any, Final

from homeassistant.core import Context, HomeAssistant
from homeassistant.util import dt as dt_util

from ..const import EVENT_CONTROL
from ..proto.bms.control import Result
from ..proto.control.command import Command
from ..proto.control.refusal import SwitchRefused

MOST: Final = 50


class Happening(StrEnum):
    """What is written down."""

    ARMED = "armed"
    DISARMED = "disarmed"
    COMMAND = "command"  # about to be written
    OUTCOME = "outcome"
    REFUSED = "refused"
    RETURN_ENDED = "return_ended"  # somebody else switched what was to be put back


class Audit:
    """The log of one battery; it holds neither passwords nor addresses."""

    def __init__(self, hass: HomeAssistant, device_id: Callable[[], str]) -> None:
        """Begin with nothing; ``device_id`` returns whose events they are."""
        self._hass, self._device_id = hass, device_id
        self._entries: deque[dict[str, Any]] = deque(maxlen=MOST)

    @property
    def entries(self) -> Sequence[dict[str, Any]]:
        """Return what happened last, oldest first."""
        return tuple(self._entries)

    def note(
        self, what: Happening, context: Context | None, **said: str | float | None
    ) -> None:
        """Write something down and tell Home Assistant; what is None was not said."""
        self._note(what, context, said)

    def refused(
        self, command: Command, context: Context | None, err: SwitchRefused
    ) -> None:
        """Write down that a command was refused."""
        said = _told(command) | {"refusal": err.refusal.value}
        self._note(Happening.REFUSED, context, said)

    def commanded(
        self, command: Command, context: Context | None, minutes: float | None
    ) -> None:
        """Write down that a command goes out, and after how many minutes it will be undone."""
        said = _told(command) | {"minutes": minutes}
        self._note(Happening.COMMAND, context, said)

    def ended(self, command: Command, context: Context | None, result: Result) -> None:
        """Write down what came of a command."""
        said = _told(command) | {
            "outcome": result.effect.value,
            "held_by": [alarm.value for alarm in result.held_by] or None,
            "refusal": result.refusal,
        }
        self._note(Happening.OUTCOME, context, said)

    def _note(
        self, what: Happening, context: Context | None, said: dict[str, Any]
    ) -> None:
        entry = {
            "happening": what.value,
            "user_id": context.user_id if context else None,
        } | said
        entry = {name: value for name, value in entry.items() if value is not None}
        self._entries.append({"at": dt_util.utcnow().isoformat()} | entry)
        self._hass.bus.async_fire(
            EVENT_CONTROL, {"device_id": self._device_id()} | entry, context=context
        )


def _told(command: Command) -> dict[str, Any]:
    return {
        "target": command.target.value,
        "state": "on" if command.on else "off",
        "by": command.by.value,
    }
