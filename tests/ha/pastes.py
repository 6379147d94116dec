"""Texts that somebody may paste where keys belong, large and hostile."""

from typing import Final

MEGABYTE: Final = 1_000_000

PASTES: Final[dict[str, str]] = {
    "objects": "{}" * (MEGABYTE // 2),
    "objects and letters": "{}x" * (MEGABYTE // 3),
    "arrays": "[[]\n" * (MEGABYTE // 4),
    "brackets": "[" * MEGABYTE,
    "braces": "{" * MEGABYTE,
    "quotes": '"' * MEGABYTE,
    "digits": "9" * MEGABYTE,
    "colons": ":" * MEGABYTE,
    "pairs": "00:" * (MEGABYTE // 3),
    "blanks": " " * MEGABYTE + "x",
    "line feeds": "\n" * MEGABYTE + "x",
    "carriage returns": "x\r" * (MEGABYTE // 2),
    "escapes": "\x1b[" * (MEGABYTE // 2),
    "long lines": ("mac: " * 800 + "\n") * 250,
    "aliases": "a: &a [x, x]\nb: [*a, *a]\n" * 35_000,
    "garbage": "".join(chr(33 + number * 7 % 90) for number in range(MEGABYTE)),
    "2,000 keys without addresses": "\n".join(f"{n:032x}" for n in range(1, 2001)),
    "2,000 keys with addresses": "\n".join(
        f"C0:FF:EE:00:{n >> 8:02X}:{n & 255:02X} {n:032x}" for n in range(1, 2001)
    ),
    "2,000 entries of mi32cfg": "["
    + ",".join(
        f'{{"MAC":"C0FFEE00{n:04X}","PID":"055b","key":"{n:032x}"}}'
        for n in range(1, 2001)
    )
    + "]\0",
    "2,000 addresses without keys": "["
    + ",".join(
        f'{{"MAC":"C0FFEE00{n:04X}","PID":"01aa","key":""}}' for n in range(1, 2001)
    )
    + "]\0",
    "2,000 words with both": "\n".join(
        f"{n:032x}C0FFEE00{n:04X}" for n in range(1, 2001)
    ),
}
