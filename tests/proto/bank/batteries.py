"""Batteries as their banks see them."""

from typing import Any

from custom_components.mi_bms.proto.bank.bank import Bank
from custom_components.mi_bms.proto.bank.view import BankView
from custom_components.mi_bms.proto.bank.wiring import Wiring
from custom_components.mi_bms.proto.model.fields import Field
from custom_components.mi_bms.proto.model.sample import BmsSample

NAMES = "abcdefghijklmnop"


def sample(
    amps: float | None = None,
    charge: float | None = None,
    capacity: float | None = None,
    volts: float | None = 13.2,
    cells: tuple[float | None, ...] = (),
    more: dict[Field, Any] | None = None,
    **rest: Any,
) -> BmsSample:
    """Return what a battery says; None is not said."""
    said = {
        Field.CURRENT: amps,
        Field.CYCLE_CHARGE: charge,
        Field.DESIGN_CAPACITY: capacity,
        Field.VOLTAGE: volts,
        **(more or {}),
    }
    values = {name: value for name, value in said.items() if value is not None}
    return BmsSample(values=values, cells=cells, **rest)


def bank(
    wiring: Wiring, *samples: BmsSample | None, at: float = 0.0, **more: Any
) -> Bank:
    """Return a bank of some batteries; None is one that was never read."""
    names = tuple(NAMES[: len(samples)])
    made = Bank(wiring, names, **more)
    for name, one in zip(names, samples, strict=True):
        if one is not None:
            made.update(name, one, at)
    return made


def seen(wiring: Wiring, *samples: BmsSample | None, **more: Any) -> BankView:
    """Return what a bank of some batteries is."""
    return bank(wiring, *samples, **more).view(1.0)
