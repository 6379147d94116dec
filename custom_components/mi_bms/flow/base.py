"""What the steps of one device share: which device it is, its name, and its entry where it has one."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final, cast, override

import probatio

from homeassistant.config_entries import (
    SOURCE_REAUTH,
    SOURCE_RECONFIGURE,
    ConfigEntry,
    ConfigFlowResult,
)
from homeassistant.const import CONF_ADDRESS
from homeassistant.core import HomeAssistant
from homeassistant.helpers import selector

from ..bluetooth.adverts import HeardAdvert, last_advert
from ..bluetooth.discovery import Heard, advert_of, async_nearest, look_at, sighting_of
from ..entries import (
    CALLED,
    configured,
    entry_of,
    kind_of_product,
    name_of,
    taken_names,
)
from ..keys.ring import async_keys
from ..proto.bms.index import INDEX
from ..proto.bms.matching import recognise
from ..proto.mibeacon.decoder import Sighting
from ..proto.model.names import Words, bracketed, kinded, titled, titled_apart
from ..texts import async_words
from .closing import Closing
from .summary import async_summary, values_of

# In the placeholders of the flow that could not add a device.
FAILED: Final = "error"
WHY: Final = "reason"
# Of values that are typed beside what is ticked.
TYPED: Final = 1_000
# The word for what stands in the list of another browser only.
NOT_LISTED: Final = "not_listed"
# Letters of a title that a card shows on a screen of usual width.
CARD: Final = 36


def names_of(
    hass: HomeAssistant, devices: Collection[Heard], words: Words
) -> dict[str, str]:
    """Return what each device of a list is called, or will be, by address."""
    known = {
        one.address: name_of(hass, entry)
        for one in devices
        if (entry := entry_of(hass, one.address))
    }
    plain = {
        one.address: one.plain(words) for one in devices if one.address not in known
    }
    return titled_apart(plain, taken_names(hass, plain)) | known


def options_of(
    devices: Iterable[Heard], names: Mapping[str, str], words: Words
) -> list[selector.SelectOptionDict]:
    """Return devices as the lines of a list."""
    return [
        selector.SelectOptionDict(
            value=one.address, label=one.label(words, names[one.address])
        )
        for one in devices
    ]


class Choice(selector.SelectSelector):
    """A field in which several lines can be ticked, checked in one go.

    Home Assistant looks each answer up in the whole list. What is longer than anybody ticks or types
    is refused before anything is looked at.
    """

    @override
    def __call__(self, data: Any) -> Any:
        """Return what was ticked; raise ``Invalid``."""
        if not isinstance(data, list):
            return super().__call__(data)
        config = self.config
        most = len(config["options"]) + TYPED * config["custom_value"]
        if len(data) > most:
            raise probatio.Invalid(f"more than {most} values")
        if not all(isinstance(one, str) for one in data):
            raise probatio.Invalid("expected str")
        known = {_value(one) for one in config["options"]}
        if not config["custom_value"] and not known.issuperset(data):
            raise probatio.Invalid(NOT_LISTED)
        return [*data]


def _value(option: str | selector.SelectOptionDict) -> str:
    return option if isinstance(option, str) else option["value"]


def choice(
    options: list[selector.SelectOptionDict],
    *,
    mode: selector.SelectSelectorMode = selector.SelectSelectorMode.DROPDOWN,
    custom_value: bool = False,
) -> selector.SelectSelector:
    """Return a field in which several lines can be ticked."""
    return Choice(
        selector.SelectSelectorConfig(
            options=options, multiple=True, mode=mode, custom_value=custom_value
        )
    )


class DeviceFlow(Closing):
    """The flow of one device: which it is, its name, and its entry where it has one."""

    def __init__(self) -> None:
        """Begin without a device."""
        super().__init__()
        self._address = ""
        self._info: HeardAdvert | None = None
        self._sighting: Sighting | None = None
        self._families: list[str] = []
        self._key: bytes | None = None
        self._offers_all = False  # its card was opened, and what to add is not said yet

    def _recognise(self, info: HeardAdvert) -> bool:
        self._info = info
        self._address = info.address
        heard = look_at(info)
        if heard is None:
            return False
        self._sighting = heard.sighting
        self._families = list(heard.families)
        return True

    async def _async_name(self) -> None:
        """Name a device that was recognised as no other is called."""
        if self._info is None:
            return
        heard = Heard(self._info, self._sighting, tuple(self._families))
        words = await async_words(self.hass)
        taken = taken_names(self.hass, {self._address})
        self._set_title(heard.title(words, taken), heard.known_as(words))

    async def _async_name_late(self, family: str | None = None) -> None:
        """Name a device that was known by its address alone by what it turned out to be."""
        if self._title == self._address:
            words = await async_words(self.hass)
            taken = taken_names(self.hass, {self._address})
            plain = words("product", "battery" if family else kind_of_product(None))
            plain = kinded(plain, family) if family else plain
            self._set_title(titled(plain, self._address, taken))

    def _take_entry(self, entry: ConfigEntry) -> None:
        """Take a device whose entry is repaired or changed."""
        self._address = entry.data[CONF_ADDRESS]
        self._set_title(name_of(self.hass, entry))
        self._info = last_advert(self.hass, self._address)
        self._sighting = sighting_of(self._info) if self._info else None

    @property
    def _changed(self) -> ConfigEntry | None:
        """Return the entry that is repaired or changed, None where the device gets a new one."""
        if self.source == SOURCE_REAUTH:
            return self._get_reauth_entry()
        changes = self.source == SOURCE_RECONFIGURE
        return self._get_reconfigure_entry() if changes else None

    def _set_title(self, name: str, known_as: str = "") -> None:
        """Take the name that the device gets; the model, too, where a card has room for both."""
        context = cast(dict[str, Any], self.context)
        context[CALLED] = name
        shown = bracketed(name, known_as)
        context["title_placeholders"] = {"name": shown if len(shown) <= CARD else name}

    @property
    def _title(self) -> str:
        return str(cast(dict[str, Any], self.context)[CALLED])

    async def _async_count(self) -> int:
        """Return how many devices the card can offer to add at once, 0 where there is no other."""
        if not self._offers_all:
            return 0
        near = await async_nearest(self.hass, configured(self.hass))
        return len(near) if len(near) > 1 else 0

    async def _async_offer(self) -> ConfigFlowResult | None:
        """Return the choice between this device and all, None where no other is heard."""
        if not (count := await self._async_count()):
            return None
        return self.async_show_menu(
            step_id="found",
            menu_options=["add_one", "nearby"],
            description_placeholders=self._placeholders()
            | {"about": await self._async_about(), "count": str(count)},
        )

    def _doubt(self, words: Words) -> str:
        """Return what else the battery may be, if its adverts are not sure of the type."""
        found = recognise(advert_of(self._info)) if self._info else []
        if not found or found[0].sure or not self._families:
            return ""
        shared = INDEX[self._families[0]].shared_module
        return words("doubt", "shared_module" if shared else "unsure")

    async def _async_about(self) -> str:
        """Return what the device is, what it measures and what it says now."""
        words, seen = await async_words(self.hass), self._sighting
        if self._info is None or seen is None:
            family = INDEX[self._families[0]].title if self._families else "-"
            about = words("summary", "battery", family=family)
            return words.sentences([about, self._doubt(words)])
        summary, keys = await async_summary(self.hass), await async_keys(self.hass)
        frames, before = keys.frames(self._address), keys.said(self._address)
        values = values_of(Heard(self._info, seen), self._key, frames, before)
        parts = [words("summary", "title", title=seen.title)]
        # Of firmware that may send anything, what it sends is what counts.
        product = seen.spec if seen.product_id is not None else None
        if names := summary.names(product.fields if product else values):
            parts.append(words("summary", "measures", names=names))
        if now := summary.values(values):
            parts.append(words("summary", "now", values=now))
        return words.sentences(parts)

    def _placeholders(self) -> dict[str, str]:
        signal = str(self._info.rssi) if self._info else "-"
        return {
            "name": self.context["title_placeholders"]["name"],
            "address": self._address,
            "rssi": signal,
        }
