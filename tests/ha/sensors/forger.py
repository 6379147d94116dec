"""Frames as a stranger with a radio makes them, and sensors that have a key of their own.

Written from descriptions of the formats alone, not from the decoders they are to fool.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
import struct
from typing import Final

from cryptography.hazmat.primitives.ciphers.aead import AESCCM

MI: Final = 0xFE95
ATC: Final = 0x181A
BTHOME1, BTHOME1_SEALED, BTHOME2 = 0x181C, 0x181E, 0xFCD2
QINGPING: Final = 0xFDCD

type Frame = tuple[int, bytes]  # service uuid, service data
KEY: Final = bytes.fromhex("5a0f3c7711d2e4b68899aa0bccdd1e2f")
SHORT: Final = bytes.fromhex("b853075158487ca39a5b5ea9")


def mac(address: str) -> bytes:
    """Return an address in printed order."""
    return bytes.fromhex(address.replace(":", ""))


def obj(number: int, data: str) -> bytes:
    """Return one object of MiBeacon."""
    raw = bytes.fromhex(data)
    return struct.pack("<HB", number, len(raw)) + raw


def mi_clear(
    address: str, product: int, objects: bytes, count: int, control: int = 0x5050
) -> Frame:
    """Return a frame in the clear; ``control`` is the frame control as a number."""
    inside = mac(address)[::-1] if control & 0x10 else b""
    cap = b"\x08" if control & 0x20 else b""
    return MI, struct.pack(
        "<HHB", control, product, count & 255
    ) + inside + cap + objects


def mi_sealed(
    address: str,
    product: int,
    objects: bytes,
    count: int,
    key: bytes = KEY,
    control: int = 0x5958,
) -> Frame:
    """Return a frame of version 4 or 5; ``count`` has 32 bits."""
    head = struct.pack("<HHB", control, product, count & 255)
    extra = (count >> 8 & 0xFFFFFF).to_bytes(3, "little")
    nonce = mac(address)[::-1] + head[2:5] + extra
    box = AESCCM(key, tag_length=4).encrypt(nonce, objects, b"\x11")
    inside = mac(address)[::-1] if control & 0x10 else b""
    cap = b"\x08" if control & 0x20 else b""
    return MI, head + inside + cap + box[:-4] + extra + box[-4:]


def mi_legacy(
    address: str,
    product: int,
    objects: bytes,
    count: int,
    key: bytes = SHORT,
    control: int = 0x3058,
) -> Frame:
    """Return a frame of version 2 or 3."""
    head = struct.pack("<HHB", control, product, count & 255)
    extra = (count >> 8 & 0xFFFFFF).to_bytes(3, "little")
    nonce = head + extra + mac(address)[::-1][:5]
    long = key[:6] + bytes.fromhex("8d3d3c97") + key[6:]
    box = AESCCM(long, tag_length=16).encrypt(nonce, objects, b"\x11")
    body, check = box[:-16], box[-16:-15]
    inside = mac(address)[::-1] if control & 0x10 else b""
    return MI, head + inside + body + extra + check


def bthome2(address: str, objects: bytes, count: int, key: bytes = KEY) -> Frame:
    """Return an encrypted frame of BTHome 2."""
    info, counter = b"\x41", struct.pack("<I", count)
    nonce = mac(address) + b"\xd2\xfc" + info + counter
    box = AESCCM(key, tag_length=4).encrypt(nonce, objects, None)
    return BTHOME2, info + box[:-4] + counter + box[-4:]


def bthome1(address: str, objects: bytes, count: int, key: bytes = KEY) -> Frame:
    """Return an encrypted frame of BTHome 1."""
    counter = struct.pack("<I", count)
    nonce = mac(address) + b"\x1e\x18" + counter
    box = AESCCM(key, tag_length=4).encrypt(nonce, objects, b"\x11")
    return BTHOME1_SEALED, box[:-4] + counter + box[-4:]


def pvvx(
    address: str, temp: int, hum: int, percent: int, count: int, key: bytes = KEY
) -> Frame:
    """Return an encrypted custom frame."""
    plain = struct.pack("<hHBB", temp, hum, percent, 0)
    head = bytes((count & 255,))
    nonce = mac(address)[::-1] + b"\x0e\x16\x1a\x18" + head
    return ATC, head + AESCCM(key, tag_length=4).encrypt(nonce, plain, b"\x11")


def atc(
    address: str, temp: float, hum: float, percent: int, count: int, key: bytes = KEY
) -> Frame:
    """Return an encrypted atc1441 frame."""
    plain = bytes((int((temp + 40) * 2), int(hum * 2), percent))
    head = bytes((count & 255,))
    nonce = mac(address)[::-1] + b"\x0b\x16\x1a\x18" + head
    return ATC, head + AESCCM(key, tag_length=4).encrypt(nonce, plain, b"\x11")


@dataclass(frozen=True)
class Victim:
    """A sensor that encrypts."""

    name: str
    address: str
    product: int | None
    key: bytes
    seal: Callable[[str, bytes, int], Frame]  # address, objects, count
    states: tuple[bytes, ...]  # what it says in turn
    events: tuple[bytes, ...] = ()
    short: bool = False  # its counter has eight bits

    def frame(self, objects: bytes, count: int) -> Frame:
        """Return what it sends."""
        return self.seal(self.address, objects, count)


def _mi(
    product: int, control: int = 0x5958, key: bytes = KEY
) -> Callable[[str, bytes, int], Frame]:
    return lambda address, objects, count: mi_sealed(
        address, product, objects, count, key, control
    )


def _old(product: int, control: int = 0x3058) -> Callable[[str, bytes, int], Frame]:
    return lambda address, objects, count: mi_legacy(
        address, product, objects, count, SHORT, control
    )


def _pvvx(address: str, objects: bytes, count: int) -> Frame:
    temp, hum, percent = struct.unpack("<hHB", objects)
    return pvvx(address, temp, hum, percent, count)


def _atc(address: str, objects: bytes, count: int) -> Frame:
    temp, hum, percent = struct.unpack("<hHB", objects)
    return atc(address, temp / 100, hum / 100, percent, count)


def t_h_b(temp: int, hum: int, percent: int) -> tuple[bytes, ...]:
    """Return a thermometer's three objects; tenths."""
    return (
        obj(0x1004, struct.pack("<h", temp).hex()),
        obj(0x1006, struct.pack("<H", hum).hex()),
        obj(0x100A, f"{percent:02x}"),
    )


TH = t_h_b(215, 480, 77)
LOCK = "0202000000" + "10f45e5f"[:8]

VICTIMS: Final = (
    Victim("thermo5", "A4:C1:38:B5:00:01", 0x055B, KEY, _mi(0x055B), TH),
    Victim("thermo5nomac", "A4:C1:38:B5:00:02", 0x055B, KEY, _mi(0x055B, 0x5948), TH),
    Victim("thermo4", "A4:C1:38:B5:00:03", 0x0387, KEY, _mi(0x0387, 0x4058), TH),
    Victim(
        "motion",
        "54:EF:44:B5:00:04",
        0x0A8D,
        KEY,
        _mi(0x0A8D),
        (obj(0x100A, "4d"), obj(0x1018, "01"), obj(0x000F, "640000")),
        (obj(0x1001, "000001"), obj(0x1001, "000000")),
    ),
    Victim(
        "motion2",
        "6C:FD:22:B5:00:05",
        0x2AEB,
        KEY,
        _mi(0x2AEB, 0x5948),
        (obj(0x4C03, "4d"), obj(0x4A08, "0000c842"), obj(0x4818, "7800")),
    ),
    Victim(
        "door",
        "E4:AA:EC:B5:00:06",
        0x098B,
        KEY,
        _mi(0x098B, 0x5948),
        (obj(0x100A, "4d"), obj(0x1018, "01"), obj(0x1019, "01")),
    ),
    Victim(
        "door2",
        "D4:43:8A:B5:00:07",
        0x1889,
        KEY,
        _mi(0x1889, 0x5948),
        (obj(0x4C03, "4d"), obj(0x4804, "02")),
        (obj(0x4A13, "01"),),
    ),
    Victim(
        "lock",
        "EC:2B:EB:B5:00:08",
        0x0E39,
        KEY,
        _mi(0x0E39, 0x5558),
        (obj(0x100A, "4d"), obj(0x0007, "01")),
        (obj(0x000B, "20020001807c442f5f"), obj(0x000B, "20010001807c442f5f")),
    ),
    Victim(
        "lock2",
        "DD:8A:22:B5:00:09",
        0x11C2,
        KEY,
        _mi(0x11C2, 0x5548),
        (obj(0x100A, "4d"), obj(0x100E, "01"), obj(0x0007, "01")),
        (obj(0x0006, "0100000000"),),
    ),
    Victim(
        "remote",
        "54:EF:44:B5:00:0A",
        0x1949,
        KEY,
        _mi(0x1949, 0x5948),
        (obj(0x4803, "4d"),),
        (obj(0x4E0C, "01"), obj(0x4E0D, "02"), obj(0x4E0E, "01")),
    ),
    Victim(
        "remote4",
        "90:FB:5D:B5:00:0B",
        0x3A61,
        KEY,
        _mi(0x3A61, 0x5958),
        (obj(0x5003, "4d"),),
        (obj(0x560C, "01"), obj(0x560D, "02"), obj(0x560E, "03")),
    ),
    Victim(
        "smoke",
        "54:EF:44:B5:00:0C",
        0x0997,
        KEY,
        _mi(0x0997),
        (obj(0x100A, "4d"), obj(0x1015, "00")),
        (obj(0x1001, "000001"),),
    ),
    Victim(
        "leak",
        "A4:C1:38:B5:00:0D",
        0x0863,
        KEY,
        _mi(0x0863),
        (obj(0x100A, "4d"), obj(0x1014, "00")),
        (obj(0x1001, "000001"),),
    ),
    Victim(
        "knob",
        "F8:24:41:B5:00:0E",
        0x03B6,
        SHORT,
        _old(0x03B6),
        (),
        (obj(0x1001, "000003"), obj(0x1001, "000104"), obj(0x1001, "01ff04")),
        short=True,
    ),
    Victim(
        "oldremote",
        "F8:24:41:B5:00:0F",
        0x0153,
        SHORT,
        _old(0x0153),
        (),
        (obj(0x1001, "000000"), obj(0x1001, "010000"), obj(0x1001, "030001")),
        short=True,
    ),
    Victim(
        "newknob",
        "F8:24:41:B5:00:10",
        0x03B6,
        SHORT,
        _mi(0x03B6, 0x5958, SHORT + b"\xff\xff\xff\xff"),
        (),
        (obj(0x1001, "000003"), obj(0x1001, "000104"), obj(0x1001, "01ff04")),
    ),
    Victim(
        "bthome2",
        "A4:C1:38:B5:00:11",
        None,
        KEY,
        bthome2,
        (bytes.fromhex("014d026608" + "0365" + "0f"), bytes.fromhex("0c340b10001100")),
    ),
    Victim(
        "bthome2button",
        "A4:C1:38:B5:00:12",
        None,
        KEY,
        bthome2,
        (bytes.fromhex("014d"),),
        (bytes.fromhex("014d3a01"), bytes.fromhex("014d3a02")),
    ),
    Victim(
        "bthome1",
        "A4:C1:38:B5:00:13",
        None,
        KEY,
        bthome1,
        (bytes.fromhex("23026608" + "0303650f" + "02014d"),),
    ),
    Victim(
        "pvvx",
        "A4:C1:38:B5:00:14",
        None,
        KEY,
        _pvvx,
        (struct.pack("<hHB", 2150, 4800, 77),),
        short=True,
    ),
    Victim(
        "atc",
        "A4:C1:38:B5:00:15",
        None,
        KEY,
        _atc,
        (struct.pack("<hHB", 2150, 4800, 77),),
        short=True,
    ),
)

PRODUCTS: Final = (
    0x01AA, 0x045B, 0x055B, 0x0387, 0x1203, 0x0B48, 0x66F, 0x0098, 0x02DF, 0x0997, 0x0DE7, 0x0083,
    0x00DB, 0x0391, 0x0489, 0x0806, 0x59FA, 0x20DB, 0x30D9, 0x45C9, 0x03DD, 0x07F6, 0x0A8D, 0x0A83,
    0x2AEB, 0x3531, 0x50FB, 0x3F4C, 0x098B, 0x03D6, 0x1889, 0x78D1, 0x0863, 0x3F0F, 0x6375, 0x07BF,
    0x0153, 0x03B6, 0x04E1, 0x1568, 0x1C10, 0x3A61, 0x520B, 0x1949, 0x2387, 0x5968, 0x04E9, 0x0E39,
    0x069E, 0x0380, 0x11C2, 0x09B0, 0x1781, 0x2809, 0x7ABA, 0xFFFE,
)  # fmt: skip
LOUD: Final = tuple(
    obj(number, data)
    for number, data in (
        (0x0003, "01"), (0x0006, "0100000000"), (0x0007, "00"), (0x0008, "01"), (0x000A, "a60e"),
        (0x000B, "20020001807c442f5f"), (0x000C, "01"), (0x000D, "01"), (0x000E, "01"),
        (0x000F, "640000"), (0x0010, "0005"), (0x0011, "02"), (0x1001, "000000"), (0x1001, "000001"),
        (0x1001, "010003"), (0x1002, "01"), (0x1004, "5802"), (0x1005, "0164"), (0x1006, "0a00"),
        (0x1007, "640000"), (0x1008, "21"), (0x1009, "1101"), (0x100A, "07"), (0x100D, "58020a00"),
        (0x100E, "00"), (0x100F, "00"), (0x1010, "1100"), (0x1012, "01"), (0x1013, "07"),
        (0x1014, "01"), (0x1015, "01"), (0x1016, "01"), (0x1017, "00000000"), (0x1018, "00"),
        (0x1019, "00"), (0x1019, "02"), (0x101B, "00"), (0x101C, "01"), (0x2000, "440e9b0d07"),
        (0x20E1, "07000000"), (0x3003, "0010f45e5f"), (0x4801, "00007042"), (0x4802, "07"),
        (0x4803, "07"), (0x4804, "01"), (0x4805, "0000c842"), (0x4806, "01"), (0x4808, "00007042"),
        (0x480C, "00"), (0x4818, "0000"), (0x483C, "01"), (0x484E, "01"), (0x487B, "01"),
        (0x4A01, "01"), (0x4A08, "0000c842"), (0x4A0C, "01"), (0x4A0D, ""), (0x4A0E, "01"),
        (0x4A0F, "01"), (0x4A12, "01"), (0x4A13, "01"), (0x4A1A, "01"), (0x4A68, "00"),
        (0x4C01, "00007042"), (0x4C02, "07"), (0x4C03, "07"), (0x4C08, "00007042"),
        (0x4E01, "01"), (0x4E0C, "01"), (0x4E0D, "02"), (0x4E0E, "01"), (0x4E14, "01"),
        (0x5003, "07"), (0x5403, "07"), (0x5601, "01"), (0x560C, "01"), (0x560D, "02"),
        (0x560E, "03"), (0x5606, "01"), (0x5A16, "01"),
    )
)  # fmt: skip


def in_the_clear(address: str, product: int | None) -> Iterator[Frame]:
    """Yield clear frames of every format with an address."""
    own = product if product is not None else 0x055B
    for count, thing in enumerate(LOUD):
        for control in (0x5050, 0x5040, 0x5950, 0x3050, 0x2071, 0x4450, 0x5070):
            yield mi_clear(address, own, thing, count, control)
    for count, other in enumerate(PRODUCTS):
        for thing in LOUD[count % 5 :: 5]:
            yield mi_clear(address, other, thing, count)
    yield from other_formats(address)


def other_formats(address: str) -> Iterator[Frame]:
    """Yield clear frames that are not MiBeacon."""
    printed, back = mac(address), mac(address)[::-1]
    for count in range(4):
        yield ATC, printed + struct.pack(">hBBHB", 600, 10, 7, 2500, count)
        yield ATC, back + struct.pack("<hHHBBB", 6000, 1000, 2500, 7, count, 0x23)
        yield ATC, back + struct.pack("<hHHBB", 6000, 1000, 2500, 7, count + 9)
        yield 0x2A56, bytes((count & 3,))
        yield 0x2AEB, bytes((0, 1, count))
        clear = "4000{:02x}0107027017" + "03e803"
        yield BTHOME2, bytes.fromhex(clear.format(count))
        yield BTHOME2, bytes.fromhex("44" + clear[2:].format(count + 64))
        yield BTHOME2, bytes.fromhex(f"4000{count + 9:02x}0107") + bytes((0x3A, 1))
        yield BTHOME2, bytes.fromhex(f"4000{count + 19:02x}100111011a011f0129012001")
        yield BTHOME2, b"\x42" + back + bytes.fromhex(f"00{count:02x}027017")
        yield BTHOME1, bytes.fromhex(f"0200{count:02x}2302701703 03e80302 0107")
        yield BTHOME1, bytes.fromhex(f"0200{count + 9:02x}023a01021001021101")
        for kind in (1, 4, 7, 0x0C, 0x0E, 0x10, 0x12, 0x15, 0x1E, 0x4F):
            for head in (0x08, 0x48, 0x88):
                body = bytes((head, kind)) + back
                yield QINGPING, body + bytes.fromhex("010458020a00020107")
                yield QINGPING, body + bytes.fromhex("0401000f01") + bytes((count,))
                yield QINGPING, body + bytes.fromhex("080401640000110101")
        yield 0xFFF9, bytes((8, 1)) + back + bytes.fromhex("010458020a00020107")
        yield (
            0x181D,
            bytes.fromhex("22")
            + bytes((count, 0x43))
            + bytes.fromhex("e507040b101301"),
        )
        yield 0x181B, bytes.fromhex("0226b20705040f0201ac01") + bytes((count, 0x42))
        yield 0xFD50, bytes.fromhex("0e006e0134a428005b")
        yield 0xFEE0, bytes((count, 0, 0, 0))
        yield 0x181A, bytes(16)
        yield 0x181A, bytes(18)


def makers(address: str) -> Iterator[tuple[int, bytes]]:
    """Yield manufacturer data: company and data."""
    printed, back = mac(address), mac(address)[::-1]
    for count, thing in enumerate(LOUD[::3]):
        yield 0x038F, struct.pack("<HHB", 0x5050, 0x055B, count) + back + thing
    for count in (0x01C0, 0xA3C0, 0x5DC0):
        yield count, bytes.fromhex("0276138b000221") + printed
    yield 0x0157, bytes.fromhex("020103") + b"\x50" + bytes(16) + printed
    yield 0x004E, bytes(6) + b"\x01" + bytes(9)
