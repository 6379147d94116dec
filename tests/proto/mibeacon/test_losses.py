"""Gaps in the frame counter are lost packets."""

from hypothesis import given, strategies as st

from custom_components.mi_bms.proto.mibeacon.losses import Losses


def frame(counter: int) -> bytes:
    return bytes((0x50, 0x20, 0xAA, 0x01, counter & 0xFF, 1, 2, 3))


def test_no_gap_no_loss() -> None:
    losses = Losses()
    for counter in range(250, 270):
        losses.take(frame(counter), "kitchen")
        losses.take(frame(counter), "garage")
    assert losses.share("kitchen") == 0.0
    assert losses.share("garage") is None


def test_gap_is_charged_to_the_next_receiver() -> None:
    losses = Losses()
    losses.take(frame(1), "kitchen")
    losses.take(frame(5), "garage")
    assert losses.lost == {"garage": 3}
    assert losses.share("garage") == 75.0


def test_large_gap_and_old_packet_say_nothing() -> None:
    losses = Losses()
    losses.take(frame(1), "kitchen")
    losses.take(frame(120), "kitchen")
    losses.take(frame(118), "kitchen")
    losses.take(frame(121), "kitchen")
    assert not losses.lost


def test_short_frame_is_none() -> None:
    losses = Losses()
    losses.take(b"\x50\x20\xaa\x01", "kitchen")
    assert losses.heard == {}


@given(st.lists(st.binary(max_size=12)))
def test_share_is_a_percentage(frames: list[bytes]) -> None:
    losses = Losses()
    for data in frames:
        losses.take(data, "kitchen")
    share = losses.share("kitchen")
    assert share is None or 0 <= share <= 100
