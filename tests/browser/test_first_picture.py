"""How long after Home Assistant's own frame the first card shows values: a figure, since no machine tells a true time."""

from collections.abc import Callable
from statistics import median
from typing import Final

import pytest

from .conftest import FIGURES
from .test_your_dashboard import PATH, make
from .wizard import Wizard

LOADS: Final = 5
# Elements are noted as they are made, so that looking for them costs nothing.
WATCH: Final = """() => {
  const made = {};
  const attach = Element.prototype.attachShadow;
  Element.prototype.attachShadow = function (options) {
    if (["hui-root", "mi-bms-battery-card"].includes(this.localName)) made[this.localName] ??= this;
    return attach.call(this, options);
  };
  const seen = (window.firstSeen = {});
  const look = () => {
    if (made["hui-root"]?.offsetHeight) seen.own ??= performance.now();
    if (made["mi-bms-battery-card"]?.shadowRoot.querySelector(".digits")?.offsetHeight) seen.card ??= performance.now();
    if (!seen.card) requestAnimationFrame(look);
  };
  look();
}"""


def test_the_first_picture(
    open_wizard: Callable[..., Wizard], request: pytest.FixtureRequest
) -> None:
    wizard = open_wizard()
    make(wizard)
    waits = []
    for _ in range(LOADS):
        # A profile of its own: nothing is in its cache.
        page = open_wizard().page
        page.add_init_script(f"({WATCH})()")
        page.goto(f"{wizard.base}/{PATH}/batteries")
        seen = page.wait_for_function(
            "window.firstSeen?.card && window.firstSeen"
        ).json_value()
        waits.append(round(seen["card"] - seen["own"]))
        page.close()
    figures = request.config.stash[FIGURES]
    figures["ms from Home Assistant's frame to the first card, cold, each"] = waits
    figures["ms from Home Assistant's frame to the first card, median"] = median(waits)
