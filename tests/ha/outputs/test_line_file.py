"""The file that outputs write: what is in it is whole, and it stays where it belongs."""

from collections.abc import Iterator
import errno
import json
import os
from pathlib import Path
import random
import resource
import signal

import pytest

from custom_components.mi_bms.outputs.line_file import LineFile
from tests.bench.kill_file import kill

NOW = 1_700_000_000.0  # 2023-11-14T22:13:20Z
DAY = 86_400


def line(number: int, at: str = "2023-11-14T22:13:20+00:00") -> bytes:
    return json.dumps({"time": at, "n": number}).encode() + b"\n"


def numbers(path: Path) -> list[int]:
    return [json.loads(one)["n"] for one in path.read_bytes().splitlines()]


def file(folder: Path, *parts: str, size: int = 10_000, **more: float) -> LineFile:
    return LineFile(folder, parts or ("a.jsonl",), max_bytes=size, **more)  # type: ignore[arg-type]


def test_folders_are_made(tmp_path: Path) -> None:
    one = file(tmp_path, "x", "y", "a.jsonl")
    one.check()
    assert (tmp_path / "x" / "y" / "a.jsonl").read_bytes() == b""
    assert one.write([line(1), line(2)], NOW) == (2, None)
    assert one.write([line(3)], NOW) == (1, None)
    assert numbers(tmp_path / "x" / "y" / "a.jsonl") == [1, 2, 3]


def test_a_file_that_is_full_is_put_aside(tmp_path: Path) -> None:
    one = file(tmp_path, size=3 * len(line(0)))
    for begin in (0, 5):
        done = one.write([line(number) for number in range(begin, begin + 5)], NOW)
        assert done == (5, None)
    names = ["a-20231114T221320Z.jsonl", "a-20231114T221320Z-2.jsonl"]
    names += ["a-20231114T221320Z-3.jsonl", "a.jsonl"]
    assert [numbers(tmp_path / name) for name in names] == [
        [0, 1, 2],
        [3, 4, 5],
        [6, 7, 8],
        [9],
    ]


def test_a_line_that_is_too_long_for_any_file_has_one_of_its_own(
    tmp_path: Path,
) -> None:
    assert file(tmp_path, size=5).write([line(1), line(2)], NOW) == (2, None)
    assert sorted(numbers(path)[0] for path in tmp_path.iterdir()) == [1, 2]


def test_a_file_that_is_old_is_put_aside(tmp_path: Path) -> None:
    one = file(tmp_path, max_age=DAY)
    one.write([line(1)], NOW)
    one.write([line(2)], NOW + DAY - 1)
    one.write([line(3, "2023-11-15T22:13:20+00:00")], NOW + DAY)
    assert numbers(tmp_path / "a-20231115T221320Z.jsonl") == [1, 2]
    assert numbers(tmp_path / "a.jsonl") == [3]


@pytest.mark.parametrize("first", [b"no json\n", b"[]\n", b"{}\n", b'{"time":"x"}\n'])
def test_the_age_of_a_file_that_does_not_tell_it(tmp_path: Path, first: bytes) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(first)
    os.utime(path, (NOW, NOW))
    file(tmp_path, max_age=DAY).write([line(1)], NOW + DAY - 1)
    assert len(list(tmp_path.iterdir())) == 1
    os.utime(path, (NOW, NOW))
    file(tmp_path, max_age=DAY).write([line(2)], NOW + DAY)
    assert numbers(path) == [2]


def test_only_so_many_are_kept_and_nothing_else_is_touched(tmp_path: Path) -> None:
    others = ["a-notes.jsonl", "b-20231114T221320Z.jsonl", "a-20231114T221320Z.txt"]
    for name in others:
        (tmp_path / name).write_bytes(b"")
    one = file(tmp_path, size=len(line(0)), keep=2)
    for number in range(5):
        one.write([line(number)], NOW + number // 3)
    left = {path.name for path in tmp_path.iterdir()} - set(others)
    assert len(left) == 3
    assert sorted(numbers(tmp_path / name)[0] for name in left) == [2, 3, 4]
    assert all((tmp_path / name).exists() for name in others)


def test_no_line_crosses_a_page(tmp_path: Path) -> None:
    """Between two pages the system may give up."""
    chance = random.Random(5)
    one = file(tmp_path, size=10**6)
    one.write([b"1" * 699 + b"\n"], NOW)
    for _ in range(200):
        texts = [b"1" * chance.randrange(1, 700) for _ in range(chance.randrange(9))]
        assert one.write([text + b"\n" for text in texts], NOW).error is None
    content, at = (tmp_path / "a.jsonl").read_bytes(), 0
    for text in content.splitlines(keepends=True):
        assert at // 4096 == (at + len(text) - 1) // 4096
        at += len(text)
    assert at > 50_000
    assert content.count(b" ") < len(content) / 8


@pytest.mark.parametrize("torn", [b'{"n": 2, "te', b"\xff" * 200_000])
def test_a_torn_line_is_taken_away(tmp_path: Path, torn: bytes) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(line(1) + torn)
    assert file(tmp_path, size=10**6).write([line(3)], NOW) == (1, None)
    assert numbers(path) == [1, 3]


def test_nothing_but_a_torn_line(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(b'{"n"' * 40_000)
    file(tmp_path, size=10**6).write([line(3)], NOW)
    assert numbers(tmp_path / "a.jsonl") == [3]


def test_a_whole_line_without_its_end_is_kept(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(line(1) + line(2)[:-1])
    file(tmp_path).write([line(3)], NOW)
    assert numbers(tmp_path / "a.jsonl") == [1, 2, 3]


class TestEscapes:
    """Links, pipes and other traps on the way."""

    def test_a_folder_that_is_a_link(self, tmp_path: Path) -> None:
        (tmp_path / "out").mkdir()
        (tmp_path / "in").mkdir()
        (tmp_path / "in" / "x").symlink_to(tmp_path / "out")
        one = file(tmp_path / "in", "x", "a.jsonl")
        with pytest.raises(OSError) as err:
            one.check()
        assert err.value.errno in {errno.ELOOP, errno.ENOTDIR}
        done = one.write([line(1)], NOW)
        assert done.lines == 0
        assert done.error is not None
        assert not list((tmp_path / "out").iterdir())

    def test_a_file_that_is_a_link(self, tmp_path: Path) -> None:
        (tmp_path / "in").mkdir()
        (tmp_path / "secret").write_bytes(b"x")
        (tmp_path / "in" / "a.jsonl").symlink_to(tmp_path / "secret")
        done = file(tmp_path / "in").write([line(1)], NOW)
        assert done.error is not None
        assert (tmp_path / "secret").read_bytes() == b"x"

    def test_a_pipe_holds_nobody(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "a.jsonl")
        done = file(tmp_path).write([line(1)], NOW)
        assert done.error is not None

    def test_the_folder_itself_may_be_a_link(self, tmp_path: Path) -> None:
        (tmp_path / "real").mkdir()
        (tmp_path / "link").symlink_to(tmp_path / "real")
        assert file(tmp_path / "link").write([line(1)], NOW) == (1, None)


@pytest.fixture
def small_files() -> Iterator[int]:
    """Let no file of this process grow beyond some bytes: the system's own full disk."""
    size = 2 * len(line(0)) + 5
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    yield size
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    signal.signal(signal.SIGXFSZ, handler)


def test_a_full_disk_leaves_whole_lines(tmp_path: Path, small_files: int) -> None:
    one = file(tmp_path)
    done = one.write([line(0), line(1), line(2), line(3)], NOW)
    assert done.lines == 2
    assert done.error is not None
    assert done.error.errno in {errno.ENOSPC, errno.EFBIG}
    assert numbers(tmp_path / "a.jsonl") == [0, 1]


def test_a_writer_that_is_killed_leaves_whole_lines(tmp_path: Path) -> None:
    """Also tests/bench/kill_file.py, with more of them."""
    count, files = kill(10, tmp_path, random.Random(3))
    assert count > 200
    assert files >= 1
