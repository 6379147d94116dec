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
from .mi_legacy import Handshake, stream
from .xiaomi import MiSensor

PAIRING_OBJECT: Final = bytes.fromhex("0200020110")


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
        self._shake_anew()

    def _shake_anew(self) -> None:
        self._handshake = Handshake(self.mac, self._product)

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
        self._shake_anew()

    @override
    def read(self, uuid: str) -> bytes:
        if uuid not in {KEY, VERSION} or not self._handshake.let_in:
            raise GattError(READ_NOT_PERMITTED)
        if uuid == KEY:
            return stream(self._handshake.token, bytes.fromhex(self.key or ""))
        self.pairing = False
        return stream(self._handshake.token, self._firmware.encode())

    @override
    def write(self, uuid: str, data: bytes, response: bool) -> None:
        if uuid == CONTROL and self.pairing:
            self._shake_anew()
            self._handshake.greet(data)
        elif uuid == TOKEN:
            self._handshake.heard(data, self._answer)

    def _answer(self, answer: bytes) -> None:
        if self._fails:
            self._fails = False
            answer = bytes(12)
        if self.notify is not None:
            self.notify(TOKEN, answer)
