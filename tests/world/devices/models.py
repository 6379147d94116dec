"""Who sends what: the Xiaomi products of the simulated house, as plain data.

``options`` are those of ``xiaomi.MiSensor``; a scenario may override each. Periods are far shorter
than in life (10 minutes, an hour, a day), so that a look of some seconds sees everything.
Sources: the vendor's object document, published captures of each product.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

type Table = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """Hold one product: advertised name, whether stock firmware encrypts, options of ``MiSensor``."""

    name: str = ""
    encrypted: bool = False
    options: Mapping[str, object]


def temperature(start: float = 21.5) -> Table:
    """Return a temperature in 0.1 °C."""
    return {
        "kind": "s16",
        "scale": 0.1,
        "field": "temperature",
        "start": start,
        "drift": 0.2,
        "low": -20,
        "high": 50,
    }


def humidity(start: float = 47.0, **more: object) -> Table:
    """Return a relative humidity in 0.1 %."""
    return {
        "kind": "u16",
        "scale": 0.1,
        "field": "humidity",
        "start": start,
        "drift": 0.8,
        "low": 5,
        "high": 95,
    } | more


def battery(start: int = 87, **more: object) -> Table:
    """Return the object of a battery in %, falling slowly."""
    own = {
        "kind": "u8",
        "field": "battery",
        "start": start,
        "slope": -0.05,
        "low": 1,
        "high": 100,
    }
    return {"id": 0x100A} | own | more


def script(
    number: int,
    steps: Mapping[str, Mapping[str, object]] | list[tuple[str, Table]],
    **timing: float,
) -> Table:
    """Return an object that steps through ready data."""
    rows = steps.items() if isinstance(steps, Mapping) else steps
    return {
        "id": number,
        "kind": "script",
        "steps": [{"hex": data, "tells": tells} for data, tells in rows],
        **timing,
    }


def pressed(key: str, type_: str = "press", **more: object) -> Table:
    """Return what a press tells."""
    return {f"event:{key}": type_, **more}


CLIMATE: Final = {"id": 0x100D, "parts": [temperature(), humidity()]}
# The stock battery value of these is a constant that says nothing: sent, but no receiver should believe it.
BOGUS_BATTERY: Final = battery(100, truth=False)
# These two send tenths of humidity that jump; only whole percents are meant.
WHOLE_PERCENT: Final = humidity(step=1)
PLANT: Final = [
    {"id": 0x1004} | temperature(19.0),
    {
        "id": 0x1007,
        "kind": "u24",
        "field": "illuminance",
        "start": 420,
        "drift": 15,
        "low": 0,
    },
    {
        "id": 0x1008,
        "kind": "u8",
        "field": "moisture",
        "start": 36,
        "drift": 0.3,
        "low": 0,
        "high": 100,
    },
    {
        "id": 0x1009,
        "kind": "u16",
        "field": "conductivity",
        "start": 510,
        "drift": 4,
        "low": 0,
    },
]
SECRET: Final = {"version": 5, "auth": 2}
BOUND: Final = SECRET | {"registered": True, "idle": True}

MODELS: Final[Mapping[str, Model]] = {
    "LYWSDCGQ": Model(
        name="MJ_HT_V1",
        options={
            "product": 0x01AA,
            "version": 2,
            "interval": 1.0,
            "objects": [
                CLIMATE,
                battery(76),
                CLIMATE | {"frame": "both"},
                battery(76, frame="both"),
            ],
        },
    ),
    "LYWSD02": Model(
        name="LYWSD02",
        options={
            "product": 0x045B,
            "version": 2,
            "capability": "09",
            "interval": 1.0,
            "objects": [
                {"id": 0x1004} | temperature(),
                {"id": 0x1006} | humidity(),
                BOGUS_BATTERY,
            ],
        },
    ),
    "LYWSD02MMC": Model(
        name="LYWSD02MMC",
        encrypted=True,
        options={
            "product": 0x16E4,
            **SECRET,
            "objects": [
                {"id": 0x1004} | temperature(),
                {"id": 0x1006} | WHOLE_PERCENT,
                battery(82),
            ],
        },
    ),
    "LYWSD02MMC_PRO": Model(
        name="LYWSD02MMC",
        encrypted=True,
        options={
            "product": 0x2542,
            **SECRET,
            "objects": [
                {"id": 0x1004} | temperature(),
                {"id": 0x1006} | WHOLE_PERCENT,
                battery(82),
            ],
        },
    ),
    "LYWSD03MMC": Model(
        name="LYWSD03MMC",
        encrypted=True,
        options={
            "product": 0x055B,
            **SECRET,
            "objects": [
                {"id": 0x1004} | temperature(),
                {"id": 0x1006} | WHOLE_PERCENT,
                BOGUS_BATTERY,
            ],
        },
    ),
    "MHO-C401": Model(
        name="MHO-C401",
        encrypted=True,
        options={
            "product": 0x0387,
            **SECRET,
            "objects": [
                {"id": 0x1004} | temperature(),
                {"id": 0x1006} | WHOLE_PERCENT,
                BOGUS_BATTERY,
            ],
        },
    ),
    "MHO-C303": Model(
        name="MHO-C303",
        options={
            "product": 0x06D3,
            "version": 3,
            "interval": 1.0,
            "objects": [CLIMATE, battery(64)],
        },
    ),
    "CGG1": Model(
        name="ClearGrass Temp & RH",
        options={
            "product": 0x0347,
            "version": 3,
            "interval": 1.0,
            "objects": [CLIMATE, battery(71)],
        },
    ),
    "XMWSDJ04MMC": Model(
        encrypted=True,
        options={
            "product": 0x1203,
            **SECRET,
            "registered": True,
            "objects": [
                {"id": 0x4C01, "kind": "f32", "digits": 1}
                | {"field": "temperature", "start": 21.4, "drift": 0.2},
                {"id": 0x4C08, "kind": "f32", "digits": 1}
                | {"field": "humidity", "start": 48.6, "drift": 0.2},
                battery(81, id=0x4803, slope=0),
            ],
        },
    ),
    "CGG1-M": Model(
        name="Qingping CGG1-M",
        encrypted=True,
        options={
            "product": 0x0B48,
            **SECRET,
            "objects": [CLIMATE, battery(71)],
        },
    ),
    "CGDK2": Model(
        name="Qingping CGDK2",
        encrypted=True,
        options={
            "product": 0x066F,
            **SECRET,
            "objects": [CLIMATE, battery(71)],
        },
    ),
    "CGC1": Model(
        name="Qingping CGC1",
        options={
            "product": 0x0C3C,
            "version": 5,
            "objects": [CLIMATE, battery(71)],
        },
    ),
    "HHCCJCY01": Model(
        name="Flower care",
        options={
            "product": 0x0098,
            "version": 2,
            "bits": 1,
            "capability": "0d",
            "interval": 1.0,
            "objects": PLANT,
        },
    ),
    "GCLS002": Model(
        name="Grow care garden",
        options={
            "product": 0x03BC,
            "version": 2,
            "bits": 1,
            "capability": "0d",
            "interval": 1.0,
            "objects": PLANT,
        },
    ),
    "HHCCPOT002": Model(
        name="ropot",
        options={
            "product": 0x015D,
            "version": 2,
            "interval": 1.0,
            "objects": [
                {**one, "frame": "both"}
                for one in PLANT
                if one["id"] in {0x1008, 0x1009}
            ],
        },
    ),
    "MUE4094RT": Model(
        options={
            "product": 0x03DD,
            "version": 3,
            "mac": False,
            "idle": True,
            "idle_capability": "0d",
            "objects": [
                script(0x0003, {"01": {"event:motion": "motion_detected"}}, every=5)
            ],
        },
    ),
    "MJYD02YL": Model(
        encrypted=True,
        options={
            "product": 0x07F6,
            **BOUND,
            "objects": [
                script(
                    0x000F,
                    {
                        "640000": {"motion": True, "light": True},
                        "010000": {"motion": True, "light": False},
                    },
                    every=8,
                    phase=2,
                ),
                script(
                    0x1018,
                    {"01": {"light": True}, "00": {"light": False}},
                    every=8,
                    phase=4,
                ),
                script(
                    0x1017,
                    {"78000000": {"motion": False, "idle_time": 120}},
                    every=8,
                    phase=6,
                ),
                battery(92, every=8, phase=1),
            ],
        },
    ),
    "MCCGQ02HL": Model(
        encrypted=True,
        options={
            "product": 0x098B,
            **BOUND,
            "objects": [
                script(
                    0x1019,
                    [
                        ("00", {"opening": True}),
                        ("01", {"opening": False, "door_left_open": False}),
                        ("02", {"opening": True, "door_left_open": True}),
                        ("01", {"opening": False, "door_left_open": False}),
                    ],
                    every=5,
                    phase=2,
                ),
                script(
                    0x1018,
                    {"01": {"light": True}, "00": {"light": False}},
                    every=6,
                    phase=3,
                ),
                battery(93, every=8, phase=1),
            ],
        },
    ),
    "SJWS01LM": Model(
        encrypted=True,
        options={
            "product": 0x0863,
            **BOUND,
            "objects": [
                script(
                    0x1014,
                    {
                        "01": {"moisture_detected": True},
                        "00": {"moisture_detected": False},
                    },
                    every=6,
                    phase=2,
                ),
                script(0x1001, {"000000": pressed("button")}, every=5, phase=3),
                battery(98, every=8, phase=1),
            ],
        },
    ),
    "YLYK01YL": Model(
        options={
            "product": 0x0153,
            "version": 3,
            "idle": True,
            "objects": [
                script(
                    0x1001,
                    {
                        "000000": pressed("button_on", power=True),
                        "010000": pressed("button_off", power=False),
                        "020000": pressed("button_brightness"),
                        "030000": pressed("button_plus"),
                        "040000": pressed("button_M"),
                        "050000": pressed("button_min"),
                        "030002": pressed("button_plus", "long_press"),
                        "050002": pressed("button_min", "long_press"),
                    },
                    every=2,
                )
            ],
        },
    ),
    "YLKG07YL": Model(
        encrypted=True,
        options={
            "product": 0x03B6,
            "version": 3,
            "idle": True,
            "objects": [
                script(
                    0x1001,
                    {
                        "000103": {"event:dimmer": "press"},
                        "000204": {"event:dimmer": "rotate_right"},
                        "00fd04": {"event:dimmer": "rotate_left"},
                        "010203": {"event:dimmer": "long_press"},
                        "030004": {"event:dimmer": "rotate_right_pressed"},
                        "fe0004": {"event:dimmer": "rotate_left_pressed"},
                    },
                    every=5,
                )
            ],
        },
    ),
    "XMWXKG01YL": Model(
        encrypted=True,
        options={
            "product": 0x1949,
            **BOUND,
            "objects": [
                script(
                    0x4E0C,
                    {"01": pressed("button_left"), "02": pressed("button_right")},
                    every=5,
                    phase=2,
                ),
                script(
                    0x4E0D,
                    {
                        "01": pressed("button_left", "double_press"),
                        "02": pressed("button_right", "double_press"),
                    },
                    every=9,
                    phase=4,
                ),
                script(
                    0x4E0E,
                    {"01": pressed("button_left", "long_press")},
                    every=11,
                    phase=6,
                ),
                battery(100, id=0x4C03, every=8, phase=1),
            ],
        },
    ),
}
