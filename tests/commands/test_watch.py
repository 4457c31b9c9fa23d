"""ptktctl watch: on a terminal, in a pipe."""

import fcntl
import json
import os
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptktctl import ApplId, EnhancedKey, LegacyKey, UserId
from ptktctl.commands.making import Maker
from ptktctl.commands.screen import ENTER, HOME, LEAVE
from ptktctl.commands.watch import Shown, Style

NOW = 1_700_000_000
LEGACY = Maker(UserId.parse("IBMUSER"), ApplId.parse("FEKAPPL"), LegacyKey.from_hex("E001193519561977"), 600)
MIXED = Maker(UserId.parse("U"), ApplId.parse("A"), EnhancedKey(bytes(range(32))), 60)
RENDITION = re.compile(r"\x1b\[\d+m")
LINE = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ) ([A-Z0-9]{8})\n")
PATIENCE = 15
OUTER = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES", "NO_COLOR")}


def take_terminal() -> None:
    """Let a new session have standard output as its terminal, so that Ctrl-C and Ctrl-Z reach it."""
    fcntl.ioctl(1, termios.TIOCSCTTY, 0)


class Watched:
    """`ptktctl watch` on a pseudo-terminal, as its person sees it."""

    def __init__(self, *arguments: str, environ: dict[str, str], stdin: int | None = None) -> None:
        self.master, self.slave = os.openpty()
        self.before = termios.tcgetattr(self.slave)
        self.resize(80, 24)
        self.seen = ""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "ptktctl", "watch", "-u", "IBMUSER", *arguments],
            stdin=self.slave if stdin is None else stdin,
            stdout=self.slave,
            stderr=self.slave,
            env={**OUTER, "TERM": "xterm", **environ},
            start_new_session=True,
            preexec_fn=take_terminal,  # noqa: PLW1509 - no threads here
        )

    def resize(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def type(self, keys: str) -> None:
        os.write(self.master, keys.encode())

    def listen(self, seconds: float) -> str:
        """What arrives within some seconds."""
        start, end = len(self.seen), time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if select.select([self.master], [], [], left)[0]:
                self.seen += os.read(self.master, 65536).decode()
        return self.seen[start:]

    def until(self, holds: Callable[[str], object]) -> str:
        """Wait for a frame that is as it should be, and give it."""
        for _ in range(PATIENCE * 20):
            self.listen(0.05)
            *_, frame = self.seen.split(HOME)
            if HOME in self.seen and frame.endswith("\x1b[J") and holds(frame):
                return frame
        raise AssertionError(f"not seen: {self.seen!r}")

    def frame(self) -> str:
        return self.until(lambda frame: True)

    def ended(self) -> int:
        """Wait for the end, which has to leave the terminal as it was; the status."""
        status = self.process.wait(PATIENCE)
        self.listen(0.1)
        assert self.seen.endswith(LEAVE), self.seen
        assert self.seen.count(ENTER) == self.seen.count(LEAVE)
        assert termios.tcgetattr(self.slave) == self.before
        return status


@pytest.fixture
def watch(stored: Any) -> Iterator[Callable[..., Watched]]:
    started: list[Watched] = []

    def start(*arguments: str, stdin: int | None = None, **environ: str) -> Watched:
        started.append(Watched(*arguments, environ={"PTKTCTL_HOME": str(stored.home), **environ}, stdin=stdin))
        return started[-1]

    yield start
    for each in started:
        each.process.kill()
        each.process.wait()
        os.close(each.master)
        os.close(each.slave)


def ticket_of(frame: str) -> str:
    """The ticket, alone on its line."""
    lines = [RENDITION.sub("", line).rstrip("\r").removesuffix("\x1b[K") for line in frame.split("\n")]
    (found,) = [line for line in lines if re.fullmatch(r"[A-Z0-9]{8}|\*{8}", line)]
    return found


@given(now=st.integers(0, 29), columns=st.integers(1, 120), rows=st.integers(1, 30), color=st.booleans())
def test_the_display_fits_every_terminal(now: int, columns: int, rows: int, color: bool) -> None:
    shown = Shown(LEGACY, 30)
    shown.renew(NOW)
    lines = shown.lines(NOW + now, columns, rows, Style(color, "█░"))
    plain = [RENDITION.sub("", line) for line in lines]
    assert len(lines) <= rows
    assert max(map(len, plain)) <= columns
    assert shown.ticket[:columns] in plain
    assert color or plain == lines


def test_the_bar_is_as_long_as_the_seconds_left() -> None:
    style = Style(False, "#-")
    assert style.bar(30, 30, 80) == "#" * 30 + " 30 s"
    assert style.bar(10, 30, 80) == "#" * 10 + "-" * 20 + " 10 s"
    assert style.bar(1, 600, 80) == "#" + "-" * 29 + " 1 s"
    assert style.bar(15, 30, 15) == "#" * 5 + "-" * 5 + " 15 s"


@pytest.mark.parametrize("maker", [LEGACY, MIXED])
def test_a_ticket_is_renewed_when_its_time_is_over_or_the_clock_set_back(maker: Maker) -> None:
    shown = Shown(maker, 30)
    clock = [0, 1, 29, 30, 59, 60, 500, 499, 499]
    assert [shown.renew(NOW + now) for now in clock] == [True, False, False, True, False, True, True, True, False]
    assert shown.ticket == maker.ticket(NOW + 499)


def test_a_hidden_ticket_is_nowhere_on_the_display() -> None:
    shown = Shown(LEGACY, 30, hidden=True)
    shown.renew(NOW)
    lines = "\n".join(shown.lines(NOW, 80, 24, Style(True, "█░")))
    assert shown.ticket not in lines
    assert "*" * 8 in lines


def test_keys_on_a_terminal(watch: Callable[..., Watched]) -> None:
    terminal = watch()
    frame = terminal.frame()
    ticket = ticket_of(frame)
    assert "IBMUSER for FEKAPPL (legacy)" in frame
    assert "█" in frame
    terminal.type("h")
    assert ticket_of(terminal.until(lambda frame: "shows the ticket" in frame)) == "********"
    terminal.type("\x1b[A\x1bOq\x1b[6~xH")
    assert ticket_of(terminal.until(lambda frame: "hides the ticket" in frame)) == ticket
    terminal.type("q")
    assert terminal.ended() == 0


def test_keys_come_from_the_terminal_where_standard_input_is_something_else(watch: Callable[..., Watched]) -> None:
    terminal = watch(stdin=subprocess.DEVNULL)
    assert "h hides the ticket, q ends" in terminal.frame()
    terminal.type("h")
    assert ticket_of(terminal.until(lambda frame: "shows the ticket" in frame)) == "********"
    terminal.type("q")
    assert terminal.ended() == 0


def test_keys_that_can_not_be_read_are_not_told() -> None:
    shown = Shown(LEGACY, 30)
    shown.renew(NOW)
    assert shown.lines(NOW, 80, 24, Style(False, "#-"), has_keys=False)[-1] == "Ctrl-C ends"


def test_what_is_typed_is_not_echoed_and_nothing_is_drawn_in_vain(watch: Callable[..., Watched]) -> None:
    terminal = watch("--every", "600")
    terminal.frame()
    terminal.type("xyz")
    assert 1 <= terminal.listen(2.0).count(HOME) <= 3
    assert "xyz" not in terminal.seen


def test_a_new_ticket_when_the_old_ones_time_is_over(watch: Callable[..., Watched]) -> None:
    terminal = watch("--every", "2")
    first = ticket_of(terminal.frame())
    assert ticket_of(terminal.until(lambda frame: first not in frame)) != first


def test_it_follows_the_size_of_the_terminal(watch: Callable[..., Watched]) -> None:
    terminal = watch()
    assert "q ends" in terminal.frame()
    terminal.resize(12, 2)
    small = terminal.until(lambda frame: "q ends" not in frame)
    assert len(small.split("\n")) == 2
    assert len(ticket_of(small)) == 8
    terminal.resize(80, 24)
    terminal.until(lambda frame: "q ends" in frame)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT])
def test_a_signal_leaves_the_terminal_as_it_was(watch: Callable[..., Watched], number: signal.Signals) -> None:
    terminal = watch()
    terminal.frame()
    terminal.process.send_signal(number)
    assert terminal.ended() == 128 + number


def test_control_c_ends_it(watch: Callable[..., Watched]) -> None:
    terminal = watch()
    terminal.frame()
    terminal.type("\x03")
    assert terminal.ended() == 130
    assert "Traceback" not in terminal.seen


def test_suspended_it_gives_the_terminal_back(watch: Callable[..., Watched]) -> None:
    terminal = watch()
    ticket = ticket_of(terminal.frame())
    terminal.type("\x1a")
    os.waitid(os.P_PID, terminal.process.pid, os.WSTOPPED)
    terminal.listen(0.1)
    assert terminal.seen.endswith(LEAVE)
    assert termios.tcgetattr(terminal.slave) == terminal.before
    terminal.process.send_signal(signal.SIGCONT)
    assert ticket in terminal.frame()
    terminal.type("q")
    assert terminal.ended() == 0


def test_no_color(watch: Callable[..., Watched]) -> None:
    assert RENDITION.search(watch().frame())
    assert not RENDITION.search(watch(NO_COLOR="1").frame())
    assert not RENDITION.search(watch("--color", "never").frame())


def test_a_terminal_without_blocks_gets_a_bar_of_ascii(watch: Callable[..., Watched]) -> None:
    assert "#####" in watch(PYTHONIOENCODING="ascii").frame()


@pytest.mark.parametrize("term", ["dumb", ""])
def test_a_terminal_that_can_not_be_drawn_on_gets_lines(watch: Callable[..., Watched], term: str) -> None:
    terminal = watch("--every", "1", TERM=term)
    deadline = time.monotonic() + PATIENCE
    while terminal.seen.count("\n") < 2 and time.monotonic() < deadline:
        terminal.listen(0.1)
    first, second = terminal.seen.replace("\r", "").splitlines(keepends=True)[:2]
    assert LINE.fullmatch(first)
    assert LINE.fullmatch(second)


def piped(stored: Any, *arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "ptktctl", "watch", "-u", "IBMUSER", *arguments],
        env={**os.environ, **stored.environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_line_for_each_ticket_in_a_pipe(stored: Any) -> None:
    with piped(stored, "--every", "1") as process:
        assert process.stdout
        assert process.stderr
        lines = [LINE.fullmatch(process.stdout.readline()) for _ in range(3)]
        process.send_signal(signal.SIGINT)
        assert process.stderr.read() == ""
    assert process.returncode == 130
    made = [int(datetime.fromisoformat(line[1]).timestamp()) for line in lines if line]
    assert made == sorted(set(made))
    for line, second in zip(lines, made, strict=True):
        assert line
        stored.now = int(time.time())
        assert stored.ok(f"verify -u IBMUSER --format json {line[2]}").json["generated_epoch"] == second


def test_it_ends_when_nobody_reads_any_longer(stored: Any) -> None:
    with piped(stored, "--every", "600") as process:
        assert process.stdout
        assert process.stderr
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(PATIENCE) == 141
        assert process.stderr.read() == ""


def test_json_lines(stored: Any) -> None:
    with piped(stored, "--format", "jsonl") as process:
        assert process.stdout
        line = json.loads(process.stdout.readline())
        process.kill()
    assert line["schema"] == "ptktctl.watch/1"
    assert (line["userid"], line["applid"], line["window_seconds"]) == ("IBMUSER", "FEKAPPL", 600)
    assert line["generated_epoch"] <= time.time()
    assert re.fullmatch("[A-Z0-9]{8}", line["ticket"])


# Each look at the clock finds the next second, however long it really takes to come to it.
STEADY = """
import itertools, sys
from ptktctl.commands import watch
from ptktctl.commands.context import Context
from ptktctl.commands.root import main
seconds = itertools.count(1_700_000_000)
watch.TICK = 0.001
sys.exit(main(sys.argv[1:], Context(clock=lambda: next(seconds))))
"""


@pytest.mark.parametrize(
    ("timeout", "options", "every"), [(1, [], 1), (7, [], 7), (600, [], 30), (600, ["--every", "45"], 45)]
)
def test_a_ticket_is_not_shown_longer_than_it_serves(stored: Any, timeout: int, options: list[str], every: int) -> None:
    stored.ok("key generate FEKAPPL --enhanced")
    stored.ok(f"applid set FEKAPPL --timeout {timeout}")
    command = [sys.executable, "-c", STEADY, "watch", "-u", "IBMUSER", "--format", "jsonl", *options]
    with subprocess.Popen(command, env={**os.environ, **stored.environ}, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        shown = [json.loads(process.stdout.readline()) for _ in range(3)]
        process.kill()
    made = [each["generated_epoch"] for each in shown]
    assert [later - made[0] for later in made] == [0, every, 2 * every]
    assert {each["window_seconds"] for each in shown} == {timeout}


def test_no_longer_interval_than_tickets_serve_can_be_asked_for(stored: Any) -> None:
    stored.ok("key generate FEKAPPL --enhanced")
    stored.ok("applid set FEKAPPL --timeout 1")
    stored.refused("watch -u IBMUSER --every 2", "--every 2", "1 s")
    stored.refused("watch -u IBMUSER --every 0", "--every")
