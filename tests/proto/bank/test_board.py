"""A battery posts, a bank hears of it."""

from dataclasses import replace

from custom_components.mi_bms.proto.bank.board import Board, LastSample

from .batteries import sample

SAID = LastSample(sample=sample(1), at=1, interval=30)


def test_each_change_is_told_once() -> None:
    board, heard = Board(), []
    stop = board.listen(heard.append)
    board.post("a", SAID)
    board.post("a", SAID)
    board.post("a", replace(SAID, asleep=True))
    assert heard == ["a", "a"]
    assert board.posts["a"].asleep
    board.withdraw("a")
    board.withdraw("a")
    assert heard == ["a", "a", "a"]
    assert not board.posts
    stop()
    board.post("a", SAID)
    assert len(heard) == 3
