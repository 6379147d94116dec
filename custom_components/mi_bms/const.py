"""Names that two or more modules of the integration share."""

from typing import Final

DOMAIN: Final = "mi_bms"

CONF_KIND: Final = "kind"
CONF_KEY: Final = "key"
CONF_FAMILY: Final = "family"
CONF_MODEL: Final = "model"
CONF_PROFILE: Final = "profile"
CONF_PRODUCT: Final = "product"
CONF_KEYED_AT: Final = "keyed_at"
CONF_INTERVAL: Final = "interval"

# Options of batteries; corrections stand in a section of their own.
CONF_CORRECTIONS: Final = "corrections"
CONF_INVERT: Final = "invert_current"
CONF_GAIN: Final = "current_gain"
CONF_CURRENT_BAND: Final = "current_dead_band"
CONF_CAPACITY: Final = "capacity"
CONF_TEMPERATURE_OFFSET: Final = "temperature_offset"
CONF_CELSIUS: Final = "celsius"

KIND_SENSOR: Final = "sensor"
KIND_BATTERY: Final = "battery"
KIND_OUTPUT: Final = "output"

DEFAULT_INTERVAL: Final = 30  # s between two polls of a battery
MIN_INTERVAL: Final = 5
MAX_INTERVAL: Final = 3600
IDLE_INTERVAL: Final = 60.0  # s between two polls of a battery that nobody uses

# Options of sensors; offsets and dead-bands have the field's name behind the key, holds before it.
CONF_TIMEOUT: Final = "timeout"
CONF_HOLD: Final = "hold"
CONF_SMOOTHING: Final = "smoothing"
CONF_WINDOW: Final = "smoothing_window"
CONF_OFFSET: Final = "offset"
CONF_DEAD_BAND: Final = "dead_band"
DEFAULT_WINDOW: Final = 300  # s
CONF_SYNC_CLOCK: Final = "sync_clock"
CONF_FILL: Final = "fill_gaps"

# The bus event behind device triggers.
EVENT_HAPPENED: Final = f"{DOMAIN}_event"
ATTR_SOURCE: Final = "source"

CONF_ADAPTIVE: Final = "adaptive"
CONF_GRACE: Final = "grace"  # s; 0 = some intervals
CONF_RELEASE: Final = "release_minutes"
CONF_RECORDING: Final = "recording"
CONF_STEPS: Final = "steps"  # the user's own dead-bands, by quantity
CONF_RESERVE: Final = (
    "reserve"  # the same for all batteries, so not kept with one of them
)
DEFAULT_RELEASE: Final = 10  # min
MAX_RELEASE: Final = 240  # min

STOCK: Final = "stock"  # firmware as it left the maker

# s that the clock on the wall may have been set back by; what was stored further in the future is as
# good as nothing.
CLOCKS_APART: Final = 60.0
