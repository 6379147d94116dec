"""How reading a battery is shown: what is going on, and then what was read, to be looked at.

A step of a battery does its work in a task. What the step would have answered comes out of it: the
form once more, with why it failed, or the question whether this is the battery that was meant.
"""

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any, cast, override

from homeassistant.config_entries import SOURCE_IMPORT, ConfigFlowResult
from homeassistant.core import HomeAssistant, callback

from ..batteries.diagnosis import async_why
from ..batteries.options import BatterySettings
from ..batteries.restore import first_to_store
from ..bluetooth.connection import async_use
from ..bluetooth.discovery import advert_of
from ..proto.bms import registry
from ..proto.bms.plausible import credible
from ..proto.gatt.link import GattLink
from ..proto.gatt.probing import probe
from ..proto.gatt.session import Device, Session
from ..proto.model.errors import MiBmsError, Unsupported
from ..proto.model.fields import Field
from ..proto.model.sample import BmsSample
from ..runtime import async_hand_over, async_watched
from ..texts import async_words
from .base import DeviceFlow

type _Task = asyncio.Task[ConfigFlowResult]
type _Work = Coroutine[Any, Any, ConfigFlowResult]


async def async_meet(
    hass: HomeAssistant, device: Device, family: str, secret: str | None
) -> BmsSample:
    """Read a battery once, as the family that it is said to be."""
    known = await hass.async_add_import_executor_job(registry.load_known, [family])
    if family not in known:
        raise Unsupported("family")
    session = Session(known[family])

    async def meet(link: GattLink) -> BmsSample:
        return await session.meet(link, device, secret)

    async with async_watched(hass, device.address):
        return await async_use(hass, device.address, meet)


async def async_find_out(
    hass: HomeAssistant, device: Device, names: Iterable[str]
) -> str | None:
    """Return the family that answers harmless questions, asked in the order given."""
    known = await hass.async_add_import_executor_job(registry.load_known, names)

    async def ask(link: GattLink) -> str | None:
        return await probe(link, device, known.values())

    async with async_watched(hass, device.address):
        return await async_use(hass, device.address, ask)


@callback
def async_hand_over_first(
    hass: HomeAssistant, address: str, family: str, sample: BmsSample
) -> None:
    """Keep the first sample for the entry: else everything would be unknown until the next one."""
    read_as = BatterySettings.of({}).read_as(family)
    if credible(sample):
        async_hand_over(hass, address, first_to_store(sample, read_as))


class BatteryReading(DeviceFlow):
    """Show that a battery is being read, and what came of it."""

    def __init__(self) -> None:
        """Begin without a password, and with nothing under way."""
        super().__init__()
        self._secret: str | None = None
        self._reading: _Task | None = None

    def _show_work(self, work: _Work) -> ConfigFlowResult:
        """Begin to read, and show that."""
        self._reading = task = self.hass.async_create_background_task(
            work, "reading a battery"
        )
        return self._show_reading(task)

    def _show_reading(self, task: _Task) -> ConfigFlowResult:
        if task.done():
            return self.async_show_progress_done(next_step_id="read")
        return self.async_show_progress(
            step_id="reading",
            progress_action="reading",
            progress_task=task,
            description_placeholders=self._placeholders(),
        )

    async def async_step_reading(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Show it until it has ended."""
        return self._show_reading(cast(_Task, self._reading))

    async def async_step_read(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Go on with what came of it."""
        return cast(_Task, self._reading).result()

    async def _async_told(self, sample: BmsSample) -> str:
        """Return what tells a battery from others, as its owner knows it."""
        words, values = await async_words(self.hass), sample.values
        shown = [
            f"{words.number(number, digits)} {name.quantity.unit}"
            for name, digits in (
                (Field.BATTERY_LEVEL, 0),
                (Field.VOLTAGE, 1),
                (Field.CURRENT, 1),
            )
            if isinstance(number := values.get(name), int | float)
        ]
        if sample.cells:
            shown.append(words("battery_read", "cells", count=str(len(sample.cells))))
        return words.listed(shown) or words("battery_read", "nothing")

    # --- talking to it --------------------------------------------------------------------

    @property
    def _device(self) -> Device:
        name = advert_of(self._info).name if self._info else None
        return Device(name=name or "", address=self._address)

    async def _async_read_battery(self, family: str) -> BmsSample:
        """Read the battery once, as the family that it is said to be."""
        return await async_meet(self.hass, self._device, family, self._secret)

    async def _async_find(self, names: Iterable[str]) -> str | None:
        """Return the family that answers harmless questions, asked in the order given."""
        return await async_find_out(self.hass, self._device, names)

    async def _async_why(self, err: MiBmsError) -> str:
        """Return why the battery could not be read."""
        return await async_why(
            self.hass,
            self._address,
            err,
            has_password=self._secret is not None,
            # Whoever stands in a list was heard.
            was_heard=self._info is not None or self.source == SOURCE_IMPORT,
        )

    @callback
    @override
    def async_remove(self) -> None:
        """Stop reading when the form is closed: the battery may be wanted elsewhere."""
        super().async_remove()
        if self._reading:
            self._reading.cancel()
