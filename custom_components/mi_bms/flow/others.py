"""Devices of ours that other integrations have discovered, too."""

from typing import Any, NamedTuple

from homeassistant.config_entries import (
    SOURCE_BLUETOOTH,
    SOURCE_IGNORE,
    ConfigFlowContext,
)
from homeassistant.core import HomeAssistant
from homeassistant.loader import async_get_integrations

from ..const import DOMAIN
from ..entries import configured
from ..proto.model.address import parse_address
from ..proto.model.names import clean_name

MOST = 200  # lines of a form


class Rival(NamedTuple):
    """A flow in which another integration offers a device that we have."""

    flow_id: str
    handler: str
    unique_id: str
    title: str
    label: str
    discovery_key: Any


async def async_rivals(hass: HomeAssistant) -> list[Rival]:
    """Return what other integrations offer of the devices that are set up here."""
    ours = configured(hass)
    flows = [
        flow
        for flow in hass.config_entries.flow.async_progress()
        if flow["handler"] != DOMAIN
        and flow["context"].get("source") == SOURCE_BLUETOOTH
        and parse_address(str(flow["context"].get("unique_id") or "")) in ours
    ]
    names = await async_get_integrations(hass, {flow["handler"] for flow in flows})
    found = []
    for flow in flows[:MOST]:
        context, handler = flow["context"], flow["handler"]
        integration = names[handler]
        brand = handler if isinstance(integration, Exception) else integration.name
        told = context.get("title_placeholders") or {}
        unique_id = str(context.get("unique_id"))
        title = clean_name(str(told.get("name", ""))) or unique_id
        found.append(
            Rival(
                flow["flow_id"],
                handler,
                unique_id,
                title,
                f"{brand}: {title}",
                context.get("discovery_key"),
            )
        )
    return sorted(found, key=lambda one: (one.label, one.unique_id))


async def async_ignore(hass: HomeAssistant, rivals: list[Rival]) -> None:
    """Ignore devices where other integrations offer them, as a person does on their cards."""
    for rival in rivals:
        context = ConfigFlowContext(source=SOURCE_IGNORE)
        if rival.discovery_key is not None:
            context["discovery_key"] = rival.discovery_key
        await hass.config_entries.flow.async_init(
            rival.handler,
            context=context,
            data={"unique_id": rival.unique_id, "title": rival.title},
        )
