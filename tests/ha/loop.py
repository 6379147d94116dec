"""The loop of the test kit: in debug mode, with all that this checks, but without what it costs.

In debug mode each callback notes ten frames of who asked for it, and looks at each of their files
for that: a third of all the work of a test that lets much time pass.
"""

from asyncio import format_helpers
import sys
import traceback
from types import FrameType
from typing import Final

# The loop takes its own frame off again; what is left says where a lingering timer was made.
_FRAMES: Final = 4


def short_stack(frame: FrameType | None = None, limit: int | None = None) -> object:
    """Return the innermost frames, the last one last; their lines are read when they are shown."""
    if frame is None:
        frame = sys._getframe(1)
    found: list[traceback.FrameSummary] = []
    while frame is not None and len(found) < (limit or _FRAMES):
        code = frame.f_code
        where = (code.co_filename, frame.f_lineno, code.co_qualname)
        found.append(traceback.FrameSummary(*where, lookup_line=False))
        frame = frame.f_back
    found.reverse()
    return traceback.StackSummary.from_list(found)


def note_less() -> None:
    """Let the loop note short stacks."""
    format_helpers.extract_stack = short_stack  # type: ignore[assignment]
