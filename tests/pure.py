"""With MI_BMS_PURE set, the protocol code is imported as if there were no Home Assistant anywhere."""

import os
from pathlib import Path
import sys
from types import ModuleType
from typing import Final

PACKAGE: Final = "custom_components.mi_bms"

if os.environ.get("MI_BMS_PURE"):
    # What stands beside the protocol code needs Home Assistant; its package does without.
    package = sys.modules[PACKAGE] = ModuleType(PACKAGE)
    package.__path__ = [str(Path(__file__).parents[1].joinpath(*PACKAGE.split(".")))]
    sys.modules["homeassistant"] = None  # type: ignore[assignment]
