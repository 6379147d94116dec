"""JBD smart BMS and its many brands. Frames, registers and password: ``dialects/jbd``.

Four transports exist; which one a pack has shows only after connecting.
Source: what aiobmsble, batmon-ha, ESPHome components and owners' own readers read.
"""

from typing import Final

from ..catalogue import Listing, Match, Password, Secret, names
from ..contract import Wire
from ..dialects import jbd
from ..dialects.jbd_switching import CONTROL
from ..uuids import NUS, NUS_NOTIFY, NUS_WRITE

_OUIS: Final = (
    "10:A5:62",
    "70:3E:97",
    "A2:C2:37",
    "A4:C1:37",
    "A4:C1:38",
    "A5:C2:37",
    "A5:C2:39",
    "A5:C2:3A",
    "AA:C2:37",
)
# TDT's packs: name, and what Home Assistant can look for. The third character is free.
_TDT_NAMES: Final = (("WTDH*", None), ("WT???AZ*", "WT[0-9A-Za-z]??AZ*"))
_TDT_OUIS: Final = ("AA:C2:37", "EE:C2:37")
LISTING: Final = Listing(
    title="JBD smart BMS",
    brands=(
        "JBD",
        "Jiabaida",
        "Xiaoxiang",
        "Ultimatron",
        "Mobilektro",
        "Liontron",
        "SBL",
        "Supervolt",
        "ECO-WORTHY",
        "Overkill Solar",
        "Vatrer",
    ),
    match=(
        *names(
            "12???BL*",
            "24???BL*",
            "@KsM:*",
            "LSG-*",
            "N-?????BL*",
            "OGR-*",
            "SJ-???-*",
            "TITAN-*",
            "TZ-H*",
            service="ff00",
        ),
        *names("JBD-*", service="ff00", brands=("JBD",)),
        *names("SBL-*", service="ff00", brands=("SBL",)),
        *names("SX1*", "SX60*", service="ff00", brands=("Supervolt",)),
        Match(service="ff00", ouis=_OUIS),
        *names(
            "DP??S*",
            "SP??S*",
            "AP??S*",
            "GJ-*V*AH*",
            service="ff00",
            sure=False,
        ),
        *names("xiaoxiang*", service="ff00", sure=False, brands=("Xiaoxiang",)),
        *names("ECO-LFP*", service="ff00", sure=False, brands=("ECO-WORTHY",)),
        Match(service="ff00", own_address=True, sure=False),
        # The same frames behind the module that TDT's packs have.
        *(
            Match(
                name=name,
                service="fff0",
                sure=False,
                second=True,
                discover=discover,
            )
            for name, discover in _TDT_NAMES
        ),
        *names("WTaHdB*", "WTeHdB*", service="fff0", sure=False),
        Match(service="fff0", ouis=_TDT_OUIS, own_address=True, sure=False),
    ),
    password=Password(kind=Secret.TEXT, longest=15),
    # Asked early or late: the commonest of all, and its question disturbs no other board.
    order=1,
)

FAMILY: Final = jbd.family(
    "jbd",
    (
        Wire(service="ff00", notify=("ff01",), write="ff02"),
        Wire(service="ff06", notify=("ff07",), write="ff08"),
        Wire(service=NUS, notify=(NUS_NOTIFY,), write=NUS_WRITE),
        Wire(service="fff0", notify=("fff1",), write="fff2"),
    ),
    CONTROL,
)
