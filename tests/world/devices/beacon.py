"""A device that only advertises: which message goes out when, and what receivers know by then.

Messages without a period take turns; those with one (events, slow values) go out when they are due
and are repeated ``burst`` times shortly after one another, as real devices do. Advertising data
carries flags and service data, the scan response the name.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
import math
import re
from typing import Final, override

from tests.world import ad
from tests.world.peripheral import Peripheral, Truth

from .inside import Inside
from .signals import (
    NUMBER,
    Part,
    Quantities,
    Script,
    Spec,
    Told,
    Types,
    make_part,
    options,
)

type Header = Callable[[int], bytes]
type Frame = list[tuple[int, bytes]]  # service data: 16-bit UUID, data
type Form = Callable[[bytes], Frame]

BURST_GAP: Final = 0.05  # s between the repeats of one packet
EVENT_BURST: Final = 3
TIMING_KEYS: Final[Mapping[str, Types]] = {
    "every": NUMBER,
    "phase": NUMBER,
    "burst": int,
}


@dataclass
class Block:
    """Be parts behind one header (given the length of the data): an object, a TLV, a plain layout."""

    header: Header
    parts: tuple[Part, ...]

    @property
    def size(self) -> int:
        """Return the largest number of bytes with the header."""
        length = sum(part.size for part in self.parts)
        return len(self.header(length)) + length

    def compose(self, now: float) -> tuple[bytes, Told]:
        """Return the bytes now and the fields that they tell."""
        data = b""
        told: Told = {}
        for part in self.parts:
            piece, fields = part.compose(now)
            data += piece
            told |= fields
        return self.header(len(data)) + data, told


@dataclass
class Message:
    """Be one kind of frame: its content, its form on the air, and when it is sent.

    ``every`` and ``phase`` are seconds; ``every`` None = in turn with the others.
    """

    blocks: tuple[Block, ...]
    form: Form
    every: float | None = None
    phase: float = 0.0
    burst: int = 1
    due: float = math.inf

    @property
    def size(self) -> int:
        """Return the largest number of bytes before the form."""
        return sum(block.size for block in self.blocks)

    @property
    def parts(self) -> list[Part]:
        """Return the parts of all blocks."""
        return [part for block in self.blocks for part in block.parts]

    def compose(self, now: float) -> tuple[Frame, Told]:
        """Return the frame now and the fields that it tells."""
        data = b""
        told: Told = {}
        for block in self.blocks:
            piece, fields = block.compose(now)
            data += piece
            told |= fields
        return self.form(data), told


def no_header(_length: int) -> bytes:
    """Put nothing before the parts."""
    return b""


def make_block(spec: Spec, header: Header, quantities: Quantities, where: str) -> Block:
    """Build a block from ``parts = [...]``, or from the one part that the table itself is."""
    parts = spec.get("parts", [spec] if spec else [])
    if not isinstance(parts, (list, tuple)) or not all(
        isinstance(part, Mapping) for part in parts
    ):
        raise ValueError(f"{where}: parts must be a list of tables")
    if "parts" in spec and len(spec) > 1:
        raise ValueError(
            f"{where}: {', '.join(sorted(set(spec) - {'parts'}))} cannot stand beside parts"
        )
    return Block(header, tuple(make_part(part, quantities, where) for part in parts))


def make_message(
    blocks: Iterable[Block], form: Form, timing: Spec, where: str
) -> Message:
    """Build a message; ``timing`` may hold ``every``, ``phase`` (first time, seconds) and ``burst``."""
    got = options(timing, TIMING_KEYS, where)
    every, phase, burst = got.get("every"), got.get("phase"), got.get("burst")
    if not isinstance(every, NUMBER):
        return Message(
            tuple(blocks), form, burst=burst if isinstance(burst, int) else 1
        )
    if every <= 0:
        raise ValueError(f"{where}: every = {every} must be positive")
    return Message(
        tuple(blocks),
        form,
        every=every,
        phase=phase if isinstance(phase, NUMBER) else every,
        burst=burst if isinstance(burst, int) else EVENT_BURST,
    )


def make_messages(
    items: object,
    header_of: Callable[[int], Header],
    ids: int,
    *,
    form: Form,
    quantities: Quantities,
    where: str,
) -> list[Message]:
    """Build the messages of a list of tables with ``id`` (0 … ``ids``); one ``frame`` name = one message."""
    if not isinstance(items, (list, tuple)) or not all(
        isinstance(item, Mapping) for item in items
    ):
        raise ValueError(f"{where}: objects must be a list of tables")
    groups: dict[str, list[Spec]] = {}
    for index, item in enumerate(items):
        groups.setdefault(str(item.get("frame", index)), []).append(item)
    messages = []
    for members in groups.values():
        blocks = []
        for item in members:
            number = item.get("id")
            if not isinstance(number, int) or not 0 <= number <= ids:
                raise ValueError(
                    f"{where}: object id = {number!r} is not within 0 … {ids:#x}"
                )
            own = {
                key: item[key]
                for key in item
                if key not in {*TIMING_KEYS, "id", "frame"}
            }
            place = f"{where}: object {number:#06x}"
            blocks.append(make_block(own, header_of(number), quantities, place))
        timing = {key: members[0][key] for key in TIMING_KEYS if key in members[0]}
        messages.append(make_message(blocks, form, timing, where))
    return messages


class Beacon(Peripheral):
    """Advertise messages and keep what they have told so far.

    Raises ``ValueError`` for bad parameters. ``press`` and ``put`` let a person or a test act on it.
    """

    category = "sensor"
    key: str | None = None
    inside: Inside | None = None

    def __init__(
        self,
        messages: Iterable[Message],
        quantities: Quantities,
        *,
        address: str,
        name: str | None = None,
        interval: float = 2.0,
        repeats: int = 1,
        start: Mapping[str, float] | None = None,
    ) -> None:
        """Take the messages in the order of their turns; ``start`` sets measured fields by name."""
        check_address(address)
        if not isinstance(interval, NUMBER) or interval <= 0:
            raise ValueError(
                f"{address}: interval = {interval!r} must be a positive number"
            )
        super().__init__(address=address, name=name or None, interval=float(interval))
        self._messages = list(messages)
        self.quantities = quantities
        for message in self._messages:
            message.burst = max(message.burst, repeats)
        for field, value in (start or {}).items():
            if not isinstance(value, NUMBER) or not quantities.put(field, value):
                raise ValueError(
                    f"{address}: start.{field} = {value!r}: no measured field, or no number"
                )
        self._turn = 0
        self._begun = False
        self._asked: deque[Message] = deque()
        self._last: Frame | None = None
        self._repeats_left = 0
        self._told: Told = {}

    @property
    def mac(self) -> bytes:
        """Return the address in printed order."""
        return mac_of(self.address)

    def add(self, message: Message) -> None:
        """Let one more message take its turns."""
        self._messages.append(message)

    def idle(self) -> Frame | None:
        """Return the frame that is sent when there is nothing to tell; None = silence."""
        return None

    @override
    def advertisement(self, now: float) -> tuple[bytes, bytes] | None:
        """Send the next frame, or the last one again while its repeats last."""
        self._begin(now)
        if self._repeats_left:
            self._repeats_left -= 1
        else:
            self._last = self._next(now)
        if self._repeats_left and self.wake is not None:
            asyncio.get_running_loop().call_later(BURST_GAP, self.wake)
        if self._last is None:
            return None
        data = ad.payload(
            ad.flags(), *(ad.service_data16(uuid, data) for uuid, data in self._last)
        )
        return data, ad.payload(ad.name(self.name)) if self.name else b""

    @override
    def tick(self, now: float) -> None:
        """Send at once what has fallen due."""
        if self.inside is not None:
            self.inside.tick(now)
        self._begin(now)
        if self.wake is not None and (
            self._asked or any(message.due <= now for message in self._messages)
        ):
            self.wake()

    @override
    def truth(self) -> Truth:
        """Return every field told so far at its latest value."""
        return dict(self._told)

    # --- over a connection -----------------------------------------------------------------

    def open_up(self, inside: Inside) -> None:
        """Serve a table to who connects."""
        inside.owner = self
        self.inside, self.services, self.connectable = inside, inside.services, True

    def tell(self, told: Truth) -> None:
        """Note what a receiver knows by now."""
        self._told |= told

    @override
    def connected(self, now: float) -> None:
        """Learn that a client has connected."""
        if self.inside is not None:
            self.inside.connected(now)

    @override
    def disconnected(self, now: float) -> None:
        """Learn that the client has gone."""
        if self.inside is not None:
            self.inside.disconnected(now)

    @override
    def subscribed(self, uuid: str, enabled: bool) -> None:
        """Learn that a client switched notifications on or off."""
        if self.inside is not None:
            self.inside.subscribed(uuid, enabled)

    @override
    def read(self, uuid: str) -> bytes:
        """Answer a read; raise ``GattError`` to refuse."""
        return super().read(uuid) if self.inside is None else self.inside.read(uuid)

    @override
    def write(self, uuid: str, data: bytes, response: bool) -> None:
        """Take a write; raise ``GattError`` to refuse."""
        if self.inside is None:
            super().write(uuid, data, response)
        else:
            self.inside.write(uuid, data)

    @override
    def holds(self) -> Truth:
        """Return what it holds besides what a receiver shows."""
        return {} if self.inside is None else self.inside.holds()

    # --- what a person does ----------------------------------------------------------------

    def press(self, key: str | None = None, type: str | None = None) -> None:
        """Fire an event: the one of this key and type, else the first there is.

        Raises ``ValueError`` when the device has no such event.
        """
        for message in self._messages:
            for part in message.parts:
                if (
                    isinstance(part, Script)
                    and (step := _step_of(part, key, type)) is not None
                ):
                    part.at = step - 1
                    self._asked.append(message)
                    if self.wake is not None:
                        self.wake()
                    return
        raise ValueError(
            f"{self.address} has no event {key or 'at all'} {type or ''}".rstrip()
        )

    def put(self, field: str, value: float) -> bool:
        """Set a measured field to a value; False = it has no such field."""
        return self.quantities.put(field, value)

    def _begin(self, now: float) -> None:
        if not self._begun:
            self._begun = True
            for message in self._messages:
                if message.every is not None:
                    message.due = now + message.phase

    def _pick(self, now: float) -> Message | None:
        if self._asked:
            return self._asked.popleft()
        ready = [
            message
            for message in self._messages
            if message.every is not None and message.due <= now
        ]
        if ready:
            first = min(ready, key=lambda message: message.due)
            period = first.every or 0.0
            # After a long sleep one message is due, not all that were missed.
            first.due = first.due + period if first.due + period > now else now + period
            return first
        turns = [message for message in self._messages if message.every is None]
        if not turns:
            return None
        self._turn = (self._turn + 1) % len(turns)
        return turns[self._turn - 1]

    def _next(self, now: float) -> Frame | None:
        message = self._pick(now)
        if message is None:
            return self.idle()
        frame, told = message.compose(now)
        self._repeats_left = message.burst - 1
        self._told |= told
        return frame


def _step_of(script: Script, key: str | None, kind: str | None) -> int | None:
    for index, (_, tells) in enumerate(script.steps):
        for field, value in tells.items():
            named = field.startswith("event:") and key in {
                None,
                field.removeprefix("event:"),
            }
            if named and kind in {None, value}:
                return index
    return None


def mac_of(address: str) -> bytes:
    """Return an address as six bytes in printed order."""
    check_address(address)
    return bytes.fromhex(address.replace(":", ""))


def check_address(address: str) -> None:
    """Raise ``ValueError`` unless an address is six upper-case hex pairs with colons."""
    if not isinstance(address, str) or not re.fullmatch(
        r"(?:[0-9A-F]{2}:){5}[0-9A-F]{2}", address
    ):
        raise ValueError(
            f"address {address!r} is not of the form A4:C1:38:00:00:01 in upper case"
        )
