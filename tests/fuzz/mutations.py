"""Changes to the bytes, tokens, trees and headers of a file, drawn from a seeded generator."""

from __future__ import annotations

import copy
import io
import json
import math
import re
import struct
import tomllib
import zipfile
from collections.abc import Callable, Sequence
from itertools import islice
from random import Random
from typing import Any

Mutation = Callable[[bytes, Random], bytes]

LARGEST = 200_000
"""Bytes; what grows beyond is cut."""

NUMBERS = (
    *("0", "-1", "1", "127", "255", "65536", "2147483647", "-2147483648", "4294967296"),
    *("9223372036854775807", "9223372036854775808", "-9223372036854775809", "1" + "0" * 30),
    *("9" * 5000, "0.5", "1e308", "1e400", "-1e400", "1e-320", "1e-999999", "1e999999", "nan"),
    *("inf", "-inf", "NaN", "0x10", "1_0", "٣", "1.5", "-0", "1e3", "+5", "00012"),
)
WORDS = (
    *("", "a", "''", '"', "'", "#", "_", "data_", "loop_", "_rlnClassNumber", "null", "true", "-"),
    *("..", "../..", "/", "~", "*", "a" * 300, "é", "\u2028", "\x0b", "\x1b[31m", "\ufeff", "🧊"),
    *("1@x", "0@x", "000001@/etc/passwd", "@", "x@", "{", "[", "&a", "*a", "!!python/object:x"),
)
VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 7, 2**31, 2**63 - 1, 2**63, -(2**63) - 1, 10**30, 10**400),
    *(0.5, -0.0, 1e308, 1e-320, math.nan, math.inf, -math.inf, "", "a", "0", "1e400", "a" * 5000),
    *("\ud800", "\0", "nan", [], {}, [[]], [None], {"a": 1}, [1, "a", None], ["a"] * 2000),
)
BYTES = (b"\0", b"\xff", b"\x80", b"\n", b"\r\n", b"\x1a", b" ", b"\xef\xbb\xbf", b"\xff\xfe")


def change_bytes(data: bytes, rng: Random) -> bytes:
    """Flip, cut, double, remove, swap or insert bytes."""
    content = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 4, 16))):
        at, length = rng.randrange(len(content) + 1), rng.choice((1, 1, 2, 4, 8, 64, 1024))
        kind = rng.randrange(7)
        if kind == 0 and at < len(content):
            content[at] ^= 1 << rng.randrange(8)
        elif kind == 1 and at < len(content):
            content[at] = rng.choice((0, 1, 127, 128, 255, rng.randrange(256)))
        elif kind == 2:
            del content[at:]
        elif kind == 3:
            content[at:at] = content[at : at + length]
        elif kind == 4:
            del content[at : at + length]
        elif kind == 5:
            content[at:at] = rng.choice(BYTES)
        elif at + 8 <= len(content):
            content[at : at + 4] = _extreme_word(rng)
    return bytes(content)


def _extreme_word(rng: Random) -> bytes:
    if rng.random() < 0.3:
        return struct.pack("<f", rng.choice((math.nan, math.inf, -1.0, 1e37, 1e-40, 0.0)))
    number = rng.choice((0, 1, 2, 6, 12, 101, 127, 255, 4096, 2**16, 2**24, 2**31 - 1, 2**31))
    return struct.pack(rng.choice("<>") + "I", (rng.choice((1, -1)) * number) % 2**32)


def change_tokens(data: bytes, rng: Random) -> bytes:
    """Swap, replace, double or remove words; numbers become extreme."""
    text = data.decode("utf-8", "surrogateescape")
    tokens = re.split(r"(\s+|[,;=\[\]{}():\"'])", text)
    for _ in range(rng.choice((1, 1, 2, 5))):
        words = [i for i, token in enumerate(tokens) if token.strip()]
        if not words:
            break
        at, other = rng.choice(words), rng.choice(words)
        kind = rng.randrange(5)
        if kind == 0:
            tokens[at], tokens[other] = tokens[other], tokens[at]
        elif kind == 1:
            tokens[at] = rng.choice(NUMBERS)
        elif kind == 2:
            tokens[at] = rng.choice(WORDS)
        elif kind == 3:
            tokens[at] = ""
        else:
            tokens[at] += rng.choice(("", " ", ",", "\n", "\t")) + tokens[other]
    return "".join(tokens).encode("utf-8", "surrogateescape")


def change_lines(data: bytes, rng: Random) -> bytes:
    """Double, remove, swap, move, indent or cut lines; change how they end."""
    ending = b"\n"
    lines = data.split(ending)
    for _ in range(rng.choice((1, 1, 2, 4))):
        at, other = rng.randrange(len(lines)), rng.randrange(len(lines))
        kind = rng.randrange(9)
        if kind == 0:
            lines.insert(other, lines[at])
        elif kind == 1 and len(lines) > 1:
            del lines[at]
        elif kind == 2:
            lines[at], lines[other] = lines[other], lines[at]
        elif kind == 3:
            lines[at] = rng.choice((b" ", b"\t", b"#", b"data_x", b"loop_", b"")) + lines[at]
        elif kind == 4:
            lines[at] = lines[at][: rng.randrange(len(lines[at]) + 1)]
        elif kind == 5:
            lines[at:at] = [b""] * rng.choice((1, 3))
        elif kind == 6:
            lines[at:at] = lines[at : at + 5] * rng.choice((2, 20))
        elif kind == 7:
            lines[at] += b" " + rng.choice(WORDS).encode("utf-8", "surrogateescape")
        else:
            ending = rng.choice((b"\r\n", b"\r", b"\n\n"))
    return ending.join(lines)


def change_columns(data: bytes, rng: Random) -> bytes:
    """In lines of as many words as one of them, remove, double, swap or replace a column."""
    lines = data.split(b"\n")
    filled = [line for line in lines if len(line.split()) > 1]
    if not filled:
        return change_lines(data, rng)
    mark = b"," if filled[0].count(b",") else None
    width = len(rng.choice(filled).split(mark))
    at, other, kind = rng.randrange(width), rng.randrange(width), rng.randrange(5)
    number = rng.choice(NUMBERS + WORDS).encode("utf-8", "surrogateescape")

    def changed(line: bytes) -> bytes:
        fields = line.split(mark)
        if len(fields) != width:
            return line
        if kind == 0:
            del fields[at]
        elif kind == 1:
            fields.insert(other, fields[at])
        elif kind == 2:
            fields[at], fields[other] = fields[other], fields[at]
        elif kind == 3:
            fields[at] = number
        elif rng.random() < 0.2:
            fields[at] = rng.choice(NUMBERS).encode()
        return (mark or b" ").join(fields)

    return b"\n".join(map(changed, lines))


def change_tree(value: Any, rng: Random) -> Any:
    """A changed copy of lists and dicts: values replaced, moved, removed, doubled, deepened."""
    value = copy.deepcopy(value)
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        # What an alias of YAML puts into itself has no end.
        places = list(islice(_places(value), 5_000))
        if not places:
            return rng.choice(VALUES)
        holder, key = rng.choice(places)
        kind = rng.randrange(8)
        if kind <= 2:
            holder[key] = copy.deepcopy(rng.choice(VALUES))
        elif kind == 3:
            other, its = rng.choice(places)
            # A copy: a value that holds itself can't be written.
            holder[key] = copy.deepcopy(other[its])
        elif kind == 4:
            del holder[key]
        elif kind == 5:
            deep: Any = holder[key]
            for _ in range(rng.choice((1, 60, 900))):
                deep = [deep]
            holder[key] = deep
        elif kind == 6 and isinstance(holder, dict):
            holder[str(key) + rng.choice(("", "x", "\0", " "))] = holder.pop(key)
        elif isinstance(holder, list):
            holder.extend(copy.deepcopy(holder[key : key + 3]) * rng.choice((1, 30)))
        elif isinstance(holder, dict):
            holder[rng.choice(("extra", "", "é", "a" * 300))] = copy.deepcopy(rng.choice(VALUES))
    return value


def _places(value: Any) -> Any:
    """Every (holder, key) of a tree, without recursion: trees may be deep."""
    waiting = [value]
    while waiting:
        holder = waiting.pop()
        if isinstance(holder, dict):
            keys: Any = list(holder)
        elif isinstance(holder, list):
            # Of long lists the ends are enough.
            keys = list(range(min(len(holder), 20)))
        else:
            continue
        for key in keys:
            yield holder, key
            waiting.append(holder[key])


def change_json(data: bytes, rng: Random) -> bytes:
    """The tree of a JSON file changed."""
    try:
        tree = json.loads(data)
        return json.dumps(change_tree(tree, rng)).encode()
    except (ValueError, RecursionError):
        return change_bytes(data, rng)


def change_toml(data: bytes, rng: Random) -> bytes:
    """The tree of a TOML file changed, and written with inline tables."""
    try:
        tree = change_tree(tomllib.loads(data.decode()), rng)
        if not isinstance(tree, dict):
            return _toml(tree).encode("utf-8", "surrogatepass")
        lines = [f"{json.dumps(key)} = {_toml(value)}" for key, value in tree.items()]
        return "\n".join(lines).encode("utf-8", "surrogatepass")
    except (ValueError, RecursionError):
        return change_bytes(data, rng)


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(k)} = {_toml(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, int):
        return hex(value) if abs(value) > 10**4000 else str(value)
    return json.dumps("" if value is None else str(value), ensure_ascii=False)


def change_yaml(data: bytes, rng: Random) -> bytes:
    """The tree of a YAML file changed, or aliases that multiply put before it."""
    import yaml

    if rng.random() < 0.15:
        levels, width = rng.randrange(1, 9), rng.randrange(2, 12)
        bomb = ["a0: &a0 [x, x]"]
        for level in range(1, levels):
            bomb.append(f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * width)}]")
        return "\n".join(bomb).encode() + b"\n" + data
    try:
        return str(yaml.safe_dump(change_tree(yaml.safe_load(data), rng))).encode(
            "utf-8", "surrogatepass"
        )
    except (ValueError, RecursionError, yaml.YAMLError):
        return change_bytes(data, rng)


def change_mrc(data: bytes, rng: Random) -> bytes:
    """Words of an MRC header set to extremes: size, mode, cell, extended header, map, stamp."""
    content = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 3))):
        word = rng.choice((0, 1, 2, 3, 7, 8, 9, 10, 11, 12, 22, 23, 24, 26, 27, 52, 53, 55))
        if len(content) >= 4 * word + 4:
            content[4 * word : 4 * word + 4] = _extreme_word(rng)
    if rng.random() < 0.2 and len(content) >= 1028:
        at = 1024 + 4 * rng.randrange((len(content) - 1024) // 4)
        content[at : at + 4] = _extreme_word(rng)
    return bytes(content)


def change_npy(data: bytes, rng: Random) -> bytes:
    """The header of a NumPy file: its text, its length, its version; else the values."""
    if len(data) < 12 or not data.startswith(b"\x93NUMPY"):
        return change_bytes(data, rng)
    code, begin = ("<H", 10) if data[6] == 1 else ("<I", 12)
    length = struct.unpack(code, data[8:begin])[0]
    header, body = data[begin : begin + length], data[begin + length :]
    kind = rng.randrange(6)
    if kind == 0:
        header = change_tokens(header, rng)
    elif kind == 1:
        old, new = rng.choice(
            (
                (b"'descr'", b'"descr"'),
                (b"False", rng.choice((b"True", b"0", b"None", b"False,"))),
                (b"'shape': (", rng.choice((b"'shape': ( ", b"'shape': (1,", b"'shape': (-"))),
                (b",)", rng.choice((b"L,)", b",0)", b", 99999999999)", b")", b"e9,)"))),
                (b"'<", rng.choice((b"'>", b"'|", b"'=", b"'<1000000000"))),
                (b"4'", rng.choice((b"8'", b"2'", b"1'", b"16'", b"99999999'"))),
                (
                    b"<f",
                    rng.choice((b"<i", b"<u", b"<c", b"<U", b"|S", b"|V", b"<M", b"|b", b"|O")),
                ),
                (b"<u", rng.choice((b"<i", b"<f", b"|S", b"|O", b"<m"))),
                (b"{", b"{" * rng.choice((2, 500))),
            )
        )
        header = header.replace(old, new, rng.choice((1, -1)))
    elif kind == 2:
        length = rng.choice((0, 1, length - 1, length + 1, 65535, 2**31))
        return (
            data[:8] + struct.pack(code, length % (1 << 8 * struct.calcsize(code))) + data[begin:]
        )
    elif kind == 3:
        return data[:6] + bytes((rng.choice((0, 1, 2, 3, 4, 255)), rng.choice((0, 1)))) + data[8:]
    elif kind == 4:
        body = body[: rng.randrange(len(body) + 1)] if rng.random() < 0.5 else body * 2
    else:
        body = change_bytes(body, rng)
    padded = header.rstrip(b" \n").ljust(max(len(header), 1) - 1) + b"\n"
    return (
        data[:8] + struct.pack(code, len(padded) % (1 << 8 * struct.calcsize(code))) + padded + body
    )


def change_stream(data: bytes, rng: Random) -> bytes:
    """The JSON header of a CryoSPARC stream, or the length of it or of a field."""
    if len(data) < 10:
        return change_bytes(data, rng)
    length = struct.unpack("<I", data[6:10])[0]
    header, body = data[10 : 10 + length], data[10 + length :]
    if rng.random() < 0.7:
        header = rng.choice((change_json, change_json, change_tokens))(header, rng)
        return data[:6] + struct.pack("<I", len(header)) + header + body
    if rng.random() < 0.5 or len(body) < 4:
        return data[:6] + _extreme_word(rng) + data[10:]
    return data[: 10 + length] + _extreme_word(rng) + body[4:]


def change_npz(data: bytes, rng: Random) -> bytes:
    """An entry of a zip archive of arrays changed, removed, doubled, renamed or compressed."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = [(name, archive.read(name)) for name in archive.namelist()]
    except Exception:
        entries = []
    if not entries:
        return change_bytes(data, rng)
    at = rng.randrange(len(entries))
    name, content = entries[at]
    kind = rng.randrange(6)
    if kind <= 2:
        text = content[128:].decode("utf-32-le", "ignore")
        if text.startswith(("{", "[")) and rng.random() < 0.8:
            changed = change_json(text.encode(), rng).decode("utf-8", "replace")
            entries[at] = name, _npy_of_text(changed)
        else:
            entries[at] = name, change_npy(content, rng)
    elif kind == 3:
        del entries[at]
    elif kind == 4:
        entries.append((rng.choice(("x.npy", "../x.npy", name, "facts.npy")), content))
    else:
        entries[at] = name, b"\x93NUMPY\x01\x00v\x00" + _bomb_header(rng) + content[128:]
    how = rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))
    out = io.BytesIO()
    import warnings

    with warnings.catch_warnings(), zipfile.ZipFile(out, "w", how) as archive:
        warnings.simplefilter("ignore")
        for name, content in entries:
            archive.writestr(name, content)
    packed = out.getvalue()
    return change_bytes(packed, rng) if rng.random() < 0.2 else packed


def _npy_of_text(text: str) -> bytes:
    import numpy as np

    out = io.BytesIO()
    np.lib.format.write_array(out, np.array(text), allow_pickle=False)
    return out.getvalue()


def _bomb_header(rng: Random) -> bytes:
    shape = rng.choice(("(10**12,)", "(1000000000000,)", "(100000, 100000)", "(0, 9**99)", "(-1,)"))
    descr = rng.choice(("<f4", "<i8", "<U100000000", "|V1000000000", "|b1", "|V0"))
    return (
        f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}".encode().ljust(117)
        + b"\n"
    )


def mutated(seeds: Sequence[bytes], mutations: Sequence[Mutation], rng: Random) -> bytes:
    """A mutant of one of the seeds: one to three mutations, sometimes with a part of another."""
    data = rng.choice(seeds)
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        data = rng.choice(mutations)(data, rng)
    if rng.random() < 0.05:
        other = rng.choice(seeds)
        data = data[: rng.randrange(len(data) + 1)] + other[rng.randrange(len(other) + 1) :]
    return data[:LARGEST]
