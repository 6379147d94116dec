"""Sensors that do something over a connection: which inside belongs to which product.

They advertise as their models do. ``inside = {…}`` in a scenario changes how theirs behaves.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from . import qingping, xiaomi
from .beacon import Beacon
from .displays import AlarmClock, LiteClock, RoundSpeaker, Speaker, as_numbers, as_text
from .inside import Inside
from .plants import Plant
from .thermometers import FINE, LONG, ClockDisplay, Display

type Maker = Callable[..., Beacon]


def with_inside(make: Maker, inside: Callable[..., Inside]) -> Maker:
    """Return the maker of a product that can be connected to."""

    def made(
        *, address: str, inside: Mapping[str, object] | None = None, **params: Any
    ) -> Beacon:
        device = make(address=address, **params)
        if inside is not None and not isinstance(inside, Mapping):
            raise ValueError(f"{address}: inside must be a table")
        try:
            device.open_up(build(**(inside or {})))
        except TypeError as err:
            raise ValueError(f"{address}: inside: {err}") from None
        return device

    build = inside
    return made


# Its battery is never advertised; its link often breaks when it should not.
LYWSD02: Final = partial(ClockDisplay, charge=83, leaves_every=3, leaves_at_clock=True)
# Their °C is another byte, their memory has finer steps.
LYWSD02MMC: Final = partial(ClockDisplay, celsius=(0x00, 0xFF), steps=100, zone=0)
QINGPING_SPEAKER: Final = partial(Speaker, as_numbers("<2xhH", 10), 1)

INSIDES: Final[Mapping[str, Callable[..., Inside]]] = {
    "LYWSD02": LYWSD02,
    "LYWSD02MMC": LYWSD02MMC,
    "LYWSD02MMC_PRO": LYWSD02MMC,
    "LYWSD03MMC": Display,
    "MHO-C303": partial(ClockDisplay, every=0),
    "MHO-C401": partial(Display, LONG, old=False, firmware="1.0.0_0010"),
    "XMWSDJ04MMC": partial(Display, FINE, old=False, millivolts=2910),
    "HHCCJCY01": partial(Plant, product=0x0098),
    "GCLS002": partial(Plant, product=0x03BC, settle=0.9),
    "HHCCPOT002": partial(Plant, product=0x015D, pot=True),
    "LYWSDCGQ": partial(RoundSpeaker, as_text, 1, firmware="00.00.66"),
    "CGG1-M": QINGPING_SPEAKER,
    "CGDK2": partial(Speaker, as_numbers("<3xhH", 10), 1),
    "CGC1": LiteClock,
}

ACTIVE: Final[Mapping[str, Maker]] = {
    **{title: with_inside(xiaomi.model(title), one) for title, one in INSIDES.items()},
    "MJ_HT_V1": with_inside(xiaomi.model("LYWSDCGQ"), INSIDES["LYWSDCGQ"]),
    "CGG1": with_inside(qingping.cgg1, QINGPING_SPEAKER),
    "CGD1": with_inside(qingping.cgd1, AlarmClock),
}
