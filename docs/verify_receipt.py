#!/usr/bin/env python3
"""Checks a receipt of the portal's ledger, offline, with nothing but Python 3.8 or newer.

    python3 verify_receipt.py receipt.json --seals seals.json
    python3 verify_receipt.py receipt.json --public-key HEX

It checks that the bureau signed the receipt, that its events follow one another without a gap, that each
stands in the seal of its day, and that the bureau signed that seal. `--seals` is a copy of the public list of
seals, best one that you or somebody else kept at the time; `--public-key` is the key that the bureau
publishes. Without either, the key is the one that the receipt itself names, which proves only that the
receipt is in itself consistent.

Exit code 0: everything is in order; 1: the receipt, or the list of seals, was altered; 2: the input is of no
use. How the hashes are made stands in docs/ledger.md.

本程序离线核验门户台账的回执，只需 Python 3.8 以上版本，不连接网络。
退出码：0 核验通过；1 回执或封存清单被改动；2 输入文件无法使用。
"""

import argparse
import hashlib
import json
import re
import sys

LARGEST = 64 * 1024 * 1024
NOTHING = "0" * 64
HASH = re.compile(r"[0-9a-f]{64}\Z")
SIGNATURE = re.compile(r"[0-9a-f]{128}\Z")
HEADER = ("subject", "seq", "verb", "at", "role", "actor_hash", "data_hash", "previous")
SEAL_HEADER = ("number", "day", "at", "first", "last", "count", "root", "previous")


# What the script says when something is wrong, in Chinese and in English.
SENTENCES = {
    "unreadable": ("无法读取文件 {0}。", "{0} cannot be read: {1}."),
    "large": ("文件 {0} 过大。", "{0} is too large."),
    "not-json": ("文件 {0} 不是 JSON 文件，或已损坏。", "{0} is not JSON, or is damaged."),
    "not-ours": ("文件 {0} 不是门户的 {1} 文件。", "{0} is not a {1} file of the portal."),
    "version": (
        "文件 {0} 的版本不为本程序所知，请下载新的核验程序。",
        "{0} is of a version that this script does not know. Please fetch a newer script.",
    ),
    "bad-key": ("公钥应为 64 位十六进制数字。", "The public key must be 64 hexadecimal digits."),
    "empty": ("回执中没有记录。", "The receipt holds no events."),
    "other-key": ("文件中的公钥与给定的公钥不同。", "A file names another public key than the one given."),
    "unsigned": ("回执的签名不对。", "The receipt does not bear the bureau's signature."),
    "other-subject": ("第 {0} 条记录不属于本回执的事项。", "Event {0} is not of this subject."),
    "event-missing": ("缺少第 {0} 条记录，或顺序不对。", "Event {0} is missing or out of order."),
    "event-loose": ("第 {0} 条记录与上一条不衔接。", "Event {0} does not follow the one before it."),
    "event-altered": ("第 {0} 条记录的内容被改动。", "Event {0} was altered."),
    "no-seal": (
        "第 {0} 条记录所在的第 {1} 次封存不在回执中。",
        "Event {0}: its seal {1} is not in the receipt.",
    ),
    "no-proof": (
        "没有证明第 {0} 条记录在第 {1} 次封存之中，该记录可能被改动。",
        "There is no proof that event {0} stands in seal {1}: it may have been altered.",
    ),
    "not-in-seal": ("第 {0} 条记录不在第 {1} 次封存之中。", "Event {0} does not stand in seal {1}."),
    "late-seal": (
        "第 {0} 条记录已封存，而其之前的记录却未封存。",
        "Event {0} is sealed, though one before it is not.",
    ),
    "seal-altered": ("第 {0} 次封存的内容被改动。", "Seal {0} was altered."),
    "seal-order": ("第 {0} 次封存重复或顺序不对。", "Seal {0} is repeated or out of order."),
    "seal-loose": ("第 {0} 次封存与上一次不衔接。", "Seal {0} does not follow the seal before it."),
    "seal-unsigned": ("第 {0} 次封存的签名不对。", "The signature of seal {0} is wrong."),
    "seal-missing": ("公布的清单缺少第 {0} 次封存。", "The published list lacks seal {0}."),
    "seal-other": (
        "回执中的第 {0} 次封存与公布的不一致。",
        "Seal {0} of the receipt is not the one that was published.",
    ),
}


class Unusable(Exception):
    """The input cannot be checked at all; a key of SENTENCES and what it speaks of."""


class Altered(Exception):
    """Something does not fit; a key of SENTENCES and what it speaks of."""


# Ed25519, RFC 8032, section 5.1 and appendix A: verification only, so nothing here is secret -----

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)


def add(p, q):
    a = (p[1] - p[0]) * (q[1] - q[0]) % P
    b = (p[1] + p[0]) * (q[1] + q[0]) % P
    c = 2 * p[3] * q[3] * D % P
    d = 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def multiply(scalar, point):
    result = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            result = add(result, point)
        point = add(point, point)
        scalar >>= 1
    return result


def decompress(data):
    """The point that 32 bytes stand for, or None."""
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    if y >= P:
        return None
    x2 = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P:
        x = x * ROOT_OF_MINUS_ONE % P
    if (x * x - x2) % P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return (x, y, 1, x * y % P)


BASE = decompress((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def has_signed(public_key, message, signature):
    """Whether the Ed25519 signature (64 bytes) of the message is that of the key (32 bytes)."""
    key, r = decompress(public_key), decompress(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if key is None or r is None or s >= L:
        return False
    challenge = hashlib.sha512(signature[:32] + public_key + message).digest()
    k = int.from_bytes(challenge, "little") % L
    left, right = multiply(s, BASE), add(r, multiply(k, key))
    return (left[0] * right[2] - right[0] * left[2]) % P == 0 and (
        left[1] * right[2] - right[1] * left[2]
    ) % P == 0


# Hashes and Merkle paths, as in docs/ledger.md ------------------------------


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def digest(value):
    return hashlib.sha256(canonical(value)).hexdigest()


def root_from(entry, index, size, path):
    """The root to which a path of RFC 6962 leads, or None when it is not one of such a tree."""
    found, last, rest = hashlib.sha256(b"\x00" + entry).digest(), size - 1, list(path)
    while last:
        if index % 2 or index < last:
            if not rest:
                return None
            neighbour = rest.pop(0)
            pair = neighbour + found if index % 2 else found + neighbour
            found = hashlib.sha256(b"\x01" + pair).digest()
        index, last = index // 2, last // 2
    return None if rest else found


# Reading: everything may be hostile ------------------------------


def read(path):
    try:
        with open(path, "rb") as file:
            data = file.read(LARGEST + 1)
    except (OSError, ValueError) as error:
        raise Unusable(
            "unreadable", repr(path), getattr(error, "strerror", None) or "not a file name"
        ) from None
    if len(data) > LARGEST:
        raise Unusable("large", repr(path))
    try:
        document = json.loads(data.decode("utf-8"), parse_constant=refuse, parse_float=refuse)
        canonical(document)
    except (ValueError, RecursionError):
        raise Unusable("not-json", repr(path)) from None
    return document


def refuse(text):
    raise ValueError(text)


def is_text(value):
    return isinstance(value, str) and len(value) <= 1000


def is_hash(value):
    return isinstance(value, str) and HASH.match(value) is not None


def is_signature(value):
    return isinstance(value, str) and SIGNATURE.match(value) is not None


def is_number(value):
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63


def has(value, checks):
    """Whether the value is a map that has at least these fields, each passing its check."""
    return isinstance(value, dict) and all(
        name in value and check(value[name]) for name, check in checks.items()
    )


EVENT_CHECKS = {
    "subject": is_text,
    "seq": is_number,
    "verb": is_text,
    "at": is_text,
    "role": is_text,
    "actor_hash": is_hash,
    "data_hash": is_hash,
    "previous": is_hash,
    "hash": is_hash,
    "seal": lambda value: value is None or is_number(value),
    "proof": lambda value: value is None or has(value, PROOF_CHECKS),
}
PROOF_CHECKS = {
    "index": is_number,
    "size": is_number,
    "path": lambda value: isinstance(value, list) and len(value) <= 64 and all(map(is_hash, value)),
}
SEAL_CHECKS = {
    "number": is_number,
    "day": is_text,
    "at": is_text,
    "first": lambda value: value is None or is_number(value),
    "last": is_number,
    "count": is_number,
    "root": is_hash,
    "previous": is_hash,
    "hash": is_hash,
    "signature": is_signature,
}


def usable(document, path, format, checks):
    if not has(document, {"format": lambda value: value == format, **checks}):
        raise Unusable("not-ours", repr(path), format)
    if document.get("version") != 1 or isinstance(document["version"], bool):
        raise Unusable("version", repr(path))
    return document


def all_have(checks):
    return lambda value: isinstance(value, list) and all(has(each, checks) for each in value)


# Checking ------------------------------


def check_events(receipt):
    """Every event gives its hash, and follows the one before it."""
    previous = NOTHING
    for place, event in enumerate(receipt["events"], start=1):
        if event["subject"] != receipt["subject"]:
            raise Altered("other-subject", place)
        if event["seq"] != place:
            raise Altered("event-missing", place)
        if event["previous"] != previous:
            raise Altered("event-loose", place)
        if digest({name: event[name] for name in HEADER}) != event["hash"]:
            raise Altered("event-altered", place)
        previous = event["hash"]


def check_proofs(receipt):
    """Every event that is said to be sealed stands in its seal; answers how many do."""
    seals = {seal["number"]: seal for seal in receipt["seals"]}
    sealed = 0
    for event in receipt["events"]:
        number, proof = event["seal"], event["proof"]
        where = event["seq"], number
        if number is None and proof is None:
            continue
        if number not in seals:
            raise Altered("no-seal", *where)
        if proof is None:
            raise Altered("no-proof", *where)
        # Seals hold everything up to a moment, so that the sealed events come first.
        if sealed + 1 != event["seq"]:
            raise Altered("late-seal", *where)
        found = None
        if proof["index"] < proof["size"] == seals[number]["count"]:
            path = [bytes.fromhex(step) for step in proof["path"]]
            found = root_from(bytes.fromhex(event["hash"]), proof["index"], proof["size"], path)
        if found is None or found.hex() != seals[number]["root"]:
            raise Altered("not-in-seal", *where)
        sealed += 1
    return sealed


def check_seals(seals, public_key):
    """Every seal is signed with the key, and follows the seal before it where that one is given as well."""
    number, before = 0, NOTHING
    for seal in seals:
        header = {name: seal[name] for name in SEAL_HEADER}
        if digest(header) != seal["hash"]:
            raise Altered("seal-altered", seal["number"])
        if seal["number"] <= number:
            raise Altered("seal-order", seal["number"])
        if seal["number"] == number + 1 and seal["previous"] != before:
            raise Altered("seal-loose", seal["number"])
        message = b"portal ledger seal\n" + canonical(header)
        if not has_signed(public_key, message, bytes.fromhex(seal["signature"])):
            raise Altered("seal-unsigned", seal["number"])
        number, before = seal["number"], seal["hash"]


def check_published(published, receipt):
    """The published list has no gap, and the receipt's seals are those of the list.

    A copy of the list may be older than the receipt, and then lacks the newest seals.
    """
    for place, seal in enumerate(published["seals"], start=1):
        if seal["number"] != place:
            raise Altered("seal-missing", place)
    hashes = [seal["hash"] for seal in published["seals"]]
    for seal in receipt["seals"]:
        if seal["number"] <= len(hashes) and hashes[seal["number"] - 1] != seal["hash"]:
            raise Altered("seal-other", seal["number"])


def printable(text):
    """Text of a stranger's file, so that it cannot command the terminal."""
    return "".join(c if c.isprintable() else "?" for c in text)


def say(chinese, english):
    print(chinese)
    print(english)


def check(arguments):
    receipt = usable(
        read(arguments.receipt),
        arguments.receipt,
        "portal-ledger-receipt",
        {
            "subject": is_text,
            "public_key": is_hash,
            "signature": is_signature,
            "events": all_have(EVENT_CHECKS),
            "seals": all_have(SEAL_CHECKS),
        },
    )
    published = None
    if arguments.seals:
        published = usable(
            read(arguments.seals),
            arguments.seals,
            "portal-ledger-seals",
            {"public_key": is_hash, "seals": all_have(SEAL_CHECKS)},
        )
    key = (arguments.public_key or (published or receipt)["public_key"]).lower()
    if not is_hash(key):
        raise Unusable("bad-key")
    if not receipt["events"]:
        raise Unusable("empty")
    if any(document["public_key"] != key for document in (receipt, published or receipt)):
        raise Altered("other-key")
    rest = {name: value for name, value in receipt.items() if name != "signature"}
    message = b"portal ledger receipt\n" + canonical(rest)
    if not has_signed(bytes.fromhex(key), message, bytes.fromhex(receipt["signature"])):
        raise Altered("unsigned")
    check_events(receipt)
    check_seals(receipt["seals"], bytes.fromhex(key))
    if published is not None:
        check_seals(published["seals"], bytes.fromhex(key))
        check_published(published, receipt)
    sealed = check_proofs(receipt)
    report(arguments, receipt, sealed, key)


def report(arguments, receipt, sealed, key):
    """What was found, when all is in order."""
    for event in receipt["events"]:
        place = "—" if event["seal"] is None else f"#{event['seal']}"
        print(printable(f"{event['seq']:4}  {event['at']}  {event['verb']} ({event['role']})  {place}"))
    total = len(receipt["events"])
    subject = printable(receipt["subject"])
    say(
        f"核验通过：{subject} 共 {total} 条记录，前后衔接，未被改动。",
        f"In order: {subject} has {total} events; they follow one another and none was altered.",
    )
    if sealed:
        say(
            f"其中 {sealed} 条已封存，封存签名有效。",
            f"{sealed} of them are sealed, and the signatures of their seals are valid.",
        )
    if sealed < total:
        say(
            f"另有 {total - sealed} 条尚未封存，将于次日凌晨封存，届时可下载新的回执。",
            f"{total - sealed} are not sealed yet; they will be in the night. Fetch a new receipt then.",
        )
    if not arguments.public_key and not arguments.seals:
        say(
            f"注意：以上只用了回执自带的公钥 {key}，请与公布的公钥核对。",
            f"Note: the key used is the receipt's own: {key}. Compare it with the published one.",
        )


def main(argv=None):
    for stream in (sys.stdout, sys.stderr):
        # A terminal that knows no Chinese must not end the check.
        stream.reconfigure(errors="replace")
    parser = argparse.ArgumentParser(
        description="核验门户台账的回执 / Check a receipt of the portal's ledger, offline.",
        epilog="0: 通过 in order · 1: 被改动 altered · 2: 输入无法使用 unusable input",
    )
    parser.add_argument("receipt", help="回执文件 / the receipt (JSON)")
    parser.add_argument(
        "--seals", metavar="seals.json", help="公布的封存清单 / a copy of the public list of seals"
    )
    parser.add_argument(
        "--public-key", metavar="HEX", help="公布的公钥 / the public key that the bureau publishes"
    )
    arguments = parser.parse_args(argv)
    try:
        check(arguments)
    except (Unusable, Altered) as error:
        chinese, english = (sentence.format(*error.args[1:]) for sentence in SENTENCES[error.args[0]])
        if isinstance(error, Unusable):
            say(chinese, english)
            return 2
        say(f"核验不通过：{chinese}", f"NOT in order: {english}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
