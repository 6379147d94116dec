"""Be a real Home Assistant within this process, with one receiver that adverts are put into.

Nothing of Home Assistant is replaced: it starts with its own default integrations on a scratch
folder, the receiver is a habluetooth scanner like that of a proxy, entries are set up as ever.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
import json
import logging
from pathlib import Path
import shutil
import sys
import tempfile
import time
from types import MappingProxyType
from typing import Any, Final

from habluetooth import BaseHaRemoteScanner

from homeassistant.bootstrap import async_setup_hass
from homeassistant.components import bluetooth
from homeassistant.components.onboarding import STEPS
from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.runner import RuntimeConfig
from homeassistant.setup import async_setup_component
from tests.e2e.home_assistant import ONBOARDING, prepare
from tests.ports import free_port

SOURCE: Final = "AA:BB:CC:00:00:99"
DETAILS: Final = {"address_type": 0}


class Receiver(BaseHaRemoteScanner):
    """Take raw advertising data at full speed."""

    def __init__(self) -> None:
        super().__init__(SOURCE, "bench", None, False)

    def take(self, adverts: Iterable[tuple[str, bytes]]) -> None:
        """Hand adverts (address, AD structures) to Home Assistant's Bluetooth manager."""
        hear = self._async_on_raw_advertisement
        now = time.monotonic()
        for address, raw in adverts:
            hear(address, -60, raw, DETAILS, now)


class House:
    """Hold the running Home Assistant."""

    def __init__(self, hass: HomeAssistant, receiver: Receiver) -> None:
        self.hass, self.receiver = hass, receiver

    async def settle(self) -> None:
        """Wait until nothing is left to do."""
        await self.hass.async_block_till_done()

    async def ignore(self, domain: str, address: str) -> None:
        """Let an integration ignore a device, as a person can."""
        await self.hass.config_entries.async_add(
            _entry(domain, address, {}, source="ignore")
        )

    async def add(
        self,
        domain: str,
        address: str,
        data: Mapping[str, Any],
        options: Mapping[str, Any] | None = None,
    ) -> ConfigEntry[Any]:
        """Make an entry as a flow would, and set it up."""
        entry = _entry(domain, address, data, source="user", options=options)
        await self.hass.config_entries.async_add(entry)
        await self.settle()
        if entry.state is not ConfigEntryState.LOADED:
            raise RuntimeError(f"{domain} {address} is {entry.state}: {entry.reason}")
        return entry

    async def switch(self, entry: ConfigEntry[Any], *, on: bool) -> None:
        """Set an entry up or take it down."""
        manager = self.hass.config_entries
        await (
            manager.async_setup(entry.entry_id)
            if on
            else manager.async_unload(entry.entry_id)
        )

    def shown(self, entry: ConfigEntry[Any]) -> dict[str, str]:
        """Return what the entities of an entry show, by the end of their unique ids."""
        registry = er.async_get(self.hass)
        found = {}
        for one in er.async_entries_for_config_entry(registry, entry.entry_id):
            if state := self.hass.states.get(one.entity_id):
                found[one.unique_id.rpartition("-")[2]] = state.state
        return found


def _entry(
    domain: str,
    address: str,
    data: Mapping[str, Any],
    *,
    source: str,
    options: Mapping[str, Any] | None = None,
) -> ConfigEntry[Any]:
    return ConfigEntry(
        data=data,
        discovery_keys=MappingProxyType({}),
        domain=domain,
        minor_version=1,
        options=options or {},
        source=source,
        subentries_data=(),
        title=f"{domain} {address}",
        unique_id=address,
        version=1,
    )


@asynccontextmanager
async def house(scratch: str) -> AsyncIterator[House]:
    """Start Home Assistant with Bluetooth on an empty folder and stop it at the end."""
    prepare(Path(scratch), free_port(), usual=False)
    # While nobody has signed in, flows of discovered devices finish by themselves.
    onboarding = {**ONBOARDING, "data": {"done": STEPS}}
    (Path(scratch) / ".storage" / "onboarding").write_text(
        json.dumps(onboarding), encoding="utf-8"
    )
    hass = await async_setup_hass(
        RuntimeConfig(config_dir=scratch, skip_pip=True, log_no_color=True)
    )
    if hass is None or not await async_setup_component(hass, "bluetooth", {}):
        raise RuntimeError("Home Assistant did not start")
    await hass.async_start()
    await hass.async_block_till_done()
    receiver = Receiver()
    stops = (bluetooth.async_register_scanner(hass, receiver), receiver.async_setup())
    try:
        yield House(hass, receiver)
    finally:
        for stop in stops:
            stop()
        await hass.async_stop(force=True)


def at_home[T](work: Callable[[House], Awaitable[T]]) -> T:
    """Run a measurement in a Home Assistant of its own, which logs nothing."""

    async def run() -> T:
        scratch = await asyncio.to_thread(tempfile.mkdtemp, prefix="mi_bms_bench_")
        try:
            async with house(scratch) as home:
                return await work(home)
        finally:
            await asyncio.to_thread(shutil.rmtree, scratch, ignore_errors=True)

    logging.disable(logging.CRITICAL)
    # Home Assistant puts its own in place, which only logs.
    hook = sys.excepthook
    try:
        return asyncio.run(run())
    finally:
        sys.excepthook = hook
