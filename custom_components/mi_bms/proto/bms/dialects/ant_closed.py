"""Boards that answer nobody who has not said their password, and say nothing to a wrong one either.

Such a board may count wrong passwords. So one is said only where nothing is answered without it, and not for
ever: after ``IN_VAIN`` times in a row it is kept back for ``SOON`` seconds, and twice as long each time after
that, up to ``REST``. Each time counts, as the board may have heard it though the link broke. Once it has opened
a board more is borne (``CHANGED``), and of broken links twice as many: most often it is a bad link, seldom a
password that was changed elsewhere.
"""

from dataclasses import dataclass, replace
from typing import Final

from ...model.errors import (
    AuthNeeded,
    AuthRejected,
    MiBmsError,
    NoAnswer,
    PairingNeeded,
)
from ..contract import Ask, Context, Dialogue, Talk

IN_VAIN: Final = 2
CHANGED: Final = 5
REST: Final = 3600  # s
SOON: Final = 600  # s
# The ATT error (insufficient authorization) that some refuse each write with until they know who writes.
UNAUTHORIZED: Final = 8

_BRIEF: Final = 2  # tries, where the password has not been said
_TOLD: Final = "told_password"
_OPENED: Final = "opened_by_password"
_ANSWERED: Final = "answered"
_VAIN, _WHEN = "password_in_vain", "password_kept_back_since"


@dataclass(frozen=True, slots=True)
class Spoken:
    """Say how a password is said, and how many characters (of ASCII) one can have."""

    say: Dialogue[None]
    sizes: range


def greet(context: Context, word: Spoken) -> Talk[None]:
    """Say the password on a new connection to a board that was silent without it."""
    if context.memory.get(_OPENED):
        yield from tell(context, word)


def tell(context: Context, word: Spoken) -> Talk[bool]:
    """Say the password, once per connection and as often as it may be; return whether it was."""
    if context.state.get(_TOLD):
        return True
    secret = context.secret or ""
    # What cannot be written down would be heard as another one.
    if not secret.isascii() or len(secret) not in word.sizes or not _may(context):
        return False
    _in_vain(context, 1 if context.memory.get(_OPENED) else 2)
    context.state[_TOLD] = True
    yield from word.say(context)
    return True


def opened(context: Context, text: str) -> bool:
    """Return whether the board has heard a text on this connection, and was opened by it before."""
    heard = context.state.get(_TOLD) and context.memory.get(_OPENED)
    return bool(heard) and context.secret == text


def answer(context: Context, question: Ask, word: Spoken) -> Talk[bytes]:
    """Return the answer to the first question of a poll, if need be behind the password.

    Raises ``AuthNeeded`` where the board refuses and none is known, ``AuthRejected`` for one that opens nothing.
    """
    told = bool(context.state.get(_TOLD))
    brief = bool(context.secret) and not told
    try:
        frame = yield replace(question, tries=_BRIEF) if brief else question
    except (NoAnswer, PairingNeeded) as err:
        if _is_other(err):
            raise
        if told:
            raise _silent(context, err) from None
        if not context.secret:
            raise _unknown(err) from None
        frame = yield from _behind(context, question, word, err)
        context.memory[_OPENED] = True
    if context.state.get(_TOLD):
        context.memory[_VAIN] = 0
    context.memory[_ANSWERED] = True
    return frame or b""


def _behind(
    context: Context, question: Ask, word: Spoken, err: MiBmsError
) -> Talk[bytes | None]:
    """Return what is answered once the password was said."""
    if not (yield from tell(context, word)):
        raise _verdict(context, err) from None
    try:
        return (yield question)
    except (NoAnswer, PairingNeeded) as again:
        if _is_other(again):
            raise
        raise _silent(context, again) from None


def _is_other(err: MiBmsError) -> bool:
    """Return whether something else than a password is wanted."""
    return isinstance(err, PairingNeeded) and err.code != UNAUTHORIZED


def _unknown(err: MiBmsError) -> MiBmsError:
    """Return what a board means that is closed, or only silent, while no password is known."""
    return AuthNeeded() if isinstance(err, PairingNeeded) else err


def _silent(context: Context, err: MiBmsError) -> MiBmsError:
    """Take that nothing was answered after the password; return what that is."""
    if context.memory.get(_OPENED):
        _in_vain(context, 1)
    return _verdict(context, err)


def _verdict(context: Context, err: MiBmsError) -> MiBmsError:
    """Return what silence means: a wrong password, or a board that is heard badly."""
    if isinstance(err, NoAnswer) and context.memory.get(_ANSWERED) and _may(context):
        return err
    return AuthRejected()


def _may(context: Context) -> bool:
    """Return whether the password may be said."""
    most = CHANGED if context.memory.get(_OPENED) else IN_VAIN
    more = int(context.memory.get(_VAIN, 0)) // 2 - most
    if more < 0:
        return True
    # A clock that was set back would keep it back for ever.
    waited = context.now - int(context.memory.get(_WHEN, 0))
    return not 0 <= waited < min(REST, SOON << min(more, 9))


def _in_vain(context: Context, halves: int) -> None:
    """Count a password that has opened nothing so far."""
    context.memory[_VAIN] = int(context.memory.get(_VAIN, 0)) + halves
    context.memory[_WHEN] = context.now
