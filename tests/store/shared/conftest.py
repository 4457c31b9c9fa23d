"""Servers for shared ledgers: real ones, each in a folder of its own, on a port of the loopback, with a password."""

import contextlib
import datetime
import ipaddress
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

POSTGRESQL_FOLDERS = os.pathsep.join([os.environ["PATH"], *map(str, Path("/usr/lib/postgresql").glob("*/bin"))])
REDIS_SERVER = shutil.which("redis-server")
INITDB, POSTGRES = (shutil.which(name, path=POSTGRESQL_FOLDERS) for name in ("initdb", "postgres"))
PASSWORD = f"Pa55-{secrets.token_hex(8)}"
PATIENCE = 60


class Served(Protocol):
    """A server that can be killed and started again.

    Attributes:
        url: of a ledger on it, with the password.
        host: what of the URL may be shown.
        process: the server.
    """

    url: str
    host: str
    process: subprocess.Popen[bytes]

    def start(self) -> None:
        """Start it and wait until it serves."""

    def kill(self) -> None:
        """Kill it and all its processes at once."""

    def empty(self) -> None:
        """Make its ledger forget everything."""


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def _wait_for(process: subprocess.Popen[bytes], ready: Callable[[], object], refused: type[Exception]) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            ready()
        except refused:
            assert process.poll() is None, "the server ended"
            assert time.monotonic() < deadline, "the server does not start"
            time.sleep(0.02)
        else:
            return


def _certify(certificate: str, key: str) -> None:
    """Write a key and a certificate of our own for 127.0.0.1."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ledger of a test")])
    private, today = ec.generate_private_key(ec.SECP256R1()), datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder(name, name, private.public_key(), x509.random_serial_number())
        .not_valid_before(today - datetime.timedelta(days=1))
        .not_valid_after(today + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(private, hashes.SHA256())
    )
    Path(certificate).write_bytes(made.public_bytes(serialization.Encoding.PEM))
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    Path(key).write_bytes(private.private_bytes(*form))


class RedisServer:
    """Redis as the documentation asks for it: every use is on the disk before it is answered."""

    def __init__(self, folder: str) -> None:
        self.folder, self.port = folder, _free_port()
        self.host = f"127.0.0.1:{self.port}"
        self.url = f"redis://:{PASSWORD}@{self.host}/0"
        self.socket = f"{folder}/redis.sock"
        self.tls_port = _free_port()
        self.certificate = f"{folder}/server.pem"
        _certify(self.certificate, f"{folder}/server.key")

    def start(self) -> None:
        settings = {
            "port": self.port,
            "bind": "127.0.0.1",
            "unixsocket": self.socket,
            "tls-port": self.tls_port,
            "tls-cert-file": self.certificate,
            "tls-key-file": f"{self.folder}/server.key",
            "tls-auth-clients": "no",
            "requirepass": PASSWORD,
            "dir": self.folder,
            "appendonly": "yes",
            "appendfsync": "always",
            "save": "",
        }
        assert REDIS_SERVER
        options = [word for name, value in settings.items() for word in (f"--{name}", str(value))]
        self.process = subprocess.Popen([REDIS_SERVER, *options], stdout=subprocess.DEVNULL)
        import redis

        _wait_for(self.process, lambda: self.client().ping(), redis.RedisError)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def client(self) -> Any:
        import redis

        return redis.Redis.from_url(self.url)

    def empty(self) -> None:
        self.client().flushall()


class PostgresqlServer:
    """PostgreSQL set up unkindly: unless asked otherwise, a kill loses commits, and transactions clash."""

    def __init__(self, folder: str) -> None:
        self.folder, self.port = folder, _free_port()
        self.host = f"127.0.0.1:{self.port}"
        self.url = f"postgresql://ptktctl:{PASSWORD}@{self.host}/postgres"
        # It refuses to run as root.
        self.user: dict[str, Any] = {}
        if os.geteuid() == 0:
            entry = min((each for each in pwd.getpwall() if each.pw_name in ("postgres", "nobody")), key=_last_letters)
            self.user = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
            os.chown(folder, entry.pw_uid, entry.pw_gid)
        self._make_cluster()

    def _make_cluster(self) -> None:
        assert INITDB
        password = Path(self.folder, "password")
        password.write_text(PASSWORD)
        if self.user:
            os.chown(password, self.user["user"], self.user["group"])
        command = [INITDB, "--no-sync", "--auth=scram-sha-256", "--username=ptktctl", f"--pwfile={password}"]
        locale = ["--encoding=UTF8", "--no-locale", f"--pgdata={self.folder}/data"]
        subprocess.run([*command, *locale], check=True, stdout=subprocess.DEVNULL, cwd=self.folder, **self.user)

    def start(self) -> None:
        assert POSTGRES
        settings = {
            "port": self.port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": self.folder,
            "synchronous_commit": "off",
            "wal_writer_delay": "10s",
            "default_transaction_isolation": "serializable",
        }
        options = [f"--{name}={value}" for name, value in settings.items()]
        self.process = subprocess.Popen(
            [POSTGRES, "-D", f"{self.folder}/data", *options],
            **{"stderr": subprocess.DEVNULL, "cwd": self.folder, "start_new_session": True, **self.user},
        )
        import psycopg

        _wait_for(self.process, lambda: self.execute("SELECT 1"), psycopg.OperationalError)

    def kill(self) -> None:
        # Its processes notice the death of the first one by themselves; the next start waits for them.
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def execute(self, query: Any) -> list[tuple[Any, ...]]:
        import psycopg

        writing = "-c default_transaction_read_only=off"
        with psycopg.connect(self.url, autocommit=True, options=writing) as connection:
            found = connection.execute(query)
            return found.fetchall() if found.description else []

    def empty(self) -> None:
        self.execute("DROP TABLE IF EXISTS ptktctl_used, ptktctl_forgotten")


def _last_letters(entry: pwd.struct_passwd) -> bool:
    return entry.pw_name != "postgres"


@contextlib.contextmanager
def _served(kind: Callable[[str], Served]) -> Iterator[Served]:
    """A server while it is needed; not below pytest's folder, into which only its owner may look."""
    with tempfile.TemporaryDirectory(prefix="ptktctl-", ignore_cleanup_errors=True) as folder:
        server = kind(folder)
        try:
            server.start()
            yield server
        finally:
            server.kill()


@pytest.fixture(scope="session")
def redis_server() -> Iterator[Served]:
    """A Redis, empty or not."""
    with _served(RedisServer) as server:
        yield server


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[Served]:
    """A PostgreSQL, with or without tables."""
    with _served(PostgresqlServer) as server:
        yield server
