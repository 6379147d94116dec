"""What devices are called: one plain word of the translations for each kind, and it fits everywhere."""

import pytest

from custom_components.mi_bms.proto.bms.index import INDEX
from custom_components.mi_bms.proto.mibeacon.devices import DEVICES, KINDS
from custom_components.mi_bms.proto.mibeacon.spec import DeviceSpec, ProductKind
from custom_components.mi_bms.proto.model.names import kinded, titled

from .repo import translations

WORDS = translations()["selector"]["product"]["options"]
LONGEST = 32  # characters that every list has room for
ADDRESS = "A4:C1:38:12:05:5B"


def fits(name: str) -> None:
    """Refuse what is cut off, what reads as a path and what holds product codes in a row."""
    assert len(name) <= LONGEST, (
        f"{name} has more than {LONGEST} characters: shorten it"
    )
    assert not set(name) & set("/\\|"), f"{name}: one word or model, not several"
    assert name == " ".join(name.split())


@pytest.mark.parametrize("kind", ProductKind)
def test_a_kind_is_one_plain_word(kind: ProductKind) -> None:
    word = WORDS[kind]
    fits(titled(word, ADDRESS, {f"{word} 055B"}))
    assert word == word.capitalize(), f"{word}: sentence case"
    assert not any(letter.isdigit() for letter in word)


@pytest.mark.parametrize(
    "spec", [*DEVICES.values(), *KINDS.values()], ids=lambda spec: spec.model
)
def test_a_product_is_called_by_its_kind_and_one_model(spec: DeviceSpec) -> None:
    fits(titled(WORDS[spec.kind], ADDRESS))
    fits(spec.short_model)
    assert spec.kind is not ProductKind.SENSOR, "say what it is"
    assert spec.title not in {spec.model, WORDS[spec.kind]}, "the title says no more"


@pytest.mark.parametrize("family", INDEX)
def test_a_battery_without_a_name_is_called_by_its_family(family: str) -> None:
    name = kinded(WORDS["battery"], INDEX[family].called)
    fits(titled(name, ADDRESS))
    assert "battery" not in name.removeprefix(WORDS["battery"]).lower()


def test_each_kind_is_used() -> None:
    used = {spec.kind for spec in (*DEVICES.values(), *KINDS.values())}
    assert used == set(ProductKind) - {ProductKind.SENSOR}
