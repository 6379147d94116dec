"""Whose entity an id names, in the words of each integration."""

from custom_components.mi_bms.proto.bms.index import INDEX
from custom_components.mi_bms.proto.takeover.model import Named, Trigger
from custom_components.mi_bms.proto.takeover.peers import PEERS
from tests.each import rows

ADDRESS = "A4:C1:38:00:00:01"


@rows(
    ("domain", "unique_id", "named"),
    [
        (
            "xiaomi_ble",
            f"{ADDRESS}-temperature",
            Named(ADDRESS, ADDRESS, "temperature"),
        ),
        (
            "xiaomi_ble",
            f"{ADDRESS.lower()}-button_left",
            Named(ADDRESS, ADDRESS, "button_left"),
        ),
        ("bthome", f"{ADDRESS}-power_2", Named(ADDRESS, ADDRESS, "power_2")),
        # A third part, which none of the three has, is no key of theirs.
        ("qingping", f"{ADDRESS}-co2-probe", Named(ADDRESS, ADDRESS, "co2-probe")),
        ("qingping", f"{ADDRESS}-", None),
        ("qingping", "A4C138000001-temperature", None),
        ("qingping", "F3AD7B2E-1C4B-4E7B-9B1D-2F6D8E5C0A11-temperature", None),
        (
            "bms_ble",
            f"bms_ble-{ADDRESS.lower()}-delta_cell_voltage",
            Named(ADDRESS, ADDRESS, "delta_cell_voltage"),
        ),
        (
            "bms_ble",
            f"{ADDRESS.lower()}-voltage",
            Named(ADDRESS, ADDRESS, "voltage"),
        ),
        ("bms_ble", "bms_ble-smartbat-a12345-voltage", None),
        ("ble_monitor", "t_A4C138000001", Named(ADDRESS, ADDRESS, "t_")),
        ("ble_monitor", "t_a4c138000001", Named(ADDRESS, ADDRESS, "t_")),
        (
            "ble_monitor",
            "t_probe_1_A4C138000001",
            Named(ADDRESS, ADDRESS, "t_probe_1_"),
        ),
        (
            "ble_monitor",
            "volume_flow_rate_A4C138000001",
            Named(ADDRESS, ADDRESS, "volume_flow_rate_"),
        ),
        ("ble_monitor", "t_Living room", Named(None, "Living room", "t_")),
        (
            "ble_monitor",
            "t_FDA50693A4E24FB1AFCFC6EB07647825",
            Named(None, "FDA50693A4E24FB1AFCFC6EB07647825", "t_"),
        ),
        ("ble_monitor", "t_", None),
        ("ble_monitor", "zz_A4C138000001", None),
        ("batmon", "battery1__soc_current", Named(None, "battery1", "soc_current")),
        (
            "batmon",
            "van/house__2__cell_voltages_12",
            Named(None, "van/house__2", "cell_voltages_12"),
        ),
        ("batmon", "battery1_soc_current", None),
        ("batmon", "__soc_current", None),
        ("batmon", "battery1__", None),
        (
            "tasmota",
            "08B61F000001_sensor_sensor_LYWSD03-52680f_Temperature",
            Named(None, "52680F", "Temperature"),
        ),
        (
            "tasmota",
            "08B61F000001_sensor_sensor_ATC52680f_Battery",
            Named(None, "52680F", "Battery"),
        ),
        ("tasmota", "08B61F000001_sensor_sensor_Bedroom_Temperature", None),
        ("tasmota", "08B61F000001_sensor_sensor_DS18B20-1_Temperature", None),
        ("tasmota", "08B61F000001_status_sensor_status_signal", None),
        (
            "esphome",
            "08b61f000001/0/sensor/Jk bms Cell Voltage 3",
            Named(None, "08B61F000001/0/jk_bms", "cell_voltage_3"),
        ),
        (
            "esphome",
            "08:B6:1F:00:00:01-sensor-jk_bms_total_voltage",
            Named(None, "08B61F000001/0/jk_bms", "total_voltage"),
        ),
        (
            "esphome",
            "08b61f000001-sensor-state_of_charge@2",
            Named(None, "08B61F000001/2/", "state_of_charge"),
        ),
        # The longest end counts: this is neither a power nor a voltage.
        (
            "esphome",
            "08b61f000001/0/sensor/bms charging power",
            Named(None, "08B61F000001/0/bms", "charging_power"),
        ),
        ("esphome", "08b61f000001/0/sensor/WiFi signal", None),
        ("esphome", "08b61f000001/0/sensor/電壓", None),
        ("esphome", "uptime", None),
    ],
)
def test_whose_entity_an_id_names(
    domain: str, unique_id: str, named: Named | None
) -> None:
    assert PEERS[domain].named(unique_id) == named


def test_an_id_of_anything_raises_nothing() -> None:
    for one in ("", "-", "__", "\n", "😀" * 300, "A" * 10_000, "_" * 10_000):
        for peer in PEERS.values():
            peer.named(one)


@rows(
    ("word", "family"),
    [
        ("aiobmsble.bms.jbd_bms", "jbd"),
        ("jbd_bms", "jbd"),
        ("custom_components.bms_ble.plugins.jikong_bms", "jikong"),
        ("custom_components.bms_ble.plugins.ective_bms", "topband"),
        ("aiobmsble.bms.dummy_bms", None),
        ("OGTBms", None),
    ],
)
def test_types_of_batteries(word: str, family: str | None) -> None:
    assert PEERS["bms_ble"].families.get(word) == family


def test_types_of_batteries_are_ours() -> None:
    assert {*PEERS["bms_ble"].families.values()} <= {*INDEX}


@rows(
    ("domain", "theirs", "ours"),
    [
        # Theirs say the source first, ours what happened.
        (
            "xiaomi_ble",
            Trigger("motion", "motion_detected"),
            Trigger("motion_detected", "motion"),
        ),
        (
            "xiaomi_ble",
            Trigger("button_M", "double_press"),
            Trigger("multi_press_end_2", "button_m"),
        ),
        (
            "bthome",
            Trigger("button_2", "hold_release"),
            Trigger("long_press_end", "button_2"),
        ),
        ("xiaomi_ble", Trigger("burner", "lit"), None),
        ("bms_ble", Trigger("button", "press"), None),
    ],
)
def test_what_waits_for_the_same_with_us(
    domain: str, theirs: Trigger, ours: Trigger | None
) -> None:
    assert PEERS[domain].trigger(theirs) == ours
