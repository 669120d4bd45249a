"""A broken variable is one sentence that names it, and never shows a password."""

from __future__ import annotations

import socket

import pytest

from portal.embedded import Trouble
from portal.embedded.environment import (
    Address,
    address,
    check_free,
    check_names,
    check_reachable,
    unnamed,
)
from portal.embedded.prepare import wants_demonstration

COMPLETE = {
    "DATABASE_URL": "postgres://portal:hidden@db:5432/portal",
    "SECRET_KEY": "x" * 50,
    "LEDGER_KEY": "a1" * 32,
    "SIGNING_PASSPHRASE": "x" * 50,
    "ALLOWED_HOSTS": "portal.example",
}


def test_the_defaults_are_the_loopback_and_8000():
    assert address({}) == Address("127.0.0.1", 8000)


@pytest.mark.parametrize(
    ("host", "bind", "url"),
    [
        ("0.0.0.0", "0.0.0.0:80", "http://127.0.0.1:80/"),
        ("::1", "[::1]:80", "http://[::1]:80/"),
        ("[::1]", "[::1]:80", "http://[::1]:80/"),
        ("::", "[::]:80", "http://[::1]:80/"),
        ("portal.example", "portal.example:80", "http://portal.example:80/"),
    ],
)
def test_an_address_is_bound_and_shown(host, bind, url):
    where = address({"HOST": host, "PORT": "80"})
    assert (where.bind, where.url) == (bind, url)


@pytest.mark.parametrize("text", ["abc", "0", "65536", "-1", "80.5", "８０００", "123456", "8000 9000"])
def test_a_port_that_is_none_is_refused(text):
    with pytest.raises(Trouble, match=r"^PORT must be a whole number from 1 to 65535, not "):
        address({"PORT": text})


def test_a_taken_port_is_refused_with_its_number():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(Trouble, match=rf"^Port {port} on 127\.0\.0\.1 is taken by another program"):
            check_free(Address("127.0.0.1", port))
    check_free(Address("127.0.0.1", port))


def test_a_host_that_is_not_this_machine_is_refused():
    with pytest.raises(Trouble, match=r"^HOST must be an address of this machine, not '192\.0\.2\.1'"):
        check_free(Address("192.0.2.1", 8000))


@pytest.mark.parametrize("name", ["SECRET_KEY", "LEDGER_KEY", "SIGNING_PASSPHRASE", "ALLOWED_HOSTS"])
def test_what_a_named_database_needs_beside_it(name):
    check_names(COMPLETE)
    with pytest.raises(Trouble, match=f"^{name} must be set when DATABASE_URL is set"):
        check_names({**COMPLETE, name: " "})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "nonsense"),
        ("DATABASE_URL", "mysql://portal@db/portal"),
        ("DATABASE_URL", "postgres://portal:hidden@db:port/portal"),
        ("DATABASE_URL", "postgres://portal:hidden@db:5432"),
        ("REDIS_URL", "nonsense"),
        ("REDIS_URL", "http://hidden@redis:6379"),
    ],
)
def test_an_address_of_the_wrong_shape_is_refused_without_showing_it(name, value):
    with pytest.raises(Trouble, match=f"^{name} must look like ") as refusal:
        check_names({**COMPLETE, name: value})
    assert "hidden@" not in str(refusal.value)


def test_a_ledger_key_of_the_wrong_shape_is_refused():
    with pytest.raises(Trouble, match=r"^LEDGER_KEY must be 64 hexadecimal digits"):
        check_names({"LEDGER_KEY": "abc"})


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("DATABASE_URL", "postgres://portal:hidden@127.0.0.1:{port}/portal"),
        ("REDIS_URL", "redis://:hidden@127.0.0.1:{port}/0"),
    ],
)
def test_a_server_that_does_not_answer_is_named_without_its_password(name, url):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        with pytest.raises(Trouble, match=rf"^{name}: 127\.0\.0\.1:{port} does not let us in: ") as refusal:
            check_reachable({name: url.format(port=port)})
    assert "hidden" not in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_only_servers_nobody_named_are_ours_to_start():
    assert unnamed({}) == ("DATABASE_URL", "REDIS_URL")
    assert unnamed({"DATABASE_URL": "x", "REDIS_URL": ""}) == ("REDIS_URL",)
    assert unnamed({"DATABASE_URL": "x", "REDIS_URL": "x"}) == ()


def test_a_named_database_gets_accounts_with_public_passwords_only_when_asked():
    assert wants_demonstration({})
    assert not wants_demonstration({"DEMONSTRATION": "0"})
    assert not wants_demonstration(COMPLETE)
    assert wants_demonstration({**COMPLETE, "DEMONSTRATION": "1"})
    with pytest.raises(Trouble, match=r"^DEMONSTRATION must be 1 or 0, not 'maybe'"):
        check_names({"DEMONSTRATION": "maybe"})
