"""Read whatever people have of keys: files, boot rules, lists, program output, also mixed.

Nothing raises and nothing is evaluated; size, depth and number are bounded. A text of the largest
size keeps a processor busy for about a second, so a host reads files outside its event loop.
"""

from bisect import bisect_right
from itertools import accumulate
from typing import Final

from .collect import Collector
from .contract import Import, KeyLine, Refusal, RefusedLine, TextFormat
from .jsonish import BEGIN, JsonReader
from .lines import LONGEST, LineReader
from .roles import LABEL
from .texts import kinds, plain

__all__ = ["Import", "KeyLine", "Refusal", "RefusedLine", "TextFormat", "read_keys"]

LARGEST: Final = 1 << 20  # characters or bytes
LINES: Final = 50_000

_MARKS: Final = (
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
    (b"\xef\xbb\xbf", "utf-8-sig"),
)
_CONTROLS: Final = "".join(map(chr, (*range(9), *range(14, 27), *range(28, 32), 127)))
# A few of them get into text by accident; where they are every twentieth it is no text.
_STRAY: Final = 8
_SHARE: Final = 20
_ENDS: Final = " \t,;\"'`)"


def read_keys(text: str | bytes) -> Import:
    """Find all bind keys in a text of at most 1 MiB, and say of each line what became of it."""
    collector = Collector()
    if len(text) > LARGEST:
        collector.refuse(1, "", Refusal.TOO_LONG)
        return collector.finish(1, None)
    decoded = _decoded(text) if isinstance(text, bytes) else text
    decoded = decoded.rstrip("\0\r\n \t")
    stray = sum(map(decoded.count, _CONTROLS))
    if stray > _STRAY and stray * _SHARE > len(decoded):
        collector.refuse(1, "", Refusal.BINARY)
        return collector.finish(1, None)
    body = plain(decoded)
    lines = body.split("\n", LINES) if body else []
    count = body.count("\n") + bool(body)
    return collector.finish(count, _read(body, lines, collector))


def _decoded(data: bytes) -> str:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def _read(body: str, lines: list[str], collector: Collector) -> int | None:
    """Read all lines; give the line where there was too much, if there was."""
    starts = [0, *accumulate(len(line) + 1 for line in lines)][: max(1, len(lines))]
    objects = JsonReader(body, starts, collector)
    reader = LineReader(collector)
    index, at = 0, 0
    while index < min(len(lines), LINES) and not collector.full:
        end = starts[index] + len(lines[index])
        after = _read_objects(objects, reader, (at, end), index + 1)
        if after is None:
            reader.read(index + 1, body[at:end] if at > starts[index] else lines[index])
            index += 1
        else:
            index = bisect_right(starts, after) - 1
            end = starts[index] + len(lines[index])
            at = _skipped(body, after, end)
            if at < end:
                continue
            index += 1
        at = starts[index] if index < len(lines) else at
    reader.finish()
    if index < len(lines) or collector.full:
        return min(index + 1, len(lines))
    return None


def _skipped(body: str, at: int, end: int) -> int:
    """Return where what ends an object is over."""
    while at < end and body[at] in _ENDS:
        at += 1
    return at


def _read_objects(
    objects: JsonReader, reader: LineReader, span: tuple[int, int], number: int
) -> int | None:
    """Read the JSON that begins in a part of a line and give where it ends; None if none begins."""
    begin = BEGIN.search(objects.text, *span)
    if not begin:
        return None
    at = begin.start()
    lead = objects.text[max(span[0], at - LONGEST) : at]
    if " #" in lead or lead.lstrip().startswith(("#", "//")):
        return None
    end = objects.read(at)
    if end == at:
        return None
    if kinds(lead) or LABEL.search(lead):
        reader.read(number, lead)
    else:
        reader.pause(number)
    return end
