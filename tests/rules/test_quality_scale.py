"""The quality scale is a checklist that we keep ourselves: Home Assistant ignores it here."""

import yaml

from .repo import INTEGRATION, ROOT

SCALE = yaml.safe_load((INTEGRATION / "quality_scale.yaml").read_text())["rules"]
NAMES = """
    action-setup appropriate-polling brands common-modules config-flow config-flow-test-coverage
    dependency-transparency docs-actions docs-conditions docs-high-level-description
    docs-installation-instructions docs-removal-instructions docs-triggers entity-event-setup
    entity-unique-id has-entity-name runtime-data test-before-configure test-before-setup
    unique-config-entry
    action-exceptions config-entry-unloading docs-configuration-parameters
    docs-installation-parameters entity-unavailable integration-owner log-when-unavailable
    parallel-updates reauthentication-flow test-coverage
    devices diagnostics discovery discovery-update-info docs-data-update docs-examples
    docs-known-limitations docs-supported-devices docs-supported-functions docs-troubleshooting
    docs-use-cases dynamic-devices entity-category entity-device-class entity-disabled-by-default
    entity-translations exception-translations icon-translations reconfiguration-flow
    repair-issues stale-devices
    async-dependency inject-websession strict-typing
"""
RULES = set(NAMES.split())
# What the README must say for a rule of the documentation to be done.
HEADINGS = {
    "docs-configuration-parameters": "## Options",
    "docs-data-update": "## How data arrives",
    "docs-examples": "## Examples",
    "docs-installation-instructions": "## Installing",
    "docs-installation-parameters": "## Adding a device",
    "docs-known-limitations": "## Limits",
    "docs-removal-instructions": "## Removing",
    "docs-supported-devices": "## Supported devices",
    "docs-supported-functions": "## Entities",
    "docs-troubleshooting": "## Troubleshooting",
    "docs-use-cases": "## What it is for",
}


def test_all_rules_are_listed() -> None:
    assert len(RULES) == 54
    differ = sorted(RULES ^ set(SCALE))
    assert not differ, (
        f"quality_scale.yaml and the rules of Home Assistant differ in {differ}"
    )


def test_each_status_is_valid_and_explained() -> None:
    for rule, entry in SCALE.items():
        status = entry if isinstance(entry, str) else entry["status"]
        assert status in {"done", "exempt", "todo"}, rule
        if status != "done":
            assert not isinstance(entry, str), f"{rule}: say why it is {status}"
            assert entry["comment"], rule


def test_documentation_that_is_done_is_there() -> None:
    lines = (ROOT / "README.md").read_text().splitlines()
    for rule, heading in HEADINGS.items():
        if SCALE[rule] == "done":
            assert heading in lines, (
                f"{rule} is done in quality_scale.yaml: README.md needs a heading {heading!r}"
            )
