"""The custom integration ``ble_monitor`` (Passive BLE Monitor): one entry for all sensors.

Ids are a prefix and the address in capitals without colons, or what the user called the sensor in YAML.
Values are averages over its period, one minute unless set otherwise.

Source: https://github.com/custom-components/ble_monitor, ``custom_components/ble_monitor/const.py``,
``sensor.py`` and ``helper.py``, version 13.
"""

import re
from typing import Final

from ...model.fields import Field
from ..model import Named, Peer, PeerRow, Recipe, Statistic, Why
from ..rows import flag, measured, none, summed, told

_ADDRESS: Final = re.compile(r"[0-9A-F]{12}", re.IGNORECASE)
# What was pressed last is a state there, and an event here.
_PRESSED: Final = (
    "bu_",
    "di_",
    "switch_",
    "left_switch_",
    "middle_switch_",
    "right_switch_",
    "btn_switch_1_",
    "btn_switch_2_",
    "btn_switch_3_",
    "btn_switch_4_",
    "re_",
    "fa_",
    "fr_",
    "bh_",
)
_NOT_OURS: Final = (
    "t_cypress_",
    "h_cypress_",
    "t_probe_1_",
    "t_probe_2_",
    "t_probe_3_",
    "t_probe_4_",
    "t_probe_5_",
    "t_probe_6_",
    "t_alarm_probe_1_",
    "t_alarm_probe_2_",
    "t_alarm_probe_3_",
    "t_alarm_probe_4_",
    "t_alarm_low_probe_1_",
    "t_alarm_low_probe_2_",
    "t_alarm_low_probe_3_",
    "t_alarm_low_probe_4_",
    "t_probe_tip_",
    "t_calibrated_",
    "t_ambient_",
    "t_meat_",
    "wp_",
    "measured_power_",
    "gr_",
    "flow_",
    "fresh_tank_",
    "black_tank_",
    "grey_tank_",
    "chemical_tank_",
    "chemical_tank_2_",
    "lpg_tank_",
    "lpg_tank_2_",
    "galley_tank_",
    "galley_tank_2_",
    "ble_iaq_",
    "ble_aq_",
    "op_pct_",
    "roll_",
    "pitch_",
    "pu_",
    "sh_",
    "mf_",
    "mfd_",
    "mac_",
    "uuid_",
    "major_",
    "minor_",
    "mv_cnt_",
    "pump_mode_",
    "vd1_",
    "vd2_",
    "burner_state_",
    "burner_last_end_cause_",
    "burner_cycle_count_",
)
_FLAGS_NOT_OURS: Final = (
    "bi_",
    "rb_single_press_",
    "rb_long_press_",
    "ti_",
    "dr_",
    "imp_",
    "magnetic_field_",
    "sw_",
    "reset_",
    "pressure_state_",
)

_ROWS: Final[tuple[PeerRow, ...]] = (
    measured("t_", Field.TEMPERATURE, "°C"),
    measured("h_", Field.HUMIDITY, "%"),
    measured("m_", Field.MOISTURE, "%"),
    measured("c_", Field.CONDUCTIVITY, "μS/cm"),
    measured("l_", Field.ILLUMINANCE, "lx"),
    measured("f_", Field.FORMALDEHYDE, "mg/m³"),
    measured("d_", Field.DEW_POINT, "°C"),
    measured("p_", Field.PRESSURE, "hPa"),
    measured("batt_", Field.BATTERY, "%"),
    measured("v_", Field.VOLTAGE, "V"),
    measured("rssi_", Field.RSSI, "dBm"),
    told("co2_", Field.CO2, "ppm"),
    told("pm25_", Field.PM25, "μg/m³"),
    told("pm10_", Field.PM10, "μg/m³"),
    measured("ble_tvoc_", Field.TVOC, "μg/m³"),
    # Of a scale that reports both, one stays.
    measured("w_", Field.WEIGHT, "kg"),
    measured("stab_w_", Field.WEIGHT, "kg"),
    measured("nw_", Field.WEIGHT_RAW, "kg"),
    measured("im_", Field.IMPEDANCE, "Ohm"),
    measured("im_low_", Field.IMPEDANCE_LOW, "Ohm"),
    measured("cn_", Field.CONSUMABLE, "%"),
    measured("sco_", Field.SCORE),
    measured("hr_", Field.HEART_RATE, "bpm"),
    told("id_", Field.PROFILE_ID),
    measured("cnt_", Field.COUNT),
    measured("uv_index_", Field.UV_INDEX),
    summed("st_", Field.STEPS, "steps"),
    measured("volume_", Field.VOLUME, "L"),
    measured("volume_mL_", Field.VOLUME, "mL"),
    measured("gas_", Field.GAS_VOLUME, "m³"),
    measured("water_", Field.WATER, "L"),
    measured("volume_flow_rate_", Field.FLOW_RATE, "m3/hr"),
    summed("e_", Field.ENERGY, "kWh"),
    measured("pow_", Field.POWER, "kW"),
    measured("distance_", Field.DISTANCE, "m"),
    measured("distance_mm_", Field.DISTANCE, "mm"),
    measured("duration_", Field.DURATION, "s"),
    measured("speed_", Field.SPEED, "m/s"),
    measured("rotation_", Field.ROTATION, "°"),
    measured("gyro_", Field.GYROSCOPE, "°/s"),
    measured("current_", Field.CURRENT, "A"),
    measured("pressure_present_duration_", Field.PRESSURE_PRESENT_DURATION, "s"),
    measured(
        "pressure_not_present_duration_", Field.PRESSURE_NOT_PRESENT_DURATION, "s"
    ),
    measured("pressure_present_time_set_", Field.PRESSURE_PRESENT_TIME_SET, "s"),
    measured(
        "pressure_not_present_time_set_", Field.PRESSURE_NOT_PRESENT_TIME_SET, "s"
    ),
    told("timestamp_", Field.TIMESTAMP),
    told("text_", Field.TEXT),
    PeerRow(
        domain="sensor",
        key="ac_",
        ours=None,
        unit="mG",
        statistic=Statistic.MEAN,
        why=Why.UNIT,
    ),
    flag("do_", Field.DOOR),
    flag("window_", Field.WINDOW),
    flag("bgdr_", Field.GARAGE_DOOR),
    flag("op_", Field.OPENING),
    flag("lt_", Field.LIGHT),
    flag("lock_", Field.LOCK),
    flag("mo_", Field.MOISTURE_DETECTED),
    flag("mn_", Field.MOTION),
    flag("bmove_", Field.MOVING),
    flag("bocc_", Field.OCCUPANCY),
    flag("presence_", Field.PRESENCE),
    flag("sd_", Field.SMOKE),
    flag("bgas_", Field.GAS),
    flag("bco_", Field.CARBON_MONOXIDE),
    flag("bheat_", Field.HEAT),
    flag("bcold_", Field.COLD),
    flag("plug_", Field.PLUG),
    flag("running_", Field.RUNNING),
    flag("safety_", Field.SAFETY),
    flag("sound_", Field.SOUND),
    flag("tamper_", Field.TAMPER),
    flag("vi_", Field.VIBRATION),
    flag("bconn_", Field.CONNECTIVITY),
    flag("bl_", Field.BATTERY_LOW),
    flag("problem_", Field.FAULT),
    flag("wr_", Field.WEIGHT_REMOVED),
    flag("fp_", Field.FINGERPRINT),
    flag("antilock_", Field.ANTILOCK),
    flag("childlock_", Field.CHILDLOCK),
    flag("armedaway_", Field.ARMED),
    flag("tb_", Field.TOOTHBRUSH),
    flag("bed_occ_", Field.BED_OCCUPANCY),
    flag("snoring_", Field.SNORING),
    flag("sleeping_", Field.ASLEEP),
    # Which of both it is depends on the model.
    flag("water_leak_", Field.BOTTOM_SUBMERSION),
    flag("water_leak_", Field.MOISTURE_DETECTED),
    none("binary_sensor", "bc_", Why.OTHER_DOMAIN),
    *(none("sensor", key, Why.OTHER_DOMAIN) for key in _PRESSED),
    *(none("sensor", key) for key in _NOT_OURS),
    *(none("binary_sensor", key) for key in _FLAGS_NOT_OURS),
)
_PREFIXES: Final = sorted({row.key for row in _ROWS}, key=len, reverse=True)


def _named(unique_id: str) -> Named | None:
    """Return the longest prefix that fits; what follows is an address where it looks like one."""
    key = next((one for one in _PREFIXES if unique_id.startswith(one)), "")
    device = unique_id.removeprefix(key)
    if not key or not device:
        return None
    if not _ADDRESS.fullmatch(device):
        return Named(None, device, key)
    address = ":".join(re.findall("..", device.upper()))
    return Named(address, address, key)


PEER: Final = Peer(
    domain="ble_monitor",
    title="Passive BLE Monitor",
    platform="ble_monitor",
    recipe=Recipe.SHARED,
    named=_named,
    rows=_ROWS,
)
