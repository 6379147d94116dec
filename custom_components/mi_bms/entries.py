"""Make entries for others: many at once, or without anybody at the screen."""

from collections.abc import Container
from dataclasses import dataclass, field
from typing import Any, Final, cast

from homeassistant.config_entries import (
    SOURCE_IGNORE,
    SOURCE_IMPORT,
    ConfigEntry,
    ConfigFlowResult,
)
from homeassistant.const import CONF_ADDRESS, CONF_NAME
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr

from .bluetooth.discovery import Heard, find
from .const import (
    CONF_KEY,
    CONF_KEYED_AT,
    CONF_KIND,
    CONF_MODEL,
    CONF_PRODUCT,
    DOMAIN,
    KIND_BATTERY,
    KIND_SENSOR,
)
from .proto.mibeacon.crypto import parse_key
from .proto.mibeacon.devices import DEVICES
from .proto.mibeacon.spec import ProductKind
from .proto.model.errors import KeyFormatError
from .proto.model.names import titled
from .texts import async_words

# In the context of a flow: the name that its device gets.
CALLED: Final = "called"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody wants added; ``keyed_at`` (s since the epoch) is when a pairing made the key.

    ``extra`` is what the file that named it says of it besides, as JSON.
    """

    address: str
    name: str | None = None
    key: bytes | None = field(default=None, repr=False)
    product: int | None = None
    heard: Heard | None = None
    keyed_at: float | None = None
    extra: str = field(default="", repr=False)


def sensor_data(
    wish: Wish, product: int | None = None, model: str | None = None
) -> dict[str, Any]:
    """Return the data of a sensor's entry; ``product`` and ``model`` are what was heard."""
    if product is None:
        product = wish.product
    if model is None and product is not None and (spec := DEVICES.get(product)):
        model = spec.described
    data: dict[str, Any] = {
        CONF_KIND: KIND_SENSOR,
        CONF_ADDRESS: wish.address,
        CONF_PRODUCT: product,
        CONF_MODEL: model,
    }
    return data | key_data(wish)


def key_data(wish: Wish) -> dict[str, Any]:
    """Return what a new key changes in an entry."""
    data: dict[str, Any] = {CONF_KEY: wish.key.hex()} if wish.key else {}
    if wish.keyed_at is not None:
        data[CONF_KEYED_AT] = wish.keyed_at
    return data


async def async_add(hass: HomeAssistant, wish: Wish) -> ConfigFlowResult:
    """Make an entry through a flow of its own; a battery is read first, as always."""
    heard = wish.heard or find(hass, wish.address)
    entry = hass.config_entries.async_entry_for_domain_unique_id(DOMAIN, wish.address)
    if entry and entry.source == SOURCE_IGNORE:
        await hass.config_entries.async_remove(entry.entry_id)
    if heard and heard.sighting is None:
        data: dict[str, Any] = {CONF_KIND: KIND_BATTERY, CONF_ADDRESS: wish.address}
    elif heard and (seen := heard.sighting):
        data = sensor_data(wish, seen.product_id, seen.title)
    else:
        data = sensor_data(wish)
    name = wish.name or await async_new_name(hass, wish.address, wish.product, heard)
    return await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_IMPORT}, data={CONF_NAME: name, **data}
    )


async def async_new_name(
    hass: HomeAssistant, address: str, product: int | None, heard: Heard | None = None
) -> str:
    """Return a name for what is to be added, as no other is called."""
    words, taken = await async_words(hass), taken_names(hass, {address})
    if heard:
        return heard.title(words, taken)
    return titled(words("product", kind_of_product(product)), address, taken)


def kind_of_product(product: int | None) -> ProductKind:
    """Return what a product is."""
    spec = None if product is None else DEVICES.get(product)
    return spec.kind if spec else ProductKind.SENSOR


@callback
def name_of(hass: HomeAssistant, entry: ConfigEntry[Any]) -> str:
    """Return the name that the user knows a device by: its own one, else that of its entry."""
    device = dr.async_get(hass).async_get_device_by_connection(
        (dr.CONNECTION_BLUETOOTH, str(entry.unique_id)), entry.entry_id
    )
    return (device and device.name_by_user) or entry.title


@callback
def taken_names(hass: HomeAssistant, without: Container[str] = ()) -> set[str]:
    """Return how other devices than those ``without`` are called that have an entry or a card."""
    taken = {
        name
        for entry in hass.config_entries.async_entries(DOMAIN, include_ignore=False)
        if entry.unique_id not in without
        for name in (entry.title, name_of(hass, entry))
    }
    flows = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    contexts = [cast(dict[str, Any], flow["context"]) for flow in flows]
    return taken | {
        str(context[CALLED])
        for context in contexts
        if CALLED in context and context.get("unique_id") not in without
    }


@callback
def async_rekey(
    hass: HomeAssistant, entry: ConfigEntry, wish: Wish, *, but: str | None = None
) -> None:
    """Set another key for an entry; a question for it that is still open is settled by that.

    ``but`` is the flow that sets it; if it is such a question, the entry is left to it to reload:
    that would end the flow before it has shown what it made.
    """
    asking = False
    hass.config_entries.async_update_entry(entry, data={**entry.data, **key_data(wish)})
    for flow in entry.async_get_active_flows(hass, {"reauth"}):
        if flow["flow_id"] == but:
            asking = True
        else:
            hass.config_entries.flow.async_abort(flow["flow_id"])
    if not asking:
        hass.config_entries.async_schedule_reload(entry.entry_id)


def entry_of(hass: HomeAssistant, address: str) -> ConfigEntry | None:
    """Return the entry of a device; one that only says "ignore it" does not count."""
    entry = hass.config_entries.async_entry_for_domain_unique_id(DOMAIN, address)
    return None if entry is None or entry.source == SOURCE_IGNORE else entry


def key_of(entry: ConfigEntry[Any]) -> bytes | None:
    """Return the key of an entry, None if it has none that can be read."""
    try:
        return parse_key(str(entry.data.get(CONF_KEY) or ""))
    except KeyFormatError:
        return None


def configured(hass: HomeAssistant) -> set[str]:
    """Return the addresses that have an entry, ignored ones aside."""
    return {
        entry.unique_id
        for entry in hass.config_entries.async_entries(DOMAIN)
        if entry.unique_id and entry.source != SOURCE_IGNORE
    }


def entries_of(hass: HomeAssistant, *kinds: str) -> list[ConfigEntry]:
    """Return the entries of some kinds; those that only say "ignore it" do not count."""
    entries = hass.config_entries.async_entries(DOMAIN, include_ignore=False)
    return [entry for entry in entries if entry.data.get(CONF_KIND) in kinds]


def running[Runtime](
    entry: ConfigEntry[Any] | None, what: type[Runtime]
) -> Runtime | None:
    """Return what an entry runs; None when it does not run, or runs something else."""
    found = getattr(entry, "runtime_data", None)
    return found if isinstance(found, what) else None


def runtime_of[Runtime](
    hass: HomeAssistant, device: dr.AnyDeviceEntry | None, what: type[Runtime]
) -> Runtime | None:
    """Return what a device's entry runs; None when the device is gone or runs something else."""
    if device is None:
        return None
    entry = hass.config_entries.async_get_entry(device.config_entry_id)
    return running(entry, what)


def entry_of_device(hass: HomeAssistant, device_id: str) -> ConfigEntry | None:
    """Return the entry of the device with this id."""
    device = dr.async_get(hass).async_get(device_id)
    entry_id = device.config_entry_id if device else None
    return hass.config_entries.async_get_entry(entry_id) if entry_id else None


def runtime_of_id[Runtime](
    hass: HomeAssistant, device_id: str, what: type[Runtime]
) -> Runtime | None:
    """Return what the entry of the device with this id runs."""
    return runtime_of(hass, dr.async_get(hass).async_get(device_id), what)
