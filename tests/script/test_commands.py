"""script/test: commands one after the other and side by side, and what becomes of those that fail."""

import os
from pathlib import Path
import sys

import pytest

from .programs import program

COMMANDS = program("commands")


def python(code: str, *arguments: object) -> tuple[str, ...]:
    return (sys.executable, "-c", code, *map(str, arguments))


def says(word: str) -> tuple[str, ...]:
    return python(f"print({word!r})")


FAILS = python("raise SystemExit(3)")
# Opening a pipe waits for the other end.
MEETS = "import sys; print('one'); open(sys.argv[1], sys.argv[2]); print('two')"


def test_two_run_at_once_and_what_each_says_is_printed_whole(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    both = [python(MEETS, pipe, mode) for mode in ("r", "w")]
    assert COMMANDS.run([*both, says("three")], {}, at_once=2) == ""
    said = capfd.readouterr().out
    assert said.count("one\ntwo\n") == 2
    assert said.count("--- ") == 3
    assert said.endswith("three\n")


def test_a_failure_of_either_is_one_of_both_and_the_others_are_heard(
    capfd: pytest.CaptureFixture[str],
) -> None:
    commands = [FAILS, says("one"), says("two")]
    assert COMMANDS.run(commands, {}, at_once=2) == "exit code 3"
    assert {"one", "two"} <= {*capfd.readouterr().out.split("\n")}


def test_after_a_failure_nothing_that_comes_later_is_begun(
    capfd: pytest.CaptureFixture[str],
) -> None:
    commands = [says("one"), FAILS, says("two")]
    assert COMMANDS.run(commands, {}) == "exit code 3"
    assert capfd.readouterr().out == "one\n"


@pytest.mark.parametrize("at_once", [1, 2])
def test_who_closes_its_output_is_waited_for(at_once: int) -> None:
    closes = "import os, time; os.close(1); os.close(2); time.sleep(0.1); os._exit(3)"
    assert COMMANDS.run([python(closes)], {}, at_once) == "exit code 3"


@pytest.mark.parametrize("at_once", [1, 2])
def test_what_cannot_be_begun_or_falls_silent_has_failed(
    monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    assert "nobody: No such" in COMMANDS.run([("nobody",)], {}, at_once)
    monkeypatch.setattr(COMMANDS, "SILENCE", 0.1)
    monkeypatch.setattr(COMMANDS, "LOOK", 0.1)
    waits = python("import signal; signal.pause()")
    assert COMMANDS.run([waits], {}, at_once) == "nothing said for 0 s"


def test_a_command_has_the_environment_of_its_stage(
    capfd: pytest.CaptureFixture[str],
) -> None:
    tells = python("import os; print(os.environ['MI_BMS_STAGE'])")
    assert COMMANDS.run([tells], {"MI_BMS_STAGE": "proto"}) == ""
    assert capfd.readouterr().out == "proto\n"
