"""What is known of local activation before connecting: product id -> how to go about it.

Only a hint for people: the GATT table decides. Source: owners' reports; gestures marked uncertain
there are left to ``HOLD_BUTTON``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Way(StrEnum):
    """Where the key of a product comes from."""

    STANDARD = "standard"
    LEGACY = "legacy"
    CLOUD = "cloud"  # registration protocol 02 on all firmware seen
    NOT_NEEDED = "not_needed"  # its adverts are in the clear


class Preparation(StrEnum):
    """What the user does at the device just before; the texts are translated."""

    NOTHING = "nothing"
    HOLD_BUTTON = "hold_button"  # until the Bluetooth symbol or the light blinks
    HOLD_BUTTON_CONNECT = "hold_button_connect"  # 7 s, choose "connect", short press
    TWO_BUTTONS = "two_buttons"  # both until the screen blinks, then side, then bottom
    MOVE_SWITCH = "move_switch"  # back and forth, quickly
    BE_QUICK = "be_quick"  # awake for a moment only
    PAIRING_MODE = "pairing_mode"  # the keys named in the remote's manual
    KNOB = "knob"  # batteries out and in, hold the knob for 2 s


@dataclass(frozen=True, slots=True)
class Hint:
    """What to expect of one product."""

    way: Way
    preparation: Preparation = Preparation.NOTHING


_NOT_NEEDED: Final = Hint(Way.NOT_NEEDED)
_CLOUD: Final = Hint(Way.CLOUD)
_CONNECT: Final = Hint(Way.STANDARD)
_BUTTON: Final = Hint(Way.STANDARD, Preparation.HOLD_BUTTON)
_REMOTE: Final = Hint(Way.LEGACY, Preparation.PAIRING_MODE)

HINTS: Final[Mapping[int, Hint]] = {
    0x0098: _NOT_NEEDED,  # HHCCJCY01
    0x0153: _REMOTE,  # YLYK01YL
    0x015D: _NOT_NEEDED,  # HHCCPOT002
    0x01AA: _NOT_NEEDED,  # LYWSDCGQ
    0x0347: _NOT_NEEDED,  # CGG1
    0x0387: _CONNECT,  # MHO-C401
    0x03B6: _REMOTE,  # YLKG07YL, YLKG08YL
    0x03BC: _NOT_NEEDED,  # GCLS002
    0x03BF: _REMOTE,  # YLYB01YL-BHFRC
    0x045B: _NOT_NEEDED,  # LYWSD02
    0x04E6: _REMOTE,  # YLYK01YL-VENFAN
    0x055B: _CONNECT,  # LYWSD03MMC, firmware 1.x; 2.1.1 speaks protocol 02
    0x0576: _NOT_NEEDED,  # CGD1
    0x066F: _BUTTON,  # CGDK2
    0x068E: _REMOTE,  # YLYK01YL-FANCL
    0x06D3: _NOT_NEEDED,  # MHO-C303
    0x07F6: Hint(Way.STANDARD, Preparation.MOVE_SWITCH),  # MJYD02YL
    0x0863: _BUTTON,  # SJWS01LM
    0x098B: Hint(Way.STANDARD, Preparation.BE_QUICK),  # MCCGQ02HL
    0x0A83: _BUTTON,  # CGPR1
    0x0A8D: _BUTTON,  # RTCGQ02LM
    0x0B48: _BUTTON,  # CGG1-M
    0x1203: Hint(Way.STANDARD, Preparation.HOLD_BUTTON_CONNECT),  # XMWSDJ04MMC
    0x15CE: Hint(Way.LEGACY, Preparation.KNOB),  # dimmer of a light bar
    0x16E4: _CONNECT,  # LYWSD02MMC
    0x2542: _CONNECT,  # LYWSD02MMC
    0x2832: Hint(Way.STANDARD, Preparation.TWO_BUTTONS),  # MJWSD05MMC
    0x4C47: Hint(Way.STANDARD, Preparation.TWO_BUTTONS),  # MJWSD05MMC
    0x55B5: _CLOUD,  # MJWSD06MMC
    0x5BEA: _CLOUD,  # MJWSD06MMC
}
_UNKNOWN: Final = Hint(Way.STANDARD, Preparation.HOLD_BUTTON)


def hint_of(product: int | None) -> Hint:
    """Return what to expect of a product; None is one that was not heard yet."""
    return _UNKNOWN if product is None else HINTS.get(product, _UNKNOWN)


def can_pair(product: int | None) -> bool:
    """Return whether a product may take a key over Bluetooth at all."""
    return product is not None and hint_of(product).way is not Way.NOT_NEEDED
