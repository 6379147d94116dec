"""Set a bind key on a Xiaomi device over Bluetooth, without the vendor's cloud.

Everything here is a dialogue: generators that yield steps and get what each one brought. They see no
connection and no clock, and random bytes are handed in; ``gatt.activation`` has them carried out.
"""
