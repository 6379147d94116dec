"""Products by MiBeacon product id, and the kinds that have none.

A product is one row; what it does differently from the common objects stands in that row. Products
at the end are known by name and published spec only; nobody has heard their adverts yet.
"""

from collections.abc import Mapping
from typing import Final

from ..model.fields import Field
from ..model.reading import Event
from . import body, locks
from .buttons import (
    BUTTON_TYPES,
    CUBE,
    DIMMER,
    DIMMER_TYPES,
    K9B,
    REMOTE,
    clicks,
    named,
    numbered,
    press,
    told,
    turns,
)
from .objects import (
    ASLEEP_OR_PRESS,
    BRIGHT_AT_100,
    CONTACT_1_OPEN,
    DOORBELL,
    GESTURES,
    IN_BED_OR_PRESS,
    OBJECTS,
    TIMER,
    motion_with,
)
from .rows import (
    EventTypes,
    ObjectSpec,
    State,
    above_zero,
    flag,
    happened,
    number,
    only_one,
    states,
)
from .spec import (
    DAY,
    HALF_DAY,
    OFTEN,
    ON_USE,
    SLOW,
    DeviceSpec,
    Encrypted,
    ProductKind,
    device,
)

__all__ = ["DEVICES", "EVENT_TYPES", "HEARD", "KINDS", "DeviceSpec", "product_of"]

# Every source of events (the word before the first underscore of an event's key) and its types.
EVENT_TYPES: Final[EventTypes] = {
    "button": BUTTON_TYPES,
    "command": ("off", "on", "toggle", "step_up", "step_down"),
    "cube": ("rotate_right", "rotate_left"),
    "dimmer": (*DIMMER_TYPES, "double_press"),
    "door": ("knock",),
    "doorbell": DOORBELL,
    "error": locks.FAULT_TYPES,
    "fingerprint": locks.FINGERPRINT_TYPES,
    "gas": ("life_over", "warm_up", "self_test", "simulated_alarm"),
    "gesture": GESTURES,
    "lock": locks.LOCK_TYPES,
    "motion": ("motion_detected", "moved_away"),
    "pairing": ("easy_pairing",),
    "reset": ("reset",),
    "smoke": ("self_test", "simulated_alarm"),
    "timer": TIMER,
}

_CLIMATE: Final = (Field.TEMPERATURE, Field.HUMIDITY, Field.BATTERY)
_PLANT: Final = (
    Field.TEMPERATURE,
    Field.ILLUMINANCE,
    Field.MOISTURE,
    Field.CONDUCTIVITY,
)
_BATTERY: Final = frozenset({Field.BATTERY})
_HUMIDITY: Final = frozenset({Field.HUMIDITY})
_LOCK: Final = (Field.LOCK, Field.KEY_ID, Field.LOCK_METHOD, Field.BATTERY)
_DOOR: Final = (
    Field.DOOR,
    Field.DOOR_LEFT_OPEN,
    Field.DOOR_STUCK,
    Field.KNOCK_ON_THE_DOOR,
    Field.PRY_THE_DOOR,
)
_SCALE: Final = (
    Field.WEIGHT,
    Field.IMPEDANCE_LOW,
    Field.IMPEDANCE_HIGH,
    Field.HEART_RATE,
    Field.PROFILE_ID,
    Field.STABILIZED,
)
_STEPPED_OFF: Final = {Field.STABILIZED: False}
# These never say that motion has ended.
_NEVER_ENDS: Final = {Field.MOTION: 35.0}

_ONE_BUTTON: Final[Mapping[int, ObjectSpec]] = {0x1001: press(None)}
_FOUR: Final = {1: ("left",), 2: ("mid_left",), 3: ("mid_right",), 4: ("right",)}
_TWO_OR_BOTH: Final = {1: ("left",), 2: ("right",), 3: ("left", "right")}
_RESET: Final = states({1: State(events=(Event("reset", "reset"),))}, generic=False)

_CLICKS_2: Final = 0x4A00
_CLICKS_3: Final = 0x4E00
_CLICKS_4: Final = 0x5200
_CLICKS_5: Final = 0x5600
_CLICKS_12: Final = 0x7200


def _thermometer(
    model: str = "",
    kind: ProductKind = ProductKind.THERMOMETER,
    *,
    encrypted: bool = True,
    maker: str = "Xiaomi",
    availability: float = SLOW,
    untrusted: frozenset[Field] = frozenset(),
    coarse: frozenset[Field] = frozenset(),
) -> DeviceSpec:
    return device(
        model,
        kind,
        *_CLIMATE,
        encrypted="yes" if encrypted else "no",
        manufacturer=maker,
        availability=availability,
        untrusted=untrusted,
        coarse=coarse,
    )


def _remote(
    model: str, kind: ProductKind, *buttons: str, powers: bool = False, title: str = ""
) -> DeviceSpec:
    row = press(named(*buttons), REMOTE)
    if powers:
        row = _with_power(row)
    return device(
        model,
        kind,
        *row.fields,
        title=title,
        encrypted="unknown",
        manufacturer="Yeelight",
        sleepy=True,
        availability=ON_USE,
        # What it switched last is not how the lamp is: others switch it, too.
        optional=frozenset(row.fields),
        objects={0x1001: row},
    )


def _with_power(row: ObjectSpec) -> ObjectSpec:
    # The keys "on" (0) and "off" (1) of this remote also tell what they switch.
    inner = row.decode[3]

    def decode(
        data: bytes, at: int, values: dict[Field, bool | int | float | str]
    ) -> tuple[Event, ...] | None:
        found = inner(data, at, values)
        if not isinstance(found, tuple):
            return None
        if data[at] <= 1:
            values[Field.POWER] = data[at] == 0
        return found

    return ObjectSpec({3: decode}, (Field.POWER,), row.events)


def _switch(
    model: str,
    kind: ProductKind,
    objects: Mapping[int, ObjectSpec],
    *fields: Field,
    maker: str = "Xiaomi",
    availability: float = HALF_DAY,
    title: str = "",
) -> DeviceSpec:
    return device(
        model,
        kind,
        *fields,
        Field.BATTERY,
        title=title,
        manufacturer=maker,
        sleepy=True,
        availability=availability,
        objects=objects,
    )


def _wall_switch(
    model: str, keys: Mapping[int, tuple[str, ...]], title: str
) -> DeviceSpec:
    return device(
        model,
        ProductKind.SWITCH,
        title=title,
        manufacturer="Linptech",
        sleepy=True,
        availability=ON_USE,
        objects={0x1001: press(keys, K9B)},
    )


def _lock(
    model: str,
    *fields: Field,
    encrypted: Encrypted = "yes",
    maker: str = "Xiaomi",
    kind: ProductKind = ProductKind.LOCK,
    title: str = "",
    objects: Mapping[int, ObjectSpec] | None = None,
) -> DeviceSpec:
    own = objects or {}
    action = own.get(0x000B, OBJECTS[0x000B])
    finger = (0x0006,) if Field.FINGERPRINT in fields else ()
    door = (0x0007,) if Field.DOOR_STUCK in fields else ()
    return device(
        model,
        kind,
        *dict.fromkeys((*fields, *_LOCK, *action.fields)),
        title=title,
        encrypted=encrypted,
        manufacturer=maker,
        sleepy=True,
        availability=DAY,
        sends=(*finger, *door, 0x000B),
        objects=own,
    )


def _kettle(model: str) -> DeviceSpec:
    return device(
        model,
        ProductKind.KETTLE,
        Field.POWER,
        Field.KETTLE_STATE,
        Field.TEMPERATURE,
        encrypted="no",
    )


def _scale(model: str = "MJTZC01YM") -> DeviceSpec:
    return device(
        model,
        ProductKind.SCALE,
        *_SCALE,
        sleepy=True,
        availability=ON_USE,
        idle=_STEPPED_OFF,
        title="Body Composition Scale",
    )


_SCALE_S200: Final = device(
    "MJTZC02YM",
    ProductKind.SCALE,
    Field.WEIGHT,
    Field.PROFILE_ID,
    Field.STABILIZED,
    sleepy=True,
    availability=ON_USE,
    objects={0x4E16: body.FINAL_WEIGHT},
    idle=_STEPPED_OFF,
    title="Smart Scale S200",
)


def _band(model: str, title: str) -> DeviceSpec:
    return device(
        model,
        ProductKind.FITNESS_BAND,
        Field.CHARGING_STATE,
        Field.ASLEEP,
        Field.WEARING,
        title=title,
        sleepy=True,
        availability=DAY,
    )


def _toothbrush(model: str, *fields: Field, encrypted: bool = True) -> DeviceSpec:
    return device(
        model,
        ProductKind.TOOTHBRUSH,
        Field.TOOTHBRUSH,
        *fields,
        Field.SCORE,
        Field.BATTERY,
        Field.CONSUMABLE,
        encrypted="yes" if encrypted else "no",
        sleepy=True,
        availability=ON_USE,
    )


# The leak sensor with two probes calls the lower one by an id that others use for their only one.
_BOTTOM: Final = above_zero(Field.BOTTOM_SUBMERSION)
_LIGHT_FROM_100: Final = motion_with(low=100)
_ASLEEP_ROWS: Final = {0x5A16: IN_BED_OR_PRESS, 0x4810: ASLEEP_OR_PRESS}
_PILLOW: Final = (Field.BED_OCCUPANCY, Field.SNORING, Field.ASLEEP)
_OCCUPIED_IS_1: Final = states(
    {
        0: State({Field.OCCUPANCY: False}),
        1: State({Field.OCCUPANCY: True}),
        2: State({Field.OCCUPANCY: False}),
    },
    generic=False,
)

_HEARD: Final[Mapping[int, DeviceSpec]] = {
    # Thermometers and clocks
    0x01AA: _thermometer("LYWSDCGQ", encrypted=False, availability=OFTEN),
    0x045B: _thermometer(
        "LYWSD02", encrypted=False, availability=OFTEN, untrusted=_BATTERY
    ),
    0x16E4: _thermometer("LYWSD02MMC"),
    0x2542: _thermometer("LYWSD02MMC"),
    0x055B: _thermometer("LYWSD03MMC", untrusted=_BATTERY, coarse=_HUMIDITY),
    0x0387: _thermometer("MHO-C401", untrusted=_BATTERY, coarse=_HUMIDITY),
    0x06D3: _thermometer(
        "MHO-C303", ProductKind.CLOCK, encrypted=False, availability=OFTEN
    ),
    0x1203: _thermometer("XMWSDJ04MMC"),
    0x2832: _thermometer("MJWSD05MMC"),
    0x4C47: _thermometer("MJWSD05MMC"),
    0x55B5: _thermometer("MJWSD06MMC"),
    0x5BEA: _thermometer("MJWSD06MMC"),
    0x5DB1: _thermometer("MBS17"),
    0x78DB: device(
        "ESM787",
        ProductKind.THERMOMETER,
        Field.TEMPERATURE,
        Field.HUMIDITY,
        encrypted="no",
        manufacturer="Yanmi",
        availability=SLOW,
    ),
    0x0347: _thermometer("CGG1", encrypted=False, maker="Qingping"),
    0x0B48: _thermometer("CGG1-ENCRYPTED", maker="Qingping"),
    0x5808: _thermometer("CGG3", maker="Qingping"),
    0x0576: _thermometer(
        "CGD1", ProductKind.CLOCK, maker="Qingping", untrusted=_BATTERY
    ),
    0x0C3C: _thermometer("CGC1", ProductKind.CLOCK, maker="Qingping"),
    0x066F: _thermometer("CGDK2", maker="Qingping"),
    0x4F59: _thermometer("CGDK3", maker="Qingping"),
    # Plants, air, smoke, household
    0x0098: device(
        "HHCCJCY01",
        ProductKind.PLANT_SENSOR,
        *_PLANT,
        encrypted="no",
        manufacturer="HHCC",
        known_as="Flora",
    ),
    0x03BC: device(
        "GCLS002",
        ProductKind.PLANT_SENSOR,
        *_PLANT,
        encrypted="no",
        manufacturer="VegTrug",
        title="Grow Care Garden",
    ),
    0x015D: device(
        "HHCCPOT002",
        ProductKind.FLOWER_POT,
        Field.MOISTURE,
        Field.CONDUCTIVITY,
        encrypted="no",
        manufacturer="HHCC",
    ),
    0x02DF: device(
        "JQJCY01YM",
        ProductKind.AIR_MONITOR,
        Field.TEMPERATURE,
        Field.HUMIDITY,
        Field.FORMALDEHYDE,
        Field.BATTERY,
        encrypted="no",
        title="Formaldehyde Sensor",
    ),
    0x0997: device(
        "JTYJGD03MI",
        ProductKind.SMOKE_ALARM,
        Field.SMOKE,
        Field.FAULT,
        Field.BATTERY,
        sleepy=True,
        availability=SLOW,
        objects=_ONE_BUTTON,
    ),
    0x040A: device(
        "WX08ZM",
        ProductKind.INSECT_REPELLENT,
        Field.POWER,
        Field.CONSUMABLE,
        Field.BATTERY,
        encrypted="no",
        title="Mosquito Repellent",
    ),
    0x0DE7: device(
        "SU001-T",
        ProductKind.AIR_FRESHENER,
        Field.POWER,
        Field.MOTION,
        Field.BATTERY,
        availability=DAY,
        holds=_NEVER_ENDS,
        title="Odor Eliminator",
    ),
    0x0083: _kettle("YM-K1501"),
    0x0113: _kettle("YM-K1501EU"),
    0x045C: _kettle("V-SK152"),
    # Bodies
    0x00DB: device(
        "MMC-T201-1",
        ProductKind.BODY_THERMOMETER,
        Field.TEMPERATURE,
        Field.BATTERY,
        encrypted="no",
        availability=OFTEN,
        title="Baby Thermometer",
    ),
    0x0391: device(
        "MMC-W505",
        ProductKind.BODY_THERMOMETER,
        Field.TEMPERATURE,
        encrypted="no",
        sleepy=True,
        availability=ON_USE,
    ),
    0x0489: _toothbrush("M1S-T500", Field.COUNTER, encrypted=False),
    0x0806: _toothbrush("T700"),
    0x1790: _toothbrush("T700"),
    0x59FA: _band("M2457B1", "Smart Band 10"),
    0x59FB: _band("M2456B1", "Smart Band 10 NFC"),
    0x59FC: _band("M2456B1", "Smart Band 10 Ceramic Edition"),
    0x6188: _band("M2456B1", "Smart Band 10 Glimmer Edition"),
    0x20DB: device(
        "MJZNZ018H",
        ProductKind.PILLOW,
        *_PILLOW,
        Field.BATTERY,
        Field.BATTERY_LOW,
        sleepy=True,
        availability=DAY,
        objects={
            0x4E16: only_one(Field.BED_OCCUPANCY),
            0x4E17: states({1: State({Field.BED_OCCUPANCY: False})}, generic=False),
            0x5010: ASLEEP_OR_PRESS,
            **_ASLEEP_ROWS,
        },
    ),
    0x18E3: device(
        "ZX1",
        ProductKind.PILLOW,
        *_PILLOW,
        manufacturer="8H",
        sleepy=True,
        availability=DAY,
        objects=_ASLEEP_ROWS,
    ),
    0x30D9: _scale(),
    0x3BD5: _scale(),
    0x48CF: _scale(),
    0x4FC2: _scale(),
    0x4B05: _scale("MJTZC03YM"),
    0x45C9: _SCALE_S200,
    0x4C04: _SCALE_S200,
    0x4DCB: _SCALE_S200,
    # Motion, presence, night lights
    0x03DD: device(
        "MUE4094RT",
        ProductKind.NIGHT_LIGHT,
        manufacturer="Philips",
        encrypted="no",
        sleepy=True,
        availability=ON_USE,
        holds=_NEVER_ENDS,
        sends=(0x0003,),
    ),
    0x07F6: device(
        "MJYD02YL",
        ProductKind.NIGHT_LIGHT,
        Field.MOTION,
        Field.LIGHT,
        Field.IDLE_TIME,
        Field.BATTERY,
        manufacturer="Yeelight",
        availability=OFTEN,
        objects={0x000F: _LIGHT_FROM_100, 0x1007: BRIGHT_AT_100},
    ),
    0x0A8D: device(
        "RTCGQ02LM",
        ProductKind.MOTION_SENSOR,
        Field.MOTION,
        Field.LIGHT,
        Field.IDLE_TIME,
        Field.BATTERY,
        sleepy=True,
        availability=DAY,
        objects={0x000F: _LIGHT_FROM_100, **_ONE_BUTTON},
    ),
    0x0A83: device(
        "CGPR1",
        ProductKind.MOTION_SENSOR,
        Field.MOTION,
        Field.ILLUMINANCE,
        Field.LIGHT,
        Field.BATTERY,
        manufacturer="Qingping",
        availability=SLOW,
        holds=_NEVER_ENDS,
        unsteady=_BATTERY,
        objects={0x000F: motion_with(lux=True)},
    ),
    0x2AEB: device(
        "HS1BB(MI)",
        ProductKind.MOTION_SENSOR,
        Field.MOTION,
        Field.ILLUMINANCE,
        Field.IDLE_TIME,
        Field.BATTERY,
        manufacturer="Linptech",
        sleepy=True,
        availability=DAY,
    ),
    0x3531: device(
        "XMPIRO2SXS",
        ProductKind.MOTION_SENSOR,
        Field.MOTION,
        Field.ILLUMINANCE,
        Field.IDLE_TIME,
        Field.BATTERY,
        sleepy=True,
        availability=DAY,
    ),
    0x4C60: device(
        "XMPIRO2GSXS",
        ProductKind.MOTION_SENSOR,
        Field.MOTION,
        Field.ILLUMINANCE,
        Field.IDLE_TIME,
        Field.BATTERY,
        sleepy=True,
        availability=DAY,
    ),
    0x4683: device(
        "XMOSB01XS",
        ProductKind.OCCUPANCY_SENSOR,
        Field.OCCUPANCY,
        Field.ILLUMINANCE,
        Field.DURATION_DETECTED,
        Field.DURATION_CLEARED,
        Field.BATTERY,
        sleepy=True,
        availability=DAY,
        objects={0x484E: _OCCUPIED_IS_1},
    ),
    0x50FB: device(
        "ES3",
        ProductKind.OCCUPANCY_SENSOR,
        Field.OCCUPANCY,
        Field.ILLUMINANCE,
        Field.DURATION_DETECTED,
        Field.DURATION_CLEARED,
        Field.BATTERY,
        manufacturer="Linptech",
        sleepy=True,
        availability=DAY,
    ),
    0x6A0F: device(
        "ES5BB",
        ProductKind.OCCUPANCY_SENSOR,
        Field.OCCUPANCY,
        Field.OCCUPANCY_CLOSE_RANGE,
        Field.ILLUMINANCE,
        Field.DURATION_DETECTED,
        Field.DURATION_CLEARED,
        Field.BATTERY,
        manufacturer="Linptech",
        sleepy=True,
        availability=DAY,
        objects={0x5413: above_zero(Field.OCCUPANCY_CLOSE_RANGE)},
    ),
    0x3F4C: device(
        "PS1BB",
        ProductKind.SEAT_SENSOR,
        Field.OCCUPANCY,
        Field.PRESSURE_PRESENT_DURATION,
        Field.PRESSURE_NOT_PRESENT_DURATION,
        Field.PRESSURE_PRESENT_TIME_SET,
        Field.PRESSURE_NOT_PRESENT_TIME_SET,
        Field.BATTERY,
        manufacturer="Linptech",
        sleepy=True,
        availability=DAY,
        objects={0x4A1C: _RESET},
    ),
    # Contact and leak
    0x098B: device(
        "MCCGQ02HL",
        ProductKind.DOOR_SENSOR,
        Field.OPENING,
        Field.DOOR_LEFT_OPEN,
        Field.LIGHT,
        Field.BATTERY,
        sleepy=True,
        availability=DAY,
        objects={0x1007: BRIGHT_AT_100},
    ),
    0x03D6: device(
        "CGH1",
        ProductKind.DOOR_SENSOR,
        Field.OPENING,
        Field.DOOR_LEFT_OPEN,
        Field.BATTERY,
        manufacturer="Qingping",
        sleepy=True,
        availability=DAY,
    ),
    0x1889: device(
        "MS1BB(MI)",
        ProductKind.DOOR_SENSOR,
        Field.OPENING,
        Field.DOOR_LEFT_OPEN,
        Field.DEVICE_FORCIBLY_REMOVED,
        Field.BATTERY,
        manufacturer="Linptech",
        sleepy=True,
        availability=DAY,
        sends=(0x4A13,),
        objects={0x4804: CONTACT_1_OPEN},
    ),
    0x78D1: device(
        "MC-COMM",
        ProductKind.DOOR_SENSOR,
        Field.OPENING,
        Field.BATTERY,
        manufacturer="Zhiee",
        sleepy=True,
        availability=DAY,
    ),
    0x0863: device(
        "SJWS01LM",
        ProductKind.LEAK_SENSOR,
        Field.MOISTURE_DETECTED,
        Field.BATTERY,
        sleepy=True,
        availability=DAY,
        objects=_ONE_BUTTON,
    ),
    0x3F0F: device(
        "RS1BB(MI)",
        ProductKind.LEAK_SENSOR,
        Field.MOISTURE_DETECTED,
        Field.BATTERY,
        manufacturer="Linptech",
        sleepy=True,
        availability=DAY,
        title="Flood and Rain Sensor",
    ),
    0x6375: device(
        "SJWS02LM",
        ProductKind.LEAK_SENSOR,
        Field.BOTTOM_SUBMERSION,
        Field.TOP_SPLASH,
        Field.BATTERY,
        sleepy=True,
        availability=DAY,
        objects={0x4806: _BOTTOM},
        title="Water Leak Sensor 2",
    ),
    0x7712: device(
        "zhiee.flood.sj01",
        ProductKind.LEAK_SENSOR,
        Field.BOTTOM_SUBMERSION,
        Field.BATTERY,
        manufacturer="Zhiee",
        sleepy=True,
        availability=DAY,
        objects={0x4806: _BOTTOM},
    ),
    # Buttons, remotes, dimmers, cube
    0x07BF: _switch(
        "YLAI003",
        ProductKind.SWITCH,
        _ONE_BUTTON,
        maker="Yeelight",
        availability=DAY,
    ),
    0x0153: _remote(
        "YLYK01YL",
        ProductKind.REMOTE,
        "on",
        "off",
        "brightness",
        "plus",
        "m",
        "min",
        powers=True,
    ),
    0x068E: _remote(
        "YLYK01YL-FANCL",
        ProductKind.REMOTE,
        "fan",
        "light",
        "wind_speed",
        "color_temperature",
        "wind_mode",
        "brightness",
        title="Fan Remote Control",
    ),
    0x04E6: _remote(
        "YLYK01YL-VENFAN",
        ProductKind.REMOTE,
        "swing",
        "power",
        "timer_60_minutes",
        "increase_wind_speed",
        "timer_30_minutes",
        "decrease_wind_speed",
        title="Ventilator Fan Remote Control",
    ),
    0x03BF: _remote(
        "YLYB01YL-BHFRC",
        ProductKind.REMOTE,
        "stop",
        "air_exchange",
        "fan",
        "increase_speed",
        "decrease_speed",
        "dry",
        "light",
        "swing",
        "heat",
        title="Bathroom Heater Remote",
    ),
    0x03B6: device(
        "YLKG07YL/YLKG08YL",
        ProductKind.DIMMER,
        manufacturer="Yeelight",
        sleepy=True,
        availability=ON_USE,
        objects={0x1001: DIMMER},
    ),
    0x04E1: device(
        "XMMF01JQD",
        ProductKind.CUBE,
        encrypted="unknown",
        sleepy=True,
        availability=ON_USE,
        objects={0x1001: CUBE},
    ),
    0x1568: _wall_switch("K9B-1BTN", {0: ("",)}, title="Switch (single button)"),
    0x1569: _wall_switch(
        "K9B-2BTN",
        {0: ("left",), 1: ("right",), 2: ("left", "right")},
        title="Switch (double button)",
    ),
    0x0DFD: _wall_switch(
        "K9B-3BTN",
        {
            0: ("left",),
            1: ("middle",),
            2: ("right",),
            3: ("left", "middle"),
            4: ("middle", "right"),
            5: ("left", "right"),
            6: ("left", "middle", "right"),
        },
        title="Switch (triple button)",
    ),
    0x1C10: _switch(
        "K9BB-1BTN",
        ProductKind.SWITCH,
        {
            0x4E0C: states(
                {
                    1: State(events=(Event("button", "press"),)),
                    8: State(events=(Event("button", "long_press"),)),
                    15: State(events=(Event("button", "double_press"),)),
                },
                generic=False,
            )
        },
        maker="Linptech",
        title="Switch (single button)",
    ),
    0x3A61: _switch(
        "KS1",
        ProductKind.SWITCH,
        clicks(_CLICKS_5, _FOUR),
        maker="Linptech",
        title="Switch (quadruple button)",
    ),
    0x3E17: _switch(
        "KS1BP",
        ProductKind.SWITCH,
        clicks(_CLICKS_5, _FOUR),
        Field.TEMPERATURE,
        Field.HUMIDITY,
        maker="Linptech",
        title="Switch (quadruple button)",
    ),
    0x520B: device(
        "KS2BB",
        ProductKind.THERMOMETER,
        *_CLIMATE,
        manufacturer="Linptech",
        availability=SLOW,
        objects=clicks(_CLICKS_5),
        title="Thermometer with button",
    ),
    0x1949: _switch(
        "XMWXKG01YL",
        ProductKind.SWITCH,
        clicks(_CLICKS_3, _TWO_OR_BOTH),
        title="Switch (double button)",
    ),
    0x2387: _switch("XMWXKG01LM", ProductKind.BUTTON, clicks(_CLICKS_3)),
    0x5968: _switch(
        "XMWS01XS",
        ProductKind.SWITCH,
        clicks(_CLICKS_2, named("left", "right")),
        Field.BATTERY_LOW,
        title="Switch (double button)",
    ),
    0x38BB: _switch(
        "PTX_YK1_QMIMB", ProductKind.SWITCH, clicks(_CLICKS_2), maker="PTX"
    ),
    0x64C5: device(
        "PTX-F1-Display",
        ProductKind.SWITCH,
        Field.TEMPERATURE,
        Field.HUMIDITY,
        manufacturer="PTX",
        sleepy=True,
        availability=HALF_DAY,
        objects=clicks(_CLICKS_3, {number: (str(number),) for number in (1, 2, 3, 4)}),
        title="Four-button switch with display",
    ),
    0x78A3: _switch("AFWXKG220000", ProductKind.SWITCH, clicks(_CLICKS_5)),
    # Locks
    0x04E9: _lock("MJZNMSQ01YD", Field.FINGERPRINT),
    0x098C: _lock("XMZNMST02YD", Field.FINGERPRINT, *_DOOR, encrypted="unknown"),
    0x0599: _lock("MJZNMS03LM", Field.FINGERPRINT, *_DOOR, encrypted="unknown"),
    0x0784: _lock("XMZNMS04LM", Field.FINGERPRINT, encrypted="unknown"),
    0x0E39: _lock("XMZNMS08LM", *_DOOR),
    0x069E: _lock(
        "ZNMS16LM",
        Field.FINGERPRINT,
        *_DOOR,
        Field.ARMED,
        encrypted="no",
        maker="Aqara",
    ),
    0x069F: _lock(
        "ZNMS17LM",
        Field.FINGERPRINT,
        *_DOOR,
        Field.ARMED,
        Field.CHILDLOCK,
        Field.ANTILOCK,
        encrypted="no",
        maker="Aqara",
        objects={0x000B: locks.lock_action(separate=True)},
    ),
    0x0380: _lock(
        "DSL-C08",
        Field.CHILDLOCK,
        Field.ARMED,
        maker="Lockin",
        objects={
            0x0008: locks.HANDLE_LIFTED,
            0x000B: locks.lock_action(one_time=range(5000, 6000)),
            0x100E: locks.BOLTS,
        },
    ),
    0x11C2: _lock(
        "Lockin-SV40",
        Field.FINGERPRINT,
        *_DOOR,
        Field.CHILDLOCK,
        Field.ANTILOCK,
        Field.ARMED,
        maker="Lockin",
    ),
    0x09B0: _lock(
        "loock.safe.v1",
        Field.DOOR,
        encrypted="unknown",
        maker="Loock",
        kind=ProductKind.SAFE,
        objects={0x100F: locks.DOOR_OPEN_IS_1},
    ),
}


def _published(
    model: str,
    kind: ProductKind,
    *fields: Field,
    maker: str = "Xiaomi",
    availability: float = DAY,
    objects: Mapping[int, ObjectSpec] | None = None,
    title: str = "",
) -> DeviceSpec:
    return device(
        model,
        kind,
        *fields,
        title=title,
        encrypted="unknown",
        manufacturer=maker,
        sleepy=True,
        availability=availability,
        objects=objects,
    )


# One ring, with the time at which it happened.
_RINGS: Final = told(Event("doorbell", "rings"), sizes=(0, 1, 4))
_BELL: Final = {0x5606: _RINGS}
_SPEC_LOCK: Final = {
    0x4A07: locks.SPEC_FAULT,
    0x4A14: locks.SPEC_LOCK,
    0x4C15: locks.SPEC_DOOR,
    **_BELL,
}
_SPEC_LOCK_FIELDS: Final = (*_LOCK, Field.DOOR, Field.DOOR_LEFT_OPEN)


def _published_lock(
    model: str,
    maker: str = "Xiaomi",
    *fields: Field,
    title: str = "",
    objects: Mapping[int, ObjectSpec] | None = None,
) -> DeviceSpec:
    return _lock(
        model,
        Field.FINGERPRINT,
        *_DOOR,
        Field.ARMED,
        *fields,
        encrypted="unknown",
        maker=maker,
        title=title,
        objects=objects,
    )


def _published_button(
    model: str,
    kind: ProductKind,
    *services: int,
    maker: str,
    fields: tuple[Field, ...] = (Field.BATTERY,),
    title: str = "",
) -> DeviceSpec:
    # Several services are several keys, in their order; one service is one key or tells no number.
    names = (
        [""]
        if len(services) == 1
        else [str(number) for number, _ in enumerate(services, 1)]
    )
    rows: dict[int, ObjectSpec] = {}
    for service, key in zip(services, names, strict=True):
        rows |= clicks(service, name=key)
    return _published(model, kind, *fields, maker=maker, objects=rows, title=title)


def _numbered(
    model: str,
    title: str,
    count: int,
    *,
    maker: str,
    kind: ProductKind = ProductKind.SWITCH,
    service: int = _CLICKS_5,
) -> DeviceSpec:
    battery = (Field.BATTERY,) if service == _CLICKS_5 else ()
    rows = numbered(service, count)
    return _published(model, kind, *battery, maker=maker, objects=rows, title=title)


_F2: Final = {
    **numbered(_CLICKS_5, 4),
    0x560C: states(
        {
            **{
                code: State(events=(Event(f"button_{code}", "press"),))
                for code in range(1, 5)
            },
            **turns(5),
        },
        generic=False,
    ),
}

_PUBLISHED: Final[Mapping[int, DeviceSpec]] = {
    0x031A: _published_lock("MJZNMS02LM"),
    0x03BB: _published_lock("ydhome.lock.m2silver", "Ydhome", title="Lock M2"),
    0x04B3: _published_lock("dsm.lock.q3", "Dessmann", title="Door Lock Q3"),
    0x0571: _published(
        "lcrmcr.safe.ms30b", ProductKind.SAFE, title="Safe Cayo Anno 30Z"
    ),
    0x0711: _published(
        "PTH-1",
        ProductKind.AIR_MONITOR,
        Field.TEMPERATURE,
        Field.HUMIDITY,
        Field.BATTERY,
        Field.FORMALDEHYDE,
        objects={0x1010: number(Field.FORMALDEHYDE, "<H", 1000)},
    ),
    0x09E0: _published(
        "MJHWSHO2YM",
        ProductKind.KETTLE,
        Field.POWER,
        Field.KETTLE_STATE,
        Field.TEMPERATURE,
        title="Kettle Pro",
    ),
    0x0BEB: _published_lock("ZNMS20LM", "Aqara", title="Door Lock D100"),
    0x0D0F: _published_lock(
        "loock.lock.cc2xpro", "Lockin", title="Door Lock Classic 2X Pro"
    ),
    0x0E65: _published_lock("XMZNMS06LM", title="Face Recognition Smart Door Lock X"),
    0x0F3B: _published_lock("XMZNMSTO3YD", "Lockin"),
    0x1781: _published(
        "XMZNMS09LM",
        ProductKind.LOCK,
        *_LOCK,
        Field.DOOR_LEFT_OPEN,
        objects={
            0x4A07: locks.SPEC_FAULT_09LM,
            0x4A14: locks.SPEC_LOCK_09LM,
            **_BELL,
        },
        title="Face Recognition Smart Door Lock",
    ),
    0x1A56: _published_button(
        "lemesh.remote.ts1", ProductKind.BUTTON, _CLICKS_2, maker="LeMesh", fields=()
    ),
    0x1E37: _lock(
        "loock.lock.fvl109",
        Field.FINGERPRINT,
        *_DOOR,
        Field.FAULT,
        Field.ARMED,
        Field.CHILDLOCK,
        encrypted="unknown",
        maker="Lockin",
        objects={0x100E: locks.BOLTS, 0x100F: locks.DOOR_OPEN_IS_0},
        title="Smart Door Lock S50M",
    ),
    0x1FDA: _published_lock(
        "loock.lock.t2v1",
        "Lockin",
        Field.FAULT,
        objects={0x100E: locks.LOCKED_IS_1, 0x100F: locks.DOOR_OPEN_IS_0},
        title="Door Lock M20",
    ),
    0x21A5: _published(
        "huca.switch.dh2", ProductKind.SWITCH, maker="H+", title="Double Wall Switch"
    ),
    0x24A9: _published(
        "hoto.timer.kt",
        ProductKind.TIMER,
        maker="Mijia",
        objects={
            0x4A19: told(Event("timer_1", "end")),
            0x4E19: told(Event("timer_2", "end")),
        },
    ),
    0x2695: _published(
        "XFCL201",
        ProductKind.LOCK,
        Field.BATTERY,
        maker="Loock",
        objects=_BELL,
        title="Smart Lock V5 Max",
    ),
    0x2809: _published(
        "XMZNMS01OD",
        ProductKind.LOCK,
        *_SPEC_LOCK_FIELDS,
        Field.BATTERY_LOW,
        objects={
            0x4E14: locks.SPEC_LOCK_E10,
            0x5015: locks.SPEC_DOOR_E10,
            0x5601: locks.LOW_AT_E10,
            0x5A06: _RINGS,
        },
        title="Door Lock E10",
    ),
    # Four keys and a knob, each with an event of its own.
    0x2C09: _published(
        "PTX-X6-QMIMB",
        ProductKind.SWITCH,
        maker="PTX",
        objects={
            0x4A0C: told(Event("button_1", "press")),
            0x4A0D: told(Event("button_2", "press")),
            0x4A0E: told(Event("button_3", "press")),
            0x4A1C: told(Event("button_4", "press")),
            0x4E0C: told(Event("dimmer", "rotate_right")),
            0x4E0D: told(Event("dimmer", "rotate_left")),
            0x4E0E: told(Event("dimmer", "press")),
        },
        title="Wireless situation knob switch",
    ),
    0x2CBA: _published(
        "lcrmcr.lock.cb2207",
        ProductKind.LOCK,
        Field.BATTERY,
        Field.BATTERY_LOW,
        maker="CRMCR",
        title="Intelligent glass door lock",
    ),
    0x2F97: _published(
        "loock.lock.r2",
        ProductKind.LOCK,
        Field.LOCK,
        maker="Lockin",
        objects={0x4C15: locks.BOLT_R2, **_BELL},
        title="Door Lock M20 Pro",
    ),
    0x2FC5: _published("MCN003", ProductKind.SAFE, Field.BATTERY, Field.BATTERY_LOW),
    0x305E: _published_button(
        "huca.remote.wx8", ProductKind.BUTTON, _CLICKS_12, maker="H+"
    ),
    0x3286: _published(
        "XMZNMS201LM",
        ProductKind.LOCK,
        Field.BATTERY,
        objects=_BELL,
        title="Smart Door Lock E20 WIFI",
    ),
    0x3341: _published(
        "lumi.lock.mcn009",
        ProductKind.LOCK,
        Field.BATTERY,
        objects=_BELL,
        title="Smart Door Lock E20 (Video Monitor)",
    ),
    0x34FE: _published("MJBQDYJ1-WC", ProductKind.LABEL_PRINTER),
    0x3878: _published(
        "lemesh.remote.ts4",
        ProductKind.SWITCH,
        Field.BATTERY,
        maker="LeMesh",
        objects=numbered(_CLICKS_5, 4, knob=True),
        title="Scenario wireless knob switch K4",
    ),
    0x3884: _published(
        "lemesh.switch.sw3f01",
        ProductKind.SWITCH,
        maker="LeMesh",
        title="Triple Wall Switch",
    ),
    0x3885: _published(
        "lemesh.switch.sw2f01",
        ProductKind.SWITCH,
        maker="LeMesh",
        title="Double Wall Switch",
    ),
    0x3886: _published(
        "lemesh.switch.sw1f01",
        ProductKind.SWITCH,
        maker="LeMesh",
        title="Single Wall Switch",
    ),
    0x3910: _published_button(
        "PTX-AK1-QMIMC",
        ProductKind.SWITCH,
        _CLICKS_2,
        maker="PTX",
        fields=(Field.BATTERY_LOW,),
        title="Mesh Wireless Switch",
    ),
    0x3911: _published_button(
        "PTX-AK2-QMIMB",
        ProductKind.SWITCH,
        _CLICKS_2,
        _CLICKS_4,
        maker="PTX",
        fields=(Field.BATTERY_LOW,),
        title="Mesh Double Wireless Switch",
    ),
    0x3912: _published_button(
        "PTX-AK3-QMIMB",
        ProductKind.SWITCH,
        _CLICKS_2,
        _CLICKS_4,
        _CLICKS_5,
        maker="PTX",
        fields=(Field.BATTERY_LOW,),
        title="Mesh Triple Wireless Switch",
    ),
    0x399A: _published(
        "xiaomi.pet_waterer.002", ProductKind.PET_FOUNTAIN, Field.BATTERY
    ),
    # It sends more, of which nothing is settled.
    0x3B94: _published(
        "T501",
        ProductKind.TOOTHBRUSH,
        Field.BATTERY,
        maker="Soocare",
        availability=ON_USE,
    ),
    0x3F34: _numbered(
        "giot.remote.v52kwm",
        "V5 Two Key Switch",
        2,
        maker="GranwinIoT",
        service=_CLICKS_2,
    ),
    0x3F35: _numbered(
        "giot.remote.v53kwm",
        "V5 Three Key Switch",
        3,
        maker="GranwinIoT",
        service=_CLICKS_2,
    ),
    0x3F36: _numbered(
        "giot.remote.v54kwm",
        "V5 Four Key Switch",
        4,
        maker="GranwinIoT",
        service=_CLICKS_2,
    ),
    0x3F38: _numbered(
        "giot.remote.v56kwm",
        "V5 Six Key Switch",
        6,
        maker="GranwinIoT",
        service=_CLICKS_2,
    ),
    0x3F3A: _numbered(
        "giot.remote.v58kwm",
        "V5 Eight Key Switch",
        8,
        maker="GranwinIoT",
        service=_CLICKS_2,
    ),
    0x3F3F: _published_button(
        "giot.remote.v51kwm",
        ProductKind.SWITCH,
        _CLICKS_2,
        maker="GranwinIoT",
        fields=(),
        title="V5 One Key Switch",
    ),
    0x433D: _published(
        "line.lock.fms5",
        ProductKind.LOCK,
        Field.BATTERY,
        maker="Line",
        title="Smart Door Lock S5",
    ),
    0x44C1: _published(
        "XMZNMS03OD",
        ProductKind.LOCK,
        *_SPEC_LOCK_FIELDS,
        objects=_SPEC_LOCK,
        title="Smart Door Lock 2 (Finger Vein Unlock)",
    ),
    0x44FA: _numbered(
        "lemesh.remote.ts10",
        "Remote Control TS10",
        10,
        maker="LeMesh",
        kind=ProductKind.REMOTE,
    ),
    0x45A1: _numbered("cxw.remote.ble006", "Eight scene knob switch", 8, maker="CXW"),
    # Four keys and a knob, whose turns are counted as keys five and six.
    0x474A: _published(
        "ailol.remote.ts4",
        ProductKind.REMOTE,
        Field.BATTERY,
        maker="ZXFANS",
        objects=_F2,
        title="F2 smart knob remote control",
    ),
    0x47D6: _published(
        "xiaomi.lock.b04sv",
        ProductKind.LOCK,
        *_SPEC_LOCK_FIELDS,
        objects=_SPEC_LOCK,
        title="Smart Door Lock E30",
    ),
    0x48C4: _published(
        "loock.lock.h01lyk",
        ProductKind.LOCK,
        Field.BATTERY,
        objects=_BELL,
        title="Smart Door Lock E30",
    ),
    0x4964: _published(
        "izq.sensor_occupy.ble",
        ProductKind.OCCUPANCY_SENSOR,
        Field.OCCUPANCY,
        Field.DURATION_DETECTED,
        Field.DURATION_CLEARED,
        Field.ILLUMINANCE,
        Field.BATTERY,
        maker="ZiQing",
        title="IZQ Presence Sensor Loong",
    ),
    0x4B09: _numbered(
        "cxw.remote.panv01", "Eight Key Twenty-four Scene Switch V1", 8, maker="CXW"
    ),
    0x4C4D: _published(
        "shuse.flood.ss05",
        ProductKind.LEAK_SENSOR,
        Field.MOISTURE_DETECTED,
        Field.BATTERY,
        maker="Shuse",
    ),
    0x4ED3: _published(
        "rhj.sensor_occupy.l730a",
        ProductKind.OCCUPANCY_SENSOR,
        Field.TEMPERATURE,
        Field.HUMIDITY,
        Field.ILLUMINANCE,
        Field.OCCUPANCY,
        Field.DURATION_DETECTED,
        Field.DURATION_CLEARED,
        maker="LeTianPai",
        title="Presence Sensor POP",
    ),
    0x50D4: _published(
        "HS3BB",
        ProductKind.MOTION_SENSOR,
        Field.MOTION,
        Field.ILLUMINANCE,
        Field.IDLE_TIME,
        Field.BATTERY,
        maker="Linptech",
        title="Motion Sensor 3",
    ),
    0x5149: _published_button(
        "lemesh.remote.ts00",
        ProductKind.BUTTON,
        _CLICKS_5,
        maker="LeMesh",
        title="Scene Wireless Button S",
    ),
    0x51E2: _published(
        "MJTZC04YM",
        ProductKind.SCALE,
        Field.WEIGHT,
        Field.HEART_RATE,
        Field.BATTERY_LOW,
        availability=ON_USE,
        objects={0x4E16: body.STAGED_WEIGHT},
        title="8-electrode Body Fat Scale S800",
    ),
    0x52E6: _numbered("YLYKG-0129", "K Series 4-Key Wall Switch", 4, maker="Yeelight"),
    0x6651: _published(
        "shuse.airm.ss006",
        ProductKind.AIR_MONITOR,
        Field.TEMPERATURE,
        Field.HUMIDITY,
        maker="Shuse",
    ),
    0x6655: _published(
        "bwj.diffuser.s5",
        ProductKind.AROMA_DIFFUSER,
        maker="SO",
        title="Smart Aroma Diffuser S5",
    ),
    0x6B61: _published(
        "shuse.flood.ss05",
        ProductKind.LEAK_SENSOR,
        Field.MOISTURE_DETECTED,
        Field.BATTERY,
        maker="Shuse",
        title="Water Leak Sensor Pro",
    ),
    0x6ED9: _published(
        "ES5DB",
        ProductKind.OCCUPANCY_SENSOR,
        Field.OCCUPANCY,
        Field.ILLUMINANCE,
        Field.DURATION_DETECTED,
        Field.DURATION_CLEARED,
        maker="Linptech",
        title="Human Presence Sensor ES5 (top mounted)",
    ),
    0x76C4: _published(
        "shuse.flood.ss40",
        ProductKind.LEAK_SENSOR,
        Field.MOISTURE_DETECTED,
        Field.BATTERY,
        maker="Shuse",
    ),
    0x7ABA: _published(
        "xiaomi.sensor_smoke.yg2",
        ProductKind.SMOKE_ALARM,
        Field.SMOKE,
        Field.TEMPERATURE,
        Field.BATTERY_LOW,
        objects={
            0x4804: states(
                {1: State({Field.SMOKE: False}), 2: State({Field.SMOKE: True})},
                generic=False,
            ),
            0x4A1C: told(Event("reset", "reset")),
            0x5884: flag(Field.BATTERY_LOW, generic=False),
            0x5A01: happened(Field.BATTERY_LOW),
        },
        title="Smoke Alarm 2",
    ),
    0x7EE9: _published(
        "vchon.sensor_ht.mbs20", ProductKind.THERMOMETER, *_CLIMATE, maker="RSH"
    ),
}

DEVICES: Final[Mapping[int, DeviceSpec]] = {**_HEARD, **_PUBLISHED}
HEARD: Final[frozenset[int]] = frozenset(_HEARD)

_GPIO: Final = (Field.OPENING, Field.SWITCH, Field.COUNT)


def _kind(
    model: str,
    kind: ProductKind,
    *fields: Field,
    maker: str = "Qingping",
    sleepy: bool = False,
    availability: float = OFTEN,
    encrypted: Encrypted = "no",
    optional: frozenset[Field] = frozenset(),
    product_id: int | None = None,
    title: str = "",
) -> DeviceSpec:
    return device(
        model,
        kind,
        *fields,
        title=title,
        manufacturer=maker,
        encrypted=encrypted,
        optional=optional,
        product_id=product_id,
        sleepy=sleepy,
        availability=availability,
    )


# Devices whose adverts carry no product id, by the model that their format tells.
KINDS: Final[Mapping[str, DeviceSpec]] = {
    spec.model: spec
    for spec in (
        _kind(
            "ATC",
            ProductKind.THERMOMETER,
            *_CLIMATE,
            Field.VOLTAGE,
            *_GPIO,
            maker="Xiaomi",
            encrypted="unknown",
            optional=frozenset({Field.OPENING, Field.SWITCH}),
            title="Thermometer with custom firmware",
        ),
        _kind("CGG1", ProductKind.THERMOMETER, *_CLIMATE, product_id=0x0347),
        _kind("CGG3", ProductKind.THERMOMETER, *_CLIMATE, product_id=0x5808),
        _kind(
            "CGH1",
            ProductKind.DOOR_SENSOR,
            Field.OPENING,
            Field.DOOR_LEFT_OPEN,
            Field.BATTERY,
            sleepy=True,
            availability=DAY,
            product_id=0x03D6,
        ),
        _kind("CGP1W", ProductKind.BAROMETER, *_CLIMATE, Field.PRESSURE),
        _kind("CGD1", ProductKind.CLOCK, *_CLIMATE, product_id=0x0576),
        _kind("CGC1", ProductKind.CLOCK, *_CLIMATE, product_id=0x0C3C),
        _kind("CGF1W", ProductKind.THERMOMETER, *_CLIMATE),
        _kind("CGM1", ProductKind.THERMOMETER, *_CLIMATE),
        _kind(
            "CGDN1",
            ProductKind.AIR_MONITOR,
            Field.TEMPERATURE,
            Field.HUMIDITY,
            Field.PM25,
            Field.PM10,
            Field.CO2,
            title="Air Monitor Lite",
        ),
        _kind("CGDK2", ProductKind.THERMOMETER, *_CLIMATE, product_id=0x066F),
        _kind(
            "CGPR1",
            ProductKind.MOTION_SENSOR,
            Field.MOTION,
            Field.ILLUMINANCE,
            Field.LIGHT,
            Field.BATTERY,
            product_id=0x0A83,
        ),
        _kind(
            "CGP23W",
            ProductKind.BAROMETER,
            *_CLIMATE,
            Field.PRESSURE,
            title="Thermometer and barometer",
        ),
        _kind("CGP22C", ProductKind.AIR_MONITOR, *_CLIMATE, Field.CO2),
        _kind(
            "HHCCJCY10", ProductKind.PLANT_SENSOR, *_PLANT, Field.BATTERY, maker="HHCC"
        ),
        _kind(
            "XMTZC01HM/XMTZC04HM",
            ProductKind.SCALE,
            Field.WEIGHT,
            Field.WEIGHT_RAW,
            Field.STABILIZED,
            Field.WEIGHT_REMOVED,
            maker="Xiaomi",
            sleepy=True,
            availability=ON_USE,
            title="Mi Smart Scale",
        ),
        _kind(
            "XMTZC02HM/XMTZC05HM/NUN4049CN",
            ProductKind.SCALE,
            Field.WEIGHT,
            Field.WEIGHT_RAW,
            Field.IMPEDANCE,
            Field.STABILIZED,
            Field.WEIGHT_REMOVED,
            maker="Xiaomi",
            sleepy=True,
            availability=ON_USE,
            title="Mi Body Composition Scale",
        ),
        _kind(
            "TZC4",
            ProductKind.SCALE,
            Field.WEIGHT,
            Field.WEIGHT_RAW,
            Field.IMPEDANCE,
            Field.STABILIZED,
            maker="Xiaogui",
            sleepy=True,
            availability=ON_USE,
            title="Body Composition Scale",
        ),
        _kind(
            "QJ-J",
            ProductKind.SCALE,
            Field.WEIGHT,
            Field.WEIGHT_RAW,
            Field.IMPEDANCE,
            Field.STABILIZED,
            maker="MaxxMee",
            sleepy=True,
            availability=ON_USE,
            title="Body Composition Scale",
        ),
        _kind(
            "Mi Band",
            ProductKind.FITNESS_BAND,
            Field.HEART_RATE,
            Field.STEPS,
            maker="Xiaomi",
        ),
        _kind(
            "Amazfit scale",
            ProductKind.SCALE,
            Field.WEIGHT,
            Field.WEIGHT_RAW,
            Field.IMPEDANCE,
            Field.HEART_RATE,
            Field.STABILIZED,
            maker="Amazfit",
            sleepy=True,
            availability=ON_USE,
        ),
    )
}

_PRODUCT_OF: Final[Mapping[str, int]] = {
    spec.model: spec.product_id for spec in KINDS.values() if spec.product_id
}


def product_of(described: str | None) -> int | None:
    """Return the product id of a kind that has one elsewhere, by how it is described in an entry."""
    return _PRODUCT_OF.get((described or "").rpartition(" ")[2])
