"""Shared set-up: our integration is found before the test kit's own package of that name."""

from asyncio import BaseEventLoop
import gc
import os

from hypothesis import HealthCheck, settings

from tests import pure  # noqa: F401  (before anything of ours)

# isort: split
import custom_components.mi_bms  # noqa: F401  (before anything else of that name)

# The test kit's loop checks all that asyncio's debug mode does. But what asks whether that is on only
# notes who made each callback, future and task: half of all the work, and for a look at one of them.
if not os.environ.get("PYTHONASYNCIODEBUG"):
    BaseEventLoop.get_debug = lambda _: False  # type: ignore[method-assign]

if not os.environ.get("MI_BMS_PURE"):
    import tests.threads  # noqa: F401  (Home Assistant's threads are not interrupted)

# It has an environment of its own: script/browser.
collect_ignore = ["browser"]

# A slow machine is no defect, and a build must not fail by chance: chance is for people's own runs.
settings.register_profile(
    "house",
    deadline=None,
    max_examples=40,
    derandomize=bool(os.environ.get("CI")),
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("house")


# What is collected stays to the end: a search for garbage meanwhile finds none, and takes a fifth of the time.
gc.disable()


def pytest_collection_finish() -> None:
    """Keep what was imported out of all later searches for garbage."""
    gc.freeze()
    gc.enable()
