"""The recorded runs, from both sides: our client against the device's lines, the simulated device against the client's."""

from cryptography.hazmat.primitives.ciphers.aead import AESCCM
import pytest

from custom_components.mi_bms.proto.activation import crypto
from custom_components.mi_bms.proto.activation.activation import Activation
from custom_components.mi_bms.proto.activation.contract import (
    BEACON_KEY,
    CONTROL,
    TOKEN,
    ActivationResult,
    ErrorCode,
    Procedure,
)
from custom_components.mi_bms.proto.model.errors import (
    ActivationError,
    ActivationRefused,
)
from tests.each import rows
from tests.world.devices.activation import MiActivatable, stretch
from tests.world.devices.mi_remote import MiLegacyRemote, stream

from .transcripts import (
    STANDARD_TABLE,
    Vector,
    answer_all,
    converse,
    converse_legacy,
    letters_of,
    load,
    scripted,
)

STANDARD = load("standard")
FRAMING = load("framing")
PROTOCOL_02, UNREGISTERED = load("refusals")
LEGACY = load("legacy")
ADDRESS = "A4:C1:38:12:34:56"


def name(vector: Vector) -> str:
    return str(vector["name"])


def chance_of(vector: Vector) -> list[bytes]:
    """Return what the client of a vector drew: letters of a new id, private key, random value."""
    device_id = bytes.fromhex(vector["did"])
    invented = [letters_of(device_id)] if b"MIB" in device_id else []
    return [*invented, bytes.fromhex(vector["client_private"])]


# --- our client ------------------------------------------------------------------------------


@pytest.mark.parametrize("vector", STANDARD, ids=name)
@pytest.mark.parametrize("check", [False, True])
def test_registration(vector: Vector, check: bool) -> None:
    login = vector["login"]
    activation = Activation(
        vector["mac"],
        check_login=check,
        chance=scripted(*chance_of(vector), bytes.fromhex(login["app_random"])),
    )
    lines = vector["registration"] + (login["transcript"] if check else [])
    result = converse(activation.talk(STANDARD_TABLE), lines)
    assert result == ActivationResult(
        address=vector["mac"],
        procedure=Procedure.STANDARD,
        bind_key=bytes.fromhex(vector["bind_key"]),
        token=bytes.fromhex(vector["token"]),
        device_id=vector["did_text"],
        firmware="1.0.0_0130",
        protocol=1,
        checked=check,
    )
    assert result.mi32_key == vector["mi32key"]
    assert activation.result is result
    assert activation.candidate is None
    for secret in (vector["bind_key"], vector["token"]):
        assert secret not in repr(result)
        assert str(bytes.fromhex(secret)) not in repr(result)


@rows("vector", FRAMING)
def test_framing(vector: Vector) -> None:
    activation = Activation(
        ADDRESS, check_login=False, chance=scripted(*chance_of(vector))
    )
    result = converse(activation.talk(STANDARD_TABLE[:2]), vector["registration"])
    assert result.bind_key.hex() == vector["bind_key"]
    assert result.token is not None
    assert result.token.hex() == vector["token"]
    assert result.device_id == vector["did_text"]
    assert result.firmware is None


def test_firmware_that_only_the_cloud_can_register() -> None:
    with pytest.raises(ActivationRefused, match=ErrorCode.PROTOCOL_02):
        converse(Activation(ADDRESS).talk(STANDARD_TABLE), PROTOCOL_02["transcript"])


def test_login_on_a_device_that_was_never_registered() -> None:
    activation = Activation(ADDRESS, check_login=False, chance=scripted(bytes(16)))
    activation.candidate = ActivationResult(
        address=ADDRESS,
        procedure=Procedure.STANDARD,
        bind_key=bytes(16),
        token=bytes(12),
    )
    activation._checks = 1
    with pytest.raises(ActivationError, match=ErrorCode.NOT_REGISTERED):
        converse(activation.talk(STANDARD_TABLE), UNREGISTERED["transcript"])
    assert activation.candidate is None


@rows("vector", LEGACY)
def test_legacy_remote(vector: Vector) -> None:
    product = int(vector["product_id"], 16)
    activation = Activation(
        vector["mac"], product, chance=scripted(bytes.fromhex(vector["token"]))
    )
    result = converse_legacy(
        activation.talk((CONTROL, TOKEN, BEACON_KEY)), vector["steps"]
    )
    assert result == ActivationResult(
        address=vector["mac"],
        procedure=Procedure.LEGACY,
        bind_key=bytes.fromhex(vector["beacon_key"]),
        firmware=vector["firmware"],
    )
    mixes = crypto.mix(vector["mac"], product)
    assert [one.hex() for one in mixes] == [vector["mix_a"], vector["mix_b"]]


@rows("vector", STANDARD)
def test_arithmetic(vector: Vector) -> None:
    private = crypto.make_private(scripted(bytes.fromhex(vector["client_private"])))
    assert crypto.public_bytes(private).hex() == vector["client_public"]
    keys = crypto.agree(private, bytes.fromhex(vector["device_public"]))
    assert [part.hex() for part in keys] == [
        vector["token"],
        vector["bind_key"],
        vector["did_key"],
    ]
    sealed = crypto.seal_id(keys.id_key, bytes.fromhex(vector["did"]))
    assert sealed.hex() == vector["did_ciphertext"]
    login = vector["login"]
    ours, theirs = (
        bytes.fromhex(login["app_random"]),
        bytes.fromhex(login["device_random"]),
    )
    both = crypto.login_keys(keys.token, ours, theirs)
    assert both.device.hex() == login["device_key"]
    assert both.app.hex() == login["app_key"]
    assert crypto.prove(both.device, theirs, ours).hex() == login["device_proof"]
    assert crypto.prove(both.app, ours, theirs).hex() == login["app_proof"]


@rows("vector", STANDARD)
def test_what_the_keys_open(vector: Vector) -> None:
    login, sample = vector["login"], vector["session_sample"]
    opened = AESCCM(bytes.fromhex(login["app_key"]), tag_length=4).decrypt(
        bytes.fromhex(sample["nonce"]), bytes.fromhex(sample["frame"])[2:], None
    )
    assert opened.hex() == sample["plaintext"]
    advert = vector["advert_sample"]
    data = bytes.fromhex(advert["service_data"])
    plain = AESCCM(bytes.fromhex(vector["bind_key"]), tag_length=4).decrypt(
        bytes.fromhex(advert["nonce"]), data[11:-7] + data[-4:], b"\x11"
    )
    assert plain.hex() == advert["plaintext"]


# --- the simulated device --------------------------------------------------------------------


@rows("vector", STANDARD)
def test_simulated_device(vector: Vector) -> None:
    before, login = vector["device_did_before"], vector["login"]
    device = MiActivatable(
        address=vector["mac"],
        device_id=before and bytes.fromhex(before).strip(b"\0").decode(),
    )
    device.chance = scripted(
        bytes.fromhex(vector["device_private"]), bytes.fromhex(login["device_random"])
    )
    answer_all(device, vector["registration"] + login["transcript"])
    assert device.token is not None
    assert device.token.hex() == vector["token"]
    assert device._new_key == vector["bind_key"]
    assert device.device_id == bytes.fromhex(vector["did"])
    material = stretch(
        device.token, bytes.fromhex(login["hkdf_salt"]), "mible-login-info"
    )
    assert material.hex() == login["hkdf_output"]


@rows("vector", FRAMING)
def test_simulated_framing(vector: Vector) -> None:
    lines = vector["registration"]
    single = vector["name"] == "framing-1"
    device = MiActivatable(
        address=ADDRESS,
        device_id=vector["did_text"] if single else None,
        single=single,
    )
    device.chance = scripted(bytes.fromhex(vector["device_private"]))

    def losing(at: int) -> None:
        if not single and lines[at]["hex"] == "000000030400":
            device._transfer.lose_heard = {3}
            device._transfer.lose_sent = {2}
        if not single and lines[at]["hex"] == "000000000200":
            device._transfer.lose_heard = {1}

    answer_all(device, lines, losing)
    assert device._new_key == vector["bind_key"]


def test_simulated_refusals() -> None:
    cloud = MiActivatable(address=ADDRESS, device_id="blt.1.1abcdef123456", protocol=2)
    answer_all(cloud, PROTOCOL_02["transcript"])
    answer_all(MiActivatable(address=ADDRESS), UNREGISTERED["transcript"])


@rows("vector", LEGACY)
def test_simulated_remote(vector: Vector) -> None:
    device = MiLegacyRemote(
        address=vector["mac"], key=vector["beacon_key"], firmware=vector["firmware"]
    )
    device._product = int(vector["product_id"], 16)
    said: list[str] = []
    device.notify = lambda _uuid, data: said.append(data.hex())
    for step in vector["steps"]:
        uuid = f"0000{step['char']}-0000-1000-8000-00805f9b34fb"
        match step["op"]:
            case "write-request":
                device.write(uuid, bytes.fromhex(step["hex"]), response=True)
            case "notification":
                assert said == [step["hex"]]
            case "read":
                assert device.read(uuid).hex() == step["hex"]
    assert stream(b"Key", b"Plaintext").hex() == "bbf316e8d940af0ad3"
    assert crypto.rc4(b"Key", b"Plaintext").hex() == "bbf316e8d940af0ad3"
