"""Merkle trees after RFC 6962, section 2.1: pure functions of bytes.

Leaves and nodes are hashed with different first bytes, so that no node passes for a leaf.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

EMPTY = sha256(b"").digest()


def leaf(entry: bytes) -> bytes:
    return sha256(b"\x00" + entry).digest()


def node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def levels(entries: Sequence[bytes]) -> list[list[bytes]]:
    """The tree from its leaves (first) to its root (last); a node without a neighbour rises unchanged."""
    level = [leaf(entry) for entry in entries]
    found = [level]
    while len(level) > 1:
        above = [node(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)]
        if len(level) % 2:
            above.append(level[-1])
        level = above
        found.append(level)
    return found


def root(entries: Sequence[bytes]) -> bytes:
    """The root hash; of no entries, the hash of nothing."""
    return levels(entries)[-1][0] if entries else EMPTY


def path(tree: Sequence[Sequence[bytes]], index: int) -> list[bytes]:
    """The neighbours that lead from leaf `index` to the root of a tree that `levels` made."""
    found = []
    for level in tree[:-1]:
        neighbour = index ^ 1
        if neighbour < len(level):
            found.append(level[neighbour])
        index //= 2
    return found


def root_from(entry: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes | None:
    """The root that the path leads to; None when no tree of `size` leaves has such a path for `index`."""
    if not 0 <= index < size:
        return None
    found, last, rest = leaf(entry), size - 1, list(path)
    while last:
        if index % 2 or index < last:
            if not rest:
                return None
            neighbour = rest.pop(0)
            found = node(neighbour, found) if index % 2 else node(found, neighbour)
        index, last = index // 2, last // 2
    return None if rest else found


def entries_of(leaves: bytes) -> list[bytes]:
    """The 32-byte entries that stand one after the other in `leaves`."""
    return [leaves[i : i + 32] for i in range(0, len(leaves), 32)]
