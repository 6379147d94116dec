"""What all advert formats of one device share: its address, its key, how the key fares, what it proved.

Once the key has opened a frame, only what is at least as well proven is believed of the device, in
whatever format it comes. That lasts over restarts, as long as the key is the same and nobody has
said that the device sends in the clear now.
"""

from collections.abc import Callable, Mapping
from enum import IntEnum
import hashlib
from typing import Final
from weakref import WeakMethod

from ..model.reading import KeyState, Outcome, Reason
from .crypto import Cipher
from .spec import DeviceSpec

_KEPT: Final = 4
# One failure may be a damaged packet or one of an older binding that a receiver still held.
_FAILURES: Final = 2
# Frames that nothing opens and between which nothing came in the clear, until a key is missed.
_LOCKED: Final = 3
# Frames whose check byte agrees until it is a proof: one in 256 agrees by chance.
_AGREEING: Final = 3
# Check bytes that may disagree, and one more for each that agrees, until one that agrees is taken for
# a guess. Fewer, and one forged frame would hide what the sensor says next; a byte cannot refuse
# guesses and lose nothing to somebody who guesses all the time.
_GUESSES: Final = 4
# So many of the newest frames whose check byte agrees, and which were never heard before, that the key
# still fits though none of them is taken for more than a guess. Of forged frames one in 256 agrees, so
# they look like this by one in 36,000, and the sensor does with up to nine of them to each of its own.
_FITTING: Final = 3
_NEWEST: Final = 32
# Frames that say something sensible under a check byte that disagrees until that byte is another
# thing in this product. A wrong key makes noise of a frame. That noise begins with the header of an
# object of the product, with the right length, by one chance in 50,000 (there are no more than 320
# such headers among 2**24), so a wrong key passes three frames in a row by one in 10**14.
_DISAGREEING: Final = 3


class Proof(IntEnum):
    """Describe how well a frame proves where it comes from, by what a stranger needs to make another."""

    NONE = 0
    CHECKED = 1  # MiBeacon v2/v3: a byte, which one try in 256 hits
    SHORT = 2  # a tag, and a counter of 8 bits: recorded frames fit again soon
    COUNTED = 3  # a tag, and a counter of 32 bits


def weakly(method: Callable[[], None]) -> Callable[[], None]:
    """Return a call of a method that does not keep alive whose it is."""
    kept = WeakMethod(method)

    def call() -> None:
        if found := kept():
            found()

    return call


def mac_of(address: str) -> bytes | None:
    """Read an address in printed order; None where the host gives no real addresses."""
    digits = address.replace(":", "").replace("-", "")
    try:
        mac = bytes.fromhex(digits)
    except ValueError:
        return None
    return mac if len(mac) == 6 else None


class SensorDevice:
    """A sensor: its address, what it is, and its key, which is judged by what it opens."""

    __slots__ = (
        "_agreed",
        "_checks",
        "_clear_formats",
        "_disagreed",
        "_doubts",
        "_failures",
        "_locked",
        "_mark",
        "_sealed_format",
        "_verified",
        "allowed",
        "at_ease",
        "cipher",
        "firmware",
        "followers",
        "guarded",
        "in_doubt",
        "kept",
        "mac",
        "paired",
        "product_id",
        "proof",
        "reversed_mac",
        "spec",
        "unchecked",
    )

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
        self._clear_formats: tuple[str, ...] = ()
        self._sealed_format = ""
        self._locked = 0  # frames in a row for which there was no key
        # Who has to look anew at what comes when more than before is asked of it.
        self.followers: list[Callable[[], None]] = []
        self.set_key(key)

    def set_key(self, key: bytes | None) -> None:
        """Use another key from now on; nothing is known of it yet."""
        self.cipher = None if key is None else Cipher(key)
        self._mark = (
            "" if key is None else hashlib.sha256(b"mi_bms trust" + key).hexdigest()[:8]
        )
        # True while a frame that the key opens tells something new of it.
        self.in_doubt = True
        self.proof = Proof.NONE
        # What a frame has to prove at least; a plain number, which is quicker.
        self.guarded = 0
        # True while a frame of v2/v3 whose check byte agrees tells nothing new either.
        self.at_ease = False
        self.allowed = False  # to send in the clear though the key is proven
        self.unchecked = False  # the check byte of v2/v3 is another thing
        self._verified = False
        self._failures = 0
        self._agreed = 0
        self._disagreed = 0
        self._doubts = 0
        # Since the key opened a frame: a bit for each of the newest check bytes, 1 for one that agreed.
        self._checks = 0

    # --- what is known over restarts --------------------------------------------------------

    def snapshot(self) -> dict[str, object]:
        """Return what the next run has to know, for JSON; the key is only hinted at."""
        return {
            "key": self._mark,
            "proof": int(self.proof),
            "clear": self.allowed,
            "unchecked": self.unchecked,
        }

    def restore(self, kept: Mapping[str, object]) -> bool:
        """Go on from a snapshot; False if it was of another key, or is none."""
        proof = kept.get("proof")
        same = kept.get("key") == self._mark
        if not same or not isinstance(proof, int) or proof not in Proof:
            return False
        # There may be two, of which one did not know the best proof yet.
        self.proof = max(self.proof, Proof(proof))
        self.unchecked |= kept.get("unchecked") is True
        self._agreed = _AGREEING if self.proof else 0
        self.allowed = kept.get("clear") is True
        self._guard()
        return True

    def allow_clear(self) -> None:
        """Believe what comes in the clear, until the key opens a frame again."""
        self.allowed = self.in_doubt = True
        self.at_ease = False
        self._guard()

    def _guard(self) -> None:
        self.guarded = 0 if self.allowed else int(self.proof)
        for unfollow in self.followers:
            unfollow()

    # --- frames -------------------------------------------------------------------------------

    def learn_mac(self, reversed_mac: bytes) -> None:
        """Take the address from a frame, on a host that gives none."""
        self.reversed_mac = reversed_mac
        self.mac = reversed_mac[::-1]

    def locked(self, entry: str, data: bytes, name: str) -> Outcome:
        """Keep an encrypted frame for which there is no key."""
        self._sealed_format = name
        self._locked += 1
        self._keep(entry, data)
        return Outcome.NEEDS_KEY

    def opened_again(self, name: str) -> None:
        """Note that the key opened a frame that may be a recording; needed only while in doubt.

        It tells that the key was right, not that it still is: what failed since then has been sent since.
        """
        if not self._failures:
            self.opened(name)

    def opened(self, name: str) -> None:
        """Note that the key opened a frame; needed only while it is in doubt."""
        self._sealed_format = name
        self._verified = True
        self._failures = self._checks = 0
        self.in_doubt = self.allowed or self.proof < Proof.COUNTED
        self.at_ease = self.guarded == Proof.CHECKED and not self._doubts

    def proves(self, name: str, proof: Proof) -> None:
        """Note that the key opened a frame that was not heard before; needed only while in doubt."""
        if proof and (self.allowed or proof > self.proof):
            self.allowed = False
            self.proof = max(self.proof, proof)
            self._guard()
        self.opened(name)

    def refused(
        self, entry: str, data: bytes, name: str
    ) -> tuple[Outcome, Reason | None]:
        """Judge a frame that the key did not open: damaged, or the key is wrong."""
        self._sealed_format = name
        self._keep(entry, data)
        self._failures += 1
        self.in_doubt = True
        self.at_ease = False
        if self._verified and self._failures < _FAILURES:
            return Outcome.REJECTED, Reason.CORRUPT
        self._verified = False
        return Outcome.WRONG_KEY, None

    def check_agrees(self, *, new: bool) -> bool:
        """Note that the check byte of a v2/v3 frame agrees; False if that may be by chance.

        ``new``: the frame was never heard before.
        """
        if self.unchecked:
            return True
        self._agreed += 1
        self._disagreed = 0
        if new:
            self._note_check(agrees=True)
        # Who tries all check bytes hits one; hardly two in a row.
        believed = self._doubts < _GUESSES
        self._doubts = max(self._doubts - 1, 0)
        return believed

    def check_disagrees(self, *, sensible: bool) -> bool:
        """Note that it does not; True if the frame is to be believed nevertheless."""
        self._note_check(agrees=False)
        self._disagreed = self._disagreed + 1 if sensible else 0
        if self._agreed:
            self._doubts = min(self._doubts + 1, _GUESSES)
        self.unchecked |= not self._agreed and self._disagreed >= _DISAGREEING
        return self.unchecked and sensible

    def _note_check(self, *, agrees: bool) -> None:
        self._checks = (self._checks << 1 | agrees) & (1 << _NEWEST) - 1

    @property
    def fits(self) -> bool:
        """Return whether check bytes agree more often than by chance among frames that are not believed."""
        return self._checks.bit_count() >= _FITTING

    @property
    def checked(self) -> Proof:
        """Return what a v2/v3 frame proves now."""
        return Proof.CHECKED if self._agreed >= _AGREEING else Proof.NONE

    def in_clear(self, name: str) -> None:
        """Note that a format told something without encryption."""
        self._locked = 0
        if name not in self._clear_formats:
            self._clear_formats += (name,)

    def _keep(self, entry: str, data: bytes) -> None:
        self.kept = (*self.kept, (entry, data))[-_KEPT:]

    @property
    def key_state(self) -> KeyState | None:
        """Return what is known of the key; None while that is nothing."""
        if self.cipher is None:
            # Some devices send the same in clear under another format: no key is missed then.
            other = set(self._clear_formats) - {self._sealed_format}
            if self._locked >= _LOCKED and not other:
                return KeyState.MISSING
            return KeyState.NOT_NEEDED if self._clear_formats else None
        if self._failures >= _FAILURES:
            return KeyState.WRONG
        return KeyState.RIGHT if self._verified else KeyState.UNVERIFIED
