"""The handshake of Xiaomi's older devices, from the device's side: RC4 under keys mixed from who it is.

Every message is RC4 with a fresh state. Source: traces of several clients.
"""

from collections.abc import Callable
from typing import Final

HELLO: Final = bytes.fromhex("90ca85de")
LET_IN: Final = bytes.fromhex("92ab54fa")


def stream(key: bytes, data: bytes) -> bytes:
    """Return RC4 of one message."""
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


class Handshake:
    """Let a client in: a greeting, its token both ways, a word under the token."""

    def __init__(self, mac: bytes, product: int) -> None:
        """Take the address in printed order and the product id; every connection begins anew."""
        m = mac[::-1]
        low, high = product.to_bytes(2, "little")
        self._first = bytes((m[0], m[2], m[5], low, low, m[4], m[5], m[1]))
        self._second = bytes((m[0], m[2], m[5], high, m[4], m[0], m[5], low))
        self.greeted = self.let_in = False
        self.token = b""

    def greet(self, data: bytes) -> None:
        """Take a write to the control characteristic."""
        self.greeted = data == HELLO

    def heard(self, data: bytes, say: Callable[[bytes], None]) -> None:
        """Take a write to the token characteristic; what has no place here is passed over."""
        if self.greeted and len(data) == 12:
            self.token = stream(self._first, data)
            say(stream(self._first, stream(self._second, self.token)))
        elif len(data) == 4:
            self.let_in = bool(self.token) and stream(self.token, data) == LET_IN
