"""The cards' words stand in the translations: none is missing, none is left over."""

import re

from .repo import INTEGRATION, translations

CODE = "\n".join(
    path.read_text(encoding="utf-8")
    for path in sorted((INTEGRATION / "frontend").rglob("*.js"))
)
TEXTS = translations()["common"]
CALL = re.compile(r"\bt\(\s*(.*?)(?:\)|,|$)", re.MULTILINE)
# A key stands alone, or in a choice of two; one with a part that is filled in is a family.
KEY = re.compile(r'"(\w+)"')
FAMILY = re.compile(r"`(\w+_)\$\{")


def test_each_text_is_there_and_used() -> None:
    words = set(KEY.findall(CODE))
    families = tuple(FAMILY.findall(CODE))
    asked = {
        key
        for call in CALL.findall(CODE)
        for key in KEY.findall(call.split("?")[-1] if "?" in call else call)
    }
    keys = {name.removeprefix("card_") for name in TEXTS}
    assert all(name.startswith("card_") for name in TEXTS)
    missing = asked - keys
    assert not missing, f"translations/en.json common: lacks card_{missing}"
    unused = {key for key in keys - words if not key.startswith(families or ("\0",))}
    assert not unused, f"translations/en.json common: nothing asks for card_{unused}"
