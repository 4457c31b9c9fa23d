"""The whole terminal as a display that is drawn anew while keys are read, and given back as it was."""

from __future__ import annotations

import os
import re
import signal
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from ptktctl.commands.terminal import width

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import FrameType

    from ptktctl.commands.context import Context

# xterm's control sequences, which terminals have in common: the alternate screen (so that nothing stays in the
# scrollback), the cursor, the wrapping of long lines.
ENTER = "\x1b[?1049h\x1b[?25l\x1b[?7l"
LEAVE = "\x1b[?7h\x1b[?25h\x1b[?1049l"
HOME, REST_OF_LINE, REST_OF_SCREEN = "\x1b[H", "\x1b[K", "\x1b[J"
# Arrows and the like send several characters, which are no keys of ours: control sequences (ECMA-48) and ESC O x.
FUNCTION_KEY = r"\x1b(\[[0-?]*[ -/]*[@-~]|O.|[^\[O])?"
MOST_KEYS = 64


def can_be_drawn_on(context: Context) -> bool:
    """Whether stdout is a terminal that understands control sequences."""
    return context.stdout.isatty() and context.environ.get("TERM") not in (None, "", "dumb")


class Screen:
    """What is drawn on, and where keys come from."""

    __slots__ = ("_context", "_drawn", "_input", "_modes", "_output")

    def __init__(self, context: Context) -> None:
        self._context = context
        self._output = context.stdout.fileno()
        self._input = _keyboard(context)
        self._modes: list[int | list[bytes | int]] | None = None
        self._drawn: object = None

    @property
    def has_keys(self) -> bool:
        """Whether keys can be read."""
        return self._input is not None

    def size(self) -> tuple[int, int]:
        """Columns and rows that can be filled, at this moment.

        The last column stays free: after a full row the cursor stands on its last character, which would be erased.
        """
        from shutil import get_terminal_size

        return width(self._context) - 1, get_terminal_size().lines

    def draw(self, lines: Sequence[str]) -> None:
        """Show lines, each short enough for a row; nothing is sent when they are shown already."""
        wanted = (tuple(lines), self.size())
        if wanted != self._drawn:
            self._send(HOME + f"{REST_OF_LINE}\r\n".join(lines) + REST_OF_LINE + REST_OF_SCREEN)
            self._drawn = wanted

    def keys(self, patience: float) -> str:
        """The keys struck until now, waiting that many seconds for one; "q" when the terminal is gone."""
        from select import select

        ready, _, _ = select([] if self._input is None else [self._input], [], [], patience)
        if not ready or self._input is None:
            return ""
        struck = os.read(self._input, MOST_KEYS)
        return re.sub(FUNCTION_KEY, "", struck.decode("latin-1")) if struck else "q"

    def enter(self) -> None:
        """Take the terminal: keys come at once and unseen."""
        if self._input is not None:
            import termios
            import tty

            self._modes = termios.tcgetattr(self._input)
            tty.setcbreak(self._input)
        self._send(ENTER)
        self._drawn = None

    def leave(self) -> None:
        """Give the terminal back, as far as it is still there."""
        import termios

        with suppress(OSError):
            self._send(LEAVE)
        if self._input is not None and self._modes is not None:
            with suppress(termios.error):
                termios.tcsetattr(self._input, termios.TCSANOW, self._modes)

    def _send(self, text: str) -> None:
        # Not through the stream: a signal handler must be able to write while something else is being written.
        data = text.encode(self._context.stdout.encoding, "replace")
        while data:
            data = data[os.write(self._output, data) :]


def _keyboard(context: Context) -> int | None:
    """Where keys come from: standard input, or the terminal itself where that is something else; None without one."""
    if context.stdin.isatty():
        return context.stdin.fileno()
    try:
        return os.open("/dev/tty", os.O_RDONLY | os.O_CLOEXEC | os.O_NOCTTY)
    except OSError:
        return None


@contextmanager
def taken(context: Context) -> Iterator[Screen]:
    """Take the terminal and give it back whatever happens: an error, a signal that ends it; and while suspended."""
    screen = Screen(context)

    def end(number: int, _frame: FrameType | None) -> None:
        sys.exit(128 + number)

    def suspend(_number: int, _frame: FrameType | None) -> None:
        screen.leave()
        os.kill(os.getpid(), signal.SIGSTOP)
        screen.enter()

    ends = dict.fromkeys((signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT), end)
    handlers = {**ends, signal.SIGTSTP: suspend}
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        screen.enter()
        yield screen
    finally:
        screen.leave()
        for number, handler in before.items():
            signal.signal(number, handler)
