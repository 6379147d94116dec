"""The dialogues that register a device and agree on its key, over as many connections as it takes.

A registration lives and dies with its connection. Between our confirmation and the device's word of
success nobody knows whether the key is stored: that key is kept as ``candidate``, and the next
connection first tries to log in with its token instead of starting anew.
"""

from collections.abc import Callable, Collection
from dataclasses import replace
import hmac
import secrets
from typing import Final

from ..model.errors import ActivationError, ActivationRefused
from ..model.steps import Listening, Pause, Report, Subscribe, Write
from .contract import (
    BEACON_KEY,
    CONTROL,
    DATA,
    LOGIN,
    SLOW_STEP,
    TOKEN,
    VERSION,
    ActivationResult,
    ErrorCode,
    Procedure,
    Stage,
    choose,
    hear,
    inside,
    read,
)
from .crypto import (
    ID_SIZE,
    PROOF_SIZE,
    PUBLIC_SIZE,
    RANDOM_SIZE,
    Chance,
    SetupKeys,
    agree,
    invent_id,
    login_keys,
    make_private,
    mix,
    prove,
    public_bytes,
    rc4,
    seal_id,
)
from .frames import Parcel
from .transfer import RESENDS, Transfer
from .words import ControlWord

SETTLE: Final = 0.25  # s that slow chips want before the key exchange
CHECKS: Final = 2  # logins that a candidate gets before everything starts anew

_PROTOCOL: Final = 1
_PROTOCOL_OF_CLOUD: Final = 2
_WORD_SIZE: Final = 4
_HELLO: Final = bytes.fromhex("90ca85de")
_CONFIRM: Final = bytes.fromhex("92ab54fa")
_LEGACY_KEY_SIZE: Final = 12
TOKEN_SIZE: Final = 12  # of the older generation

# These say that the device does not hold our token; anything else leaves the word of success standing.
_DISPROOF: Final = frozenset(
    {
        ErrorCode.WRONG_CONFIRMATION,
        ErrorCode.LOGIN_FAILED,
        ErrorCode.NOT_REGISTERED,
    }
)


class Activation:
    """The activation of one device; ``talk`` is the dialogue of one connection.

    ``result`` is there as soon as the device has said that it stored the key, also if the connection
    breaks afterwards; ``candidate`` is a key of which that is not known. ``product_id`` is needed for
    legacy remotes only. ``check_login`` proves the new token right away. ``chance`` returns random bytes.
    """

    def __init__(
        self,
        address: str,
        product_id: int | None = None,
        *,
        check_login: bool = True,
        resends: int = RESENDS,
        chance: Chance = secrets.token_bytes,
    ) -> None:
        """Take the device's address (hex pairs with colons) and what is known of it."""
        self.address = address
        self.product_id = product_id
        self.result: ActivationResult | None = None
        self.candidate: ActivationResult | None = None
        self._check_login = check_login
        self._resends = resends
        self._chance = chance
        self._checks = 0

    def talk(self, characteristics: Collection[str]) -> Listening[ActivationResult]:
        """Start the dialogue of a fresh connection; raises ``ActivationError``.

        ``ActivationRefused`` means that a further connection would not help.
        """
        if choose(characteristics) is Procedure.LEGACY:
            result = yield from self._legacy()
        else:
            result = yield from self._standard(VERSION in inside(characteristics))
        self.result = result
        yield Report(Stage.DONE)
        return result

    def _standard(self, has_version: bool) -> Listening[ActivationResult]:
        firmware = _text((yield from read(VERSION))) if has_version else None
        # Data first: a word on the control point may be the answer to anything.
        yield Subscribe(DATA)
        yield Subscribe(CONTROL)
        transfer = Transfer(self._resends)
        if self.candidate is not None and self._checks:
            return (yield from self._check_candidate(transfer, self.candidate))
        result = yield from self._register(transfer, firmware)
        return (
            (yield from self._check(transfer, result)) if self._check_login else result
        )

    def _register(
        self, transfer: Transfer, firmware: str | None
    ) -> Listening[ActivationResult]:
        device_id, protocol = yield from self._identify(transfer)
        keys = yield from self._exchange(transfer)
        yield Report(Stage.SENDING_CONFIRMATION)
        transfer.await_from_now(ControlWord.REGISTERED)
        yield from transfer.send(Parcel.INFORMATION, seal_id(keys.id_key, device_id))
        self._checks = CHECKS
        self.candidate = ActivationResult(
            address=self.address,
            procedure=Procedure.STANDARD,
            bind_key=keys.bind_key,
            token=keys.token,
            device_id=_text(device_id),
            firmware=firmware,
            protocol=protocol,
        )
        # Whoever keeps the key keeps it before the device has it.
        yield Report(Stage.REGISTERING)
        yield from transfer.tell(ControlWord.VERIFIED)
        try:
            yield from transfer.expect()
        except ActivationError as error:
            # Only silence leaves the outcome open; a word of failure settles it.
            if error.reason != ErrorCode.TIMEOUT:
                self.candidate = None
            raise
        self.result, self.candidate = self.candidate, None
        return self.result

    def _identify(self, transfer: Transfer) -> Listening[tuple[bytes, int]]:
        """Return device id and registration version; a device without an id gets a new one."""
        yield Report(Stage.READING_ID)
        yield from transfer.tell(ControlWord.GET_INFORMATION)
        information = yield from transfer.receive(Parcel.INFORMATION)
        if len(information) not in {_WORD_SIZE, _WORD_SIZE + ID_SIZE}:
            raise ActivationError(ErrorCode.GARBAGE)
        protocol = int.from_bytes(information[:_WORD_SIZE], "little")
        if protocol == _PROTOCOL_OF_CLOUD:
            raise ActivationRefused(ErrorCode.PROTOCOL_02)
        if protocol != _PROTOCOL:
            raise ActivationRefused(ErrorCode.PROTOCOL_UNKNOWN)
        return information[_WORD_SIZE:] or invent_id(self._chance), protocol

    def _exchange(self, transfer: Transfer) -> Listening[SetupKeys]:
        """Exchange public keys; return what is derived from them."""
        yield Pause(SETTLE)
        yield Report(Stage.EXCHANGING_KEYS)
        private = make_private(self._chance)
        yield from transfer.tell(ControlWord.REGISTER)
        yield from transfer.send(
            Parcel.PUBLIC_KEY, public_bytes(private), seconds=SLOW_STEP
        )
        theirs = yield from transfer.receive(Parcel.PUBLIC_KEY, seconds=SLOW_STEP)
        if len(theirs) != PUBLIC_SIZE:
            raise ActivationError(ErrorCode.GARBAGE)
        return agree(private, theirs)

    def _check(
        self, transfer: Transfer, result: ActivationResult
    ) -> Listening[ActivationResult]:
        """Prove a token that the device says it stored."""
        try:
            return (yield from self._log_in(transfer, result))
        except ActivationError as error:
            if error.reason in _DISPROOF:
                self.result = None
                raise
            return result

    def _check_candidate(
        self, transfer: Transfer, candidate: ActivationResult
    ) -> Listening[ActivationResult]:
        """Find out whether a device stored a key without saying so."""
        self._checks -= 1
        try:
            result = yield from self._log_in(transfer, candidate)
        except ActivationError as error:
            if error.reason in _DISPROOF:
                self.candidate = None
            raise
        self.candidate = None
        return result

    def _log_in(
        self, transfer: Transfer, result: ActivationResult
    ) -> Listening[ActivationResult]:
        """Log in with a token; both sides prove that they hold it."""
        yield Report(Stage.CHECKING_LOGIN, LOGIN)
        ours = self._chance(RANDOM_SIZE)
        transfer.await_from_now(ControlWord.LOGGED_IN)
        yield from transfer.tell(ControlWord.LOG_IN)
        yield from transfer.send(Parcel.APP_RANDOM, ours)
        theirs = yield from transfer.receive(Parcel.DEVICE_RANDOM)
        if len(theirs) != RANDOM_SIZE:
            raise ActivationError(ErrorCode.GARBAGE)
        keys = login_keys(result.token or b"", ours, theirs)
        proof = yield from transfer.receive(Parcel.DEVICE_PROOF)
        if len(proof) != PROOF_SIZE:
            raise ActivationError(ErrorCode.GARBAGE)
        if not hmac.compare_digest(proof, prove(keys.device, theirs, ours)):
            raise ActivationError(ErrorCode.WRONG_CONFIRMATION)
        yield from transfer.send(Parcel.APP_PROOF, prove(keys.app, ours, theirs))
        yield from transfer.expect()
        return replace(result, checked=True)

    def _legacy(self) -> Listening[ActivationResult]:
        """Let an older remote hand over its own key."""
        if self.product_id is None:
            raise ActivationRefused(ErrorCode.UNKNOWN_PRODUCT)
        token = self._chance(TOKEN_SIZE)
        yield Report(Stage.EXCHANGING_KEYS)
        if not (
            yield from shake_hands(self.address, self.product_id, token, SLOW_STEP)
        ):
            raise ActivationError(ErrorCode.NOT_PAIRING)
        yield Report(Stage.REGISTERING)
        key = rc4(token, (yield from read(BEACON_KEY)) or b"")
        if len(key) != _LEGACY_KEY_SIZE:
            raise ActivationError(ErrorCode.GARBAGE)
        version = yield from read(VERSION)
        return ActivationResult(
            address=self.address,
            procedure=Procedure.LEGACY,
            bind_key=key,
            firmware=None if version is None else _text(rc4(token, version)),
        )


def shake_hands(
    address: str,
    product_id: int,
    token: bytes,
    seconds: float,
    name: Callable[[str], str] = str,
) -> Listening[bool]:
    """Return whether a device of the older generation answers as it should within ``seconds``.

    ``name`` returns the link's name of a characteristic of the service.
    """
    first, second = mix(address, product_id)
    yield Write(_HELLO, name(CONTROL), response=True)
    yield Subscribe(name(TOKEN))
    yield Write(rc4(first, token), name(TOKEN), response=True)
    answer = yield from hear(seconds)
    # A wrong answer is as good as none: the device is not in pairing mode, or is another one.
    if answer is None or rc4(second, rc4(first, answer.data)) != token:
        return False
    yield Report(Stage.SENDING_CONFIRMATION)
    yield Write(rc4(token, _CONFIRM), name(TOKEN), response=True)
    return True


def _text(data: bytes | None) -> str | None:
    """Return the printable text of a device id or a version; None if there is none."""
    text = (data or b"").strip(b"\0").decode("ascii", "replace")
    return text if text and text.isascii() and text.isprintable() else None
