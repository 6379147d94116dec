"""E&J Technology BMS and its many brands. Protocol: ``dialects/ej``. Source: what aiobmsble, batmon-ha and owners' own readers read."""

from typing import Final

from ..catalogue import Listing, Match, names
from ..contract import Wire
from ..dialects import ej
from ..uuids import NUS, NUS_NOTIFY, NUS_WRITE

_LITIME: Final = 22618
LISTING: Final = Listing(
    title="E&J Technology BMS",
    brands=(
        "E&J",
        "Electronicx",
        "Lithtech",
        "Volthium",
        "Meritsun",
        "Supervolt",
        "Chins",
        "Mobilektro",
        "Fliteboard",
        "LiTime",
    ),
    match=(
        *names("L-12V???AH-*", "LT-12V*", brands=("Lithtech", "Electronicx")),
        *names("V-12V???Ah-*", brands=("Volthium",)),
        *names("G-[0-5][2-8]V[0-9]*A[Hh]-[0-9]*", brands=("Chins", "Mobilektro")),
        Match(name="libatt*", mfr=(21320,), brands=("E&J", "Fliteboard")),
        Match(name="SV12V*", mfr=(33384,), brands=("Supervolt", "Meritsun")),
        Match(name="LT-12???BG-A0[0-6]*", mfr=(33384, _LITIME), brands=("LiTime",)),
        Match(name="LT-24???B-A00[0-2]*", mfr=(_LITIME,), brands=("LiTime",)),
    ),
    # Asked early or late: the next most common.
    order=2,
)

FAMILY: Final = ej.family(
    "ej",
    (
        Wire(service=NUS, notify=(NUS_NOTIFY,), write=NUS_WRITE),
        # Newer Supervolt modules, some of them with the two exchanged.
        Wire(service="ff00", notify=("ff01",), write="ff02"),
        Wire(service="ff00", notify=("ff02",), write="ff01"),
    ),
)
