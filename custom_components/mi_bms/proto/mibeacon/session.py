"""What all advert formats of one device share: its address, its key and how the key fares."""

from typing import Final

from ..model.reading import KeyState, Outcome, Reason
from .crypto import Cipher
from .spec import DeviceSpec

_KEPT: Final = 4
# One failure may be a damaged packet or one of an older binding that a receiver still held.
_FAILURES: Final = 2


def mac_of(address: str) -> bytes | None:
    """Read an address in printed order; None where the host gives no real addresses."""
    digits = address.replace(":", "").replace("-", "")
    try:
        mac = bytes.fromhex(digits)
    except ValueError:
        return None
    return mac if len(mac) == 6 else None


class Session:
    """Hold one device's address and key, and judge the key by what it opens."""

    def __init__(self, address: str, key: bytes | None) -> None:
        """Take the address as the host gives it and the key, if there is one."""
        self.mac = mac_of(address)
        self.reversed_mac = self.mac[::-1] if self.mac else b""
        self.cipher: Cipher | None = None
        self.spec: DeviceSpec | None = None
        self.product_id: int | None = None
        self.firmware: str | None = None
        self.paired: bool | None = None
        # Newest encrypted frames that nothing has opened yet, with the entry they came in.
        self.kept: tuple[tuple[str, bytes], ...] = ()
        self.clear_formats: frozenset[str] = frozenset()
        # True until a frame proves the key, and after each that it did not open.
        self.in_doubt = True
        self._sealed_format = ""
        self._verified = False
        self._failures = 0
        self.set_key(key)

    def set_key(self, key: bytes | None) -> None:
        """Use another key from now on; nothing is known of it yet."""
        self.cipher = None if key is None else Cipher(key)
        self.in_doubt = True
        self._verified = False
        self._failures = 0

    def learn_mac(self, reversed_mac: bytes) -> None:
        """Take the address from a frame, on a host that gives none."""
        self.reversed_mac = reversed_mac
        self.mac = reversed_mac[::-1]

    def locked(self, entry: str, data: bytes, name: str) -> Outcome:
        """Keep an encrypted frame for which there is no key."""
        self._sealed_format = name
        self._keep(entry, data)
        return Outcome.NEEDS_KEY

    def opened(self, name: str) -> None:
        """Note that the key opened a frame; needed only while it is in doubt."""
        self._sealed_format = name
        self._verified = True
        self._failures = 0
        self.in_doubt = False

    def refused(
        self, entry: str, data: bytes, name: str
    ) -> tuple[Outcome, Reason | None]:
        """Judge a frame that the key did not open: damaged, or the key is wrong."""
        self._sealed_format = name
        self._keep(entry, data)
        self._failures += 1
        self.in_doubt = True
        if self._verified and self._failures < _FAILURES:
            return Outcome.REJECTED, Reason.CORRUPT
        self._verified = False
        return Outcome.WRONG_KEY, None

    def in_clear(self, name: str) -> None:
        """Note that a format told something without encryption."""
        if name not in self.clear_formats:
            self.clear_formats |= {name}

    def _keep(self, entry: str, data: bytes) -> None:
        self.kept = (*self.kept, (entry, data))[-_KEPT:]

    @property
    def key_state(self) -> KeyState:
        """Say what is known of the key."""
        if self.cipher is None:
            # Some devices send the same in clear under another format: no key is missed then.
            needed = self._sealed_format and not self.clear_formats - {
                self._sealed_format
            }
            return KeyState.MISSING if needed else KeyState.NOT_NEEDED
        if self._failures >= _FAILURES:
            return KeyState.WRONG
        return KeyState.RIGHT if self._verified else KeyState.UNVERIFIED
