"""What all entries share: whose turn it is to be read, and what outlives a restart."""

import asyncio
from collections.abc import AsyncIterator, Callable
import contextlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntry
from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE
from homeassistant.core import CALLBACK_TYPE, Context, Event, HomeAssistant, callback
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.util.hass_dict import HassKey

from .bluetooth.adverts import last_advert, rediscover_removed
from .bluetooth.scheduler import Polls
from .const import CONF_RESERVE, CONF_SWITCHING, DOMAIN
from .proto.bank.board import Board
from .proto.bms.control import Result, Switch, Target
from .proto.control.command import Command
from .proto.publish.news import Feed
from .stored import SETTINGS, STATE
from .stored_files import CheckedStore, async_read, async_remove

STORE_VERSION = 1
SAVE_EVERY = timedelta(minutes=15)  # a crash loses at most this much of what was read
SAVED_WITHIN = 5.0  # s; a disk that takes longer has not written it
SAVE_SOON = 5.0  # s, after somebody changed or wished something
SAVE_NEWS = 60.0  # s; presses and motion come all day, and a memory card wears
# s until a form says that there is no free connection; another form may have the receiver before.
TURN_WITHIN = 90.0


class Switchable(Protocol):
    """What a battery that runs lets others ask of its switching."""

    @property
    def offers(self) -> tuple[Switch, ...]: ...  # noqa: D102
    @property
    def armed_until(self) -> datetime | None: ...  # noqa: D102
    @property
    def has_window(self) -> bool: ...  # noqa: D102
    def command(self, target: Target) -> bool | None: ...  # noqa: D102
    def returns_at(self, target: Target) -> tuple[datetime, bool] | None: ...  # noqa: D102
    def postpone(self, target: Target, minutes: float) -> None: ...  # noqa: D102
    def settle(self, target: Target) -> None: ...  # noqa: D102
    async def act(self, command: Command, context: Context | None) -> Result: ...  # noqa: D102


type Snapshot = Callable[[], dict[str, Any] | None]


@dataclass(slots=True)
class Shared:
    """What the entries of this domain share; ``kept`` and ``switchable`` are by address."""

    polls: Polls
    store: CheckedStore
    kept: dict[str, dict[str, Any]] = field(default_factory=dict)
    feed: Feed = field(default_factory=Feed)
    board: Board = field(default_factory=Board)
    switchable: dict[str, Switchable] = field(default_factory=dict)
    _due: float | None = None  # when the next write is, in the scheduler's time
    _snapshots: dict[str, Snapshot] = field(default_factory=dict)
    _parts: dict[str, dict[str, Snapshot]] = field(default_factory=dict)

    def keep(self, address: str, snapshot: Snapshot) -> CALLBACK_TYPE:
        """Ask ``snapshot`` for what a device wants kept, now and then and when it is unloaded."""
        self._snapshots[address] = snapshot

        @callback
        def stop() -> None:
            self._ask(address)
            self._snapshots.pop(address, None)

        return stop

    def keep_part(self, address: str, name: str, part: Snapshot) -> CALLBACK_TYPE:
        """Ask ``part`` for what is kept of a device under a name beside its snapshot."""
        parts = self._parts.setdefault(address, {})
        parts[name] = part

        @callback
        def stop() -> None:
            # The device's own last snapshot is still to come.
            last = part()
            parts[name] = lambda: last

        return stop

    def _ask(self, address: str) -> None:
        if (state := self._snapshots[address]()) is not None:
            self.kept[address] = state
        for name, part in self._parts.get(address, {}).items():
            if (state := part()) is not None:
                self.kept[address] = {**self.kept.get(address, {}), name: state}

    def forget(self, address: str) -> None:
        """Drop what is kept of a device that was removed."""
        self.kept.pop(address, None)
        self._parts.pop(address, None)
        self.polls.forget(address)
        self.async_save_soon()

    @property
    def reserve(self) -> int:
        """Return how many slots of a scanner stay free for other integrations."""
        return self.polls.scheduler.settings.reserve

    @callback
    def async_set_reserve(self, slots: int) -> None:
        """Keep so many slots of a scanner free for other integrations, from now on."""
        self.kept[SETTINGS] = {**self.kept.get(SETTINGS, {}), CONF_RESERVE: slots}
        self.async_save_soon()
        self._take_settings()

    def _take_settings(self) -> None:
        reserve = self.kept.get(SETTINGS, {}).get(CONF_RESERVE)
        if reserve is not None:
            self.polls.set_reserve(reserve)

    async def async_load(self) -> None:
        """Take what a former run has written down, as far as it can be read."""
        found, _ = await async_read(self.store, STATE)
        self.kept = found or {}
        self._take_settings()

    async def async_save(self) -> bool:
        """Write down what all devices want kept; return whether that was possible in good time."""
        kept = self._collect()
        return not kept or await self.store.async_write(kept, SAVED_WITHIN)

    async def async_forget_all(self, hass: HomeAssistant) -> None:
        """Drop everything that is kept, on the disk, too; only what is to be put back stays."""
        self.kept = {name: one for name, one in self.kept.items() if _switched(one)}
        self._due = None
        if self.kept:
            await self.store.async_save(self.kept)
        else:
            await async_remove(hass, self.store)

    @callback
    def async_save_soon(self, within: float = SAVE_SOON) -> None:
        """Write it down within so many seconds: what somebody wished must outlive a crash, too."""
        due = self.polls.now() + within
        # The store puts off what waits each time it is asked: a busy house would never be written down.
        if self._due is None or due < self._due:
            self._due = due
            self.store.async_delay_save(self._collect, within)

    def _collect(self) -> dict[str, dict[str, Any]]:
        self._due = None
        for address in self._snapshots:
            self._ask(address)
        return self.kept


SHARED: HassKey[Shared] = HassKey(DOMAIN)
# What flows have read before the first entry loads the integration, by address.
_HANDED: HassKey[dict[str, dict[str, Any]]] = HassKey(f"{DOMAIN}.handed")


@callback
def async_hand_over(hass: HomeAssistant, address: str, state: dict[str, Any]) -> None:
    """Keep what a flow has read of a device for its entry, which is set up next."""
    shared = hass.data.get(SHARED)
    kept = shared.kept if shared else hass.data.setdefault(_HANDED, {})
    kept[address] = _switched(kept.get(address, {})) | state


def _switched(record: dict[str, Any]) -> dict[str, Any]:
    """Return what is to be put back of a battery: it outlives the battery's entry."""
    return {name: one for name, one in record.items() if name == CONF_SWITCHING}


async def async_setup_shared(hass: HomeAssistant) -> None:
    """Make the shared state once, when the integration is loaded."""
    store = CheckedStore(
        # When somebody came and went is nobody else's business.
        hass,
        STORE_VERSION,
        f"{DOMAIN}.state",
        private=True,
        atomic_writes=True,
    )
    shared = Shared(Polls(hass), store)
    await shared.async_load()
    handed: dict[str, dict[str, Any]] = hass.data.pop(_HANDED, {})
    for address, state in handed.items():
        shared.kept[address] = _switched(shared.kept.get(address, {})) | state
    hass.data[SHARED] = shared

    async def save_now_and_then(_now: datetime) -> None:
        await shared.async_save()

    async def save_at_the_end(_event: Event) -> None:
        stop()
        # What waits to be written ends by this event, too, and complains if that was done before.
        await asyncio.sleep(0)
        await shared.async_save()

    stop = async_track_time_interval(
        hass, save_now_and_then, SAVE_EVERY, cancel_on_shutdown=True
    )
    hass.bus.async_listen_once(EVENT_HOMEASSISTANT_FINAL_WRITE, save_at_the_end)


@callback
def async_forget_device(hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
    """Forget what was kept of a device whose entry was removed; it may be discovered again."""
    if shared := hass.data.get(SHARED):
        shared.forget(str(entry.unique_id))
    rediscover_removed(hass, entry)


@callback
def async_withdraw_reauth(hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
    """Take back the question for another key or password: the one that is there fits."""
    for flow in entry.async_get_active_flows(hass, {SOURCE_REAUTH}):
        hass.config_entries.flow.async_abort(flow["flow_id"])


@contextlib.asynccontextmanager
async def async_watched(hass: HomeAssistant, address: str) -> AsyncIterator[None]:
    """Connect to a battery for a form: in turn with those that are read, and never while that one is.

    Raise ``Unreachable`` when no turn came. Of a battery that nobody hears, whoever connects says so at once.
    """
    shared = hass.data.get(SHARED)
    if shared is None or last_advert(hass, address, connectable=True) is None:
        yield
        return
    async with shared.polls.async_visit(address, TURN_WITHIN, watched=True):
        yield
