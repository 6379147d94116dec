"""What a Redodo pack disables is a command only where no protection explains it."""

from custom_components.mi_bms.proto.bms import registry
from custom_components.mi_bms.proto.gatt.session import Device, Session
from tests.each import rows
from tests.replay.batteries import VectorLink, run

QUESTION = "000004011355aa17"
DISABLED = 0x80
NO_CHARGE = 4


def answer(*, heater: int, protections: int, state: int) -> str:
    """Return an answer of a resting pack; source: the published map of the fields."""
    body = bytearray(104)
    body[:8] = bytes.fromhex("000065019355aa00")
    body[8:16] = (13200).to_bytes(4, "little") * 2
    body[16:24] = (3300).to_bytes(2, "little") * 4
    body[52] = 20
    body[62:64] = (5000).to_bytes(2, "little")
    body[64:68] = (10000).to_bytes(4, "little")
    body[68:72] = heater.to_bytes(4, "little")
    body[76:80] = protections.to_bytes(4, "little")
    body[88:90] = state.to_bytes(2, "little")
    body[90] = 50
    return (bytes(body) + bytes((sum(body) & 0xFF,))).hex()


@rows(
    ("heater", "protections", "state", "told"),
    [
        (0, 0, 0, {"charge": True, "discharge": True}),
        (DISABLED, 0, NO_CHARGE, {"charge": False, "discharge": False}),
        (DISABLED, 0x20, 0, {"charge": True}),
        (0, 0x04, NO_CHARGE, {"discharge": True}),
        (DISABLED, 0x04, 0, {"charge": True, "discharge": False}),
    ],
)
def test_told_commands(
    heater: int, protections: int, state: int, told: dict[str, bool]
) -> None:
    said = answer(heater=heater, protections=protections, state=state)
    family = registry.load("redodo")
    link = VectorLink(family, [{"write": QUESTION, "notify": [said]}])
    session = Session(family, clock=lambda: 1_700_000_000.0)
    sample = run(session.read(link, Device(name="", address="11:22:33:44:55:66")))
    assert dict(sample.switches) == told
