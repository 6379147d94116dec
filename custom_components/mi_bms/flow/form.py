"""Forms that refuse more fields than they have before they look at any of them.

Home Assistant looks each unknown field up and makes an error of it: of ten thousand, in one turn of the
event loop.
"""

from collections.abc import Mapping
from typing import Any, override

import probatio

from homeassistant.config_entries import ConfigFlowContext, ConfigFlowResult
from homeassistant.core import callback
from homeassistant.data_entry_flow import FlowHandler, section


class Form(probatio.Schema):
    """The fields of a form, at most as many of which are looked at as there are."""

    @override
    def __call__(self, data: Any, **more: Any) -> Any:
        """Return what was entered; raise ``Invalid``."""
        if _is_more(self, data):
            raise probatio.Invalid("more fields than the form has")
        return super().__call__(data, **more)


def _is_more(schema: probatio.Schema, data: Any) -> bool:
    fields = schema.schema
    if not isinstance(data, Mapping):
        return False
    return len(data) > len(fields) or any(
        isinstance(part := fields[name], section) and _is_more(part.schema, data[name])
        for name in fields
        if name in data
    )


def form_of(schema: probatio.Schema | None) -> Form | None:
    """Return the form with these fields, None for one without any."""
    if schema is None or isinstance(schema, Form):
        return schema
    return Form(schema.schema, schema.required, schema.extra)


class Forms(FlowHandler[ConfigFlowContext, ConfigFlowResult]):
    """What shows forms of ours: each looks at no more fields than it has."""

    @callback
    @override
    def async_show_form(
        self, *, data_schema: probatio.Schema | None = None, **more: Any
    ) -> ConfigFlowResult:
        """Return a form."""
        return super().async_show_form(data_schema=form_of(data_schema), **more)
