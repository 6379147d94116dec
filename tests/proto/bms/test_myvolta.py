"""myVolta: what the stuffing does to a stream, however it is torn."""

import json

from hypothesis import assume, given, strategies as st

from custom_components.mi_bms.proto.bms.families.myvolta import FAMILY, StuffedFramer

from .fixtures import FOLDER

RECORDED = json.loads((FOLDER / "myvolta.json").read_text("utf-8"))
GOOD = {
    vector["id"]: bytes.fromhex("".join(vector["exchange"][0]["notify"]))
    for vector in RECORDED
    if vector["kind"] == "decode"
}
STREAM = GOOD["myvolta:values"]
# Of all holes the one that joins two frames so that the sum, a single byte, fits by chance.
BY_CHANCE = (12, 21)


def frames(*chunks: bytes) -> list[bytes]:
    framer = StuffedFramer()
    return [frame for chunk in chunks for frame in framer.feed(chunk)]


@given(at=st.integers(0, len(STREAM)))
def test_cutting_changes_nothing(at: int) -> None:
    assert frames(STREAM[:at], STREAM[at:]) == frames(STREAM)


@given(at=st.integers(0, len(STREAM) - 1), length=st.integers(1, 40))
def test_a_hole_costs_only_the_frames_it_touches(at: int, length: int) -> None:
    assume((at, length) != BY_CHANCE)
    whole = frames(STREAM)
    found = frames(STREAM[:at] + STREAM[at + length :])
    assert set(found) <= set(whole)
    assert len(found) >= len(whole) - 3


def test_a_frame_may_start_right_behind_another() -> None:
    one = STREAM[: STREAM.index(b"\x04\x04") + 2]
    # The end mark of the first and one start mark are enough.
    assert len(frames(one + one[1:])) == 2


def test_a_frame_without_end_is_given_up() -> None:
    framer = StuffedFramer()
    assert not list(framer.feed(b"\x55\x55" + b"\x01" * 2000))
    assert framer.rejects["length"]
    assert not framer.pending
    assert framer._next() is None
    assert len(list(framer.feed(STREAM))) == len(frames(STREAM))


def test_a_reset_forgets_half_a_frame() -> None:
    framer = FAMILY.framer(None)  # type: ignore[arg-type]
    list(framer.feed(STREAM[:12]))
    assert framer.pending
    framer.reset()
    assert not framer.pending
    assert len(list(framer.feed(STREAM))) == len(frames(STREAM))
