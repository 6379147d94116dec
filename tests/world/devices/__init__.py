"""The virtual devices: ``KINDS`` names what a scenario can place into the world.

Each maker is called as ``KINDS[kind](address=…, name=…, **parameters)`` and raises ``ValueError``
that says what is wrong with its parameters.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from tests.world.peripheral import Peripheral

from . import atc, ej, jbd, qingping, raw, xiaomi
from .models import MODELS

KINDS: Final[Mapping[str, Callable[..., Peripheral]]] = {
    **{title: xiaomi.model(title) for title in MODELS},
    "MIBEACON": xiaomi.MiSensor,
    "MJ_HT_V1": xiaomi.model("LYWSDCGQ"),
    "CGG1": qingping.cgg1,
    "CGD1": qingping.cgd1,
    "QINGPING": qingping.qingping,
    "ATC1441": atc.Atc1441,
    "ATC1441_ENCRYPTED": atc.sealed(atc.Atc1441),
    "PVVX": atc.Pvvx,
    "PVVX_ENCRYPTED": atc.sealed(atc.Pvvx),
    "BTHOME": atc.bthome,
    "BTHOME_ENCRYPTED": atc.sealed(atc.bthome),
    "HHCCJCY10": raw.hhccjcy10,
    "RAW": raw.raw,
    "JBD": jbd.JbdBattery,
    "JBD_NUS": jbd.mobilektro,
    "JBD_FF06": partial(jbd.JbdBattery, wire="ff06"),
    "EJ": ej.EjBattery,
}
