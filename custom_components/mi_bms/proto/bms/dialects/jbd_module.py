"""The password of JBD's Bluetooth modules, which stand between us and the battery.

Frames ``FF AA cmd len data sum8`` in both directions; an answer has one byte of data. Old modules take
the user's password in the short form, newer ones a fixed word first and the password later, in cipher.
"""

from typing import Final

from ...model.errors import AuthRejected, NoAnswer
from ..checksum import sum8
from ..contract import Ask, Context, Talk

_APP_KEY: Final = 0x15
_RANDOM: Final = 0x17
_PASSWORD: Final = 0x18
_ROOT: Final = 0x1D
_HELLO: Final = b"000000"
_ROOT_KEY: Final = b"JBDbtpwd!@#2023"
_ACCEPTED: Final = 0
_NO_PASSWORD: Final = 2
_SHORT_FORM: Final = "short_login"
_SILENT: Final = "silent_login"


def module_request(command: int, data: bytes = b"") -> bytes:
    """Return a frame for the Bluetooth module itself."""
    core = bytes((command, len(data))) + data
    return b"\xff\xaa" + core + bytes((sum8(core),))


def cipher(mac: bytes, key: bytes, random: int) -> bytes:
    """Return a scrambled password: ((mac XOR key) + random) per byte, the address padded with zeros."""
    return bytes(
        ((m ^ k) + random) & 0xFF
        for m, k in zip(mac.ljust(len(key), b"\0"), key, strict=False)
    )


def _module(
    command: int, data: bytes = b"", *, patient: bool = True
) -> Talk[int | None]:
    """Ask the Bluetooth module; return the one byte of its answer, None when it says nothing."""
    frame = yield Ask(
        request=module_request(command, data),
        reply=lambda found: (
            found.startswith(bytes((0xFF, 0xAA, command, 1))) and len(found) == 6
        ),
        tries=None if patient else 1,
        optional=True,
    )
    return None if frame is None else frame[4]


def login(context: Context) -> Talk[None]:
    """Send the user's password to the module: the short form, and the long one where it is known.

    A module that does not know these frames stays silent; then the battery is asked all the same.
    """
    if not context.secret:
        return
    secret = context.secret.encode("ascii", "replace")
    # A module that was silent before is asked once, not with the patience of a first time.
    answer = yield from _module(
        _APP_KEY, secret, patient=not context.memory.get(_SILENT)
    )
    context.memory[_SILENT] = answer is None
    if answer is None or answer == _NO_PASSWORD:
        return
    if answer != _ACCEPTED:
        # Newer modules want the app's fixed word here and the user's password later, in cipher.
        answer = (
            None
            if secret == _HELLO
            else (yield from _module(_APP_KEY, _HELLO, patient=False))
        )
        if answer == _NO_PASSWORD:
            return
        if answer != _ACCEPTED:
            raise AuthRejected
    elif context.memory.get(_SHORT_FORM):
        return
    if (random := (yield from _module(_RANDOM, patient=False))) is None:
        context.memory[_SHORT_FORM] = True
        return
    yield from _cipher_steps(context.mac, secret, random)


def _cipher_steps(mac: bytes, secret: bytes, random: int) -> Talk[None]:
    """Send the password and the root key, each in cipher with a fresh random number."""
    if (yield from _module(_PASSWORD, cipher(mac, secret, random))) != _ACCEPTED:
        raise AuthRejected
    second = yield from _module(_RANDOM)
    if second is None:
        raise NoAnswer
    if (yield from _module(_ROOT, cipher(mac, _ROOT_KEY, second))) != _ACCEPTED:
        raise AuthRejected


def wants_password() -> Talk[bool]:
    """Return whether the module answers, and takes no word for a password."""
    answer = yield from _module(_APP_KEY, _HELLO, patient=False)
    return answer is not None and answer != _NO_PASSWORD
