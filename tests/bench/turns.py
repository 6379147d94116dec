"""Measure how long single turns of the event loop are in a crowd, and while hostile texts are pasted.

    python -m tests.bench.turns [addresses]

A real Home Assistant hears thousands of addresses: sensors with and without a product that is known,
ones that encrypt, batteries, strangers. Meanwhile everything that looks at them is opened: a listener
to all, scans, each form that lists who is heard, and the field for keys with each hostile text. What
counts is the processor time of a turn, so a busy machine disturbs little. Two things are not ours: their
time is shown for itself, and taken off. The collector of garbage runs wherever it likes, and for each
device that another integration knows Home Assistant makes a card, for which it looks at all the cards
that are there. The exit code tells whether all else is below the aim; who took the most of a turn
stands beside it.
"""

import asyncio
from asyncio import events
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
import gc
from itertools import count as numbers
import sys
import threading
from time import thread_time
from typing import Any, Final

from homeassistant.config_entries import ConfigFlow
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.helpers import discovery_flow
from tests.bench.house import House, at_home
from tests.ha.pastes import PASTES
from tests.world import ad

DOMAIN: Final = "mi_bms"
CROWD: Final = 10_000
AIM: Final = 0.05  # s
AT_ONCE: Final = 20  # adverts that a proxy sends together
WORST: Final = 12  # turns that are shown
FORMS: Final = ("nearby", "search", "pair")
KNOWN, STRANGE, SECRET = 0x01AA, 0x7FF1, 0x055B  # products
XIAOMI, BATTERY, OTHER = 0xFE95, "JBD-SP04S020", 0x004C


@dataclass(frozen=True, slots=True)
class Turn:
    """Hold what one turn of the loop took, what is not ours aside, and who took the most of it."""

    seconds: float
    garbage: float
    cards: float  # of other integrations
    when: str
    who: str


@dataclass(slots=True)
class Turns:
    """Measure each turn of the event loop."""

    when: str = "start"
    count: int = 0
    slow: list[Turn] = field(default_factory=list)
    _garbage: float = 0.0
    _cards: float = 0.0
    _since: float = 0.0
    _most: tuple[float, str] = (0.0, "")
    _ended: bool = False

    async def begin(self, when: str) -> None:
        """Call what follows by another name, from the next turn on."""
        await asyncio.sleep(0)
        self.when = when

    @contextmanager
    def measured(self, loop: asyncio.AbstractEventLoop) -> Iterator[None]:
        """Measure until the end; handles of all loops are looked at, there is one."""
        with self._turns_timed(loop), self._garbage_timed(), self._cards_timed():
            yield

    @contextmanager
    def _turns_timed(self, loop: asyncio.AbstractEventLoop) -> Iterator[None]:
        turn, run = loop._run_once, events.Handle._run

        def timed_turn() -> None:
            self._garbage, self._cards, self._most = 0.0, 0.0, (0.0, "")
            start = thread_time()
            turn()
            # The last one goes on with what takes the house down.
            if not self._ended:
                self._took(thread_time() - start)

        def timed_run(handle: events.Handle) -> None:
            start = thread_time()
            run(handle)
            taken = thread_time() - start
            if taken > self._most[0]:
                self._most = taken, name_of(handle)

        loop._run_once = timed_turn
        events.Handle._run = timed_run
        try:
            yield
        finally:
            self._ended = True
            events.Handle._run = run
            loop._run_once = turn

    @contextmanager
    def _garbage_timed(self) -> Iterator[None]:
        ours = threading.get_ident()

        def collected(phase: str, _info: object) -> None:
            if threading.get_ident() == ours:
                if phase == "start":
                    self._since = thread_time()
                else:
                    self._garbage += thread_time() - self._since

        gc.callbacks.append(collected)
        try:
            yield
        finally:
            gc.callbacks.remove(collected)

    @contextmanager
    def _card_timed(self, domain: str) -> Iterator[None]:
        garbage, cards, start = self._garbage, self._cards, thread_time()
        try:
            yield
        finally:
            if domain != DOMAIN:
                taken = thread_time() - start - (self._garbage - garbage)
                # What was meanwhile taken for it already is within.
                self._cards = cards + taken

    @contextmanager
    def _cards_timed(self) -> Iterator[None]:
        create, name = discovery_flow.async_create_flow, ConfigFlow.async_set_unique_id

        def timed_create(
            hass: HomeAssistant, domain: str, *given: Any, **more: Any
        ) -> None:
            with self._card_timed(domain):
                create(hass, domain, *given, **more)

        async def timed_name(flow: ConfigFlow, *given: Any, **more: Any) -> Any:
            # It awaits nothing; all the cards of its integration are looked at.
            with self._card_timed(flow.handler):
                return await name(flow, *given, **more)

        discovery_flow.async_create_flow = timed_create
        ConfigFlow.async_set_unique_id = timed_name
        try:
            yield
        finally:
            ConfigFlow.async_set_unique_id = name
            discovery_flow.async_create_flow = create

    def _took(self, seconds: float) -> None:
        self.count += 1
        if seconds > AIM / 5:
            own = seconds - self._garbage - self._cards
            turn = Turn(own, self._garbage, self._cards, self.when, self._most[1])
            self.slow.append(turn)


def name_of(handle: events.Handle) -> str:
    """Return what a handle runs, by its coroutine or function."""
    callback = handle._callback
    task = getattr(callback, "__self__", None)
    if isinstance(task, asyncio.Task):
        return str(getattr(task.get_coro(), "__qualname__", task.get_name()))
    return str(getattr(callback, "__qualname__", callback))


def crowd(count: int) -> list[tuple[str, Callable[[int], bytes]]]:
    """Return addresses, each with what its device says in its nth advert."""

    def beacon(mac: bytes, product: int) -> Callable[[int], bytes]:
        head = b"\x50\x50" + product.to_bytes(2, "little")
        rest = mac[::-1] + bytes.fromhex("041002d700")
        return lambda n: ad.payload(
            ad.flags(), ad.service_data16(XIAOMI, head + bytes((n & 255,)) + rest)
        )

    def secret(mac: bytes) -> Callable[[int], bytes]:
        head = b"\x58\x50" + SECRET.to_bytes(2, "little")
        return lambda n: ad.payload(
            ad.flags(),
            ad.service_data16(
                XIAOMI,
                # The text, whatever it says, the counter, the code that proves it.
                head
                + bytes((n & 255,))
                + mac[::-1]
                + bytes((n & 255,)) * 5
                + n.to_bytes(3, "little")
                + mac[:4],
            ),
        )

    def battery(n: int) -> bytes:
        return ad.payload(ad.flags(), ad.services16(0xFF00), ad.name(BATTERY))

    def other(n: int) -> bytes:
        return ad.payload(ad.flags(), ad.manufacturer(OTHER, n.to_bytes(4)))

    found: list[tuple[str, Callable[[int], bytes]]] = []
    for number in range(count):
        mac = (0xC400_0000_0000 + number * 0x10001).to_bytes(6)
        kinds = (
            beacon(mac, KNOWN),
            beacon(mac, STRANGE),
            secret(mac),
            battery,
            other,
        )
        found.append((mac.hex(":").upper(), kinds[number % len(kinds)]))
    return found


async def call(hass: HomeAssistant, action: str, **data: Any) -> Any:
    """Call an action and return what it answers."""
    return await hass.services.async_call(
        DOMAIN, action, data, blocking=True, return_response=True
    )


@asynccontextmanager
async def form(hass: HomeAssistant, *ways: str) -> AsyncIterator[Any]:
    """Open a form by way of the menus, and close it at the end."""
    flow = hass.config_entries.flow
    shown = await flow.async_init(DOMAIN, context={"source": "user"})
    try:
        for way in ways:
            shown = await flow.async_configure(shown["flow_id"], {"next_step_id": way})
        yield shown
    finally:
        open_ones = flow.async_progress_by_handler(DOMAIN)
        if any(one["flow_id"] == shown["flow_id"] for one in open_ones):
            flow.async_abort(shown["flow_id"])


async def say(home: House, count: int, nth: int) -> None:
    """Let everybody be heard once, with another advert than before."""
    # Not in a turn that is measured: so many take their time.
    heard = await asyncio.to_thread(
        lambda: [(address, says(nth)) for address, says in crowd(count)]
    )
    for at in range(0, count, AT_ONCE):
        home.receiver.take(heard[at : at + AT_ONCE])
        await asyncio.sleep(0)
    await home.settle()


async def live(home: House, turns: Turns, count: int) -> None:
    """Open everything, one after the other, while a listener follows all."""
    hass, nth = home.hass, numbers()
    for when in ("heard first", "heard again"):
        await turns.begin(when)
        await say(home, count, next(nth))
    await turns.begin("listen")
    await call(hass, "listen", minutes=0)
    await say(home, count, next(nth))
    for seconds in (0, 2):
        await turns.begin(f"scan for {seconds} s")
        await call(hass, "scan", seconds=seconds)
    for way in FORMS:
        await turns.begin(f"form {way}")
        async with form(hass, way):
            await say(home, count, next(nth))
    for name, text in PASTES.items():
        await turns.begin(f"paste: {name}")
        async with form(hass, "keys", "import_keys") as shown:
            await hass.config_entries.flow.async_configure(
                shown["flow_id"], {"text": text}
            )
    await turns.begin("end")


async def measure(home: House, count: int) -> Turns:
    """Measure everything once the integration runs with a sensor of its own."""
    address = "A4:C1:38:00:00:01"
    data = {"kind": "sensor", "address": address, "product": KNOWN}
    await home.add(DOMAIN, address, data)
    turns = Turns()
    with turns.measured(asyncio.get_running_loop()):
        await live(home, turns, count)
    if home.hass.state is not CoreState.running:
        raise RuntimeError("a signal stopped Home Assistant before the end")
    return turns


def main() -> int:
    """Print the longest turns; 1 if one is longer than the aim."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else CROWD
    turns = at_home(lambda home: measure(home, count))
    slow = sorted(turns.slow, key=lambda one: -one.seconds)
    late = [one for one in slow if one.seconds > AIM]
    more = sum(one.seconds + one.garbage + one.cards > AIM for one in slow) - len(late)
    lines = [f"{'ms':>8}{'garbage':>9}{'cards':>7}  when, and who took the most"]
    lines += [
        f"{one.seconds * 1e3:8.1f}{one.garbage * 1e3:9.1f}{one.cards * 1e3:7.1f}"
        f"  {one.when}: {one.who}"
        for one in slow[:WORST]
    ]
    lines += [
        f"{count} addresses, {turns.count} turns",
        f"{len(late)} over {AIM * 1e3:.0f} ms, {more} more with garbage and others' cards",
    ]
    sys.stdout.write("\n".join(lines) + "\n")
    return 1 if late else 0


if __name__ == "__main__":
    sys.exit(main())
