"""Raw notifications can be shown to strangers."""

from hypothesis import given, strategies as st

from custom_components.mi_bms.proto.gatt.masking import masked

ADDRESS = "A4:C1:38:00:00:01"


def test_values_are_shown_and_texts_are_not() -> None:
    chunks = [b"\x01\x0c\xe4SECR", b"ET1234\x00\x0d\x05"]
    assert masked(chunks, ADDRESS) == ["010ce4xxxxxxxx", "xxxxxxxxxxxx000d05"]


def test_two_or_three_printable_bytes_are_values() -> None:
    assert masked([b"\x00ABC\x00"], ADDRESS) == ["0041424300"]


def test_a_protocol_of_text_stays_readable() -> None:
    assert masked([b":01F4", b"0A\r"], ADDRESS) == ["3a30314634", "30410d"]


def test_the_address_is_hidden_in_any_spelling() -> None:
    digits = bytes.fromhex(ADDRESS.replace(":", ""))
    assert masked([b"\xff" + digits[:2], digits[2:]], ADDRESS) == [
        "ffxxxx",
        "xxxxxxxx",
    ]
    assert masked([digits[::-1]], ADDRESS) == ["xx" * 6]
    assert masked([b":a4c138000001:"], ADDRESS) == ["3a" + "xx" * 12 + "3a"]


@given(st.lists(st.binary(max_size=40), max_size=5))
def test_every_byte_is_accounted_for(chunks: list[bytes]) -> None:
    shown = masked(chunks, ADDRESS)
    assert [len(text) for text in shown] == [2 * len(chunk) for chunk in chunks]
    for text, chunk in zip(shown, chunks, strict=True):
        assert all(
            pair in {"xx", f"{byte:02x}"}
            for pair, byte in zip(
                (text[at : at + 2] for at in range(0, len(text), 2)), chunk, strict=True
            )
        )
