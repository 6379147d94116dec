"""The kinds of entries: one row says all that differs between a sensor, a battery, a bank and an output.

What Home Assistant asks for (``__init__``, the platforms, the flows, diagnostics) looks up the row
of an entry and does what stands there; nothing else compares kinds.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import probatio

from homeassistant.config_entries import ConfigEntry, ConfigFlowResult, OptionsFlow
from homeassistant.const import CONF_ADDRESS, Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .banks import options as bank_options, setup as bank
from .banks.coordinator import BankCoordinator
from .banks.entities import PLATFORMS as BANK_PLATFORMS
from .batteries import options as battery_options, setup as battery
from .batteries.coordinator import BatteryCoordinator
from .batteries.platforms import PLATFORMS as BATTERY_PLATFORMS
from .const import CONF_KIND, KIND_BANK, KIND_BATTERY, KIND_OUTPUT, KIND_SENSOR
from .flow.bank_options import BankOptions
from .flow.battery_options import BatteryOptions
from .flow.output_options import OutputOptions
from .flow.sensor_options import SensorOptionsFlow
from .flow.steps import Steps
from .outputs import options as output_options, setup as output
from .outputs.entities import PLATFORMS as OUTPUT_PLATFORMS
from .outputs.output import Output, async_forget_output
from .proto.model.address import parse_address
from .sensors import options as sensor_options, setup as sensor
from .sensors.coordinator import SensorCoordinator
from .sensors.platforms import PLATFORMS as SENSOR_PLATFORMS
from .stored import sound

type MiBmsConfigEntry = ConfigEntry[
    SensorCoordinator | BatteryCoordinator | BankCoordinator | Output
]


def _nothing_to_start(_hass: HomeAssistant, _entry: ConfigEntry[Any]) -> None:
    """Leave it at what was prepared."""


async def _nothing_to_stop(_entry: ConfigEntry[Any]) -> None:
    """Leave it to what the entry does on unload."""


async def _no_way_in(steps: Steps, *_about: object) -> ConfigFlowResult:
    """End a flow that entries of a kind do not have."""
    return steps.async_abort(reason="not_supported")


def _no_parts(
    _hass: HomeAssistant, _entry: ConfigEntry[Any], _device: dr.AnyDeviceEntry
) -> bool:
    """Refuse: the device is all that the entry has."""
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """How entries of one kind are judged, set up, shown, changed, reported and removed.

    ``prepare`` gives the entry what it runs, ``start`` comes after the platforms, ``stop`` before
    they are unloaded. ``imported`` adds a device that was chosen in a list.
    """

    name: str
    data: probatio.Schema
    options: probatio.Schema
    prepare: Callable[[HomeAssistant, ConfigEntry[Any]], Awaitable[None]]
    platforms: Mapping[
        Platform, Callable[[ConfigEntry[Any], AddConfigEntryEntitiesCallback], None]
    ]
    start: Callable[[HomeAssistant, ConfigEntry[Any]], None] = _nothing_to_start
    stop: Callable[[ConfigEntry[Any]], Awaitable[None]] = _nothing_to_stop
    options_flow: type[OptionsFlow]
    imported: Callable[[Steps, str, dict[str, Any]], Awaitable[ConfigFlowResult]] = (
        _no_way_in
    )
    reauth: Callable[[Steps, ConfigEntry], Awaitable[ConfigFlowResult]] = _no_way_in
    reconfigure: Callable[[Steps, ConfigEntry], Awaitable[ConfigFlowResult]]
    report: Callable[[HomeAssistant, ConfigEntry[Any]], Awaitable[dict[str, Any]]]
    remove: Callable[[HomeAssistant, ConfigEntry[Any]], Awaitable[None]]
    remove_device: Callable[
        [HomeAssistant, ConfigEntry[Any], dr.AnyDeviceEntry], bool
    ] = _no_parts


KINDS: Final[Mapping[str, Kind]] = {
    row.name: row
    for row in (
        Kind(
            name=KIND_SENSOR,
            data=sensor.DATA,
            options=sensor_options.STORED,
            prepare=sensor.async_prepare,
            platforms=SENSOR_PLATFORMS,
            start=sensor.async_start,
            options_flow=SensorOptionsFlow,
            imported=Steps.async_import_sensor,
            reauth=Steps.async_reauth_sensor,
            reconfigure=Steps.async_reconfigure_sensor,
            report=sensor.async_report,
            remove=sensor.async_remove,
        ),
        Kind(
            name=KIND_BATTERY,
            data=battery.DATA,
            options=battery_options.STORED,
            prepare=battery.async_prepare,
            platforms=BATTERY_PLATFORMS,
            start=battery.async_start,
            stop=battery.async_stop,
            options_flow=BatteryOptions,
            imported=Steps.async_import_battery,
            reauth=Steps.async_reauth_battery,
            reconfigure=Steps.async_reconfigure_battery,
            report=battery.async_report,
            remove=battery.async_remove,
            remove_device=battery.async_remove_pack,
        ),
        Kind(
            name=KIND_BANK,
            data=bank.DATA,
            options=bank_options.STORED,
            prepare=bank.async_prepare,
            platforms=BANK_PLATFORMS,
            start=bank.async_start,
            stop=bank.async_stop,
            options_flow=BankOptions,
            reconfigure=Steps.async_reconfigure_bank,
            report=bank.async_report,
            remove=bank.async_remove,
        ),
        Kind(
            name=KIND_OUTPUT,
            data=output.DATA,
            options=output_options.STORED,
            prepare=output.async_prepare,
            platforms=OUTPUT_PLATFORMS,
            stop=output.async_stop,
            options_flow=OutputOptions,
            reconfigure=Steps.async_reconfigure_output,
            report=output.async_report,
            remove=async_forget_output,
        ),
    )
}


def kind_of(entry: ConfigEntry[Any]) -> Kind:
    """Return the row of an entry that is set up."""
    return KINDS[entry.data[CONF_KIND]]


def kind_if_known(entry: ConfigEntry[Any]) -> Kind | None:
    """Return the row of any entry; None for one that only says "ignore it", or that is damaged."""
    kind = entry.data.get(CONF_KIND)
    return KINDS.get(kind) if isinstance(kind, str) else None


def mended(entry: ConfigEntry[Any]) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """Return data and options of an entry as they should be, None where the data is not what its kind needs.

    An option that is wrong is as if nobody had set it, and an address is written in one way only.
    """
    kind, data = kind_if_known(entry), dict(entry.data)
    if kind is None:
        return None
    if isinstance(text := data.get(CONF_ADDRESS), str):
        data[CONF_ADDRESS] = parse_address(text)
    try:
        kind.data(data)
    except probatio.Invalid:
        return None
    options, wrong = sound(kind.options, dict(entry.options))
    return data, (options if wrong else dict(entry.options))
