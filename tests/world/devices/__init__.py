"""The virtual devices: ``KINDS`` names what a scenario can place into the world.

Each maker is called as ``KINDS[kind](address=…, name=…, **parameters)`` and raises ``ValueError``
that says what is wrong with its parameters.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from tests.world.peripheral import Peripheral

from . import activation, atc, ej, jbd, mi_remote, qingping, raw, xiaomi
from .active import ACTIVE
from .ant import AntBattery
from .board import Board
from .daly import DalyBattery
from .daly_legacy import DalyLegacyBattery
from .jikong import JkBattery
from .models import MODELS
from .recorded import Recorded
from .redodo import RedodoBattery
from .renogy import RenogyBattery
from .seplos import SeplosBattery

KINDS: Final[Mapping[str, Callable[..., Peripheral]]] = {
    **{title: xiaomi.model(title) for title in MODELS},
    **ACTIVE,
    "MIBEACON": xiaomi.MiSensor,
    "MI_FRESH": activation.MiActivatable,
    "MI_REGISTERED": partial(
        activation.MiActivatable,
        key="5c" * 16,
        token="c5" * 12,
        device_id="blt.4.1a2b3c4d5e6f7",
    ),
    "MI_REFUSING": partial(
        activation.MiActivatable,
        key="5c" * 16,
        token="c5" * 12,
        device_id="blt.4.1a2b3c4d5e6f7",
        refuses=True,
    ),
    "MI_PROTOCOL_02": partial(
        activation.MiActivatable,
        device_id="blt.1.1pds65t394801",
        protocol=2,
        firmware="2.1.1_0159",
    ),
    "MI_SECURE_CHIP": partial(activation.MiActivatable, secure=True),
    "MI_SLOW_KEY": partial(activation.MiActivatable, key_delay=3.0),
    "MI_LOSES_FRAGMENT": partial(activation.MiActivatable, lose_fragment=2),
    "MI_OVERTAKES": partial(activation.MiActivatable, overtake=True),
    "MI_LEAVES": partial(activation.MiActivatable, leave_at=12),
    "MI_LEGACY_REMOTE": mi_remote.MiLegacyRemote,
    "QINGPING": qingping.qingping,
    "ATC1441": atc.Atc1441,
    "ATC1441_ENCRYPTED": atc.sealed(atc.Atc1441),
    "PVVX": atc.Pvvx,
    "PVVX_ENCRYPTED": atc.sealed(atc.Pvvx),
    "BTHOME": atc.bthome,
    "BTHOME_ENCRYPTED": atc.sealed(atc.bthome),
    "BTHOME_OBJECTS": atc.bthome_objects,
    "BTHOME_V1": atc.bthome_v1,
    "BTHOME_V1_ENCRYPTED": atc.sealed(atc.bthome_v1),
    "HHCCJCY10": raw.hhccjcy10,
    "RAW": raw.raw,
    "BOARD": Board,
    "JBD": jbd.JbdBattery,
    "JBD_NUS": jbd.mobilektro,
    "JBD_FF06": partial(jbd.JbdBattery, wire="ff06"),
    "EJ": ej.EjBattery,
    "JIKONG": JkBattery,
    "DALY": DalyBattery,
    "DALY_LEGACY": DalyLegacyBattery,
    "ANT": AntBattery,
    "SEPLOS": SeplosBattery,
    "REDODO": RedodoBattery,
    "RENOGY": RenogyBattery,
    "RECORDED": Recorded,
}
