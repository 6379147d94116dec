"""The coordinator of a battery: it polls, and only translates.

A poll runs the family's session over a connection of its own; a missed poll keeps the last good
sample for a grace time. Adverts only wake a pack's next poll early.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
import logging
from typing import Any, Final, override

from bluetooth_data_tools import monotonic_time_coarse

from homeassistant.components import bluetooth
from homeassistant.components.bluetooth import (
    BluetoothChange,
    BluetoothScanningMode,
    BluetoothServiceInfoBleak,
)
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_ADDRESS, CONF_PASSWORD
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryAuthFailed
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator
from homeassistant.util import dt as dt_util

from .adverts import SensorCoordinator
from .const import (
    CONF_CAPACITY,
    CONF_CELSIUS,
    CONF_CORRECTIONS,
    CONF_CURRENT_BAND,
    CONF_GAIN,
    CONF_INTERVAL,
    CONF_INVERT,
    CONF_PROFILE,
    CONF_TEMPERATURE_OFFSET,
    DEFAULT_INTERVAL,
    DOMAIN,
)
from .profile import Profile, sample_from_json, sample_to_json
from .proto.bms.contract import CELSIUS, Family
from .proto.bms.correct import Correction
from .proto.bms.index import INDEX
from .proto.bms.outlook import Outlook
from .proto.bms.plausible import Gate
from .proto.link.session import Device, Memory, Session
from .proto.model.errors import (
    AuthNeeded,
    AuthRejected,
    FrameError,
    Implausible,
    MiBmsError,
    Unreachable,
)
from .proto.model.sample import BmsSample
from .runtime import SHARED
from .transport import async_use, reachability

_LOGGER = logging.getLogger(__name__)

type MiBmsConfigEntry = ConfigEntry[SensorCoordinator | BatteryCoordinator]

# A missed poll is normal on a shared radio; this many intervals without data are not.
GRACE_INTERVALS: Final = 4
MIN_GRACE: Final = 120.0  # s


class BatteryCoordinator(DataUpdateCoordinator[BmsSample]):
    """Poll one battery."""

    def __init__(
        self, hass: HomeAssistant, entry: MiBmsConfigEntry, family: Family
    ) -> None:
        """Prepare the session; nothing is read yet, a sleeping pack must not hold the start up."""
        interval = entry.options.get(CONF_INTERVAL, DEFAULT_INTERVAL)
        super().__init__(
            hass,
            _LOGGER,
            config_entry=entry,
            name=entry.title,
            update_interval=timedelta(seconds=interval),
        )
        self.entry = entry
        self.address: str = entry.data[CONF_ADDRESS]
        self.family = family
        self.title = INDEX[family.id].title
        self.profile = Profile.from_json(entry.data[CONF_PROFILE])
        self.grace = max(GRACE_INTERVALS * interval, MIN_GRACE)
        self.failures: Counter[str] = Counter()
        self.gate = Gate()
        self.polls = 0
        self.read_at: datetime | None = None
        self.online = False
        self._lost = False
        self._last_error: str | None = None
        self.device_id = ""  # of the device registry; packs are parts of it
        self.was_read = False  # since the start
        self._correction = correction_of(entry.options)
        self._outlook = Outlook()
        self._memory = Memory()
        self._memory.notes[CELSIUS] = bool(entry.options.get(CONF_CELSIUS))
        self.data = BmsSample()
        self._restore()

    def _restore(self) -> None:
        kept = self.hass.data[SHARED].kept.get(self.address)
        if not kept or "read_at" not in kept:
            return
        read_as = kept.get("read_as", self._read_as)
        if read_as["family"] != self.family.id:
            # What another family made of the same bytes means nothing.
            return
        self.data = sample_from_json(kept)
        # Counters are read once in a while only.
        self._memory.counters = dict(self.data.counters)
        self.read_at = dt_util.parse_datetime(kept["read_at"])
        # What was corrected otherwise is no measure for what is read next.
        if self.read_at is not None and read_as == self._read_as:
            self.gate.restore(self.data, self.read_at.timestamp())
        self.online = self._fresh()

    @property
    def _read_as(self) -> dict[str, Any]:
        """Give what values depend on beside the battery."""
        options = self.entry.options
        chosen = {key: options.get(key) for key in (CONF_CORRECTIONS, CONF_CELSIUS)}
        return {"family": self.family.id, **chosen}

    def _fresh(self) -> bool:
        if self.read_at is None:
            return False
        age: float = (dt_util.utcnow() - self.read_at).total_seconds()
        return age < float(self.grace)

    def snapshot(self) -> dict[str, Any] | None:
        """Give what is kept for the next start."""
        if self.read_at is None:
            return None
        return sample_to_json(self.data) | {
            "read_at": self.read_at.isoformat(),
            "read_as": self._read_as,
        }

    @callback
    def async_watch(self) -> CALLBACK_TYPE:
        """Read a pack that was away as soon as it advertises again; keep what it said."""

        @callback
        def heard(_info: BluetoothServiceInfoBleak, _change: BluetoothChange) -> None:
            if self._last_error:
                self.entry.async_create_background_task(
                    self.hass, self.async_request_refresh(), f"{DOMAIN} early read"
                )

        stop_listening = bluetooth.async_register_callback(
            self.hass,
            heard,
            {"address": self.address, "connectable": True},
            BluetoothScanningMode.PASSIVE,
        )
        stop_keeping = self.hass.data[SHARED].keep(self.address, self.snapshot)

        @callback
        def stop() -> None:
            stop_listening()
            stop_keeping()

        return stop

    @override
    async def _async_update_data(self) -> BmsSample:
        """Poll once; a failure keeps the last good sample and only ends availability after the grace."""
        self.polls += 1
        try:
            async with self.hass.data[SHARED].polls:
                sample = await self._poll()
        except (AuthNeeded, AuthRejected) as err:
            self._failed(type(err).__name__)
            raise ConfigEntryAuthFailed(
                translation_domain=DOMAIN, translation_key="password_refused"
            ) from err
        except Implausible:
            self._failed("Implausible")
            return self.data
        except MiBmsError as err:
            self._failed(reason_of(err))
            return self.data
        return self._succeeded(sample)

    async def _poll(self) -> BmsSample:
        info = bluetooth.async_last_service_info(self.hass, self.address, True)
        device = Device(name=info.name if info else "", address=self.address)
        session = Session(self.family, memory=self._memory, correction=self._correction)
        secret = self.entry.data.get(CONF_PASSWORD)
        sample = await async_use(
            self.hass,
            self.address,
            lambda link: session.read(link, device, secret),
        )
        return self.gate.take(sample, dt_util.utcnow().timestamp())

    def _succeeded(self, sample: BmsSample) -> BmsSample:
        self._last_error = None
        self.was_read = True
        self.read_at = dt_util.utcnow()
        if self._lost:
            _LOGGER.info("%s is read again", self.name)
        self.online, self._lost = True, False
        self._keep_profile(self.profile.learn(sample))
        return self._outlook.judge(sample, monotonic_time_coarse())

    def _keep_profile(self, profile: Profile) -> None:
        if profile != self.profile:
            self.profile = profile
            self.hass.config_entries.async_update_entry(
                self.entry, data=self.entry.data | {CONF_PROFILE: profile.to_json()}
            )

    def forget_pack(self, number: int) -> bool:
        """Forget a pack, from 1, that the last reading did not have; give whether it was forgotten."""
        if self.read_at is None or number <= len(self.data.packs):
            return False
        self._keep_profile(self.profile.without_packs_from(number))
        return True

    def _failed(self, reason: str) -> None:
        self._last_error = reason
        self.failures[reason] += 1
        _LOGGER.debug("%s could not be read: %s", self.name, reason)
        if not self._lost and not self._fresh():
            self.online, self._lost = False, True
            _LOGGER.info("%s cannot be read (%s)", self.name, reason)

    def describe(self) -> dict[str, Any]:
        """Give the poll statistics for diagnostics."""
        return {
            "family": self.family.id,
            "polls": self.polls,
            "failures": dict(self.failures),
            "refused": dict(self.gate.refused),
            "last_error": self._last_error,
            "read_at": self.read_at.isoformat() if self.read_at else None,
            "reachability": reachability(self.hass, self.address),
        }


def correction_of(options: Mapping[str, Any]) -> Correction:
    """Read the corrections from the options of a battery; absent ones correct nothing."""
    stored = options.get(CONF_CORRECTIONS, {})
    return Correction(
        invert=stored.get(CONF_INVERT, False),
        gain=stored.get(CONF_GAIN, 1.0),
        dead_band=stored.get(CONF_CURRENT_BAND, 0.0),
        capacity=stored.get(CONF_CAPACITY) or None,
        offset=stored.get(CONF_TEMPERATURE_OFFSET, 0.0),
    )


def reason_of(err: MiBmsError) -> str:
    """Give one short word for why a poll failed."""
    if isinstance(err, FrameError | Unreachable):
        return err.reason
    return type(err).__name__
