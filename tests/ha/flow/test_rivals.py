"""The same devices in other integrations: their cards are ignored once the list was accepted."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import (
    MockModule,
    mock_config_flow,
    mock_integration,
    mock_platform,
)

from homeassistant.config_entries import (
    SOURCE_BLUETOOTH,
    SOURCE_IGNORE,
    ConfigFlow,
    ConfigFlowResult,
)

from ..home import Home
from ..keys.test_ring import CLEAR
from .test_nearby import BATTERY, fill, finish, near

OTHER = "other_ble"
STRANGER = "A4:C1:38:77:77:77"


class OtherFlow(ConfigFlow):
    """Offer what was heard, as integrations for Bluetooth do."""

    async def async_step_bluetooth(self, address: str) -> ConfigFlowResult:
        """Ask whether to add it."""
        await self.async_set_unique_id(address)
        self.context["title_placeholders"] = {"name": f"Thing {address[-2:]}"}
        return self.async_show_form(step_id="confirm")

    async def async_step_confirm(self, _answer: Any = None) -> ConfigFlowResult:
        """Ask again."""
        return self.async_show_form(step_id="confirm")


@pytest.fixture
def other(home: Home) -> Any:
    """Have another integration beside ours."""
    mock_integration(home.hass, MockModule(OTHER, partial_manifest={"name": "Other"}))
    mock_platform(home.hass, f"{OTHER}.config_flow", None)
    with mock_config_flow(OTHER, OtherFlow):
        yield home


def offered(home: Home) -> set[str]:
    flows = home.hass.config_entries.flow.async_progress_by_handler(OTHER)
    return {str(one["context"]["unique_id"]) for one in flows}


def ignored(home: Home) -> dict[str, str]:
    entries = home.hass.config_entries.async_entries(OTHER)
    return {
        str(one.unique_id): one.title for one in entries if one.source == SOURCE_IGNORE
    }


async def test_the_cards_of_others_are_ignored_when_the_list_was_accepted(
    other: Home,
) -> None:
    home = other
    for address in (CLEAR, BATTERY, STRANGER):
        await home.hass.config_entries.flow.async_init(
            OTHER, context={"source": SOURCE_BLUETOOTH}, data=address
        )
    form = await near(home)
    done = await finish(home, form, fill(form, batteries=[BATTERY]))
    assert done["menu_options"] == ["keys", "rivals", "nearby_end"]
    assert done["description_placeholders"]["rivals"] == "2"
    form = await home.choose(done, "rivals")
    assert offered(home) == {CLEAR, BATTERY, STRANGER}
    field = next(iter(form["data_schema"].schema))
    options = form["data_schema"].schema[field].config["options"]
    assert [one["label"] for one in options] == ["Other: Thing 04", "Other: Thing 41"]
    first, second = (one["value"] for one in options)
    assert set(field.default()) == {first, second}
    done = await home.answer(form, {"rivals": [second]})
    assert done["description_placeholders"]["rivals"] == "1"
    assert offered(home) == {BATTERY, STRANGER}
    assert ignored(home) == {CLEAR: "Thing 41"}
    form = await home.choose(done, "rivals")
    done = await home.answer(form, {"rivals": [first]})
    assert done["menu_options"] == ["keys", "nearby_end"]
    done = await home.choose(done, "nearby_end")
    assert done["reason"] == "nearby_added"
    assert offered(home) == {STRANGER}
