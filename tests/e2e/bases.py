"""What the fast way past Home Assistant's processors leans on, looked for in the Home Assistant that runs."""

import inspect
from typing import Any


def source_of(base: type[Any]) -> str:
    """Return the source of a class of Home Assistant's Bluetooth and of those it is made from."""
    return "".join(
        inspect.getsource(one)
        for one in base.__mro__
        if one.__module__.startswith("homeassistant.components.bluetooth")
    )


def missing() -> list[str]:
    """Return what our class leans on and its base no longer has."""
    # Imported here: Home Assistant is heavy, and not every caller has it.
    from custom_components.mi_bms.sensors.state_writer import StateWriter  # noqa: PLC0415

    return [
        f"{StateWriter.__name__} leans on {name}, which Home Assistant no longer has"
        for name in StateWriter.LEANS_ON
        if name not in source_of(StateWriter.__bases__[0])
    ]
