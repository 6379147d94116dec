"""Everything that a sensor or a battery can report: a quantity is one row.

One name means one thing with one unit everywhere: in tables, entities, fixtures and actions. What
Home Assistant makes of a quantity is added in ``quantities`` of the integration. Limits are those
of physics and of the devices themselves, wide enough for a sauna, a kettle or a freezer: values
outside are dropped, never clipped. Those of a battery have room to spare: a defect that a person
has to see must pass, a bit that flipped on the way must not.
"""

from enum import StrEnum
from typing import Final, NamedTuple, Self

type Limits = tuple[float, float]

PERCENT: Final[Limits] = (0, 100)
_YEAR: Final = 31_536_000  # s
_BYTE: Final[Limits] = (0, 0xFF)
# What a battery may be set to.
_CELL: Final[Limits] = (0.5, 5.9)  # V
_WARM: Final[Limits] = (-39.9, 120)  # °C
# Meters of a house count thousandths in four bytes, and millionths with a sign.
_METER: Final[Limits] = (0, 0xFFFFFFFF / 1000)
_FINE: Final[Limits] = (-0x80000000 / 1_000_000, 0x7FFFFFFF / 1_000_000)


class Quantity(NamedTuple):
    """Say what a field is measured in, and what of it can be true; the unit is empty for counts, flags and words.

    ``sensor`` and ``battery`` are the lowest and highest value that a device of either sort can
    have; without limits the field is no number there. ``step`` is a change that hardly anybody
    wants in a history, zero for every change; ``fine`` is one of a sensor that need not be told at once,
    and ``share`` says so as a part of the value, of what spans decades.
    """

    unit: str = ""
    sensor: Limits | None = None
    battery: Limits | None = None
    step: float = 0.0
    fine: float = 0.0
    share: float = 0.0
    flag: bool = False

    def small(self, value: float) -> float:
        """Return up to which change of a sensor's value need not be told at once."""
        return max(self.fine, self.share * abs(value))


_PLAIN: Final = Quantity()


class Field(StrEnum):
    """Name one reported quantity, with its row."""

    quantity: Quantity

    def __new__(cls, name: str, quantity: Quantity = _PLAIN) -> Self:
        """Make a member whose value is its name."""
        member = str.__new__(cls, name)
        member._value_ = name
        member.quantity = quantity
        return member

    # Climate and environment
    TEMPERATURE = (
        "temperature",
        Quantity("°C", sensor=(-40, 125), battery=(-50, 150), step=0.3, fine=0.2),
    )
    HUMIDITY = "humidity", Quantity("%", sensor=PERCENT, fine=1)  # relative
    DEW_POINT = "dew_point", Quantity("°C", sensor=(-100, 125), fine=0.2)
    ABSOLUTE_HUMIDITY = (
        "absolute_humidity",
        Quantity("g/m³", sensor=(0, 1_500), fine=0.2),
    )
    PRESSURE = "pressure", Quantity("Pa", sensor=(30_000, 120_000), fine=20)
    ILLUMINANCE = "illuminance", Quantity("lx", sensor=(0, 200_000), fine=2, share=0.05)
    # Below what a number with every bit set would say, in thousandths; so are the weights, in each unit.
    FORMALDEHYDE = "formaldehyde", Quantity("mg/m³", sensor=(0, 60), fine=0.003)
    CO2 = "co2", Quantity("ppm", sensor=(0, 40_000), fine=10)
    TVOC = "tvoc", Quantity("μg/m³", sensor=(0, 65_000), fine=10)
    PM25 = "pm25", Quantity("μg/m³", sensor=(0, 10_000), fine=2)
    PM10 = "pm10", Quantity("μg/m³", sensor=(0, 10_000), fine=2)
    MOISTURE = "moisture", Quantity("%", sensor=PERCENT, fine=2)  # of soil
    NEEDS_WATER = "needs_water", Quantity(flag=True)  # true = too dry
    CONDUCTIVITY = (
        "conductivity",
        Quantity("μS/cm", sensor=(0, 30_000), fine=5, share=0.05),
    )
    UV_INDEX = "uv_index", Quantity("UV index", sensor=(0, 20), fine=0.2)
    PRECIPITATION = "precipitation", Quantity("mm", sensor=(0, 10_000))
    COLD = "cold", Quantity(flag=True)
    HEAT = "heat", Quantity(flag=True)
    CARBON_MONOXIDE = "carbon_monoxide", Quantity(flag=True)

    # The sensor's own supply
    BATTERY = "battery", Quantity("%", sensor=PERCENT, fine=2)
    VOLTAGE = (
        "voltage",
        Quantity("V", sensor=(0, 1_000), battery=(0, 1000), step=0.02, fine=0.01),
    )  # measured: of a sensor's cell or of a pack
    BATTERY_LOW = "battery_low", Quantity(flag=True)  # true = low
    CHARGING_STATE = "charging_state"  # charging, not_charging, full, unknown

    # The sensor itself, told over a connection only
    FIRMWARE = "firmware"  # text of the maker
    CLOCK_DRIFT = "clock_drift", Quantity("s")  # positive = its clock is ahead

    # Presence, contact, safety
    MOTION = "motion", Quantity(flag=True)
    MOVING = "moving", Quantity(flag=True)
    OCCUPANCY = "occupancy", Quantity(flag=True)
    PRESENCE = "presence", Quantity(flag=True)
    OCCUPANCY_CLOSE_RANGE = "occupancy_close_range", Quantity(flag=True)
    IDLE_TIME = "idle_time", Quantity("s", sensor=(0, _YEAR))  # since the last motion
    DURATION_DETECTED = "duration_detected", Quantity("min", sensor=_BYTE)
    DURATION_CLEARED = "duration_cleared", Quantity("min", sensor=_BYTE)
    PRESSURE_PRESENT_DURATION = (
        "pressure_present_duration",
        Quantity("s", sensor=(0, _YEAR)),
    )
    PRESSURE_NOT_PRESENT_DURATION = (
        "pressure_not_present_duration",
        Quantity("s", sensor=(0, _YEAR)),
    )
    PRESSURE_PRESENT_TIME_SET = (
        "pressure_present_time_set",
        Quantity("s", sensor=(0, _YEAR)),
    )
    PRESSURE_NOT_PRESENT_TIME_SET = (
        "pressure_not_present_time_set",
        Quantity("s", sensor=(0, _YEAR)),
    )
    OPENING = "opening", Quantity(flag=True)  # true = open
    DOOR = "door", Quantity(flag=True)  # true = open
    GARAGE_DOOR = "garage_door", Quantity(flag=True)  # true = open
    WINDOW = "window", Quantity(flag=True)  # true = open
    DOOR_LEFT_OPEN = "door_left_open", Quantity(flag=True)
    DOOR_STUCK = "door_stuck", Quantity(flag=True)
    KNOCK_ON_THE_DOOR = "knock_on_the_door", Quantity(flag=True)
    PRY_THE_DOOR = "pry_the_door", Quantity(flag=True)
    DEVICE_FORCIBLY_REMOVED = "device_forcibly_removed", Quantity(flag=True)
    LIGHT = "light", Quantity(flag=True)  # true = bright
    SMOKE = "smoke", Quantity(flag=True)
    GAS = "gas", Quantity(flag=True)
    FAULT = "fault", Quantity(flag=True)
    MOISTURE_DETECTED = "moisture_detected", Quantity(flag=True)  # true = wet
    BOTTOM_SUBMERSION = "bottom_submersion", Quantity(flag=True)  # true = wet
    TOP_SPLASH = "top_splash", Quantity(flag=True)  # true = wet
    ARMED = "armed", Quantity(flag=True)
    SAFETY = "safety", Quantity(flag=True)  # true = unsafe
    SOUND = "sound", Quantity(flag=True)
    TAMPER = "tamper", Quantity(flag=True)
    VIBRATION = "vibration", Quantity(flag=True)

    # Locks
    LOCK = "lock", Quantity(flag=True)  # true = unlocked
    CHILDLOCK = "childlock", Quantity(flag=True)  # true = released
    ANTILOCK = "antilock", Quantity(flag=True)  # true = released
    FINGERPRINT = "fingerprint", Quantity(flag=True)  # true = matched
    KEY_ID = "key_id"
    LOCK_METHOD = "lock_method"

    # Body, household
    WEIGHT = (
        "weight",
        Quantity("kg", sensor=(0, 290)),
    )  # stable and with somebody on the scale
    WEIGHT_RAW = "weight_raw", Quantity("kg", sensor=(0, 290))  # every reading
    STABILIZED = "stabilized", Quantity(flag=True)
    WEIGHT_REMOVED = "weight_removed", Quantity(flag=True)
    IMPEDANCE = "impedance", Quantity("Ω", sensor=(0, 6_000))
    IMPEDANCE_LOW = "impedance_low", Quantity("Ω", sensor=(0, 6_000))  # at 50 kHz
    IMPEDANCE_HIGH = "impedance_high", Quantity("Ω", sensor=(0, 6_000))  # at 250 kHz
    HEART_RATE = "heart_rate", Quantity("bpm", sensor=(20, 250))
    PROFILE_ID = "profile_id", Quantity(sensor=_BYTE)
    STEPS = "steps", Quantity(sensor=(0, 1_000_000))
    CONSUMABLE = "consumable", Quantity("%", sensor=PERCENT)
    SCORE = "score", Quantity(sensor=PERCENT)
    COUNTER = "counter", Quantity(sensor=_BYTE)
    COUNT = "count", Quantity(sensor=(-0x80000000, 0xFFFFFFFF))
    TOOTHBRUSH = "toothbrush", Quantity(flag=True)  # true = brushing
    ASLEEP = "asleep", Quantity(flag=True)
    WEARING = "wearing", Quantity(flag=True)
    BED_OCCUPANCY = "bed_occupancy", Quantity(flag=True)
    SNORING = "snoring", Quantity(flag=True)
    KETTLE_STATE = "kettle_state"
    VACUUM_MODE = "vacuum_mode"
    GEAR = "gear", Quantity(sensor=_BYTE)
    DOCKED = "docked", Quantity(flag=True)  # true = on its base
    BOUND = "bound", Quantity(flag=True)  # true = bound to an account
    SWITCH = "switch", Quantity(flag=True)

    # Supply of a house, movement, and what has no other place
    ENERGY = "energy", Quantity("kWh", sensor=_METER, fine=0.01)
    GAS_VOLUME = "gas_volume", Quantity("m³", sensor=_METER, fine=0.01)
    WATER = "water", Quantity("L", sensor=_METER, fine=1)
    VOLUME = "volume", Quantity("L", sensor=_METER, fine=1)
    VOLUME_STORAGE = "volume_storage", Quantity("L", sensor=_METER, fine=1)
    FLOW_RATE = "flow_rate", Quantity("m³/h", sensor=(0, 100), fine=0.01, share=0.05)
    DISTANCE = "distance", Quantity("m", sensor=(0, 10_000), fine=0.02, share=0.05)
    DURATION = "duration", Quantity("s", sensor=(0, 100_000))
    SPEED = "speed", Quantity("m/s", sensor=_FINE, fine=0.1, share=0.05)
    ACCELERATION = "acceleration", Quantity("m/s²", sensor=_FINE, fine=0.1)
    ROTATION = "rotation", Quantity("°", sensor=(-3_600, 3_600), fine=1)
    GYROSCOPE = "gyroscope", Quantity("°/s", sensor=(-2_000, 2_000), fine=1, share=0.05)
    ROTATIONAL_SPEED = (
        "rotational_speed",
        Quantity("rpm", sensor=(0, 100_000), share=0.05),
    )
    DIRECTION = "direction", Quantity("°", sensor=(0, 360), fine=5)  # 0 = north
    LIGHT_LEVEL = "light_level", Quantity(sensor=_BYTE)
    TIMESTAMP = "timestamp", Quantity(sensor=(0, 0xFFFFFFFF))  # s since 1970, UTC
    TEXT = "text"
    RAW = "raw"  # bytes in hex
    CHANNEL = "channel", Quantity(sensor=_BYTE)
    GENERIC = "generic", Quantity(flag=True)
    CONNECTIVITY = "connectivity", Quantity(flag=True)
    PLUG = "plug", Quantity(flag=True)  # true = plugged in
    RUNNING = "running", Quantity(flag=True)
    SETTINGS_REVISION = "settings_revision", Quantity(sensor=_BYTE)
    DEVICE_TYPE = "device_type", Quantity(sensor=(0, 0xFFFF))

    # Batteries
    CURRENT = (
        "current",
        Quantity(
            "A",
            sensor=(-1_000, 1_000),
            battery=(-3000, 3000),
            step=0.1,
            fine=0.02,
            share=0.05,
        ),
    )  # positive = charging
    POWER = (
        "power",
        Quantity(
            "W",
            sensor=(-1_000_000, 1_000_000),
            battery=(-1_000_000, 1_000_000),
            step=2.0,
            fine=1,
            share=0.05,
        ),
    )  # for a battery, positive = charging; a sensor's power flag is a bool
    BATTERY_LEVEL = (
        "battery_level",
        Quantity("%", battery=(0, 100), step=0.5),
    )  # state of charge
    BATTERY_HEALTH = (
        "battery_health",
        Quantity("%", battery=(0, 150)),
    )  # state of health
    CYCLES = "cycles", Quantity(battery=(0, 100_000))
    CYCLE_CHARGE = (
        "cycle_charge",
        Quantity("Ah", battery=(-1, 20_000), step=0.2),
    )  # left now
    FULL_CHARGE = (
        "full_charge",
        Quantity("Ah", battery=(0, 20_000)),
    )  # learned full capacity
    DESIGN_CAPACITY = "design_capacity", Quantity("Ah", battery=(0, 20_000))
    CYCLE_CAPACITY = (
        "cycle_capacity",
        Quantity("Wh", battery=(-1000, 20_000_000), step=5.0),
    )  # stored now
    TOTAL_CHARGE = (
        "total_charge",
        Quantity("Ah", battery=(0, 100_000_000), step=0.5),
    )  # discharged over the lifetime
    TOTAL_CHARGED = (
        "total_charged",
        Quantity("Ah", battery=(0, 100_000_000), step=0.5),
    )  # charged over the lifetime
    CONSUMED_CHARGE = (
        "consumed_charge",
        Quantity("Ah", battery=(-20_000, 20_000), step=0.2),
    )  # taken out since the battery was full
    ENERGY_IN = (
        "energy_in",
        Quantity("Wh", battery=(0, 10_000_000_000), step=5.0),
    )  # charged over the lifetime
    ENERGY_OUT = (
        "energy_out",
        Quantity("Wh", battery=(0, 10_000_000_000), step=5.0),
    )  # discharged over the lifetime
    ENERGY_TOTAL = (
        "energy_total",
        Quantity("Wh", battery=(0, 100_000_000_000), step=5.0),
    )  # over the lifetime, where the direction is not told
    INPUT_POWER = (
        "input_power",
        Quantity("W", battery=(0, 1_000_000), step=2.0),
    )  # that go in, never negative
    OUTPUT_POWER = (
        "output_power",
        Quantity("W", battery=(0, 1_000_000), step=2.0),
    )  # that go out, never negative
    UPTIME = (
        "uptime",
        Quantity("s", step=3600.0),
    )  # since the battery's electronics started
    RUNTIME = (
        "runtime",
        Quantity("s", battery=(0, 1_000_000_000), step=300.0),
    )  # to empty
    TIME_TO_FULL = "time_to_full", Quantity("s", battery=(0, 1_000_000_000), step=300.0)
    CELL_VOLTAGE = "cell_voltage", Quantity("V", step=0.005)  # indexed from 1
    CELL_COUNT = "cell_count", Quantity(battery=(0, 400))
    DELTA_VOLTAGE = (
        "delta_voltage",
        Quantity("V", battery=(0, 5.9), step=0.003),
    )  # highest minus lowest cell
    MAX_CELL_VOLTAGE = "max_cell_voltage", Quantity("V", step=0.005)
    MIN_CELL_VOLTAGE = "min_cell_voltage", Quantity("V", step=0.005)
    MAX_CELL = "max_cell"  # number of the highest cell, from 1
    MIN_CELL = "min_cell"  # number of the lowest cell, from 1
    PROBE_TEMPERATURE = "probe_temperature", Quantity("°C", step=0.3)  # indexed from 1
    MIN_CELL_TEMPERATURE = (
        "min_cell_temperature",
        Quantity("°C", battery=(-50, 150), step=0.3),
    )
    TEMP_SENSORS = "temp_sensors", Quantity(battery=(0, 400))
    BATTERY_CHARGING = "battery_charging", Quantity(flag=True)
    BATTERY_MODE = "battery_mode"
    BATTERY_STATE = "battery_state"  # charging, discharging, idle
    BALANCER = "balancer"  # bit 0 = cell 1 is balancing
    BALANCE_CURRENT = "balance_current", Quantity("A", battery=(-100, 100), step=0.05)
    CHRG_MOSFET = "chrg_mosfet", Quantity(flag=True)  # true = conducts
    DISCHRG_MOSFET = "dischrg_mosfet", Quantity(flag=True)  # true = conducts
    PRECHRG_MOSFET = "prechrg_mosfet", Quantity(flag=True)  # true = conducts
    CHARGER = "charger", Quantity(flag=True)  # true = connected
    HEATER = "heater", Quantity(flag=True)
    HEATER_CURRENT = "heater_current", Quantity("A", battery=(-100, 100), step=0.1)
    PROBLEM = "problem", Quantity(flag=True)
    PROBLEM_CODE = "problem_code"
    ALARM = "alarm"  # the most serious active alarm, as a word
    PROTECTION_COUNT = "protection_count"  # over the lifetime, by alarm word
    PRODUCTION_DATE = "production_date"
    PACK_COUNT = "pack_count", Quantity(battery=(0, 256))

    # What a battery is set to; a current limit has no sign
    CELL_OVERVOLTAGE_LIMIT = "cell_overvoltage_limit", Quantity("V", battery=_CELL)
    CELL_OVERVOLTAGE_RELEASE = "cell_overvoltage_release", Quantity("V", battery=_CELL)
    CELL_UNDERVOLTAGE_LIMIT = "cell_undervoltage_limit", Quantity("V", battery=_CELL)
    CELL_UNDERVOLTAGE_RELEASE = (
        "cell_undervoltage_release",
        Quantity("V", battery=_CELL),
    )
    CELL_SHUTDOWN_VOLTAGE = "cell_shutdown_voltage", Quantity("V", battery=_CELL)
    PACK_OVERVOLTAGE_LIMIT = "pack_overvoltage_limit", Quantity("V", battery=(1, 1000))
    PACK_UNDERVOLTAGE_LIMIT = (
        "pack_undervoltage_limit",
        Quantity("V", battery=(1, 1000)),
    )
    CHARGE_CURRENT_LIMIT = "charge_current_limit", Quantity("A", battery=(0.1, 3000))
    DISCHARGE_CURRENT_LIMIT = (
        "discharge_current_limit",
        Quantity("A", battery=(0.1, 3000)),
    )
    # Off is written as the lowest or the highest number: that is no limit.
    CHARGE_OVERTEMPERATURE_LIMIT = (
        "charge_overtemperature_limit",
        Quantity("°C", battery=_WARM),
    )
    CHARGE_UNDERTEMPERATURE_LIMIT = (
        "charge_undertemperature_limit",
        Quantity("°C", battery=_WARM),
    )
    DISCHARGE_OVERTEMPERATURE_LIMIT = (
        "discharge_overtemperature_limit",
        Quantity("°C", battery=_WARM),
    )
    DISCHARGE_UNDERTEMPERATURE_LIMIT = (
        "discharge_undertemperature_limit",
        Quantity("°C", battery=_WARM),
    )
    BALANCE_START_VOLTAGE = "balance_start_voltage", Quantity("V", battery=_CELL)
    BALANCE_START_DIFFERENCE = (
        "balance_start_difference",
        Quantity("V", battery=(0.001, 1)),
    )

    # Several batteries as one; "usable" and "fitting" are without those that block
    USABLE_CHARGE = "usable_charge", Quantity("Ah", step=0.2)
    FITTING_CHARGE = "fitting_charge", Quantity("Ah", step=0.2)
    CIRCULATING_CURRENT = "circulating_current", Quantity("A", step=0.1)
    LEVEL_SPREAD = "level_spread", Quantity("%", step=0.5)
    LOAD_RATIO = "load_ratio", Quantity("%", step=5.0)  # 100 = its share
    PACK_DELTA_VOLTAGE = "pack_delta_voltage", Quantity("V", step=0.003)  # the worst
    MAX_CELL_TEMPERATURE = "max_cell_temperature", Quantity("°C", step=0.3)
    BATTERIES_READ = "batteries_read"
    COMPLETENESS = "completeness"  # why a member does not count
    IMBALANCE = "imbalance", Quantity(flag=True)
    CIRCULATING = "circulating", Quantity(flag=True)  # true = for minutes

    # The link
    RSSI = "rssi", Quantity("dBm")
    LAST_SEEN = "last_seen"  # a sensor's last advert
    LAST_READ = "last_read"  # a battery's last good sample
    DATA_AGE = "data_age", Quantity("s")


def spot_of(key: str) -> tuple[Field | None, int]:
    """Return the field of an entity's key, and its number from 2 where there are several of the kind."""
    if key in Field:
        return Field(key), 1
    base, _, number = key.rpartition("_")
    return (
        (Field(base), int(number))
        if base in Field and number.isdecimal()
        else (None, 1)
    )
