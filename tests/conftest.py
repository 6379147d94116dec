"""Shared set-up: our integration is found before the test kit's own package of that name."""

import custom_components.mi_bms  # noqa: F401  (must be the first import)

# It has an environment of its own: script/browser.
collect_ignore = ["browser"]
