"""Forms that take the answer to themselves, and tell whoever answers another one.

Two browsers may show one flow: what the second one sends is the answer to a form that is not shown any
more. It is refused with a sentence of ours, before any of its fields is looked at: Home Assistant makes
an error of each unknown one, and of ten thousand, in one turn of the event loop. Who chooses from a menu
that is not shown any more gets what is shown now: for a choice that is refused the frontend has no
sentence, and it ends the flow, in the other browser, too.
"""

from collections.abc import Mapping
from typing import Any, Final, cast, override

import probatio

from homeassistant.config_entries import ConfigFlowContext, ConfigFlowResult
from homeassistant.core import callback
from homeassistant.data_entry_flow import FlowHandler, section

FORM_CHANGED: Final = "form_changed"
_CHOICE: Final = "next_step_id"
_NOTHING: Final = probatio.Schema({})


class Form(probatio.Schema):
    """The fields of a form; an answer with others is that to another form."""

    @override
    def __call__(self, data: Any, **more: Any) -> Any:
        """Return what was entered, None for what only asks how it stands; raise ``Invalid``."""
        if isinstance(data, Mapping) and _CHOICE in data:
            return None
        if _is_others(self, data):
            raise probatio.Invalid(FORM_CHANGED)
        return super().__call__(data, **more)


class Menu(Form):
    """The choices of a menu; another menu's is none."""

    @override
    def __call__(self, data: Any, **more: Any) -> Any:
        """Return what was chosen, None for a choice that there is not; raise ``Invalid``."""
        chosen = data.get(_CHOICE) if isinstance(data, Mapping) else None
        if isinstance(chosen, str) and chosen in self.schema[_CHOICE].container:
            return {_CHOICE: chosen}
        return super().__call__(data, **more)


def _is_others(schema: probatio.Schema, data: Any) -> bool:
    fields = schema.schema
    if not isinstance(data, Mapping):
        return False
    return any(name not in fields for name in data) or any(
        isinstance(part := fields[name], section)
        and _is_others(part.schema, data[name])
        for name in fields
        if name in data
    )


def form_of(schema: probatio.Schema | None) -> Form:
    """Return the form with these fields; one without any takes nothing but the click."""
    if isinstance(schema, Form):
        return schema
    schema = _NOTHING if schema is None else schema
    return Form(schema.schema, schema.required, schema.extra)


class Forms(FlowHandler[ConfigFlowContext, ConfigFlowResult]):
    """What shows forms and menus of ours: each takes the answer to itself only."""

    @callback
    @override
    def async_show_form(
        self, *, data_schema: probatio.Schema | None = None, **more: Any
    ) -> ConfigFlowResult:
        """Return a form."""
        return super().async_show_form(data_schema=form_of(data_schema), **more)

    @callback
    @override
    def async_show_menu(self, **more: Any) -> ConfigFlowResult:
        """Return a menu."""
        menu = super().async_show_menu(**more)
        menu["data_schema"] = Menu(cast(probatio.Schema, menu["data_schema"]).schema)
        return menu
