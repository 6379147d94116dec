"""Record a device's adverts in the replay format, with its address and key replaced when wanted.

Fakes are consistent: the same device gets the same ones, the maker's part of the address stays, and
what the key opens is sealed again under the fake key, so that a replay gives what the device said.
What the key does not open stays as it is; nobody can read it under any address.
"""

from collections.abc import Mapping
import hashlib
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESCCM

from ..model.errors import KeyFormatError
from .crypto import AAD, Cipher
from .decoder import Decoder
from .formats import SERVICES
from .formats.content import Sealed
from .frame import FIXED, MAC_END, MODERN_VERSION, objects_at, parse_head
from .identify import FE95, uuid16
from .sensor_device import mac_of

MOST: Final = 500  # entries of one recording
_TAG: Final = 4
_LEGACY_TAIL: Final = 4
_MODERN_TAIL: Final = 7
_KEY_SIZE: Final = 16

type Entry = dict[str, object]


class Disguise:
    """Replace one device's address and key wherever they stand in its adverts."""

    def __init__(self, address: str, key: bytes | None, salt: bytes) -> None:
        """Derive the fakes; on a host without real addresses nothing is replaced.

        ``salt`` is random: without it the few addresses of a maker could all be tried.
        """
        self.key = None if key is None else _digest(b"key", salt + key)[: len(key)]
        self._cipher = _cipher(key)
        # Empty where the host gives no real addresses.
        self._mac = mac_of(address) or b""
        self._fake = self._mac[:3] + _digest(b"mac", salt + self._mac)[:3]
        self.address = address
        if self._mac:
            self.address = ":".join(f"{byte:02X}" for byte in self._fake)

    def service_data(self, uuid: str, data: bytes) -> bytes:
        """Disguise one entry of service data."""
        if not self._mac:
            return data
        number = uuid16(uuid)
        if number == FE95:
            return self._beacon(data)
        form = SERVICES.get(number) if number is not None else None
        parsed = form.parse(data, self._mac) if form else None
        if isinstance(parsed, Sealed):
            data = self._reseal(data, parsed.nonce, parsed.data, parsed.aad)
        return self.plain(data)

    def plain(self, data: bytes) -> bytes:
        """Replace the address in bytes that are not encrypted, in either order."""
        if not self._mac:
            return data
        return data.replace(self._mac, self._fake).replace(
            self._mac[::-1], self._fake[::-1]
        )

    def name(self, name: str) -> str:
        """Replace the end of the address in a name."""
        if not self._mac:
            return name
        for real, fake in ((self._mac, self._fake), (self._mac[3:], self._fake[3:])):
            name = name.replace(real.hex().upper(), fake.hex().upper())
            name = name.replace(real.hex(), fake.hex())
        return name

    def _beacon(self, data: bytes) -> bytes:
        if len(data) < FIXED:
            return data
        head = parse_head(data)
        at = objects_at(head, data)
        fake = data
        if head.has_mac and len(data) >= MAC_END:
            fake = data[:FIXED] + self.plain(data[FIXED:MAC_END]) + data[MAC_END:]
        if not (head.encrypted and head.has_objects):
            return fake
        if head.version < MODERN_VERSION:
            return self._reseal_legacy(fake, data, at)
        if len(data) - at < _MODERN_TAIL:
            return fake
        nonce = self._mac[::-1] + data[2:5] + data[-_MODERN_TAIL:-_TAG]
        sealed = data[at:-_MODERN_TAIL] + data[-_TAG:]
        return self._reseal(fake, nonce, sealed, AAD)

    def _reseal(
        self, data: bytes, nonce: bytes, sealed: bytes, aad: bytes | None
    ) -> bytes:
        """Open with the real key and seal with the fake one; the counter stays where it is."""
        if self._cipher is None or self.key is None:
            return data
        try:
            opened = self._cipher.decrypt(nonce, sealed, aad)
        except InvalidTag:
            return data
        full = self.key.ljust(_KEY_SIZE, b"\xff")
        again = AESCCM(full, tag_length=_TAG).encrypt(self.plain(nonce), opened, aad)
        size = len(opened)
        at = data.rindex(sealed[:-_TAG])
        return data[:at] + again[:size] + data[at + size : -_TAG] + again[size:]

    def _reseal_legacy(self, fake: bytes, data: bytes, at: int) -> bytes:
        if self._cipher is None or self.key is None or len(data) - at < _LEGACY_TAIL:
            return fake
        nonces = [
            data[:FIXED] + data[-_LEGACY_TAIL:-1] + mac[::-1][:5]
            for mac in (self._mac, self._fake)
        ]
        try:
            opened = self._cipher.decrypt_legacy(
                nonces[0], data[at:-_LEGACY_TAIL], data[-1]
            )
        except InvalidTag:
            return fake
        sealed, check = Cipher(self.key).encrypt_legacy(nonces[1], opened)
        return fake[:at] + sealed + fake[-_LEGACY_TAIL:-1] + bytes((check,))


class Capture:
    """Collect adverts; each different payload once."""

    def __init__(
        self, address: str, key: bytes | None, salt: bytes | None = None
    ) -> None:
        """Take the device; with a ``salt`` its address and key are replaced."""
        self._disguise = None if salt is None else Disguise(address, key, salt)
        self._address = self._disguise.address if self._disguise else address
        self._key = self._disguise.key if self._disguise else key
        self._entries: dict[tuple[str, bytes], None] = {}

    def __len__(self) -> int:
        """Return how many payloads were recorded."""
        return len(self._entries)

    def take(
        self, service_data: Mapping[str, bytes], manufacturer_data: Mapping[int, bytes]
    ) -> None:
        """Record one advert."""
        for uuid, data in service_data.items():
            self._keep(uuid, data)
        for company, data in manufacturer_data.items():
            self._keep(f"{company:#06x}", data)

    def _keep(self, where: str, data: bytes) -> None:
        if len(self._entries) < MOST:
            self._entries.setdefault((where, bytes(data)))

    def vectors(self, source: str) -> list[Entry]:
        """Return the recording as replay vectors, each with what we make of it now."""
        return [
            self._vector(number, source, where, data)
            for number, (where, data) in enumerate(self._entries, 1)
        ]

    def _vector(self, number: int, source: str, where: str, data: bytes) -> Entry:
        uuid = uuid16(where)
        hide = self._disguise
        if uuid is None:
            if hide:
                data = hide.plain(data)
            makers = {where: data.hex()} if where.startswith("0x") else None
            company = {int(where, 16): data} if makers else {}
            service: dict[str, bytes] = {} if makers else {where: data}
        else:
            if hide:
                data = hide.service_data(where, data)
            makers, company, service = None, {}, {where: data}
        reading = Decoder(self._address, self._key).feed(service, company, 0.0)
        product = reading.product_id
        return {
            "id": f"capture-{number}",
            "source": source,
            "device": reading.model or "unknown",
            "product_id": None if product is None else f"0x{product:04X}",
            "address": self._address,
            "service_uuid": None if uuid is None else f"0x{uuid:04X}",
            "service_data": None if makers else data.hex(),
            "manufacturer_data": makers,
            "bindkey": self._key.hex() if self._key else None,
            "outcome": reading.outcome.value,
            "expect": {field.value: value for field, value in reading.values.items()},
            "events": [
                {"key": key, "type": name, "properties": dict(properties)}
                for key, name, properties in reading.events
            ],
        }


def _digest(purpose: bytes, secret: bytes) -> bytes:
    return hashlib.sha256(b"mi_bms capture " + purpose + secret).digest()


def _cipher(key: bytes | None) -> Cipher | None:
    try:
        return None if key is None else Cipher(key)
    except KeyFormatError:
        return None
