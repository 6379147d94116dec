"""Every object id, with the meaning it has for a product that sends it."""

import struct

import pytest

from custom_components.mi_bms.proto.mibeacon.devices import DEVICES
from custom_components.mi_bms.proto.mibeacon.formats import GPIO
from custom_components.mi_bms.proto.mibeacon.objects import OBJECTS
from custom_components.mi_bms.proto.model.fields import Field
from custom_components.mi_bms.proto.model.reading import Outcome, Reason
from tests.each import each, rows

from .frames import KEY, clear, decode, events, obj, sealed, values

UNKNOWN = 0xBEEF
LOCK = 0x069E


def f32(value: float) -> str:
    return struct.pack("<f", value).hex()


# product, object, data, values, events
CASES = [
    (UNKNOWN, 0x0002, "0110", {}, [("pairing", "easy_pairing", "4097")]),
    (UNKNOWN, 0x0003, "01", {}, [("motion", "motion_detected")]),
    (UNKNOWN, 0x0004, "00", {}, [("motion", "moved_away")]),
    (UNKNOWN, 0x1011, "01", {"bound": True}, []),
    (UNKNOWN, 0x2002, "0302", {"vacuum_mode": "strong", "gear": 2}, []),
    (UNKNOWN, 0x2002, "0402", {"gear": 2}, []),
    (UNKNOWN, 0x3000, "01", {"fault": True}, []),
    (UNKNOWN, 0x3001, "00", {"docked": False}, []),
    (0x3A61, 0x4E1C, "", {}, [("reset", "reset")]),
    (0x3A61, 0x4E1C, "01020304", {}, [("reset", "reset")]),
    (UNKNOWN, 0x4E1C, "01", {}, []),
    # S800: other stages tell nothing that is understood
    (0x51E2, 0x4E16, "010000050000003e1c", {"weight": 72.3}, []),
    (0x51E2, 0x4E16, "010000050000000000", {}, []),
    (0x51E2, 0x4E16, "01000015000000001c", {"heart_rate": 78}, []),
    (0x51E2, 0x4E16, "010000150000000000", {}, []),
    (0x51E2, 0x4E16, "010000070000003e1c", {}, []),
    (0x51E2, 0x5201, "01", {"battery_low": True}, []),
    (
        0x44C1,
        0x4A14,
        "02050000f153650202",
        {"lock": True, "lock_method": "biometrics", "key_id": "5"},
        [("lock", "unlock_outside_the_door")],
    ),
    (
        0x44C1,
        0x4A14,
        "0b000000f153650101",
        {"lock": False, "key_id": "0"},
        [("lock", "lock_inside_the_door")],
    ),
    (0x44C1, 0x4A14, "02050000f153650209", {}, []),
    (
        0x44C1,
        0x4A14,
        "02050000f153650301",
        {"lock": False, "lock_method": "biometrics", "key_id": "5"},
        [("lock", "locked")],
    ),
    # The same event with the numbers in another order, for each of two more locks
    (
        0x1781,
        0x4A14,
        "0300e92b8463020202",
        {"lock": True, "lock_method": "biometrics", "key_id": "3"},
        [("lock", "unlock_outside_the_door")],
    ),
    (
        0x1781,
        0x4A14,
        "0200b44f8463020502",
        {"lock": True, "lock_method": "biometrics", "key_id": "2"},
        [("lock", "unlock_outside_the_door")],
    ),
    (
        0x1781,
        0x4A14,
        "0000e92b8463021003",
        {"lock": True, "lock_method": "automatic", "key_id": "0"},
        [],
    ),
    (0x1781, 0x4A14, "0000e92b8463091003", {}, []),
    # Actions that tell their side themselves, and the other ways to open it
    (
        0x1781,
        0x4A14,
        "0300e92b8463030303",
        {
            "lock": False,
            "lock_method": "password",
            "key_id": "3",
            "door_left_open": False,
        },
        [("lock", "lock_outside_the_door")],
    ),
    (
        0x1781,
        0x4A14,
        "0300e92b8463040401",
        {
            "lock": False,
            "lock_method": "nfc_method",
            "key_id": "3",
            "door_left_open": False,
        },
        [("lock", "lock_inside_the_door")],
    ),
    (
        0x1781,
        0x4A14,
        "0300e92b8463050103",
        {"lock": True, "lock_method": "bluetooth", "key_id": "3"},
        [("lock", "unlock_inside_the_door")],
    ),
    (0x1781, 0x4A07, "6559846311", {}, []),
    (0x1781, 0x5606, "", {}, [("doorbell", "rings")]),
    (
        0x2809,
        0x4E14,
        "0300020102" + "7850e263",
        {"lock": False, "lock_method": "biometrics", "key_id": "3"},
        [("lock", "lock_outside_the_door")],
    ),
    (
        0x2809,
        0x4E14,
        "0300770102" + "7850e263",
        {"lock": False, "key_id": "3"},
        [("lock", "lock_outside_the_door")],
    ),
    (
        0x2809,
        0x4E14,
        "0300080501" + "7850e263",
        {"lock": True, "lock_method": "key_method", "key_id": "3"},
        [("lock", "unlock_inside_the_door")],
    ),
    # It warns with its charge
    (0x2809, 0x5601, "09", {"battery_low": True, "battery": 9}, []),
    (0x2809, 0x5601, "ff", {"battery_low": True}, []),
    (0x2CBA, 0x5601, "09", {}, []),
    (0x7ABA, 0x4801, f32(23.5), {"temperature": 23.5}, []),
    # Numbers with every bit set are none, in thousandths too
    (0x0711, 0x1010, "ffff", {}, []),
    (0x0711, 0x1010, "e703", {"formaldehyde": 0.999}, []),
    # A fault that nobody has a word for is no key
    (
        LOCK,
        0x000B,
        "ff7707dec000f15365",
        {"lock": True, "lock_method": "abnormal"},
        [("lock", "abnormal")],
    ),
    (
        LOCK,
        0x000B,
        "210100098000f15365",
        {"lock": False, "lock_method": "biometrics", "key_id": "key id 1"},
        [("lock", "locked")],
    ),
    (0x1FDA, 0x100E, "01", {"lock": False}, []),
    (0x1FDA, 0x100E, "04", {}, []),
    (0x1FDA, 0x100F, "00", {"door": True, "fault": False}, []),
    (0x7ABA, 0x4804, "02", {"smoke": True}, []),
    (0x7ABA, 0x4804, "03", {}, []),
    (0x7ABA, 0x5884, "00", {"battery_low": False}, []),
    (0x7ABA, 0x5A01, "", {"battery_low": True}, []),
    # One object for thirteen kinds of event, the alarm among them, of unknown layout: none.
    (0x7ABA, 0x4A11, "", {}, []),
    (0x7ABA, 0x4A11, "0000", {}, []),
    (0x7ABA, 0x4A1C, "", {}, [("reset", "reset")]),
    (0x7ABA, 0x483B, "01", {}, []),
    (0x5149, 0x560E, "01", {}, [("button", "long_press")]),
    (0x5149, 0x5003, "32", {"battery": 50}, []),
    (0x3B94, 0x5617, "9a3d011385f60f08", {}, []),
    (0x3B94, 0x100A, "32", {"battery": 50}, []),
    (0x3531, 0x4818, "0000", {"motion": True, "idle_time": 0}, []),
    (0x44C1, 0x4A07, "0300f15365", {}, [("error", "reset_button_is_pressed")]),
    (0x44C1, 0x4A07, "0b00f15365", {"door_left_open": True}, []),
    (0x44C1, 0x4A07, "0c00f15365", {}, []),
    (0x44C1, 0x4C15, "21", {"lock": False}, []),
    (0x44C1, 0x4C15, "33", {"door": False, "door_left_open": False}, []),
    (0x44C1, 0x4C15, "46", {}, []),
    (0x44C1, 0x5606, "00f15365", {}, [("doorbell", "rings")]),
    (0x2809, 0x5015, "03", {"door_left_open": True}, []),
    (0x2F97, 0x4C15, "2c", {"lock": True}, []),
    (0x2F97, 0x4C15, "11", {}, []),
    (0x24A9, 0x4E19, "", {}, [("timer_2", "end")]),
    (0x2C09, 0x4A1C, "", {}, [("button_4", "press")]),
    (0x2C09, 0x4E0D, "", {}, [("dimmer", "rotate_left")]),
    (0x3878, 0x560C, "01", {}, [("dimmer", "press")]),
    (0x3878, 0x560C, "02", {}, [("button_1", "press")]),
    (0x3878, 0x560C, "09", {}, [("dimmer", "rotate_left_pressed")]),
    (0x3878, 0x560D, "01", {}, [("dimmer", "double_press")]),
    (0x3878, 0x560D, "06", {}, []),
    (0x474A, 0x560C, "05", {}, [("dimmer", "rotate_right")]),
    (0x474A, 0x560E, "04", {}, [("button_4", "long_press")]),
    (0x3F3A, 0x4A0D, "08", {}, [("button_8", "double_press")]),
    (0x305E, 0x720C, "", {}, [("button", "press")]),
    (
        LOCK,
        0x0006,
        "ffffffff00",
        {"fingerprint": True, "key_id": "unknown operator"},
        [("fingerprint", "match_successful")],
    ),
    (
        LOCK,
        0x0006,
        "efbeadde02",
        {"fingerprint": False, "key_id": "invalid operator"},
        [("fingerprint", "timeout")],
    ),
    (
        LOCK,
        0x0006,
        "0500000006",
        {"fingerprint": False, "key_id": "5"},
        [("fingerprint", "skin_is_too_wet")],
    ),
    (LOCK, 0x0006, "0500000007", {}, []),
    (
        LOCK,
        0x0007,
        "00",
        {"door": True, "door_stuck": False, "knock_on_the_door": False},
        [],
    ),
    (
        LOCK,
        0x0007,
        "01",
        {"door": False, "door_left_open": False, "pry_the_door": False},
        [],
    ),
    (LOCK, 0x0007, "0201020304", {"door": True, "door_left_open": True}, []),
    (
        LOCK,
        0x0007,
        "03",
        {"door": False, "knock_on_the_door": True},
        [("door", "knock")],
    ),
    (LOCK, 0x0007, "04", {"door": True, "pry_the_door": True}, []),
    (LOCK, 0x0007, "05", {"door": False, "door_stuck": True}, []),
    (LOCK, 0x0007, "06", {}, []),
    (LOCK, 0x0008, "01", {"armed": False}, []),
    (
        0x0380,
        0x0008,
        "01",
        {"armed": False, "lock": False, "lock_method": "manual"},
        [("lock", "lock_outside_the_door")],
    ),
    (UNKNOWN, 0x0009, "0100", {}, [("gesture", "shake")]),
    (UNKNOWN, 0x0009, "0700", {}, []),
    (0x0391, 0x000A, "740e", {"temperature": 37.0}, []),
    (0x0391, 0x000A, "0000", {}, []),
    (
        LOCK,
        0x000B,
        "51010000000000006a",
        {"lock": False, "lock_method": "nfc_method", "key_id": "Bluetooth key 1"},
        [("lock", "locked")],
    ),
    (
        LOCK,
        0x000B,
        "a20000000000000000",
        {"lock": False, "lock_method": "manual", "key_id": "administrator"},
        [("lock", "turn_on_antilock")],
    ),
    (
        0x069F,
        0x000B,
        "a20000000000000000",
        {"antilock": False, "lock_method": "manual", "key_id": "administrator"},
        [("lock", "turn_on_antilock")],
    ),
    (
        0x069F,
        0x000B,
        "b70200048000000000",
        {"childlock": True, "lock_method": "automatic", "key_id": "NFC key id 2"},
        [("lock", "turn_off_child_lock")],
    ),
    (
        LOCK,
        0x000B,
        "ff0510dec000000000",
        {"lock": True, "lock_method": "abnormal"},
        [("lock", "abnormal"), ("error", "the_lock_sensor_is_faulty")],
    ),
    (LOCK, 0x000B, "090000000000000000", {}, []),
    (LOCK, 0x000B, "c00000000000000000", {}, []),
    (
        LOCK,
        0x000B,
        "100300099000000000",
        {"lock": True, "lock_method": "password", "key_id": "key id 3"},
        [("lock", "unlock_outside_the_door")],
    ),
    (
        0x0380,
        0x000B,
        "108813028000000000",
        {
            "lock": True,
            "lock_method": "one_time_password",
            "key_id": "Password key id 5000",
        },
        [("lock", "unlock_outside_the_door")],
    ),
    (UNKNOWN, 0x000C, "01", {"moisture_detected": True}, []),
    (UNKNOWN, 0x000D, "00", {"smoke": False, "fault": False}, []),
    (UNKNOWN, 0x000D, "04", {"smoke": True}, [("smoke", "simulated_alarm")]),
    (UNKNOWN, 0x000D, "02", {"fault": True}, []),
    (UNKNOWN, 0x000D, "03", {}, [("smoke", "self_test")]),
    (UNKNOWN, 0x000D, "05", {}, []),
    (UNKNOWN, 0x000E, "00", {"gas": False, "fault": False}, []),
    (UNKNOWN, 0x000E, "01", {"gas": True}, []),
    (UNKNOWN, 0x000E, "03", {"fault": True}, [("gas", "life_over")]),
    (UNKNOWN, 0x000E, "04", {}, [("gas", "warm_up")]),
    (UNKNOWN, 0x000E, "05", {}, [("gas", "self_test")]),
    (UNKNOWN, 0x000E, "06", {"gas": True}, [("gas", "simulated_alarm")]),
    (UNKNOWN, 0x000F, "640000", {"motion": True}, []),
    (0x07F6, 0x000F, "010000", {"motion": True, "light": False}, []),
    (0x0A8D, 0x000F, "000100", {"motion": True, "light": True}, []),
    (0x0A83, 0x000F, "0a0000", {"motion": True, "illuminance": 10}, []),
    (0x0489, 0x0010, "02", {}, []),
    (0x0489, 0x0010, "0205", {}, []),
    (UNKNOWN, 0x0011, "02", {}, [("doorbell", "rings")]),
    (UNKNOWN, 0x0012, "e80301", {"weight": 1.0}, []),
    (UNKNOWN, 0x1002, "01", {"asleep": True}, []),
    (UNKNOWN, 0x1004, "9cff", {"temperature": -10.0}, []),
    (
        0x0113,
        0x1005,
        "0163",
        {"power": True, "kettle_state": "heating", "temperature": 99},
        [],
    ),
    (
        0x0113,
        0x1005,
        "00ff",
        {"power": False, "kettle_state": "idle", "temperature": -1},
        [],
    ),
    (0x0113, 0x1005, "0963", {"power": True, "temperature": 99}, []),
    (UNKNOWN, 0x1006, "e803", {"humidity": 100.0}, []),
    (0x0098, 0x1007, "400d03", {"illuminance": 200_000}, []),
    (0x07F6, 0x1007, "640000", {"light": True}, []),
    (0x098B, 0x1007, "010000", {"light": False}, []),
    (UNKNOWN, 0x1008, "28", {"moisture": 40}, []),
    (UNKNOWN, 0x1009, "5702", {"conductivity": 599}, []),
    (UNKNOWN, 0x100A, "64", {"battery": 100}, []),
    (UNKNOWN, 0x100D, "0000e803", {"temperature": 0.0, "humidity": 100.0}, []),
    (0x0380, 0x100E, "05", {"lock": False, "childlock": True}, []),
    (0x0380, 0x100E, "f8", {"lock": True, "childlock": False}, []),
    (LOCK, 0x100E, "05", {}, []),
    (0x09B0, 0x100F, "01", {"door": True}, []),
    (0x1E37, 0x100F, "01", {"door": False, "fault": False}, []),
    (0x1E37, 0x100F, "ff", {"fault": True}, []),
    (UNKNOWN, 0x100F, "01", {}, []),
    (0x02DF, 0x1010, "7d00", {"formaldehyde": 1.25}, []),
    (0x0711, 0x1010, "7d00", {"formaldehyde": 0.125}, []),
    (0x040A, 0x1012, "00", {"power": False}, []),
    (0x040A, 0x1013, "32", {"consumable": 50}, []),
    (0x0863, 0x1014, "00", {"moisture_detected": False}, []),
    (0x0997, 0x1015, "00", {"smoke": False, "fault": False}, []),
    (0x0997, 0x1015, "02", {"smoke": False, "fault": True}, []),
    (UNKNOWN, 0x1016, "01", {"gas": True}, []),
    (0x07F6, 0x1017, "78000000", {"motion": False, "idle_time": 120}, []),
    (0x07F6, 0x1017, "03000000", {"motion": True, "idle_time": 3}, []),
    (0x098B, 0x1018, "01", {"light": True}, []),
    (0x098B, 0x1019, "01", {"opening": False, "door_left_open": False}, []),
    (0x098B, 0x1019, "00", {"opening": True}, []),
    (0x098B, 0x1019, "03", {}, []),
    (UNKNOWN, 0x101A, "f401", {"weight": 0.5}, []),
    (0x0A8D, 0x101B, "1e000000", {"motion": False, "idle_time": 30}, []),
    (0x0A8D, 0x101B, "01", {"motion": False}, []),
    (0x0A8D, 0x101B, "02", {}, []),
    (UNKNOWN, 0x101C, "01", {"bed_occupancy": True}, []),
    (0x59FA, 0x2001, "e8030100", {"steps": 1000, "asleep": True}, []),
    (0x59FA, 0x2001, "e8030300", {"steps": 1000}, []),
    (0x59FA, 0x2003, "e8034600", {"steps": 1000, "heart_rate": 70}, []),
    (0x59FA, 0x2003, "e8030000", {"steps": 1000}, []),
    (UNKNOWN, 0x2003, "e8034600", {}, []),
    (0x055B, 0x20E1, "33ae3221", {"count": 556969523}, []),
    (0x01AA, 0x3002, "02", {}, [("timer", "rest_start")]),
    (0x0806, 0x3003, "0001020304", {"toothbrush": True}, []),
    (0x0806, 0x3003, "000102030432", {"toothbrush": True}, []),
    (0x0806, 0x3003, "010102030432", {"toothbrush": False, "score": 50}, []),
    (0x4F59, 0x4801, f32(21.57), {"temperature": 21.57}, []),
    (0x520B, 0x4802, "47", {"humidity": 71}, []),
    (0x1203, 0x4803, "64", {"battery": 100}, []),
    (0x1889, 0x4804, "01", {"opening": True}, []),
    (
        0x1889,
        0x4804,
        "02",
        {"opening": False, "door_left_open": False, "device_forcibly_removed": False},
        [],
    ),
    (0x6375, 0x4804, "01", {}, []),
    (0x50FB, 0x4805, f32(173.0), {"illuminance": 173.0}, []),
    (0x3F0F, 0x4806, "02", {"moisture_detected": True}, []),
    (0x7712, 0x4806, "00", {"bottom_submersion": False}, []),
    (0x3E17, 0x4808, f32(45.5), {"humidity": 45.5}, []),
    (0x78D1, 0x480C, "00", {"opening": True}, []),
    (0x18E3, 0x4810, "01", {"asleep": True}, []),
    (0x18E3, 0x4810, "02", {}, [("button", "double_press")]),
    (0x18E3, 0x4811, "01", {"snoring": True}, []),
    (0x2AEB, 0x4818, "7800", {"motion": False, "idle_time": 120}, []),
    (0x3F4C, 0x483C, "00", {"occupancy": False}, []),
    (0x3F4C, 0x483C, "1f", {"occupancy": True}, []),
    (0x3F4C, 0x483D, "781e0000", {"pressure_present_duration": 7800}, []),
    (0x3F4C, 0x483E, "781e0000", {"pressure_not_present_duration": 7800}, []),
    (0x3F4C, 0x483F, "0a000000", {"pressure_present_time_set": 10}, []),
    (0x3F4C, 0x4840, "0a000000", {"pressure_not_present_time_set": 10}, []),
    (0x50FB, 0x484E, "1f", {"occupancy": True}, []),
    (0x4683, 0x484E, "02", {"occupancy": False}, []),
    (0x4683, 0x484E, "01", {"occupancy": True}, []),
    (0x50FB, 0x484F, "05", {"duration_cleared": 5}, []),
    (0x50FB, 0x4850, "05", {"duration_detected": 5}, []),
    (0x4683, 0x4851, "02", {"duration_detected": 2}, []),
    (0x4683, 0x4852, "1e", {"duration_cleared": 30}, []),
    (0x4683, 0x4851, "0000", {"duration_detected": 0}, []),
    (0x4683, 0x4852, "1e00", {"duration_cleared": 30}, []),
    (0x50FB, 0x484F, "0500", {"duration_cleared": 5}, []),
    (0x50FB, 0x4850, "ffff", {}, []),
    (0x6A0F, 0x4851, "050000", {}, []),
    (0x6375, 0x487B, "01", {"top_splash": True}, []),
    (0x6375, 0x487B, "02", {"top_splash": True}, []),
    (0x5968, 0x4A01, "01", {"battery_low": True}, []),
    (0x5968, 0x4A01, "00", {"battery_low": False}, []),
    (0x2AEB, 0x4A08, f32(12.0), {"motion": True, "illuminance": 12.0}, []),
    (0x5968, 0x4A0C, "01", {}, [("button_right", "press")]),
    (0x5968, 0x4A0D, "00", {}, [("button_left", "double_press")]),
    (0x5968, 0x4A0C, "", {}, []),
    (0x38BB, 0x4A0E, "", {}, [("button", "long_press")]),
    (0x01AA, 0x4A0C, "", {}, []),
    (0x1889, 0x4A0F, "01", {"opening": True, "device_forcibly_removed": True}, []),
    (
        0x1889,
        0x4A12,
        "02",
        {"opening": False, "door_left_open": False, "device_forcibly_removed": False},
        [],
    ),
    (0x1889, 0x4A13, "01", {}, [("button", "press")]),
    (0x1889, 0x4A1A, "01", {"opening": True, "door_left_open": True}, []),
    (0x3F4C, 0x4A1C, "01", {}, [("reset", "reset")]),
    (0x6375, 0x4A68, "02", {"top_splash": True}, []),
    (0x6375, 0x4A68, "01", {"bottom_submersion": False}, []),
    (0x2832, 0x4C01, f32(-3.25), {"temperature": -3.25}, []),
    (0x2832, 0x4C02, "32", {"humidity": 50}, []),
    (0x2AEB, 0x4C03, "5a", {"battery": 90}, []),
    (0x1203, 0x4C08, f32(45.0), {"humidity": 45.0}, []),
    (0x5968, 0x4E01, "01", {"battery_low": True}, []),
    (0x1949, 0x4E0C, "03", {}, [("button_left", "press"), ("button_right", "press")]),
    (0x1949, 0x4E0D, "01", {}, [("button_left", "double_press")]),
    (0x1C10, 0x4E0C, "0f", {}, [("button", "double_press")]),
    (0x1C10, 0x4E0C, "02", {}, []),
    (0x2387, 0x4E0E, "", {}, [("button", "long_press")]),
    (0x2387, 0x4E0C, "07", {}, [("button", "press")]),
    (0x64C5, 0x4E0C, "04", {}, [("button_4", "press")]),
    (
        0x45C9,
        0x4E16,
        "01581b000000000000",
        {"weight": 70.0, "profile_id": 1, "stabilized": True},
        [],
    ),
    (0x45C9, 0x4E16, "010000000000000000", {}, []),
    (0x20DB, 0x4E16, "01", {"bed_occupancy": True}, []),
    (0x20DB, 0x4E17, "01", {"bed_occupancy": False}, []),
    (0x3A61, 0x5003, "5a", {"battery": 90}, []),
    (0x20DB, 0x5010, "00", {"asleep": False}, []),
    (0x20DB, 0x5011, "00", {"snoring": False}, []),
    (0x20DB, 0x5403, "5a", {"battery": 90}, []),
    (0x6A0F, 0x5413, "01", {"occupancy_close_range": True}, []),
    (0x6A0F, 0x5413, "1f", {"occupancy_close_range": True}, []),
    (0x50FB, 0x5413, "01", {}, []),
    (0x59FA, 0x5422, "02", {"charging_state": "full"}, []),
    (0x59FA, 0x5422, "07", {"charging_state": "unknown"}, []),
    (0x20DB, 0x5601, "01", {"battery_low": True}, []),
    (0x3A61, 0x560C, "02", {}, [("button_mid_left", "press")]),
    (0x3A61, 0x560C, "05", {}, []),
    (0x520B, 0x560E, "", {}, [("button", "long_press")]),
    (0x3911, 0x520C, "", {}, [("button_2", "press")]),
    (0x59FA, 0x5810, "00", {"asleep": True}, []),
    (0x20DB, 0x5A16, "02", {"bed_occupancy": False}, []),
    (0x18E3, 0x5A16, "03", {}, [("button", "double_press")]),
    (0x6375, 0x5A16, "01", {}, []),
    (0x64C5, 0x6012, "2d", {"humidity": 45}, []),
    (0x64C5, 0x605D, "fe", {"temperature": -2}, []),
    (0x59FA, 0x6461, "00", {"wearing": True}, []),
    # A scale with both packets, socks, and stepped off
    (0x4B05, 0x6E16, "02ff07000000000000", {"profile_id": 2, "stabilized": False}, []),
    (0x4B05, 0x6E16, "02ffff030000000000", {"profile_id": 2, "stabilized": False}, []),
    # The Pro without its weight, as its owner saw it
    (
        0x4B05,
        0x6E16,
        "01fff7104000000000",
        {
            "profile_id": 1,
            "heart_rate": 80,
            "impedance_low": 410.0,
            "stabilized": False,
        },
        [],
    ),
    (
        0x30D9,
        0x6E16,
        "02bc02000000000000",
        {"profile_id": 2, "weight": 70.0, "stabilized": True},
        [],
    ),
    (
        0x30D9,
        0x6E16,
        "020000505400000000",
        {"profile_id": 2, "impedance_high": 539.6, "stabilized": True},
        [],
    ),
    (0x30D9, 0x6E16, "020050000000000000", {"profile_id": 2, "heart_rate": 60}, []),
    # Products and ids nobody knows: plain measurements by their place in the spec, never events
    (UNKNOWN, 0x5C01, f32(20.0), {"temperature": 20.0}, []),
    (UNKNOWN, 0x5C02, "32", {"humidity": 50}, []),
    (UNKNOWN, 0x7403, "32", {"battery": 50}, []),
    (0x3878, 0x7008, f32(50.0), {"humidity": 50.0}, []),
    (UNKNOWN, 0x4E01, "01", {}, []),
    (UNKNOWN, 0x4806, "01", {}, []),
    (UNKNOWN, 0x4A0C, "", {}, []),
    (UNKNOWN, 0x8001, f32(20.0), {}, []),
    (UNKNOWN, 0x5C01, "0102", {}, []),
]


def test_objects() -> None:
    each(((f"{one[0]:04X} {one[1]:04X} {one[2]}", one) for one in CASES), is_decoded)


def is_decoded(
    case: tuple[int, int, str, dict[str, object], list[tuple[str, ...]]],
) -> None:
    product, object_id, data, expected, fired = case
    reading = decode(sealed(product, obj(object_id, data)), KEY)
    assert values(reading) == pytest.approx(expected)
    assert events(reading) == fired
    assert reading.outcome is (
        Outcome.DECODED if expected or fired else Outcome.IGNORED
    )
    assert reading.product_id == product
    assert reading.encrypted


BUTTONS = [
    (0x0A8D, "000000", [("button", "press")]),
    (0x0A8D, "000001", [("button", "double_press")]),
    (0x0863, "000002", [("button", "long_press")]),
    (0x0997, "000001", [("button", "double_press")]),
    (0x0A8D, "000004", []),
    (0x07BF, "000002", [("button", "long_press")]),
    (0x07BF, "000003", [("button", "triple_press")]),
    (0x0153, "010002", [("button_off", "long_press")]),
    (0x0153, "040005", [("button_m", "press")]),
    (0x0153, "060000", []),
    (0x068E, "030006", [("button_color_temperature", "long_press")]),
    (0x04E6, "020000", [("button_timer_60_minutes", "press")]),
    (0x03BF, "080000", [("button_heat", "press")]),
    (0x04E1, "000000", [("cube", "rotate_right")]),
    (0x04E1, "010000", [("cube", "rotate_left")]),
    (0x1568, "000002", [("button", "double_press")]),
    (0x1569, "020001", [("button_left", "long_press"), ("button_right", "long_press")]),
    (0x0DFD, "040000", [("button_middle", "press"), ("button_right", "press")]),
    (0x03B6, "000203", [("dimmer", "press", "2")]),
    (0x03B6, "010503", [("dimmer", "long_press", "5")]),
    (0x03B6, "020503", []),
    (0x03B6, "000304", [("dimmer", "rotate_right", "3")]),
    (0x03B6, "00fd04", [("dimmer", "rotate_left", "3")]),
    (0x03B6, "030004", [("dimmer", "rotate_right_pressed", "3")]),
    (0x03B6, "fd0004", [("dimmer", "rotate_left_pressed", "3")]),
    (0x03B6, "000001", []),
    (0x01AA, "000000", []),
    (UNKNOWN, "000000", []),
]


@rows(("product", "data", "fired"), BUTTONS)
def test_button(product: int, data: str, fired: list[tuple[str, ...]]) -> None:
    reading = decode(clear(product, obj(0x1001, data)))
    assert events(reading) == fired


def test_remote_tells_power_only_by_its_two_power_keys() -> None:
    assert values(decode(clear(0x0153, obj(0x1001, "010000")))) == {"power": False}
    assert not decode(clear(0x0153, obj(0x1001, "030000"))).values


@rows(
    ("object_id", "data"),
    [
        (0x100A, "65"),  # 101 %
        (0x1004, "ff7f"),
        (0x1006, "ffff"),
        (0x4801, "0000c07f"),  # NaN
        (0x4C08, "0000807f"),  # infinite
        (0x1007, "ffffff"),
        (0x2000, "00000000ff"),  # not worn
        (0x2000, "7c15ff7f32"),
        (0x3003, "0101020304ff"),
        (0x1017, "ffffffff"),
        (0x101B, "ffffffff"),
    ],
)
def test_impossible_value_is_dropped_and_told(object_id: int, data: str) -> None:
    reading = decode(sealed(0x0806, obj(object_id, data)), KEY)
    assert reading.reason is Reason.RANGE
    assert not reading.values.keys() - {"toothbrush", "battery"}


APPENDED = [
    (object_id, size)
    for object_id, row in OBJECTS.items()
    for size in row.decode
    if object_id < 0x4000 and size == 1
]


@rows("state", ["00", "01", "02"])
def test_time_behind_a_state_is_not_used(state: str) -> None:
    def is_not_used(object_id: int) -> None:
        plain = decode(sealed(LOCK, obj(object_id, state)), KEY)
        dated = decode(sealed(LOCK, obj(object_id, state + "c74a3e62")), KEY)
        assert (values(dated), events(dated)) == (values(plain), events(plain))
        assert dated.outcome is plain.outcome

    each(((f"{one:04X}", one) for one, _ in APPENDED), is_not_used)


@rows(("product", "object_id"), [(0x0380, 0x0008), (0x0380, 0x100E), (0x09B0, 0x100F)])
def test_time_behind_a_state_of_one_product(product: int, object_id: int) -> None:
    plain = decode(clear(product, obj(object_id, "01")))
    dated = decode(clear(product, obj(object_id, "01c74a3e62")))
    assert values(dated) == values(plain) != {}
    assert events(dated) == events(plain)


def test_impossible_state_with_a_time() -> None:
    reading = decode(clear(LOCK, obj(0x100A, "65c74a3e62")))
    assert (values(reading), reading.reason) == ({}, Reason.RANGE)
    # Only what is one byte long by itself has such an appendix.
    assert not values(decode(clear(LOCK, obj(0x1004, "c800c74a3e62"))))
    assert not values(decode(clear(0x2809, obj(0x5403, "32c74a3e62"))))


def test_one_impossible_value_of_two() -> None:
    reading = decode(clear(0x01AA, obj(0x100D, "b400ffff")))
    assert values(reading) == {"temperature": 18.0}
    assert (reading.outcome, reading.reason) == (Outcome.DECODED, Reason.RANGE)
    reading = decode(clear(0x01AA, obj(0x100D, "ff7f9001")))
    assert values(reading) == {"humidity": 40.0}


def test_scale_refuses_a_pulse_nobody_has() -> None:
    reading = decode(clear(0x51E2, obj(0x4E16, "0100001500000000ff")))
    assert (values(reading), reading.reason) == ({}, Reason.RANGE)


def test_scale_refuses_a_weight_nobody_has() -> None:
    reading = decode(clear(0x45C9, obj(0x4E16, "01ffffff0000000000")))
    assert (reading.outcome, reading.reason) == (Outcome.IGNORED, Reason.RANGE)


@rows("product", [0x055B, 0x01AA, 0x07F6, 0x03D6])
def test_no_product_grows_in_the_clear_what_it_does_not_have(product: int) -> None:
    """Anybody may send a clear frame; what the key opened only the product itself can have sent."""
    spec = DEVICES[product]
    for object_id, row in OBJECTS.items():
        for size in row.decode:
            data = obj(object_id, b"\x01" + bytes(size - 1) if size else b"")
            reading = decode(clear(product, data))
            if object_id not in spec.objects and reading.values:
                assert row.fields[0] in {*spec.fields, *GPIO, Field.BATTERY}
            if object_id not in spec.objects and reading.events:
                assert not spec.events.keys().isdisjoint(row.events)
    smoke = obj(0x1015, "01")
    assert Field.SMOKE not in spec.fields
    assert decode(clear(product, smoke)).outcome is Outcome.IGNORED
    assert values(decode(clear(UNKNOWN, smoke))) == {"smoke": True}
    assert values(decode(sealed(product, smoke), KEY)) == {"smoke": True}


def test_odd_objects_are_skipped_alone() -> None:
    body = obj(0x1004, "aa") + obj(0xFFFF, "0102") + obj(0x100A, "32") + b"\x00\x00"
    assert values(decode(clear(0x01AA, body))) == {"battery": 50}


def test_object_longer_than_the_frame_ends_the_walk() -> None:
    frame = clear(0x01AA, obj(0x100A, "32") + obj(0x1004, "aabb")[:-1])
    assert values(decode(frame)) == {"battery": 50}
    only = decode(clear(0x01AA, obj(0x1004, "aabb")[:-1]))
    assert (only.outcome, only.reason) == (Outcome.REJECTED, Reason.SHORT)
    assert decode(clear(0x01AA, b"\x04\x10")).reason is Reason.SHORT


def test_stock_battery_of_some_products_is_marked() -> None:
    marked = {spec.model for spec in DEVICES.values() if spec.untrusted}
    assert marked == {"LYWSD02", "LYWSD03MMC", "MHO-C401", "CGD1"}
