"""The ready-made dashboard, asked for as a person would."""

from .api import Api


async def make_dashboard(api: Api) -> str:
    """Make the dashboard and return its address; raise ``Trouble`` when Home Assistant refuses."""
    answer = await api.call(
        "call_service",
        domain="mi_bms",
        service="make_dashboard",
        service_data={},
        return_response=True,
    )
    return f"{api.url}{answer['response']['path']}"


async def look_at_dashboard(api: Api) -> list[str]:
    """Return what is wrong with the dashboard that was made, and with how pages load the cards."""
    address = await make_dashboard(api)
    path = address.rpartition("/")[2]
    stored = await api.call("lovelace/config", url_path=path, force=False)
    problems = []
    if stored != {"strategy": {"type": "custom:mi-bms"}}:
        problems.append(f"the dashboard {path} holds {stored}")
    listed = [one["url"] for one in await api.call("lovelace/resources")]
    ours = [one for one in listed if one.startswith("/mi_bms_static/")]
    if len(ours) != 1:
        problems.append(f"resources of ours are {ours}, one is right")
    return problems
