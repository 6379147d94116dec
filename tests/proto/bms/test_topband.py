"""Topband and PowerXtreme: finding frames that begin with any byte, and answers among them."""

from typing import Any

from hypothesis import given, strategies as st

from custom_components.mi_bms.proto.bms.contract import Write
from custom_components.mi_bms.proto.bms.dialects.topband import DigitFramer
from custom_components.mi_bms.proto.bms.families.pwrxtreme import FAMILY
from tests.each import rows

from .fixtures import VECTORS
from .talks import say


def bytes_of(vector: dict[str, Any], entry: int = 0) -> bytes:
    return bytes.fromhex("".join(vector["exchange"][entry]["notify"]))


FRAME = next(
    bytes_of(vector)[:113] for vector in VECTORS if vector["id"] == "topband:update"
)


@given(
    before=st.binary(max_size=40),
    between=st.sampled_from([b"", b"RR", b"\t\t\t", b"0A\t"]),
    size=st.integers(1, 50),
)
def test_frames_are_found_between_anything(
    before: bytes, between: bytes, size: int
) -> None:
    stream = before + b"\0" + FRAME + between + FRAME
    framer = DigitFramer()
    found = [
        frame
        for at in range(0, len(stream), size)
        for frame in framer.feed(stream[at : at + size])
    ]
    assert found == [FRAME, FRAME]


@rows(
    ("stream", "found"),
    [
        (b"<I:WA>" + FRAME, [b"<I:WA>", FRAME]),
        (FRAME + b"<M:1>" + FRAME, [FRAME, b"<M:1>", FRAME]),
        (b"<M:" + FRAME, [FRAME]),  # an answer that never ends is given up
        (b"<" + FRAME[1:], [b"<" + FRAME[1:]]),
    ],
)
def test_answers_stand_between_frames(stream: bytes, found: list[bytes]) -> None:
    framer = DigitFramer(answers=True)
    assert [frame for byte in stream for frame in framer.feed(bytes((byte,)))] == found


def test_it_is_kept_alive() -> None:
    assert FAMILY.alive is not None
    assert list(FAMILY.alive(say(FAMILY))) == [Write(data=b"<I:WA>")]
