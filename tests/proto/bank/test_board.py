"""A battery posts, a bank hears of it."""

from dataclasses import replace

from custom_components.mi_bms.proto.bank.absence import Absence
from custom_components.mi_bms.proto.bank.board import Board, LastSample, Post

from .batteries import sample

SAID = LastSample(sample=sample(1), at=1, interval=30)
POST = Post(last=SAID)


def test_each_change_is_told_once() -> None:
    board, heard = Board(), []
    stop = board.listen(heard.append)
    board.post("a", POST)
    board.post("a", replace(POST, diagnose=lambda: None))
    board.post("a", Post(last=replace(SAID, asleep=True)))
    assert heard == ["a", "a"]
    board.post("a", Post(last=SAID, why=Absence.HELD))
    assert heard == ["a", "a", "a"]
    assert board.posts["a"].why is Absence.HELD
    assert board.posts["a"].diagnose() is None
    board.withdraw("a")
    board.withdraw("a")
    assert len(heard) == 4
    assert not board.posts
    stop()
    board.post("a", POST)
    assert len(heard) == 4
