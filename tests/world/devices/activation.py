"""Xiaomi devices that can be given a key over Bluetooth, with everything that goes wrong in it.

P-256, HKDF-SHA-256 and AES-CCM register an identity made up by whoever connects; the device advertises
under the new key some time later and goes on as before until then. Source: the vendor's embedded stack and traces.
"""

from collections.abc import Callable, Mapping
import hmac
from random import Random
from typing import Final, override

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESCCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from tests.world import ad
from tests.world.peripheral import Characteristic, Descriptor, Service, Truth

from .beacon import Frame
from .mi_transfer import Done, Transfer
from .models import MODELS
from .xiaomi import MiSensor

CCCD: Final = "00002902-0000-1000-8000-00805f9b34fb"
FE95: Final = ad.BASE_UUID.format("fe95")
TOKEN: Final = ad.BASE_UUID.format("0001")
VERSION: Final = ad.BASE_UUID.format("0004")
CONTROL: Final = ad.BASE_UUID.format("0010")
KEY: Final = ad.BASE_UUID.format("0014")
SECURE: Final = ad.BASE_UUID.format("0016")
DATA: Final = ad.BASE_UUID.format("0019")
READ_NOT_PERMITTED: Final = 2

PROCEDURE_SECONDS: Final = 20.0  # then an unfinished procedure ends with the link
THINK: Final = 0.02  # s before an answer
ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
ID_NONCE: Final = bytes.fromhex("101112131415161718191a1b")


def _char(
    number: str, handle: int, *properties: str, notify: bool = False
) -> Characteristic:
    every = frozenset({*properties, *(["notify"] if notify else [])})
    cccd = (Descriptor(CCCD, handle + 1),) if notify else ()
    return Characteristic(ad.BASE_UUID.format(number), handle, every, cccd)


def _services(*characteristics: Characteristic) -> tuple[Service, ...]:
    name = _char("2a00", 3, "read")
    return (
        Service(ad.BASE_UUID.format("1800"), 1, (name,)),
        Service(FE95, 16, characteristics),
    )


SILENT: Final = "write-without-response"
STANDARD_TABLE: Final = _services(
    _char("0004", 18, "read"),
    _char("0010", 21, SILENT, notify=True),
    _char("0017", 24, "write", notify=True),
    _char("0018", 27, SILENT, notify=True),
    _char("0019", 30, SILENT, notify=True),
)
SECURE_TABLE: Final = _services(
    _char("0004", 18, "read"),
    _char("0010", 21, SILENT, notify=True),
    _char("0016", 24, SILENT, notify=True),
)
LEGACY_TABLE: Final = _services(
    _char("0001", 18, "write", notify=True),
    _char("0002", 21, "read"),
    _char("0004", 24, "read"),
    _char("0010", 27, "write"),
    _char("0013", 30, "read", "write"),
    _char("0014", 33, "read", "write"),
)


def stretch(material: bytes, salt: bytes, info: str) -> bytes:
    """Return 64 bytes of HKDF-SHA-256."""
    return HKDF(hashes.SHA256(), 64, salt, info.encode()).derive(material)


def model_options(title: str, params: Mapping[str, object]) -> dict[str, object]:
    """Return the options of a model with changes; raise ``ValueError`` for an unknown one."""
    if title not in MODELS:
        raise ValueError(f"model = {title!r} is not one of {', '.join(MODELS)}")
    return dict(MODELS[title].options) | dict(params)


class MiActivatable(MiSensor):
    """Be a sensor with the standard authentication service.

    ``key`` and ``token`` (hex) are of an earlier registration, ``device_id`` its 19 characters.
    ``protocol`` 2 goes along and stores nothing; ``refuses`` a second registration; ``single`` sends
    the information in one frame; ``secure`` has a secure chip. ``first_data`` seconds pass between the end of the
    link and the first data under the new key; ``key_delay`` before its public key is sent.
    Faults: ``leave_at`` ends the link at the n-th message of a connection, ``leaves`` times;
    ``lose_fragment`` of each parcel gets lost both ways; ``overtake`` sends the word of success ahead
    of the last acknowledgement; ``forgets`` keeps nothing of what it confirmed.
    """

    def __init__(
        self,
        *,
        address: str,
        name: str | None = None,
        model: str = "LYWSD03MMC",
        key: str | None = None,
        token: str | None = None,
        device_id: str | None = None,
        protocol: int = 1,
        firmware: str = "1.0.0_0130",
        refuses: bool = False,
        single: bool = False,
        secure: bool = False,
        first_data: float = 20.0,
        key_delay: float = 0.3,
        leave_at: int = 0,
        leaves: int = 1,
        lose_fragment: int = 0,
        overtake: bool = False,
        forgets: bool = False,
        seed: int = 1,
        **params: object,
    ) -> None:
        """Take what it is, what it went through, and what it does wrong."""
        own = {"idle": True, "idle_capability": "08"} | model_options(model, params)
        shown = MODELS[model].name if name is None else name
        super().__init__(address=address, name=shown, key=key, seed=seed, **own)  # type: ignore[arg-type]
        self.connectable = True
        self.services = SECURE_TABLE if secure else STANDARD_TABLE
        self.mtu = 247 if single else 23
        self.token = None if token is None else bytes.fromhex(token)
        self.device_id = None if device_id is None else b"\0" + device_id.encode()
        self.chance: Callable[[int], bytes] = Random(f"{seed} {address}").randbytes
        self._protocol, self._firmware = protocol, firmware
        self._refuses, self._single = refuses, single
        self._first_data, self._key_delay = first_data, key_delay
        self._leave_at, self._leaves = leave_at, leaves
        self._lose, self._overtake, self._forgets = lose_fragment, overtake, forgets
        self._new_key: str | None = None
        self._switch_at: float | None = None
        self._begin_anew()

    def _begin_anew(self) -> None:
        """Forget what belongs to a connection."""
        self._transfer = Transfer(
            say=lambda frame: self._say(DATA, frame),
            begins=self._begins,
            arrived=self._arrived,
            hang_up=self._hang_up,
        )
        if self._lose:
            self._transfer.lose_sent = {self._lose}
            self._transfer.lose_heard = {self._lose}
        self._messages_passed = 0
        self._private: ec.EllipticCurvePrivateKey | None = None
        self._setup: bytes | None = None
        self._verified = self._announced = self._logged_in = False
        self._app_random = self._device_random = b""

    # --- what it advertises ---------------------------------------------------------------

    @override
    def _next(self, now: float) -> Frame | None:
        """Send data only under a key; a new key takes over some time after the registration."""
        if (
            self._new_key is not None
            and self._switch_at is not None
            and now >= self._switch_at
        ):
            self.bind(self._new_key)
            self._new_key = self._switch_at = None
        return super()._next(now) if self.key else self.idle()

    @override
    def connected(self, now: float) -> None:
        self._begin_anew()

    @override
    def disconnected(self, now: float) -> None:
        self._transfer.stop()
        if self._new_key is not None:
            self._switch_at = now + self._first_data

    def reset(self) -> None:
        """Be reset by its button: it belongs to nobody, but keeps its device id."""
        self.token = None
        self.key = self._key = None

    # --- its service ----------------------------------------------------------------------

    @override
    def read(self, uuid: str) -> bytes:
        if uuid == VERSION:
            return self._firmware.encode()
        return (self.name or "").encode()

    @override
    def write(self, uuid: str, data: bytes, response: bool) -> None:
        if self._passes():
            if uuid == DATA:
                self._transfer.heard(data)
            elif uuid == CONTROL and data in COMMANDS:
                COMMANDS[data](self)

    def _say(self, uuid: str, data: bytes) -> None:
        if self._passes() and self.notify is not None:
            self.notify(uuid, data)

    def _word(self, word: int) -> None:
        self._say(CONTROL, word.to_bytes(4, "little"))

    def _passes(self) -> bool:
        """Count a message; leave at the one that it is set to leave at."""
        self._messages_passed += 1
        if self._leaves and self._messages_passed == self._leave_at:
            self._leaves -= 1
            self._hang_up()
            return False
        return True

    def _hang_up(self) -> None:
        if self.leave is not None:
            self.leave()

    def _give_time(self) -> None:
        self._transfer.later(PROCEDURE_SECONDS, self._time_is_up)

    def _time_is_up(self) -> None:
        if self._private is not None or self._app_random:
            self._hang_up()

    # --- registration ---------------------------------------------------------------------

    def _inform(self) -> None:
        data = self._protocol.to_bytes(4, "little") + (self.device_id or b"")
        send = self._transfer.single if self._single else self._transfer.announce
        self._transfer.later(THINK, lambda: send(0x00, data, lambda: None))

    def _register(self) -> None:
        if self._refuses and self.token is not None:
            self._word(0xE1)
            return
        number = int.from_bytes(self.chance(32), "big") % ORDER
        self._private = ec.derive_private_key(number, ec.SECP256R1())
        self._give_time()

    def _begins(self, kind: int) -> bool:
        if kind == 0x0B and self.token is None:
            self._word(0xE0)
            return False
        return True

    def _arrived(self, kind: int, data: bytes, acknowledge: Done) -> None:
        takers = {
            0x03: self._take_key,
            0x00: self._take_id,
            0x0B: self._take_random,
            0x0A: self._take_proof,
        }
        if kind in takers:
            takers[kind](data, acknowledge)

    def _take_key(self, data: bytes, acknowledge: Done) -> None:
        if self._private is None or len(data) != 64:
            self._word(0xE8)
            return
        theirs = ec.EllipticCurvePublicKey.from_encoded_point(
            ec.SECP256R1(), b"\x04" + data
        )
        secret = self._private.exchange(ec.ECDH(), theirs)
        self._setup = stretch(secret, b"", "mible-setup-info")
        acknowledge()
        point = self._private.public_key().public_bytes(
            serialization.Encoding.X962,
            serialization.PublicFormat.UncompressedPoint,
        )
        self._transfer.later(
            self._key_delay,
            lambda: self._transfer.announce(0x03, point[1:], lambda: None),
        )

    def _take_id(self, data: bytes, acknowledge: Done) -> None:
        if self._setup is None:
            self._word(0xE8)
            return
        cipher = AESCCM(self._setup[28:44], tag_length=4)
        try:
            wanted = cipher.decrypt(ID_NONCE, data, b"devID")
        except InvalidTag:
            self._word(0xE7)
            return
        if len(wanted) != 20 or wanted[0] or self.device_id not in {None, wanted}:
            self._word(0x12)
            return
        self._wanted_id, self._verified = wanted, True
        if self._overtake and self._protocol == 1:
            self._announced = True
            self._word(0x11)
        acknowledge()

    def _commit(self) -> None:
        if self._protocol != 1:
            return
        if not self._verified or self._setup is None:
            self._word(0x12)
            return
        self._verified, self._private = False, None
        if not self._forgets:
            self.device_id, self.token = self._wanted_id, self._setup[:12]
            self._new_key, self._switch_at = self._setup[12:28].hex(), None
        if not self._announced:
            self._word(0x11)

    @override
    def holds(self) -> Truth:
        """Return the key that was agreed on, empty until then."""
        return {"key": (self._new_key or self.key) if self.token else ""}

    # --- login ----------------------------------------------------------------------------

    def _log_in(self) -> None:
        if self._logged_in:
            self._word(0xE2)
            return
        self._give_time()

    def _take_random(self, data: bytes, acknowledge: Done) -> None:
        self._app_random, self._device_random = data, self.chance(16)
        acknowledge()
        self._transfer.announce(0x0D, self._device_random, self._prove)

    def _prove(self) -> None:
        proof = hmac.digest(
            self._login[:16], self._device_random + self._app_random, "sha256"
        )
        self._transfer.announce(0x0C, proof, lambda: None)

    @property
    def _login(self) -> bytes:
        salt = self._app_random + self._device_random
        return stretch(self.token or b"", salt, "mible-login-info")

    def _take_proof(self, data: bytes, acknowledge: Done) -> None:
        right = hmac.digest(
            self._login[16:32], self._app_random + self._device_random, "sha256"
        )
        self._logged_in, self._app_random = data == right, b""
        word = 0x21 if self._logged_in else 0x22
        if self._overtake:
            self._word(word)
            acknowledge()
        else:
            acknowledge()
            self._word(word)


COMMANDS: Final[Mapping[bytes, Callable[[MiActivatable], None]]] = {
    bytes.fromhex("a2000000"): MiActivatable._inform,
    bytes.fromhex("15000000"): MiActivatable._register,
    bytes.fromhex("13000000"): MiActivatable._commit,
    bytes.fromhex("24000000"): MiActivatable._log_in,
}
