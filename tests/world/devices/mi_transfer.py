"""The reliable transfer of Xiaomi's authentication characteristic, from the device's side.

Control frame: 00 00, mode, then type or code. Fragment: number (16 bits, little-endian), data. A
device announces a parcel, sends it when the other side is ready and repeats what is asked for. As
receiver it asks for missing fragments after a third of a second, three times, then hangs up.
Source: the vendor's embedded stack as described by several clients.
"""

import asyncio
from collections.abc import Callable, Iterable
from functools import partial
from typing import Final

PIECE: Final = 18
MISSING_AFTER: Final = 0.3  # s without a new fragment
MISSING_TRIES: Final = 3
GAP: Final = 0.01  # s between two notifications

READY: Final = bytes.fromhex("00000101")
SUCCESS: Final = bytes.fromhex("00000100")
SINGLE_SUCCESS: Final = bytes.fromhex("00000300")
LOST: Final = bytes.fromhex("00000105")

type Done = Callable[[], None]


class Transfer:
    """Exchange parcels over one connection.

    ``say`` sends a frame; ``begins`` may refuse an announced parcel; ``arrived`` gets a whole one with
    the function that acknowledges it; ``hang_up`` ends the link. Fragments in ``lose_sent`` and
    ``lose_heard`` get lost once each.
    """

    def __init__(
        self,
        *,
        say: Callable[[bytes], None],
        begins: Callable[[int], bool],
        arrived: Callable[[int, bytes, Done], None],
        hang_up: Done,
    ) -> None:
        """Take what surrounds the transfer."""
        self._say, self._begins = say, begins
        self._arrived, self._hang_up = arrived, hang_up
        self.lose_sent: set[int] = set()
        self.lose_heard: set[int] = set()
        self._timers: set[asyncio.TimerHandle] = set()
        self._missing_timer: asyncio.TimerHandle | None = None
        self._pieces: list[bytes] = []
        self._then: Done | None = None
        self._ready = False
        self._kind, self._count, self._tries = 0, 0, 0
        self._parts: dict[int, bytes] = {}

    def later(self, seconds: float, act: Done) -> asyncio.TimerHandle:
        """Do something after a while, unless the link ends before."""

        def run() -> None:
            self._timers.discard(handle)
            act()

        handle = asyncio.get_running_loop().call_later(seconds, run)
        self._timers.add(handle)
        return handle

    def stop(self) -> None:
        """Forget everything: the link has ended."""
        for handle in self._timers:
            handle.cancel()
        self._timers.clear()
        self._then = None
        self._count = 0

    def announce(self, kind: int, data: bytes, then: Done) -> None:
        """Send a parcel in fragments; ``then`` follows its acknowledgement."""
        self._pieces = [data[at : at + PIECE] for at in range(0, len(data), PIECE)]
        self._then, self._ready = then, False
        count = len(self._pieces)
        self._say(bytes((0, 0, 0, kind)) + count.to_bytes(2, "little"))

    def single(self, kind: int, data: bytes, then: Done) -> None:
        """Send a parcel in one frame."""
        self._pieces, self._then, self._ready = [], then, False
        self._say(bytes((0, 0, 2, kind)) + data)

    def heard(self, frame: bytes) -> None:
        """Take a frame of the client; what is none is passed over."""
        number = int.from_bytes(frame[:2], "little")
        if number:
            self._fragment(number, frame[2:])
        elif frame[2:3] == b"\x00" and len(frame) == 6:
            self._announced(frame[3], int.from_bytes(frame[4:], "little"))
        elif frame == READY:
            self._ready = True
            self._send(range(1, len(self._pieces) + 1))
        elif frame.startswith(LOST) and self._ready:
            rest = frame[4:]
            self._send(
                int.from_bytes(rest[at : at + 2], "little")
                for at in range(0, len(rest), 2)
            )
        elif frame in {SUCCESS, SINGLE_SUCCESS} and self._then is not None:
            then, self._then = self._then, None
            then()

    def _send(self, numbers: Iterable[int]) -> None:
        known = [number for number in numbers if 1 <= number <= len(self._pieces)]
        for place, number in enumerate(known):
            if number in self.lose_sent:
                self.lose_sent.discard(number)
                continue
            frame = number.to_bytes(2, "little") + self._pieces[number - 1]
            self.later(GAP * (place + 1), partial(self._say, frame))

    def _announced(self, kind: int, count: int) -> None:
        if not self._begins(kind):
            return
        self._kind, self._count, self._tries = kind, count, MISSING_TRIES
        self._parts = {}
        self._say(READY)
        self._watch()

    def _fragment(self, number: int, data: bytes) -> None:
        if not 1 <= number <= self._count:
            return
        if number in self.lose_heard:
            self.lose_heard.discard(number)
            return
        self._parts[number] = data
        if len(self._parts) < self._count:
            self._watch()
            return
        self._unwatch()
        parcel = b"".join(self._parts[n] for n in range(1, self._count + 1))
        self._count = 0
        self._arrived(self._kind, parcel, lambda: self._say(SUCCESS))

    def _watch(self) -> None:
        self._unwatch()
        self._missing_timer = self.later(MISSING_AFTER, self._ask)

    def _unwatch(self) -> None:
        if self._missing_timer is not None:
            self._missing_timer.cancel()
            self._timers.discard(self._missing_timer)
            self._missing_timer = None

    def _ask(self) -> None:
        if not self._tries:
            self._hang_up()
            return
        self._tries -= 1
        missing = [n for n in range(1, self._count + 1) if n not in self._parts]
        self._say(LOST + b"".join(n.to_bytes(2, "little") for n in missing))
        self._watch()
