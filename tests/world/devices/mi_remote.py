"""Xiaomi remotes of the older generation, which hand out their own key while they are in pairing mode.

Every message is RC4 with a fresh state; keys are mixed from address, product id and a token that the
client makes up. Source: traces of several clients.
"""

from typing import Final, override

from tests.world.peripheral import GattError

from .activation import (
    CONTROL,
    KEY,
    LEGACY_TABLE,
    READ_NOT_PERMITTED,
    TOKEN,
    VERSION,
    model_options,
)
from .beacon import Frame
from .xiaomi import MiSensor

PAIRING_OBJECT: Final = bytes.fromhex("0200020110")
HELLO: Final = bytes.fromhex("90ca85de")
LET_IN: Final = bytes.fromhex("92ab54fa")


def stream(key: bytes, data: bytes) -> bytes:
    """Give RC4 of one message."""
    box = bytearray(range(256))
    j = 0
    for i in range(256):
        j = (j + box[i] + key[i % len(key)]) % 256
        box[i], box[j] = box[j], box[i]
    out, i, j = b"", 0, 0
    for byte in data:
        i = (i + 1) % 256
        j = (j + box[i]) % 256
        box[i], box[j] = box[j], box[i]
        out += bytes((byte ^ box[(box[i] + box[j]) % 256],))
    return out


class MiLegacyRemote(MiSensor):
    """Be a remote of the older generation: while ``pairing`` it hands out its own 12-byte ``key``.

    ``first_fails``: its first answer is wrong, as often seen.
    """

    def __init__(
        self,
        *,
        address: str,
        name: str | None = None,
        model: str = "YLKG07YL",
        key: str = "00112233445566778899aabb",
        firmware: str = "2.0.0_0001",
        pairing: bool = True,
        first_fails: bool = False,
        **params: object,
    ) -> None:
        """Take what it is."""
        own = model_options(model, params)
        super().__init__(address=address, name=name, key=key, **own)  # type: ignore[arg-type]
        self.connectable, self.services, self.mtu = True, LEGACY_TABLE, 23
        self.pairing = pairing
        self._firmware, self._fails = firmware, first_fails
        self._greeted = self._let_in = False
        self._session = b""

    @override
    def _next(self, now: float) -> Frame | None:
        if not self.pairing:
            return super()._next(now)
        # The wish to be paired travels in the clear.
        key, self._key = self._key, None
        try:
            return self._frame(PAIRING_OBJECT)
        finally:
            self._key = key

    @override
    def connected(self, now: float) -> None:
        self._greeted = self._let_in = False

    @override
    def read(self, uuid: str) -> bytes:
        if uuid not in {KEY, VERSION} or not self._let_in:
            raise GattError(READ_NOT_PERMITTED)
        if uuid == KEY:
            return stream(self._session, bytes.fromhex(self.key or ""))
        self.pairing = False
        return stream(self._session, self._firmware.encode())

    @override
    def write(self, uuid: str, data: bytes, response: bool) -> None:
        if uuid == CONTROL and data == HELLO:
            self._greeted = self.pairing
        elif uuid == TOKEN and self._greeted and len(data) == 12:
            self._answer(data)
        elif uuid == TOKEN and len(data) == 4:
            self._let_in = bool(self._session) and (
                stream(self._session, data) == LET_IN
            )

    def _answer(self, data: bytes) -> None:
        m = self.mac[::-1]
        low, high = self._product.to_bytes(2, "little")
        first = bytes((m[0], m[2], m[5], low, low, m[4], m[5], m[1]))
        second = bytes((m[0], m[2], m[5], high, m[4], m[0], m[5], low))
        self._session = stream(first, data)
        answer = stream(first, stream(second, self._session))
        if self._fails:
            self._fails = False
            answer = bytes(12)
        if self.notify is not None:
            self.notify(TOKEN, answer)
