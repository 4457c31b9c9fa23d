"""Running commands in a test: in this process with streams and a clock of its own, or as a process.

Whatever a command says is searched, at the end of the test, for every key and passphrase that was used in it.
"""

import base64
import errno
import io
import json
import os
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

import ptktctl
from ptktctl.commands import selection
from ptktctl.commands.context import Context
from ptktctl.commands.root import main
from ptktctl.store import sealing

NOW = 1_700_000_000
# So that a process started in another folder finds the package that is tested, installed or not.
PACKAGE_HOME = str(Path(ptktctl.__file__).parents[1])
# A shorter one could be met by chance.
SHORTEST_SECRET = 6


@dataclass(frozen=True, slots=True)
class Ran:
    """What came of a command."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        parsed = json.loads(self.out)
        assert isinstance(parsed, dict)
        return parsed


class Terminal(io.StringIO):
    """A stream that a person looks at."""

    def isatty(self) -> bool:
        return True


class TerminalInput(io.BytesIO):
    """A keyboard."""

    def isatty(self) -> bool:
        return True


@dataclass
class Secrets:
    """The secrets a test has used, and all that its commands have said."""

    known: set[bytes] = field(default_factory=set)
    said: list[tuple[Sequence[str], str]] = field(default_factory=list)

    def learn(self, secret: bytes | str) -> None:
        data = secret.encode("utf-8", "surrogateescape") if isinstance(secret, str) else secret
        if len(data.strip()) >= SHORTEST_SECRET:
            self.known.add(data.strip())

    def hear(self, arguments: Sequence[str], said: str) -> None:
        if not {"--reveal", "--reveal-key"} & set(arguments):
            self.said.append((arguments, said))

    def search(self) -> list[Sequence[str]]:
        """The command lines whose output holds a secret in any form."""
        forms = [form for secret in self.known for form in forms_of(secret)]
        return [arguments for arguments, said in self.said if any(form in said.casefold() for form in forms)]


def forms_of(secret: bytes) -> list[str]:
    """A secret as it could be printed, case aside: raw, hexadecimal, base64 of both alphabets, escaped."""
    raw = secret.decode("utf-8", "backslashreplace")
    encoded = [encode(secret).decode().rstrip("=") for encode in (base64.b64encode, base64.urlsafe_b64encode)]
    return [form.casefold() for form in (raw, secret.decode("latin-1"), secret.hex(), repr(secret)[2:-1], *encoded)]


@pytest.fixture
def secrets(monkeypatch: pytest.MonkeyPatch) -> Iterator[Secrets]:
    """Learns every key, passphrase and unlock key that is sealed, opened or read; searches for them at the end."""
    found = Secrets()
    seal, unseal, wrap, read_key = sealing.seal, sealing.unseal, sealing.wrap, selection.read_key

    def sealed(data_key: bytes, secret: bytes, *rest: Any) -> bytes:
        found.learn(data_key)
        found.learn(secret)
        return seal(data_key, secret, *rest)

    def unsealed(*arguments: Any) -> bytes | None:
        secret = unseal(*arguments)
        found.learn(secret or b"")
        return secret

    def wrapped(data_key: bytes, secret: sealing.Secret, *rest: Any) -> sealing.Slot:
        found.learn(data_key)
        found.learn(secret.value)
        return wrap(data_key, secret, *rest)

    def read(*arguments: Any) -> Any:
        key = read_key(*arguments)
        found.learn(key.secret)
        return key

    monkeypatch.setattr(sealing, "seal", sealed)
    monkeypatch.setattr(sealing, "unseal", unsealed)
    monkeypatch.setattr(sealing, "wrap", wrapped)
    monkeypatch.setattr(selection, "read_key", read)
    yield found
    assert found.search() == []


@dataclass
class Cli:
    """Commands run in this process, in one home, with a clock that stands still."""

    home: Path
    environ: dict[str, str]
    secrets: Secrets
    now: int = NOW
    answers: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    ran: list[Ran] = field(default_factory=list)

    def __call__(self, line: str, stdin: bytes | str = b"", *, terminal: bool = False) -> Ran:
        """Run a command line split at blanks."""
        return self.run(line.split(), stdin, terminal=terminal)

    def run(
        self, arguments: Sequence[str], stdin: bytes | str = b"", *, terminal: bool = False, keyboard: bool = False
    ) -> Ran:
        """Run a command.

        Args:
            terminal: whether a person sees its output and can be asked.
            keyboard: whether standard input is a person too.
        """
        data = stdin.encode() if isinstance(stdin, str) else stdin
        streams = (Terminal(), Terminal()) if terminal else (io.StringIO(), io.StringIO())
        context = Context(
            stdin=TerminalInput(data) if keyboard else io.BytesIO(data),
            stdout=streams[0],
            stderr=streams[1],
            environ=self.environ,
            clock=lambda: self.now,
            ask_secret=self._answer,
        )
        if list(arguments[:2]) == ["key", "set"]:
            self.secrets.learn(data)
        self.secrets.learn(self.environ.get("PTKTCTL_PASSPHRASE", ""))
        ran = Ran(main(arguments, context), streams[0].getvalue(), streams[1].getvalue())
        self.ran.append(ran)
        self.secrets.hear(arguments, ran.out + ran.err)
        return ran

    def ok(self, line: str, stdin: bytes | str = b"") -> Ran:
        """Run a command line that has to succeed."""
        ran = self(line, stdin)
        assert ran.status == 0, ran
        return ran

    def refused(self, line: str, *said: str, stdin: bytes | str = b"", status: int = 2) -> Ran:
        """Run a command line that has to fail in one to three lines that hold all of `said`, and print nothing."""
        ran = self(line, stdin)
        assert (ran.status, ran.out) == (status, ""), ran
        assert 1 <= len(ran.err.splitlines()) <= 3, ran
        assert ran.err.startswith("ptktctl: "), ran
        assert [text for text in said if text not in ran.err] == [], ran
        return ran

    def outputs(self) -> str:
        """All that any command of this test has said."""
        return "".join(ran.out + ran.err for ran in self.ran)

    def _answer(self, prompt: str) -> str:
        assert self.answers, f"asked unexpectedly: {prompt}"
        self.asked.append(prompt)
        if not prompt.startswith(("ticket", "check value")):
            self.secrets.learn(self.answers[0])
        return self.answers.pop(0)


@pytest.fixture
def cli(tmp_path: Path, secrets: Secrets, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """A home with nothing in it."""
    monkeypatch.setattr("ptktctl.commands.context._has_controlling_terminal", lambda: True)
    return Cli(tmp_path / "home", {"PTKTCTL_HOME": str(tmp_path / "home"), "COLUMNS": "100"}, secrets)


@pytest.fixture
def stored(cli: Cli, tmp_path: Path) -> Cli:
    """A home with a store unlocked by a key file, FEKAPPL defined, and a legacy key for it."""
    cli.ok(f"init --key-file {tmp_path}/unlock.key")
    cli.ok("applid add FEKAPPL --component rse")
    cli.ok("key generate FEKAPPL")
    return cli


Process = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def process(tmp_path: Path, secrets: Secrets) -> Process:
    """Run `ptktctl` as a process without a terminal: `process("gen", "-u", "IBMUSER", input="...")`."""
    surroundings = {**os.environ, "PYTHONPATH": PACKAGE_HOME}

    def run(
        *arguments: str | bytes, environ: Mapping[str, str] | None = None, **settings: Any
    ) -> "subprocess.CompletedProcess[str]":
        streams: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        if "input" not in settings:
            streams["stdin"] = subprocess.DEVNULL
        ran = subprocess.run(
            [sys.executable, "-m", "ptktctl", *arguments],
            env={**surroundings, "PTKTCTL_HOME": str(tmp_path / "home"), **(environ or {})},
            text=True,
            timeout=60,
            start_new_session=True,
            check=False,
            **{**streams, **settings},
        )
        secrets.hear([os.fsdecode(argument) for argument in arguments], (ran.stdout or "") + (ran.stderr or ""))
        return ran

    return run


# A session of its own on a terminal of its own, as a terminal window gives it to a shell.
ON_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execvp(sys.argv[1], sys.argv[1:])
"""


class Screen:
    """A command on a real terminal, typed at and read from."""

    def __init__(self, environ: Mapping[str, str], command: Sequence[str]) -> None:
        self._side, terminal = os.openpty()
        self.running = subprocess.Popen(
            [sys.executable, "-c", ON_TERMINAL, *command],
            env=dict(environ),
            start_new_session=True,
            stdin=terminal,
            stdout=terminal,
            stderr=terminal,
        )
        os.close(terminal)
        self.seen = ""
        self._prompted = 0

    def wait_for(self, text: str) -> None:
        while text not in self.seen:
            assert self._read(), f"ended with {self.seen!r}"

    def wait_for_prompt(self, prompt: str) -> None:
        """Wait until what came since the last time ends with a prompt: then nothing more will come by itself."""
        start = self._prompted
        while prompt not in self.seen[start:]:
            assert self._read(), f"ended with {self.seen!r}"
        self._prompted = self.seen.rindex(prompt) + len(prompt)

    def wait_for_hidden(self, text: str) -> None:
        """Wait for a prompt, and until what is typed is not shown."""
        self.wait_for(text)
        while termios.tcgetattr(self._side)[3] & termios.ECHO:
            time.sleep(0.01)

    def type(self, text: str) -> None:
        os.write(self._side, text.encode())

    def end(self) -> int:
        while self._read():
            pass
        os.close(self._side)
        return self.running.wait(timeout=60)

    def _read(self) -> bool:
        try:
            data = os.read(self._side, 4096)
        except OSError as error:
            if error.errno != errno.EIO:  # what Linux says when the other side is closed
                raise
            return False
        self.seen += data.decode()
        return bool(data)


@pytest.fixture
def on_terminal() -> Iterator[Callable[..., Screen]]:
    """Run a command on a real terminal: `on_terminal("bash", "-i", environ={...})`."""
    opened: list[Screen] = []

    def start(*command: str, environ: Mapping[str, str]) -> Screen:
        surroundings = {**os.environ, "TERM": "xterm", "PYTHONPATH": PACKAGE_HOME}
        for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS"):
            surroundings.pop(name, None)
        opened.append(Screen({**surroundings, **{k: v for k, v in environ.items() if k != "COLUMNS"}}, command))
        return opened[-1]

    yield start
    for each in opened:
        each.running.kill()
        each.running.wait()
