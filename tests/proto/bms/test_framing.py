"""Framers find every good frame, however the stream is cut and whatever lies between."""

from collections.abc import Callable, Iterable
import itertools

from hypothesis import given, strategies as st

from custom_components.mi_bms.proto.bms.checksum import sum8
from custom_components.mi_bms.proto.bms.dialects import modbus
from custom_components.mi_bms.proto.bms.framing import (
    Framer,
    LengthFramer,
    LineFramer,
    MarkFramer,
    TranslatingFramer,
    WholeFramer,
    accept_all,
    fixed,
    length_at,
    unhex,
)
from custom_components.mi_bms.proto.model.errors import FrameError
from tests.each import each, rows


def check_sum(frame: bytes) -> None:
    if sum8(frame[:-1]) != frame[-1]:
        raise FrameError("checksum")


def sealed(data: bytes) -> bytes:
    frame = bytes((0xAA, len(data))) + data
    return frame + bytes((sum8(frame),))


def feed(framer: Framer, chunks: Iterable[bytes]) -> list[bytes]:
    return [frame for chunk in chunks for frame in framer.feed(chunk)]


def length_framer() -> Framer:
    return LengthFramer((b"\xaa",), length_at(1, 3), check_sum, most=40)


MAKERS: list[Callable[[], Framer]] = [
    length_framer,
    lambda: LengthFramer(
        (b"\x55\xaa", b"\x12"), length_at(2, 6, order="<", width=2), check_sum, most=64
    ),
    lambda: LengthFramer((b"\x55",), fixed(8)),
    lambda: modbus.framer(b"\x01\x02"),
    lambda: MarkFramer(b":", b"~"),
    lambda: MarkFramer(b"\x10\x02", b"\x10\x03", restart=False, most=30),
    lambda: LineFramer(b"\r\n", most=20),
]


def cut(data: bytes, places: list[int]) -> list[bytes]:
    edges = sorted({0, len(data), *(place % (len(data) + 1) for place in places)})
    return [data[a:b] for a, b in itertools.pairwise(edges)]


BITS = st.lists(
    st.one_of(
        st.binary(max_size=12),
        st.binary(max_size=8).map(sealed),
        st.sampled_from(
            [
                b":0082~",
                b":",
                b"~",
                b"\r\n",
                b"OK\r",
                b"\x55\xaa\x01\x00",
                modbus.modbus_read(1, 0, 2),
            ]
        ),
    ),
    max_size=12,
).map(b"".join)


@given(data=BITS, places=st.lists(st.integers(0, 1000), max_size=12))
def test_cutting_changes_nothing(data: bytes, places: list[int]) -> None:
    def changes_nothing(make: Callable[[], Framer]) -> None:
        whole = feed(make(), [data])
        assert feed(make(), cut(data, places)) == whole
        assert feed(make(), [data[n : n + 1] for n in range(len(data))]) == whole

    each(((str(n), make) for n, make in enumerate(MAKERS)), changes_nothing)


@rows("make", [*MAKERS, WholeFramer])
def test_memory_is_bounded(make: Callable[[], Framer]) -> None:
    framer = make()
    for byte in (b":", b"\xaa\xff", b"\x55\xaa\xff\xff", b"\x10\x02", b"x"):
        for _ in range(300):
            feed(framer, [byte * 20])
    assert len(framer._buffer) <= 1400


@given(
    noise=st.binary(max_size=30).filter(lambda noise: b"\xaa" not in noise),
    data=st.binary(max_size=20),
)
def test_noise_before_a_frame_is_dropped(noise: bytes, data: bytes) -> None:
    assert feed(length_framer(), [noise + sealed(data) + noise + sealed(b"")]) == [
        sealed(data),
        sealed(b""),
    ]


def test_a_good_frame_inside_a_broken_one_is_found() -> None:
    framer = length_framer()
    assert feed(framer, [b"\xaa\x04\x01", sealed(b"\x01\x02")]) == [sealed(b"\x01\x02")]
    assert framer.rejects["checksum"] == 1


def test_impossible_lengths_are_dropped() -> None:
    framer = length_framer()
    assert feed(framer, [b"\xaa\xff" + sealed(b"\x07")]) == [sealed(b"\x07")]
    assert framer.rejects["length"] == 1


def test_reset_forgets_the_beginning() -> None:
    framer = length_framer()
    feed(framer, [b"\xaa\x05"])
    assert framer.pending
    framer.reset()
    assert not framer.pending
    lines = LineFramer(b"\r", most=4)
    feed(lines, [b"0123456789"])
    lines.reset()
    assert feed(lines, [b"OK\r"]) == [b"OK"]


def test_module_noise_is_thrown_away_whole() -> None:
    framer = LengthFramer((b"\xaa",), length_at(1, 3), check_sum, noise=(b"AT\r\n",))
    frame = sealed(b"\x01\x02\x03")
    assert feed(framer, [frame[:4], b"AT\r\n", frame[4:]]) == [frame]
    assert feed(WholeFramer(noise=(b"AT\r\n",)), [b"AT\r\n", b"", b"x"]) == [b"x"]


def test_modbus() -> None:
    assert modbus.modbus_read(1, 0, 59).hex() == "01030000003b0419"
    framer = modbus.framer(b"\x01")
    answer = bytes.fromhex("0103140000053400000000000000000000000000000000e564")
    assert [len(frame) for frame in feed(framer, [answer[:7], answer[7:]])] in (
        [],
        [len(answer)],
    )
    framer = modbus.framer(b"\x01")
    assert feed(framer, [bytes.fromhex("018302c0f1")]) == []
    assert framer.rejects["exception"] == 1
    assert feed(framer, [bytes.fromhex("0103020001000000")]) == []
    assert framer.rejects["checksum"] >= 1


def test_marks() -> None:
    framer = MarkFramer(b":", b"~")
    assert feed(framer, [b"AT\r\n", b":12", b":34~", b"x:56~"]) == [b":34~", b":56~"]
    assert framer.rejects == {"noise": 2, "cut": 1}
    assert feed(framer, [b":" + b"0" * 300, b":7~"]) == [b":7~"]
    assert framer.rejects["length"] == 1
    assert feed(framer, [b":" + b"0" * 300 + b"~"]) == []


def test_noise_is_cut_out_of_text() -> None:
    framer = MarkFramer(b":", b"~", noise=(b"AT\r\n",))
    chunks = [b"AT\r\n:1", b"AT\r\n", b"2A", b"T\r\n34~AT\r\n:5~"]
    assert feed(framer, chunks) == [b":1234~", b":5~"]


def test_lines() -> None:
    framer = LineFramer(b"\r\n", check_word, most=8)
    assert feed(framer, [b"OK\r", b"\n\r\nBAD\r\nOK\r\n"]) == [b"OK", b"OK"]
    assert feed(framer, [b"much too long", b" for a line\r\nOK\r\n"]) == [b"OK"]
    assert feed(framer, [b"too long too\r\nOK\r\n"]) == [b"OK"]
    assert framer.rejects == {"word": 1, "length": 2}


def check_word(line: bytes) -> None:
    if line == b"BAD":
        raise FrameError("word")


def test_whole_notifications() -> None:
    framer = WholeFramer(check_word, most=4)
    assert feed(framer, [b"BAD", b"GOOD", b"LONGER"]) == [b"GOOD"]
    assert framer.rejects == {"word": 1, "length": 1}
    accept_all(b"")
    assert framer._next() is None
    assert LineFramer(b"\r")._next() is None


def test_translation_around_a_framer() -> None:
    framer = TranslatingFramer(
        MarkFramer(b":", b"~", most=8),
        before=lambda chunk: bytes(byte ^ 1 for byte in chunk),
        after=unhex(1, -1),
    )

    def scrambled(text: bytes) -> bytes:
        return bytes(byte ^ 1 for byte in text)

    assert feed(framer, [scrambled(b"x:0A"), scrambled(b"FF~:")]) == [b"\x0a\xff"]
    assert framer.pending
    framer.reset()
    assert not framer.pending
    assert framer.rejects == {"noise": 1}
    assert framer._next() is None


def test_translation_changes_nothing_unless_told() -> None:
    assert feed(TranslatingFramer(WholeFramer()), [b"AB"]) == [b"AB"]
