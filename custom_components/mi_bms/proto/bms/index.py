"""Every battery family at a glance: id, title, brands, how its adverts look, and its password.

Light on purpose: nothing here imports a decoder, so recognising a device costs no family module.
All criteria of a ``Match`` row must hold. Names are shell patterns, case-sensitive, compared after
blanks, line ends and NUL at the end were cut. Facts: public readers of these protocols.

The order of the table is the order of asking when an advert fits several families equally well.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from .uuids import NUS, expand


class Secret(StrEnum):
    """Describe what kind of password a family takes."""

    NONE = "none"
    TEXT = "text"
    PIN = "pin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Password:
    """Describe a password: kind, the factory's value, the longest one, and whether there must be one."""

    kind: Secret = Secret.NONE
    default: str | None = None
    longest: int = 0
    required: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Describe one look of an advert; every criterion that is given must hold.

    ``mfr`` are manufacturer ids and ``mfr_data`` the first bytes of that data; ``ouis`` are beginnings
    of the address. ``own_address``: manufacturer id and data spell the device's address. ``sure`` is
    false when other devices look the same, so a first answer has to confirm the family; ``second``: it
    is less often this one. ``discover`` replaces ``name`` in Home Assistant's matchers, which want
    three literal characters first; brackets there are spelled out.
    """

    name: str | None = None
    service: str | None = None
    mfr: tuple[int, ...] = ()
    mfr_data: bytes = b""
    service_data: str | None = None
    no_service_data: bool = False
    ouis: tuple[str, ...] = ()
    own_address: bool = False
    sure: bool = True
    second: bool = False
    discover: str | None = None

    def __post_init__(self) -> None:
        """Expand the UUIDs."""
        for name in ("service", "service_data"):
            if value := getattr(self, name):
                object.__setattr__(self, name, expand(value))


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Hold what is known of a family without its decoder.

    ``manual``: adverts of this family say nothing, the user has to choose it. ``either_unit``: it
    speaks °C or °F as it is set and does not say which, so the user has to (``contract.CELSIUS``).
    ``shared_module``: the module that advertises is in charge controllers, too.
    """

    title: str
    brands: tuple[str, ...] = ()
    match: tuple[Match, ...] = ()
    password: Password = field(default_factory=Password)
    manual: bool = False
    either_unit: bool = False
    shared_module: bool = False


def _names(
    *names: str,
    service: str | None = None,
    mfr: tuple[int, ...] = (),
    sure: bool = True,
) -> tuple[Match, ...]:
    """Return a row for each of several names with the same other criteria."""
    return tuple(
        Match(name=name, service=service, mfr=mfr, sure=sure) for name in names
    )


_JBD_OUIS: Final = (
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
_TDT_OUIS: Final = ("AA:C2:37",)
_DALY_IDS: Final = (0x0102, 0x0104, 0x0302, 0x0303, 0x0402)
_DALY: Final = (Match(name="DL-*", service="fff0"), Match(mfr=_DALY_IDS))
_LITIME: Final = 22618  # 0x585A; also on a charge controller, so it never decides alone

INDEX: Final[Mapping[str, Entry]] = {
    "jbd": Entry(
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
            *_names(
                "12???BL*",
                "24???BL*",
                "@KsM:*",
                "JBD-*",
                "LSG-*",
                "N-?????BL*",
                "OGR-*",
                "SBL-*",
                "SJ-???-*",
                "SX1*",
                "SX60*",
                "TITAN-*",
                "TZ-H*",
                service="ff00",
            ),
            Match(service="ff00", ouis=_JBD_OUIS),
            *_names(
                "DP??S*",
                "SP??S*",
                "AP??S*",
                "xiaoxiang*",
                "GJ-*V*AH*",
                "ECO-LFP*",
                service="ff00",
                sure=False,
            ),
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
            Match(service="fff0", ouis=_TDT_OUIS, own_address=True, sure=False),
        ),
        password=Password(kind=Secret.TEXT, longest=15),
    ),
    "ej": Entry(
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
            *_names(
                "L-12V???AH-*",
                "LT-12V*",
                "V-12V???Ah-*",
                "G-[0-5][2-8]V[0-9]*A[Hh]-[0-9]*",
            ),
            Match(name="libatt*", mfr=(21320,)),
            Match(name="SV12V*", mfr=(33384,)),
            Match(name="LT-12???BG-A0[0-6]*", mfr=(33384, _LITIME)),
            Match(name="LT-24???B-A00[0-2]*", mfr=(_LITIME,)),
        ),
    ),
    "abc": Entry(
        title="ABC-BMS",
        brands=("SOK", "NB", "Hoover"),
        match=_names("ABC-*", "SOK-*", "NB-*", "Hoover", service="fff0"),
    ),
    "ag": Entry(
        title="AG Power Lithium",
        brands=("AG Automotive",),
        match=_names("AG???L*", mfr=(21320,)),
    ),
    "allpowers": Entry(
        title="Allpowers power station",
        brands=("Allpowers", "VOLIX"),
        match=_names("AP R*", "VOLIX-*", service="fff0"),
    ),
    "ant": Entry(
        title="ANT BMS",
        brands=("ANT",),
        # With "@" or from 24 cells on it is this protocol; else the name tells the cells, not the protocol.
        match=(
            *_names("ANT@BLE*", "ANT?BLE24*", "ANT?BLE3*", service="ffe0"),
            *_names("ANT?BLE*", service="ffe0", sure=False),
        ),
        password=Password(kind=Secret.TEXT, longest=16),
    ),
    "ant_leg": Entry(
        title="ANT BMS (legacy)",
        brands=("ANT",),
        match=_names(
            "ANT[!@]BLE[!23]*", "ANT[!@]BLE2[!4]*", service="ffe0", sure=False
        ),
        password=Password(kind=Secret.TEXT, longest=8),
    ),
    "basen": Entry(title="Basen BMS", brands=("Basen",), manual=True),
    "braunpwr": Entry(
        title="KS48 BMS",
        brands=("Braun Power", "Docan", "Vanvolt", "BEMORY", "VoltPolska"),
        match=_names(
            "HSKS-*", "BL-*", "KS-*", "Vanvolt-*", service="ff00", mfr=(0x007B,)
        ),
    ),
    "buknuwo": Entry(
        title="Buknuwo battery",
        brands=("Buknuwo", "MEYULMOL"),
        match=_names("CDZG*", "MEY-?????-*"),
    ),
    "c4s": Entry(
        title="C4S100 BMS",
        brands=("E-BMS",),
        match=_names("C4S100IE?????", service=NUS),
    ),
    "cbtpwr_vb": Entry(
        title="Creabest VB",
        brands=("Creabest",),
        match=(
            Match(name="VB?????????", service="fff0", discover="VB[0-9A-Z]????????"),
        ),
    ),
    "cbtpwr": Entry(
        title="CBT Power BMS",
        brands=("CBT Power", "Creabest"),
        match=(
            Match(
                name="???[CR]??????", service="fff0", discover="[1-3][0-9]0[CR]??????"
            ),
            Match(service="03c1", mfr=(0x5352,)),
            Match(service="ffe5", sure=False),
        ),
    ),
    "cw20": Entry(
        title="ATORCH CW20 meter",
        brands=("ATORCH",),
        match=_names("CW20*", service="ffe0"),
    ),
    "daly": Entry(
        title="Daly smart BMS", brands=("Daly", "Bulltron", "100Balance"), match=_DALY
    ),
    "daly_legacy": Entry(
        title="Daly smart BMS (legacy)",
        brands=("Daly",),
        match=(
            Match(name="DL-*", service="fff0", sure=False),
            Match(mfr=_DALY_IDS, sure=False),
        ),
    ),
    "daren": Entry(
        title="Daren BMS",
        brands=("Daren", "Docan"),
        match=_names("DWF*", service="ff00"),
        password=Password(kind=Secret.TEXT, default="000000", longest=15),
    ),
    "dometic": Entry(
        title="Dometic battery",
        brands=("Dometic", "Büttner"),
        match=(Match(mfr=(2117,), mfr_data=bytes.fromhex("1485")),),
        password=Password(kind=Secret.TEXT, longest=32),
    ),
    "dpwrcore": Entry(
        title="D-powercore battery",
        brands=("D-powercore", "Fliteboard"),
        match=_names("DXB-*", "TBA-*"),
    ),
    "ecoworthy": Entry(
        title="ECO-WORTHY battery",
        brands=("ECO-WORTHY", "DCHOUSE"),
        match=(
            Match(name="ECO-WORTHY 02_*"),
            *_names("ECO-WORTHY*", "DCHOUSE*", service="fff0"),
        ),
    ),
    "eg4": Entry(
        title="EG4 LL",
        brands=("EG4", "SunGoldPower"),
        match=(
            Match(service="1000", mfr=(0x6F80,), mfr_data=b"\xb0"),
            Match(mfr=(0x45CC,), mfr_data=b"\xa5"),
        ),
    ),
    "ejpro": Entry(
        title="E&J EJBMS-PRO", brands=("E&J",), match=_names("EJ*", mfr=(21320,))
    ),
    "eleksol": Entry(
        title="Eleksol battery",
        brands=("Eleksol",),
        match=(
            Match(
                service="ff06",
                ouis=("A4:C1:37", "A4:C1:38", "A5:C2:37", "A5:C2:39", "AA:C2:37"),
            ),
        ),
        password=Password(kind=Secret.TEXT, longest=15),
    ),
    "epoch_pro": Entry(
        title="Epoch Pro",
        brands=("Epoch",),
        match=(Match(service="ffe0", service_data="3333"),),
    ),
    "felicity": Entry(
        title="Felicity Solar battery",
        brands=("Felicity Solar",),
        match=_names("F07*", "F10*"),
    ),
    "gobel": Entry(
        title="Gobel Power battery",
        brands=("Gobel Power", "Dyness"),
        match=(
            Match(name="BMS-[0-9A-F]*"),
            Match(name="B[0-9][0-9]*", mfr=(65535,), mfr_data=b"\x4e", discover="*"),
        ),
    ),
    "greenway": Entry(
        title="Greenway battery",
        brands=("Greenway", "Talaria"),
        match=(Match(service="fff0", ouis=("C4:A9:B8",)),),
    ),
    "humsienk": Entry(
        title="HumsiENK BMC",
        brands=("HumsiENK", "ECO-WORTHY", "DC HOUSE"),
        match=(
            Match(name="HS*", service="0001", discover="HS[0-9A-F]*"),
            *_names("ECO????", "DCH????", service="0001"),
        ),
    ),
    "jikong": Entry(
        title="JK BMS",
        brands=("Jikong", "Heltec", "Rolly"),
        match=(Match(service="ffe0", mfr=(0x0B65, 0x4B4A)),),
    ),
    "lipower": Entry(
        title="LiPower monitor", brands=("Ective",), match=(Match(service="af30"),)
    ),
    "lithionics": Entry(
        title="Lithionics NeverDie",
        brands=("Lithionics",),
        match=_names("Li[0-9]-*", service="ffe0", mfr=(19784,)),
        either_unit=True,
    ),
    "myvolta": Entry(
        title="Volta Power Systems",
        brands=("Volta Power Systems",),
        match=_names("VPS-*", service="00035b03-58e6-07dd-021a-08123a000300"),
    ),
    "neey": Entry(
        title="NEEY balancer",
        brands=("NEEY", "Heltec"),
        match=_names("EK-*", "GW-*", service="fee7"),
    ),
    "noname_modbus": Entry(title="BMS with Modbus over Nordic UART", manual=True),
    "ogt": Entry(
        title="Offgridtec Smart Pro",
        brands=("Offgridtec",),
        match=_names("SmartBat-[AB]*", service="fff0"),
    ),
    "pace": Entry(title="PaceEX battery", brands=("PaceEX",), match=_names("PC-????")),
    "pro": Entry(
        title="Pro BMS smart shunt",
        brands=("Foxwell", "Leagend"),
        match=_names("Pro BMS", service="fff0"),
    ),
    "pwrboozt": Entry(
        title="PowerBoozt battery",
        brands=("PowerBoozt",),
        match=(
            *_names("BT-Battery*", service="fff0", mfr=(32516,)),
            Match(name="BT-Battery*", service="fff0", own_address=True),
            Match(name="BT-Battery*", service="fff0", sure=False),
        ),
    ),
    "pylontech": Entry(
        title="Pylontech RT",
        brands=("Pylontech",),
        match=_names("RT[1-4][2,4,6,8]*", service="180f"),
    ),
    "redodo": Entry(
        title="Redodo BMS",
        brands=("Redodo", "LiTime", "Power Queen", "Starry Sea", "ECO-WORTHY"),
        match=_names(
            "P-12*",
            "P-24*",
            "PQ-12*",
            "PQ-24*",
            "R-12*",
            "R-24*",
            "RO-12*",
            "RO-24*",
            "T-12*",
            "T-24*",
            "L-12*",
            "L-24*",
            "L-51*",
            "LT-12???BG-A0[7-9]*",
            "LT-24???B-A00[3-9]*",
            "LT-24???B-A0[1-9]*",
            "LT-24???B-A[1-9]*",
            "LT-51*",
            "S-*",
            "SS-*",
            service="ffe0",
            mfr=(_LITIME,),
        ),
    ),
    "renogy": Entry(
        title="Renogy battery",
        brands=("Renogy",),
        match=_names("BT-TH-*", service="ffd0", sure=False),
        shared_module=True,
    ),
    "renogy_pro": Entry(
        title="Renogy Pro battery",
        brands=("Renogy",),
        # The "maker" is the beginning of the address, so another address has another one.
        match=(
            *_names("RNGRBP*", "RNGC*", mfr=(0xE14C,)),
            Match(name="RNGRBP*", own_address=True),
            Match(name="RNGC*", own_address=True),
            *_names("RNGRBP*", "RNGC*", "RNGPRO*", sure=False),
        ),
    ),
    "roypow": Entry(
        title="RoyPow battery",
        brands=("RoyPow", "Epoch", "Lion Energy", "PowerUrus"),
        match=_names(" [BS]12*", " [BS]24*", " UT*", service="ffe0"),
    ),
    "saftkiste": Entry(
        title="Saftkiste",
        brands=("Batterieschmiede",),
        match=(Match(mfr=(4660,), mfr_data=bytes(range(1, 8))),),
        password=Password(kind=Secret.TEXT, longest=6),
    ),
    "saihang": Entry(
        title="Saihang battery",
        brands=("Saihang", "Anenji", "Aninerel"),
        match=_names("SH*", service="fffa"),
    ),
    "seplos": Entry(
        title="Seplos V3",
        brands=("Seplos", "CEG"),
        match=(
            Match(name="SP??B*", service="fff0", discover="SP[0-9A-Z]?B*"),
            Match(name="SP1??B*", service="fff0"),
            Match(name="ST*", service="fff0", discover="ST[0-9]*"),
            *_names("XZHX*", "CSY*", service="fff0"),
        ),
    ),
    "seplos_v2": Entry(
        title="Seplos V2",
        brands=("Seplos",),
        match=_names("BP0?", "BP1?", "BP2?", service="ff00"),
    ),
    "superb_v2": Entry(
        title="Super-B Epsilon V2",
        brands=("Super-B",),
        match=(Match(name="Epsilon*", mfr=(0x50BE,), mfr_data=b"Epsilon V2"),),
    ),
    "superb": Entry(
        title="Super-B Epsilon", brands=("Super-B",), match=_names("Epsilon-*")
    ),
    "tdt": Entry(
        title="TDT BMS",
        brands=("TDT", "WattCycle", "MetalFort", "Humsienk"),
        match=(
            Match(name="WTDH*", service="fff0"),
            *(
                Match(name=name, service="fff0", sure=False, discover=discover)
                for name, discover in _TDT_NAMES
            ),
            Match(service="fff0", ouis=_TDT_OUIS, own_address=True, sure=False),
            *_names("HS*", "WT???BG*", service="ffe1"),
            Match(mfr=(54976,)),
        ),
    ),
    "tianpwr": Entry(
        title="TianPower BMS", brands=("TianPower",), match=_names("TP_*")
    ),
    "topband": Entry(
        title="Topband BMS",
        brands=("Topband", "Ective", "Startcraft", "Wattstunde", "KiloVault"),
        match=(
            Match(service="ffe0", mfr=(0, 0xFFFF), no_service_data=True),
            Match(name="NWJ20*", service="ffe0", sure=False),
        ),
    ),
    "vatrer": Entry(
        title="Vatrer battery",
        brands=("Vatrer",),
        match=(
            Match(
                name="[2-9]???[0-3]?512??00??",
                service=NUS,
                discover="[23][0-9][01]?[0-3]?512??00??",
            ),
        ),
    ),
    "victron": Entry(
        title="Victron SmartShunt",
        brands=("Victron",),
        manual=True,
    ),
    "ws_nova": Entry(
        title="Wattstunde Nova Core",
        brands=("Wattstunde",),
        match=(Match(service="fff0", ouis=("60:6E:41", "10:23:81")),),
    ),
    "x123smart": Entry(
        title="123\\SmartBMS",
        brands=("123electric",),
        match=_names("123\\SmartBMS*", "123BMS-BLE*", service=NUS),
        password=Password(kind=Secret.PIN, default=None, longest=4),
    ),
    "pwrxtreme": Entry(
        title="PowerXtreme battery",
        brands=("PowerXtreme",),
        match=(Match(service="fff0", mfr=(76,), sure=False),),
    ),
}

# Devices that look like batteries and are none, or that cannot be connected over Bluetooth LE.
IGNORED: Final = ("BMS-SMART_*", "BT-ROCC2440*")
