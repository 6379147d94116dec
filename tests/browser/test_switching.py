"""Switching a battery as a person does: allowed in a form, armed, refused with a sentence, done."""

from collections.abc import Callable, Iterator, Mapping
import contextlib
from pathlib import Path
import re
from typing import Any, Final

from playwright.sync_api import Browser, Locator, TimeoutError as TooLate, expect
import pytest

from . import walk
from .conftest import SHOTS
from .home import running, tell_world
from .wizard import BATTERY_TIME, DARK_PHONE, Wizard, log_in, new_context

WORLD: Final = Path(__file__).with_name("switching.toml")
PHONE: Final[dict[str, Any]] = DARK_PHONE | {"color_scheme": "light"}
FLOWS: Final = "config/config_entries/options/flow"
ADD: Final = "config/config_entries/flow"
API: Final = """([method, path, body]) =>
    document.querySelector("home-assistant").hass.callApi(method, path, body)"""
# As a click on a card does it: what is refused is shown at the bottom of the page.
SERVICE: Final = """([domain, name, data]) =>
    document.querySelector("home-assistant").hass.callService(domain, name, data)
        .then(() => "done", () => "refused")"""
# A message goes after four seconds, in which nobody may have looked: here it stays until the next one comes.
STAYS: Final = """addEventListener("hass-notification",
    event => { event.detail.id ??= "told"; event.detail.duration = -1; }, true)"""
BATTERIES: Final = 10
PAUSE: Final = 10_000  # ms until what was refused is tried again
ODD: Final = "A5:C2:37:00:19:09"
USUAL: Final = {"allow_switching": True, "powers_home": False, "arm_minutes": 10}

type Visit = Callable[..., Wizard]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return where the house keeps its configuration."""
    return tmp_path_factory.mktemp("house")


@pytest.fixture(scope="module")
def house(folder: Path) -> Iterator[str]:
    """Return the address of a Home Assistant that has all these batteries."""
    with running(folder, WORLD, options=()) as address:
        yield address


@pytest.fixture(scope="module")
def visit(
    request: pytest.FixtureRequest, house: str, chromium: Browser
) -> Iterator[Visit]:
    """Open pages of this house."""
    first = new_context(chromium, house)
    tokens = log_in(first.new_page(), house)
    first.close()
    opened = []

    def open_page(**options: Any) -> Wizard:
        page = new_context(chromium, house, tokens, **options).new_page()
        page.add_init_script(STAYS)
        opened.append(page)
        return Wizard(page, house, request.config.stash[SHOTS])

    yield open_page
    for page in opened:
        page.context.close()


class Person:
    """Somebody with the page of our integration before them."""

    def __init__(self, wizard: Wizard) -> None:
        """Open the page and look who is there."""
        self.wizard, self.page = wizard, wizard.page
        self.wizard.integration()
        walk.until(self.page, lambda: len(walk.devices(self.page)) >= BATTERIES)
        self.learns()

    def learns(self) -> None:
        """Look which devices there are."""
        self.entries = {one["title"]: one for one in walk.entries(self.page)}
        self.devices = {one.name: one.id for one in walk.devices(self.page)}

    def called(self, word: str) -> str:
        """Return the whole name of a battery."""
        return next(one for one in self.devices if word in one)

    def allow(self, word: str, **more: Any) -> None:
        """Allow a battery to be switched, without looking at the form."""
        entry = self.entries[self.called(word)]["entry_id"]
        flow = self.page.evaluate(API, ["POST", FLOWS, {"handler": entry}])
        path = f"{FLOWS}/{flow['flow_id']}"
        form = self.page.evaluate(API, ["POST", path, {"next_step_id": "switching"}])
        fields = {one["name"] for one in form["data_schema"]}
        given = {key: one for key, one in (USUAL | more).items() if key in fields}
        for name in ("experimental", "factory_password"):
            if name in fields:
                given.setdefault(name, False)
        done = self.page.evaluate(API, ["POST", path, given])
        if done.get("step_id") == "experimental":
            done = self.page.evaluate(API, ["POST", path, {"understood": True}])
        assert done["type"] == "create_entry", done

    def combine(self, name: str, *words: str) -> None:
        """Make a bank of batteries."""
        form = self.page.evaluate(API, ["POST", ADD, {"handler": "mi_bms"}])
        path = f"{ADD}/{form['flow_id']}"
        form = self.page.evaluate(API, ["POST", path, {"next_step_id": "bank"}])
        members = next(one for one in form["data_schema"] if one["name"] == "members")
        offered = members["selector"]["select"]["options"]
        ids = [
            next(one["value"] for one in offered if word in one["label"])
            for word in words
        ]
        wiring = {"wiring": "parallel", "string_length": 1}
        given = {"name": name, "members": ids, **wiring}
        done = self.page.evaluate(API, ["POST", path, given])
        assert done["type"] == "create_entry", done

    def entity(self, word: str, name: str) -> str:
        """Return a battery's entity, once it is there."""
        found: list[str] = []

        def there() -> bool:
            found[:] = [
                one["entity_id"]
                for one in walk.call(self.page, "config/entity_registry/list")
                if one["device_id"] == self.devices[self.called(word)]
                and one["translation_key"] == name
            ]
            return bool(found)

        walk.until(self.page, there)
        return found[0]

    def turn(self, word: str, name: str, state: str) -> str:
        """Turn a switch of a battery."""
        target = {"entity_id": self.entity(word, name)}
        return str(self.page.evaluate(SERVICE, ["switch", f"turn_{state}", target]))

    def switch(self, word: str, what: str, state: str, **more: Any) -> str:
        """Use the action."""
        return str(self.page.evaluate(SERVICE, self._call(word, what, state, **more)))

    def begin(self, word: str, what: str, state: str) -> None:
        """Use the action, and do something else meanwhile."""
        script = f"call => {{ ({SERVICE})(call); }}"
        self.page.evaluate(script, self._call(word, what, state))

    def _call(self, word: str, what: str, state: str, **more: Any) -> list[Any]:
        device = self.devices[self.called(word)]
        data = {"device_id": device, "what": what, "state": state, **more}
        return ["mi_bms", "switch", data]

    def reads(self, sentence: str) -> None:
        """Read a sentence in the message at the bottom."""
        expect(self.told(sentence)).to_be_visible()

    def told(self, sentence: str) -> Locator:
        """Return the message with a sentence, which need not be there."""
        toast = self.page.locator("ha-toast .message").filter(has_text=sentence)
        return toast.first


@pytest.fixture(scope="module")
def person(visit: Visit) -> Person:
    """Return somebody at a desk."""
    return Person(visit())


def test_a_person_allows_it(person: Person) -> None:
    wizard = person.wizard
    wizard.configure(person.called("JBD-load"))
    wizard.at("This battery")
    wizard.shot("1600 battery, what to set")
    wizard.choose("Switching")
    wizard.at(re.compile("Switching Battery JBD-load"))
    wizard.says("Known well for this type: charging, discharging.")
    wizard.shot("1601 switching, the form")
    wizard.switch("Allow switching")
    wizard.switch("Experimental commands")
    wizard.fill_number("Commands are allowed for", "90")
    wizard.submit()
    wizard.says("Commands can be allowed for 1 to 60 minutes")
    wizard.shot("1602 switching, too long")
    wizard.fill_number("Commands are allowed for", "30")
    wizard.submit()
    wizard.at("Commands that are not proven")
    wizard.shot("1603 switching, not proven")
    wizard.flow.get_by_role("button", name="Add them").click()
    wizard.says("Switch this on first")
    wizard.shot("1604 switching, not understood")
    wizard.switch("I know how to switch this battery on")
    wizard.flow.get_by_role("button", name="Add them").click()
    wizard.says("saved")
    wizard.close("finish|close")
    wizard.page.goto(
        f"{wizard.base}/config/devices/device/{person.devices[person.called('JBD-load')]}"
    )
    for name in (
        "Allow commands",
        "Charging allowed",
        "Clear alarms",
        "Switched back at",
    ):
        expect(wizard.device().get_by_text(name).first).to_be_visible(
            timeout=BATTERY_TIME
        )
    wizard.tall_shot("1605 switching, the battery's page")


def test_the_form_on_a_phone(visit: Visit) -> None:
    person = Person(visit(**PHONE))
    wizard = person.wizard
    wizard.configure(person.called("ANT"))
    wizard.choose("Switching")
    wizard.at(re.compile("Switching Battery ANT"))
    wizard.says("Known well for this type")
    wizard.switch("Allow switching")
    wizard.submit()
    wizard.says("obeys only with the password of its app. Give it here")
    wizard.tall_shot("1606 switching, the form on a phone")


# A battery, what is wanted of it, and the sentence that says why not.
REFUSALS: Final[Mapping[str, tuple[str, dict[str, Any], str]]] = {
    "load_flows": (
        "JBD-load",
        {"what": "discharge", "state": "off"},
        "A flow out of Battery JBD-load",
    ),
    "not_offered": (
        "JBD-load",
        {"what": "heater", "state": "on"},
        "no command is known for it",
    ),
    "too_cold": (
        "JBD-cold",
        {"what": "charge", "state": "on"},
        "charging below 0 °C damages it",
    ),
    "charge_protection": (
        "JBD-hot",
        {"what": "charge", "state": "on"},
        "does not let it charge (Too hot to charge)",
    ),
    "other_unknown": (
        "JBD-hot",
        {"what": "discharge", "state": "on"},
        "whether charging was switched off by somebody",
    ),
    "undervoltage": (
        "JBD-low",
        {"what": "discharge", "state": "on"},
        "is discharged too far (Cell under-voltage)",
    ),
    "failed": (
        "JBD-deaf",
        {"what": "charge", "state": "off"},
        "did not do it: it says that charging is as it was",
    ),
    "rejected": (
        "JBD-firm",
        {"what": "charge", "state": "off"},
        "refused the command: it does not allow it right now",
    ),
    # It is too hot to discharge, so that nobody sees whether it obeys.
    "unknown": (
        "R-12100",
        {"what": "discharge", "state": "on"},
        "what came of it could not be read. Look at the switch after the next reading",
    ),
}


def test_nothing_is_switched_that_is_not_allowed(person: Person) -> None:
    assert person.switch("JBD-cold", "charge", "off") == "refused"
    person.reads("An administrator can allow it")
    person.wizard.shot("1610 not allowed")


@pytest.mark.parametrize("why", REFUSALS)
def test_each_refusal_is_a_sentence(person: Person, why: str) -> None:
    word, wanted, sentence = REFUSALS[why]
    person.allow(word, experimental=why == "unknown")
    assert person.turn(word, "allow_commands", "off") == "done"
    assert person.switch(word, **wanted) == "refused"
    if why != "not_offered":
        person.reads(f"Commands to {person.called(word)} are not allowed right now")
    assert person.turn(word, "allow_commands", "on") == "done"
    assert person.switch(word, **wanted) == "refused"
    person.reads(sentence)
    person.wizard.shot(f"1611 {why}")


def test_a_wrong_password_is_told(person: Person) -> None:
    person.allow("ANT", control_password="wr0ngpw")  # noqa: S106 (a board of this world)
    assert person.turn("ANT", "allow_commands", "on") == "done"
    assert person.switch("ANT", "charge", "off") == "refused"
    person.reads("it is most likely wrong")
    person.wizard.shot("1612 wrong password")
    person.page.goto(f"{person.wizard.base}/config/repairs")
    expect(person.page.get_by_text("does not take its password")).to_be_visible()
    person.wizard.shot("1613 wrong password, the repair")
    person.wizard.integration()


def test_a_battery_that_powers_the_house(person: Person) -> None:
    person.allow("JBD-load", powers_home=True)
    assert person.turn("JBD-load", "allow_commands", "on") == "done"
    assert person.switch("JBD-load", "discharge", "off") == "refused"
    person.reads("powers Home Assistant, which could not switch it on again")
    person.page.wait_for_timeout(6000)
    long = {"force": True, "minutes": 31}
    assert person.switch("JBD-load", "discharge", "off", **long) == "refused"
    person.reads("discharging can be off for 30 minutes at most")
    person.wizard.shot("1614 powers the house")


def test_what_is_allowed_is_done_and_told(person: Person) -> None:
    wizard = person.wizard
    person.allow("JBD-load")
    assert person.turn("JBD-load", "allow_commands", "on") == "done"

    def too_soon() -> bool:
        # On a loaded machine the second may come late enough to be carried out: then once more.
        done = person.switch("JBD-load", "charge", "off", minutes=5) == "done"
        return done and person.switch("JBD-load", "charge", "on") == "refused"

    walk.until(person.page, too_soon)
    person.reads("Wait five seconds and try again")
    wizard.shot("1615 too soon")
    device = person.devices[person.called("JBD-load")]
    wizard.page.goto(f"{wizard.base}/config/devices/device/{device}")
    for line in ("is told to stop charging for 5 min", "it stopped charging"):
        expect(wizard.device().get_by_text(line).first).to_be_visible()
    wizard.shot("1616 what the page of the battery tells")
    wizard.page.get_by_text("Charging allowed").first.click()
    expect(wizard.page.get_by_role("switch", name="Toggle", exact=True)).to_be_visible()
    wizard.shot("1617 charging is off")
    person.wizard.integration()


def test_a_battery_of_two_banks(person: Person) -> None:
    person.allow("JBD-firm")
    person.combine("Cellar", "JBD-firm", "JBD-slow")
    person.combine("Attic", "JBD-firm", "JBD-odd")
    walk.until(person.page, lambda: len(walk.devices(person.page)) >= BATTERIES + 2)
    person.learns()
    assert person.switch("Cellar", "charge", "off") == "refused"
    person.reads("belongs to another bank, too")
    person.wizard.shot("1618 two banks")


def test_one_that_takes_long(person: Person) -> None:
    person.allow("JBD-slow")
    assert person.turn("JBD-slow", "allow_commands", "on") == "done"
    busy = "is still carrying out another command. Try again when that has ended"

    def refused() -> bool:
        person.begin("JBD-slow", "charge", "off")
        assert person.turn("JBD-slow", "discharging_allowed", "off") == "refused"
        # On a loaded machine the message of the first may have taken its place already.
        with contextlib.suppress(TooLate):
            person.told(busy).wait_for(timeout=PAUSE)
            return True
        return False

    walk.until(person.page, refused)
    person.wizard.keep("1619 busy")
    person.reads("did not do it")


def test_a_reading_that_cannot_be(person: Person, folder: Path) -> None:
    person.allow("JBD-odd")
    assert person.turn("JBD-odd", "allow_commands", "on") == "done"
    tell_world(folder, "press", ODD, celsius=140)
    assert person.switch("JBD-odd", "charge", "off") == "refused"
    person.reads("cannot be true. Try again")
    person.wizard.shot("1620 implausible")
    tell_world(folder, "press", ODD, celsius=20)


def test_a_reading_without_temperatures(person: Person, folder: Path) -> None:
    person.allow("JBD-odd")
    assert person.turn("JBD-odd", "allow_commands", "on") == "done"
    tell_world(folder, "press", ODD, probes=0)
    assert person.switch("JBD-odd", "charge", "on") == "refused"
    person.reads("left out something that this is judged by")
    person.reads("Try again in a minute. If it stays so, use its maker's app")
    person.wizard.shot("1624 incomplete")


def test_another_module(person: Person, folder: Path) -> None:
    tell_world(folder, "fault", ODD, faults={"exchanged": True})
    tell_world(folder, "disconnect", ODD)
    # Until Home Assistant looks once more, it knows the old one only.
    walk.until(
        person.page,
        lambda: (
            person.switch("JBD-odd", "charge", "off") == "refused"
            and person.told("is not the type of battery any more").is_visible()
        ),
    )
    person.reads("Check its type with Reconfigure, then allow commands again")
    person.wizard.shot("1621 other family")


def test_too_many(person: Person) -> None:
    """As an automation that switches a battery again and again, until that is refused."""
    state, done = ["off", "on"], 0

    def swings() -> bool:
        nonlocal done
        if person.switch("JBD-load", "charge", state[0]) == "done":
            state.reverse()
            done += 1
        # What comes too soon is not counted.
        person.page.wait_for_timeout(2000)
        return person.told("got 20 commands within the last hour").is_visible()

    person.allow("JBD-load", arm_minutes=60)
    assert person.turn("JBD-load", "allow_commands", "on") == "done"
    walk.until(person.page, swings, lambda: done)
    person.reads("Look for an automation that switches it again and again")
    person.wizard.shot("1622 too many")


def test_a_battery_that_is_left_alone(person: Person) -> None:
    person.allow("JBD-deaf")
    assert person.turn("JBD-deaf", "allow_commands", "on") == "done"
    release = {"entity_id": person.entity("JBD-deaf", "release")}
    assert person.page.evaluate(SERVICE, ["button", "press", release]) == "done"
    assert person.switch("JBD-deaf", "charge", "off") == "refused"
    person.reads("is left alone right now")
    person.wizard.shot("1623 left alone")
