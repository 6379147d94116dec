"""script/test: commands one after the other and side by side, and what becomes of those that fail."""

import os
from pathlib import Path
import sys

import pytest

from .programs import program

COMMANDS = program("commands")
type Command = tuple[str, ...]


def python(code: str, *arguments: object) -> Command:
    return (sys.executable, "-c", code, *map(str, arguments))


def says(word: str) -> Command:
    return python(f"print({word!r})")


FAILS = python("raise SystemExit(3)")
# Opening a pipe waits for the other end.
MEETS = "import sys; print('one'); open(sys.argv[1], sys.argv[2]); print('two')"


def run(*jobs: list[Command], cores: float = 2.0, each: float = 1.0) -> list[str]:
    """Run jobs; return why each failed."""
    made = [
        COMMANDS.Job(name=f"job{number}", commands=tuple(commands), cores=each)
        for number, commands in enumerate(jobs)
    ]
    return [one.failure for one in COMMANDS.run(made, cores)]


def test_two_run_at_once_and_what_each_says_is_printed_whole(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    both = [[python(MEETS, pipe, mode)] for mode in ("r", "w")]
    assert run(*both, [says("three")]) == ["", "", ""]
    said = capfd.readouterr().out
    assert said.count("one\ntwo\n") == 2
    assert said.count("=== job") == 3
    assert said.endswith("three\n")


def test_no_more_run_at_once_than_the_processor_has_room_for(tmp_path: Path) -> None:
    alone = python(
        "import os, sys, time; os.mkdir(sys.argv[1]); time.sleep(0.2); os.rmdir(sys.argv[1])",
        tmp_path / "taken",
    )
    assert run([alone], [alone], [alone], each=1.5) == ["", "", ""]
    # What asks for more than there is runs alone.
    assert run([alone], [alone], each=9.0) == ["", ""]


def test_who_only_waits_takes_no_room_and_nobody_is_overtaken(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    waits, works = python(MEETS, pipe, "r"), python(MEETS, pipe, "w")
    jobs = [
        COMMANDS.Job(name="works", commands=(works,), cores=1.0),
        COMMANDS.Job(name="asks for all", commands=(says("all"),), cores=2.0),
        COMMANDS.Job(name="asks for little", commands=(says("little"),), cores=0.5),
        COMMANDS.Job(name="waits", commands=(waits,), cores=0.0),
    ]
    worked, all_of_it, little, waited = COMMANDS.run(jobs, 2.0)
    assert not any(one.failure for one in (worked, all_of_it, little, waited))
    assert worked.ended <= all_of_it.begun < all_of_it.ended <= little.begun


def test_a_failure_of_one_is_its_own_and_the_others_are_heard(
    capfd: pytest.CaptureFixture[str],
) -> None:
    found = run([FAILS, says("never")], [says("one"), says("two")])
    assert found == ["exit code 3", ""]
    said = {*capfd.readouterr().out.split("\n")}
    assert {"one", "two"} <= said and "never" not in said


def test_one_alone_is_heard_at_once(capfd: pytest.CaptureFixture[str]) -> None:
    assert run([says("one"), FAILS, says("two")]) == ["exit code 3"]
    title, said, *rest = filter(None, capfd.readouterr().out.split("\n"))
    assert title.startswith("=== job0: ") and said == "one"
    assert [one[:8] for one in rest] == ["=== job0"]


@pytest.mark.parametrize("jobs", [1, 2])
def test_who_closes_its_output_is_waited_for(jobs: int) -> None:
    closes = "import os, time; os.close(1); os.close(2); time.sleep(0.1); os._exit(3)"
    assert run(*[[python(closes)]] * jobs) == ["exit code 3"] * jobs


@pytest.mark.parametrize("jobs", [1, 2])
def test_what_cannot_be_begun_or_falls_silent_has_failed(
    monkeypatch: pytest.MonkeyPatch, jobs: int
) -> None:
    assert all("nobody: No such" in one for one in run(*[[("nobody",)]] * jobs))
    monkeypatch.setattr(COMMANDS, "SILENCE", 0.1)
    monkeypatch.setattr(COMMANDS, "LOOK", 0.1)
    waits = python("import signal; signal.pause()")
    assert run(*[[waits]] * jobs) == ["nothing said for 0 s"] * jobs


def test_who_is_stopped_can_put_away_what_it_has_begun(
    capfd: pytest.CaptureFixture[str],
) -> None:
    # In many short sleeps: an interrupt just before one long one would not end it.
    waits = """
import time
try:
    print("begun", flush=True)
    while True:
        time.sleep(0.01)
finally:
    print("put away")
"""
    job = COMMANDS.Job(name="waits", commands=())
    running = COMMANDS.Running(job, python(waits), live=False)
    while b"begun\n" not in running.said:
        running.listen()
    running.end()
    assert "begun\nput away\n" in capfd.readouterr().out


def test_a_command_has_the_environment_of_its_stage(
    capfd: pytest.CaptureFixture[str],
) -> None:
    tells = python("import os; print(os.environ['MI_BMS_STAGE'])")
    job = COMMANDS.Job(
        name="proto", commands=(tells,), environ={"MI_BMS_STAGE": "pure"}
    )
    COMMANDS.run([job], 1.0)
    assert capfd.readouterr().out.endswith("\npure\n")
