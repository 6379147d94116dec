"""A battery in the Energy dashboard: put there in one step, with the bars of a day where they belong."""

from datetime import UTC, datetime, time, timedelta
import re
from typing import Any, Final

from playwright.sync_api import Locator, expect
import pytest

from . import walk
from .wizard import BATTERY_TIME, DARK_PHONE, Wizard

NAME: Final = "Battery JBD-solar 0C15"
# The day before the tests began: it stays the same where midnight comes in between.
YESTERDAY: Final = datetime.combine(datetime.now(UTC).date(), time(), UTC) - timedelta(
    days=1
)
# kWh of each hour of a sunny day: the sun charges it, the evening and the night empty it.
CHARGED: Final = (0,) * 8 + (0.1, 0.3, 0.5, 0.7, 0.8, 0.8, 0.6, 0.3, 0.1) + (0,) * 7
DISCHARGED: Final = (
    (0.2,) * 6 + (0.3, 0.1) + (0,) * 9 + (0.2, 0.4, 0.6, 0.6, 0.5, 0.3, 0.2)
)


def remember(wizard: Wizard, statistic_id: str, hours: tuple[float, ...]) -> None:
    """Write the hours of yesterday before what the meter has counted itself, which begins at 0."""
    total, start = -sum(hours), YESTERDAY
    rows = [
        {"start": (start - timedelta(hours=1)).isoformat(), "state": 0, "sum": total}
    ]
    for hour, energy in enumerate(hours):
        total += energy
        moment = start + timedelta(hours=hour)
        rows.append({"start": moment.isoformat(), "state": 0, "sum": round(total, 3)})
    metadata = {
        "has_sum": True,
        "mean_type": 0,
        "name": None,
        "source": "recorder",
        "statistic_id": statistic_id,
        "unit_class": "energy",
        "unit_of_measurement": "kWh",
    }
    walk.call(wizard.page, "recorder/import_statistics", metadata=metadata, stats=rows)


def changes(wizard: Wizard, statistic_id: str) -> list[float]:
    """Return what the database says of each hour of yesterday."""
    found = walk.call(
        wizard.page,
        "recorder/statistics_during_period",
        start_time=YESTERDAY.isoformat(),
        end_time=(YESTERDAY + timedelta(days=1)).isoformat(),
        statistic_ids=[statistic_id],
        period="hour",
        types=["change"],
    )
    return [round(row["change"], 3) for row in found.get(statistic_id, ())]


def battery(wizard: Wizard) -> dict[str, Any]:
    """Return how the battery stands in the dashboard."""
    prefs = walk.call(wizard.page, "energy/get_prefs")
    found: dict[str, Any] = next(
        one for one in prefs["energy_sources"] if one.get("name") == NAME
    )
    return found


def test_a_battery_is_put_into_the_dashboard(wizard: Wizard) -> None:
    wizard.add_discovered(NAME)
    wizard.choose("Add this one")
    wizard.at("Is this the one?", timeout=BATTERY_TIME)
    wizard.submit()
    wizard.says("can stand in the Energy dashboard", timeout=BATTERY_TIME)
    # Where that leads depends on whether its device is known to the frontend already.
    wizard.close("finish")
    wizard.configure(NAME)
    wizard.at("This battery")
    wizard.choose("Energy dashboard")
    wizard.at(f"Put {NAME} into the Energy dashboard")
    # It names entities by their ids, which look like texts that were not translated.
    wizard.settle()
    wizard.keep("700 what will be written")
    wizard.flow.get_by_role("button", name="Put it in").click()
    wizard.says("is in the Energy dashboard")
    wizard.shot("701 written")
    wizard.close("close|finish")
    stored = battery(wizard)
    hours = {stored["stat_energy_to"]: CHARGED, stored["stat_energy_from"]: DISCHARGED}
    for statistic_id, energies in hours.items():
        remember(wizard, statistic_id, energies)
    for statistic_id, energies in hours.items():
        walk.until(
            wizard.page,
            lambda one=statistic_id, want=energies: changes(wizard, one) == [*want],
        )
    assert walk.call(wizard.page, "energy/validate")["energy_sources"] == [[]]


LOOKS: Final = {"desktop": {}, "dark phone": DARK_PHONE}


# Of each row of bars its name, and of each bar its height and the time that it begins at.
BARS: Final = f"""() => {{
    {walk.EACH}
    const found = {{}};
    each(document, one => {{
        for (const row of one.localName === "ha-chart-base" ? one.data ?? [] : [])
            if (row.type === "bar" && row.data.length)
                found[row.id] = row.data.map(({{value}}) => [value[1], value[2]]);
    }});
    return found;
}}"""


def bars(wizard: Wizard) -> dict[str, tuple[float, ...]]:
    """Return the heights of all bars by the hours of yesterday, by what they are bars of."""
    first, drawn = YESTERDAY.timestamp(), {}
    for name, row in wizard.page.evaluate(BARS).items():
        heights = dict.fromkeys(range(24), 0.0)
        # Of a single bar, as of a day that has just begun, the page notes no beginning.
        if any(begin is None for _, begin in row):
            continue
        for height, begin in row:
            heights[int((begin / 1000 - first) // 3600)] = round(height, 3)
        drawn[name] = tuple(heights.values())
    return drawn


def turn_back(wizard: Wizard) -> None:
    """Turn the dashboard back to yesterday; in the first hour of a day it begins there by itself."""
    title = wizard.page.locator("hui-energy-period-selector .header-title")

    def day(at: datetime) -> Locator:
        return title.filter(has_text=re.compile(rf"\b{at:%b} {at.day}\b"))

    wanted, next_day = day(YESTERDAY), day(YESTERDAY + timedelta(days=1))
    expect(wanted.or_(next_day)).to_be_visible()
    if next_day.is_visible():
        wizard.page.get_by_role("button", name="Previous").click()
    expect(wanted).to_be_visible()


@pytest.mark.parametrize("look", LOOKS)
def test_the_bars_of_a_day(open_wizard: Any, look: str) -> None:
    """What was charged hangs below the line, what was discharged stands on it, each in its hours."""
    wizard = open_wizard(**LOOKS[look])
    wizard.page.goto(f"{wizard.base}/energy")
    turn_back(wizard)
    wizard.page.get_by_role("tab", name="Electricity").click()
    stored = battery(wizard)
    wanted = {
        f"{stored['stat_energy_to']}-to_battery": tuple(-one for one in CHARGED),
        f"{stored['stat_energy_from']}-from_battery": DISCHARGED,
    }
    walk.until(wizard.page, lambda: bars(wizard) == wanted)
    for total in (f"{sum(DISCHARGED):.1f} kWh", f"-{sum(CHARGED):.1f} kWh"):
        expect(wizard.page.get_by_role("cell", name=total, exact=True)).to_be_visible()
    wizard.shot(f"710 yesterday, {look}")


SURE: Final = re.compile("^(OK|Yes|Delete|Remove)$")


def pick(wizard: Wizard, label: str, name: str) -> None:
    """Choose an entity of the battery in a field of Home Assistant's own form."""
    dialog = wizard.page.locator("dialog-energy-battery-settings")
    field = dialog.locator("ha-statistic-picker").filter(has_text=label).last
    field.get_by_role("button").first.click()
    wizard.page.get_by_placeholder("Search", exact=True).last.fill(f"{NAME} {name}")
    option = wizard.page.get_by_role("option").filter(has_text=name)
    option.filter(has_text=NAME).first.click()
    expect(field).to_contain_text(name)


def test_the_form_of_who_does_it_by_hand(wizard: Wizard) -> None:
    """Home Assistant's own form takes the hidden meters, and makes the same of them; a picture of the README."""
    wizard.page.set_viewport_size({"width": 1280, "height": 1300})
    wizard.page.goto(f"{wizard.base}/config/energy")
    expect(
        wizard.page.get_by_role("button", name="Edit battery system")
    ).to_be_visible()
    stored = battery(wizard)
    # What a battery has already is offered to no other.
    remove = wizard.page.get_by_role("button", name="Remove battery system")
    remove.click()
    wizard.page.get_by_role("button", name=SURE).last.click()
    expect(remove).to_have_count(0)
    wizard.page.get_by_role("button", name="Add battery system").click()
    pick(wizard, "Energy discharged from the battery", "Energy discharged")
    pick(wizard, "Energy charged into the battery", "Energy charged")
    shown = wizard.page.get_by_role("textbox", name="Display name")
    wizard.page.get_by_role("radio", name="Inverted").click()
    pick(wizard, "Battery power", "Power")
    pick(wizard, "Battery state of charge sensor", "State of charge")
    capacity = wizard.page.get_by_role("spinbutton", name="Battery capacity")

    def typed() -> bool:
        """Type name and number; a form that is drawn anew just then forgets them, as it would a person's."""
        shown.fill(NAME)
        shown.press("Tab")
        capacity.fill(str(stored["capacity"]))
        # The form takes a number when its field is left.
        capacity.press("Tab")
        wizard.page.wait_for_timeout(1000)
        right = capacity.input_value().startswith(f"{stored['capacity']:g}")
        return right and shown.input_value() == NAME

    walk.until(wizard.page, typed)
    wizard.dialog_picture("energy")
    wizard.page.get_by_role("button", name="Save").click()

    def made() -> list[dict[str, Any]]:
        found: dict[str, Any] = walk.call(wizard.page, "energy/get_prefs")
        return list(found["energy_sources"])

    walk.until(wizard.page, lambda: bool(made()))
    assert made() == [stored]
