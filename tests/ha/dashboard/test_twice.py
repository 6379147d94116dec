"""A bank and its batteries are not counted beside each other unseen."""

from typing import Any

from homeassistant.config_entries import ConfigEntry

from ..banks.conftest import Owner as BankOwner, address, battery
from ..home import Home, Result
from .conftest import Ask


async def answer(home: Home, flow: Result, data: dict[str, Any]) -> Result:
    options = home.hass.config_entries.options
    done: Result = await home.clock.wait(options.async_configure(flow["flow_id"], data))
    return done


async def opened(home: Home, entry: ConfigEntry[Any]) -> Result:
    """Open the step of the dashboard."""
    return await home.options(entry, "energy")


async def notes(home: Home, entry: ConfigEntry[Any]) -> str:
    form = await opened(home, entry)
    return str(form["description_placeholders"]["notes"])


async def test_what_counts_the_same_energy_is_named(home: Home, ask: Ask) -> None:
    owner = BankOwner(home)
    one, other = await owner.add(battery(1, -3.0), battery(2, -4.0))
    bank = await owner.combine(address(1), address(2))
    assert not await notes(home, bank)
    assert (await answer(home, await opened(home, one), {}))["type"] == "abort"
    said = await notes(home, bank)
    assert "Counted twice" in said
    assert one.title in said
    assert other.title not in said
    assert not await notes(home, other)
    await answer(home, await opened(home, bank), {})
    assert len((await ask("get_prefs"))["energy_sources"]) == 2
    assert "Bank" in await notes(home, other)
