"""Daren: boards that want the factory's password are unlocked without being told to."""

from itertools import pairwise

import pytest

from custom_components.mi_bms.proto.bms.dialects import jbd_module
from custom_components.mi_bms.proto.bms.families.daren import FAMILY
from custom_components.mi_bms.proto.model.errors import AuthNeeded, NoAnswer
from custom_components.mi_bms.proto.model.fields import Field

from .fixtures import VECTORS
from .talks import answer, say

RECORDED = next(vector for vector in VECTORS if vector["id"] == "daren:block_behind")
BASIC, CELLS = (
    bytes.fromhex("".join(entry["notify"])) for entry in RECORDED["exchange"]
)
ACCEPTED = bytes.fromhex("ffaa15010016")


def test_a_locked_board_is_unlocked() -> None:
    sent: list[bytes] = []
    talk = FAMILY.poll(say(FAMILY))
    draft = answer(talk, NoAnswer(), ACCEPTED, BASIC, CELLS, sent=sent)
    assert draft.values[Field.BATTERY_LEVEL] == 51
    assert sent[1] == bytes.fromhex("ffaa15063030303030303b")
    assert all(one != other for one, other in pairwise(sent))


def test_a_board_with_another_password_needs_it() -> None:
    with pytest.raises(AuthNeeded):
        answer(FAMILY.poll(say(FAMILY)), NoAnswer(), ACCEPTED, NoAnswer())


def test_a_silent_board_is_silent() -> None:
    with pytest.raises(NoAnswer):
        answer(FAMILY.poll(say(FAMILY)), NoAnswer(), None)


def test_nothing_is_switched_that_is_not_known() -> None:
    assert FAMILY.control is None
    assert FAMILY.login is jbd_module.login
