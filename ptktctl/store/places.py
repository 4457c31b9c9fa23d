"""Where each file of the store lies, and who may read it."""

import os
import stat
from collections.abc import Mapping
from typing import Self

from ptktctl.errors import UnsafePermissionsError
from ptktctl.record import Record

HOME = "PTKTCTL_HOME"
OTHERS = stat.S_IRWXG | stat.S_IRWXO
OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
READERS, WRITERS = stat.S_IRGRP | stat.S_IROTH, OTHERS_WRITE


class Places(Record):
    """The files of one store, as absolute paths; none of them need exist.

    Attributes:
        definitions: applids.toml, the APPLIDs and their settings. No secret in it.
        keys: keys.toml, the sealed keys.
        ledger: used.db, the used tickets.
        audit: audit.jsonl, who used or changed what, and when. No secret in it.
    """

    definitions: str
    keys: str
    ledger: str
    audit: str

    @classmethod
    def locate(cls, environ: Mapping[str, str]) -> Self:
        """Find the places: all in PTKTCTL_HOME when it is set, else the platform's own (XDG on Linux).

        Args:
            environ: where PTKTCTL_HOME is looked up. The platform's places follow the process's own
                environment (XDG_CONFIG_HOME, XDG_DATA_HOME, XDG_STATE_HOME, HOME).
        """
        if home := environ.get(HOME):
            folder = os.path.abspath(os.path.expanduser(home))
            return cls._in(folder, folder, folder)
        import platformdirs

        return cls._in(
            platformdirs.user_config_dir("ptktctl", appauthor=False),
            platformdirs.user_data_dir("ptktctl", appauthor=False),
            platformdirs.user_state_dir("ptktctl", appauthor=False),
        )

    @classmethod
    def _in(cls, config: str, data: str, state: str) -> Self:
        return cls(
            os.path.join(config, "applids.toml"),
            os.path.join(data, "keys.toml"),
            os.path.join(state, "used.db"),
            os.path.join(state, "audit.jsonl"),
        )


def check_private(path: str) -> None:
    """Check a file of the store and the folder that holds it, as far as they exist; symbolic links are followed.

    Raises:
        UnsafePermissionsError: others can read or write one of them, or someone else owns it.
    """
    target = os.path.realpath(path)
    for place in (os.path.dirname(target), target):
        try:
            status = os.stat(place)
        except OSError:
            continue
        require_private(status, place)


def require_private(status: os.stat_result, path: str) -> None:
    """Judge what fstat or stat says of a file or folder. Windows has no such modes: there it always passes.

    Raises:
        UnsafePermissionsError: with the command that mends it as its hint.
    """
    if os.name == "nt":
        return
    _require_owner(status, path)
    if status.st_mode & OTHERS:
        mode = "700" if stat.S_ISDIR(status.st_mode) else "600"
        raise UnsafePermissionsError(_what_others_can(status, path), f"chmod {mode} {_quoted(path)}")


def require_unwritable(status: os.stat_result, path: str) -> None:
    """Judge the folder of a file that is no part of the store: others may look into it, but not exchange the file.

    Raises:
        UnsafePermissionsError: others can write to it, and it is not sticky as /tmp is.
    """
    if os.name == "nt" or status.st_mode & stat.S_ISVTX:
        return
    if status.st_mode & OTHERS_WRITE:
        raise UnsafePermissionsError(f"others can exchange files in {path}", f"chmod go-w {_quoted(path)}")


def _require_owner(status: os.stat_result, path: str) -> None:
    own = os.geteuid()
    if status.st_uid != own:
        sudo = "sudo " if own else ""
        raise UnsafePermissionsError(
            f"{path} belongs to user {status.st_uid}, you are user {own}", f"{sudo}chown {own} {_quoted(path)}"
        )


def _what_others_can(status: os.stat_result, path: str) -> str:
    rights = (("read", READERS), ("write", WRITERS))
    verbs = [verb for verb, bits in rights if status.st_mode & bits] or ["open"]
    return f"others can {' and '.join(verbs)} {path} (mode {stat.S_IMODE(status.st_mode):04o})"


def _quoted(path: str) -> str:
    """The path as a shell takes it, always in quotes."""
    return "'" + path.replace("'", "'\"'\"'") + "'"
