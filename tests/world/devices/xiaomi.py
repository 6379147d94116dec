"""Xiaomi sensors that speak MiBeacon (service data FE95), in the clear or encrypted.

Frame: control (2), product (2), counter (1), [MAC reversed], [capability], objects (id 2, length 1,
data), and where encrypted a further 24 bits of counter and the check. All numbers are
little-endian; 24 bytes fit into an advert. Source: the vendor's MiBeacon documents, versions 2 to 5.
"""

from collections.abc import Callable, Mapping
from typing import Final, override

from cryptography.hazmat.primitives.ciphers.aead import AESCCM

from .beacon import Beacon, Frame, Header, mac_of, make_messages
from .models import MODELS
from .signals import Quantities, Spec, Types, options, unhex

SERVICE: Final = 0xFE95
ROOM: Final = 24  # bytes of service data beside the flags in a legacy advert
ASSOCIATED: Final = b"\x11"
SAVE_EVERY: Final = 512  # the counter is stored in steps of this size

ENCRYPTED: Final = 1 << 3
HAS_MAC: Final = 1 << 4
HAS_CAPABILITY: Final = 1 << 5
HAS_OBJECT: Final = 1 << 6
REGISTERED: Final = 1 << 8
AUTH_SHIFT: Final = 10
VERSION_SHIFT: Final = 12

OPTIONS: Final[Mapping[str, Types]] = {
    "product": int,
    "version": int,  # 2 … 5
    "auth": int,  # 0 … 3
    "bits": int,  # further bits of the frame control, such as bit 0
    "registered": bool,
    "mac": bool,  # in frames with an object, where it fits
    "capability": str,  # hex, of frames with an object
    "idle": bool,  # sends a frame without object when nothing is due
    "idle_capability": str,
    "counter": int,
    "objects": (list, tuple),
}


def seal(key: bytes, mac: bytes, head: bytes, plain: bytes, extended: bytes) -> bytes:
    """Encrypt the objects of a version 4 or 5 frame; give ciphertext, extended counter and 4 check bytes.

    ``head`` is everything before the objects, ``mac`` in printed order, ``key`` 16 or 12 bytes.
    """
    whole = key if len(key) == 16 else key + b"\xff" * 4
    nonce = mac[::-1] + head[2:5] + extended
    sealed = AESCCM(whole, tag_length=4).encrypt(nonce, plain, ASSOCIATED)
    return sealed[:-4] + extended + sealed[-4:]


def seal_legacy(
    key: bytes, mac: bytes, head: bytes, plain: bytes, extended: bytes
) -> bytes:
    """Encrypt the objects of a version 2 or 3 frame (12-byte key); the check is one byte of the tag."""
    whole = key[:6] + bytes.fromhex("8d3d3c97") + key[6:]
    nonce = head[:5] + extended + mac[::-1][:5]
    sealed = AESCCM(whole, tag_length=16).encrypt(nonce, plain, ASSOCIATED)
    return sealed[:-16] + extended + sealed[-16:-15]


def object_header(number: int) -> Header:
    """Return the header of an object id: id and length of the data."""
    return lambda length: number.to_bytes(2, "little") + bytes((length,))


class MiSensor(Beacon):
    """Be any MiBeacon product: who it is and what it sends come as plain data (``OPTIONS``).

    ``key`` (24 or 32 hex digits) switches encryption on. Objects are tables with ``id``, either one
    part's keys or ``parts``, timing keys, and ``frame`` (objects of one frame name travel together).
    """

    def __init__(
        self,
        *,
        address: str,
        name: str | None = None,
        key: str | None = None,
        interval: float = 2.0,
        repeats: int = 1,
        start: Mapping[str, float] | None = None,
        seed: int = 1,
        **params: object,
    ) -> None:
        """Take the product's own data; raise ``ValueError`` for what no device could be."""
        mac_of(address)
        got = options(params, OPTIONS, address)
        if "product" not in got or "objects" not in got:
            raise ValueError(f"{address}: needs product = 0x… and objects = [ … ]")
        quantities = Quantities(f"{seed} {address}")
        messages = make_messages(
            got["objects"],
            object_header,
            0xFFFF,
            form=self._frame,
            quantities=quantities,
            where=address,
        )
        super().__init__(
            messages,
            quantities,
            address=address,
            name=name,
            interval=interval,
            repeats=repeats,
            start=start,
        )
        self._take(got)
        self.key = key
        self._key = None if key is None else self._usable(key)
        for message in messages:
            self._encode(bytes(message.size), 0)  # raises for what would not fit

    def _take(self, got: Spec) -> None:
        self._version = self._number(got, "version", 5, 2, 5)
        self._product = self._number(got, "product", 0, 0, 0xFFFF)
        self._bits = (
            self._number(got, "bits", 0, 0, 0xFFFF)
            | self._number(got, "auth", 0, 0, 3) << AUTH_SHIFT
        )
        self._bits |= self._version << VERSION_SHIFT | (
            REGISTERED if got.get("registered") else 0
        )
        self._mac_wanted = bool(got.get("mac", True))
        self._capability = unhex(
            str(got.get("capability", "")), f"{self.address}: capability"
        )
        self._idle_capability = unhex(
            str(got.get("idle_capability", "")), f"{self.address}: idle_capability"
        )
        self._idle = bool(got.get("idle"))
        # Before version 4 the three bytes are no counter: chosen once, then kept.
        rng = self.quantities.rng
        self._fixed = rng.randbytes(3) if self._version < 4 else None
        first = self._number(got, "counter", rng.randrange(0x4000), 0, 0xFFFFFFFF)
        self._counter = self._stored = first

    @override
    def idle(self) -> Frame | None:
        return self._frame(b"") if self._idle else None

    def restart(self) -> None:
        """Lose power: go on behind the last stored counter, so that none is used twice."""
        self._counter = self._stored + SAVE_EVERY

    def bind(self, key: str) -> None:
        """Be bound anew: another key, and counters from the beginning."""
        self._key, self.key = self._usable(key), key
        self._counter = self._stored = 0

    def _frame(self, objects: bytes) -> Frame:
        self._counter = (self._counter + 1) & 0xFFFFFFFF
        if self._counter >= self._stored + SAVE_EVERY:
            self._stored = self._counter
        return [(SERVICE, self._encode(objects, self._counter))]

    def _encode(self, objects: bytes, counter: int) -> bytes:
        secret = self._key if objects else None
        capability = self._capability if objects else self._idle_capability
        tail = 0 if secret is None else 7 if self._version >= 4 else 4
        room = ROOM - 5 - len(capability) - len(objects) - tail
        if room < 0:
            raise ValueError(
                f"{self.address}: objects of {len(objects)} bytes are {-room} too many for one advert"
            )
        # A MAC that would not fit is left out; this is the vendor's rule "object longer than 3 bytes".
        mac = self.mac[::-1] if not objects or (self._mac_wanted and room >= 6) else b""
        control = (
            self._bits | (HAS_OBJECT if objects else 0) | (ENCRYPTED if secret else 0)
        )
        control |= (HAS_MAC if mac else 0) | (HAS_CAPABILITY if capability else 0)
        head = (
            control.to_bytes(2, "little")
            + self._product.to_bytes(2, "little")
            + bytes((counter & 0xFF,))
        )
        head += mac + capability
        if secret is None:
            return head + objects
        extended = self._fixed or (counter >> 8).to_bytes(3, "little")
        sealer = seal if self._version >= 4 else seal_legacy
        return head + sealer(secret, self.mac, head, objects, extended)

    def _usable(self, key: str) -> bytes:
        sizes = (12, 16) if self._version >= 4 else (12,)
        return unhex(key, f"{self.address}: key", *sizes)

    def _number(self, got: Spec, key: str, other: int, low: int, high: int) -> int:
        value = got.get(key, other)
        if not isinstance(value, int) or not low <= value <= high:
            raise ValueError(
                f"{self.address}: {key} = {value!r} is not within {low} … {high:#x}"
            )
        return value


def model(title: str) -> Callable[..., MiSensor]:
    """Return the maker of one product of the model table; parameters override the table's."""
    row = MODELS[title]

    def make(
        *,
        address: str,
        name: str | None = None,
        key: str | None = None,
        **params: object,
    ) -> MiSensor:
        own = dict(row.options)
        if row.encrypted and key is None:
            raise ValueError(f"{address}: {title} encrypts: needs key = hex digits")
        shown = row.name if name is None else name
        return MiSensor(address=address, name=shown, key=key, **(own | params))  # type: ignore[arg-type]

    return make
