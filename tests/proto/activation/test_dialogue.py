"""The dialogue without any device: tables, frames, odd answers, and bytes that mean nothing."""

from collections.abc import Callable, Sequence

from hypothesis import given, strategies as st
import pytest

from custom_components.mi_bms.proto.activation import crypto, words
from custom_components.mi_bms.proto.activation.activation import Activation
from custom_components.mi_bms.proto.activation.contract import (
    BEACON_KEY,
    CONTROL,
    DATA,
    SECURE,
    SERVICE,
    TOKEN,
    VERSION,
    ActivationResult,
    ErrorCode,
    Procedure,
    Stage,
    choose,
    hear,
    inside,
    qualified,
    read,
)
from custom_components.mi_bms.proto.activation.devices import HINTS, Preparation, Way
from custom_components.mi_bms.proto.activation.frames import (
    Ack,
    Begin,
    Fragment,
    Manage,
    Single,
    lost,
    parse,
)
from custom_components.mi_bms.proto.model.errors import (
    ActivationError,
    ActivationRefused,
)
from custom_components.mi_bms.proto.model.steps import (
    Notification,
    Read,
    Report,
    Wait,
    Write,
)
from tests.each import rows

from .transcripts import STANDARD_TABLE, Vector, converse_legacy, load, scripted

ADDRESS = "A4:C1:38:12:34:56"
VECTOR = load("standard")[0]
PRIVATE = bytes.fromhex(VECTOR["client_private"])
LEGACY_TABLE = (CONTROL, TOKEN, BEACON_KEY)
UNREADABLE = {"op": "read", "char": "0004", "hex": None}
ENDLESS = 3000  # steps that no dialogue takes

type Answers = Sequence[tuple[str, bytes] | None]


def chance(size: int) -> bytes:
    """Return what the first vector's client drew."""
    return {
        6: bytes((16, 59, 43, 54, 23, 36)),
        32: PRIVATE,
        16: bytes.fromhex(VECTOR["login"]["app_random"]),
    }.get(size, bytes(size))


def device_lines(*parts: str) -> list[tuple[str, bytes]]:
    """Return what the device of the first vector says."""
    lines: list[Vector] = []
    for part in parts:
        lines += VECTOR[part] if part == "registration" else VECTOR[part]["transcript"]
    return [
        (DATA if line["char"] == "0019" else CONTROL, bytes.fromhex(line["hex"]))
        for line in lines
        if line["from"] == "device"
    ]


ALL = device_lines("registration", "login")


def play(
    activation: Activation,
    answers: Answers,
    *,
    table: Sequence[str] = STANDARD_TABLE,
    value: bytes | None = b"1.0.0_0130",
) -> tuple[ActivationResult, list[object]]:
    """Let a dialogue hear these answers one after the other, then silence; give result and steps."""
    talk = activation.talk(table)
    left = list(answers)
    answer: list[Notification] | bytes | None = None
    steps: list[object] = []
    try:
        for _ in range(ENDLESS):
            steps.append(step := talk.send(answer))
            answer = value if isinstance(step, Read) else None
            if isinstance(step, Wait) and left and (said := left.pop(0)) is not None:
                answer = [Notification(*said)]
    except StopIteration as done:
        return done.value, steps
    raise AssertionError("never ends")


def writes(steps: list[object]) -> list[str]:
    return [step.data.hex() for step in steps if isinstance(step, Write)]


def reason_of(answers: Answers, **options: bool) -> str:
    with pytest.raises(ActivationError) as caught:
        play(Activation(ADDRESS, chance=chance, **options), answers)
    return caught.value.reason


def word(number: int) -> tuple[str, bytes]:
    return CONTROL, number.to_bytes(4, "little")


# --- tables ----------------------------------------------------------------------------------


@rows(
    ("table", "found"),
    [
        (STANDARD_TABLE, Procedure.STANDARD),
        (LEGACY_TABLE, Procedure.LEGACY),
        ((SECURE, CONTROL, DATA), ErrorCode.SECURE_CHIP),
        ((CONTROL,), ErrorCode.NO_SERVICE),
        ((), ErrorCode.NO_SERVICE),
        # Characteristics of another service with the same numbers do not count.
        (
            (qualified(CONTROL), qualified(DATA), f"other/{SECURE}", SECURE),
            Procedure.STANDARD,
        ),
        ((qualified(CONTROL), TOKEN, BEACON_KEY), ErrorCode.NO_SERVICE),
    ],
)
def test_the_procedure_follows_from_the_table(
    table: Sequence[str], found: Procedure | ErrorCode
) -> None:
    if isinstance(found, Procedure):
        assert choose(table) is found
    else:
        with pytest.raises(ActivationRefused, match=found):
            choose(table)
    assert all("/" not in uuid for uuid in inside(table))


def test_names_in_the_service() -> None:
    assert qualified(DATA) == f"{SERVICE}/{DATA}"


@rows(
    ("frame", "meaning"),
    [
        ("000000030400", Begin(3, 4)),
        ("0000000304", None),
        ("00000100", Ack(0)),
        ("0000010503000400", Ack(5, (3, 4))),
        ("00000105030004", Ack(5, (3,))),
        ("00000300", Ack(0)),
        ("0000020d0102", Single(13, b"\x01\x02")),
        ("00000400f206", Manage(bytes.fromhex("00f206"))),
        ("0000050006", None),
        ("000009aa", None),
        ("000000", None),
        ("0100", None),
        ("01", None),
        ("", None),
        ("0200aa", Fragment(2, b"\xaa")),
        # A fragment whose content looks like a control frame stays a fragment.
        ("010000000100", Fragment(1, bytes.fromhex("00000100"))),
    ],
)
def test_frames(frame: str, meaning: object) -> None:
    assert parse(bytes.fromhex(frame)) == meaning


def test_hints() -> None:
    assert list(HINTS) == sorted(HINTS)
    assert all(
        hint.preparation is Preparation.NOTHING
        for hint in HINTS.values()
        if hint.way in {Way.CLOUD, Way.NOT_NEEDED}
    )
    legacy = {product for product, hint in HINTS.items() if hint.way is Way.LEGACY}
    assert legacy == {0x0153, 0x03B6, 0x03BF, 0x04E6, 0x068E, 0x15CE}


def test_only_eight_numbers_fit() -> None:
    assert len(lost(range(1, 17))) == 20


@rows(
    ("number", "kind", "reason"),
    [
        (0xE1, ActivationRefused, ErrorCode.ALREADY_REGISTERED),
        (0xE4, ActivationRefused, ErrorCode.SECURE_CHIP),
        (0xE5, ActivationRefused, ErrorCode.SECURE_CHIP),
        (0x12, ActivationError, ErrorCode.REFUSED),
        (0x14, ActivationError, ErrorCode.REFUSED),
        (0x22, ActivationError, ErrorCode.LOGIN_FAILED),
        (0x23, ActivationError, ErrorCode.LOGIN_FAILED),
        (0xE0, ActivationError, ErrorCode.NOT_REGISTERED),
        (0xE2, ActivationError, ErrorCode.REFUSED),
        (0xE3, ActivationError, ErrorCode.REFUSED),
        (0xE6, ActivationError, ErrorCode.BUSY),
        (0xE7, ActivationError, ErrorCode.DECRYPTION),
        (0xE8, ActivationError, ErrorCode.REFUSED),
        (0xEF, ActivationError, ErrorCode.REFUSED),
    ],
)
def test_words_of_failure_end_it_at_any_step(
    number: int, kind: type[ActivationError], reason: ErrorCode
) -> None:
    for at in range(len(device_lines("registration"))):
        activation = Activation(ADDRESS, chance=chance)
        with pytest.raises(ActivationError) as caught:
            play(activation, [*ALL[:at], word(number)])
        assert type(caught.value) is kind
        assert caught.value.reason == reason
        assert activation.result is None
        assert activation.candidate is None


def test_words_without_meaning_are_passed_over() -> None:
    assert words.failure(0x11) is words.failure(0xE7000000) is None
    harmless = [word(0x21), word(0x11), word(0x99), (CONTROL, b"\xe1"), ("other", b"")]
    noisy = [said for line in ALL for said in (*harmless[:1], *harmless[2:], line)]
    result, _ = play(Activation(ADDRESS, chance=chance, check_login=False), noisy)
    assert result.bind_key.hex() == VECTOR["bind_key"]


def test_a_word_of_success_counts_only_after_the_confirmation() -> None:
    lines = device_lines("registration")
    early = [word(0x11), *lines[:-1]]
    assert reason_of(early) == ErrorCode.TIMEOUT


# --- odd answers -----------------------------------------------------------------------------


def information(data: str) -> list[tuple[str, bytes]]:
    return [(DATA, bytes.fromhex("00000200" + data))]


@rows(
    ("answers", "reason"),
    [
        ([], ErrorCode.TIMEOUT),
        (information("01000000ff"), ErrorCode.GARBAGE),
        (information(""), ErrorCode.GARBAGE),
        (information("03000000"), ErrorCode.PROTOCOL_UNKNOWN),
        (information("02000000"), ErrorCode.PROTOCOL_02),
        ([(DATA, bytes.fromhex("000000000000"))], ErrorCode.GARBAGE),
        ([(DATA, bytes.fromhex("000000001100"))], ErrorCode.GARBAGE),
        ([(DATA, bytes.fromhex("00000103"))], ErrorCode.CANCELLED),
        ([(DATA, bytes.fromhex("00000104"))], ErrorCode.CANCELLED),
        ([(DATA, bytes.fromhex("00000102"))], ErrorCode.BUSY),
        ([(DATA, b"")] * 70, ErrorCode.GARBAGE),
        ([(DATA, bytes.fromhex("00000101"))] * 70, ErrorCode.GARBAGE),
        # A key of another length, one that is no point of the curve.
        ([*ALL[:4], (DATA, bytes.fromhex("00000203aabb"))], ErrorCode.GARBAGE),
        (
            [*ALL[:4], (DATA, bytes.fromhex("00000203") + bytes(64))],
            ErrorCode.GARBAGE,
        ),
    ],
)
def test_odd_answers(answers: Answers, reason: ErrorCode) -> None:
    assert reason_of(answers) == reason


def test_link_parameters_are_accepted_and_forgotten() -> None:
    proposal = (DATA, bytes.fromhex("0000040006f2"))
    _, steps = play(Activation(ADDRESS, chance=chance), [proposal, *ALL])
    assert "0000050006f2" in writes(steps)


def test_a_repeated_announcement_is_answered_again() -> None:
    lines = [ALL[0], ALL[0], *ALL[1:]]
    _, steps = play(Activation(ADDRESS, chance=chance), lines)
    assert writes(steps)[1:3] == ["00000101", "00000101"]


def test_missing_fragments_are_asked_for() -> None:
    lines = [ALL[0], None, None, None, ALL[1], *ALL[2:]]
    _, steps = play(Activation(ADDRESS, chance=chance), lines)
    assert writes(steps)[1:5] == [
        "00000101",
        "000001050100",
        "00000101",
        "000001050100",
    ]
    assert reason_of([ALL[0], None, None, None, None]) == ErrorCode.TIMEOUT


def test_without_resending_nothing_is_asked_for() -> None:
    activation = Activation(ADDRESS, chance=chance, resends=0)
    with pytest.raises(ActivationError, match=ErrorCode.TIMEOUT):
        play(activation, [ALL[0], None])


def test_a_lost_acknowledgement_shows_in_what_follows() -> None:
    assert [data.hex() for _, data in ALL[2:5]] == [
        "00000101",
        "00000100",
        "000000030400",
    ]
    # READY is lost, then SUCCESS.
    asked = (DATA, bytes.fromhex("000001050100020003000400"))
    for lines in ([*ALL[:2], asked, *ALL[3:]], [*ALL[:3], *ALL[4:]]):
        result, _ = play(Activation(ADDRESS, chance=chance), lines)
        assert result.checked


def test_an_overtaking_word_of_success() -> None:
    lines = [*ALL]
    at = lines.index(word(0x11))
    lines[at - 1], lines[at] = lines[at], lines[at - 1]
    lines[-2], lines[-1] = lines[-1], lines[-2]
    result, _ = play(Activation(ADDRESS, chance=chance), lines)
    assert result.checked


@rows(
    ("at", "said", "reason"),
    [
        # after the word of success: device random, then proof
        (2, "0000020d00", None),
        (4, "0000020c00", None),
        (4, "0000020c" + "00" * 32, ErrorCode.WRONG_CONFIRMATION),
        (0, "e0000000", ErrorCode.NOT_REGISTERED),
        (0, "22000000", ErrorCode.LOGIN_FAILED),
        (0, "23000000", ErrorCode.LOGIN_FAILED),
        (0, "e2000000", None),
        (0, "", None),
    ],
)
def test_logins_that_fail(at: int, said: str, reason: ErrorCode | None) -> None:
    done = len(device_lines("registration"))
    uuid = CONTROL if len(said) == 8 else DATA
    lines = [*ALL[: done + at], (uuid, bytes.fromhex(said))]
    activation = Activation(ADDRESS, chance=chance)
    if reason is None:
        # The device has said that it stored the key; a failed conversation does not change that.
        result, steps = play(activation, lines)
        assert not result.checked
        assert steps[-1] == Report(Stage.DONE)
        return
    with pytest.raises(ActivationError, match=reason):
        play(activation, lines)
    assert activation.result is None


def test_a_device_id_that_is_no_text() -> None:
    lines = [*information("01000000" + "00" * 20), *ALL[2:]]
    result, _ = play(Activation(ADDRESS, chance=chance), lines)
    assert result.device_id is None


# --- legacy ----------------------------------------------------------------------------------


@rows("value", [None, b"", bytes(11)])
def test_a_remote_whose_key_cannot_be_read(value: bytes | None) -> None:
    vector = load("legacy")[0]
    activation = Activation(
        vector["mac"],
        int(vector["product_id"], 16),
        chance=scripted(bytes.fromhex(vector["token"])),
    )
    answer = (TOKEN, bytes.fromhex(vector["steps"][3]["hex"]))
    with pytest.raises(ActivationError, match=ErrorCode.GARBAGE):
        play(activation, [answer], table=LEGACY_TABLE, value=value)


def test_a_remote_without_version() -> None:
    vector = load("legacy")[0]
    activation = Activation(
        vector["mac"],
        int(vector["product_id"], 16),
        chance=scripted(bytes.fromhex(vector["token"])),
    )
    *steps, _version = vector["steps"]
    result = converse_legacy(activation.talk(LEGACY_TABLE), [*steps, UNREADABLE])
    assert result.firmware is None
    assert result.bind_key.hex() == vector["beacon_key"]


# --- anything --------------------------------------------------------------------------------


def test_chance_that_is_no_key_is_drawn_again() -> None:
    order = bytes.fromhex(
        "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"
    )
    private = crypto.make_private(scripted(bytes(32), order, PRIVATE))
    assert crypto.public_bytes(private).hex() == VECTOR["client_public"]
    assert crypto.invent_id(lambda size: bytes(range(250, 250 + size))) == (
        b"\0blt.3.129vCDEFGHMIB"
    )


def test_the_carrier_may_give_nonsense() -> None:
    for talk, answer in ((hear(1), b"bytes"), (read(VERSION), Notification(DATA, b""))):
        next(talk)
        with pytest.raises(StopIteration) as done:
            talk.send(answer)
        assert done.value.value is None


NOISE = st.tuples(
    st.sampled_from([CONTROL, DATA, TOKEN]),
    st.one_of(
        st.binary(max_size=40),
        st.sampled_from(sorted({data for _, data in ALL})),
        st.binary(max_size=8).map(lambda data: b"\0\0" + data),
        st.integers(0, 255).map(lambda low: low.to_bytes(4, "little")),
    ),
)


@given(answers=st.lists(st.none() | NOISE, max_size=80))
def test_noise_never_gives_a_key(answers: Answers) -> None:
    for table in (STANDARD_TABLE, LEGACY_TABLE):
        activation = Activation(ADDRESS, 0x03B6, chance=chance)
        with pytest.raises(ActivationError):
            play(activation, answers, table=table)
        assert activation.result is None


def _insert(lines: list[object], at: int, item: object) -> None:
    lines.insert(at, item)


def _replace(lines: list[object], at: int, item: object) -> None:
    lines[at % len(lines)] = item


CHANGES: tuple[Callable[[list[object], int, object], None], ...] = (_insert, _replace)


@given(
    changes=st.lists(
        st.tuples(
            st.sampled_from(CHANGES),
            st.integers(0, len(ALL) - 1),
            st.none() | NOISE,
        ),
        max_size=6,
    )
)
def test_a_disturbed_conversation_gives_the_right_key_or_none(
    changes: list[tuple[Callable[..., None], int, object]],
) -> None:
    lines: list[object] = list(ALL)
    for change, at, item in changes:
        change(lines, at, item)
    activation = Activation(ADDRESS, chance=chance)
    try:
        result, _ = play(activation, lines)  # type: ignore[arg-type]
    except ActivationError:
        return
    assert result.checked <= (result.bind_key.hex() == VECTOR["bind_key"])
