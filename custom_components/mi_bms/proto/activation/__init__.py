"""Return a Xiaomi device a bind key over Bluetooth, without the vendor's cloud.

Everything here is a dialogue: generators that yield steps and get what came of them. They see no
socket, no clock and no chance of their own; ``gatt.activation`` carries them over a connection.
"""
