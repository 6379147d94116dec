"""Names of everything that a sensor or a battery can report.

One name means one thing with one unit everywhere: in tables, entities, fixtures and actions.
Units stand behind the names; fields without a unit are counts, flags or words.
"""

from enum import StrEnum


class Field(StrEnum):
    """Name one reported quantity."""

    # Climate and environment
    TEMPERATURE = "temperature"  # °C
    HUMIDITY = "humidity"  # % relative
    DEW_POINT = "dew_point"  # °C
    PRESSURE = "pressure"  # Pa
    ILLUMINANCE = "illuminance"  # lx
    FORMALDEHYDE = "formaldehyde"  # mg/m³
    CO2 = "co2"  # ppm
    TVOC = "tvoc"  # µg/m³
    PM25 = "pm25"  # µg/m³
    PM10 = "pm10"  # µg/m³
    MOISTURE = "moisture"  # % of soil
    CONDUCTIVITY = "conductivity"  # µS/cm
    UV_INDEX = "uv_index"
    PRECIPITATION = "precipitation"  # mm
    COLD = "cold"
    HEAT = "heat"
    CARBON_MONOXIDE = "carbon_monoxide"

    # The sensor's own supply
    BATTERY = "battery"  # %
    VOLTAGE = "voltage"  # V, measured: of a sensor's cell or of a pack
    BATTERY_LOW = "battery_low"  # true = low
    CHARGING_STATE = "charging_state"  # charging, not_charging, full, unknown

    # The sensor itself, told over a connection only
    FIRMWARE = "firmware"  # text of the maker
    CLOCK_DRIFT = "clock_drift"  # s, positive = its clock is ahead

    # Presence, contact, safety
    MOTION = "motion"
    MOVING = "moving"
    OCCUPANCY = "occupancy"
    PRESENCE = "presence"
    OCCUPANCY_CLOSE_RANGE = "occupancy_close_range"
    IDLE_TIME = "idle_time"  # s since the last motion
    DURATION_DETECTED = "duration_detected"  # min
    DURATION_CLEARED = "duration_cleared"  # min
    PRESSURE_PRESENT_DURATION = "pressure_present_duration"  # s
    PRESSURE_NOT_PRESENT_DURATION = "pressure_not_present_duration"  # s
    PRESSURE_PRESENT_TIME_SET = "pressure_present_time_set"  # s
    PRESSURE_NOT_PRESENT_TIME_SET = "pressure_not_present_time_set"  # s
    OPENING = "opening"  # true = open
    DOOR = "door"  # true = open
    GARAGE_DOOR = "garage_door"  # true = open
    WINDOW = "window"  # true = open
    DOOR_LEFT_OPEN = "door_left_open"
    DOOR_STUCK = "door_stuck"
    KNOCK_ON_THE_DOOR = "knock_on_the_door"
    PRY_THE_DOOR = "pry_the_door"
    DEVICE_FORCIBLY_REMOVED = "device_forcibly_removed"
    LIGHT = "light"  # true = bright
    SMOKE = "smoke"
    GAS = "gas"
    FAULT = "fault"
    MOISTURE_DETECTED = "moisture_detected"  # true = wet
    BOTTOM_SUBMERSION = "bottom_submersion"  # true = wet
    TOP_SPLASH = "top_splash"  # true = wet
    ARMED = "armed"
    SAFETY = "safety"  # true = unsafe
    SOUND = "sound"
    TAMPER = "tamper"
    VIBRATION = "vibration"

    # Locks
    LOCK = "lock"  # true = unlocked
    CHILDLOCK = "childlock"  # true = released
    ANTILOCK = "antilock"  # true = released
    FINGERPRINT = "fingerprint"  # true = matched
    KEY_ID = "key_id"
    LOCK_METHOD = "lock_method"

    # Body, household
    WEIGHT = "weight"  # kg, stable and with somebody on the scale
    WEIGHT_RAW = "weight_raw"  # kg, every reading
    STABILIZED = "stabilized"
    WEIGHT_REMOVED = "weight_removed"
    IMPEDANCE = "impedance"  # Ω
    IMPEDANCE_LOW = "impedance_low"  # Ω at 50 kHz
    IMPEDANCE_HIGH = "impedance_high"  # Ω at 250 kHz
    HEART_RATE = "heart_rate"  # beats per minute
    PROFILE_ID = "profile_id"
    STEPS = "steps"
    CONSUMABLE = "consumable"  # %
    SCORE = "score"
    COUNTER = "counter"
    COUNT = "count"
    TOOTHBRUSH = "toothbrush"  # true = brushing
    ASLEEP = "asleep"
    WEARING = "wearing"
    BED_OCCUPANCY = "bed_occupancy"
    SNORING = "snoring"
    KETTLE_STATE = "kettle_state"
    VACUUM_MODE = "vacuum_mode"
    GEAR = "gear"
    DOCKED = "docked"  # true = on its base
    BOUND = "bound"  # true = bound to an account
    SWITCH = "switch"

    # Supply of a house, movement, and what has no other place
    ENERGY = "energy"  # kWh
    GAS_VOLUME = "gas_volume"  # m³
    WATER = "water"  # L
    VOLUME = "volume"  # L
    VOLUME_STORAGE = "volume_storage"  # L
    FLOW_RATE = "flow_rate"  # m³/h
    DISTANCE = "distance"  # m
    DURATION = "duration"  # s
    SPEED = "speed"  # m/s
    ACCELERATION = "acceleration"  # m/s²
    ROTATION = "rotation"  # °
    GYROSCOPE = "gyroscope"  # °/s
    ROTATIONAL_SPEED = "rotational_speed"  # 1/min
    DIRECTION = "direction"  # °, 0 = north
    LIGHT_LEVEL = "light_level"
    TIMESTAMP = "timestamp"  # s since 1970, UTC
    TEXT = "text"
    RAW = "raw"  # bytes in hex
    CHANNEL = "channel"
    GENERIC = "generic"
    CONNECTIVITY = "connectivity"
    PLUG = "plug"  # true = plugged in
    RUNNING = "running"
    SETTINGS_REVISION = "settings_revision"
    DEVICE_TYPE = "device_type"

    # Batteries
    CURRENT = "current"  # A, positive = charging
    POWER = (
        "power"  # W for a battery, positive = charging; a sensor's power flag is a bool
    )
    BATTERY_LEVEL = "battery_level"  # % state of charge
    BATTERY_HEALTH = "battery_health"  # % state of health
    CYCLES = "cycles"
    CYCLE_CHARGE = "cycle_charge"  # Ah left now
    FULL_CHARGE = "full_charge"  # Ah, learned full capacity
    DESIGN_CAPACITY = "design_capacity"  # Ah
    CYCLE_CAPACITY = "cycle_capacity"  # Wh stored now
    TOTAL_CHARGE = "total_charge"  # Ah discharged over the lifetime
    TOTAL_CHARGED = "total_charged"  # Ah charged over the lifetime
    CONSUMED_CHARGE = "consumed_charge"  # Ah taken out since the battery was full
    ENERGY_IN = "energy_in"  # Wh charged over the lifetime
    ENERGY_OUT = "energy_out"  # Wh discharged over the lifetime
    ENERGY_TOTAL = (
        "energy_total"  # Wh over the lifetime, where the direction is not told
    )
    INPUT_POWER = "input_power"  # W that go in, never negative
    OUTPUT_POWER = "output_power"  # W that go out, never negative
    UPTIME = "uptime"  # s since the battery's electronics started
    RUNTIME = "runtime"  # s to empty
    TIME_TO_FULL = "time_to_full"  # s
    CELL_VOLTAGE = "cell_voltage"  # V, indexed from 1
    CELL_COUNT = "cell_count"
    DELTA_VOLTAGE = "delta_voltage"  # V, highest minus lowest cell
    MAX_CELL_VOLTAGE = "max_cell_voltage"  # V
    MIN_CELL_VOLTAGE = "min_cell_voltage"  # V
    MAX_CELL = "max_cell"  # number of the highest cell, from 1
    MIN_CELL = "min_cell"  # number of the lowest cell, from 1
    PROBE_TEMPERATURE = "probe_temperature"  # °C, indexed from 1
    MIN_CELL_TEMPERATURE = "min_cell_temperature"  # °C
    TEMP_SENSORS = "temp_sensors"
    BATTERY_CHARGING = "battery_charging"
    BATTERY_MODE = "battery_mode"
    BALANCER = "balancer"  # bit 0 = cell 1 is balancing
    BALANCE_CURRENT = "balance_current"  # A
    CHRG_MOSFET = "chrg_mosfet"  # true = conducts
    DISCHRG_MOSFET = "dischrg_mosfet"  # true = conducts
    PRECHRG_MOSFET = "prechrg_mosfet"  # true = conducts
    CHARGER = "charger"  # true = connected
    HEATER = "heater"
    HEATER_CURRENT = "heater_current"  # A
    PROBLEM = "problem"
    PROBLEM_CODE = "problem_code"
    ALARM = "alarm"  # the most serious active alarm, as a word
    PROTECTION_COUNT = "protection_count"  # over the lifetime, by alarm word
    PRODUCTION_DATE = "production_date"
    PACK_COUNT = "pack_count"

    # The link
    RSSI = "rssi"  # dBm
    LAST_SEEN = "last_seen"  # a sensor's last advert
    LAST_READ = "last_read"  # a battery's last good sample
    DATA_AGE = "data_age"  # s
