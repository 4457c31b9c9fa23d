"""What a command is given, instead of reaching for the process: streams, clock, environment, places."""

from __future__ import annotations

import errno
import io
import os
import sys
import time
from typing import TYPE_CHECKING, BinaryIO, TextIO, cast

from ptktctl.errors import InputError, StoreLockedError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any, Literal

    import click

    from ptktctl.store.places import Places

    Audit = Literal["use", "change", "look"]


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
    """Show a prompt on the terminal and read a line without echo, whatever standard input is.

    Raises:
        InputError: the terminal was closed (Ctrl-D).
    """
    from getpass import getpass

    try:
        return getpass(prompt)
    except EOFError:
        raise InputError("nothing was typed at the prompt") from None


class Use:
    """What the audit trail is to know of the command that runs; `recording` writes it.

    Attributes:
        action: the words of the command, such as "key.rotate".
        kind: a "use" of a key, a "change" of the store, or no more than a "look".
        params, values: of the command line; the APPLIDs, user IDs and the like among them are recorded.
        applids, userids, group, key: those of them that were found in another way.
        outcome: what came of it, in a word that tells no secret; "done" unless a command says otherwise. A look with
            an outcome of its own is recorded like a use.
        counts: how many tickets came to which outcome, by APPLID and outcome, where there may be many.
        is_recorded: whether its end is in the log.
    """

    __slots__ = (
        "action", "applids", "counts", "group", "is_recorded", "key", "kind", "outcome", "params", "userids", "values"
    )  # fmt: skip

    def __init__(
        self,
        action: str = "",
        kind: Audit = "look",
        params: Sequence[click.Parameter] = (),
        values: Mapping[str, Any] | None = None,
    ) -> None:
        self.action = action
        self.kind = kind
        self.params = params
        self.values = values or {}
        self.applids: list[str] = []
        self.userids: list[str] = []
        self.group: str | None = None
        self.key: str | None = None
        self.outcome: str | None = None
        self.counts: dict[tuple[str, str], int] = {}
        self.is_recorded = False

    def count(self, applid: str, outcome: str, number: int = 1) -> None:
        """Count tickets of one APPLID that came to the same outcome."""
        self.counts[applid, outcome] = self.counts.get((applid, outcome), 0) + number

    def is_due(self, error: BaseException | None) -> bool:
        """Whether there is something to record: not of a call that was wrong before it came to any key."""
        if self.is_recorded:
            return False
        if self.kind == "use":
            return bool(self.applids or self.counts) or not isinstance(error, InputError)
        return self.kind == "change" or self.outcome is not None or isinstance(error, StoreLockedError)


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
        use: what the audit trail is to know of the command.
    """

    __slots__ = ("ask_secret", "clock", "color", "environ", "stderr", "stdin", "stdout", "use")

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
        self.use = Use()

    def places(self) -> Places:
        """Where this user's definitions, sealed keys and ledger lie; a restore that was cut off is finished first."""
        from ptktctl.store.files import is_restoring
        from ptktctl.store.places import Places

        places = Places.locate(self.environ)
        if is_restoring(places.keys) or is_restoring(places.definitions):
            from ptktctl.store.restoring import finish_any

            finish_any(places)
        return places

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
