"""Bodies and households: thermometers for people, scales, toothbrushes, kettles.

The two scale objects are u8 profile, u32 of data, u32 UTC time.
"""

from math import exp
from struct import Struct
from typing import Final

from ..model.fields import Field
from ..model.reading import Reason, Value
from .limits import plausible
from .rows import ObjectSpec, State, Values, states

_SCALE: Final = Struct("<BI")
_U32: Final = Struct("<I")
_SKIN_BOARD_BATTERY: Final = Struct("<hhB")
_STEPS: Final = Struct("<HB")
_WORN: Final = 3000  # °C / 100


def keep(values: Values, field: Field, value: float) -> Reason | None:
    """Take a value if it can be true."""
    if not plausible(field, value):
        return Reason.RANGE
    values[field] = value
    return None


def _body_temperature(data: bytes, at: int, values: Values) -> Reason | None:
    skin, board, battery = _SKIN_BOARD_BATTERY.unpack_from(data, at)
    dropped = keep(values, Field.BATTERY, battery)
    # Fitted by others between 36.5 and 37.9 °C. On cold skin the formula always gives 36.4, far up
    # it explodes: neither is anybody's temperature.
    if skin < _WORN:
        return Reason.RANGE
    body = (
        3.71934e-11 * exp(0.0069314 * skin)
        - 1.02801e-8 * exp(0.0053871 * board)
        + 36.413
    )
    if not 30 <= body <= 45:
        return Reason.RANGE
    values[Field.TEMPERATURE] = round(body, 2)
    return dropped


BODY_TEMPERATURE: Final = ObjectSpec(
    {5: _body_temperature}, (Field.TEMPERATURE, Field.BATTERY), generic=True
)

_NO_WEIGHT: Final = 0x7FF
_NO_PULSE: Final = 0x7F


def _composition(data: bytes, at: int, values: Values) -> None:
    # Bits 0-10 weight / 10, 11-17 heart rate - 50, 18-31 impedance / 10. The weight (the Pro leaves
    # it out) or the pulse comes with the impedance at 50 kHz first; a second packet has the one at
    # 250 kHz and ends the measurement.
    profile, packed = _SCALE.unpack_from(data, at)
    weight, pulse, impedance = packed & 0x7FF, packed >> 11 & 0x7F, packed >> 18
    weight = 0 if weight == _NO_WEIGHT else weight
    pulse = 0 if pulse == _NO_PULSE else pulse
    values[Field.PROFILE_ID] = profile
    if pulse:
        values[Field.HEART_RATE] = pulse + 50
    if weight:
        values[Field.WEIGHT] = weight / 10
    if impedance:
        first = bool(weight or pulse)
        values[Field.IMPEDANCE_LOW if first else Field.IMPEDANCE_HIGH] = impedance / 10
        values[Field.STABILIZED] = not first
    elif weight or not pulse:
        values[Field.STABILIZED] = bool(weight)


COMPOSITION: Final = ObjectSpec(
    {9: _composition},
    (
        Field.WEIGHT,
        Field.IMPEDANCE_LOW,
        Field.IMPEDANCE_HIGH,
        Field.HEART_RATE,
        Field.PROFILE_ID,
        Field.STABILIZED,
    ),
)


def _final_weight(data: bytes, at: int, values: Values) -> Reason | None:
    profile, hundredths = _SCALE.unpack_from(data, at)
    if not hundredths:
        return None
    if keep(values, Field.WEIGHT, hundredths / 100):
        return Reason.RANGE
    values[Field.PROFILE_ID] = profile
    values[Field.STABILIZED] = True
    return None


FINAL_WEIGHT: Final = ObjectSpec(
    {9: _final_weight}, (Field.WEIGHT, Field.PROFILE_ID, Field.STABILIZED)
)


_STAGE_AT: Final = 3
_STAGE_WEIGHT: Final = 0x05
_STAGE_PULSE: Final = 0x15
_LAST_WORD_AT: Final = 5


def _staged(data: bytes, at: int, values: Values) -> Reason | None:
    # u8, then two u32: the first names the stage of the measurement, the second holds its result.
    (word,) = _U32.unpack_from(data, at + _LAST_WORD_AT)
    stage = data[at + _STAGE_AT]
    if stage == _STAGE_WEIGHT:
        weight = (word >> 16) / 100
        return keep(values, Field.WEIGHT, weight) if weight else None
    pulse = word >> 24
    if stage == _STAGE_PULSE and pulse:
        return keep(values, Field.HEART_RATE, pulse + 50)
    return None


STAGED_WEIGHT: Final = ObjectSpec({9: _staged}, (Field.WEIGHT, Field.HEART_RATE))


def _grams(data: bytes, at: int, values: Values) -> None:
    values[Field.WEIGHT] = int.from_bytes(data[at : at + 2], "little") / 1000


GRAMS: Final = ObjectSpec({2: _grams}, (Field.WEIGHT,), generic=True)
GRAMS_AND_TREND: Final = ObjectSpec({3: _grams}, (Field.WEIGHT,), generic=True)


def _brushing(data: bytes, at: int, values: Values) -> None:
    if data[at] <= 1:
        values[Field.TOOTHBRUSH] = data[at] == 0


def _brushing_with_value(data: bytes, at: int, values: Values) -> Reason | None:
    _brushing(data, at, values)
    if data[at] == 0:
        values[Field.COUNTER] = data[at + 1]
        return None
    return keep(values, Field.SCORE, data[at + 1]) if data[at] == 1 else None


BRUSHING: Final = ObjectSpec(
    {1: _brushing, 2: _brushing_with_value},
    (Field.TOOTHBRUSH, Field.COUNTER, Field.SCORE),
    generic=True,
)


def _brushing_with_time(data: bytes, at: int, values: Values) -> Reason | None:
    _brushing(data, at, values)
    return keep(values, Field.SCORE, data[at + 5]) if data[at] == 1 else None


BRUSHING_WITH_TIME: Final = ObjectSpec(
    {5: _brushing, 6: _brushing_with_time},
    (Field.TOOTHBRUSH, Field.SCORE),
    generic=True,
)

KETTLE_STATES: Final = (
    "idle",
    "heating",
    "keeping_warm_boiled",
    "keeping_warm",
    "error",
)


def _kettle(data: bytes, at: int, values: Values) -> Reason | None:
    state = data[at]
    values[Field.POWER] = state != 0
    if state < len(KETTLE_STATES):
        values[Field.KETTLE_STATE] = KETTLE_STATES[state]
    celsius = data[at + 1]
    return keep(values, Field.TEMPERATURE, celsius - 256 if celsius > 127 else celsius)


KETTLE: Final = ObjectSpec(
    {2: _kettle}, (Field.POWER, Field.KETTLE_STATE, Field.TEMPERATURE), generic=True
)


def _steps_and_sleep(data: bytes, at: int, values: Values) -> None:
    steps, sleep = _STEPS.unpack_from(data, at)
    values[Field.STEPS] = steps
    if sleep in {1, 2}:
        values[Field.ASLEEP] = sleep == 1


STEPS_AND_SLEEP: Final = ObjectSpec({4: _steps_and_sleep}, (Field.STEPS, Field.ASLEEP))


def _steps_and_pulse(data: bytes, at: int, values: Values) -> Reason | None:
    steps, pulse = _STEPS.unpack_from(data, at)
    values[Field.STEPS] = steps
    return keep(values, Field.HEART_RATE, pulse) if pulse else None


STEPS_AND_PULSE: Final = ObjectSpec(
    {4: _steps_and_pulse}, (Field.STEPS, Field.HEART_RATE)
)

VACUUM_MODES: Final[dict[int, str]] = {
    0: "charging",
    1: "standby",
    2: "standard",
    3: "strong",
    0xFF: "fault",
}


def _vacuum(data: bytes, at: int, values: Values) -> None:
    if mode := VACUUM_MODES.get(data[at]):
        values[Field.VACUUM_MODE] = mode
    values[Field.GEAR] = data[at + 1]


VACUUM: Final = ObjectSpec({2: _vacuum}, (Field.VACUUM_MODE, Field.GEAR), generic=True)

CHARGING_STATES: Final[dict[int, str]] = {0: "charging", 1: "not_charging", 2: "full"}


def _words(field: Field, table: dict[int, str], other: str) -> ObjectSpec:
    named: dict[int, State] = {
        code: State({field: word}) for code, word in table.items()
    }
    unnamed: dict[Field, Value] = {field: other}
    return states(named, other=State(unnamed), generic=False)


CHARGING: Final = _words(Field.CHARGING_STATE, CHARGING_STATES, "unknown")
