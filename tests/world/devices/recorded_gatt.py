"""How batteries that are played from recordings look on the air and inside: one row each.

Characteristics and adverts of a family as its owners and vendors describe them; a recording that
names its own wins.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

NOTIFY: Final = frozenset({"notify"})
WRITE: Final = frozenset({"write", "write-without-response"})
BOTH: Final = NOTIFY | WRITE
INDICATE: Final = frozenset({"indicate"})
READ: Final = frozenset({"read", "notify"})

type Characteristics = Mapping[str, frozenset[str]]
type Services = Mapping[str, Characteristics]

NUS: Final = "6e40{}-b5a3-f393-e0a9-e50e24dcca9e"
GOBEL: Final = "00002760-08c2-11e1-9073-0e8ac72e{}"
WALKIZ: Final = "0000{}-0000-1000-8000-57616c6b697a"
TELIT: Final = "0000{}-0000-1000-8000-008025000000"
TELINK: Final = "00010203-0405-0607-0809-0a0b0c0d{}"
VICTRON: Final = "6597{}-4bda-4c1e-af4b-551c4cf74769"
SUPERB_V2: Final = "cf9ccdf{}-eee9-43ce-87a5-82b54af5324e"
VOLTA: Final = "00035b03-58e6-07dd-021a-08123a000{}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Hold the services of a family, and what it advertises where no recording says it.

    ``repeats`` tells that the last answer goes on as a stream, without its first so many
    notifications; ``compared`` that only so many bytes of a write count, for times and counters
    behind them.
    """

    services: Services
    name: str | None = None
    advertised: tuple[str, ...] = ()
    maker: Mapping[int, str] = field(default_factory=dict)
    service_data: Mapping[str, str] = field(default_factory=dict)
    repeats: int | None = None
    compared: int | None = None


def line(service: str, notify: str, write: str | None = None) -> Services:
    """Return one service with a notifying and a writable characteristic, which may be the same."""
    if notify == write:
        return {service: {notify: BOTH}}
    return {service: {notify: NOTIFY} | ({write: WRITE} if write else {})}


_FF00: Final = line("ff00", "ff01", "ff02")
_FFF0: Final = line("fff0", "fff1", "fff2")
_FFE1: Final = line("ffe0", "ffe1", "ffe1")
_NUS: Final = line(NUS.format("0001"), NUS.format("0003"), NUS.format("0002"))
_GOBEL: Final = line(GOBEL.format("1001"), GOBEL.format("0002"), GOBEL.format("0001"))
_WALKIZ: Final = line(
    WALKIZ.format("8000"), WALKIZ.format("8002"), WALKIZ.format("8001")
)
_CBT: Final = {"ffe0": {"ffe4": NOTIFY}, "ffe5": {"ffe9": WRITE}}
_RENOGY: Final = {"ffd0": {"ffd1": WRITE}, "fff0": {"fff1": NOTIFY}}
_WALKIZ_MAKER: Final = {21320: "111213141516"}

LOOKS: Final[Mapping[str, Look]] = {
    "abc": Look(services=line("ffe0", "ffe1", "ffe2")),
    "ag": Look(services=_WALKIZ, name="AG100L12", maker=_WALKIZ_MAKER),
    "allpowers": Look(services=_FFF0),
    "ant": Look(services=_FFE1),
    "ant_leg": Look(services=_FFE1, name="ANT-BLE16ZMUB", advertised=("ffe0",)),
    "basen": Look(services=line("fa00", "fa01", "fa02"), name="BASEN"),
    "braunpwr": Look(services=_FF00),
    "buknuwo": Look(services=_GOBEL, name="CDZG12100"),
    "c4s": Look(services=_NUS, name="C4S100IE00001", advertised=(NUS.format("0001"),)),
    "cbtpwr": Look(services=_CBT),
    "cbtpwr_vb": Look(services=_CBT, name="VB024000012", advertised=("fff0",)),
    "cw20": Look(services=line("ffe0", "ffe1"), name="CW20_BLE", advertised=("ffe0",)),
    "daly": Look(services=_FFF0),
    "daly_legacy": Look(services=_FFF0, name="DL-40A1B2C3D4", advertised=("fff0",)),
    "daren": Look(services=_FF00),
    "dometic": Look(
        services={
            "fefb": {
                TELIT.format("0001"): WRITE,
                TELIT.format("0002"): NOTIFY,
                TELIT.format("0003"): WRITE,
                TELIT.format("0004"): INDICATE,
                TELIT.format("0009"): WRITE,
                TELIT.format("000a"): INDICATE,
            }
        },
        name="TBLF105",
        maker={2117: "148501020304"},
        repeats=1,
    ),
    "dpwrcore": Look(services=line("fff0", "fff4", "fff3"), advertised=("fff0",)),
    "ecoworthy": Look(services=_FFF0, repeats=0),
    "eg4": Look(
        services=line("1000", "1002", "1001"),
        name="LL16S100A",
        advertised=("1000",),
        maker={0x6F80: "b0010203"},
    ),
    "ej": Look(services=_NUS),
    "ejpro": Look(services=_WALKIZ, name="EJ12165", maker=_WALKIZ_MAKER),
    "eleksol": Look(
        services=line("ff06", "ff07", "ff08"), name="12100BNN", advertised=("ff06",)
    ),
    "epoch_pro": Look(
        services=line("ffe0", "ffe4", "ffe1"),
        name="EPOCH PRO",
        advertised=("ffe0",),
        service_data={"3333": "00000000"},
    ),
    "felicity": Look(
        services=line(
            "6e6f736a-4643-4d44-8fa9-0fafd005e455",
            "49535458-8341-43f4-a9d4-ec0e34729bb3",
            "49535258-184d-4bd9-bc61-20c647249616",
        )
    ),
    "gobel": Look(services=_GOBEL),
    "greenway": Look(
        services=line("fff0", "fff1", "fff1"), name="GW-TALARIA", advertised=("fff0",)
    ),
    "humsienk": Look(services=line("0001", "0003", "0002")),
    "jbd": Look(services=_FF00),
    "jikong": Look(services=_FFE1, repeats=0),
    "lipower": Look(services=_FFE1, name="LiPower", advertised=("af30",)),
    "lithionics": Look(services=line("ffe0", "ffe1")),
    "myvolta": Look(
        services=line(VOLTA.format("300"), VOLTA.format("301")),
        name="VPS-00123",
        advertised=(VOLTA.format("300"),),
    ),
    "neey": Look(services=_FFE1),
    "noname_modbus": Look(services=_NUS, name="BMS", advertised=(NUS.format("0001"),)),
    "ogt": Look(services=line("fff0", "fff4", "fff6"), advertised=("fff0",)),
    "pace": Look(services=_FFF0),
    "pro": Look(
        services=line("fff0", "fff4", "fff3"),
        name="Pro BMS",
        advertised=("fff0",),
        repeats=0,
    ),
    "pwrboozt": Look(services=_FFF0),
    "pwrxtreme": Look(
        services=_FFF0,
        name="PX-100",
        advertised=("fff0",),
        maker={76: "0215000102030405"},
        repeats=0,
    ),
    "pylontech": Look(
        services=line(
            TELINK.format("1910"), TELINK.format("2b10"), TELINK.format("2b11")
        ),
        name="RT12100",
        advertised=("180f",),
    ),
    "redodo": Look(services=line("ffe0", "ffe1", "ffe2")),
    "renogy": Look(services=_RENOGY),
    "renogy_pro": Look(services=_RENOGY, name="RNGRBP100", maker={0xE14C: "01020304"}),
    "roypow": Look(services=_FFE1),
    "saftkiste": Look(
        services=_NUS, name="Saftkiste", maker={4660: "01020304050607"}, compared=9
    ),
    "saihang": Look(
        services=line("fffa", "fffc", "fffb"), name="SH0123", advertised=("fffa",)
    ),
    "seplos": Look(services=_FFF0),
    "seplos_v2": Look(services=_FF00),
    "superb": Look(
        services=line(
            "74b9c2d1-dc6d-42cf-a2e9-7398b8fc2e70",
            "6edadbe4-4f53-4a5a-96ed-02f93db93790",
        )
    ),
    "superb_v2": Look(
        services={
            SUPERB_V2.format("7"): {
                SUPERB_V2.format("a"): BOTH,
                "e0fef452-9d2b-4005-a1e3-69fe1102b436": NOTIFY,
            }
        },
        name="Epsilon 01234",
        maker={0x50BE: b"Epsilon V2".hex()},
    ),
    "tdt": Look(
        services={"fff0": {"fff1": NOTIFY, "fff2": WRITE, "fffa": READ | WRITE}}
    ),
    "tianpwr": Look(
        services={"ff00": {"ff01": NOTIFY, "ff02": WRITE, "ff03": NOTIFY}},
        name="TP_2415",
    ),
    "topband": Look(services=line("ffe0", "ffe4")),
    "vatrer": Look(services=_NUS),
    "victron": Look(
        services={
            VICTRON.format("0000"): {
                VICTRON.format("ffff"): WRITE,
                VICTRON.format("ed8d"): READ,
                VICTRON.format("ed8c"): READ,
                VICTRON.format("ed8e"): READ,
                VICTRON.format("0fff"): READ,
            }
        },
        name="SmartShunt",
        maker={0x02E1: "1000"},
    ),
    "ws_nova": Look(services=line("fff0", "fff1", "fff1"), advertised=("fff0",)),
    "x123smart": Look(services=_NUS),
}
