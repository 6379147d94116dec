"""Ask for settings: once each, and no further when one question has no answer."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from ..codec import Draft, decode_extra
from ..contract import Ask, Context, Dialogue, Talk

TRIES: Final = 2


def asking(body: Callable[[bytes], bytes], *questions: Ask) -> Dialogue[Draft]:
    """Make a dialogue of questions with rows; ``body`` returns what of a frame the rows read."""

    def read(_context: Context) -> Talk[Draft]:
        draft = Draft()
        for ask in questions:
            frame = yield replace(ask, optional=True, tries=TRIES)
            if frame is None:
                break
            draft = decode_extra(ask.rows, body(frame), draft)
        return draft

    return read
