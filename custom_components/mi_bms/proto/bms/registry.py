"""Find families by id. A family's module is imported when it is first needed: do that off the event loop."""

from collections.abc import Iterable
import contextlib
from importlib import import_module

from ..model.errors import Unsupported
from .contract import Family
from .index import INDEX


def load(family_id: str) -> Family:
    """Return a family; raises ``Unsupported`` for an id that is unknown or has no decoder."""
    if family_id not in INDEX:
        raise Unsupported(family_id)
    name = f"{__package__}.families.{family_id}"
    try:
        module = import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        raise Unsupported(family_id) from None
    family: Family = module.FAMILY
    return family


def load_known(names: Iterable[str]) -> dict[str, Family]:
    """Return families in the order given; those without a decoder are left out."""
    found = {}
    for name in dict.fromkeys(names):
        with contextlib.suppress(Unsupported):
            found[name] = load(name)
    return found
