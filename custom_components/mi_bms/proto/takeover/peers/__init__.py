"""The other integrations that read the same devices, by their domain."""

from collections.abc import Mapping
from typing import Final

from ..model import Peer
from . import (
    batmon,
    ble_monitor,
    bms_ble,
    bthome,
    esphome,
    qingping,
    tasmota,
    xiaomi_ble,
)

PEERS: Final[Mapping[str, Peer]] = {
    module.PEER.domain: module.PEER
    for module in (
        xiaomi_ble,
        bthome,
        qingping,
        bms_ble,
        ble_monitor,
        batmon,
        tasmota,
        esphome,
    )
}
