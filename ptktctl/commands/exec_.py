"""ptktctl exec: run a command with a PassTicket."""

from __future__ import annotations

import errno
import os
import re
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

import click

from ptktctl.commands.catalog import example_epilog
from ptktctl.commands.context import Context
from ptktctl.commands.making import find_maker, fresh_option, maker_options, second_to_make
from ptktctl.commands.parameters import Command
from ptktctl.commands.recording import record
from ptktctl.errors import InputError, PtktctlError

if TYPE_CHECKING:
    from collections.abc import Mapping

VARIABLE = "PTKTCTL_TICKET"
SHELL = "/bin/sh"
INTERPRETER_HINT = "if it is a script: does its first line name an interpreter that is there, as #!/bin/sh does?"
# What opens the store is no business of the command. (PTKTCTL_HOME and PTKTCTL_APPLID hold no secret.)
WITHHELD = ("PTKTCTL_PASSPHRASE", "PTKTCTL_EXPORT_PASSPHRASE", "PTKTCTL_KEY_FILE", "PTKTCTL_LEDGER")


class CommandNotFoundError(PtktctlError):
    """There is no such command; with the status that shells give for it."""

    exit_status: ClassVar[int] = 127


class CommandNotExecutableError(PtktctlError):
    """The command is there but can't be run; with the status that shells give for it."""

    exit_status: ClassVar[int] = 126


@click.command(
    "exec",
    cls=Command,
    audit="use",
    context_settings={"allow_interspersed_args": False},
    epilog=example_epilog(
        """
        ptktctl exec -u IBMUSER -a FEKAPPL -- ./logon.sh
        ptktctl exec -u IBMUSER -a IZUDFLT --env ZOSMF_PASSWORD -- python3 submit.py
        ptktctl exec -u IBMUSER -a CICSPROD --fresh --stdin -- ./signon --password-from-stdin
        """
    ),
)
@maker_options
@click.option("--env", metavar="NAME", help=f"The environment variable that holds the ticket; default {VARIABLE}.")
@click.option(
    "--stdin", "as_input", is_flag=True, help="Give the ticket as the line that standard input holds instead."
)
@fresh_option
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED, metavar="COMMAND...")
@click.pass_context
def exec_(
    ctx: click.Context,
    /,
    env: str | None,
    as_input: bool,
    fresh: bool,
    ledger: str | None,
    command: tuple[str, ...],
    **options: Any,
) -> NoReturn:
    """Run a command with a PassTicket made for it at the last moment.

    The ticket is handed over in an environment variable, or with --stdin as the one line that standard input holds;
    never as an argument, which other users of the machine can see. ptktctl becomes the command: its status and the
    signals sent to it are the command's own. 127: there is no such command; 126: it can't be run.

    PTKTCTL_PASSPHRASE, PTKTCTL_EXPORT_PASSPHRASE and what else begins so, PTKTCTL_KEY_FILE and PTKTCTL_LEDGER are not
    handed down.
    """
    context = ctx.ensure_object(Context)
    if as_input and env is not None:
        raise InputError("--env and --stdin exclude each other")
    variable = _variable(env)
    program = find_command(command[0], context.environ)
    maker = find_maker(context, **options)
    environ = {name: value for name, value in context.environ.items() if not name.startswith(WITHHELD)}
    ticket = maker.ticket(second_to_make(context, maker, fresh=fresh, ledger=ledger))
    context.use.outcome = "made"
    record(context)
    if as_input:
        _put_on_stdin(ticket)
    else:
        environ[variable] = ticket
    _become(context, program, command, environ)


def _variable(env: str | None) -> str:
    if env is None:
        return VARIABLE
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", env):
        raise InputError(f"--env {env!r} is not a name for a variable", "letters, digits and _, not a digit first")
    return env


def find_command(name: str, environ: Mapping[str, str]) -> str:
    """The path of a command as a shell finds it: in the folders of PATH unless its name holds a slash.

    Raises:
        CommandNotFoundError: it is nowhere.
        CommandNotExecutableError: what is there can't be executed.
    """
    folders = [""] if "/" in name else os.get_exec_path(environ)
    paths = [path for folder in folders if os.path.lexists(path := os.path.join(folder, name)) and name]
    for path in paths:
        if os.path.isfile(path) and os.access(path, os.X_OK):
            return path
    if not paths:
        raise CommandNotFoundError(f"{name!r}: command not found")
    raise CommandNotExecutableError(
        f"{paths[0]}: is a folder" if os.path.isdir(paths[0]) else f"{paths[0]}: not executable"
    )


def _put_on_stdin(ticket: str) -> None:
    """Make standard input a pipe that holds the ticket's line and then ends; so short a line never blocks."""
    reading, writing = os.pipe()
    os.write(writing, f"{ticket}\n".encode())
    os.close(writing)
    if reading:
        os.dup2(reading, 0)
        os.close(reading)
    else:
        # There was no standard input, so the pipe has become it; but so far it is closed when the command begins.
        os.set_inheritable(reading, True)


def _become(context: Context, program: str, command: tuple[str, ...], environ: Mapping[str, str]) -> NoReturn:
    import signal

    # Python ignores these, and what is ignored stays so; a command shall end quietly when its reader does, and when a
    # file becomes larger than is allowed.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    context.stdout.flush()
    context.stderr.flush()
    try:
        try:
            os.execve(program, command, environ)  # noqa: S606 - running it, without a shell, is what was asked for
        except OSError as error:
            if error.errno != errno.ENOEXEC:
                raise
            # A script that names no interpreter is the shell's, as for execvp (POSIX, "exec").
            os.execve(SHELL, ("sh", program, *command[1:]), environ)  # noqa: S606
    except FileNotFoundError:
        raise CommandNotFoundError(f"{program}: what runs it is not there", INTERPRETER_HINT) from None
    except OSError as error:
        raise CommandNotExecutableError(f"{program}: can't be run: {error.strerror}") from None
