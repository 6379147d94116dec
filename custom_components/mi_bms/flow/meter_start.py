"""What a battery's meters begin with, for who counted elsewhere before: asked once, when it is added."""

from collections.abc import Mapping
from typing import Any

import probatio

from ..batteries.options import METERS, STARTS, starts_of
from ..options import form


def start_fields() -> dict[Any, Any]:
    """Return the part of a form that asks for it; it may be left out."""
    (inner,) = form(STARTS.values(), None).schema.values()
    return {probatio.Optional(METERS): inner}


def start_options(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of a new battery."""
    return {METERS: dict(given[METERS])} if starts_of(given) else {}
