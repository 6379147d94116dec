"""Keep the link of a plant sensor open: it hangs up on strangers after some seconds.

The handshake of the older generation, as far as the sensor wants it; no key is taken and nothing is
changed on the device.
"""

import secrets
from typing import Final

from ..activation.activation import TOKEN_SIZE, shake_hands
from ..activation.contract import CONTROL, TOKEN, qualified
from ..gatt.link import GattLink
from ..model.errors import NoAnswer
from ..model.steps import Talk

_ANSWER: Final = 3.0  # s; the link of who fails lasts for some seconds more
_CONTROL: Final = qualified(CONTROL)
_TOKEN: Final = qualified(TOKEN)


def hold(link: GattLink, address: str, product: int) -> Talk[bool]:
    """Make the device keep the link; false from one that does not know or accept the handshake."""
    if not {_CONTROL, _TOKEN}.issubset(link.characteristics):
        return False
    token = secrets.token_bytes(TOKEN_SIZE)
    try:
        return (yield from shake_hands(address, product, token, _ANSWER, qualified))
    except NoAnswer:
        return False
