"""Shared set-up: our integration is found before the test kit's own package of that name."""

import gc
import os

from hypothesis import HealthCheck, settings

from tests import pure  # noqa: F401  (before anything of ours)

# isort: split
import custom_components.mi_bms  # noqa: F401  (before anything else of that name)

# It has an environment of its own: script/browser.
collect_ignore = ["browser"]

# A slow machine is no defect, and a build must not fail by chance: chance is for people's own runs.
settings.register_profile(
    "house",
    deadline=None,
    max_examples=60,
    derandomize=bool(os.environ.get("CI")),
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("house")


def pytest_collection_finish() -> None:
    """Keep what was imported out of all later searches for garbage: it stays to the end."""
    gc.freeze()
