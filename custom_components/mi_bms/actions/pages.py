"""The action that makes the dashboard."""

from homeassistant.core import ServiceCall, ServiceResponse

from ..face.dashboards import async_make
from .errors import refusal


async def async_make_dashboard(call: ServiceCall) -> ServiceResponse:
    """Make the dashboard, if it is not there; answer where it is."""
    if (path := await async_make(call.hass)) is None:
        raise refusal("dashboard_not_made")
    return {"path": f"/{path}"}
