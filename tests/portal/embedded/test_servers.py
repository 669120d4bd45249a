"""The private servers themselves: what was committed is there after kill -9, and the address stays."""

from __future__ import annotations

import json
import os
import signal
import stat
from contextlib import closing

import psycopg2
import pytest
import redis

from portal.embedded import Trouble, postgres, services, valkey
from portal.embedded.processes import alive, recorded, wait_until_gone
from portal.embedded.services import Var


@pytest.fixture
def var(tmp_path):
    # pytest's folders are closed to other users; root may have to run Postgres as one.
    for folder in (tmp_path.parent.parent, tmp_path.parent, tmp_path):
        if os.geteuid() == 0:
            folder.chmod(0o711)
    here = Var(tmp_path / "var")
    yield here
    services.stop(here)


def addresses(var):
    return json.loads(var.addresses.read_text())


def execute(var, statement):
    with closing(psycopg2.connect(addresses(var)["DATABASE_URL"])) as connection, connection:
        cursor = connection.cursor()
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else None


def kill(var, name):
    entry = recorded(var.run, name)
    assert entry is not None
    os.kill(entry.pid, signal.SIGKILL)
    assert wait_until_gone(entry, 10)


@pytest.mark.processes
def test_rows_and_addresses_outlive_kill_9(var):
    assert services.start(var, "run") == ["DATABASE_URL", "REDIS_URL"]
    before = addresses(var)
    assert stat.S_IMODE(var.addresses.stat().st_mode) == 0o600
    execute(var, "CREATE TABLE note AS SELECT n, '办结' AS text FROM generate_series(1, 1000) AS n")
    with closing(redis.Redis.from_url(before["REDIS_URL"])) as store:
        store.set("kept", "yes")
        store.execute_command("WAITAOF", 1, 0, 5000)
    for _ in range(3):
        kill(var, "postgres")
        kill(var, "valkey")
        assert services.start(var, "run") == ["DATABASE_URL", "REDIS_URL"]
        assert addresses(var) == before
        assert execute(var, "SELECT count(*), min(text) FROM note") == [(1000, "办结")]
        with closing(redis.Redis.from_url(before["REDIS_URL"])) as store:
            assert store.get("kept") == b"yes"
    assert services.start(var, "run") == []


@pytest.mark.processes
def test_the_portals_user_may_make_databases_but_is_no_superuser(var):
    services.start(var, "run", names=("DATABASE_URL",))
    assert execute(
        var,
        "SELECT rolcreatedb, rolsuper, current_setting('server_encoding'),"
        " current_setting('synchronous_commit') FROM pg_roles WHERE rolname = current_user",
    ) == [(True, False, "UTF8", "on")]
    assert "REDIS_URL" not in addresses(var)
    wrong = addresses(var)["DATABASE_URL"].replace("portal:", "portal:not-")
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        psycopg2.connect(wrong)


@pytest.mark.processes
def test_a_lost_address_file_gets_new_passwords_and_keeps_the_rows(var):
    services.start(var, "run")
    execute(var, "CREATE TABLE note AS SELECT 1 AS n")
    before = addresses(var)
    var.addresses.unlink()
    assert services.start(var, "run") == ["DATABASE_URL", "REDIS_URL"]
    assert addresses(var)["DATABASE_URL"] != before["DATABASE_URL"]
    assert execute(var, "SELECT n FROM note") == [(1,)]


@pytest.mark.processes
def test_servers_of_make_services_are_not_ended_with_a_run(var):
    from portal.embedded.supervisor import stop_own_services

    services.start(var, "services")
    services.start(var, "run")
    stop_own_services(var)
    assert alive(recorded(var.run, "postgres"))
    assert alive(recorded(var.run, "valkey"))
    assert services.stop(var) == ["Postgres", "Valkey"]
    services.start(var, "run")
    stop_own_services(var)
    assert services.stop(var) == []


def test_a_machine_without_any_server_gets_one_sentence_each(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setattr("shutil.which", lambda name: None)
    monkeypatch.setattr(postgres, "OLDEST", 1000)
    with pytest.raises(Trouble, match="no private Postgres for this machine"):
        postgres.binaries()
    with pytest.raises(Trouble, match="no private Valkey for this machine"):
        valkey.binary()


def test_a_cluster_of_another_version_is_named(tmp_path):
    (tmp_path / "PG_VERSION").write_text("9\n")
    with pytest.raises(Trouble, match=r"was made by Postgres 9, but here is \d+"):
        postgres.start(tmp_path, tmp_path, tmp_path / "log", 1, "run")
