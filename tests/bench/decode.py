"""Measure decoding against xiaomi-ble and against decryption alone.

    python -m tests.bench.decode [rounds] [--beside FOLDER]

With ``--beside`` the decoder of another version, for example a worktree of an older commit, is measured
in the same rounds instead of xiaomi-ble; a ratio of 1 is as quick as that one, and more is quicker.
Rounds of all contestants alternate, and the processor time of the thread is taken, so a busy machine
disturbs little. Rates are those of the best rounds; the ratio is that of two rounds side by side: the
middle one counts, the least and the most show how far to trust it. Adverts of one series differ in
their counters, so nobody can remember an answer.
"""

import argparse
from collections.abc import Callable, Sequence
import importlib
import importlib.util
from pathlib import Path
from statistics import median
import sys
from time import thread_time
from typing import Any, Final

from cryptography.hazmat.primitives.ciphers.aead import AESCCM
from home_assistant_bluetooth import BluetoothServiceInfo
from xiaomi_ble.parser import XiaomiBluetoothDeviceData

# Imported as a package of its own: what is measured needs no Home Assistant.
sys.path.insert(0, str(Path(__file__).parents[2] / "custom_components/mi_bms"))

from proto.mibeacon.decoder import Decoder

FE95: Final = "0000fe95-0000-1000-8000-00805f9b34fb"
COUNT: Final = 4096
ROUNDS: Final = 9
BESIDE: Final = 0.99  # what two equal ones may differ by chance

MAC: Final = bytes.fromhex("a4c1380283f4")
ADDRESS: Final = "A4:C1:38:02:83:F4"
KEY: Final = bytes.fromhex("e9ea895fac7cca6d30532432a516f3a8")
LEGACY_KEY: Final = bytes.fromhex("b853075158487ca39a5b5ea9")

type Case = tuple[str, float, Sequence[bytes], bytes | None]


def _clear(number: int) -> bytes:
    body = (200 + number % 100).to_bytes(2, "little") + (300 + number // 100).to_bytes(
        2, "little"
    )
    return (
        bytes.fromhex("5020aa01")
        + bytes((number & 0xFF,))
        + MAC[::-1]
        + b"\x0d\x10\x04"
        + body
    )


def _two_objects(number: int) -> bytes:
    return _clear(number) + b"\x0a\x10\x01\x3b"


def _sealed(number: int) -> bytes:
    head = bytes.fromhex("58585b05") + bytes((number & 0xFF,))
    upper = (number >> 8).to_bytes(3, "little")
    plain = b"\x06\x10\x02" + (400 + number % 100).to_bytes(2, "little")
    nonce = MAC[::-1] + head[2:5] + upper
    sealed = AESCCM(KEY, tag_length=4).encrypt(nonce, plain, b"\x11")
    return head + MAC[::-1] + sealed[:-4] + upper + sealed[-4:]


def _legacy(number: int) -> bytes:
    head = bytes.fromhex("5830b603") + bytes((number & 0xFF,))
    upper = (number >> 8).to_bytes(3, "little")
    key = LEGACY_KEY[:6] + bytes.fromhex("8d3d3c97") + LEGACY_KEY[6:]
    nonce = head + upper + MAC[::-1][:5]
    sealed = AESCCM(key, tag_length=16).encrypt(
        nonce, b"\x01\x10\x03\x00\x01\x03", b"\x11"
    )
    return head + MAC[::-1] + sealed[:6] + upper + sealed[6:7]


def _cases() -> list[Case]:
    numbers = range(COUNT)
    return [
        ("clear, one object", 5.0, [_clear(number) for number in numbers], None),
        ("clear, two objects", 5.0, [_two_objects(number) for number in numbers], None),
        ("encrypted v5", 3.5, [_sealed(number) for number in numbers], KEY),
        ("repeated", 10.0, [_clear(1)] * COUNT, None),
        ("repeated, encrypted", 10.0, [_sealed(1)] * COUNT, KEY),
        ("legacy v3", 10.0, [_legacy(number) for number in numbers], LEGACY_KEY),
    ]


def _of(folder: Path) -> Any:
    """Return the decoder of the version in a folder, as a package of its own name."""
    package = folder / "custom_components/mi_bms/proto"
    spec = importlib.util.spec_from_file_location(
        "other_proto",
        package / "__init__.py",
        submodule_search_locations=[str(package)],
    )
    if spec is None or spec.loader is None:
        raise SystemExit(f"{package} is none")
    sys.modules["other_proto"] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return importlib.import_module("other_proto.mibeacon.decoder").Decoder


def _ours(
    adverts: Sequence[bytes], key: bytes | None, kind: Any = Decoder
) -> Callable[[], float]:
    entries = [{FE95: advert} for advert in adverts]

    def run() -> float:
        decoder = kind(ADDRESS, key)
        feed = decoder.feed
        nothing: dict[int, bytes] = {}
        start = thread_time()
        for now, entry in enumerate(entries):
            feed(entry, nothing, now, "receiver")
        taken = thread_time() - start
        wrong = set(decoder.counters) - {"decoded", "repeated"}
        if wrong:
            raise RuntimeError(f"not decoded: {wrong}")
        return taken

    return run


def _theirs(adverts: Sequence[bytes], key: bytes | None) -> Callable[[], float]:
    infos = [
        BluetoothServiceInfo(
            name="",
            address=ADDRESS,
            rssi=-60,
            manufacturer_data={},
            service_data={FE95: advert},
            service_uuids=[],
            source="receiver",
        )
        for advert in adverts
    ]

    def run() -> float:
        parser = XiaomiBluetoothDeviceData(bindkey=key)
        update = parser.update
        start = thread_time()
        for info in infos:
            update(info)
        return thread_time() - start

    return run


def _bare() -> Callable[[], float]:
    adverts = [_sealed(number) for number in range(COUNT)]
    decrypt = AESCCM(KEY, tag_length=4).decrypt

    def run() -> float:
        start = thread_time()
        for advert in adverts:
            nonce = advert[5:11] + advert[2:5] + advert[-7:-4]
            decrypt(nonce, advert[11:-7] + advert[-4:], b"\x11")
        return thread_time() - start

    return run


def main() -> int:
    """Print rates and ratios; 1 if an aim is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rounds", type=int, nargs="?", default=ROUNDS)
    parser.add_argument("--beside", type=Path)
    options = parser.parse_args()
    rounds, cases = options.rounds, _cases()
    other, name = _theirs, "xiaomi-ble"
    if options.beside:
        decoder = _of(options.beside)
        other, name = lambda adverts, key: _ours(adverts, key, decoder), "the other"
        cases = [(title, BESIDE, adverts, key) for title, _, adverts, key in cases]
    runs = [(_ours(adverts, key), other(adverts, key)) for _, _, adverts, key in cases]
    bare = _bare()
    times: list[list[tuple[float, float]]] = [[] for _ in cases]
    best_bare = float("inf")
    for _ in range(rounds):
        for taken, (ours, theirs) in zip(times, runs, strict=True):
            taken.append((ours(), theirs()))
        best_bare = min(best_bare, bare())
    missed = 0
    lines = [
        f"{'per second':22}{'ours':>12}{name:>12}{'ratio':>8}{'least':>8}{'most':>8}{'aim':>6}"
    ]
    for (title, aim, _, _), taken in zip(cases, times, strict=True):
        us, them = (COUNT / min(one) for one in zip(*taken, strict=True))
        ratios = [theirs / ours for ours, theirs in taken]
        missed += median(ratios) < aim
        lines.append(
            f"{title:22}{us:12,.0f}{them:12,.0f}{median(ratios):8.2f}{min(ratios):8.2f}"
            f"{max(ratios):8.2f}{aim:6.1f}"
        )
    lines.append(f"{'bare decryption':22}{COUNT / best_bare:12,.0f}")
    sys.stdout.write("\n".join(lines) + "\n")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
