"""All keys of the house, and what devices without one last said.

Keys are kept by address in a private file; those of unknown devices are kept loose. With each key
stands what it has proven and how far its frames counted: while a key is known, nothing less is
believed of its device, whatever becomes of the entry and of the cache of states. Adverts of
every device that nobody here decodes yet are listened to, so that a key can be judged the moment
it is typed, and a device that turns up later is tried against all keys. Nothing here logs.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE
from homeassistant.core import CALLBACK_TYPE, Event, HassJob, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later, async_track_time_interval
from homeassistant.util.hass_dict import HassKey

from ..bluetooth.adverts import FaultGuard, HeardAdvert, on_news
from ..bluetooth.discovery import is_fleeting, sighting_of
from ..const import DOMAIN
from ..entries import Wish, async_rekey, configured, entry_of, key_of
from ..proto.keys.proofs import Proofs
from ..proto.keys.ring import KeyRing
from ..proto.mibeacon.decoder import Decoder
from ..proto.mibeacon.matchers import MATCHERS
from ..proto.model.fields import Field
from ..proto.model.reading import Outcome, Value
from ..stored_files import async_remove
from .auto_add import AutoAdd
from .storage import (
    DAMAGED,
    NEWER,
    NOT_STORED,
    STOPPED,
    UNREADABLE,
    async_kept,
    async_store,
    store_of,
    tell_over,
)

SAVE_DELAY: Final = 1.0  # s
RETRY: Final = 300.0  # s until it is tried again to write what could not be written
# The counters of frames are in the cache of states, too, which is newer; a memory card wears.
SAVE_PROOFS: Final = timedelta(hours=6)
DEVICES: Final = 256  # whose packets are kept
EXTRAS: Final = 2000  # devices of which a file said more
_TELLING: Final = frozenset({Outcome.DECODED, Outcome.NEEDS_KEY})
_SERVICES: Final = tuple(
    dict.fromkeys(str(one["service_data_uuid"]) for one in MATCHERS)
)

type Frames = tuple[tuple[str, bytes], ...]


class Keys:
    """The ring of keys, what devices without one said, and the wish to add new sensors unasked."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Begin with nothing."""
        self._hass = hass
        self._store = store_of(hass)
        self.guard = FaultGuard("keys")
        self.ring = KeyRing()
        self.identities: dict[str, dict[str, Any]] = {}
        # What a file said of a device besides, as JSON.
        self.extras: dict[str, str] = {}
        self.proofs = Proofs()
        self.auto_add = False
        self.ignored: set[str] = set()
        self.pairing: str | None = None  # the address that is being given a key
        self._heard: OrderedDict[str, Decoder] = OrderedDict()
        self._said: dict[str, dict[Field, Value]] = {}  # values of those
        self._followed: dict[str, Decoder] = {}
        self._adding = AutoAdd(hass, self)
        self._newer = False  # the file is that of a newer version, and left alone
        self._retry: CALLBACK_TYPE | None = None
        self.loading = hass.async_create_task(self._async_load(), f"{DOMAIN} keys")

    async def _async_load(self) -> None:
        """Read what was kept, add the keys of the entries, and begin to listen."""
        kept, wrong = await async_kept(self._hass, self._store)
        self._newer = wrong is None
        if wrong:
            self._save()
        self.identities = kept["identities"]
        self.extras = kept["extras"]
        self.auto_add = kept["auto_add"]
        self.ignored = set(kept["ignored"])
        self.ring.fill(kept)
        for entry in self._hass.config_entries.async_entries(DOMAIN):
            if (address := entry.unique_id) and (key := key_of(entry)):
                filed = self.ring.get(address)
                self.ring.add(address, key)
                # The file is written first: an entry may lack what somebody gave it last.
                self.ring.add_spare(address, [filed] if filed else ())
        proofs = kept["proofs"].items()
        self.proofs = Proofs({one: kept for one, kept in proofs if self.ring.get(one)})
        for uuid in _SERVICES:
            on_news(self._hass, self._hear, service_data_uuid=uuid)
        async_track_time_interval(
            self._hass, self._async_save_proofs, SAVE_PROOFS, cancel_on_shutdown=True
        )
        self._hass.bus.async_listen_once(
            EVENT_HOMEASSISTANT_FINAL_WRITE, self._async_save_proofs
        )

    def _save(self) -> None:
        """Write everything down soon; many keys come one after the other."""
        self._store.async_delay_save(self._everything, SAVE_DELAY)

    async def _async_store_again(self, _now: datetime) -> None:
        await self.async_store()

    async def async_store(self) -> bool:
        """Write everything down now; return whether the keys are in the file.

        If they are not, the user is told, and it is tried again later. Of a newer version's file
        the user knows already that keys are kept with their sensors only.
        """
        if self._newer:
            return True
        if self._retry:
            self._retry()
            self._retry = None
        stored = await async_store(self._store, self._everything())
        if not stored:
            self._retry = async_call_later(
                self._hass,
                RETRY,
                HassJob(self._async_store_again, cancel_on_shutdown=True),
            )
        return stored

    async def _async_save_proofs(self, _when: datetime | Event) -> None:
        # What waits to be written at the end complains if that was done before.
        await asyncio.sleep(0)
        if self.proofs.moves:
            await self._store.async_save(self._everything())

    def _everything(self) -> dict[str, Any]:
        return {
            **self.ring.texts(),
            "identities": self.identities,
            "extras": self.extras,
            "proofs": self.proofs.snapshot(),
            "auto_add": self.auto_add,
            "ignored": sorted(self.ignored),
        }

    @callback
    def remember(
        self,
        keys: Mapping[str, bytes],
        loose: Iterable[bytes] = (),
        spare: Mapping[str, Iterable[bytes]] | None = None,
    ) -> None:
        """Keep keys for good, by address and loose ones, and further ones of which one may be in use."""
        for address, key in keys.items():
            self.ring.add(address, key)
        for address, further in (spare or {}).items():
            self.ring.add_spare(address, further)
        for key in loose:
            self.ring.add(None, key)
        self._adding.start_anew()
        self._save()

    async def async_take(
        self,
        keys: Mapping[str, bytes],
        loose: Iterable[bytes] = (),
        spare: Mapping[str, Iterable[bytes]] | None = None,
        extras: Mapping[str, str] | None = None,
    ) -> bool:
        """Keep what somebody gave and what a file said of devices besides; return whether it is stored."""
        self.extras |= extras or {}
        for address in list(self.extras)[:-EXTRAS]:
            del self.extras[address]
        self.remember(keys, loose, spare)
        return await self.async_store()

    @property
    def spare(self) -> list[str]:
        """Return the addresses of devices that are not set up and of which something is kept."""
        kept = {*self.ring.owned, *self.identities, *self.extras}
        return sorted(kept - configured(self._hass))

    async def async_forget(
        self, addresses: Iterable[str], loose: Iterable[bytes] = ()
    ) -> bool:
        """Forget what is kept of some devices, and some loose keys; return whether it is stored."""
        for address in addresses:
            self.ring.remove(address)
            self.identities.pop(address, None)
            self.extras.pop(address, None)
            self.proofs.forget(address)
        for key in loose:
            self.ring.drop(key)
        return await self.async_store()

    async def async_forget_all(self) -> None:
        """Forget everything, on the disk, too."""
        self.ring = KeyRing()
        self.identities, self.extras, self.proofs = {}, {}, Proofs()
        self.auto_add, self.ignored = False, set()
        self._adding = AutoAdd(self._hass, self)
        if self._retry:
            self._retry()
        await async_remove(self._hass, self._store)
        tell_over(self._hass, DAMAGED, NEWER, UNREADABLE, NOT_STORED, STOPPED)

    @callback
    def async_set_adding(self, *, auto_add: bool, ignored: Iterable[str]) -> None:
        """Set whether new sensors are added without asking, and which never are."""
        self.auto_add, self.ignored = auto_add, set(ignored)
        self._adding.start_anew(forgive=True)
        tell_over(self._hass, STOPPED)
        self._save()

    # --- what devices said -----------------------------------------------------------------

    @callback
    def follow(self, address: str, decoder: Decoder) -> CALLBACK_TYPE:
        """Leave a device to its own decoder, whose frames are taken instead of ours."""
        self._followed[address] = decoder
        self._heard.pop(address, None)
        self._said.pop(address, None)
        self.proofs.follow(address, decoder, self._save)

        @callback
        def stop() -> None:
            self.proofs.leave(address)
            self._followed.pop(address, None)

        return stop

    def frames(self, address: str) -> Frames:
        """Return the newest encrypted packets of a device."""
        decoder = self._followed.get(address) or self._heard.get(address)
        return decoder.frames if decoder else ()

    def everybodys_frames(self) -> dict[str, Frames]:
        """Return the newest encrypted packets of all devices."""
        known = {**self._heard, **self._followed}
        return {
            address: decoder.frames
            for address, decoder in known.items()
            if decoder.frames
        }

    async def async_match(
        self, address: str, frames: Frames = (), *, proven: bool = False
    ) -> bytes | None:
        """Find the key of a device among all known ones; None if none opens what it said.

        Where nothing was said, or if ``proven``, it is the one that opened something before: what
        seems to come in the clear, or under another key, may be somebody else's.
        """
        said, own = (*self.frames(address), *frames), self.ring.get(address)
        if said:
            match = self.ring.match
            found = await self._hass.async_add_executor_job(match, address, said)
            if found or not proven:
                return found
        return own if own and self.proofs.proves(address, own) else None

    @callback
    def _hear(self, info: HeardAdvert, _change: object) -> None:
        # Not wrapped by the guard: this comes with every advert of the house.
        address = info.address
        try:
            followed = self._followed.get(address)
            if followed is None:
                self._take(address, info)
            elif address in self.ring.undecided:
                self._decide(address, followed)
        except Exception as err:  # noqa: BLE001  (whatever it is, it ends here)
            self.guard.note(err)

    def _take(self, address: str, info: HeardAdvert) -> None:
        if is_fleeting(info):
            return
        decoder = self._heard.get(address)
        if decoder is None:
            if not sighting_of(info):
                return
            decoder = self._heard[address] = Decoder(address)
            if len(self._heard) > DEVICES:
                gone, _ = self._heard.popitem(last=False)
                self._said.pop(gone, None)
        else:
            self._heard.move_to_end(address)
        reading = decoder.feed(
            info.service_data, info.manufacturer_data, info.time, info.source
        )
        if reading.values:
            self._said.setdefault(address, {}).update(reading.values)
        if self.auto_add and reading.outcome in _TELLING:
            self._adding.consider(info)

    def _decide(self, address: str, decoder: Decoder) -> None:
        """Let what a device sends decide which of several keys is its own."""
        key = self.ring.decide(address, decoder.frames)
        if key is None:
            return
        own = self.ring.get(address)
        if key != own and (entry := entry_of(self._hass, address)):
            self.ring.add(address, key)
            self.ring.add_spare(address, [own] if own else ())
            async_rekey(self._hass, entry, Wish(address=address, key=key))
        self.ring.settle(address)
        self._save()

    @callback
    def async_stop_adding(self) -> None:
        """Add nothing more by itself."""
        self.auto_add = False
        self._save()

    @callback
    def async_removed(self, address: str) -> None:
        """Respect that somebody removed a sensor: it does not come back by itself."""
        if self.auto_add:
            self.ignored.add(address)
        if self.auto_add or address in self.proofs:
            self._save()

    def said(self, address: str) -> dict[Field, Value]:
        """Return the last values of a device that is not set up, as far as it sends them in the clear."""
        return dict(self._said.get(address, {}))

    def decoder(self, address: str) -> Decoder | None:
        """Return what was decoded of a device that is not set up."""
        return self._heard.get(address)


KEYS: HassKey[Keys] = HassKey(f"{DOMAIN}.keys")


async def async_keys(hass: HomeAssistant) -> Keys:
    """Return the keys of the house; the first to ask, a flow or an entry, has them loaded."""
    if KEYS not in hass.data:
        hass.data[KEYS] = Keys(hass)
    keys = hass.data[KEYS]
    await keys.loading
    return keys
