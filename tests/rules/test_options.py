"""An option is one row: its texts and its table exist, and its usual value is one that may be set."""

import ast
from collections.abc import Callable, Iterator
from math import inf, nan
from typing import Any

import probatio
from probatio import Invalid
import pytest

from custom_components.mi_bms.config_flow import MiBmsConfigFlow
from custom_components.mi_bms.const import CONF_CONTROL_PASSWORD
from custom_components.mi_bms.flow.form import FORM_CHANGED
from custom_components.mi_bms.flow.output_options import OutputOptions
from custom_components.mi_bms.options import Option, decimal, whole_number, within
from custom_components.mi_bms.outputs.options import CONF_TYPE, TYPES
from custom_components.mi_bms.outputs.setup import DATA, OUTPUTS

from .repo import INTEGRATION, calls, generator, same, translations, tree

TEXTS = translations()
FORMS = generator().FORMS
ROWS: list[tuple[str, Option]] = [
    (step, row) for step, (_, rows) in FORMS.items() for row in rows
]
# Errors that are no bounds of a number.
OTHERS = {
    "start_fixed",
    "window_too_close",
    "password_twice",
    "password_needed",
    "not_understood",
    FORM_CHANGED,
}
# Fields that no entry's options hold.
ASIDE = {CONF_CONTROL_PASSWORD}


def ids(one: object) -> str:
    return one.key if isinstance(one, Option) else str(one)


def labelled(step: str, section: str) -> dict[str, Any]:
    texts = TEXTS["options"]["step"].get(step, {})
    if section:
        texts = texts.get("sections", {}).get(section, {})
    return {part: texts.get(part, {}) for part in ("data", "data_description")}


@pytest.mark.parametrize(("step", "row"), ROWS, ids=ids)
def test_each_option_has_its_texts(step: str, row: Option) -> None:
    where = f"options.step.{step}" + (f".sections.{row.section}" if row.section else "")
    missing = [
        f"{where}.{part}.{row.key}"
        for part in ("data", "data_description")
        if row.key not in labelled(step, row.section)[part]
    ]
    if row.error and row.error not in TEXTS["options"]["error"]:
        missing.append(
            f"options.error.{row.error} (name the bounds with {{{row.key}_low}} and "
            f"{{{row.key}_high}})"
        )
    assert not missing, (
        f"translations/en.json lacks {', '.join(missing)}: add what is missing, then "
        "run script/generate for the table of options"
    )
    if row.words:
        words = TEXTS["selector"][row.key]["options"]
        same(words, row.words, f"selector.{row.key}.options")


@pytest.mark.parametrize("kind", TYPES)
def test_each_type_of_output_is_whole(kind: str) -> None:
    place, usual, _ = TYPES[kind]
    missing = []
    if kind not in OUTPUTS:
        missing.append("outputs/setup.py: what hands it over, in OUTPUTS")
    if not hasattr(MiBmsConfigFlow, f"async_step_output_{kind}"):
        missing.append(f"flow/outputs.py: the step async_step_output_{kind}")
    if not hasattr(OutputOptions, f"async_step_{kind}"):
        missing.append(f"flow/output_options.py: the step async_step_{kind}")
    if f"output_{kind}" not in TEXTS["config"]["step"]:
        missing.append(f"translations/en.json: config.step.output_{kind}")
    try:
        DATA({CONF_TYPE: kind, place: usual})
    except Invalid:
        missing.append(
            f"outputs/options.py: a usual place that PLACES[{place!r}] finds no fault with"
        )
    assert not missing, f"an output of {kind} lacks {'; '.join(missing)}"


def left_over() -> Iterator[str]:
    """Return the texts of options that have no row."""
    for step, (_, rows) in FORMS.items():
        for section in {row.section for row in rows}:
            keys = {row.key for row in rows if row.section == section}
            yield from labelled(step, section)["data"].keys() - keys - ASIDE
    yield from (
        TEXTS["options"]["error"].keys() - OTHERS - {row.error for _, row in ROWS}
    )


def test_no_text_is_left_over() -> None:
    assert not [*left_over()], "remove the texts, or add the rows of these options"


@pytest.mark.parametrize(("step", "row"), ROWS, ids=ids)
def test_what_is_usual_may_be_set(step: str, row: Option) -> None:
    check = probatio.Schema(row.schema)
    assert check(row.default) == row.default
    assert row.of({}) == row.default
    if row.bounds:
        low, high = row.bounds
        assert check(low) == low
        assert check(high) == high
        for wrong in (low - 1, high + 1, float("nan"), "1", True):
            with pytest.raises(probatio.Invalid):
                check(wrong)
    else:
        with pytest.raises(probatio.Invalid):
            check(7)


@pytest.mark.parametrize("kind", [decimal, whole_number])
def test_a_number_of_an_action_is_refused_however_large(
    kind: Callable[[Any], float],
) -> None:
    check = probatio.Schema({"minutes": within(1, 10, kind)})
    # A schema that is used often is compiled, and refuses in another way.
    for _ in range(5000):
        check({"minutes": 5})
    for wrong in (10**400, -(10**400), inf, nan, 11, "x", None, []):
        with pytest.raises(probatio.Invalid):
            check({"minutes": wrong})


def test_all_numbers_are_taken_so() -> None:
    found = [
        str(path.relative_to(INTEGRATION))
        for path in INTEGRATION.rglob("*.py")
        for call in calls(tree(path), "Coerce")
        if isinstance(call.args[0], ast.Name) and call.args[0].id in {"float", "int"}
    ]
    assert not found, "take the number by within() of options.py"
