"""Names that two or more modules of the integration share."""

from typing import Final

DOMAIN: Final = "mi_bms"

CONF_KIND: Final = "kind"
CONF_KEY: Final = "key"
CONF_FAMILY: Final = "family"
CONF_MODEL: Final = "model"
CONF_PROFILE: Final = "profile"
CONF_METER: Final = "meter"
CONF_NAMED: Final = "named"
CONF_SWITCHING: Final = "switching"
CONF_WINDOW: Final = "window"
CONF_PRODUCT: Final = "product"
CONF_KEYED_AT: Final = "keyed_at"
CONF_BESIDE: Final = (
    "beside"  # another integration reads the device, too, and is meant to
)

# Options of batteries that stand in what is kept, too; corrections are a section of the form.
CONF_CORRECTIONS: Final = "corrections"
CONF_CELSIUS: Final = "celsius"

KIND_SENSOR: Final = "sensor"
KIND_BATTERY: Final = "battery"
KIND_BANK: Final = "bank"
KIND_OUTPUT: Final = "output"


# The bus event behind device triggers.
EVENT_HAPPENED: Final = f"{DOMAIN}_event"
ATTR_SOURCE: Final = "source"

CONF_RESERVE: Final = (
    "reserve"  # the same for all batteries, so not kept with one of them
)
MAX_RELEASE: Final = 240  # min

STOCK: Final = "stock"  # firmware as it left the maker

# s that the clock on the wall may have been set back by; what was stored further in the future is as
# good as nothing.
CLOCKS_APART: Final = 60.0

# What is asked for with the options that allow switching, and stored with the entry: never shown again.
CONF_CONTROL_PASSWORD: Final = "control_password"  # noqa: S105 (a key, no password)
CONF_PASSWORD_TYPED: Final = "control_password_typed"  # noqa: S105 (how often)
# The bus event of whatever has to do with switching a battery.
EVENT_CONTROL: Final = f"{DOMAIN}_control"
