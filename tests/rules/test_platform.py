"""What is said to be supported, what is tested, and what the workflows may do."""

from importlib import metadata, util
from pathlib import Path
import re
import subprocess
from types import ModuleType
from typing import Any

import pytest
import yaml

from .repo import ROOT, load

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
JOBS = {
    f"{path.stem}: {name}": job
    for path in WORKFLOWS
    for name, job in yaml.safe_load(path.read_text())["jobs"].items()
}
MINIMUM = load(ROOT / "hacs.json")["homeassistant"]
# What may write, and why.
WRITERS = {
    "release: publish": {
        "contents": "write",  # the release
        "id-token": "write",  # who signs the provenance
        "attestations": "write",  # the provenance
    }
}


def pins(path: str) -> dict[str, str]:
    """Return the pins of a file of requirements by package name."""
    return dict(
        line.split("==")
        for line in (ROOT / path).read_text().splitlines()
        if "==" in line and not line.startswith("#")
    )


def stages() -> ModuleType:
    """Import the program behind script/test."""
    spec = util.spec_from_file_location("stages", ROOT / "script" / "stages.py")
    assert spec
    assert spec.loader
    module = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# --- the oldest and the newest Home Assistant ---------------------------------------------


def test_the_minimum_is_named_the_same_everywhere() -> None:
    year, month, _ = MINIMUM.split(".")
    readme = (ROOT / "README.md").read_text()
    assert f"- Home Assistant {year}.{month} or newer." in readme
    assert f"{year}.{month}.0" == MINIMUM


def test_the_minimum_is_what_the_tests_run_on() -> None:
    assert pins("requirements_test.txt")["homeassistant"] == MINIMUM
    assert metadata.version("homeassistant") == MINIMUM
    # The kit fits exactly one Home Assistant.
    kit = metadata.requires("pytest-homeassistant-custom-component") or []
    assert f"homeassistant=={MINIMUM}" in kit


def test_the_newest_is_newer() -> None:
    newest = pins("script/requirements_run.txt")["homeassistant"]
    assert [*map(int, newest.split("."))] > [*map(int, MINIMUM.split("."))]


def test_script_test_runs_both() -> None:
    known = stages().STAGES
    assert ("script/run", "--check") in known["run"].commands
    assert ("script/run", "--check", "--minimum") in known["run"].commands
    assert "tests" in known["integration"].commands[0]
    # Nobody names a version that could differ.
    for path in (*WORKFLOWS, ROOT / "script" / "test", ROOT / "script" / "stages.py"):
        assert not re.search(r"homeassistant==|20\d\d\.\d+", path.read_text()), path


def test_pure_code_meets_the_library_of_the_minimum() -> None:
    found = re.findall(
        r"cryptography==(\S+)", (ROOT / ".github/workflows/tests.yml").read_text()
    )
    assert found == [metadata.version("cryptography")]


# --- script/test --------------------------------------------------------------------------


def test_no_stage_is_limited_by_its_length() -> None:
    known = stages()
    fields = set(known.Stage.__dataclass_fields__)
    assert not {name for name in fields if "limit" in name or "time" in name}
    assert "pytest-timeout" not in pins("requirements_test.txt")
    for stage in known.STAGES.values():
        assert not any(
            "timeout" in word for one in (*stage.commands, *stage.quick) for word in one
        )


# --- workflows ----------------------------------------------------------------------------


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_workflows_start_with_nothing(path: Path) -> None:
    workflow = yaml.safe_load(path.read_text())
    assert workflow["permissions"] == {}
    assert "concurrency" in workflow
    # These run with rights of ours on what others wrote.
    text = path.read_text()
    assert "pull_request_target" not in text
    assert "workflow_run" not in text


@pytest.mark.parametrize("name", JOBS)
def test_jobs_are_careful(name: str) -> None:
    job = JOBS[name]
    assert job["permissions"] == WRITERS.get(name, {"contents": "read"})
    assert "timeout-minutes" in job
    text = ROOT / ".github" / "workflows" / f"{name.split(':', maxsplit=1)[0]}.yml"
    for step in job["steps"]:
        if "uses" in step:
            assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", step["uses"])
            # Which release that is stands beside it, for people and for updates.
            assert re.search(
                re.escape(step["uses"]) + r" # (v?\d+\.\d+\.\d+|master)\n",
                text.read_text(),
            )
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False
        # What others may write must not become part of a script.
        assert "${{" not in step.get("run", "")
        for line in step.get("run", "").splitlines():
            if re.search(r"\bpip3? install\b|\buv (add|pip)\b|\bpipx\b", line):
                packages = line.partition("install ")[2].split()
                assert packages
                assert all("==" in package for package in packages), line


@pytest.mark.parametrize("name", WRITERS)
def test_who_may_write_runs_nothing_of_the_repository(name: str) -> None:
    steps: list[dict[str, Any]] = JOBS[name]["steps"]
    assert not any("checkout@" in step.get("uses", "") for step in steps)
    script = "\n".join(step.get("run", "") for step in steps)
    assert not re.search(r"script/|\bpython|\bpip\b|\bgit\b", script)


def test_a_release_appears_with_everything_attached() -> None:
    publish = JOBS["release: publish"]
    assert set(publish["needs"]) == {"test", "pack"}
    script = publish["steps"][-1]["run"]
    places = [
        script.index(words)
        for words in ("--draft ", "gh release upload", "gh release edit")
    ]
    assert places == sorted(places)
    assert "--draft=false" in script[places[-1] :]
    archive = load(ROOT / "hacs.json")["filename"]
    for file in (archive, f"{archive}.sha256"):
        assert f"release/{file}" in script[places[1] : places[2]]
    attest = [
        step for step in publish["steps"] if "attest-build-provenance" in str(step)
    ]
    assert [step["with"]["subject-path"] for step in attest] == [f"release/{archive}"]


def test_one_version_of_each_action() -> None:
    used: dict[str, set[str]] = {}
    for job in JOBS.values():
        for step in job["steps"]:
            action, _, commit = step.get("uses", "").partition("@")
            used.setdefault(action, set()).add(commit)
    assert not {action for action, commits in used.items() if len(commits) > 1}


def test_the_archive_holds_the_integration() -> None:
    pack = next(
        step for step in JOBS["release: pack"]["steps"] if "archive" in str(step)
    )
    command = next(line for line in pack["run"].splitlines() if "archive" in line)
    tree = command.split()[-1]
    assert tree == "HEAD:custom_components/mi_bms"
    listed = subprocess.run(
        ["/usr/bin/env", "git", "ls-tree", "--name-only", tree],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert {"manifest.json", "__init__.py", "translations"} <= set(listed)
