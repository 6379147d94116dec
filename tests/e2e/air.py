"""Look at the air as an administrator does: everybody is heard, and a battery shows its table."""

from collections.abc import Callable, Mapping
from typing import Final

from .api import Api, Json
from .process import Trouble

DOMAIN: Final = "mi_bms"
TRIES: Final = 3
CHARACTERISTIC: Final = "0000dead-0000-1000-8000-00805f9b34fb"  # nobody has it
MISSING: Final = "(Code 3)"


async def act(api: Api, action: str, **data: object) -> Json:
    """Call one of our actions and give its answer; raise ``Trouble``."""
    called = await api.call(
        "call_service",
        domain=DOMAIN,
        service=action,
        service_data=data,
        return_response=True,
    )
    answer: Json = called["response"]
    return answer


async def look(
    api: Api, truth: Mapping[str, Json], say: Callable[[str], None], *, raw: bool
) -> list[str]:
    """Return what is wrong with a scan, and with a battery that is explored.

    ``raw`` tells whether the radios give the bytes of an advert; a local adapter does not.
    """
    answer = await act(api, "scan")
    heard = {one["address"]: one for one in answer["adverts"]}
    problems = [
        f"{address} ({device['kind']}) is not in the scan"
        for address, device in truth.items()
        if address not in heard
    ]
    problems += [
        f"{address} is in the scan without {what}"
        for address, one in heard.items()
        if address in truth
        for what in ("raw", "structures", "receivers")
        if not one[what] and (raw or what != "raw")
    ]
    battery = next(
        (one for one in truth if truth[one].get("category") == "battery"), None
    )
    say(f"a scan shows {len(heard)} devices")
    return problems + (await _explore(api, battery, say) if battery else [])


async def _explore(api: Api, address: str, say: Callable[[str], None]) -> list[str]:
    for last in range(TRIES - 1, -1, -1):
        try:
            answer = await act(api, "explore", address=address)
            break
        except Trouble as err:
            if not last:
                return [f"{address} was not explored: {err}"]
    found = [
        one for service in answer["services"] for one in service["characteristics"]
    ]
    say(f"{address} was explored: {len(found)} characteristics")
    problems = [] if found else [f"{address} shows no characteristics"]
    try:
        await act(api, "read", address=address, characteristic=CHARACTERISTIC)
    except Trouble as err:
        if MISSING not in str(err):
            problems.append(f"{address}: a characteristic that is not there: {err}")
    else:
        problems.append(f"{address} gave a characteristic that it does not have")
    return problems
