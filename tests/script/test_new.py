"""script/new: what is begun is complete and checks out; what cannot be begun leaves nothing behind."""

from collections.abc import Iterator
import json
from pathlib import Path
import shutil
import signal
import subprocess
import sys

import pytest

from script.scaffold import battery, model, quantity
from script.scaffold.source import Mistake, append
from tests.rules.repo import ROOT, files

from .programs import program

NEW = program("new")


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the repository."""
    folder = tmp_path_factory.mktemp("scratch")
    for path in files():
        target = folder / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    return folder


def run(folder: Path, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, folder / "script" / f"{name}.py", *arguments],
        cwd=folder,
        env={"PYTHONPATH": str(folder), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )


def tree(folder: Path) -> dict[Path, bytes]:
    return {
        path: path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


@pytest.mark.parametrize(
    ("arguments", "by_hand"),
    [
        (("model", "ACME01", "--product", "0xF001"), 2),
        (("battery", "acme"), 2),
        (("battery", "acme_jbd", "--dialect", "jbd", "--advert", "AMJ-*"), 3),
        (("quantity", "wind_gust", "--unit", "m/s", "--limits", "0,90"), 4),
    ],
)
def test_what_is_begun_is_complete(
    scratch: Path, arguments: tuple[str, ...], by_hand: int
) -> None:
    before = tree(scratch)
    done = run(scratch, "new", *arguments)
    assert done.returncode == 0, done.stderr
    written = [line for line in done.stdout.splitlines() if (scratch / line).is_file()]
    assert len(written) == by_hand
    changed = {path for path, text in tree(scratch).items() if before.get(path) != text}
    assert {scratch / name for name in written} <= changed
    fixture = next((one for one in written if "/fixtures/" in one), None)
    if fixture is not None:
        again = run(scratch, "replay", "--accept", fixture)
        assert (again.returncode, "expects this already" in again.stderr) == (0, True)
        outcomes = [json.loads(line)["outcome"] for line in again.stdout.splitlines()]
        assert outcomes[0] in {"decoded", "ok"}


@pytest.fixture
def spoiled(scratch: Path) -> Iterator[Path]:
    """Let script/replay fail."""
    path = scratch / "script" / "replay.py"
    kept = path.read_text()
    path.write_text("raise SystemExit('no')\n")
    yield scratch
    path.write_text(kept)


@pytest.mark.parametrize("arguments", [("battery", "later")])
def test_a_failure_leaves_everything_as_it_was(
    spoiled: Path, arguments: tuple[str, ...]
) -> None:
    before = tree(spoiled)
    done = run(spoiled, "new", *arguments)
    assert done.returncode == 1
    assert done.stderr == "script/new: script/replay refuses what was begun: no\n"
    assert tree(spoiled) == before


@pytest.mark.parametrize("ended", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_leaves_everything_as_it_was(
    spoiled: Path, ended: signal.Signals
) -> None:
    """The program is ended by what runs last, when all files are written."""
    (spoiled / "script" / "replay.py").write_text(
        f"import os, time\nos.kill(os.getppid(), {int(ended)})\ntime.sleep(600)\n"
    )
    before = tree(spoiled)
    done = run(spoiled, "new", "battery", "later")
    assert (done.returncode, done.stdout) == (130, "")
    assert done.stderr == "script/new: interrupted, nothing was begun: run it again\n"
    assert tree(spoiled) == before


def test_a_file_that_cannot_be_written_is_said_with_what_to_do(scratch: Path) -> None:
    in_the_way = scratch / "tests/fixtures/bms/walled.json"
    in_the_way.symlink_to(scratch / "no_such_folder" / "walled.json")
    before = tree(scratch)
    done = run(scratch, "new", "battery", "walled")
    assert done.returncode == 1
    (said,) = done.stderr.splitlines()
    assert str(in_the_way) in said
    assert "nothing was begun: let it be written, then run it again" in said
    assert tree(scratch) == before
    in_the_way.unlink(missing_ok=True)


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ([], "required: KIND; usage: script/new"),
        (["gadget", "x"], "invalid choice: 'gadget'"),
        (["model"], "required: name; usage"),
        (["model", "../evil"], "is no model"),
        (["model", "x" * 60], "is no model"),
        (["model", "lywsdcgq"], "is LYWSDCGQ: change its row in devices.py"),
        (["model", "atc"], "ATC has a row already: change it in devices.py"),
        (["model", "mcn003"], "from _PUBLISHED to _HEARD, and put what"),
        (["model", "A1", "--product", "0x2FC5"], "is MCN003, whose adverts nobody"),
        (["model", "A1", "--product", "045x"], "is no product id: four digits"),
        (["model", "A1", "--product", "0x01AA"], "0x01AA is "),
        (["model", "A1", "--reports", "warmth"], "no quantity 'warmth'"),
        (["model", "A1", "--reports", "battery,battery"], "twice: once is enough"),
        (["model", "A1", "--reports", "cell_voltage"], "no object of proto"),
        (["model", "A1", "--title", 'a"b'], "is no name: use plain words"),
        (["battery", "Acme"], "is no id"),
        (["battery", "class"], "is no id"),
        (["battery", "jbd"], "is there already: change families/jbd.py"),
        (["battery", "x1", "--dialect", "latin"], "invalid choice: 'latin'"),
        (["battery", "x1", "--advert", "*"], "is no name of an advert"),
        (["battery", "x1", "--advert", "JBD-*"], "taken for jbd already"),
        (["battery", "x1", "--title", "JBD smart BMS"], "another one with --title"),
        (["battery", "x1", "--title", "{x}"], "is no title"),
        (["quantity", "Wind"], "is no quantity"),
        (["quantity", "temperature"], "use Field.TEMPERATURE"),
        (["quantity", "wind", "--flag", "--unit", "m"], "has no unit"),
        (["quantity", "wind", "--unit", 'm"'], "is no unit"),
        (["quantity", "wind", "--limits", "9"], "are no limits"),
        (["quantity", "wind", "--limits", "9,1"], "are no limits"),
        (["quantity", "wind", "--title", "Wind Speed"], "one capital"),
        (["quantity", "wind", "--limits", "0,1e400"], "are no limits"),
        (["quantity", "wind", "--limits", "nan,inf"], "are no limits"),
        (["quantity", "wind", "--title", "{wind}"], "plain words"),
        (["quantity", "wind", "--title", "See http://wind"], "plain words"),
        (["model", "A1", "--title", "{x}"], "is no name: use plain words"),
        (["battery", "x1", "--title", "See http://x"], "is no title"),
        (["quantity", "wind", "--title", "Temperature"], "is called 'Temperature'"),
        (["quantity", "wind", "--icon", "wind"], "is no icon"),
    ],
)
def test_what_cannot_be_begun_is_said_in_one_line(
    arguments: list[str],
    why: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(NEW, "carry_out", lambda plan: pytest.fail("written"))
    assert NEW.main(arguments) == 1
    said = capsys.readouterr()
    assert why in said.err
    assert (said.out, said.err.count("\n")) == ("", 1)


def test_without_a_product_id_a_free_one_is_taken() -> None:
    asked = NEW.parser().parse_args(["model", "ACME01"])
    assert "0xFFFE: device(" in model.plan(asked).files[model.FILE]


@pytest.mark.parametrize("text", ["", "TABLE = ()\n", "TABLE: dict\n"])
def test_a_table_that_moved_is_said(text: str) -> None:
    with pytest.raises(Mistake):
        append(text, "TABLE", "1,\n")


@pytest.mark.parametrize(
    ("arguments", "member", "shown"),
    [
        ((), 'WIND = "wind"\n', "_measured(Field.WIND),"),
        (("--unit", "m/s"), 'Quantity("m/s")', "_measured(Field.WIND),"),
        (("--unit", "\N{MICRO SIGN}g"), 'Quantity("μg")', "_measured(Field.WIND),"),
        (("--limits", "0,9.5"), "Quantity(sensor=(0, 9.5))", "_measured(Field.WIND),"),
        (("--flag",), "Quantity(flag=True)", "_flag(Field.WIND),"),
    ],
)
def test_a_quantity_is_one_row(
    arguments: tuple[str, ...], member: str, shown: str
) -> None:
    asked = NEW.parser().parse_args(["quantity", "wind", *arguments])
    made = quantity.plan(asked).files
    assert (
        member
        in made[quantity.FIELDS].partition("WIND = ")[1]
        + made[quantity.FIELDS].partition("WIND = ")[2].partition("# The link")[0]
    )
    assert shown in made[quantity.ROWS]


def test_each_kind_says_what_it_is() -> None:
    assert all(part.__doc__ for part in (battery, model, quantity))
