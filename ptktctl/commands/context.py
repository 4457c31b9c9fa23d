"""What a command is given, instead of reaching for the process: streams, clock, environment, places."""

from __future__ import annotations

import errno
import io
import os
import sys
import time
from typing import TYPE_CHECKING, BinaryIO, TextIO, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ptktctl.store.places import Places


def _now() -> int:
    return int(time.time())


class _Closed(io.TextIOBase):
    """Standard output of a process that was started without one (`>&-`): an answer that goes nowhere is an error."""

    def write(self, _text: str, /) -> int:
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))


def _stdin() -> BinaryIO:
    return sys.stdin.buffer if sys.stdin else io.BytesIO()


def _stdout() -> TextIO:
    if isinstance(sys.stdout, io.TextIOWrapper):
        # What the terminal's encoding has no character for, or what is none in a file's name, shows as an escape.
        sys.stdout.reconfigure(errors="backslashreplace")
    return sys.stdout or cast("TextIO", _Closed())


def _ask_secret(prompt: str) -> str:
    from ptktctl.commands.terminal import ask_secret

    return ask_secret(prompt)


class Context:
    """The surroundings of one command.

    Attributes:
        stdin: standard input as bytes: a key, a ticket, a file to lint.
        stdout: the result and nothing else.
        stderr: prompts, progress, hints, errors.
        environ: the environment variables.
        clock: answers the current epoch second.
        ask_secret: shows a prompt on the terminal and reads a line without echo.
        color: "auto", "always" or "never".
    """

    __slots__ = ("ask_secret", "clock", "color", "environ", "stderr", "stdin", "stdout")

    def __init__(
        self,
        *,
        stdin: BinaryIO | None = None,
        stdout: TextIO | None = None,
        stderr: TextIO | None = None,
        environ: Mapping[str, str] | None = None,
        clock: Callable[[], int] = _now,
        ask_secret: Callable[[str], str] = _ask_secret,
        color: str = "auto",
    ) -> None:
        """Take what is given, and the process's own for the rest."""
        self.stdin = stdin or _stdin()
        self.stdout = stdout or _stdout()
        self.stderr = stderr or sys.stderr or io.StringIO()
        self.environ = os.environ if environ is None else environ
        self.clock = clock
        self.ask_secret = ask_secret
        self.color = color

    def places(self) -> Places:
        """Where this user's definitions, sealed keys and ledger lie."""
        from ptktctl.store.places import Places

        return Places.locate(self.environ)

    def has_terminal(self) -> bool:
        """Whether somebody sits there who sees a prompt and can answer it."""
        return self.stderr.isatty() and (self.stdin.isatty() or _has_controlling_terminal())

    def colored(self, stream: TextIO) -> bool:
        """Whether to colour what goes to a stream: --color, then NO_COLOR, FORCE_COLOR, TERM, then the terminal."""
        if self.color != "auto":
            return self.color == "always"
        if self.environ.get("NO_COLOR"):
            return False
        if self.environ.get("FORCE_COLOR"):
            return True
        return stream.isatty() and self.environ.get("TERM") != "dumb"

    def note(self, text: str) -> None:
        """Tell people something beside the result, on stderr."""
        try:
            self.stderr.write(text + "\n")
            self.stderr.flush()
        except BrokenPipeError:
            raise
        except OSError:
            return  # nobody can be told; the exit status still says it


def _has_controlling_terminal() -> bool:
    # /dev/tty is there for everybody, but opens only for a process that has a terminal.
    try:
        os.close(os.open("/dev/tty", os.O_RDWR))
    except OSError:
        return False
    return True
