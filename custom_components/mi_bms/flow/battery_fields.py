"""What the forms of a battery ask for: its type and its password."""

from typing import Final

import probatio

from homeassistant.const import CONF_PASSWORD
from homeassistant.helpers import selector

from ..const import CONF_FAMILY
from ..proto.bms.index import INDEX

FIND_OUT: Final = "find_out"

_PASSWORD_TEXT: Final = selector.TextSelector(
    selector.TextSelectorConfig(type=selector.TextSelectorType.PASSWORD)
)
PASSWORD: Final = probatio.Schema(
    {probatio.Required(probatio.Secret(CONF_PASSWORD)): _PASSWORD_TEXT}
)
MAYBE_PASSWORD: Final = {
    probatio.Optional(probatio.Secret(CONF_PASSWORD)): _PASSWORD_TEXT
}


def family_field(families: list[str]) -> selector.SelectSelector:
    """Return the choice among some types, and having it found out."""
    options = [
        selector.SelectOptionDict(value=FIND_OUT, label=FIND_OUT),
        *(
            selector.SelectOptionDict(value=family, label=INDEX[family].title)
            for family in families
        ),
    ]
    return selector.SelectSelector(
        selector.SelectSelectorConfig(
            options=options,
            mode=selector.SelectSelectorMode.DROPDOWN,
            translation_key=CONF_FAMILY,
        )
    )
