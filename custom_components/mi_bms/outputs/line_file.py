"""A file of lines that only ever grows, is put aside when it is big or old, and stays in its folder.

Each line is one ``write`` at the end of the file. The system copies page by page and gives up between
two pages when the program is killed, so a line that would cross into the next page begins there, and
the one before is filled up with blanks, which JSON allows. A line that is torn all the same, being
longer than a page or after a crash of the machine, is taken away before the next is added. The way to
the file is walked folder by folder and follows no link. Everything here blocks.
"""

from collections.abc import Iterator, Sequence
import contextlib
from datetime import UTC, datetime
import errno
import json
import math
import os
from pathlib import Path
import re
import stat
import sys
from typing import Final, NamedTuple

_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# A pipe in the file's place must not hold us.
_FILE: Final = os.O_RDWR | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_BLOCK: Final = 65_536
_PAGE: Final = 4_096
_USUAL: Final = 512  # bytes; few lines are longer
_END: Final = b"\n"


class Written(NamedTuple):
    """How many lines are in the file now, and what kept the rest out."""

    lines: int
    error: OSError | None = None


class LineFile:
    """A file of lines below a folder.

    ``parts`` lead from the folder to the file. The file is put aside before it has more than
    ``max_bytes``, or when its first line is ``max_age`` (s) old; of those put aside ``keep`` are kept.
    """

    def __init__(
        self,
        root: Path,
        parts: Sequence[str],
        *,
        max_bytes: int,
        max_age: float = math.inf,
        keep: int = sys.maxsize,
    ) -> None:
        """Touch nothing yet."""
        self._root = root
        self._folders, self._name = parts[:-1], parts[-1]
        self._max_bytes, self._max_age, self._keep = max_bytes, max_age, keep
        stem, _, ending = self._name.rpartition(".")
        self._stem, self._ending = stem, ending
        self._longest = _USUAL
        self._aside = re.compile(
            rf"{re.escape(stem)}-(\d{{8}}T\d{{6}}Z)(?:-(\d+))?\.{re.escape(ending)}"
        )

    def check(self) -> None:
        """Make the folders and the file; ``OSError`` when that is not possible."""
        with self._folder() as folder, _opened(folder, self._name):
            pass

    def write(self, lines: Sequence[bytes], now: float) -> Written:
        """Append lines; ``now`` is a Unix time in seconds. Nothing raises."""
        count = 0
        try:
            with self._folder() as folder:
                while count < len(lines):
                    with _opened(folder, self._name) as file:
                        count += self._fill(file, lines[count:], now)
                    if count < len(lines):
                        self._put_aside(folder, now)
        except _Stopped as err:
            return Written(count + err.count, err.error)
        except OSError as err:
            return Written(count, err)
        return Written(count)

    def _fill(self, file: int, lines: Sequence[bytes], now: float) -> int:
        """Append until the file is to be put aside; return how many lines went in."""
        size = _mend(file)
        if size and now - _started(file) >= self._max_age:
            return 0
        self._longest = min(_PAGE, max(self._longest, *map(len, lines)))
        for count, line in enumerate(lines):
            if size and size + len(line) > self._max_bytes:
                return count
            text = self._filled_up(line, size)
            try:
                _append(file, text, size)
            except OSError as err:
                raise _Stopped(count, err) from err
            size += len(text)
        return len(lines)

    def _filled_up(self, line: bytes, size: int) -> bytes:
        """Fill the page up behind a line when another one would not fit."""
        left = -(size + len(line)) % _PAGE
        if left >= self._longest or size + len(line) + left > self._max_bytes:
            return line
        return line.removesuffix(_END) + b" " * left + _END

    @contextlib.contextmanager
    def _folder(self) -> Iterator[int]:
        # The configuration folder itself may be a link, as whoever runs Home Assistant likes.
        folder = os.open(self._root, _FOLDER & ~os.O_NOFOLLOW)
        try:
            for part in self._folders:
                with contextlib.suppress(FileExistsError):
                    os.mkdir(part, 0o755, dir_fd=folder)
                inner = os.open(part, _FOLDER, dir_fd=folder)
                os.close(folder)
                folder = inner
            yield folder
        finally:
            os.close(folder)

    def _put_aside(self, folder: int, now: float) -> None:
        moment = datetime.fromtimestamp(now, UTC).strftime("%Y%m%dT%H%M%SZ")
        beginning, names = f"{self._stem}-{moment}", set(os.listdir(folder))
        name, number = f"{beginning}.{self._ending}", 1
        while name in names:
            number += 1
            name = f"{beginning}-{number}.{self._ending}"
        os.rename(self._name, name, src_dir_fd=folder, dst_dir_fd=folder)
        self._remove(folder, [*names, name])

    def _remove(self, folder: int, names: Sequence[str]) -> None:
        found = [match for name in names if (match := self._aside.fullmatch(name))]
        found.sort(key=lambda match: (match[1], int(match[2] or 1)))
        for match in found[: -self._keep]:
            os.unlink(match[0], dir_fd=folder)


class _Stopped(Exception):
    """An error, and after how many lines it came."""

    def __init__(self, count: int, error: OSError) -> None:
        """Keep both."""
        super().__init__(count)
        self.count, self.error = count, error


@contextlib.contextmanager
def _opened(folder: int, name: str) -> Iterator[int]:
    file = os.open(name, _FILE | os.O_CREAT, 0o644, dir_fd=folder)
    try:
        if not stat.S_ISREG(os.fstat(file).st_mode):
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        yield file
    finally:
        os.close(file)


def _append(file: int, line: bytes, size: int) -> None:
    if os.write(file, line) < len(line):
        # Of a line that does not fit nothing stays.
        os.ftruncate(file, size)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _mend(file: int) -> int:
    """End a last line that is whole, take one away that is torn; return the size."""
    size = os.fstat(file).st_size
    if not size or os.pread(file, 1, size - 1) == _END:
        return size
    whole, at = 0, size
    while at and not whole:
        begin = max(0, at - _BLOCK)
        whole = begin + os.pread(file, at - begin, begin).rfind(_END) + 1
        whole, at = (whole, at) if whole > begin else (0, begin)
    try:
        json.loads(os.pread(file, size - whole, whole))
    except ValueError, RecursionError:
        os.ftruncate(file, whole)
        return whole
    _append(file, _END, size)
    return size + len(_END)


def _started(file: int) -> float:
    """Return the Unix time of the first line, or when the file was last written."""
    first = os.pread(file, _BLOCK, 0).split(_END, 1)[0]
    try:
        return datetime.fromisoformat(json.loads(first)["time"]).timestamp()
    except ValueError, TypeError, KeyError, OverflowError, RecursionError:
        return os.fstat(file).st_mtime
