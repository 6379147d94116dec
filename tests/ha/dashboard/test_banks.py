"""A bank stands in the Energy dashboard as a battery does."""

from ..banks.conftest import Owner as BankOwner, address, battery
from ..home import Home
from .conftest import Ask


async def test_a_bank_is_put_in_in_one_step(home: Home, ask: Ask) -> None:
    owner = BankOwner(home)
    await owner.add(battery(1, 5), battery(2, 5))
    bank = await owner.combine(address(1), address(2))
    options = home.hass.config_entries.options
    menu = await home.options(bank)
    assert menu["menu_options"] == ["bank", "energy"]
    form = await home.clock.wait(
        options.async_configure(menu["flow_id"], {"next_step_id": "energy"})
    )
    assert form["step_id"] == "energy_in", form
    field = next(iter(form["data_schema"].schema))
    given = {"capacity": field.description["suggested_value"]}
    done = await home.clock.wait(options.async_configure(menu["flow_id"], given))
    assert done["reason"] == "energy_written"
    (source,) = (await ask("get_prefs"))["energy_sources"]
    assert source["stat_energy_to"] == "sensor.bank_energy_charged"
    assert source["stat_energy_from"] == "sensor.bank_energy_discharged"
    assert source["stat_soc"] == "sensor.bank_state_of_charge"
    assert source["power_config"] == {"stat_rate_inverted": "sensor.bank_power"}
    assert source["name"] == "Bank"
    assert 2 < source["capacity"] < 3
    form = await home.options(bank)
    tells = await home.clock.wait(
        options.async_configure(form["flow_id"], {"next_step_id": "bank"})
    )
    assert tells["step_id"] == "bank"
