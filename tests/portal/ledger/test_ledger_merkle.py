from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.ledger import merkle


def slow_root(entries: list[bytes]) -> bytes:
    """RFC 6962, section 2.1, word for word: split at the largest power of two below n."""
    if not entries:
        return sha256(b"").digest()
    if len(entries) == 1:
        return sha256(b"\x00" + entries[0]).digest()
    k = 1
    while k * 2 < len(entries):
        k *= 2
    return sha256(b"\x01" + slow_root(entries[:k]) + slow_root(entries[k:])).digest()


def numbered(size: int) -> list[bytes]:
    return [sha256(str(n).encode()).digest() for n in range(size)]


def test_the_published_vectors():
    # The example log of Certificate Transparency's own tests.
    entries = [
        bytes.fromhex(text)
        for text in (
            "",
            "00",
            "10",
            "2021",
            "3031",
            "40414243",
            "5051525354555657",
            "606162636465666768696a6b6c6d6e6f",
        )
    ]
    roots = {
        1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    }
    for size, root in roots.items():
        assert merkle.root(entries[:size]).hex() == root


@pytest.mark.parametrize("size", range(201))
def test_every_leaf_of_every_tree_is_proved(size: int):
    entries = numbered(size)
    tree = merkle.levels(entries)
    root = merkle.root(entries)
    assert root == slow_root(entries)
    for index, entry in enumerate(entries):
        assert merkle.root_from(entry, index, size, merkle.path(tree, index)) == root


@given(st.integers(1, 200).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n - 1))), st.data())
def test_no_other_leaf_place_or_path_is_proved(place: tuple[int, int], data: st.DataObject):
    size, index = place
    entries = numbered(size)
    path = merkle.path(merkle.levels(entries), index)
    root = merkle.root(entries)
    other = data.draw(st.integers(0, size).filter(lambda n: n != index))
    assert merkle.root_from(entries[index], other, size, path) != root
    assert merkle.root_from(b"another", index, size, path) != root
    assert merkle.root_from(entries[index], index, size, [*path, root]) is None
    if path:
        assert merkle.root_from(entries[index], index, size, path[:-1]) != root
        broken = data.draw(st.integers(0, len(path) - 1))
        path[broken] = sha256(path[broken]).digest()
        assert merkle.root_from(entries[index], index, size, path) != root


def test_a_node_does_not_pass_for_a_leaf():
    a, b = numbered(2)
    inside = merkle.leaf(a) + merkle.leaf(b)
    assert merkle.root([inside]) != merkle.root([a, b])
