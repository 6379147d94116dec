"""Import the programs of ``script`` as modules."""

from importlib import util
from types import ModuleType

from tests.rules.repo import ROOT


def program(name: str) -> ModuleType:
    """Return a program of ``script`` as a module."""
    spec = util.spec_from_file_location(name, ROOT / "script" / f"{name}.py")
    assert spec and spec.loader
    module = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
