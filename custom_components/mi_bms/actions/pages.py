"""Actions that put something of ours into Home Assistant: the dashboard, the blueprints."""

from homeassistant.core import ServiceCall, ServiceResponse

from ..face.blueprints import async_add
from ..face.dashboards import async_make
from .errors import refusal


async def async_make_dashboard(call: ServiceCall) -> ServiceResponse:
    """Make the dashboard, if it is not there; answer where it is."""
    if (path := await async_make(call.hass)) is None:
        raise refusal("dashboard_not_made")
    return {"path": f"/{path}"}


async def async_add_blueprints(call: ServiceCall) -> ServiceResponse:
    """Add the blueprints; answer what became of each."""
    if (done := await async_add(call.hass)) is None:
        raise refusal("no_automations")
    return {
        "added": [*done.added],
        "updated": [*done.updated],
        "kept": [*done.kept],
        "changed": [*done.changed],
    }
