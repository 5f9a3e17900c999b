"""CSV files as people have them, and as nobody should."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from random import Random
from typing import TypeVar

from attempts import WORDS, Attempt, damaged

T = TypeVar("T")

#: What makes cells of a column, of a row's number.
KINDS = {
    "numbers": lambda random, row: f"{random.gauss(0, 10):.3f}",
    "whole": lambda random, row: str(random.randint(-5, 5)),
    "commas": lambda random, row: f"{random.gauss(0, 10):.2f}".replace(".", ","),
    "mixed signs": lambda random, row: f"{random.gauss(0, 10):.2f}".replace(".", random.choice(",.")),
    "thousands": lambda random, row: f"{random.randint(0, 10**7):,}",
    "far": lambda random, row: random.choice(("1e999", "-1e999", "1e308", "1e-400", "9" * 400, "1e30", "0")),
    "nan": lambda random, row: random.choice(("nan", "NaN", "inf", "-Infinity", "NA", "", "?", "1")),
    "classes": lambda random, row: random.choice(("a", "b", "c")),
    "words": lambda random, row: random.choice(("yes", "no", "True", "false")),
    "names": lambda random, row: f"name {row}",
    "dates": lambda random, row: f"2024-01-{row % 31 + 1:02}",
    "money": lambda random, row: f"${random.randint(0, 9999):,}",
    "alike": lambda random, row: "1",
    "empty": lambda random, row: "",
    "any": lambda random, row: random.choice(WORDS),
    "digits": lambda random, row: random.choice(
        ("١٢", "½", "²", "１", "1_0", "0x1F", "1d5", "1e", "e5", "+-1")
    ),
    "quoted": lambda random, row: (
        f'"{random.choice(("a,b", "a;b", "line" + chr(10) + "break", chr(34) * 2))}"'
    ),
}
#: Those that are right for inputs and targets alike.
PLAIN = ("numbers", "numbers", "whole", "classes", "words")
ENCODINGS = ("utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "latin-1", "cp1252", "shift_jis")
ENDS = ("\n", "\n", "\r\n", "\r", "\n\r", "\n\n", "\x0b", "\u2028")
SEPARATORS = (",", ",", ";", "\t", "|", " ", "  ", ":", ", ", "\x00", "\x1f")
#: Files that are none of these.
OTHERS = (
    *(
        b"",
        b"\n",
        b"\n\n\n",
        b"y",
        b"y\n",
        b"x,y",
        b"x,y\n",
        b",\n,\n",
        b'"',
        b'"x,y\n1,2\n',
        b"\xef\xbb\xbf",
    ),
    *(b"\x00" * 1000, b"\xff\xfe", b"\xff\xfex,y", b"PAR1", b"PAR1xxxxPAR1", b"PK\x03\x04", b"\x1f\x8b\x08"),
    *(
        b"BZh91AY",
        b"\xfd7zXZ\x00",
        b"\x93NUMPY",
        b"\x89HDF",
        b"#\n",
        b"# x y\n1 2\n3 4\n",
        b"sep=;\nx;y\n1;2\n",
    ),
    *(
        b"sep=\n",
        b"x,y\n" + b"1," * 5000,
        b"x,y\n1,2\n" + b"\n" * 5000,
        b"x,x,x\n1,2,3\n",
        b"y,y\n1,2\n3,4\n",
    ),
    *(b"x,y\n" + b'"' * 9999, b"x,y\n" + b"9" * 140_000 + b",1\n", b"x,y\n" + b"a" * 140_000 + b",1\nb,2\n"),
)
#: What a configuration may say of how a file is written.
SAID = {
    "separator": ("semicolon", "tab", "blanks", "pipe", "comma", ";", ":", "ab", "'\\t'", "''", "5"),
    "decimal": ("comma", "point", ",", "x"),
    "header": ("none", "true", "[a,b]", "[x,y]", "[a,a]", "first", "3", "[]"),
    "comment": ("'#'", "//", "'%'", "' '", "a", "''", "1"),
    "encoding": (
        "utf-8",
        "latin-1",
        "utf-16",
        "cp1252",
        "ascii",
        "rot13",
        "base64",
        "idna",
        "punycode",
        "xx",
    ),
    "missing": ("drop", "mean", "error", "zero", "null"),
    "classes": ("true", "false", "1"),
    "inputs": ("[x]", "[0]", "x0", "[y]", "[x0,x0]", "[]", "['']", "[1,2]", "null", "[nope]", "{a:1}"),
    "test_fraction": ("0.25", "0.99", "1", "-1", "nan"),
    "scale": ("standard", "minmax", "x"),
    "scale_targets": ("standard", "minmax"),
    "stratify": ("true",),
    "validation_fraction": ("0.25", "0.5"),
}
TARGETS = (*["y"] * 60, "x0", "1", "2", "[y,x0]", "nope", "[]", "''", "'y '", "Y")


def attempt(random: Random) -> Attempt:
    """A file at the door of data, read as it is, or as a configuration says."""
    content = random.choice(OTHERS) if random.random() < 0.08 else written(random)
    if random.random() < 0.25:
        content = damaged(random, content)
    files = {"table.csv": content}
    said = [f"data.targets={random.choice(TARGETS)}", *_said(random)]
    if random.random() < 0.1:
        files["test.csv"] = random.choice((content, damaged(random, content), written(random)))
        said.append("data.test_path=test.csv")
    if random.random() < 0.15:
        said.append("loss=" + random.choice(("cross_entropy", "binary_cross_entropy", "huber")))
    return Attempt("keys", ("data=csv", "data.path=table.csv", *said), files)


def _said(random: Random) -> list[str]:
    keys = random.sample(sorted(SAID), random.choice((0, 0, 0, 0, 1, 1, 2)))
    return [f"data.{key}={random.choice(SAID[key])}" for key in keys]


def written(random: Random) -> bytes:
    """A table in which some things are odd: columns, rows, how it is written."""
    count = random.choice((1, 2, 3)) if random.random() < 0.9 else random.choice((0, 9))
    kinds = [_odd(random, 0.15, KINDS, PLAIN) for _ in range(count)]
    target = _odd(random, 0.15, KINDS, PLAIN)
    rows = _odd(random, 0.1, (0, 1, 2, 3, 1500), (5, 8, 20, 60))
    header = [*(_name(random, at) for at in range(len(kinds))), "y"]
    cells = [[KINDS[kind](random, row) for kind in (*kinds, target)] for row in range(rows)]
    if random.random() < 0.05:
        cells = [row[: random.randint(0, len(row))] or row * 2 for row in cells]
    if random.random() < 0.92:
        cells = [header, *cells]
    if random.random() < 0.1:
        cells = [[f'"{cell}"' for cell in row] for row in cells]
    separator, end = _odd(random, 0.3, SEPARATORS, (",",)), _odd(random, 0.15, ENDS, ("\n",))
    text = end.join(separator.join(row) for row in cells) + end * random.choice((0, 1, 1, 1, 2))
    if random.random() < 0.1:
        text = random.choice(("# a b\n", "% note\n", "sep=;\n", "\n\n", "x\n", "title of it\n", " ")) + text
    return text.encode(_odd(random, 0.2, ENCODINGS, ("utf-8",)), errors="replace")


def _odd(random: Random, share: float, odd: Iterable[T], plain: Sequence[T]) -> T:
    """One of the odd in so large a share of cases, else one of the plain."""
    return random.choice([*odd] if random.random() < share else plain)


def _name(random: Random, at: int) -> str:
    return f"x{at}" if random.random() < 0.95 else random.choice(("x", "y", "x0", *WORDS))
