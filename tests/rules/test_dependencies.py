"""What of Home Assistant's own integrations is imported, by the official validator's rule.

The validator runs when the hosting site is reached; here the same is known before.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from homeassistant.const import Platform

from .repo import INTEGRATION, load, tree

# What the validator lets everybody import: always set up, or nothing but definitions.
ALWAYS_ALLOWED = {
    *(platform.value for platform in Platform),
    "alert",
    "automation",
    "conversation",
    "default_config",
    "device_automation",
    "frontend",
    "group",
    "homeassistant",
    "input_boolean",
    "input_button",
    "input_datetime",
    "input_number",
    "input_select",
    "input_text",
    "media_source",
    "mjpeg",
    "onboarding",
    "panel_custom",
    "persistent_notification",
    "person",
    "script",
    "shopping_list",
    "stream",
    "sun",
    "system_health",
    "system_log",
    "timer",
    "webhook",
    "websocket_api",
    "zone",
}
COMPONENTS = "homeassistant.components"


def imported(node: ast.AST) -> Iterator[str]:
    """Yield the integrations that a piece of code imports; what is for type checkers only does not count."""
    if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
        return
    if isinstance(node, ast.Import):
        names = [one.name for one in node.names]
    elif isinstance(node, ast.ImportFrom) and node.module == COMPONENTS:
        names = [f"{COMPONENTS}.{one.name}" for one in node.names]
    elif isinstance(node, ast.ImportFrom):
        signing = [one.name for one in node.names] == ["async_sign_path"]
        exempt = node.module == f"{COMPONENTS}.http.auth" and signing
        names = [] if exempt else [node.module or ""]
    else:
        names = []
    yield from (
        name.split(".")[2] for name in names if name.startswith(f"{COMPONENTS}.")
    )
    for child in ast.iter_child_nodes(node):
        yield from imported(child)


def undeclared(folder: Path) -> set[str]:
    """Return the integrations that are imported and neither declared nor free to use."""
    manifest = load(folder / "manifest.json")
    known = {
        *ALWAYS_ALLOWED,
        *manifest["dependencies"],
        *manifest["after_dependencies"],
        # It is what the adapters' integration waits for.
        *({"bluetooth"} if "bluetooth_adapters" in manifest["dependencies"] else ()),
        # What discovers us; what makes an integration a part of another one.
        *(
            name
            for name in ("bluetooth", "mqtt", "usb", "zeroconf")
            if name in manifest
        ),
        *(path.stem for path in folder.glob("*.py")),
        *(path.name for path in folder.iterdir() if path.is_dir()),
    }
    used = {name for path in folder.rglob("*.py") for name in imported(tree(path))}
    return used - known


def test_what_is_imported_is_declared() -> None:
    missing = sorted(undeclared(INTEGRATION))
    assert not missing, (
        f"{missing} are imported: name them in dependencies or after_dependencies of REST in "
        "script/generate.py, then run script/generate"
    )


@pytest.mark.parametrize(
    "code",
    [
        "from homeassistant.components.cloud.const import X",
        "from homeassistant.components import bluetooth, cloud",
        "import homeassistant.components.cloud as c",
        "def late():\n    from homeassistant.components.cloud import X",
        "from homeassistant.components.cloud import async_sign_path",
    ],
)
def test_an_undeclared_one_is_found(tmp_path: Path, code: str) -> None:
    (tmp_path / "manifest.json").write_text(
        '{"dependencies": ["bluetooth_adapters"], "after_dependencies": []}'
    )
    (tmp_path / "what.py").write_text(code)
    assert undeclared(tmp_path) == {"cloud"}


def test_nothing_is_declared_that_is_not_used() -> None:
    manifest = load(INTEGRATION / "manifest.json")
    used = {name for path in INTEGRATION.rglob("*.py") for name in imported(tree(path))}
    declared = {*manifest["dependencies"], *manifest["after_dependencies"]}
    assert declared - used == {"bluetooth_adapters"}
    assert not {*manifest["dependencies"]} & {*manifest["after_dependencies"]}
