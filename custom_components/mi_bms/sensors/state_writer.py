"""The last stage of a reading: into the store of values, and from there to the entities.

Home Assistant's passive processors give entities, restored values and availability. What is done past
them stands here and nowhere else.
"""

from abc import abstractmethod
from collections.abc import Mapping
from functools import partial
import logging
from typing import Any, Final, override

from bluetooth_data_tools import monotonic_time_coarse

from homeassistant.components.bluetooth import BluetoothChange, BluetoothScanningMode
from homeassistant.components.bluetooth.passive_update_processor import (
    PassiveBluetoothDataProcessor,
    PassiveBluetoothProcessorCoordinator,
    RestoredPassiveBluetoothDataUpdate,
)
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.entity import EntityDescription

from ..bluetooth.adverts import FaultGuard, HeardAdvert
from ..proto.model.fields import Field
from ..proto.model.reading import Outcome, Reading, Value
from .processor import PassiveProcessor
from .store import Store, Writer, follow

_LOGGER = logging.getLogger(__name__)

GIVEN: Final = "given"  # the format of readings that are no adverts


class StateWriter(PassiveBluetoothProcessorCoordinator[Reading]):
    """Write what is new of a reading, and nothing else.

    Most adverts say again what is shown already. Home Assistant's own way builds an update for each
    platform, compares it key by key and calls all listeners of what changed; with the way here an advert
    takes 0.3 to 0.5 of the time that it takes in Home Assistant's own integration for these sensors
    (``tests/bench/ha_path.py``). So the base's way is kept for what comes for the first time and for a
    sensor that was away. ``LEANS_ON`` lists what is used of the base beside the documented; a test looks
    for each of them in the oldest and in the newest Home Assistant that is supported.
    """

    LEANS_ON: Final = (
        "_async_handle_bluetooth_event",
        "_async_handle_unavailable",
        "_available",
        "_last_name",
        "_last_unavailable_time",
        "_process_update",
        "_processors",
    )

    # In the base's dictionary they would take more memory for each sensor.
    __slots__ = (
        "_followers",
        "_stores",
        "_waiting",
        "given",
        "guard",
        "rssi",
        "said_at",
    )

    def __init__(self, hass: HomeAssistant, address: str, given: set[str]) -> None:
        """Begin without values; ``given`` are the keys whose last value no advert said."""
        super().__init__(
            hass,
            _LOGGER,
            address,
            BluetoothScanningMode.PASSIVE,
            _no_update,
            connectable=False,
        )
        self.rssi: int | None = None
        self.guard = FaultGuard("sensors")
        # By whether the platform is that of booleans: a few fields exist as both.
        self._stores = (Store(), Store())
        self._followers, self._waiting = list[Writer](), list[Writer]()
        # When each field was last said (monotonic s), and what an action has set since.
        self.said_at: dict[str, float] = {}
        self.given = given

    # --- what comes in ---------------------------------------------------------------------------

    @abstractmethod
    def async_take(self, info: HeardAdvert) -> None:
        """Take an advert; the subclass leads it through its stages."""

    @callback
    @override
    def _async_handle_bluetooth_event(
        self, service_info: HeardAdvert, change: BluetoothChange
    ) -> None:
        try:
            if not self.hass.is_stopping:
                self.async_take(service_info)
        # Not the base's way, which would log each fault with its traceback.
        except Exception as err:  # noqa: BLE001  (whatever it is, it ends here)
            self.guard.note(err)
            # Nothing old may pass for new.
            self.async_show_gone()

    @callback
    @override
    def _async_handle_unavailable(self, service_info: HeardAdvert) -> None:
        # Home Assistant gives up on the scanner's schedule; our cadence knows the device.
        self._last_unavailable_time = service_info.time
        self._last_name = service_info.name

    # --- here or gone ----------------------------------------------------------------------------

    @property
    def here(self) -> bool:
        """Return whether the sensor counts as there."""
        return self._available

    @here.setter
    def here(self, here: bool) -> None:
        self._available = here

    @callback
    def async_show_gone(self) -> None:
        """Make all entities unavailable, once."""
        if self._available:
            self._available = False
            self.async_show_all()

    @callback
    def async_show_all(self) -> None:
        """Have all entities written anew."""
        for processor in self._processors:
            processor.async_update_listeners(None)
        self.async_tell()

    @callback
    def async_follow(self, follower: Writer) -> CALLBACK_TYPE:
        """Call ``follower`` after each reading, and when the sensor comes or goes."""
        return follow(self._followers, follower)

    @callback
    def async_on_first(self, follower: Writer) -> CALLBACK_TYPE:
        """Call ``follower`` whenever a field may have become known."""
        return follow(self._waiting, follower)

    @callback
    def async_tell_first(self) -> None:
        """Tell those who wait for a field that one may have become known."""
        for follower in [*self._waiting]:
            follower()

    @callback
    def async_tell(self) -> None:
        """Tell those who follow that something may have changed."""
        for follower in [*self._followers]:
            follower()

    # --- what is shown ---------------------------------------------------------------------------

    @property
    def values(self) -> dict[str, Value]:
        """Return the last values by entity key, those of earlier runs included."""
        return self._stores[0].values | self._stores[1].values

    def store(self, *, flags: bool) -> Store:
        """Return the store of the platform of booleans or of all else."""
        return self._stores[flags]

    @callback
    def async_publish(self, reading: Reading, was_here: bool) -> None:
        """Show what a reading says; ``was_here``: entities do not have to become available."""
        values = reading.values
        if self.given:
            self._take_back(values)
        if _LOGGER.isEnabledFor(logging.DEBUG):
            self._log(reading)
        if not was_here or reading.further or not self._write(values):
            self.said_at |= dict.fromkeys(values, monotonic_time_coarse())
            self._show(reading, was_here)
        if self._followers:
            self.async_tell()

    def _show(self, reading: Reading, was_here: bool) -> None:
        """Go the base's way, the only one on which a field can become known."""
        # It writes what differs from what it knows.
        self._hand_back()
        self._process_update(reading, was_here)
        self.async_tell_first()

    def _write(self, values: Mapping[Field, Value]) -> bool:
        """Write what is new; False when something has no entity yet and the base's way is needed."""
        others, flags = self._stores
        said_at, now = self.said_at, monotonic_time_coarse()
        for field, value in values.items():
            said_at[field] = now
            store = flags if type(value) is bool else others
            known = store.values
            if known.get(field) == value:
                continue
            entity = store.shown.get(field)
            if entity is None:
                return False
            known[field] = value
            entity.async_write()
        return True

    @callback
    def async_show_given(self, reading: Reading) -> None:
        """Show what somebody else knows of the sensor, until it says so itself."""
        self.given.update(reading.values)
        # As of a sensor that was away: each state is written, also one that stays the same.
        self._show(reading, was_here=False)
        self.async_tell()

    def _take_back(self, values: Mapping[Field, Value]) -> None:
        """Let the sensor's own word go before what was given: it is news even if it says the same."""
        for field in self.given & values.keys():
            self.given.discard(field)
            for store in self._stores:
                store.values.pop(field, None)

    def log_name(self) -> str:
        """Return how the sensor is called in the debug log: neither by name nor by address."""
        return "sensor"

    def _log(self, reading: Reading) -> None:
        """Write one line of what is new; neither keys nor addresses stand in a reading."""
        shown = self.values
        news = [
            f"{field} {value}"
            for field, value in reading.values.items()
            if shown.get(field) != value
        ]
        news += [
            f"{field} {n} {value}" for (field, n), value in reading.further.items()
        ]
        news += [f"{event.key} {event.type}" for event in reading.events]
        if news:
            _LOGGER.debug(
                "%s (%s, %s dBm): %s",
                self.log_name(),
                reading.format,
                self.rssi,
                ", ".join(news),
            )

    # --- what outlives a restart: the base stores what its processors hold ---------------------------

    @callback
    @override
    def async_register_processor(
        self,
        processor: PassiveBluetoothDataProcessor[Any, Reading],
        entity_description_class: type[EntityDescription] | None = None,
    ) -> CALLBACK_TYPE:
        """Connect a platform's processor; the result ends that and keeps its values."""
        stop = super().async_register_processor(processor, entity_description_class)
        self.async_tell_first()
        return partial(self._keep_and_stop, stop)

    @callback
    def _keep_and_stop(self, stop: CALLBACK_TYPE) -> None:
        self._hand_back()
        stop()

    @callback
    @override
    def async_get_restore_data(self) -> dict[str, RestoredPassiveBluetoothDataUpdate]:
        """Return what is stored for the next start."""
        self._hand_back()
        return super().async_get_restore_data()

    def _hand_back(self) -> None:
        """Tell the processors the newest values; between two savings they need none."""
        for processor in self._processors:
            if isinstance(processor, PassiveProcessor):
                processor.hand_back()


def _no_update(_info: HeardAdvert) -> Reading:
    """Stand for what the base would call with each advert, if ``async_take`` did not."""
    return Reading(Outcome.IGNORED)
