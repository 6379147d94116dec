"""The only touch with Home Assistant's Bluetooth and with bleak."""
