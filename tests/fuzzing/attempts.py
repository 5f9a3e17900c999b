"""What is tried: overrides, with the files that they need, at one of the doors; all of it from a number."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

#: Numbers, words and signs where others are expected.
WORDS = (
    *("", " ", "0", "-1", "1", "2", "3.5", "1e999", "-1e999", "1e-999", "nan", "inf", "-inf", "true", "null"),
    *("None", "[]", "{}", "[[]]", "[1,2]", "[a,b]", "{a:1}", "{a:{b:[1]}}", "???", "0x10", "1_000", "007"),
    *("1,5", "1.5.2", "--5", "+", "-", "sgd", "relu", "moons", "x.csv", "/dev/zero", "../..", "~", "*", "&a"),
    *("a b", "'", '"', "''", "a'b", "ä", "ß", "日本", "\u202e", "\ufeff", "\x1b[31m", "\x00", "\\", "\\n"),
    *("a=b", "=", ":", ",", ";", "$", "${x}", "${seed}", "${oc.env:HOME}", "${", "@", "#", "%", "!", "`ls`"),
    *(
        "9" * 30,
        "9" * 5000,
        "1" + "0" * 400,
        "a" * 5000,
        "0." + "0" * 400 + "1",
        "2024-01-31",
        "12:30",
        "1+2j",
    ),
)


@dataclass(frozen=True)
class Attempt:
    """Overrides at a door (a name in ``doors.DOORS``), in a folder with these files."""

    door: str
    overrides: tuple[str, ...] = ()
    files: dict[str, bytes] = field(default_factory=dict)


def damaged(random: Random, content: bytes, most: int = 4) -> bytes:
    """Bytes of which a few are gone, doubled, moved or others."""
    made = bytearray(content)
    for _ in range(random.randint(1, most)):
        at = random.randint(0, len(made))
        length = random.choice((1, 1, 1, 2, 8, 64))
        part = made[at : at + length]
        made[at : at + random.choice((0, length))] = random.choice(
            (
                b"",
                part * random.choice((2, 2, 50)),
                bytes([random.randrange(256)]),
                random.choice(WORDS).encode(),
                random.choice(
                    (b"\n", b"\r", b"\t", b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\xc3", b'"', b",")
                ),
            )
        )
    return bytes(made[:200_000])
