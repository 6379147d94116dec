"""Keep the link of a plant sensor open: it hangs up on strangers after some seconds.

The handshake of the older generation, as far as the sensor wants it; no key is taken and nothing is
changed on the device.
"""

from collections.abc import Callable
import secrets
from typing import Final

from ..activation.contract import CONTROL, TOKEN, qualified
from ..activation.crypto import mix, rc4
from ..model.errors import NoAnswer
from .wire import Wire, next_of

type Chance = Callable[[int], bytes]

_HELLO: Final = bytes.fromhex("90ca85de")
_CONFIRM: Final = bytes.fromhex("92ab54fa")
_TOKEN_SIZE: Final = 12
_ANSWER: Final = 3.0  # s; the link of who fails lasts for some seconds more
_CONTROL: Final = qualified(CONTROL)
_TOKEN: Final = qualified(TOKEN)


async def hold(
    wire: Wire,
    address: str,
    product: int,
    chance: Chance = secrets.token_bytes,
) -> bool:
    """Make the device keep the link; false from one that does not know or accept the handshake."""
    if not (wire.has(_CONTROL) and wire.has(_TOKEN)):
        return False
    first, second = mix(address, product)
    token = chance(_TOKEN_SIZE)
    try:
        await wire.write(_CONTROL, _HELLO)
        heard = await wire.listen(_TOKEN)
        await wire.write(_TOKEN, rc4(first, token))
        answer = await next_of(heard, _ANSWER)
        if answer is None or rc4(second, rc4(first, answer)) != token:
            return False
        await wire.write(_TOKEN, rc4(token, _CONFIRM))
    except NoAnswer:
        return False
    return True
