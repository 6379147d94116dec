"""Mark the frames that were heard, over restarts too: a byte for each, by its counter.

A mark tells a frame that was heard from another one with the same counter.
"""

import base64
from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Final

from .kept import read_bytes, read_counter, read_text

TAG: Final = 4
_FIRST_OF_TAG: Final = itemgetter(-TAG)
# The mark that each first byte of a tag makes; 0 is none.
_MARKS: Final = bytes(first % 254 + 1 for first in range(256))


class Marks:
    """Know what was heard under the lowest counters: a byte of each frame's tag.

    Counts begin low, so it is among these that frames of two counts meet.
    """

    __slots__ = ("_blocks",)

    SIZE: Final = 256  # counters in a block
    BLOCKS: Final = 16
    DEPTH: Final = 4  # frames under one counter
    FULL: Final = 255  # there were more

    def __init__(self) -> None:
        """Begin without any."""
        # By the counter's upper part: a row of marks for each frame under one counter, 0 is none.
        self._blocks: dict[int, list[bytearray]] = {}

    @staticmethod
    def of(tag: bytes) -> int:
        """Return the mark of a tag."""
        return _MARKS[tag[0]]

    def under(self, counter: int) -> set[int]:
        """Return the marks of what was heard under a counter."""
        rows = self._blocks.get(counter // self.SIZE, ())
        return {mark for row in rows if (mark := row[counter % self.SIZE])}

    def covers(self, counter: int) -> bool:
        """Return whether what was heard under a counter would still be known."""
        return counter // self.SIZE in self._blocks

    def add(self, counter: int, mark: int) -> None:
        """Take a frame that was heard."""
        block, at = divmod(counter, self.SIZE)
        rows = self._blocks.get(block) or self._open(block)
        if rows is None:
            return
        for row in rows:
            if row[at] in {0, mark}:
                row[at] = mark
                return
        if len(rows) < self.DEPTH:
            rows.append(bytearray(self.SIZE))
            rows[-1][at] = mark
        else:
            rows[-1][at] = self.FULL

    def add_many(self, block: int, frames: Sequence[bytes], low: int) -> None:
        """Take frames that count up within one block; ``low`` is where they have the lower part."""
        rows = self._blocks.get(block) or self._open(block)
        if rows is None:
            return
        row = rows[0]
        marks = bytes(map(_FIRST_OF_TAG, frames)).translate(_MARKS)
        start, stop = frames[0][low], frames[-1][low] + 1
        # Where none was missed and nothing was heard before, the marks go in as one piece.
        if stop - start == len(marks) and row.count(0, start, stop) == len(marks):
            row[start:stop] = marks
            return
        for frame, mark in zip(frames, marks, strict=True):
            at = frame[low]
            if row[at]:
                self.add(block * self.SIZE + at, mark)
            else:
                row[at] = mark

    def _open(self, block: int) -> list[bytearray] | None:
        blocks = self._blocks
        if len(blocks) >= self.BLOCKS:
            highest = max(blocks)
            if block > highest:
                return None
            del blocks[highest]
        rows = blocks[block] = [bytearray(self.SIZE)]
        return rows

    def snapshot(self) -> dict[str, list[str]]:
        """Return all, for JSON."""
        return {
            str(block): [base64.b64encode(row).decode() for row in rows]
            for block, rows in self._blocks.items()
        }

    @classmethod
    def again(cls, kept: object) -> Marks:
        """Go on from a snapshot; ``ValueError`` if it is none."""
        marks = cls()
        if not isinstance(kept, Mapping):
            raise ValueError  # noqa: TRY004
        for block, rows in kept.items():
            if not isinstance(rows, list) or len(marks._blocks) >= cls.BLOCKS:
                raise ValueError
            read = [bytearray(read_bytes(row)) for row in rows]
            fits = 0 < len(read) <= cls.DEPTH and {len(row) for row in read} == {
                cls.SIZE
            }
            if not fits:
                raise ValueError
            marks._blocks[read_counter(int(read_text(block)))] = read
        return marks
