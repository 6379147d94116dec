"""Hand out all keys: as the answer of an action, or as files behind links that are good for one use.

A link is made for one administrator, works once and for some minutes, and ends with the form that
showed it. The files are written when they are fetched; nothing of them is kept or logged.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from html import escape
from http import HTTPStatus
import secrets
from typing import Final, NamedTuple

from aiohttp import hdrs, web
from bluetooth_data_tools import monotonic_time_coarse

from homeassistant.components.http import (
    KEY_HASS,
    KEY_HASS_USER,
    HomeAssistantView,
    current_request,
    require_admin,
)
from homeassistant.components.http.auth import async_sign_path
from homeassistant.core import HomeAssistant, callback
from homeassistant.util.hass_dict import HassKey

from ..const import CONF_MODEL, CONF_PRODUCT, DOMAIN, KIND_SENSOR
from ..entries import entries_of, key_of, name_of
from ..proto.keys.contract import KnownSensor
from ..proto.keys.exporter import Export, export
from ..proto.mibeacon.devices import product_of
from ..texts import async_words
from .ring import Keys, async_keys

GOOD_FOR: Final = timedelta(minutes=5)

_URL: Final = f"/api/{DOMAIN}/export/{{ticket}}"
_TICKET_BYTES: Final = 32


async def async_export(hass: HomeAssistant) -> Export:
    """Write all keys down."""
    return export(_known_sensors(hass, await async_keys(hass)))


def _known_sensors(hass: HomeAssistant, keys: Keys) -> list[KnownSensor]:
    """Return the sensors that are set up, then keys of sensors that are not."""
    found: dict[str, KnownSensor] = {}
    for entry in entries_of(hass, KIND_SENSOR):
        address = entry.unique_id
        if not address:
            continue
        coordinator = getattr(entry, "runtime_data", None)
        decoder = getattr(coordinator, "decoder", None)
        found[address] = KnownSensor(
            address=address,
            key=key_of(entry),
            name=name_of(hass, entry),
            product_id=entry.data.get(CONF_PRODUCT)
            or product_of(entry.data.get(CONF_MODEL)),
            firmware=decoder.firmware if decoder else None,
            extra=keys.extras.get(address, ""),
        )
    for address, known in keys.ring.owned.items():
        found.setdefault(address, KnownSensor(address=address, key=known))
    return list(found.values())


class _File(NamedTuple):
    name: str
    kind: str
    content: Callable[[Export], bytes]


_FILES: Final[Mapping[str, _File]] = {
    "mi32cfg": _File("mi32cfg", "application/octet-stream", lambda all_: all_.mi32cfg),
    "list": _File("keys.txt", "text/plain", lambda all_: all_.plain.encode()),
}


class Links(NamedTuple):
    """The links of one form, as HTML by the file's key, and what they are good for."""

    html: Mapping[str, str]
    tickets: frozenset[str]


class _Ticket(NamedTuple):
    """Which file is for whom, and until when on the monotonic clock."""

    key: str
    owner: str | None  # the user's id
    until: float


_TICKETS: HassKey[dict[str, _Ticket]] = HassKey(f"{DOMAIN}.tickets")


@callback
def async_make_links(hass: HomeAssistant) -> Links:
    """Make a link for each file, for the one whose request this is."""
    html = {}
    request = current_request.get()
    owner = _user_of(request) if request else None
    until = monotonic_time_coarse() + GOOD_FOR.total_seconds()
    tickets = {
        secrets.token_urlsafe(_TICKET_BYTES): _Ticket(key, owner, until)
        for key in _FILES
    }
    hass.data.setdefault(_TICKETS, {}).update(tickets)
    for ticket, found in tickets.items():
        url = async_sign_path(hass, _URL.format(ticket=ticket), GOOD_FOR)
        # Without a target the frontend takes the link for one of its own pages.
        name = _FILES[found.key].name
        html[found.key] = f'<a href="{escape(url)}" target="_blank">{name}</a>'
    return Links(html, frozenset(tickets))


@callback
def async_void_links(hass: HomeAssistant, links: Links) -> None:
    """Make the links of one form worthless; somebody else's stay good."""
    for ticket in links.tickets:
        hass.data.get(_TICKETS, {}).pop(ticket, None)


def _user_of(request: web.Request) -> str | None:
    user = request.get(KEY_HASS_USER)
    return user.id if user else None


def _take(hass: HomeAssistant, ticket: str, request: web.Request) -> _File | None:
    """Use up a ticket; nobody uses up another person's."""
    tickets = hass.data.get(_TICKETS, {})
    found = tickets.get(ticket)
    if found is None or found.owner != _user_of(request):
        return None
    del tickets[ticket]
    return _FILES[found.key] if monotonic_time_coarse() < found.until else None


class ExportView(HomeAssistantView):
    """Serve the files behind the links."""

    url = _URL
    name = f"api:{DOMAIN}:export"

    @require_admin
    async def get(self, request: web.Request, ticket: str) -> web.Response:
        """Return the file of a ticket, once."""
        hass = request.app[KEY_HASS]
        headers = {hdrs.CACHE_CONTROL: "no-store", "X-Content-Type-Options": "nosniff"}
        file = _take(hass, ticket, request)
        if file is None:
            words = await async_words(hass)
            return web.Response(
                text=words("export", "used"), status=HTTPStatus.GONE, headers=headers
            )
        headers[hdrs.CONTENT_DISPOSITION] = f'attachment; filename="{file.name}"'
        return web.Response(
            body=file.content(await async_export(hass)),
            content_type=file.kind,
            headers=headers,
        )
