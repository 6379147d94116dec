"""Thermometers and clocks that tell little over a connection: live values by notification, a battery.

Source: owners' tables of the services and captured values.
"""

from collections.abc import Callable
import struct
from typing import Final, override

from tests.world import ad
from tests.world.peripheral import Truth

from .inside import (
    ACCESS,
    BATTERY,
    BATTERY_LEVEL,
    INFORMATION,
    Inside,
    Reads,
    Row,
    table,
)

ROUND: Final = "226c0000-6476-4566-7562-66734470666d"
ROUND_LIVE: Final = "226caa55-6476-4566-7562-66734470666d"
QINGPING: Final = "22210000-554a-4546-5542-46534450464d"
COMMAND: Final = ad.BASE_UUID.format("0001")
REPLY: Final = ad.BASE_UUID.format("0002")
DATA: Final = ad.BASE_UUID.format("000b")
DATA_REPLY: Final = ad.BASE_UUID.format("000c")
QINGPING_LIVE: Final = ad.BASE_UUID.format("0100")

TOKEN_SIZE: Final = 16
SET_TIME: Final = bytes.fromhex("0509")
EVERY: Final = 2.0  # s between two live values

type Form = Callable[[float, float], bytes]


def as_text(celsius: float, humidity: float) -> bytes:
    """Return values as the round thermometer writes them."""
    return f"T={celsius:.1f} H={humidity:.1f}\0".encode()


def as_numbers(form: str, steps: int) -> Form:
    """Return the maker of values in so many steps to a degree and to a percent."""
    return lambda celsius, humidity: struct.pack(
        form, round(celsius * steps), round(humidity * steps)
    )


class Speaker(Inside):
    """Tell temperature and humidity to who listens, and the battery to who asks."""

    live_uuid = QINGPING_LIVE
    services_of = table(
        ACCESS, BATTERY, (QINGPING, (Row(QINGPING_LIVE, "notify", 0x30),))
    )

    def __init__(self, form: Form, digits: int, **more: object) -> None:
        """Take how live values are written, with how many digits."""
        super().__init__(self.services_of, **more)  # type: ignore[arg-type]
        self._form, self._digits = form, digits
        self._speak_at = 0.0

    @override
    def reads(self) -> Reads:
        return {**super().reads(), BATTERY_LEVEL: self._read_battery}

    def _read_battery(self) -> bytes:
        charge = round(self.measured("battery", 80))
        self.tell({"battery": charge})
        return bytes((charge,))

    @override
    def tick(self, now: float) -> None:
        if self.live_uuid not in self.listened or now < self._speak_at:
            return
        self._speak_at = now + EVERY
        celsius = round(self.measured("temperature", 22.0), self._digits)
        humidity = round(self.measured("humidity", 46.0), self._digits)
        self.tell({"temperature": celsius, "humidity": humidity})
        self.say(self.live_uuid, self._form(celsius, humidity))


class RoundSpeaker(Speaker):
    """Be the round thermometer."""

    live_uuid = ROUND_LIVE
    services_of = table(
        ACCESS, INFORMATION, BATTERY, (ROUND, (Row(ROUND_LIVE, "notify", 0x30),))
    )


class AlarmClock(Speaker):
    """Be Qingping's alarm clock: whoever has no token may read values, and loses the link for more."""

    services_of = table(
        ACCESS,
        BATTERY,
        (
            QINGPING,
            (
                Row(COMMAND, "write", 0x20),
                Row(REPLY, "notify"),
                Row(DATA, "write"),
                Row(DATA_REPLY, "notify"),
                Row(QINGPING_LIVE, "notify"),
            ),
        ),
    )

    def __init__(self, *, token: str = "5a" * TOKEN_SIZE, **more: object) -> None:
        """Take the token of the app that it belongs to, in hex."""
        super().__init__(as_numbers("<xhH", 100), 2, **more)
        self._token, self._known = bytes.fromhex(token), False
        self.strangers = 0  # commands without the token

    @override
    def connected(self, now: float) -> None:
        super().connected(now)
        self._known = False

    @override
    def write(self, uuid: str, data: bytes) -> None:
        # Any token is confirmed; only the right one opens anything.
        if uuid == COMMAND and data[:2] == b"\x11\x01":
            self.say(REPLY, bytes.fromhex("04ff010002"))
        elif uuid == COMMAND and data[:2] == b"\x11\x02":
            self._known = data[2:] == self._token
            self.say(REPLY, bytes.fromhex("04ff020000"))
        elif not self._known:
            self.strangers += 1
            self.hang_up()
        elif uuid == COMMAND:
            self.say(REPLY, bytes.fromhex("04ff090000"))

    @override
    def holds(self) -> Truth:
        return {**super().holds(), "strangers": self.strangers}


class LiteClock(Inside):
    """Be Qingping's small clock: it takes local time without an answer, and never tells it."""

    def __init__(self, *, ahead: float = 400.0, **more: object) -> None:
        """Take how wrong it is (s) at first, as seen in UTC."""
        rows = (Row(COMMAND, "write", 0x20), Row(REPLY, "notify"))
        super().__init__(table(ACCESS, (QINGPING, rows)), **more)  # type: ignore[arg-type]
        self._ahead = ahead

    @override
    def write(self, uuid: str, data: bytes) -> None:
        if uuid == COMMAND and data[:2] == SET_TIME and len(data) == 6:
            self._ahead = int.from_bytes(data[2:], "little") - self.clock()

    @override
    def holds(self) -> Truth:
        return {**super().holds(), "shown_time": self.clock() + self._ahead}
