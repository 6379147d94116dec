"""Keep the link of a plant sensor open: it hangs up on strangers after some seconds.

The handshake of the older generation, as far as the sensor wants it; no key is taken and nothing is
changed on the device.
"""

from collections.abc import Callable
import secrets
from typing import Final

from ..activation.contract import CONTROL, TOKEN, qualified
from ..activation.crypto import mix, rc4
from ..gatt.link import GattLink
from ..model.errors import NoAnswer
from ..model.steps import Ask, Subscribe, Talk, Write

type Chance = Callable[[int], bytes]

_HELLO: Final = bytes.fromhex("90ca85de")
_CONFIRM: Final = bytes.fromhex("92ab54fa")
_TOKEN_SIZE: Final = 12
_ANSWER: Final = 3.0  # s; the link of who fails lasts for some seconds more
_CONTROL: Final = qualified(CONTROL)
_TOKEN: Final = qualified(TOKEN)


def hold(
    link: GattLink,
    address: str,
    product: int,
    chance: Chance = secrets.token_bytes,
) -> Talk[bool]:
    """Make the device keep the link; false from one that does not know or accept the handshake."""
    if not {_CONTROL, _TOKEN}.issubset(link.characteristics):
        return False
    first, second = mix(address, product)
    token = chance(_TOKEN_SIZE)
    try:
        yield Write(_HELLO, _CONTROL)
        yield Subscribe(_TOKEN)
        yield Write(rc4(first, token), _TOKEN)
        answer = yield Ask(source=_TOKEN, timeout=_ANSWER, optional=True)
        if answer is None or rc4(second, rc4(first, answer)) != token:
            return False
        yield Write(rc4(token, _CONFIRM), _TOKEN)
    except NoAnswer:
        return False
    return True
