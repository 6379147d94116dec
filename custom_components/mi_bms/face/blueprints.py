"""Blueprints for automations: added on request through Home Assistant's own store.

One that is there stays as it is, since somebody may have changed it; whoever wants ours again deletes it
first.
"""

import contextlib
from pathlib import Path
from typing import Any, Final, cast

from homeassistant.core import HomeAssistant
from homeassistant.util.yaml import parse_yaml

from ..const import DOMAIN

FOLDER: Final = Path(__file__).parent.parent / "blueprints" / "automation"
_AUTOMATION: Final = "automation"


def _texts() -> dict[str, str]:
    """Return our blueprints by the path that each has in the store."""
    return {
        f"{DOMAIN}/{path.name}": path.read_text("utf-8")
        for path in sorted(FOLDER.glob("*.yaml"))
    }


async def async_add(hass: HomeAssistant) -> tuple[list[str], list[str]] | None:
    """Add the blueprints; return what was added and what was there, None in a house without automations."""
    if _AUTOMATION not in hass.config.components:
        return None
    from homeassistant.components.automation.helpers import async_get_blueprints  # noqa: PLC0415
    from homeassistant.components.blueprint import models, schemas  # noqa: PLC0415

    store = async_get_blueprints(hass)
    # Home Assistant fills the folder with its own only as long as there is none, at a start of its own.
    with contextlib.suppress(FileExistsError):
        await store.async_populate()
    there = await store.async_get_blueprints()
    added, kept = [], []
    for path, text in (await hass.async_add_executor_job(_texts)).items():
        if path in there:
            kept.append(path)
            continue
        made = models.Blueprint(
            cast(dict[str, Any], parse_yaml(text)),
            path=path,
            expected_domain=_AUTOMATION,
            schema=schemas.BLUEPRINT_SCHEMA,
        )
        await store.async_add_blueprint(made, path)
        added.append(path)
    return added, kept
