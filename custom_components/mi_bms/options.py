"""What the user may set: an option is one row, and all that has to do with it is made from the row.

The rows stand in the ``options`` of their package. From them come the fields of a form, the check of
what was entered, the schema of what an entry holds, the value that is read from it, and the table
for the user. Texts stand in the translations, under the key of the row.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import probatio
from probatio import All, Any as Either, In, Range

from homeassistant.data_entry_flow import SectionConfig, section
from homeassistant.helpers import selector

from .stored import at_least, finite, flag

type Given = Mapping[str, Any]


class Bounds(NamedTuple):
    """The least and the greatest value of a number."""

    low: float
    high: float


def _as[T: (float, int)](kind: type[T]) -> Callable[[Any], T]:
    """Return what makes a number of a value; one that is too large for that is refused, too."""

    def made(value: Any) -> T:
        try:
            return kind(value)
        except TypeError, ValueError, OverflowError:
            raise probatio.Invalid(f"expected {kind.__name__}") from None

    return made


decimal: Final = _as(float)
whole_number: Final = _as(int)


def within(low: float, high: float, kind: Callable[[Any], float] = decimal) -> Any:
    """Return the check of a number that people and automations give with an action, trigger or condition."""
    return All(kind, Range(min=low, max=high))


def _always(_about: Any) -> bool:
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One option: a number if it has bounds, one of its words if it has any, else a flag.

    ``labels`` say more of the words than their translations do, in one form.
    ``step`` is the smallest difference between two numbers. ``section`` is where it stands in the
    form; ``apart``: in the entry, too. ``error`` names the text for a number out of bounds; without
    one the field itself keeps to them. ``shown`` tells whether a device has the option, ``now`` the
    bounds that depend on what else was entered. Without a ``default`` the field of a number may stay
    empty; then it is not stored. ``blank``: so it may with one, which is then what it means. ``kept``: in the entry, and not for all of a kind.
    """

    key: str
    default: Any
    bounds: Bounds | None = None
    step: float = 1
    unit: str | None = None
    words: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    dropdown: bool = False
    section: str = ""
    apart: bool = False
    error: str | None = None
    shown: Callable[[Any], bool] = _always
    now: Callable[[Given], Bounds | None] | None = None
    blank: bool = False
    kept: bool = True

    def of(self, stored: Given) -> Any:
        """Return the value in an entry's options; what nobody has set is as it usually is."""
        value = self.set_in(stored)
        # A word may be one of another version.
        known = value is not None and (not self.words or value in self.words)
        return value if known else self.default

    def set_in(self, stored: Given) -> Any:
        """Return what somebody has set, None where nobody has."""
        inside = stored.get(self.section, {}) if self.apart else stored
        return inside.get(self.key)

    @property
    def schema(self) -> Any:
        """Return what an entry may hold; None is the same as nothing."""
        if self.words:
            return Either(None, In({*self.words}))
        if self.bounds:
            low, high = self.bounds
            return Either(None, All(finite, Range(min=low, max=high)))
        return Either(None, flag)

    @property
    def field(self) -> selector.Selector[Any]:
        """Return the field of a form."""
        if self.words:
            choice = selector.SelectSelectorConfig(options=list(self.words))
            if self.labels:
                choice["options"] = [
                    selector.SelectOptionDict(value=word, label=label)
                    for word, label in zip(self.words, self.labels, strict=True)
                ]
            else:
                choice["translation_key"] = self.key
            if self.dropdown:
                choice["mode"] = selector.SelectSelectorMode.DROPDOWN
            return selector.SelectSelector(choice)
        if self.bounds is None:
            return selector.BooleanSelector()
        number = selector.NumberSelectorConfig(
            step=self.step, mode=selector.NumberSelectorMode.BOX
        )
        if self.error is None:
            number["min"], number["max"] = self.bounds
        if self.unit is not None:
            number["unit_of_measurement"] = self.unit
        return selector.NumberSelector(number)


def form(
    rows: Iterable[Option],
    about: Any,
    *,
    required: bool = True,
    stored: Given | None = None,
    opened: Collection[str] = (),
) -> probatio.Schema:
    """Return the form of the options that a device has.

    ``about`` is what the rows' ``shown`` are asked with. Fields begin with what is ``stored``, or
    else as they usually are.
    """
    fields: dict[probatio.Marker, Any] = {}
    sections: dict[str, dict[probatio.Marker, Any]] = {}
    for row in rows:
        if row.shown(about):
            where = sections.setdefault(row.section, {}) if row.section else fields
            where[_marker(row, stored, required=required)] = row.field
    for name, inner in sections.items():
        config = SectionConfig(collapsed=name not in opened)
        fields[probatio.Required(name)] = section(probatio.Schema(inner), config)
    return probatio.Schema(fields)


def _marker(row: Option, stored: Given | None, *, required: bool) -> probatio.Marker:
    if row.default is None or row.blank:
        # A default would come back whenever somebody empties the field.
        own = None if stored is None else row.set_in(stored)
        suggested = None if own is None else {"suggested_value": own}
        return probatio.Optional(row.key, description=suggested)
    now = row.default if stored is None else row.of(stored)
    return (probatio.Required if required else probatio.Optional)(row.key, default=now)


def without_zeros(stored: Given, rows: Iterable[Option]) -> dict[str, Any]:
    """Return an entry's options without the zeros that once stood for an empty field."""
    kept = dict(stored)
    for row in rows:
        inside = kept.get(row.section) if row.apart else kept
        if isinstance(inside, Mapping) and inside.get(row.key) == 0:
            rest = {key: one for key, one in inside.items() if key != row.key}
            kept = {**kept, row.section: rest} if row.apart else rest
    return kept


def schema(rows: Iterable[Option], further: Mapping[Any, Any]) -> probatio.Schema:
    """Return what an entry's options may be; ``further`` is what no row says."""
    flat: dict[Any, Any] = {}
    apart: dict[str, dict[Any, Any]] = {}
    for row in rows:
        if row.kept:
            where = apart.setdefault(row.section, {}) if row.apart else flat
            where[probatio.Optional(row.key)] = row.schema
    for name, inner in apart.items():
        flat[probatio.Optional(name)] = at_least(inner)
    return at_least({**flat, **further})


class Checked(NamedTuple):
    """What is wrong with what was entered: errors, their placeholders, and the sections they are in."""

    errors: dict[str, str]
    named: dict[str, str]
    sections: set[str]


def check(rows: Iterable[Option], given: Given) -> Checked:
    """Compare numbers that were entered with their bounds, which the errors name."""
    found = Checked({}, {}, set())
    for row in rows:
        bounds = row.now(given) if row.now else row.bounds
        if row.error is None or bounds is None:
            continue
        entered = (given[row.section] if row.section else given).get(row.key)
        # What may be left empty is not there then.
        if entered is not None and not bounds.low <= entered <= bounds.high:
            # What stands in a section is told above all fields, or it would not be seen.
            found.errors["base" if row.section else row.key] = row.error
            if row.section:
                found.sections.add(row.section)
        for word in (row.error.removesuffix("_bounds"), row.key):
            found.named[f"{word}_low"] = f"{bounds.low:g}"
            found.named[f"{word}_high"] = f"{bounds.high:g}"
    return found
