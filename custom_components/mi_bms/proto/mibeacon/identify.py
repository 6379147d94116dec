"""Say at a glance whether an advert is one of ours, for discovery. Nothing is decrypted or kept."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from ..model.names import Words
from .devices import DEVICES, KINDS
from .formats import SERVICES, Format, atc, of_company
from .formats.content import Content, Sealed
from .frame import (
    FIXED,
    LONGEST,
    MAC_END,
    MODERN_VERSION,
    NEWEST_VERSION,
    OLDEST_VERSION,
    Head,
    parse_head,
)
from .sensor_device import mac_of
from .spec import DeviceSpec, ProductKind

FE95: Final = 0xFE95
XIAOMI: Final = 0x038F

_BASE: Final = "-0000-1000-8000-00805f9b34fb"
# MiBeacon in manufacturer data ended with v4.
NEWEST_IN_MAKER_DATA: Final = 4

# Custom firmware speaks formats that anybody may use: only these names and prefixes are taken for it.
_NAMES: Final = (
    *("ATC_", "BTH_", "LYWSD03MMC", "MHO_", "CGG_", "CGDK2_"),
    # The same author's firmware on other makers' thermometers.
    *("BTH01", "TH05", "THB1", "THB2", "THB3"),
)
_BTHOME: Final = frozenset({0xFCD2, 0x181C, 0x181E})
_REED: Final = frozenset({0x2A56, 0x2AEB})
_PREFIXES: Final = (bytes.fromhex("a4c138"), bytes.fromhex("582d34"))


class Sighting(NamedTuple):
    """Hold what an advert shows of a device before it is set up.

    ``title`` describes the product; without the words of a language, so it is no name.
    ``encrypted`` is None where a frame without payload does not tell. ``has_payload`` is false for
    such a frame. ``paired`` is False for a product that waits to be paired before it tells anything.
    """

    format: str
    title: str
    model: str | None
    product_id: int | None = None
    encrypted: bool | None = None
    has_payload: bool = True
    spec: DeviceSpec | None = None
    paired: bool | None = None

    @property
    def kind(self) -> ProductKind:
        """Return what it is."""
        return self.spec.kind if self.spec else ProductKind.SENSOR

    def known_as(self, words: Words) -> str:
        """Return its model as people know it; of an unknown product what tells it from others."""
        if self.spec:
            return self.spec.short_model
        if self.product_id is None:
            return self.title
        return words("product", "numbered", product=f"{self.product_id:04X}")

    @property
    def event_only(self) -> bool:
        """Return whether the device reports events and no values."""
        return self.spec is not None and bool(self.spec.events) and not self.spec.fields


def uuid16(uuid: str) -> int | None:
    """Return the 16-bit number of a full UUID, or None if it has none."""
    if len(uuid) != 36 or not uuid.startswith("0000") or not uuid.endswith(_BASE):
        return None
    try:
        return int(uuid[4:8], 16)
    except ValueError:
        return None


def identify(
    service_data: Mapping[str, bytes],
    manufacturer_data: Mapping[int, bytes],
    name: str | None,
    address: str,
) -> Sighting | None:
    """Recognise a device by one advert; None if it is none of ours."""
    mac = mac_of(address)
    reflashed = bool(
        (name or "").startswith(_NAMES) or (mac and mac.startswith(_PREFIXES))
    )
    best: Sighting | None = None
    for uuid, data in service_data.items():
        number = uuid16(uuid)
        if number == FE95:
            found = beacon(data, mac)
        elif number is None or number not in SERVICES or number in _REED:
            continue
        else:
            found = _service(number, data, mac, reflashed=reflashed)
        best = _better(best, found)
    for company, data in manufacturer_data.items():
        best = _better(best, _maker(company, data, mac))
    return best


def _better(one: Sighting | None, other: Sighting | None) -> Sighting | None:
    # A product id says more than a format, and a frame with payload more than one without.
    if one is None or other is None:
        return one or other
    return max(
        one, other, key=lambda found: (found.product_id is not None, found.has_payload)
    )


def beacon(
    data: bytes,
    mac: bytes | None,
    newest: int = NEWEST_VERSION,
    *,
    strict: bool = False,
) -> Sighting | None:
    """Recognise a MiBeacon frame; ``strict`` if others use the place too: then it must prove itself."""
    if not FIXED <= len(data) <= LONGEST:
        return None
    head = parse_head(data)
    if head.mesh or not OLDEST_VERSION <= head.version <= newest:
        return None
    inside = data[FIXED:MAC_END][::-1] if head.has_mac else None
    if inside is not None and mac is not None and inside != mac:
        return None
    spec = DEVICES.get(head.product_id)
    if spec is None and (strict or not head.has_objects):
        # Lamps, speakers and vacuums of the same maker show their presence too.
        return None
    return _sighting(head, spec)


def _sighting(head: Head, spec: DeviceSpec | None) -> Sighting:
    return Sighting(
        format="mibeacon",
        title=spec.described if spec else f"Xiaomi 0x{head.product_id:04X}",
        model=spec.model if spec else None,
        product_id=head.product_id,
        encrypted=head.encrypted if head.has_objects else None,
        has_payload=head.has_objects,
        spec=spec,
        paired=paired(head, spec),
    )


def paired(head: Head, spec: DeviceSpec | None) -> bool | None:
    """Return whether a device is paired; None if its frame does not tell."""
    # What always encrypts has no key to do it with until it is paired: it shows its capability
    # instead, and that it is not registered. Older versions have no such bit.
    if head.registered or (head.encrypted and head.has_objects):
        return True
    modern = head.version >= MODERN_VERSION
    waits = modern and head.has_capability and not head.has_objects
    return False if waits and spec and spec.encrypted == "yes" else None


def _service(
    number: int, data: bytes, mac: bytes | None, *, reflashed: bool
) -> Sighting | None:
    if number in _BTHOME and not reflashed:
        return None
    return _parsed(SERVICES[number], data, mac, reflashed=reflashed)


def _maker(company: int, data: bytes, mac: bytes | None) -> Sighting | None:
    if company == XIAOMI:
        return beacon(data, mac, NEWEST_IN_MAKER_DATA, strict=True)
    form = of_company(company)
    return _parsed(form, data, mac, reflashed=True) if form and mac else None


def _parsed(
    form: Format, data: bytes, mac: bytes | None, *, reflashed: bool
) -> Sighting | None:
    parsed = form.parse(data, mac)
    sealed = isinstance(parsed, Sealed)
    if not isinstance(parsed, Content) and not (sealed and reflashed):
        return None
    model = parsed.model if isinstance(parsed, Content) else atc.MODEL
    spec = KINDS.get(model) if model else None
    return Sighting(
        format=form.name,
        title=spec.described if spec else form.name.capitalize(),
        model=model,
        encrypted=sealed,
        has_payload=sealed or (isinstance(parsed, Content) and parsed.payload),
        spec=spec,
    )
